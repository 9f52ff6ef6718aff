#!/bin/bash
# The memory of a suspended machine is compressed when it has been suspended for a minute; killed at any step of that, the
# machine goes on all the same, and the next pyro compresses it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export PYRO_CHECK_QUIET=0.02 PYRO_CHECK_STEP=$TEST_DIR/step
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
types() { ws shell write w sh1 --input "$1" >/dev/null 2>&1; }
has_printed() { ws shell read w sh1 --plain 2>/dev/null | grep -q -- "$1"; }

"${pyro[@]}" env pull debian:12 >/dev/null 2>&1
id=$(ws create debian:12 --name w --id-only 2>/dev/null)
memory=$XDG_DATA_HOME/pyro/workspaces/$id/suspended
packers() { pgrep -f "__pack $id"; }
nobody_packs() { [[ -z $(packers) ]]; }
is_packed() { [[ -e $memory/ram.delta.zst && ! -e $memory/ram.delta ]]; }
goes_on() { # WHAT NUMBER
    run ws start w --json
    is "$1: it goes on" "$status $(json .state) $(json .resume_error)" "0 started null"
    types "echo \$X is $2"
    check "$1: its shell goes on" wait_for 60 has_printed "^forty-two is $2"
    refute "$1: nothing is left of the memory" compgen -G "$memory*"
    refute "$1: no file of it" test -e "${memory%suspended}.suspended.zst"
    check "$1: no process of it" wait_for 60 nobody_packs
}
suspend() { ws suspend w >/dev/null 2>&1; }

ws shell open w >/dev/null 2>&1
types 'X=forty-two; echo $X is ready'
check "a shell is ready" wait_for 60 has_printed '^forty-two is ready'
suspend
check "it is compressed" wait_for 120 is_packed
size=$(stat -c %s "$memory/ram.delta.zst")
check "to four megabytes at most ($size)" [ "$size" -le 4194304 ]
run ws status w --json
is "status wakes nothing" "$(json .state)" suspended
goes_on packed 1

# Damaged: it is booted, and that is said.
suspend
wait_for 120 is_packed
printf damaged | dd of="$memory/ram.delta.zst" bs=1 seek=$((size / 2)) conv=notrunc status=none
run ws start w --json
is "a damaged one: it is booted" "$status $(json .state)" "0 started"
check "… and that is said" [ "$(json .resume_error)" != null ]
ws shell open w --json >"$TEST_DIR/shell" 2>/dev/null
ws shell close w "$(json .shell_id "$(cat "$TEST_DIR/shell")")" >/dev/null 2>&1
ws delete w >/dev/null 2>&1
id=$(ws create debian:12 --name w --id-only 2>/dev/null)
memory=$XDG_DATA_HOME/pyro/workspaces/$id/suspended
ws shell open w >/dev/null 2>&1
types 'X=forty-two; echo $X is ready'
wait_for 60 has_printed '^forty-two is ready'

# Killed at each step, resumed at once; and then compressed by whoever comes next.
n=1
for step in begun written renamed; do
    for then in resumed packed; do
        n=$((n + 1))
        echo "pack-$step" >"$PYRO_CHECK_STEP"
        suspend
        check "$step: it gets there" wait_for 120 eval '[[ ! -e $PYRO_CHECK_STEP ]]'
        packer=$(packers | head -1)
        kill_process "$packer"
        check "$step: the memory is there" eval 'compgen -G "$memory/ram.delta*" >/dev/null'
        if [[ $then == packed ]]; then
            looked_and_packed() { ws status w >/dev/null 2>&1; is_packed; }
            check "$step: the next pyro compresses it" wait_for 120 looked_and_packed
        fi
        goes_on "$step, $then" $n
    done
done

# While it is compressed it goes on, and what was begun is dropped.
echo pack-written >"$PYRO_CHECK_STEP"
suspend
wait_for 120 eval '[[ ! -e $PYRO_CHECK_STEP ]]'
packer=$(packers | head -1)
packer_is_stopped() { grep -q '^State:.T' "/proc/$packer/status"; }
wait_for 60 packer_is_stopped # the file is gone before that
run ws exec w -- echo here
is "a command does not wait for it" "$status $out" "0 here"
kill -CONT "$packer"
goes_on "meanwhile" 99
ws delete w >/dev/null 2>&1
no_leftovers
finish
