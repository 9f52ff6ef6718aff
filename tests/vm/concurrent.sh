#!/bin/bash
# Two commands on one workspace at once: either order is fine, a third outcome is not.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces
pyro=(timeout -k 5 300 "$PYRO")
rounds=${ROUNDS:-2}

# both "WORDS…" "WORDS…": two commands at once: $status1 $status2, their output in $TEST_DIR/{1,2}
both() {
    local -a one two
    read -ra one <<<"$1"
    read -ra two <<<"$2"
    "${pyro[@]}" "${one[@]}" >"$TEST_DIR/1" 2>"$TEST_DIR/1.err" </dev/null &
    local first=$!
    "${pyro[@]}" "${two[@]}" >"$TEST_DIR/2" 2>"$TEST_DIR/2.err" </dev/null &
    wait "$first"
    status1=$?
    wait $!
    status2=$?
    said="$status1 $status2 $(cat "$TEST_DIR/1.err" "$TEST_DIR/2.err")"
}

state() {
    "${pyro[@]}" workspace status "$1" --json 2>/dev/null | json .state "$(cat)"
}

qemus() {
    local id
    id=$("${pyro[@]}" workspace status "$1" --json | json .workspace_id "$(cat)")
    grep -laF -- "pyro-$id" /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do
        tr '\0' ' ' 2>/dev/null <"$f" | grep -q '^[^ ]*qemu' && echo "$f"
    done | wc -l
}

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
for ((i = 0; i < rounds; i++)); do
    both "workspace create debian:12-base --mem-mib 256 --name w --json" \
        "workspace create debian:12-base --mem-mib 256 --name w --json"
    is "create/create $i: one is first" "$(printf '%s\n' "$status1" "$status2" | sort | tr '\n' ' ')" "0 1 "
    like "create/create $i: the other is told" "$(cat "$TEST_DIR/1" "$TEST_DIR/2")" '"code": "name_taken"'
    is "create/create $i: one is there" "$("${pyro[@]}" workspace list --json | json .count "$(cat)")" 1
    [[ $i -lt $((rounds - 1)) ]] && "${pyro[@]}" workspace delete w >/dev/null
done
"${pyro[@]}" workspace exec w -- sh -c 'echo kept >file' 2>/dev/null
id=$("${pyro[@]}" workspace status w --json | json .workspace_id "$(cat)")

for ((i = 0; i < rounds; i++)); do
    both "workspace stop w" "workspace stop w"
    is "stop/stop $i" "$status1 $status2 $(state w)" "0 0 stopped"
    both "workspace start w" "workspace start w"
    is "start/start $i" "$said$(state w)" "0 0 started"
    is "start/start $i: one QEMU" "$(qemus w)" 1
    both "workspace update w --label a=$i" "workspace update w --label b=$i"
    is "update/update $i" "$said" "0 0 "
    is "update/update $i: neither is lost" "$("${pyro[@]}" workspace status w --json | json .labels "$(cat)")" "{\"a\": \"$i\", \"b\": \"$i\"}"
    both "workspace exec w -- echo one" "workspace exec w -- echo two"
    is "exec/exec $i" "$status1 $status2 $(cat "$TEST_DIR/1" "$TEST_DIR/2" | tr '\n' ' ')" "0 0 one two "
    both "workspace stop w" "workspace exec w --json -- true"
    like "stop/exec $i" "$said$(state w)" '^0 (0|125|137|143) .*stopped$'
    both "workspace start w" "workspace stop w"
    like "start/stop $i" "$said$(state w)" '^0 0 (started|stopped)$'
    both "workspace update w --name v" "workspace stop $id"
    is "update/stop $i" "$said$(state v)" "0 0 stopped"
    both "workspace update v --name w" "workspace start v"
    like "update/start $i" "$said$(state w)" '^0 [01] .*st(art|opp)ed$'
    "${pyro[@]}" workspace start w >/dev/null
    run "${pyro[@]}" workspace exec w -- cat file
    is "after round $i nothing is lost" "$out" kept
done
"${pyro[@]}" workspace logs w --json >"$TEST_DIR/logs"
is "every command has a number of its own" "$(json . "$(cat "$TEST_DIR/logs")" | python3 -c 'import json, sys
s = [e["sequence"] for e in json.load(sys.stdin)["entries"]]; print(len(s) == len(set(s)) and s == sorted(s))')" True

for ((i = 0; i < rounds; i++)); do
    both "workspace delete w" "workspace exec w --json -- sleep 0.1"
    like "delete/exec $i" "$said" '^0 (0|125|137|143) '
    is "delete/exec $i: gone" "$(ls -A "$records")" .lock
    "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1
    both "workspace delete w" "workspace delete w"
    like "delete/delete $i" "$said" '^(0 0|0 1|1 0) '
    is "delete/delete $i: gone" "$(ls -A "$records")" .lock
    "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1
    "${pyro[@]}" workspace stop w >/dev/null 2>&1
    both "workspace delete w" "workspace start w"
    like "delete/start $i" "$said" '^(0|1) (0|1) '
    "${pyro[@]}" workspace delete w >/dev/null 2>&1
    is "delete/start $i: gone" "$(ls -A "$records")" .lock
    "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1
done

# A hundred on the disk.
"${pyro[@]}" workspace stop w >/dev/null
id=$("${pyro[@]}" workspace status w --json | json .workspace_id "$(cat)")
for ((i = 1; i < 100; i++)); do
    copy=$(printf 'abcdef%06x' "$i")
    cp -a "$records/$id" "$records/$copy"
    sed -i "s/$id/$copy/; s/\"name\": \"w\"/\"name\": \"w$i\"/" "$records/$copy/workspace.json"
done
run "${pyro[@]}" workspace list --json
is "a hundred: all are listed" "$(json .count)" 100
is "a hundred: by their names" "$(json . | python3 -c 'import json, sys
print(len({w["name"] for w in json.load(sys.stdin)["workspaces"]}))')" 100
cursor=() names= parts=0
while run "${pyro[@]}" workspace list --limit 30 "${cursor[@]}" --json && [[ $parts -lt 9 ]]; do
    names+=$(json . | python3 -c 'import json, sys
print(*[w["name"] for w in json.load(sys.stdin)["workspaces"]], sep="\n")')$'\n'
    parts=$((parts + 1))
    [[ $(json .truncated) == true ]] || break
    cursor=(--cursor "$(json .next_cursor)")
done
is "a hundred: in parts, each once" "$parts $(json .count) $(sort -u <<<"$names" | grep -c .)" "4 10 100"
run "${pyro[@]}" workspace list --limit 2
like "a hundred: a part for people" "$out" $'\n\\[more: --cursor [0-9.]+:[0-9a-f]{12}\\]$'
run "${pyro[@]}" workspace list --cursor w42 --json
is "a hundred: no cursor" "$status $(json .error.code)" "2 invalid_argument"
run "${pyro[@]}" workspace status abcdef0000
is "a hundred: a prefix that fits many" "$status" 1
like "a hundred: …says how many" "$err" "'abcdef0000' fits 99 workspaces"
run "${pyro[@]}" workspace status w42 --json
is "a hundred: one by its name" "$(json .workspace_id)" abcdef00002a
run "${pyro[@]}" workspace exec w42 -- true
is "a hundred: none of them runs" "$status" 125
for dir in "$records"/*; do
    "${pyro[@]}" workspace delete "${dir##*/}" >/dev/null || fail "delete ${dir##*/}"
done
is "nothing is left" "$(ls -A "$records")" .lock
finish
