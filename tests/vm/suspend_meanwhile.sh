#!/bin/bash
# workspace suspend, and what comes while that is under way: it runs, whether it prevents the suspension or wakes the
# machine. A question that a program has asked is as open as before.
# run: alone, what comes is spread over the time that a suspension takes
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
check "a workspace" [ -n "$id" ]
ws shell open w >/dev/null 2>&1

### Commands and input.
faults=
for ((round = 1; round <= 12; round++)); do
    ws suspend w >"$TEST_DIR/suspend" 2>&1 &
    suspending=$!
    sleep "0.0$((RANDOM % 90 + 10))" # the moment is what is varied: there is nothing to wait for
    if ((round % 2)); then
        run ws exec w -- echo "here $round"
        [[ $status$out == "0here $round" ]] || faults+="exec $round: $status $out $err"$'\n'
    else
        run ws shell write w sh1 --input "echo typed-\$(($round))" --json
        [[ $status -eq 0 ]] || faults+="write $round: $status $out $err"$'\n'
    fi
    wait $suspending || grep -q 'command .* running\|just ending\|does not read\|has come' "$TEST_DIR/suspend" ||
        faults+="suspend $round: $(cat "$TEST_DIR/suspend")"$'\n'
done
is "each of them ran" "$faults" ""
has_typed() { [[ $(ws shell read w sh1 --plain 2>/dev/null | grep -c '^typed-') -ge 6 ]]; }
check "what was typed has come" wait_for 60 has_typed
is "… once" "$(ws shell read w sh1 --plain 2>/dev/null | grep '^typed-' | sort | uniq -d)" ""

### A question.
ws shell write w sh1 --input 'read -p "Proceed? " answer; echo "said-$answer"' >/dev/null 2>&1
asks() { [[ $(ws status w --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["attention"]["state"])') == asks ]]; }
check "a program asks" wait_for 60 asks
run ws suspend w --json
is "it is suspended" "$status $(json .state)" "0 suspended"
is "the question is open" "$(json .attention.state)" asks
like "the list shows it" "$(ws list)" "$id +suspended +asks"
ws shell write w sh1 --input yes >/dev/null 2>&1
has_said() { ws shell read w sh1 --plain 2>/dev/null | grep -q '^said-yes'; }
check "its answer lets it go on" wait_for 60 has_said

### Who is attached is told.
python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
    "${pyro[@]}" workspace shell attach w sh1 >"$TEST_DIR/attached" 2>&1 </dev/null &
attached=$!
wait_for 60 grep -q said-yes "$TEST_DIR/attached"
ws suspend w >/dev/null 2>&1
wait $attached
is "attach: status" "$?" 1
like "attach: why" "$(tr -d '\r' <"$TEST_DIR/attached" | tail -1)" "workspace '$id' was suspended .*attach again"

### What a predecessor had not finished writing.
: >"$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json.tmp-0123456789abcdef"
ws stop w >/dev/null 2>&1
ws start w >/dev/null 2>&1
refute "is gone with the next start" test -e "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json.tmp-0123456789abcdef"
ws delete w >/dev/null 2>&1
finish
