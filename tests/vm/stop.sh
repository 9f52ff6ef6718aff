#!/bin/bash
# The ends of a workspace that are not its guest's own doing: guests that do not shut down, the time
# to live, a supervisor that died meanwhile.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")

state_is() {
    [[ $("${pyro[@]}" workspace status "$1" --json 2>/dev/null | json .state "$(cat)") == "$2" ]]
}

# make NAME FLAG…: $id
make() {
    id=$("${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name "$@" --id-only 2>/dev/null)
    need "$1 is there" [ -n "$id" ]
}

# delete NAME: the last one
delete() {
    run "${pyro[@]}" workspace delete "$1"
    is "$1: delete" "$status" 0
    is "$1: nothing is left" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces")" .lock
}

frozen() {
    make frozen
    run "${pyro[@]}" workspace exec frozen -- sh -c 'echo kept >file; sync; fsfreeze -f /'
    is "freeze" "$status" 0
    run "${pyro[@]}" workspace stop frozen --json
    is "a guest that cannot unmount is ended: status" "$status" 0
    is "a guest that cannot unmount is ended" "$(json .state)" stopped
    run "${pyro[@]}" workspace start frozen
    is "it starts again" "$status" 0
    run "${pyro[@]}" workspace exec frozen -- cat file
    is "its disk is kept" "$out" kept
    delete frozen
}

deaf() {
    local vm
    make deaf
    run "${pyro[@]}" workspace exec deaf -- sh -c 'echo kept >file; sync'
    vm=$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json")")
    kill -STOP "$vm"
    run "${pyro[@]}" workspace exec deaf --timeout-seconds 1 --json -- true
    is "a guest that hears nothing: exec ends" "$status" 125
    run "${pyro[@]}" workspace stop deaf --json
    is "a guest that hears nothing is ended: status" "$status" 0
    is "a guest that hears nothing is ended" "$(json .state)" stopped
    refute "its QEMU is gone" [ -e "/proc/$vm" ]
    run "${pyro[@]}" workspace start deaf
    run "${pyro[@]}" workspace exec deaf -- cat file
    is "the disk is kept" "$out" kept

    # An end that a signal asks for.
    kill -TERM "$(supervisor_of "$id")"
    wait_for 30 state_is deaf stopped && pass "SIGTERM to the supervisor is a stop"
    delete deaf
}

# A supervisor that does not answer is no reason to keep a workspace.
silent() {
    local vm
    make silent
    vm=$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json")")
    kill -STOP "$(supervisor_of "$id")"
    delete silent
    wait_for 60 process_has_ended "$vm" && pass "its QEMU is gone too"
}

# What ends with its machine is gone when the answer comes: it is told what it was.
of_a_run() {
    local id="" client
    runs() { id=$(ls "$XDG_DATA_HOME/pyro/workspaces" 2>/dev/null) && [[ -n $id ]] && state_is "$id" started; }
    "${pyro[@]}" run debian:12-base --mem-mib 256 -- sleep 10001 2>"$TEST_DIR/run" &
    client=$!
    wait_for 60 runs
    run "${pyro[@]}" workspace stop "$id" --json
    is "the machine of a run: stop" "$status $(json .state) $(json .environment)" "0 stopped debian:12-base"
    wait "$client"
    is "its client ends" "$?" 125
    like "… and says why" "$(cat "$TEST_DIR/run")" "the workspace was stopped"
    is "nothing is left of it" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces")" .lock
}

time_to_live() {
    local ttl=2 supervisor=
    # How long a command takes is for the machine to say: the workspace gets as much time as one needs.
    works_in_time() {
        "${pyro[@]}" workspace delete t >/dev/null 2>&1
        make t --ttl-seconds $((ttl *= 2))
        "${pyro[@]}" workspace exec t -- sh -c 'echo kept >file' 2>/dev/null
    }
    wait_for 300 works_in_time && pass "within the time to live it works"
    wait_for 30 state_is t stopped && pass "the time to live stops it"
    run "${pyro[@]}" workspace status t --json
    is "it stopped, it did not fail" "$(json .last_error)" null
    is "a stopped workspace does not expire" "$(json .expires_at)" null
    is "its status says why" "$(json .stop_reason)" ttl
    like "… for people" "$("${pyro[@]}" workspace status t)" 'Stopped: its time to live is over'
    like "its timeline says so" "$("${pyro[@]}" workspace timeline t)" 'stopped +its time to live is over'
    run "${pyro[@]}" workspace disk read t file --content-only
    is "its disk was kept" "$out" kept

    killed_in_time() {
        run "${pyro[@]}" workspace start t --json
        supervisor=$(supervisor_of "$id")
        [[ -n $supervisor ]] && kill_process "$supervisor"
    }
    wait_for 300 killed_in_time
    check "start gives it a new time to live" [ "$(json .expires_at)" != null ]
    is "and forgets why it was stopped" "$(json .stop_reason)" null
    wait_for 30 state_is t stopped && pass "the time to live outlives its supervisor"
    delete t
}

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
for name in frozen deaf silent of_a_run time_to_live; do
    scene $name &
done
wait
finish
