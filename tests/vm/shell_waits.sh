#!/bin/bash
# A read waits for a shell, and the supervisor is killed meanwhile: the read itself takes the machine up
# again, and ends with what the shell printed afterwards. No other command runs that could do it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

id=$("$PYRO" workspace create debian:12 --name w --id-only 2>/dev/null)
"$PYRO" workspace shell open w >/dev/null 2>&1
run "$PYRO" workspace shell read w sh1 --wait-for-prompt --json
is "a prompt" "$(json .at_prompt)" true

# read_killed KILLS FLAGS…: types a slow command, reads as FLAGS say, and kills so many supervisors
# while the read waits. SLOW: how many seconds the command takes.
read_killed() {
    local kills=$1 reader old cursor
    shift
    run "$PYRO" workspace shell read w sh1 --json
    cursor=$(json .next_cursor)
    "$PYRO" workspace shell write w sh1 --input "sleep ${SLOW:-2}; echo late-\$((6 * 7))" >/dev/null 2>&1
    "$PYRO" workspace shell read w sh1 --plain --json --cursor "$cursor" --max-wait-ms 120000 "$@" \
        >"$TEST_DIR/read" 2>&1 &
    reader=$!
    while ((kills-- > 0)); do
        wait_for 60 watches_supervisor "$reader" "${old-}"
        old=$(supervisor_of "$id")
        kill_process "$old"
        wait_for 60 was_replaced "$old"
    done
    wait "$reader"
    status=$?
    out=$(cat "$TEST_DIR/read")
}
watches_supervisor() { # READER OLD
    was_replaced "$2" && ls -l "/proc/$1/fd" 2>/dev/null | grep -q pidfd
}
was_replaced() {
    local now
    now=$(supervisor_of "$id")
    [[ $now =~ ^[0-9]+$ && $now != "$1" ]]
}

read_killed 1 --wait-for-idle-ms 6000
is "waiting for idle: status" "$status" 0
like "… what came after the kill" "$(json .output)" $'\nlate-42\n'
read_killed 2 --wait-for-idle-ms 6000
like "killed twice" "$status$(json .output)" $'^0.*\nlate-42\n'
SLOW=15 read_killed 1 --wait-for-prompt # it is to come after the kill
is "waiting for a prompt: status" "$status" 0
is "… is at it" "$(json .at_prompt)" true
like "… what came after the kill" "$(json .output)" $'\nlate-42\n'

# A shell that ends while nobody looks after it ends the wait.
run "$PYRO" workspace shell read w sh1 --json
"$PYRO" workspace shell write w sh1 --input 'sleep 15; exit 5' >/dev/null 2>&1
: >"$TEST_DIR/read"
"$PYRO" workspace shell read w sh1 --json --wait-for-idle-ms 60000 --max-wait-ms 120000 >"$TEST_DIR/read" 2>&1 &
reader=$!
wait_for 60 watches_supervisor "$reader" ""
kill_process "$(supervisor_of "$id")"
wait "$reader"
out=$(cat "$TEST_DIR/read")
is "the end of the shell ends the wait" "$(json .state) $(json .exit_code)" "stopped 5"

"$PYRO" workspace delete w >/dev/null
finish
