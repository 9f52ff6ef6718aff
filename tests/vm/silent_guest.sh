#!/bin/bash
# A guest that says nothing more: whatever waits for it gives up after two minutes, with the same words,
# and nothing is left behind of it. A command that may take as long as it likes is not given up, but its
# caller is told, and so is everybody who follows it or waits for it.
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
detached=$(json .sequence "$("$PYRO" workspace exec mute --detach --json -- sh -c 'until [ -e d/end ]; do sleep 0.2; done' 2>/dev/null)")
"$PYRO" workspace service start mute ticks -- sh -c 'echo tick; exec sleep infinity' >/dev/null 2>&1
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
# follow NAME COMMAND…: in the background, for as long as it likes.
follow() {
    local name=$1
    shift
    followers+=("$name")
    {
        "$PYRO" workspace "$@" >"$TEST_DIR/$name.out" 2>"$TEST_DIR/$name.err"
        echo $? >"$TEST_DIR/$name.status"
    } &
}
followers=()
follow service service logs mute ticks --follow
follow logs logs mute --follow --tail-lines 0
follow timeline timeline mute --follow
follow wait command wait mute "$detached"
follow command command read mute "$detached" --max-wait-ms 600000
follow shell shell read mute sh1 --wait-for-prompt --max-wait-ms 600000
follow idle wait mute --for idle
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
for name in "${followers[@]}"; do
    wait_for 300 grep -q 'the guest' "$TEST_DIR/$name.err"
    like "who follows is told ($name)" "$(cat "$TEST_DIR/$name.err")" \
        '^pyro: the guest has not answered for 120 s; waiting on'
done
follow late logs mute --follow --tail-lines 0
wait_for 60 grep -q 'has not answered for 120 s' "$TEST_DIR/late.err" && pass "… and who comes later, at once"
check "the command is still waited for" kill -0 $exec
kill -CONT "$qemu"
wait $exec
is "… and runs once the guest is back" "$(cat "$TEST_DIR/patient")" patient
wait_for 60 grep -q '^pyro: the guest answers again' "$TEST_DIR/told_runs" && pass "… and so is that the guest is back"
for name in service logs timeline wait command idle late; do
    wait_for 60 grep -q '^pyro: the guest answers again' "$TEST_DIR/$name.err" && pass "… and $name that it answers again"
done
"$PYRO" workspace exec mute -- touch d/end 2>/dev/null
wait $runs
is "what ran goes on as if nothing had been" "$?" 0
run "$PYRO" workspace file read mute d/f --content-only
is "the guest works on" "$out" x

# The supervisor dies: another one takes over, and those who follow go on.
kill_process "$(supervisor_of "$id")"
"$PYRO" workspace exec mute -- echo next >/dev/null 2>&1
wait_for 60 grep -q next "$TEST_DIR/logs.out" && pass "who follows goes on with the next supervisor"
# The machine dies: they end, and say so.
kill_process "$qemu"
for name in service logs timeline; do
    wait_for 60 test -s "$TEST_DIR/$name.status"
    is "$name ends with the machine" "$(cat "$TEST_DIR/$name.status")" 1
    like "… and says why" "$(cat "$TEST_DIR/$name.err")" "(workspace|service) '.*' failed: "
done
run "$PYRO" workspace delete mute
is "delete" "$status" 0
finish
