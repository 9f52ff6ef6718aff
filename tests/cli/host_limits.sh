#!/bin/bash
# A machine larger than what the control group or the affinity of its pyro allow is refused before anything starts, with
# the figure.
cd "$(dirname "$0")/../.." && . tests/lib.sh

first=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//') # that this one may use
run taskset -c "$first" "$PYRO" workspace create debian:12-base --vcpu-count 2
is "one processor of more: status" "$status" 2
like "… the figure" "$err" '1'

limited=
for group in /sys/fs/cgroup /sys/fs/cgroup/memory; do
    mkdir "$group/pyro-test-$$" 2>/dev/null || continue
    for file in memory.max memory.limit_in_bytes; do
        [[ -w $group/pyro-test-$$/$file ]] && echo 536870912 >"$group/pyro-test-$$/$file" && limited=$group/pyro-test-$$
    done
    [[ -n $limited ]] && break
    rmdir "$group/pyro-test-$$"
done
if [[ -n $limited ]]; then
    mkdir "$limited/below"
    within() { run sh -c 'echo $$ >"$1/below/cgroup.procs" && shift && exec "$@"' sh "$limited" "$@"; }
    within "$PYRO" workspace create debian:12-base --mem-mib 1024
    is "more memory than the group above allows: status" "$status" 2
    like "… the figure" "$err" '512 MiB'
    within "$PYRO" workspace create debian:12-base
    is "the default is more: status" "$status" 2
    like "… the figure" "$err" '--mem-mib 1024: this process may use 512 MiB'
    is "nothing was made" "$(ls -A "$PYRO_HOME" 2>/dev/null)" ""
    is_empty() { [[ ! -s $limited/below/cgroup.procs ]]; }
    wait_for 60 is_empty
    rmdir "$limited/below" "$limited"
else
    skip "a limit of memory: no control group can be made here"
fi
finish
