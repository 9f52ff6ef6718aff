#!/bin/bash
# A full disk under a shell's log: the shell waits, a killed supervisor loses nothing of what
# is still in the guest, and with room again the output goes on, each byte once.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

small=$XDG_DATA_HOME/pyro/workspaces # without the bases, which are linked from the cache
mkdir -p "$small"
if ! mount -t tmpfs -o size=512m,mode=0700 pyro-test "$small" 2>/dev/null; then
    skip "a full disk: this user may not mount one"
    finish
fi
trap 'umount -l "$small"; at_exit' EXIT

# leave BYTES: takes all but these. Fails if the guest's disk has taken some since they were counted.
leave() {
    fallocate -l $(($(stat -f -c '%a * %S' "$small") - $1)) "$small/ballast"
}

# 777 is a secret: what is taken out does not fit either, and must not shift what follows.
id=$("$PYRO" workspace create debian:12 --name w --secret SEVENS=777 --id-only 2>/dev/null)
"$PYRO" workspace shell open w >/dev/null 2>&1
run "$PYRO" workspace shell read w sh1 --plain --wait-for-prompt --json
is "a prompt" "$(json .at_prompt)" true
log=$small/$id/shells/sh1.log

# A command that will write, begun while it can still be written down.
mkfifo "$TEST_DIR/full"
"$PYRO" workspace exec w --timeout-seconds 0 -- sh -c 'read -r go; head -c 3000000 /dev/urandom >/var/tmp/x; sync' \
    >/dev/null 2>&1 <"$TEST_DIR/full" &
exec 8>"$TEST_DIR/full"
wait_for 60 test -e "$small/$id/commands/000001.json"

# The log has begun before all but half a megabyte is taken away, for the guest's own disk may take that.
"$PYRO" workspace shell write w sh1 --input 'seq 1000000 1000999; read -r go; seq 1001000 1400000' >/dev/null 2>&1
has_begun() {
    [[ $(stat -c %s "$log") -gt 9000 ]]
}
wait_for 60 has_begun
free=$(($(stat -f -c '%a * %S' "$small")))
check "there is room to take" test "$free" -gt 4000000
wait_for 60 leave $((512 * 1024))
"$PYRO" workspace shell write w sh1 --input 'go' >/dev/null 2>&1
is_full() {
    [[ $(stat -f -c %a "$small") -eq 0 ]]
}
wait_for 60 is_full && pass "the disk is full"
check "the log is not lost" has_begun
run "$PYRO" workspace shell read w sh1 --plain --json
is "what is there can be read" "$status" 0
like "… as far as it came" "$(json .output)" '1000100'

# By and by the guest's own disk wants to write, and the machine stands still.
echo go >&8
exec 8>&-
stands_still() {
    run timeout 300 "$PYRO" workspace exec w --timeout-seconds 1 -- true
    [[ $err == *"no room left for the workspace's disk"* ]]
}
wait_for 120 stands_still && pass "commands are told of the full disk"
# It is let go on now and then, to try again, and a slow one is not refused at once.
is_paused() {
    run "$PYRO" workspace status w --json
    [[ "$(json .state) $(json .paused_reason)" == "started host_disk_full" ]]
}
wait_for 60 is_paused && pass "… the machine is paused, and started"
is_listed() {
    run "$PYRO" workspace list
    [[ $out =~ ' w (paused: host_disk_full)'$ ]]
}
wait_for 60 is_listed && pass "… which the list shows"
kill_process "$(supervisor_of "$id")"
size=$(stat -c %s "$log")
run "$PYRO" workspace shell read w sh1 --plain --json
is "taken up again on a full disk: read" "$status" 0
is "… the log is what it was" "$(stat -c %s "$log")" "$size"

rm "$small/ballast"
run "$PYRO" workspace shell read w sh1 --wait-for-prompt --max-wait-ms 100000 --max-chars 60000000 --json
is "with room again the output goes on to its end" "$(json .at_prompt)" true
check "no byte is lost, none doubled" cmp <(seq 1000000 1400000 | sed 's/7777*/[REDACTED]/g') \
    <(sed 's/\x1b\[?2004l//; s/\r//g' "$log" | grep -a '^1[][0-9REDACT]*$')
no_error() {
    run "$PYRO" workspace status w --json
    [[ $(json .last_error) == null && $(json .paused_reason) == null ]]
}
wait_for 10 no_error && pass "the workspace has no error any more"
run "$PYRO" workspace logs w --json
is "a command whose supervisor was killed on the full disk has its end" "$(json .entries[0].sequence) $(json .entries[0].exit_code)" "1 125"
from=$(stat -c %s "$log")
"$PYRO" workspace shell resize w sh1 --cols 66 --rows 22 >/dev/null 2>&1
"$PYRO" workspace shell write w sh1 --input 'stty size' >/dev/null 2>&1
run "$PYRO" workspace shell read w sh1 --plain --wait-for-prompt --cursor "$from"
like "the shell is as usable as before" "$out" $'\n22 66\n'
check "every note is whole" python3 -c 'import json, sys
for line in open(sys.argv[1]): json.loads(line)' "${log%.log}.events"

# A command that runs stands still with the machine. With room again it ends as if nothing had been.
wait_for 60 leave $((4 * 1024 * 1024))
"$PYRO" workspace exec w --timeout-seconds 0 -- sh -c \
    'echo begin; head -c 12000000 /dev/urandom >/var/tmp/big; sync; echo end' 2>/dev/null >"$TEST_DIR/patient" &
patient=$!
is_paused() {
    run "$PYRO" workspace status w --json
    [[ $(json .paused_reason) == host_disk_full ]]
}
wait_for 120 is_paused && pass "the machine is paused under a command"
rm "$small/ballast"
wait $patient
is "… which ends well" "$? $(tr '\n' ' ' <"$TEST_DIR/patient")" "0 begin end "
wait_for 60 no_error && pass "… and leaves no error"
run "$PYRO" workspace logs w --json --tail-lines 2
is "… the history has it" "$(json .entries[0].stdout)" $'begin\nend'

# An end that cannot be written down: the command has ended well all the same, and is written later.
run "$PYRO" workspace status w --json
next=$(($(json .command_count) + 1))
mkfifo "$TEST_DIR/go"
"$PYRO" workspace exec w --timeout-seconds 0 -- sh -c 'read -r go; echo "$go"' \
    2>/dev/null >"$TEST_DIR/unwritten" <"$TEST_DIR/go" &
unwritten=$!
exec 7>"$TEST_DIR/go"
wait_for 60 test -e "$small/$id/commands/$(printf '%06d' "$next").json"
mv "$small/$id/commands" "$small/$id/away"
echo ended >&7
exec 7>&-
wait $unwritten
is "a command whose end cannot be written down ends well" "$? $(cat "$TEST_DIR/unwritten")" "0 ended"
run "$PYRO" workspace status w --json
like "… which is said" "$(json .last_error)" 'the command history cannot be written: '
mv "$small/$id/away" "$small/$id/commands"
wait_for 60 no_error && pass "… until it can"
run "$PYRO" workspace logs w --json --cursor "$next"
is "… and then it is written" "$(json .entries[0].stdout)" ended

"$PYRO" workspace delete w >/dev/null
finish
