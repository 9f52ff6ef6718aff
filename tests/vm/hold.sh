#!/bin/bash
# A workspace that lives no longer than the process that holds it, and waiting until one is as a script
# needs it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 600 "$PYRO")

state_is() {
    [[ $("$PYRO" workspace status "$1" --json 2>/dev/null | json .state "$(cat)") == "$2" ]]
}
vm_of() { json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$("$PYRO" workspace status "$1" --json | json .workspace_id "$(cat)")/workspace.json")"; }
is_below() { # ANCESTOR PID
    local pid=$2
    while [[ $pid -gt 1 && $pid != "$1" ]]; do
        pid=$(awk '{ print $4 }' <(sed 's/.*) //; s/^/0 x /' "/proc/$pid/stat"))
    done
    [[ $pid == "$1" ]]
}
said() { grep -qx "$2" "$TEST_DIR/$1.out" 2>/dev/null; }
# begin NAME COMMAND…: in the background, but as in the foreground with INT not ignored; its pid is $holder
begin() {
    local name=$1
    shift
    rm -f "$TEST_DIR/$name.out" # what the last one said
    env --default-signal=INT "$PYRO" workspace "$@" >"$TEST_DIR/$name.out" 2>"$TEST_DIR/$name.err" </dev/null &
    holder=$!
    wait_for 60 said "$name" ready
    wait_for 60 grep -q accounted= "$TEST_DIR/$name.err"
}
# ended WHAT STATUS
ended() {
    wait "$holder"
    is "$1: status" "$?" "$2"
}

creates() {
    local id
    begin c create debian:12-base --mem-mib 256 --name c --id-only --hold --delete
    id=$(head -n 1 "$TEST_DIR/c.out")
    is "create --hold: the id, then that it is ready" "$(cat "$TEST_DIR/c.out")" "$id"$'\nready'
    like "… that it is accounted for" "$(cat "$TEST_DIR/c.err")" "\[workspace-hold\] workspace_id=$id accounted=yes"
    check "… its machine is below this process" is_below $holder "$(vm_of c)"
    run "${pyro[@]}" workspace exec c -- echo works
    is "… it works" "$status $out" "0 works"
    run "${pyro[@]}" workspace hold c
    is "held already: status" "$status" 1
    like "held already: by whom" "$err" "is held by process $holder"
    run "${pyro[@]}" workspace reset c --json
    is "a reset would end it" "$status $(json .error.code)" "1 workspace_state"
    like "… and says so" "$(json .error.message)" 'ends with the process that holds it'

    kill_process "$(supervisor_of "$id")"
    attended() { [[ $(grep -c accounted=yes "$TEST_DIR/c.err") -eq 1 ]] && [[ -n $(supervisor_of "$id") ]]; }
    run "${pyro[@]}" workspace exec c -- echo again
    wait_for 60 attended
    check "its supervisor killed: the machine is below it still" is_below $holder "$(vm_of c)"
    kill -USR1 $holder
    kill -USR2 $holder
    kill -TERM $holder
    ended "TERM" 0
    is "--delete" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces")" .lock
    is "nothing more is said" "$(tail -n 1 "$TEST_DIR/c.out")" ready

    run "$PYRO" workspace create debian:12-base --delete
    is "--delete without --hold: status" "$status" 2
}

starts() {
    local notified id
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name s --id-only
    id=$out
    run "${pyro[@]}" workspace exec s -- sh -c 'echo kept >a; sync'
    run "${pyro[@]}" workspace stop s
    run "$PYRO" workspace hold s --watch --delete
    is "--watch with --delete: status" "$status" 2

    python3 - "$TEST_DIR/notify" >"$TEST_DIR/notified" <<'PYTHON' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print(s.recv(100).decode())
PYTHON
    notified=$!
    wait_for 60 test -S "$TEST_DIR/notify"
    export NOTIFY_SOCKET=$TEST_DIR/notify
    begin s hold s
    unset NOTIFY_SOCKET
    wait $notified
    is "a stopped one is started, a service manager told" "$(cat "$TEST_DIR/notified")" READY=1
    run "${pyro[@]}" workspace exec s -- cat a
    is "… on its disk" "$out" kept
    check "… below this process" is_below $holder "$(vm_of s)"
    kill_process $holder
    wait_for 60 state_is s stopped && pass "KILL: it is stopped"

    begin s hold s
    kill_process "$(vm_of s)"
    ended "its machine is killed" 1
    like "… why" "$(cat "$TEST_DIR/s.err")" "workspace '$id' failed: "
    state_is s failed && pass "… it has failed"

    begin s hold s --delete
    run "${pyro[@]}" workspace stop s
    ended "stopped by another" 0
    is "… and deleted" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces")" .lock
}

# All of it at once, as when a scheduler loses its patience: what it wrote is there, and nothing runs.
killed() {
    local id vm supervisor pid
    begin k create debian:12-base --mem-mib 256 --name k --id-only --hold --delete
    id=$(head -n 1 "$TEST_DIR/k.out")
    run "${pyro[@]}" workspace exec k -- sh -c 'echo kept >a; sync'
    vm=$(vm_of k) supervisor=$(supervisor_of "$id")
    kill -STOP "$supervisor" # it sees none of the others end
    for pid in $holder "$vm" "$supervisor"; do
        kill_process "$pid"
    done
    wait $holder 2>/dev/null
    run "${pyro[@]}" workspace status k --json
    is "all killed: it has failed" "$(json .state)" failed
    refute "… nothing runs" left_running __supervise
    refute "… no machine either" left_running qemu-system
    begin k hold k --delete
    run "${pyro[@]}" workspace exec k -- cat a
    is "… held again: its disk is intact" "$out" kept
    kill -INT $holder
    ended "… and stopped, by INT" 0
    is "… and deleted" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces")" .lock
}

# Deleted by another, with and without --delete of its own.
deleted() {
    for how in "" --delete; do
        # shellcheck disable=SC2086
        begin d create debian:12-base --mem-mib 256 --name d --hold $how
        run "${pyro[@]}" workspace delete d
        [[ -n $how ]] || is "deleted meanwhile: the delete" "$status" 0 # else either may be first
        ended "deleted meanwhile${how:+, $how}" 0
        is "… and nothing is said of it" "$(grep -v '^\[' "$TEST_DIR/d.err")" ""
        is "… nothing is left" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces")" .lock
    done
}

expires() {
    begin t create debian:12-base --mem-mib 256 --name t --ttl-seconds 10 --hold
    ended "its time to live is over" 3
    state_is t stopped && pass "… it is stopped"
    "$PYRO" workspace delete t >/dev/null
}

# A machine whose guest does not answer: the second signal does not wait for it.
insists() {
    begin i create debian:12-base --mem-mib 256 --name i --hold
    kill -STOP "$(vm_of i)"
    kill -TERM $holder
    kill -TERM $holder
    ended "two signals" 0
    state_is i stopped && pass "… it is stopped"
    "$PYRO" workspace delete i >/dev/null
}

# A workspace that does not end is told of, and not waited for without a bound.
late() {
    local supervisor
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name l --id-only
    supervisor=$(supervisor_of "$out")
    PYRO_CHECK_PATIENCE=0.05 begin l hold l
    kill -STOP "$supervisor"
    kill -TERM $holder
    ended "its supervisor does not answer" 1
    like "… that is said" "$(cat "$TEST_DIR/l.err")" "workspace '[^']*' does not end"
    kill -CONT "$supervisor"
    wait_for 60 state_is l stopped && pass "… it ends when it can"
    "$PYRO" workspace delete l >/dev/null
}

# Nothing that was started for a process lives on after it, however early that ended.
interrupted() {
    local started
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name n --id-only
    started=$out
    run "${pyro[@]}" workspace stop n
    "$PYRO" workspace hold n >/dev/null 2>&1 &
    holder=$!
    begins() { [[ -n $(supervisor_of "$started") ]]; }
    wait_for 60 begins
    kill -TERM $holder
    wait $holder
    over() { [[ -z $(supervisor_of "$started") ]] && state_is n stopped; }
    wait_for 60 over && pass "TERM during the start: it is stopped"
    "$PYRO" workspace delete n >/dev/null
}

# The same of one that is created: nobody was told of it, so nothing is left, whatever ended this and however early, and
# whether that came to this process alone or, as from a scheduler, to all of them.
abandoned() {
    local signal how supervisor
    export PYRO_CHECK_PATIENCE=2
    starting() {
        local id
        id=$(ls "$XDG_DATA_HOME/pyro/workspaces" 2>/dev/null)
        supervisor=$([[ -z $id ]] || supervisor_of "$id")
        [[ -n $supervisor ]]
    }
    nothing() { "$PYRO" workspace list >/dev/null && [[ $(ls -A "$XDG_DATA_HOME/pyro/workspaces") == .lock ]]; }
    for signal in TERM HUP KILL; do
        [[ $signal == KILL ]] && how="" || how=--delete
        # shellcheck disable=SC2086
        "$PYRO" workspace create debian:12-base --mem-mib 256 --hold $how >/dev/null 2>&1 &
        holder=$!
        wait_for 60 starting
        kill -$signal $holder
        wait $holder
        wait_for 60 nothing && pass "$signal during the start of a new one: nothing is left"
        "$PYRO" workspace create debian:12-base --mem-mib 256 --hold --delete >/dev/null 2>&1 &
        holder=$!
        wait_for 60 starting
        kill -STOP "$supervisor" # the start is not over when the signal comes
        kill -$signal $holder "$supervisor"
        kill -CONT "$supervisor" 2>/dev/null
        wait $holder
        wait_for 60 nothing && pass "… $signal to all of it: nothing is left"
        refute "… no machine either" left_running qemu-system
    done
}

watches() {
    local group
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w --id-only
    begin w hold w --watch
    like "--watch: not accounted for" "$(cat "$TEST_DIR/w.err")" 'accounted=no'
    kill -TERM $holder
    ended "--watch: TERM" 0
    state_is w started && pass "… it runs on"

    for group in /sys/fs/cgroup /sys/fs/cgroup/*/; do
        [[ -e $group/cgroup.procs ]] && mkdir "$group/pyro-test-$$" 2>/dev/null && break
    done
    group=$group/pyro-test-$$
    if [[ -d $group ]]; then
        run sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" timeout 300 "$PYRO" workspace hold w
        is "in another control group: status" "$status" 1
        like "in another control group: why" "$err" 'runs in another control group .*--watch'
        is_empty() { [[ ! -s $group/cgroup.procs ]]; }
        wait_for 60 is_empty
        rmdir "$group"
    else
        skip "another control group: none can be made here"
    fi

    begin w hold w --watch
    run "${pyro[@]}" workspace delete w
    ended "--watch: deleted meanwhile" 0
}

waits() {
    local waiter
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name x --id-only
    run "${pyro[@]}" workspace wait x --for ready --json
    is "ready at once" "$status $(json .state)" "0 started"
    run "${pyro[@]}" workspace wait x --for idle
    is "idle at once" "$status" 0
    run "${pyro[@]}" workspace exec x --detach -- sh -c 'read a </workspace/go'
    run "${pyro[@]}" workspace exec x -- mkfifo go2
    run "${pyro[@]}" workspace wait x --for idle --timeout-seconds 1
    is "a command ended with an error: idle" "$status" 0
    run "${pyro[@]}" workspace exec x --detach -- sh -c 'read a <go2'
    run "${pyro[@]}" workspace wait x --for idle --timeout-seconds 1
    is "a command runs: not idle" "$status" 1
    like "… what is said" "$err" 'is not idle yet'
    "${pyro[@]}" workspace wait x --for idle &
    waiter=$!
    run "${pyro[@]}" workspace exec x -- sh -c 'echo >go2'
    wait $waiter
    is "it ends: idle" "$?" 0

    run "${pyro[@]}" workspace shell open x
    "${pyro[@]}" workspace wait x --for attention --json >"$TEST_DIR/asked" &
    waiter=$!
    run "${pyro[@]}" workspace shell write x sh1 --input 'read answer'
    run "${pyro[@]}" workspace wait x --for idle --timeout-seconds 1
    wait $waiter
    is "a shell asks" "$(json .attention.state "$(cat "$TEST_DIR/asked")")" asks

    "${pyro[@]}" workspace wait x --for stopped &
    waiter=$!
    run "${pyro[@]}" workspace stop x
    wait $waiter
    is "stopped" "$?" 0
    run "${pyro[@]}" workspace wait x --for idle
    is "stopped, and something else is wanted: status" "$status" 1
    like "… why" "$err" 'is stopped'
    "${pyro[@]}" workspace wait x --for ready &
    waiter=$!
    run "${pyro[@]}" workspace start x
    wait $waiter
    is "started: ready" "$?" 0
    "$PYRO" workspace wait x --for attention 2>"$TEST_DIR/gone" &
    waiter=$!
    wait_for 60 awaits_events "$waiter"
    run "${pyro[@]}" workspace delete x
    wait $waiter
    is "deleted: status" "$?" 1
    like "deleted: why" "$(cat "$TEST_DIR/gone")" 'was deleted|is stopped'
}

for name in creates starts killed deleted expires insists late interrupted abandoned watches waits; do
    scene $name
done
finish
