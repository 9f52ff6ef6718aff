#!/bin/bash
# The history of commands: read in parts, by time, by lines and as it grows; and its budget on the
# host's disk, whose oldest go first.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

id=$("$PYRO" workspace create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
commands=$XDG_DATA_HOME/pyro/workspaces/$id/commands
logs() {
    run timeout 90 "$PYRO" workspace logs w "$@"
}

logs
is "none yet" "$out" "No commands yet."
for i in 1 2 3 4; do
    "$PYRO" workspace exec w -- sh -c "echo first $i; echo second $i; echo error $i >&2" >/dev/null 2>&1
done
logs --json --limit 2
is "a limit" "$(json .entries[0].sequence) $(json .count) $(json .next_cursor) $(json .truncated)" "1 2 3 true"
logs --json --cursor 3
is "goes on from a cursor" "$(json .entries[0].sequence) $(json .count) $(json .next_cursor) $(json .truncated)" \
    "3 2 5 false"
logs --json --cursor 5
is "nothing new" "$(json .count) $(json .next_cursor)" "0 5"
logs --limit 1
like "a limit, for people" "$out" '^\[1\] .*
first 1
second 1
error 1
\[more commands: --cursor 2\]$'
logs --json --tail-lines 4
is "the last lines of all" "$(json .entries[0].stdout)$(json .entries[0].stderr)$(json .entries[1].stdout)" \
    "error 3first 4
second 4"
is "… of as many commands" "$(json .count)" 2
logs --json --tail-lines 0
is "no lines" "$(json .count)" 0
logs --tail-lines 0
is "… of commands that there are" "$out" "No commands to show."
logs --json --since 1h
is "since an hour" "$(json .count)" 4
logs --json --since "$(date -u -d '1 hour' +%Y-%m-%dT%H:%MZ)"
is "since what is to come" "$(json .count)" 0
third=$("$PYRO" workspace logs w --json | json .entries[2].recorded_at "$(cat)")
logs --json --since "$third"
is "since the third began" "$(json .count)" 2
logs --since yesterday
is "no time: status" "$status" 2
like "no time: words" "$err" "'yesterday' is not a time"
logs --follow --json
is "not both" "$status" 2

# What ends while it is followed comes once, in the order of its end, until the workspace does not run.
"$PYRO" workspace exec w -- sh -c 'while [ ! -e go ]; do sleep 0.1; done; echo slow' >/dev/null 2>&1 &
slow=$!
wait_for 60 test -e "$commands/000005.json"
"$PYRO" workspace logs w --follow --tail-lines 1 >"$TEST_DIR/followed" 2>/dev/null &
follower=$!
wait_for 60 grep -q 'error 4' "$TEST_DIR/followed"
"$PYRO" workspace exec w -- echo quick >/dev/null 2>&1
wait_for 60 grep -q '^quick' "$TEST_DIR/followed"
"$PYRO" workspace file write w go --text '' >/dev/null 2>&1
wait $slow
wait_for 60 grep -q '^slow' "$TEST_DIR/followed"
"$PYRO" workspace stop w >/dev/null
wait $follower
is "following ends well" $? 0
is "each command once, as they end" "$(grep -o '^\[[0-9]*\]' "$TEST_DIR/followed" | tr -d '\n')" '[4][6][5]'

# A history of an older pyro, larger than the budget.
for ((i = 8; i < 140; i++)); do
    truncate -s 2M "$commands/$(printf %06d "$i").json"
done
"$PYRO" workspace start w >/dev/null 2>&1
"$PYRO" workspace exec w -- echo last >/dev/null 2>&1
bytes=$(find "$commands" -name '*.json' -printf '%s\n' | awk '{n += $1} END {print n}')
check "within its budget ($bytes)" [ "$bytes" -le $((256 << 20)) -a "$bytes" -gt $((250 << 20)) ]
refute "the oldest went" test -e "$commands/000001.json"
check "the newest did not" test -e "$commands/000140.json"
logs
like "… which is said" "$out" '^\[140\] echo last.*
last
\[the oldest [0-9]+ commands are no longer kept: the history has 256 MiB\]$'
logs --json
is "… and counted" "$(json .dropped_entries)" "$(($(printf '%s\n' "$commands"/*.json | head -1 | grep -o '[0-9]*.json' | sed 's/^0*//; s/.json//') - 1))"
: >"$TEST_DIR/followed"
"$PYRO" workspace logs w --follow --tail-lines 1 >"$TEST_DIR/followed" 2>"$TEST_DIR/follow.err" &
follower=$!
wait_for 60 grep -q '^last' "$TEST_DIR/followed"
"$PYRO" workspace reset w >/dev/null 2>&1
logs
is "a reset clears the history" "$out" "No commands yet."
"$PYRO" workspace exec w -- echo after >/dev/null 2>&1
logs --json
is "… at the first" "$(json .entries[0].sequence) $(json .dropped_entries)" "1 0"
wait_for 60 grep -q '^after' "$TEST_DIR/followed" && pass "who follows goes on with the new history"
"$PYRO" workspace stop w >/dev/null
wait $follower
is "… and ends well" "$? $(cat "$TEST_DIR/follow.err")" "0 "

run "$PYRO" workspace delete w
is "delete" "$status" 0
finish
