#!/bin/bash
# A logout, a job's time limit, `systemctl stop`: TERM to every process at once. The machine is stopped
# as by `workspace stop`, and keeps what was written; signals to QEMU or passt alone change nothing; a
# QEMU that somebody ends is a failure.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces
pyro=(timeout -k 5 300 "$PYRO")
policy=off
type passt >/dev/null 2>&1 && policy=egress

state_is() {
    [[ $("${pyro[@]}" workspace status "$1" --json 2>/dev/null | json .state "$(cat)") == "$2" ]]
}

# The processes of a workspace, its supervisor's children included: passt, the guard and QEMU.
family() {
    local supervisor
    supervisor=$(supervisor_of "$1")
    echo "$supervisor" $(cat "/proc/$supervisor/task/$supervisor/children")
}

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$("${pyro[@]}" workspace create debian:12-base --mem-mib 256 --network-policy "$policy" --name w --id-only 2>/dev/null)
record=$records/$id/workspace.json
vm=$(json .vm_pid "$(cat "$record")")
[[ $policy == off ]] || wait_for 30 grep -q '"network_error": null' "$record"

processes=$(family "$id" | wc -w)
check "QEMU and its supervisor run" [ "$processes" -ge 2 ]
for signal in TERM INT HUP; do
    for pid in $(family "$id"); do
        [[ $pid == "$(supervisor_of "$id")" ]] || kill "-$signal" "$pid"
    done
    run "${pyro[@]}" workspace exec w -- echo works
    is "$signal to all but the supervisor: it works" "$out" works
    is "$signal to all but the supervisor: all are there" "$(family "$id" | wc -w)" "$processes"
done
kill -HUP "$(supervisor_of "$id")"
run "${pyro[@]}" workspace exec w -- sh -c 'echo precious >file'
is "write a file" "$status" 0
kill -TERM $(family "$id")
wait_for 60 state_is w stopped && pass "TERM to all of them is a stop"
run "${pyro[@]}" workspace status w --json
is "TERM to all of them: no failure" "$(json .last_error)" null
refute "TERM to all of them: QEMU is gone" [ -e "/proc/$vm" ]
run "${pyro[@]}" workspace start w
is "start: status" "$status" 0
run "${pyro[@]}" workspace exec w -- cat file
is "the file is there" "$out" precious

# Somebody ends QEMU while it is being stopped: what it had not written is gone, and that is said.
vm=$(json .vm_pid "$(cat "$record")")
kill -STOP "$vm"
"${pyro[@]}" workspace stop w >/dev/null 2>&1 &
stop=$!
wait_for 30 grep -q '"stopping": true' "$record"
kill_process "$vm"
wait "$stop"
run "${pyro[@]}" workspace status w --json
is "a QEMU that is killed in a stop: failed" "$(json .state)" failed
like "a QEMU that is killed in a stop: why" "$(json .last_error)" 'QEMU was killed by signal 9'
run "${pyro[@]}" workspace start w
is "it starts again" "$status" 0
run "${pyro[@]}" workspace stop w --json
is "a stop is a stop" "$(json .state) $(json .last_error)" "stopped null"
run "${pyro[@]}" workspace delete w
is "delete" "$status" 0
finish
