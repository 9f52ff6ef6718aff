#!/bin/bash
# Every command on real machines: what goes to which stream, exit statuses, the members of the JSON.
# Results are checked against their declarations by the program itself.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

run "$PYRO" env pull debian:12
is "env pull: status" "$status" 0
like "env pull: phases on stderr" "$err" '\[pull\] phase=ready environment=debian:12'
like "env pull: the first line of stdout" "$out" '^Pulled: debian:12'
run "$PYRO" env pull debian:12 --json
is "env pull again: status" "$status" 0
is "env pull --json" "$(json .installed)" true
is "env pull --json: stderr is silent" "$err" ""
run "$PYRO" env list
like "env list" "$out" '^Catalog version: [0-9.]+
.*debian:12 \[installed\] '
run "$PYRO" env list --json
is "env list --json" "$(json .environments[0].platform)" linux-x86_64
run "$PYRO" env inspect debian:12 --json
check "env inspect: the directory is there" [ -d "$(json .install_dir)" ]
run "$PYRO" env inspect debian:99
is "an unknown environment: status" "$status" 1
run "$PYRO" run debian:99 --json -- true
is "an unknown environment for run: status" "$status" 125
is "an unknown environment for run: code" "$(json .error.code)" environment_not_found

run "$PYRO" doctor
is "doctor: status" "$status" 0
like "doctor" "$out" '^Platform: linux-x86_64
Runtime: PASS
KVM: exists=(yes|no) readable=(yes|no) writable=(yes|no) usable=(yes|no)
Accelerator: (kvm|tcg)'
like "doctor: capabilities" "$out" 'Capabilities: vm_boot=yes guest_exec=yes guest_network=(yes|no)'
run "$PYRO" doctor --environment debian:12 --json
is "doctor --json" "$(json .capabilities.guest_exec)" true

run "$PYRO" demo
is "demo: status" "$status" 0
like "demo" "$out" '^git version [0-9.]+$'
run "$PYRO" run debian:12 -- sh -c 'echo out; echo err >&2; exit 3'
is "run: the command's status" "$status" 3
is "run: stdout is the command's" "$out" out
like "run: phases and summary" "$err" '^\[run\] phase=create environment=debian:12
\[run\] phase=start vm_id=[^ ]+
\[run\] phase=execute vm_id=[^ ]+
err
\[run\] environment=debian:12 execution_mode=guest_vm exit_code=3 duration_ms=[0-9]+$'
run "$PYRO" run debian:12 --json -- printf '%s|' 'a b' '' "it's" $'x\ny'
is "run --json: words keep their boundaries" "$(json .stdout)" $'a b||it\'s|x\ny|'
is "run --json: stderr is silent" "$err" ""
is "run --json: the VM is gone" "$(json .cleanup.deleted)" true
is "run --json: stdin is passed" "$("$PYRO" run debian:12 -- cat 2>/dev/null <<<'from stdin')" "from stdin"

run "$PYRO" workspace list
is "no workspaces" "$out" "No workspaces."
id=$("$PYRO" workspace create debian:12 --name first --label owner=me --label 'why=a b' --id-only 2>/dev/null)
like "create --id-only prints an id alone" "$id" '^[A-Za-z0-9._-]+$'
refute "create: the guest took its new host for no breach" \
    grep -q 'link:' "$XDG_DATA_HOME/pyro/workspaces/$id/console.log"
run "$PYRO" workspace create debian:12 --name first
is "a name taken twice: status" "$status" 1
run "$PYRO" workspace status "$id"
like "status: the block" "$out" "^Workspace ID: $id
Name: first
Labels: owner=me, why=a b
Environment: debian:12
State: started
Workspace: /workspace
Workspace seed: empty
Network policy: off
Execution mode: guest_vm
Accelerator: (kvm|tcg)
Resources: 1 vCPU / 1024 MiB
Shells: 0
Services: 0
Command count: 0\$"
run "$PYRO" workspace status "${id:0:${#id}-1}" --json
is "status by a prefix" "$(json .workspace_id)" "$id"
run "$PYRO" workspace status "${id:0:3}"
is "a prefix that is too short: status" "$status" 1
run "$PYRO" workspace status nothing-such --json
is "an unknown workspace: code" "$(json .error.code)" workspace_not_found

run "$PYRO" workspace exec first -- sh -c 'echo data >file; pwd; id -u; echo oops >&2'
is "exec: status" "$status" 0
is "exec: stdout" "$out" "/workspace
0"
like "exec: stderr and summary" "$err" "^oops
\[workspace-exec\] workspace_id=$id sequence=1 cwd=/workspace execution_mode=guest_vm exit_code=0 duration_ms=[0-9]+\$"
run "$PYRO" workspace exec first --cwd /tmp --json -- pwd
is "exec --cwd" "$(json .stdout)" /tmp
is "exec: sequences count" "$(json .sequence)" 2
run bash -c '"$PYRO" workspace exec first -- printf "no newline" 2>&1'
like "the summary is on a line of its own" "$out" '^no newline
\[workspace-exec\] '
run "$PYRO" workspace exec first -- sh -c 'nice; cut -d" " -f19 /proc/1/stat'
is "the guest program comes before what it runs" "$out" $'0\n-20'
run "$PYRO" workspace exec first --timeout-seconds 1 -- sh -c 'sleep 60 & sleep 60'
is "exec: 124 when time runs out" "$status" 124
like "… and what to do about it" "$err" '^pyro: timed out after 1 s \(raise --timeout-seconds; 0: no limit\)'
run "$PYRO" workspace exec first -- sh -c 'sleep 1000 & sleep 1000 & echo begun'
is "exec: what it left running: status" "$status" 0
like "… is told" "$err" '^pyro: 2 background processes were killed when the command ended; .*pyro workspace service start'
run "$PYRO" workspace exec first --json -- sh -c 'setsid sleep 1000 & exit 0'
is "… and counted" "$(json .left_behind)" 1
run "$PYRO" workspace exec first -- sh -c 'kill -9 $$'
is "exec: 128+N for signal N" "$status" 137
run "$PYRO" workspace exec first -- nothing-such
is "exec: 127 for a command that is not there" "$status" 127
run "$PYRO" workspace exec first -- /etc/passwd
is "exec: 126 for what cannot be run" "$status" 126
run "$PYRO" workspace exec first --cwd /nothing-such --json -- true
is "exec: a directory that is not there" "$status $(json .error.code)" "125 guest_error"
run "$PYRO" workspace exec first -- mkdir -p src/deep
run "$PYRO" workspace exec first --cwd src/deep --json -- pwd
is "exec: a relative --cwd is below /workspace" "$(json .stdout)$(json .cwd)" /workspace/src/deep/workspace/src/deep
run "$PYRO" workspace shell open first --cwd src --json
is "shell open: likewise" "$status $(json .cwd)" "0 /workspace/src"
run "$PYRO" workspace shell close first "$(json .shell_id)"
run "$PYRO" workspace shell open first --cwd nothing-such --json
is "shell open: a directory that is not there" "$status $(json .error.code)" "1 guest_error"
run "$PYRO" workspace service start first here --cwd src --json -- sleep 1000
is "service start: likewise" "$status $(json .cwd)" "0 /workspace/src"
run "$PYRO" workspace service stop first here
run "$PYRO" workspace service start first gone -- /nothing/such
is "service start: a program that is not there" "$status" 1
run "$PYRO" workspace service start first gone --cwd /nothing-such -- true
is "service start: a directory that is not there" "$status" 1
run "$PYRO" workspace update first --clear-label nothing-such --json
is "a label that is not there" "$status $(json .error.code)" "1 label_not_found"

# A loop over lines, and a command that reads what it is given.
printf 'a\nb\nc\n' >"$TEST_DIR/lines"
lines() {
    while read -r line; do
        "$PYRO" workspace exec first "$@" -- sh -c 'cat; echo "$1"' sh "$line" 2>/dev/null
    done <"$TEST_DIR/lines"
}
is "exec takes the rest of its caller's input" "$(lines)" $'b\nc\na'
is "exec --no-stdin leaves it alone" "$(lines --no-stdin)" $'a\nb\nc'

# What was ignored at the start stays so; what was not ends the command.
"$PYRO" workspace exec first -- rm -f up
nohup "$PYRO" workspace exec first -- sh -c 'touch up; until [ -e go ]; do sleep 0.1; done; echo went' >"$TEST_DIR/nohup" 2>&1 &
is_up() { "$PYRO" workspace exec first --no-stdin -- test -e up 2>/dev/null; }
wait_for 60 is_up
kill -HUP $!
"$PYRO" workspace exec first -- touch go 2>/dev/null
wait $!
is "a hang-up under nohup: status" "$?" 0
like "a hang-up under nohup: it went on" "$(<"$TEST_DIR/nohup")" '^went'

run "$PYRO" workspace logs first --json
check "logs: all commands" [ "$(json .count)" -ge 7 ]
is "logs: in order" "$(json .entries[0].sequence)" 1
is "logs: with their output" "$(json .entries[0].stdout)" "/workspace
0"
run "$PYRO" workspace logs first
like "logs: for people" "$out" "^\[1\] sh -c 'echo data >file; pwd; id -u; echo oops >&2' \(cwd=/workspace exit_code=0 duration_ms=[0-9]+\)
/workspace
0
oops"
run "$PYRO" workspace update first --name second --label owner=you --clear-label why
like "update" "$out" '
Name: second
Labels: owner=you
'
run "$PYRO" workspace update second --clear-name --json
is "update --clear-name" "$(json .name)" null
run "$PYRO" workspace update "$id" --name first
run "$PYRO" workspace update first --mem-mib 512 --json
is "update --mem-mib of one that runs: status" "$status" 1
is "update --mem-mib of one that runs: code" "$(json .error.code)" workspace_state
is "update --mem-mib of one that runs: hint" "$(json .error.hint)" \
    "stop it first: 'pyro workspace stop $id'"
run "$PYRO" workspace update first --mem-mib 500
is "update --mem-mib, not a whole step: status" "$status" 2
run "$PYRO" workspace update first --vcpu-count 0
is "update --vcpu-count 0: status" "$status" 2

run "$PYRO" workspace stop first
is "stop: status" "$status" 0
like "stop" "$out" 'State: stopped'
run "$PYRO" workspace exec first --json -- true
is "exec in a stopped workspace: status" "$status" 125
is "exec in a stopped workspace: code" "$(json .error.code)" workspace_state
run "$PYRO" workspace stop first
is "stop again: status" "$status" 0
cpus=$(($(nproc) > 1 ? 2 : 1))
run "$PYRO" workspace update first --mem-mib 512 --vcpu-count $cpus --json
is "update: the size of a stopped one" "$(json .mem_mib) $(json .vcpu_count)" "512 $cpus"
is "update: it stays stopped" "$(json .state)" stopped
run "$PYRO" workspace start first --json
is "start" "$(json .state)" started
is "start: with the new size" "$(json .mem_mib) $(json .vcpu_count)" "512 $cpus"
run "$PYRO" workspace exec first -- sh -c 'nproc; grep -o "MemTotal: *[0-9]*" /proc/meminfo'
like "start: the guest has that size" "$out" "^$cpus
MemTotal: +(4[0-9]{5}|5[01][0-9]{4})$"
run "$PYRO" workspace exec first -- cat file
is "the disk is as it was left" "$out" data
run "$PYRO" workspace list --json
is "list" "$(json .count)" 1
run "$PYRO" workspace list
like "list for people: a command in it has failed" "$out" "$id +started +failed +debian:12 "
offered=$("$PYRO" __complete -- workspace status fir | cut -f1)
is "completion knows the name" "$offered" first
offered=$("$PYRO" __complete -- run debian:12- | cut -f1 | tr '\n' ' ')
is "completion knows the environments" "$offered" "debian:12-base debian:12-build "
run "$PYRO" workspace delete first
is "delete" "$out" "Deleted workspace: $id"
run "$PYRO" workspace status "$id"
is "gone: status" "$status" 1

# What would go, and stays: the environments of this cache are in no workspace's use now.
run "$PYRO" env prune --dry-run --json
is "env prune --dry-run: status" "$status $(json .dry_run)" "0 true"
check "env prune --dry-run: it names what would go" [ "$(json .freed_bytes)" -gt 1000000 ]
check "env prune --dry-run: and that is there" test -e "$(json .removed[0].path)"
run "$PYRO" env prune --dry-run
like "env prune --dry-run, for people" "$out" 'Would remove: debian:12 .*
Would free bytes: [0-9]+$'

# In a cache and with workspaces of its own: what is removed is not what other scripts share.
XDG_CACHE_HOME=$TEST_DIR/cache XDG_DATA_HOME=$TEST_DIR/elsewhere run "$PYRO" env prune --json
is "env prune: status" "$status" 0
is "env prune: nothing was there" "$(json .freed_bytes)" 0
finish
