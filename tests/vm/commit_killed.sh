#!/bin/bash
# tests/vm/commit_killed.sh: workspace commit with the process, the supervisor or QEMU killed at random moments:
# there is the whole environment or none, the others are what they were, and so is the workspace.
# ROUNDS=50 for more; SEED=N repeats a run.
# run: alone, its kills are spread over the time that a commit takes on a machine that does nothing else
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
own_cache debian:12-base
export TEST_DIR
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"
rounds=${ROUNDS:-6}
environments=$XDG_CACHE_HOME/pyro/environments

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --name w --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id
sums() { (cd "$environments" && sha256sum -- */[0-9]*.qcow2 2>/dev/null); }
run ws exec w -- sh -c 'echo 0 >count; sync'
run ws commit w kept --json
is "a commit that nothing disturbs" "$status" 0
kept=$(sums)

targets=(self supervisor qemu)
for ((round = 1; round <= rounds; round++)); do
    target=${targets[RANDOM % 3]} delay=$((RANDOM % 900)) name=n$round
    run ws exec w --timeout-seconds 60 -- sh -c "echo $round >count; head -c 3000000 /dev/urandom >/opt/r; sync"
    is "round $round: the machine works" "$status" 0
    run tests/vm/kill_during.py "$target" "$delay" "$PYRO" workspace commit w "$name"
    check "round $round: $target after $delay ms: it ends" [ "$status" -ne 124 ]
    ws start w >/dev/null 2>&1
    run ws exec w --timeout-seconds 60 -- cat count
    is "round $round: the workspace has what was synced" "$out" "$round"
    if "${pyro[@]}" env inspect "$name" >/dev/null 2>&1; then
        run "${pyro[@]}" run "$name" -- cat /workspace/count
        is "round $round: the environment is whole" "$status $out" "0 $round"
        run "${pyro[@]}" env remove "$name"
        is "round $round: it can be removed" "$status" 0
    fi
    run ws diff w # which has layers joined that are the workspace's alone
    is "round $round: the other is what it was" "$(sums | grep kept-)" "$kept"
    run ws commit w "$name" --json
    is "round $round: again" "$status" 0
    run "${pyro[@]}" env remove "$name"
done

# Killed while its first machine starts, there is none: nobody knows whether it would have.
tries() { compgen -G "$environments/untried-*/untried" >/dev/null; }
"$PYRO" workspace commit w untried >/dev/null 2>&1 &
committer=$!
wait_for 60 tries
run "${pyro[@]}" env inspect untried
is "while it is tried it is there" "$status" 0
kill_process $committer
run "${pyro[@]}" env list --json
is "its trial has not ended: there is none" "$(grep -c '"untried"' <<<"$out")" 0
is "… nor anything of it" "$(compgen -G "$environments/untried*")" ""
run ws commit w untried
is "it can be made again" "$status" 0
is "… and stays" "$(compgen -G "$environments/untried-*/untried")" ""
run "${pyro[@]}" env remove untried
ws stop w >/dev/null
run "${pyro[@]}" env prune
is "nothing is left over" "$(cd "$environments" && ls -d -- * | grep -vE '^(lock-|debian@12-base|kept)')" ""
is "nor in the workspace" "$(find "$dir/layers" -name '*.qcow2' | wc -l)" "$(json .disk.layers "$(cat "$dir/workspace.json")" | python3 -c 'import json, sys; print(sum(l["id"] > 1 for l in json.load(sys.stdin)))')"
ws delete w >/dev/null
finish
