#!/bin/bash
# tests/vm/fork.sh: workspace fork of the disk: what goes on in a fork and what is its own, layers that neither side
# changes any more, secrets that stay hidden, all or none. fork_memory.sh has those that go on with the memory.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export TEST_DIR
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec "$1" --timeout-seconds 120 -- sh -c "$2"; }
workspaces=$XDG_DATA_HOME/pyro/workspaces
member() { json ".$2" "$(ws status "$1" --json)"; }
names() { ws list --json | python3 -c 'import json, sys; print(*sorted(w["name"] or "-" for w in json.load(sys.stdin)["workspaces"]))'; }
sound() { # WORKSPACE
    ws disk export "$1" --output "$TEST_DIR/disk" >/dev/null && env PATH="$PATH:/sbin:/usr/sbin" e2fsck -fn "$TEST_DIR/disk"
    local result=$?
    rm -f "$TEST_DIR/disk"
    return $result
}

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --mem-mib 256 --name w --label a=b --ttl-seconds 9000 --secret OLD=parentvalue1 --secret SAME=parentvalue2 --id-only 2>/dev/null)
guest w 'echo first >f; mkdir d; ln -s ../f d/l; echo installed >/opt/tool; sync'
ws snapshot create w early >/dev/null 2>&1
sh=$(ws shell open w --id-only 2>/dev/null)
ws shell write w "$sh" --input 'echo in-the-shell parentvalue1' >/dev/null 2>&1
run ws shell read w "$sh" --plain --wait-for-prompt
like "the shell has printed" "$out" 'in-the-shell \[REDACTED\]'
ws service start w svc -- sh -c 'echo of-the-service; sleep 1000' >/dev/null 2>&1
has_log() { ws service logs w svc 2>/dev/null | grep -q of-the-service; }
wait_for 60 has_log
guest w 'echo second >>f; sync'

### What may not be forked.
run ws fork w --count 33
is "too many are refused" "$status" 2
run ws fork w --name "$(printf 'n%.0s' {1..63})" --count 2
like "numbered names that would be too long are refused" "$status $err" '^2 .*name .* is not valid'
run ws fork w --snapshot none
like "a snapshot that does not exist is named" "$status $err" "^1 .*no snapshot 'none'"

### From a snapshot, while it runs.
run ws fork w --name s --snapshot early --json
is "a snapshot of a running one: status" "$status" 0
is "… how many, of what" "$(json .count) $(json .forked_from)" "1 $id"
is "… it is stopped, without a history" "$(json '.workspaces[0].state') $(json '.workspaces[0].command_count') $(json '.workspaces[0].shell_count')" "stopped 0 0"
guest w 'cat f'
is "the workspace goes on" "$out" $'first\nsecond'
ws start s >/dev/null 2>&1
guest s 'cat f /opt/tool'
is "the fork has the snapshot's disk" "$out" $'first\ninstalled'
guest w 'cat /etc/machine-id'
machine_id=$out

### From a stopped one, three at once.
run ws shell read w "$sh" --json --plain
cursor=$(json .next_cursor)
ws stop w >/dev/null 2>&1
before=$(names)
ws create debian:12-base --allow-host-compat --name t-2 >/dev/null 2>&1
run ws fork w --name t --count 3 --json
is "a name that is taken: none is made" "$status $(json .error.code)" "1 name_taken"
ws delete t-2 >/dev/null 2>&1
is "… and nothing is left" "$(names) $(ls "$workspaces" | wc -l)" "$before 2"
run ws fork w --name t --count 3 --label c=parentvalue2 --secret OLD=ownvalue3 --ttl-seconds 0 --id-only
is "three at once: status" "$status" 0
read -r -d '' -a forks <<<"$out"
is "… their ids alone" "${#forks[@]}" 3
is "… their names" "$(names)" "s t-1 t-2 t-3 w"
run ws status t-2 --json
is "… the rest of the record" "$(json .forked_from) $(json .state) $(json .ttl_seconds) $(json .labels) $(json .command_count)" \
    "$id stopped 0 {\"a\": \"b\", \"c\": \"[REDACTED]\"} 4"
run ws status t-2
like "… for people" "$out" $'\nForked from: '"$id"$'\n'
run ws logs t-1
like "they have the history of its commands" "$out" 'echo second'
is "they share the layers" "$(stat -c %h "$workspaces/$id/disk.qcow2")" 5
cmp_layers() { (cd "$workspaces/$1" && sha256sum disk.qcow2 layers/[0-9]*.qcow2 | head -"$2"); }
shared=$(cmp_layers "$id" 2)
for name in t-1 t-2; do
    ws start "$name" >/dev/null 2>&1
    guest "$name" 'cat f d/l; hostname; cat /etc/machine-id; cat /run/pyro-secrets/OLD; echo; cat /run/pyro-secrets/SAME'
    like "$name goes on from its disk, a machine of its own" "$out" "^first"$'\n'"second"$'\n'"first"$'\n'"second"$'\n'"$name"$'\n'
    refute "$name has a machine-id of its own" grep -q "$machine_id" <<<"$out"
    like "$name hides its own secrets" "$out" $'\n\[REDACTED\]\n\[REDACTED\]$'
    guest "$name" 'head -c3 /run/pyro-secrets/OLD; echo; echo parentvalue1 parentvalue2 ownvalue3'
    is "$name has its own secret, and hides the workspace's as well" "$out" $'own\n[REDACTED] [REDACTED] [REDACTED]'
    guest "$name" "echo of-$name >>f; head -c 2000000 /dev/urandom >r; sync"
    run ws shell read "$name" "$sh" --json --plain --cursor 0
    like "$name has the shell's output" "$(json .output)" 'in-the-shell \[REDACTED\]'
    run ws shell read "$name" "$sh" --json --plain --cursor "$cursor"
    is "$name takes a cursor of before" "$status $(json .cursor)" "0 $cursor"
    run ws service logs "$name" svc
    like "$name has the service's log" "$out" of-the-service
    run ws shell open "$name" --id-only
    is "$name counts its shells on" "$out" sh2
done
run ws timeline t-1
like "a fork's timeline says where it is from" "$out" "forked $id from  w"
run ws timeline w
like "the workspace's says what it went into" "$out" "forked ${forks[2]} into  t-3"
like "… also for one of a snapshot" "$out" "forked [0-9a-f]+ into  s"

### Nothing is joined into a layer that another one has.
ws start w >/dev/null 2>&1
for i in 1 2 3; do
    guest w "echo w$i >>f; sync"
    run ws diff w --stat
done
ws snapshot delete w early >/dev/null 2>&1
run ws diff t-1 --stat
guest w 'cat f'
is "the workspace is its own" "$out" $'first\nsecond\nw1\nw2\nw3'
guest t-1 'cat f'
is "the fork is its own" "$out" $'first\nsecond\nof-t-1'
is "the layers that they share are as they were" "$(cmp_layers "${forks[2]}" 2)" "$shared"

### A fork of a fork; either may be deleted.
ws stop t-1 >/dev/null 2>&1
run ws fork t-1 --name u --secret OLD=thirdvalue4 --json
is "a fork of a fork" "$status $(json .forked_from)" "0 ${forks[0]}"
ws delete t-1 >/dev/null 2>&1
ws delete w >/dev/null 2>&1
ws start u >/dev/null 2>&1
guest u 'cat f; echo parentvalue1 parentvalue2 ownvalue3 thirdvalue4'
is "… without those before it" "$out" $'first\nsecond\nof-t-1\n[REDACTED] [REDACTED] [REDACTED] [REDACTED]'
run ws reset u --json
is "… goes back to the baseline" "$status" 0
guest u 'ls'
is "… which is as create left it" "$out" ""
ws stop t-2 >/dev/null 2>&1
ws stop u >/dev/null 2>&1
for name in t-2 t-3 u; do
    check "the disk of $name is sound" sound "$name" >/dev/null 2>&1
done
ws delete t-3 >/dev/null 2>&1
ws start t-2 >/dev/null 2>&1
guest t-2 'cat f'
is "the last one has it all" "$out" $'first\nsecond\nof-t-2'

### Killed at some moment: all of them, or none; what is left is swept.
ws stop t-2 >/dev/null 2>&1
before=$(ls "$workspaces" | sort)
made=0
for delay in 0 1 2 3 5 8 12 20 40 80; do
    run tests/vm/kill_during.py self "$delay" "$PYRO" workspace fork t-2 --count 4 --label "round=$delay"
    ws list >/dev/null
    count=$(ws list --json | python3 -c 'import json, sys
print(sum(w["labels"].get("round") == sys.argv[1] for w in json.load(sys.stdin)["workspaces"]))' "$delay")
    check "killed after $delay ms: those that are there can be used" test "$count" -ge 0 -a "$count" -le 4
    for fork in $(ws list --json | python3 -c 'import json, sys
print(*[w["workspace_id"] for w in json.load(sys.stdin)["workspaces"] if "round" in w["labels"]])'); do
        run ws disk read "$fork" f --content-only
        is "killed after $delay ms: $fork is whole" "$out" $'first\nsecond\nof-t-2'
        ws delete "$fork" >/dev/null 2>&1
        made=$((made + 1))
    done
    is "killed after $delay ms: nothing else is left" "$(ls "$workspaces" | sort)" "$before"
done
run ws fork t-2 --name last
is "and once more, undisturbed" "$status $err" "0 "
ws start last >/dev/null 2>&1
guest last 'cat f'
is "… it works" "$out" $'first\nsecond\nof-t-2'

# A guest's full disk, and a directory where a name belongs, keep nobody from the names that a fork needs.
ws create debian:12-base --mem-mib 256 --name odd >/dev/null 2>&1
guest odd 'rm /etc/hostname; mkdir /etc/hostname'
run ws fork odd --name of-odd
is "one with a directory there can be forked" "$status" 0
guest of-odd 'cat /etc/hostname'
is "… and has its name" "$out" of-odd
ws create debian:12-base --mem-mib 256 --name full >/dev/null 2>&1
guest full 'for size in 1G 100M 10M 1M 64K 4K; do n=0; while fallocate -l $size fill-$size-$n; do n=$((n + 1)); done; done 2>/dev/null
    for n in 1 2 3 4 5 6 7 8 9; do echo >more-$n; done 2>/dev/null; cat more-* | wc -c; sync'
is "its disk is full" "$out" 0
run ws fork full --name of-full
is "a full one can be forked" "$status" 0
guest of-full 'hostname; cat /etc/machine-id | wc -c; rm fill-1G-0; echo fits >more; cat more'
is "… and the fork works" "$out" $'of-full\n33\nfits'
for name in s t-2 u last odd of-odd full of-full; do ws delete "$name" >/dev/null 2>&1; done
is "nothing is left over" "$(ls "$workspaces")" ""
finish
