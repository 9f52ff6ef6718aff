#!/bin/bash
# The host gets another QEMU: what runs goes on as it is, also under a supervisor that starts only then; what is stopped
# starts, on a template of the new one; snapshots and resets work across. The version is what pyro has noted of its QEMU:
# another one is written there.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
image=debian:12-base
shared=$XDG_CACHE_HOME/pyro
export XDG_CACHE_HOME=$TEST_DIR/cache # one's own: templates are counted
mkdir -p "$XDG_CACHE_HOME/pyro"
cp -r --sparse=always "$shared/environments" "$shared/boot" "$XDG_CACHE_HOME/pyro/"

templates() { find "$XDG_CACHE_HOME/pyro/templates" -mindepth 1 -maxdepth 1 -type d | wc -l; }
machine_of() { json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$1/workspace.json")"; }
in_workspace() { # NAME WANTED COMMAND…
    run "$PYRO" workspace exec "$1" -- "${@:3}"
    is "$1: ${*:3}" "$status $out" "0 $2"
    [[ $status -eq 0 ]] || echo "$err"
}

run "$PYRO" workspace create $image --name runs --json
is "create: status" "$status" 0
id=$(json .workspace_id)
in_workspace runs "" sh -c 'echo one >a'
run "$PYRO" workspace snapshot create runs s
run "$PYRO" workspace create $image --name rests
in_workspace rests "" sh -c 'echo kept >a'
run "$PYRO" workspace stop rests
before=$(templates) machine=$(machine_of "$id")

cp "$XDG_CACHE_HOME/pyro/qemu.json" "$TEST_DIR/noted"
sed -i 's/"version":"/&9/' "$XDG_CACHE_HOME/pyro/qemu.json"
run "$PYRO" doctor
like "doctor names the other version" "$out" 'QEMU: 9[0-9]+\.'
in_workspace runs one cat a
kill_process "$(supervisor_of "$id")"
in_workspace runs one cat a
is "it is the same machine" "$(machine_of "$id")" "$machine"
in_workspace runs "" sh -c 'echo two >>a'
run "$PYRO" workspace start rests
is "a stopped one starts: status" "$status" 0
in_workspace rests kept cat a
middle=$(templates)
check "… on a template of the other QEMU" [ "$middle" -gt "$before" ]
run "$PYRO" workspace reset runs --snapshot s
is "reset: status" "$status" 0
in_workspace runs one cat a
run "$PYRO" workspace create $image --name fresh
is "a new one: status" "$status" 0
check "… on a template of the other QEMU too" [ "$(templates)" -gt "$middle" ]
run "$PYRO" workspace stop runs

cp "$TEST_DIR/noted" "$XDG_CACHE_HOME/pyro/qemu.json"
run "$PYRO" workspace start runs
is "and back: status" "$status" 0
in_workspace runs one cat a
for name in runs rests fresh; do
    run "$PYRO" workspace delete $name
done
finish
