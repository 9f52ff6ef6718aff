# tests/killed.sh [ROUNDS]: what scripts have in common that hit commands at some moment. Sourced by scripts that have
# sourced lib.sh; debian:12-base is there then, in the shared cache.
#
#   ws ARG…             pyro workspace ARG…, with a limit of time
#   $rounds             ROUNDS of the environment, or of the sourcing line; SEED=N repeats a run
#   note TEXT           a fault, with the round and what was hit ($action, $step, $target and $delay, as far as they are
#                       set), for $(faults)
#   hits ARG…           ws ARG… with $target killed after $delay ms
#
# At a step (vmm/base/check_step.h):
#   begin STEP ARG…     ws ARG… --json, as $client, until a supervisor stops at the step. Fails if none does
#   stopped             the pids of those that have stopped
#   end                 they go on, to the end of the command; $answer is what it said
#   on_small_disk SCENE SIZE   whether this is the child whose workspaces have a disk of that size. If not, the child
#                       does the scene. fill and make_room do that to this disk
use_shared_cache
export TEST_DIR PYRO_CHECK_STEP=$TEST_DIR/step
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"
rounds=${ROUNDS:-$1}
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1

noted=$TEST_DIR/noted
: >"$noted"
note() {
    echo "round $round: ${action:+$action, }${step:+at $step, }$target killed${delay:+ after $delay ms}: $*" >>"$noted"
}
faults() { cat "$noted"; }

hits() {
    # Not timeout, which would be killed in place of the command: that has a limit there, too.
    run tests/vm/kill_during.py "$target" "$delay" "$PYRO" workspace "$@"
    [[ $status -ne 124 ]] || note "hung"
}

# Supervisors of this script, and processes that work for one.
stopped() {
    local file pid
    for file in $(grep -laF __supervise /proc/[0-9]*/cmdline 2>/dev/null); do
        pid=${file#/proc/} pid=${pid%/cmdline}
        grep -q '^State:.T' "/proc/$pid/status" 2>/dev/null &&
            find "/proc/$pid/fd" -lname "$XDG_DATA_HOME/*" 2>/dev/null | grep -q . && echo "$pid"
    done
}
has_stopped() { [[ -n $(stopped) ]] || ! kill -0 "$client" 2>/dev/null; }
go_on() {
    local pid
    for pid in $(stopped); do kill -CONT "$pid"; done
}
begin() {
    echo "$1" >"$PYRO_CHECK_STEP"
    timeout -k 5 300 "$PYRO" workspace "${@:2}" --json >"$TEST_DIR/answer" 2>&1 </dev/null &
    client=$!
    wait_for 120 has_stopped
    [[ -n $(stopped) ]]
}
end() {
    go_on
    rm -f "$PYRO_CHECK_STEP"
    wait "$client" 2>/dev/null
    answer=$(<"$TEST_DIR/answer")
}

on_small_disk() {
    local -a apart=(unshare --mount --propagation private)
    [[ $(id -u) -eq 0 ]] || apart=(unshare --user --map-root-user --mount --propagation private)
    if [[ -n ${ON_SMALL_DISK:-} ]]; then
        mkdir -p "$XDG_DATA_HOME/pyro/workspaces"
        need "a disk of its own" mount -t tmpfs -o "size=$2" none "$XDG_DATA_HOME/pyro/workspaces"
        return 0
    fi
    if "${apart[@]}" true 2>/dev/null; then
        checks_of "a full disk" env ON_SMALL_DISK=1 "PYRO_CHECK_SCENE=$1" "${apart[@]}" "$PWD/tests/vm/${0##*/}"
    else
        skip "a full disk: nothing can be mounted here"
    fi
    return 1
}
fill() { dd if=/dev/zero of="$XDG_DATA_HOME/pyro/workspaces/filler" bs=64k 2>/dev/null; }
make_room() { rm "$XDG_DATA_HOME/pyro/workspaces/filler"; }
