#!/bin/bash
# Commands that nobody waits for: read on by cursor, waited for, ended; what is left of them when the
# supervisor or the machine goes.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
ws() { run timeout -k 5 300 "$PYRO" workspace "$@"; }

id=$("$PYRO" workspace create debian:12-base --mem-mib 256 --name w --secret TOKEN=sesame-opens-nothing --id-only 2>/dev/null)
commands=$XDG_DATA_HOME/pyro/workspaces/$id/commands

### It goes on by itself, and is read as it goes.
ws exec w --detach --secret-env TOKEN -- sh -c 'echo one; echo bad >&2; cat; echo "it is $TOKEN"
    while [ ! -e go ]; do sleep 0.1; done; echo two; exit 3'
is "detached: its number" "$status $out" "0 1"
like "detached: the summary" "$err" '^\[workspace-exec\] workspace_id=[0-9a-f]+ sequence=1 cwd=/workspace execution_mode=guest_vm '
wait_for 60 grep -q 'it is' "$commands/000001.log"
ws command read w 1
is "read: standard output" "$out" $'one\nit is [REDACTED]'
is "read: standard error, and the summary" "$(head -1 "$TEST_DIR/err")" bad
like "read: …" "$(tail -1 "$TEST_DIR/err")" \
    '^\[workspace-command-read\] workspace_id=[0-9a-f]+ sequence=1 state=running cwd=/workspace duration_ms=[0-9]+ cursor=0 next_cursor=25 truncated=False execution_mode=guest_vm$'
ws command read w 1 --json --max-chars 6
is "read: a part" "$(json .stdout)|$(json .stderr)|$(json .next_cursor)|$(json .truncated)" 'one|ba|6|true'
ws command read w 1 --json --cursor 6
is "read: the next" "$(json .stdout)|$(json .stderr)|$(json .next_cursor)|$(json .truncated)|$(json .exit_code)" \
    'it is [REDACTED]|d|25|false|null'
ws command read w 1 --json --cursor 6
is "read: consumes nothing" "$(json .next_cursor)" 25
ws command read w 1 --cursor 26 --json
is "read: past its end" "$status $(json .error.code)" "1 command_state"
ws command read w 1 --cursor 25 --wait-for-idle-ms 200 --json
is "read: idle" "$(json .stdout)$(json .state)" running
ws command wait w 1 --timeout-seconds 1 --json
is "wait: it still runs" "$status $(json .state) $(json .exit_code) $(json .timed_out)" "0 running null false"
ws command list w --json
is "list" "$(json .count) $(json .commands[0].state) $(json .truncated)" "1 running false"
ws exec w -- touch go
ws command wait w 1 --json
is "wait: its end" "$status $(json .state) $(json .exit_code)" "0 ended 3"
ws command read w 1 --json --cursor 25 --max-wait-ms 60000
is "read: the rest" "$(json .stdout)|$(json .state)|$(json .exit_code)" 'two|ended|3'
ws logs w --json --limit 1
is "logs have it too" "$(json .entries[0].stdout)|$(json .entries[0].stderr)|$(json .entries[0].exit_code)" \
    $'one\nit is [REDACTED]\ntwo|bad|3'
ws status w --json
is "the record has counted it" "$(json .command_count)" 2

### A read that waits gets what comes, and the end.
ws exec w --detach --json -- sh -c 'sleep 0.5; printf "caf\303"; sleep 0.5; printf "\251"'
is "detached: its object" "$(json .state) $(json .exit_code) $(json .timeout_seconds) $(json .stdout)" "running null 0 "
seq=$(json .sequence)
ws command read w "$seq" --max-wait-ms 100000 --max-chars 4 --json
is "read: waits until there is enough, or the end" "$(json .stdout)" café
ws command read w "$seq" --cursor 5 --max-wait-ms 100000 --json
is "read: and for the end" "$(json .stdout)$(json .state)" ended

### One that is waited for, but not for ever, goes on by itself.
run bash -c 'timeout -k 5 300 "$PYRO" workspace exec w --max-wait-ms 5000 -- \
    sh -c "cat; while [ ! -e go3 ]; do sleep 0.1; done; echo two; exit 4" <<<one'
is "waited for a while: its status" "$status" 0
like "waited for a while: says how to read on" "$err" "it still runs: 'pyro workspace command read [0-9a-f]+ [0-9]+ --cursor [0-9]+ "
first=$out
read_on=$(sed -n "s/.*'pyro workspace \(command read .*\)' reads on.*/\1/p" <<<"$err")
like "waited for a while: the summary" "$(grep '^\[workspace-exec' <<<"$err")" ' sequence=[0-9]+ cwd=/workspace execution_mode=guest_vm duration_ms=[0-9]+$'
ws exec w -- touch go3
read -ra words <<<"$read_on"
ws "${words[@]}"
is "waited for a while: nothing is lost" "$(tr -d '\n' <<<"$first$out")" "onetwo"
like "waited for a while: and its end is known" "$err" "state=ended .* exit_code=4 "
ws exec w --max-wait-ms 100000 --json -- sh -c 'echo soon; exit 5'
is "ended before that: as any other" "$status $(json .state) $(json .stdout) $(json .exit_code) $(json .next_cursor)" "5 ended soon 5 null"
ws command read w "$(json .sequence)" --json
is "… and kept" "$(json .stdout) $(json .exit_code)" "soon 5"
ws exec w --max-wait-ms 1 --json -- seq 30000
seq=$(json .sequence)
ws command wait w "$seq"
ws command read w "$seq" --json --max-chars 1000000
is "a flood is in the log whole" "$(json .next_cursor)" "$(seq 30000 | wc -c)"
ws exec w --detach --max-wait-ms 1 -- true
is "--detach waits for nothing" "$status" 2
ws exec w --timeout-seconds 1 --max-wait-ms 100000 --json -- sleep 1000
is "its time may be up before that" "$status $(json .timed_out)" "124 true"
for signal in TERM KILL; do
    "$PYRO" workspace exec w --max-wait-ms 100000 --timeout-seconds 0 -- sh -c 'echo up; exec sleep 1007' >"$TEST_DIR/held" 2>/dev/null &
    caller=$!
    wait_for 60 grep -q up "$TEST_DIR/held"
    kill -$signal $caller
    wait $caller
    wait_for 60 sh -c "! '$PYRO' workspace exec w --no-stdin -- sh -c 'cat /proc/[0-9]*/cmdline' 2>/dev/null | tr '\\0' ' ' | grep -q 'sleep 1007'"
    pass "its caller ends by $signal, and so does it"
done

### What was waited for is kept as well.
ws exec w -- sh -c 'echo out; echo error >&2'
ws command list w --json
last=$(json .count)
ws command read w "$last" --json
is "of one in the foreground" "$(json .stdout)$(json .stderr) $(json .next_cursor)" "outerror 10"
ws command read w "$last" --cursor 2 --max-chars 3 --json
is "… from a cursor" "$(json .stdout)|$(json .stderr)|$(json .next_cursor)" "t|e|5"

### Ends.
ws exec w --detach -- sleep 1000
seq=$out
ws command kill w "$seq" --json
is "kill" "$status $(json .state) $(json .exit_code)" "0 ended 137"
ws command kill w "$seq" --json
is "kill: what has ended is left as it is" "$status $(json .exit_code)" "0 137"
ws exec w --detach -- sh -c 'trap "echo told; exit 5" TERM; echo ready; while :; do sleep 0.1; done'
seq=$out
ws command read w "$seq" --max-chars 6 --max-wait-ms 100000
ws command kill w "$seq" --signal TERM
ws command wait w "$seq" --json
is "another signal" "$(json .exit_code)" 5
ws command read w "$seq" --json
is "… of which it told" "$(json .stdout)" $'ready\ntold'
ws exec w --detach --timeout-seconds 1 -- sleep 1000
ws command wait w "$out" --json
is "its time is up" "$(json .exit_code) $(json .timed_out) $(json .timeout_seconds)" "124 true 1"
ws exec w --timeout-seconds 1 --json -- sleep 1000
is "the limit, in the foreground" "$status $(json .timed_out) $(json .timeout_seconds)" "124 true 1"
ws exec w --detach -- no-such-program
ws command wait w "$out" --json
is "what cannot be run" "$(json .exit_code)" 127
for verb in read wait kill; do
    ws command "$verb" w 99 --json
    is "$verb: there is none" "$status $(json .error.code)" "1 command_not_found"
done
refute "no mark of what has ended" compgen -G "$commands/*.running"

### A flood: the last is kept.
ws exec w --detach -- sh -c 'seq 4000000; seq 10 >&2'
seq=$out
ws command wait w "$seq" --json
is "a flood ends" "$(json .exit_code)" 0
ws command read w "$seq" --json --max-chars 4
check "a flood: its beginning is gone" [ "$(json .dropped_bytes)" -gt 10000000 ]
size=$(stat -c %s "$commands/$(printf %06d "$seq").log")
ws command read w "$seq" --json --cursor $((size - 21))
is "a flood: its end is there" "$(json .stderr)$(json .truncated)" "$(seq 10)false"

### A supervisor that is killed takes it along; what it printed stays.
ws exec w --detach -- sh -c 'echo before; sleep 1000'
seq=$out
ws command read w "$seq" --max-chars 7 --max-wait-ms 100000
is "before" "$out" before
timeout 300 "$PYRO" workspace command wait w "$seq" --json >"$TEST_DIR/waited" 2>&1 &
waiter=$!
kill_process "$(supervisor_of "$id")"
wait $waiter
is "a killed supervisor: who waits is told" "$(json .state "$(cat "$TEST_DIR/waited")") $(json .exit_code "$(cat "$TEST_DIR/waited")")" "ended 125"
ws command read w "$seq" --json
is "… and what it printed stays" "$(json .stdout)" before
check "… with a reason" [ -n "$(json .error)" ]

### So does the machine.
ws exec w --detach -- sh -c 'echo again; sleep 1000'
seq=$out
ws command read w "$seq" --max-chars 6 --max-wait-ms 100000 --json
is "again" "$(json .stdout)" again
ws stop w
ws command read w "$seq" --json
is "a stop ends it" "$(json .state)|$(json .stdout)" "ended|again"
ws exec w --detach -- true
is "none in a stopped workspace" "$status" 125
ws start w
ws command list w --limit 2
like "list for people" "$out" $'^SEQUENCE STATE .*\n1 +ended +3 .*\n\\[more: --cursor 2\\]$'
ws command list w --limit 1 --cursor 2 --json
is "list: the next" "$(json .commands[0].sequence)" 3
ws reset w
ws command list w
is "a reset clears the history" "$out" "No commands."
ws exec w --detach -- echo new
is "… at the first" "$out" 1
ws command read w 1 --max-wait-ms 100000
is "… with its own log" "$out" new
ws delete w
is "delete" "$status" 0
finish
