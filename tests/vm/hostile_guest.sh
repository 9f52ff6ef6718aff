#!/bin/bash
# A guest that has been taken over: its root takes the port to the host out of PID 1's hands and breaks
# every rule of the protocol, in a real VM, against the real supervisor. It harms its own workspace only:
# every command on it ends with an error, the supervisor stays small, the neighbour works on, and
# stop, start and delete bring things in order.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh
use_shared_cache
inside=() policy=off
network_make "a guest with a network" && policy=egress
pyro=("${inside[@]}" timeout -k 5 300 "$PYRO")

"${CC:-gcc}" -static -O1 -std=gnu11 -D_GNU_SOURCE -I. -o "$TEST_DIR/hostile" tests/vm/hostile.c \
    vmm/base/wire.c vmm/base/buf.c vmm/base/error.c || exit 1
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
mapfile -t attacks < <("$TEST_DIR/hostile")
lanes=3 hostile=$TEST_DIR/hostile

# Notes the peak of a process's memory, KiB, as long as it lives.
watch_peak() {
    local said
    while said=$(<"/proc/$1/status") && [[ $said =~ VmHWM:[[:space:]]*([0-9]+) ]]; do
        echo "${BASH_REMATCH[1]}" >>"$TEST_DIR/peak"
        sleep 0.02 # a sample is what it is
    done 2>/dev/null
}

good_works() {
    [[ $("${pyro[@]}" workspace exec good -- echo works 2>/dev/null) == works ]]
}

attack() {
    local attack=$1 supervisor watcher memory
    supervisor=$(supervisor_of "$id")
    : >"$TEST_DIR/peak"
    watch_peak "$supervisor" &
    watcher=$!
    run "${pyro[@]}" workspace exec bad --timeout-seconds 5 -- /opt/hostile "$attack"
    refute "$attack: the port was taken" [ "$status" -eq 9 ]
    refute "$attack: exec ends" [ "$status" -eq 137 -a -z "$err" ]
    if [[ $status -eq 125 ]]; then
        like "$attack: a clear error" "$err" '^pyro: [^[:cntrl:]]+$'
    fi
    if [[ $attack == lying-words ]]; then
        is "$attack: its words as its words" "$status: $err" '125: pyro: the guest said: \x1b[2Jyour pyro is too old'
    fi
    memory=$(tail -n 1 "$TEST_DIR/peak")
    check "$attack: the supervisor stays small ($memory KiB)" [ "${memory:-0}" -gt 0 -a "${memory:-0}" -lt 65536 ]
    check "$attack: the neighbour works" good_works
    run "${pyro[@]}" workspace status bad --json
    is "$attack: status: status" "$status" 0
    like "$attack: status: state" "$(json .state)" '^(started|failed)$'
    [[ $(json .state) == failed ]] && like "$attack: why it failed" "$(json .last_error)" '...'
    run "${pyro[@]}" workspace list
    refute "$attack: nothing foreign reaches the terminal" grep -q '[[:cntrl:]]' <<<"${out//$'\n'/}"
    run "${pyro[@]}" workspace stop bad
    is "$attack: stop" "$status" 0
    wait "$watcher"
    run "${pyro[@]}" workspace start bad
    is "$attack: start" "$status" 0
    run "${pyro[@]}" workspace exec bad -- echo again
    is "$attack: works again" "$out" again
}

# Every third attack, on a guest of its own beside a good one.
lane() {
    local name i
    "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name good >/dev/null 2>&1
    id=$("${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name bad --network-policy $policy --id-only 2>/dev/null)
    "${pyro[@]}" workspace exec bad -- sh -c 'cat >/opt/hostile; chmod +x /opt/hostile; sync' <"$hostile" 2>/dev/null
    need "the guest is taken over" [ $? -eq 0 ]
    for ((i = $1; i < ${#attacks[@]}; i += lanes)); do
        attack "${attacks[i]}"
    done
    run "${pyro[@]}" workspace logs bad
    refute "the history shows nothing foreign" grep -q $'\033' <<<"$out"
    for name in good bad; do
        run "${pyro[@]}" workspace delete "$name"
        is "delete $name" "$status" 0
    done
    is "nothing is left" "$(ls -A "$XDG_DATA_HOME/pyro/workspaces")" .lock
}

check "there are attacks" [ "${#attacks[@]}" -gt $lanes ]
lanes_left=()
for ((n = 0; n < lanes; n++)); do
    eval "lane_$n() { lane $n; }"
    scene lane_$n &
    lanes_left+=($!)
done
wait "${lanes_left[@]}"
network_finish
