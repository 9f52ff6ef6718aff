#!/bin/bash
# The ends of a workspace that are not its guest's own doing: guests that do not shut down, the time
# to live, a supervisor that died meanwhile.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces
pyro=(timeout -k 5 300 "$PYRO")

state_is() {
    [[ $("${pyro[@]}" workspace status "$1" --json 2>/dev/null | json .state "$(cat)") == "$2" ]]
}

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$("${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
record=$records/$id/workspace.json

run "${pyro[@]}" workspace exec w -- sh -c 'echo kept >file; sync; fsfreeze -f /'
is "freeze" "$status" 0
run "${pyro[@]}" workspace stop w --json
is "a guest that cannot unmount is ended: status" "$status" 0
is "a guest that cannot unmount is ended" "$(json .state)" stopped
run "${pyro[@]}" workspace start w
is "it starts again" "$status" 0

vm=$(json .vm_pid "$(cat "$record")")
kill -STOP "$vm"
run "${pyro[@]}" workspace exec w --timeout-seconds 1 --json -- true
is "a guest that hears nothing: exec ends" "$status" 125
run "${pyro[@]}" workspace stop w --json
is "a guest that hears nothing is ended: status" "$status" 0
is "a guest that hears nothing is ended" "$(json .state)" stopped
refute "its QEMU is gone" [ -e "/proc/$vm" ]
run "${pyro[@]}" workspace start w
run "${pyro[@]}" workspace exec w -- cat file
is "the disk is kept" "$out" kept

# Ends that are asked for twice, and by a signal.
kill -TERM "$(supervisor_of "$id")"
wait_for 30 state_is w stopped && pass "SIGTERM to the supervisor is a stop"
"${pyro[@]}" workspace delete w >/dev/null

"${pyro[@]}" workspace create debian:12-base --mem-mib 256 --ttl-seconds 3 --name t >/dev/null 2>&1
run "${pyro[@]}" workspace exec t -- sh -c 'echo kept >file'
is "within the time to live it works" "$status" 0
wait_for 30 state_is t stopped && pass "the time to live stops it"
run "${pyro[@]}" workspace status t --json
is "it stopped, it did not fail" "$(json .last_error)" null
is "a stopped workspace does not expire" "$(json .expires_at)" null
run "${pyro[@]}" workspace start t --json
check "start gives it a new time to live" [ "$(json .expires_at)" != null ]
run "${pyro[@]}" workspace exec t -- cat file
is "its disk was kept" "$out" kept

id=$("${pyro[@]}" workspace status t --json | json .workspace_id "$(cat)")
kill -9 "$(supervisor_of "$id")"
wait_for 30 state_is t stopped && pass "the time to live outlives its supervisor"
run "${pyro[@]}" workspace delete t
is "delete" "$status" 0
is "nothing is left" "$(ls -A "$records")" .lock
finish
