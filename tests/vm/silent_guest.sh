#!/bin/bash
# A guest that says nothing more: whatever waits for it gives up after two minutes, with the same words,
# and nothing is left behind of it. A command that may take as long as it likes is not given up, but its
# caller is told.
# run: beside, nearly all of it is the two minutes that a guest may be silent
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

"$PYRO" env pull debian:12-base >/dev/null 2>&1
id=$("$PYRO" workspace create debian:12-base --mem-mib 256 --name mute --id-only 2>/dev/null)
"$PYRO" workspace exec mute -- sh -c 'mkdir d; echo x >d/f' 2>/dev/null
mkdir "$TEST_DIR/source" "$TEST_DIR/exported" && echo y >"$TEST_DIR/source/g"
"$PYRO" workspace shell open mute >/dev/null 2>&1
"$PYRO" workspace exec mute --timeout-seconds 0 -- sh -c '>d/began; until [ -e d/end ]; do sleep 0.2; done' \
    2>"$TEST_DIR/told_runs" &
runs=$!
began() { "$PYRO" workspace exec mute -- test -e d/began 2>/dev/null; }
wait_for 60 began
qemu=$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json")")
kill -STOP "$qemu"

# A shell's output is in the log: only whether it is at its prompt is not known.
run timeout 300 "$PYRO" workspace shell read mute sh1 --plain --wait-for-prompt --max-wait-ms 300 --json
is "read waits no longer than it may" "$status $(json .at_prompt)" "0 false"
like "… and has the output" "$(json .output)" 'mute'
run timeout 300 "$PYRO" workspace shell open mute --max-wait-ms 1000
is "open gives up" "$status" 1
like "… and names the guest" "$err" 'the guest does not answer .*workspace status'

# begin NAME COMMAND…: in the background; its status and words are in files of that name.
begin() {
    local name=$1
    shift
    {
        timeout -k 5 400 "$PYRO" workspace "$@" >/dev/null 2>"$TEST_DIR/$name.err"
        echo $? >"$TEST_DIR/$name.status"
    } &
}
begin export export mute d --output "$TEST_DIR/exported/d"
begin push sync push mute "$TEST_DIR/source"
begin read file read mute d/f
begin list file list mute
"$PYRO" workspace exec mute --timeout-seconds 0 -- echo patient >"$TEST_DIR/patient" 2>"$TEST_DIR/told" &
exec=$!
for name in export push read list; do
    wait_for 390 test -s "$TEST_DIR/$name.status"
    is "$name gives up" "$(cat "$TEST_DIR/$name.status")" 1
    like "$name says why" "$(cat "$TEST_DIR/$name.err")" \
        'the guest has not answered for 120 s \(see .pyro workspace status'
done
is "nothing of the export is left" "$(ls -A "$TEST_DIR/exported")" ""
for told in told told_runs; do
    wait_for 300 grep -q . "$TEST_DIR/$told"
    like "who waits for a command is told ($told)" "$(cat "$TEST_DIR/$told")" \
        '^pyro: the guest has not answered for 120 s; waiting on'
done
check "the command is still waited for" kill -0 $exec
kill -CONT "$qemu"
wait $exec
is "… and runs once the guest is back" "$(cat "$TEST_DIR/patient")" patient
wait_for 60 grep -q '^pyro: the guest answers again' "$TEST_DIR/told_runs" && pass "… and so is that the guest is back"
"$PYRO" workspace exec mute -- touch d/end 2>/dev/null
wait $runs
is "what ran goes on as if nothing had been" "$?" 0
run "$PYRO" workspace file read mute d/f --content-only
is "the guest works on" "$out" x
run "$PYRO" workspace delete mute
is "delete" "$status" 0
finish
