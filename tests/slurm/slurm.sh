#!/bin/bash
# Workspaces as jobs of a real Slurm, by the scripts of docs/scale.md: reached from other steps, ended by scancel, by the
# job's time, by its memory, by a lost node; nothing of a job outlives it.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/slurm/cluster.sh
use_shared_cache

# Two "hosts": each has its own state, kernel and templates; environments are in one directory, read-only.
export PYRO_ENVIRONMENT_CACHE_DIR=$TEST_DIR/shared
cp -r --sparse=always "$XDG_CACHE_HOME/pyro/environments" "$PYRO_ENVIRONMENT_CACHE_DIR"
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
nothing_runs() { ! pgrep -u "$(id -u)" -f "$TEST_DIR/n[12]/" >/dev/null; }

document 1 >"$TEST_DIR/jobs/machine.sh"
document 2 >"$TEST_DIR/jobs/many.sh"
chmod -R a-w "$PYRO_ENVIRONMENT_CACHE_DIR"
begin_cluster
timed=$(submit --time=1 machine.sh) # looked at last: a minute is the least

job=$(submit machine.sh)
wait_for 120 is_ready "$job" && pass "a job holds a machine"
in_job "$job" pyro workspace exec "job-$job" -- uname -n
is "another step reaches it" "$status $out" "0 job-$job"
in_job "$job" pyro workspace shell open "job-$job"
in_job "$job" pyro workspace shell write "job-$job" sh1 --input 'echo $((6 * 7))'
in_job "$job" pyro workspace shell read "job-$job" sh1 --plain --wait-for-idle-ms 300
like "… and a shell of it" "$out" '(^|'$'\n'')42'
scancel "$job"
wait_for 120 job_is "$job" CANCELLED && pass "scancel: the job is cancelled"
deleted() { ! SLURMD_NODENAME=n1 pyro workspace status "$1" >/dev/null 2>&1 && ! SLURMD_NODENAME=n2 pyro workspace status "$1" >/dev/null 2>&1; }
check "… and its workspace deleted" deleted "job-$job"

# Slurm counts what its machine takes, and ends it. What was not asked to stop is found failed.
job=$(submit --mem=300M --wrap 'exec pyro workspace create debian:12-base --name hog --mem-mib 512 --hold' --output=machine-%j.out)
wait_for 120 is_ready "$job"
in_job "$job" pyro workspace exec hog --no-stdin -- sh -c 'head -c 400M /dev/zero | tail -c 390M | wc -c'
wait_for 120 is_over "$job"
refute "more memory than the job's: it does not go on" job_is "$job" COMPLETED
for node in n1 n2; do
    if SLURMD_NODENAME=$node pyro workspace status hog >/dev/null 2>&1; then
        like "… the next pyro finds it ended" "$(SLURMD_NODENAME=$node pyro workspace status hog --json | json .state "$(cat)")" '^(failed|stopped)$'
        SLURMD_NODENAME=$node pyro workspace delete hog >/dev/null
    fi
done

array=$(submit --array=1-4 --mem=400M many.sh)
array_is_over() { [[ -z $(squeue -h -j "$array" 2>/dev/null) ]]; }
wait_for 300 array_is_over
for task in 1 2 3 4; do
    like "an array: task $task" "$(cat "$TEST_DIR/jobs/many-$task.out")" "task $task on many-$task"
done
check "… all deleted" deleted many-1

wait_for 300 is_over "$timed"
is "a job whose time is over" "$(state_of "$timed")" TIMEOUT
is "… is deleted too" "$(workspaces n1) $(workspaces n2)" "0 0"
wait_for 60 nothing_runs && pass "… nothing runs"

job=$(submit --requeue -w n1 machine.sh)
wait_for 120 is_ready "$job"
kill_process "$(cat "$cluster/n1.pid")"

slurmd -N n1
scontrol requeue "$job"
restarted() { [[ $(scontrol show job "$job" -o | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p') -ge 1 ]] && job_is "$job" RUNNING && [[ $(workspaces n1) == 1 ]]; }
wait_for 300 restarted && pass "slurmd killed and requeued: a new machine"
scancel "$job"
wait_for 120 is_over "$job"
wait_for 60 nothing_runs && pass "… and nothing of either is left"
end_cluster
finish
