#!/bin/bash
# The supervisor, and `run` itself, killed at random moments: whatever they were at, the next commands
# find a state that is true, the machine works or can be started, and after delete nothing is left.
# run: alone, its kills are spread over the time that a command takes on a machine that does nothing else
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export TEST_DIR
records=$XDG_DATA_HOME/pyro/workspaces
image=debian:12-base
pyro=(timeout -k 5 300 "$PYRO")
creates=${CREATES:-14} execs=${EXECS:-14} stops=${STOPS:-10} runs=${RUNS:-12}
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"

# Each line of this file is something that was wrong.
wrong=$TEST_DIR/wrong
: >"$wrong"

claim() {
    local what=$1
    shift
    "$@" || echo "$what: $*" >>"$wrong"
}

# killing TARGET DELAY_MS COMMAND…: $status, $out, $err of the command, $killed.
killing() {
    run tests/vm/kill_during.py "$@"
    killed=${err##*$'\n'}
    killed=${killed%% *}
    [[ $status -ne 124 ]] || echo "hung: ${*:3}" >>"$wrong"
}

# What the next command finds: the workspaces there are, one line each "ID STATE".
states() {
    "${pyro[@]}" workspace list --json 2>/dev/null |
        python3 -c 'import json, sys
for w in json.load(sys.stdin)["workspaces"]: print(w["workspace_id"], w["state"])'
}

# Every workspace works, or starts and works; then it is deleted.
works_or_starts() {
    local id state
    while read -r id state; do
        case $state in
        started) ;;
        stopped | failed)
            run "${pyro[@]}" workspace start "$id"
            [[ $status -eq 0 ]] || echo "$1: $state, but start gives $status: $err" >>"$wrong"
            ;;
        *) echo "$1: state $state" >>"$wrong" ;;
        esac
        run "${pyro[@]}" workspace exec "$id" -- sh -c 'cat /workspace/mark 2>/dev/null; echo works'
        [[ $status -eq 0 && $out == *works ]] || echo "$1: exec gives $status: $err" >>"$wrong"
        [[ -z ${2-} || $out == "$2"* ]] || echo "$1: what was written is lost: $out" >>"$wrong"
        run "${pyro[@]}" workspace delete "$id"
        [[ $status -eq 0 ]] || echo "$1: delete gives $status: $err" >>"$wrong"
    done < <(states)
}

nothing_left() {
    local deadline=$((SECONDS + 60)) left
    until left=$(ls -A "$records" | grep -v '^\.lock$'; ls -A "$TMPDIR"; leftovers); [[ -z $left || $SECONDS -ge $deadline ]]; do
        sleep 0.05
    done
    [[ -z $left ]] || echo "$1: left behind: $left" >>"$wrong"
}

# settle WHAT HITS ROUNDS
settle() {
    is "$1: nothing was wrong" "$(sort "$wrong" | uniq -c | head -20)" ""
    check "$1: faults happened ($2 of $3)" [ "$2" -gt 0 ]
    : >"$wrong"
}

"${pyro[@]}" env pull "$image" >/dev/null 2>&1
"${pyro[@]}" run "$image" --mem-mib 256 -- true >/dev/null 2>&1
id=$("${pyro[@]}" workspace create "$image" --mem-mib 256 --id-only 2>/dev/null)
"${pyro[@]}" workspace stop "$id" >/dev/null && "${pyro[@]}" workspace start "$id" >/dev/null # the template of restarts
"${pyro[@]}" workspace delete "$id" >/dev/null

hits=0
for ((i = 0; i < creates; i++)); do
    killing supervisor $((RANDOM % 250)) "$PYRO" workspace create "$image" --mem-mib 256 --name c --json
    [[ $killed == killed ]] && hits=$((hits + 1))
    if [[ $status -eq 0 ]]; then
        claim "create said it worked" [ "$(states | wc -l)" -eq 1 ]
    else
        [[ $out == *'"error"'* ]] || echo "create failed without an error: $status $err" >>"$wrong"
    fi
    works_or_starts "after create"
    nothing_left "after create"
done
settle "supervisor killed in create" "$hits" "$creates"

hits=0
"${pyro[@]}" workspace create "$image" --mem-mib 256 --name e >/dev/null 2>&1
"${pyro[@]}" workspace exec e -- sh -c 'echo 0 >/workspace/mark; cat /proc/sys/kernel/random/boot_id' >"$TEST_DIR/boot" 2>/dev/null
for ((i = 0; i < execs; i++)); do
    killing supervisor $((RANDOM % 120)) "$PYRO" workspace exec e --json -- \
        sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.01; done'
    if [[ $killed == killed ]]; then
        hits=$((hits + 1))
    fi
    case $status in
    0) ;;
    125) [[ $out == *'"error"'* ]] || echo "exec failed without an error: $out" >>"$wrong" ;;
    *) echo "exec gives $status: $out" >>"$wrong" ;;
    esac
    run "${pyro[@]}" workspace exec e -- cat /proc/sys/kernel/random/boot_id
    [[ $status -eq 0 && $out == "$(cat "$TEST_DIR/boot")" ]] ||
        echo "after a killed exec: $status $out $err" >>"$wrong"
done
run "${pyro[@]}" workspace logs e --json
is "the history has every command, and says of each how it ended" "$(json . |
    python3 -c 'import json, sys
e = json.load(sys.stdin)["entries"]
print(all(isinstance(x["exit_code"], int) for x in e), [x["sequence"] for x in e] == list(range(1, len(e) + 1)))')" "True True"
settle "supervisor killed in exec" "$hits" "$execs"

hits=0
for ((i = 0; i < stops; i++)); do
    "${pyro[@]}" workspace exec e -- sh -c "echo mark$i >/workspace/mark" >/dev/null 2>&1
    killing supervisor $((RANDOM % 400)) "$PYRO" workspace stop e --json
    [[ $killed == killed ]] && hits=$((hits + 1))
    [[ $status -eq 0 || $out == *'"error"'* ]] || echo "stop failed without an error: $out $err" >>"$wrong"
    read -r id state < <(states)
    [[ $status -ne 0 || $state == stopped ]] || echo "stop said it worked, the state is $state" >>"$wrong"
    if [[ $state != started ]]; then
        run "${pyro[@]}" workspace start e
        [[ $status -eq 0 ]] || echo "$state, but start gives $status: $err" >>"$wrong"
    fi
    run "${pyro[@]}" workspace exec e -- cat /workspace/mark
    # A page that was not yet on the disk may be lost with a VM that failed, never with a clean stop.
    [[ $out == "mark$i" ]] || [[ $state == failed && $status -eq 0 ]] ||
        echo "after a killed stop ($state): $status $out $err" >>"$wrong"
done
"${pyro[@]}" workspace delete e >/dev/null
nothing_left "after stop"
settle "supervisor killed in stop" "$hits" "$stops"

hits=0
for ((i = 0; i < runs; i++)); do
    killing self $((RANDOM % 500)) "$PYRO" run "$image" --mem-mib 256 -- sh -c 'echo begun; sleep 0.1; echo done'
    [[ $killed == killed ]] && hits=$((hits + 1))
    # The next command sweeps what is no longer anybody's.
    gone() { "${pyro[@]}" workspace list >/dev/null 2>&1; [[ -z $(ls -A "$records" | grep -v '^\.lock$') && -z $(leftovers) ]]; }
    wait_for 25 gone || { ls -A "$records"; leftovers; } >>"$wrong"
done
settle "run killed" "$hits" "$runs"

hits=0
for ((i = 0; i < runs / 2; i++)); do
    killing supervisor $((RANDOM % 300)) "$PYRO" run "$image" --mem-mib 256 --json -- sleep 0.2
    [[ $killed == killed ]] && hits=$((hits + 1))
    [[ $status -eq 0 || $status -eq 125 ]] || echo "run gives $status: $out $err" >>"$wrong"
    wait_for 25 gone || { ls -A "$records"; leftovers; } >>"$wrong"
done
settle "supervisor of a run killed" "$hits" $((runs / 2))
finish
