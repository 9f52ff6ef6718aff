#!/bin/bash
# SIGKILL of passt, its guard and the supervisor while a machine receives; passt that is not there.
cd "$(dirname "$0")/../.." && . tests/tui.sh && . tests/network.sh
check "the environment is there" "$PYRO" env pull debian:12-base

mkdir "$TEST_DIR/bin"
for program in qemu-system-x86_64 qemu-img env; do
    ln -s "$(command -v $program)" "$TEST_DIR/bin/"
done
run env PATH="$TEST_DIR/bin" "$PYRO" workspace create debian:12-base --network-policy egress --json
is "without passt: exit status" "$status" 1
is "without passt: error" "$(json .error.code)" dependency_missing
like "without passt: what to do" "$out" 'install the package passt'
is "without passt: nothing is left" "$("$PYRO" workspace list)" "No workspaces."
network_make "killed parts of a network" || finish

ln -s "$(command -v passt)" "$TEST_DIR/bin/"
run inside env PATH="$TEST_DIR/bin" "$PYRO" workspace create debian:12-base --name net --network-policy egress --json
is "create: exit status" "$status" 0
id=$(json .workspace_id)

child_of() { # PATTERN: the pid of that child of net's supervisor
    local pid
    for pid in $(pgrep -P "$(supervisor_of "$id")"); do
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *$1* ]] && echo "$pid"
    done
}
gone() { ! kill -0 "$1" 2>/dev/null; }
is_up() { run inside "$PYRO" workspace status net --json && [[ $(json .network_error) == null ]]; }
is_down() { run inside "$PYRO" workspace status net --json && [[ $(json .network_error) != null ]]; }
receives() { # somebody came, and much has
    [[ $(wc -l <"$TEST_DIR/streams") -gt $streams ]] &&
        [[ $("$PYRO" workspace exec net -- cat /sys/class/net/eth0/statistics/rx_bytes 2>/dev/null) -gt $((received + 5000000)) ]]
}
transfer() {
    streams=$(wc -l <"$TEST_DIR/streams")
    received=$("$PYRO" workspace exec net -- cat /sys/class/net/eth0/statistics/rx_bytes 2>/dev/null)
    "$PYRO" workspace exec net --timeout-seconds 0 -- bash -c 'cat </dev/tcp/198.51.100.2/7001 >/dev/null' >/dev/null 2>&1 &
    transfer=$!
    wait_for 30 receives && pass "a transfer is under way"
}
qemu=$(pgrep -f "name pyro-$id")
for pattern in 'passt --foreground' __network; do
    transfer
    old=$(child_of "$pattern")
    check "$pattern runs" test -n "$old"
    kill_process "$old"
    wait_for 30 gone "$old"
    wait_for 30 answers && pass "$pattern was killed: the network comes back"
    wait_for 30 is_up && pass "and nothing is said to be down"
    kill "$transfer"
    wait "$transfer"
done
transfer
old=$(supervisor_of "$id")
passt=$(child_of 'passt --foreground') guard=$(child_of __network)
kill_process "$old"
wait "$transfer"
wait_for 30 gone "$guard"
wait_for 30 gone "$passt" && pass "the supervisor was killed: passt and guard went with it"
wait_for 30 inside env PATH="$TEST_DIR/bin" "$PYRO" workspace exec net -- true 2>/dev/null
wait_for 30 answers && pass "the network comes back with the next one"
wait_for 30 names && pass "and so do names"

rm "$TEST_DIR/bin/passt"
kill_process "$(child_of 'passt --foreground')"
# The guard, which ends with it, may be told of first; what is tried next names passt.
lacks_passt() { is_down && [[ $(json .network_error) == *passt* ]]; }
wait_for 30 lacks_passt && pass "passt is gone for good: the network is down, and it is said why"
not_found() { is_down && [[ $(json .network_error) == *'program not found'*'install the package passt'* ]]; }
wait_for 30 not_found && pass "… and what to do"
like "… to people too" "$(inside "$PYRO" workspace status net)" 'Network down: passt: program not found'
tui 120x40
sees 'network down +passt: program not found'
guest 'echo lives'
is "the machine lives" "$out" lives
ln -s "$(command -v passt)" "$TEST_DIR/bin/"
wait_for 90 is_up && pass "passt is there again: it is up"
check "and answers" answers
is "the machine has been the same all along" "$(pgrep -f "name pyro-$id")" "$qemu"
sees 'network +egress'
tui_end
refute "QEMU is in the host's network" test "$(readlink "/proc/$qemu/ns/net")" = "$(readlink "/proc/$(child_of __network)/ns/net")"
check "delete" inside "$PYRO" workspace delete net
network_finish
