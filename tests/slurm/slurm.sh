#!/bin/bash
# Workspaces as jobs of a real Slurm, by the scripts of docs/scale.md: reached from other steps, ended by scancel, by the
# job's time, by its memory, by a lost node; nothing of a job outlives it.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/slurm/cluster.sh
use_shared_cache

# Three "hosts": each has its own state, kernel and templates; environments are in one directory, read-only.
"$PYRO" env pull debian:12-base >/dev/null 2>&1
export PYRO_ENVIRONMENT_CACHE_DIR=$TEST_DIR/shared
cp -r --sparse=always "$XDG_CACHE_HOME/pyro/environments" "$PYRO_ENVIRONMENT_CACHE_DIR"
for node in n1 n2 n3; do # where pyro has run before, so that no kernel is fetched
    mkdir -p "$TEST_DIR/$node/cache"
    cp -r --sparse=always "$XDG_CACHE_HOME/pyro/boot" "$XDG_CACHE_HOME"/pyro/*.json "$TEST_DIR/$node/cache/"
done
mkdir -p "$TEST_DIR/bin" "$TEST_DIR/jobs"
cat >"$TEST_DIR/bin/pyro" <<EOF
#!/bin/bash
export PYRO_HOME=$TEST_DIR/\${SLURMD_NODENAME:?}
exec $PYRO "\$@"
EOF
chmod +x "$TEST_DIR/bin/pyro"
export PATH=$TEST_DIR/bin:$PATH

document() { sed -n '/^```bash$/,/^```$/p' docs/scale.md | awk -v n="$1" '/^```bash$/ { i++; next } /^```$/ { next } i == n'; }
submit() { (cd "$TEST_DIR/jobs" && sbatch --parsable "$@"); } # prints the job
state_of() { scontrol show job "$1" -o 2>/dev/null | sed -n 's/.* JobState=\([A-Z_]*\).*/\1/p'; }
job_is() { [[ $(state_of "$1") == "$2" ]]; }
is_over() { [[ $(state_of "$1") != @(PENDING|RUNNING|COMPLETING|CONFIGURING|SUSPENDED) ]]; }
is_ready() { grep -qx ready "$TEST_DIR/jobs/machine-$1.out" 2>/dev/null; }
in_job() { # JOB COMMAND…: a further step of it
    run timeout 300 srun --jobid="$1" --overlap "${@:2}"
}
workspaces() { SLURMD_NODENAME=$1 pyro workspace list --json | json .count "$(cat)"; }
# A terminal, as wide as no other: what is on its screen is looked for.
tmux() { command tmux -S "$TEST_DIR/tmux.sock" -f /dev/null "$@"; }
shows() { tmux capture-pane -pt "$1" 2>/dev/null | grep -qE -- "$2"; } # WINDOW PATTERN
on_terminal() {                                                        # WINDOW JOB COMMAND…: a further step of it
    tmux new-session -ds "$1" -x 97 -y 23 "srun --jobid=$2 --overlap --pty ${*:3}; echo \"status=\$?\"; exec cat"
}
# A supervisor's command line names no directory; its workspace's is open.
nothing_runs() { ! left_running __supervise && ! left_running qemu-system; }

document 1 >"$TEST_DIR/jobs/machine.sh"
document 2 >"$TEST_DIR/jobs/many.sh"
chmod -R a-w "$PYRO_ENVIRONMENT_CACHE_DIR"
begin_cluster
timed=$(submit -w n2 --time=1 machine.sh) # looked at last: a minute is the least

# Beside the rest, with as much memory as these nodes have, and no more at once than two processors start in seconds.
array=$(submit --exclude=n3 --array=1-50%8 --mem=400M many.sh)
requeued=$(submit --requeue -w n3 machine.sh) # on a node of its own: that one's slurmd is killed

job=$(submit -w n1 machine.sh)
wait_for 120 is_ready "$job" && pass "a job holds a machine"
in_job "$job" pyro workspace exec "job-$job" -- uname -n
is "another step reaches it" "$status $out" "0 job-$job"
in_job "$job" pyro workspace shell open "job-$job"
in_job "$job" pyro workspace shell write "job-$job" sh1 --input 'echo $((6 * 7))'
in_job "$job" pyro workspace shell read "job-$job" sh1 --plain --wait-for-idle-ms 300
like "… and a shell of it" "$out" '(^|'$'\n'')42'
on_terminal shell "$job" pyro workspace shell attach "job-$job" sh1
wait_for 120 shows shell '^42'
tmux send-keys -t shell 'echo $((8 * 8)); stty size' Enter
wait_for 120 shows shell '^64$' && pass "a terminal is attached to it: keys"
wait_for 120 shows shell '^23 97$' && pass "… and its size"
tmux send-keys -t shell C-]
wait_for 120 shows shell '^status=0$' && pass "… and is detached"
on_terminal tui "$job" pyro tui
wait_for 120 shows tui "job-$job" && pass "the terminal interface shows it"
tmux send-keys -t tui q
wait_for 120 shows tui '^status=0$' && pass "… and ends"
tmux kill-server
scancel "$job"
wait_for 120 job_is "$job" CANCELLED && pass "scancel: the job is cancelled"
deleted() { ! SLURMD_NODENAME=n1 pyro workspace status "$1" >/dev/null 2>&1 && ! SLURMD_NODENAME=n2 pyro workspace status "$1" >/dev/null 2>&1; }
check "… and its workspace deleted" deleted "job-$job"

# It begins again some time later, beside the rest.
wait_for 120 is_ready "$requeued"
kill_process "$(cat "$cluster/n3.pid")"
slurmd -N n3
scontrol requeue "$requeued"

# Slurm counts what its machine takes, and ends it: of a kind whose template is there, so that the start takes less. What was
# not asked to stop is found failed; a supervisor that outlives what holds it stops it.
job=$(submit -w n1 --mem=300M --wrap 'exec pyro workspace create debian:12-base --name hog --mem-mib 1024 --hold' --output=machine-%j.out)
wait_for 120 is_ready "$job"
in_job "$job" pyro workspace exec hog --no-stdin -- sh -c 'head -c 400M /dev/zero | tail -c 390M | wc -c'
wait_for 120 is_over "$job"
refute "more memory than the job's: it does not go on" job_is "$job" COMPLETED
has_ended() { [[ $(SLURMD_NODENAME=n1 pyro workspace status hog --json | json .state "$(cat)") == @(failed|stopped) ]]; }
wait_for 60 has_ended && pass "… the next pyro finds it ended"
SLURMD_NODENAME=n1 pyro workspace delete hog >/dev/null

array_is_over() { [[ -z $(squeue -h -j "$array" 2>/dev/null) ]]; }
wait_for 300 array_is_over
said=0
for task in {1..50}; do
    grep -qx "task $task on many-$task" "$TEST_DIR/jobs/many-$task.out" && said=$((said + 1))
done
is "an array: each of its fifty machines has worked" "$said" 50
is "… on both nodes" "$(scontrol show job "$array" -o | sed -n 's/.* NodeList=\(n[12]\) .*/\1/p' | sort -u | xargs)" "n1 n2"
is "… each task as it should" "$(scontrol show job "$array" -o | grep -c 'JobState=COMPLETED')" 50

restarted() { [[ $(scontrol show job "$requeued" -o | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p') -ge 1 ]] && job_is "$requeued" RUNNING && [[ $(workspaces n3) == 1 ]]; }
wait_for 300 restarted && pass "slurmd killed and requeued: a new machine"
scancel "$requeued"
wait_for 120 is_over "$requeued"

wait_for 300 is_over "$timed"
is "a job whose time is over" "$(state_of "$timed")" TIMEOUT
is "nothing of any is kept" "$(workspaces n1) $(workspaces n2) $(workspaces n3)" "0 0 0"
wait_for 60 nothing_runs && pass "… and nothing runs"
end_cluster
finish
