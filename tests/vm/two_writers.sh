#!/bin/bash
# An operator types in `shell attach` while an agent uses `shell write`: no write is cut by one of the
# other's, each one's come in their order, and the events file says who wrote.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

id=$("$PYRO" workspace create debian:12 --name w --id-only 2>/dev/null)
events=$XDG_DATA_HOME/pyro/workspaces/$id/shells/sh1.events

"$PYRO" workspace shell open w >/dev/null 2>&1
run "$PYRO" workspace shell read w sh1 --wait-for-prompt --json
is "a prompt" "$(json .at_prompt)" true
writers() { # who wrote, in the order of the notes
    python3 -c 'import json, sys
for line in open(sys.argv[1]):
    note = json.loads(line)
    if note["type"] == "input": print(note["by"])' "$events"
}
is "nobody has written" "$(writers)" ""
"$PYRO" workspace shell write w sh1 --input 'stty -echo; echo taking" "lines; cat >/workspace/got; stty echo' >/dev/null 2>&1
takes_lines() {
    run "$PYRO" workspace shell read w sh1 --plain
    [[ $out == *$'\n'"taking lines"* ]]
}
wait_for 60 takes_lines
is "the agent has" "$(writers)" agent

run timeout 300 tests/vm/two_writers.py "$PYRO" w sh1 25 "$(supervisor_of "$id")"
is "both have written" "$status $err" "0 "
lines=$out
like "the operator in every round" "$lines" '^operator=[0-9]+ agent=25$'
"$PYRO" workspace shell write w sh1 --no-newline --input $'\x04' >/dev/null 2>&1
run "$PYRO" workspace shell read w sh1 --wait-for-prompt --max-wait-ms 300000 --json
is "and what they typed to is at its end" "$(json .at_prompt)" true
"$PYRO" workspace exec w -- cat /workspace/got >"$TEST_DIR/got" 2>/dev/null
is "every line is whole, and each one's are in order" "$(python3 - "$TEST_DIR/got" <<'EOP'
import re, sys
count = {"operator": 0, "agent": 0}
for line in open(sys.argv[1]):
    who = re.fullmatch(r"(operator|agent) (\d+) (o{50}|a{50})\n", line)
    if not who or int(who[2]) != count[who[1]] or who[3][0] != who[1][0]:
        print("wrong:", repr(line))
        break
    count[who[1]] += 1
print(f"operator={count['operator']} agent={count['agent']}")
EOP
)" "$lines"

# Who wrote is noted where it changes.
turns=$(writers | uniq)
is "a note is a change" "$(writers)" "$turns"
is "of these two" "$(sort -u <<<"$turns")" $'agent\noperator'
is "in the order in which their lines came" "$turns" "$({
    echo agent # who began what takes the lines
    cut -d' ' -f1 "$TEST_DIR/got"
    echo agent # and ended it
} | uniq)"
check "the turns are many" test "$(wc -l <<<"$turns")" -gt 10

"$PYRO" workspace delete w >/dev/null
finish
