#!/bin/bash
# What is broken around pyro: no QEMU, a full disk, directories that cannot be written, records and
# images that are not what they should be. Each is a clear error with the right status, and nothing is
# left behind or lost.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces

# code WHAT WANTED: the code of the error that $out holds
code() {
    is "$1" "$(json .error.code)" "$2"
}

"$PYRO" env pull debian:12 >/dev/null 2>&1
PYRO_QEMU=/nothing/such run "$PYRO" workspace create debian:12 --json
is "no QEMU: status" "$status" 1
code "no QEMU" dependency_missing
is "no QEMU: nothing half made stays" "$("$PYRO" workspace list --json 2>/dev/null | grep -c workspace_id)" 0
PYRO_QEMU=/nothing/such run "$PYRO" doctor
is "no QEMU: doctor's status" "$status" 1
like "no QEMU: doctor says so" "$out" 'Runtime: FAIL'
PYRO_QEMU=/bin/false run "$PYRO" run debian:12 --json -- true
is "a QEMU that is none: status" "$status" 125
PYRO_ACCEL=tcg PYRO_REQUIRE_KVM=1 run "$PYRO" run debian:12 --json -- true
is "KVM required: status" "$status" 125
code "KVM required" kvm_required

# Directories: a file stands where one should be, so that root is refused too.
touch "$TEST_DIR/file"
XDG_DATA_HOME=$TEST_DIR/file run "$PYRO" workspace list --json
is "state that cannot be made: status" "$status" 1
refute "state that cannot be made: an error" [ "$(json .error.code)" = internal ]
PYRO_ENVIRONMENT_CACHE_DIR=$TEST_DIR/file run "$PYRO" env list
is "a cache that cannot be made: status" "$status" 1
# Without HOME, what passwd says; without that, an error.
echo "passwd: files" >"$TEST_DIR/nsswitch"
homeless() { run bwrap --dev-bind / / --ro-bind "$TEST_DIR/passwd" /etc/passwd --ro-bind "$TEST_DIR/nsswitch" /etc/nsswitch.conf env -u HOME -u XDG_DATA_HOME "$PYRO" workspace list; }
echo "somebody:x:$(id -u):$(id -g)::$TEST_DIR/person:/bin/sh" >"$TEST_DIR/passwd"
if bwrap --dev-bind / / true 2>/dev/null; then
    homeless
    is "no HOME: the home in passwd" "$status$out" "0No workspaces."
    check "no HOME: it is kept there" [ -d "$TEST_DIR/person/.local/share/pyro/workspaces" ]
    : >"$TEST_DIR/passwd"
    homeless
    is "neither: status" "$status" 1
    like "neither: what to do" "$err" 'set HOME or PYRO_HOME'
else
    skip "no HOME: this user may not make namespaces"
fi

id=$("$PYRO" workspace create debian:12 --name w --id-only 2>/dev/null)
"$PYRO" workspace exec w -- sh -c 'echo precious >file' 2>/dev/null
"$PYRO" workspace stop w >/dev/null
cp "$records/$id/workspace.json" "$TEST_DIR/record"
for garbage in '' '{' '[]' '{"version": 1}' 'not JSON'; do
    printf %s "$garbage" >"$records/$id/workspace.json"
    run "$PYRO" workspace status "$id" --json
    is "a damaged record: the last good one holds ($garbage)" "$(json .state)" stopped
done
rm "$records/$id/workspace.json"
run "$PYRO" workspace start w
is "without its record it starts" "$status" 0
run "$PYRO" workspace exec w -- cat file
is "without its record nothing is lost" "$out" precious
"$PYRO" workspace stop w >/dev/null
cp "$records/$id/workspace.json" "$TEST_DIR/record"
# A newer version's, of which the disk is understood.
sed 's/"version": [0-9]*/"version": 999999/' "$TEST_DIR/record" >"$records/$id/workspace.json"
run "$PYRO" workspace start w --json
code "a newer record does not start" workspace_not_found
run "$PYRO" workspace disk read "$id" file --content-only
is "a newer record: the disk can be read" "$out" precious
rm "$records/$id/workspace.json.last"
for garbage in '' '{' '[]' '{"version": 1}' 'not JSON' '{"version": 999999}'; do
    printf %s "$garbage" >"$records/$id/workspace.json"
    run "$PYRO" workspace disk read "$id" file --content-only
    is "a broken record: the disk can be read ($garbage)" "$out" precious
    run "$PYRO" workspace disk list "$id"
    like "a broken record: and listed ($garbage)" "$out" '/workspace/file'
    run "$PYRO" workspace status "$id" --json
    is "a broken record: state ($garbage)" "$(json .state)" failed
    like "a broken record: the reason ($garbage)" "$(json .last_error)" '...'
    run "$PYRO" workspace exec "$id" --json -- true
    is "a broken record: exec's status ($garbage)" "$status" 125
    code "a broken record ($garbage)" record_invalid
    run "$PYRO" workspace list --json
    is "a broken record does not hide the list ($garbage)" "$(json .workspaces[0].state)" failed
    run "$PYRO" workspace start "$id"
    is "a broken record does not start ($garbage)" "$status" 1
done
run "$PYRO" workspace disk export "$id" --output "$TEST_DIR/disk.ext4"
is "a broken record: the disk can be exported" "$status" 0
check "and is sound" e2fsck -fn "$TEST_DIR/disk.ext4" >/dev/null 2>&1
rm -f "$TEST_DIR/disk.ext4"
XDG_CACHE_HOME=$TEST_DIR/none run "$PYRO" env prune
is "a broken record: prune leaves what it may be based on" "$(ls "$XDG_DATA_HOME/pyro/bases" | wc -l)" 1
cp "$TEST_DIR/record" "$records/$id/workspace.json"
run "$PYRO" workspace start w
is "with its record back it starts" "$status" 0
run "$PYRO" workspace exec w -- cat file
is "and nothing is lost" "$out" precious
"$PYRO" workspace stop w >/dev/null

# A stale socket, and a lock file that nobody holds, are not in the way.
touch "$records/$id/lock"
python3 -c 'import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind("run/sock.stale"); os.rename("run/sock.stale", "run/sock")' "$records/$id"
run "$PYRO" workspace start w
is "a stale socket: starts" "$status" 0
run "$PYRO" workspace exec w -- cat file
is "a stale socket: works" "$out" precious
run "$PYRO" workspace delete w
is "delete" "$status" 0

# A damaged template is built again.
template=$(find "$XDG_CACHE_HOME/pyro/templates" -name state -size +0 | head -1)
mkdir "$TEST_DIR/cache" && cp -a "$XDG_CACHE_HOME/pyro" "$TEST_DIR/cache/"
for state in "$TEST_DIR/cache/pyro/templates"/*/state; do
    truncate -s 100 "$state"
done
check "there was a template" [ -n "$template" ]
XDG_CACHE_HOME=$TEST_DIR/cache run "$PYRO" run debian:12 -- echo works
is "a damaged template: is built again" "$out" works
for record in "$TEST_DIR/cache/pyro/templates"/*/template.json; do
    echo garbage >"$record"
done
XDG_CACHE_HOME=$TEST_DIR/cache run "$PYRO" run debian:12 -- echo works
is "a template with a broken record: is built again" "$out" works

# A base image with other content is found out; a pull repairs it.
dir=$(XDG_CACHE_HOME=$TEST_DIR/cache "$PYRO" env inspect debian:12 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["install_dir"])')
like "the copy is worked on" "$dir" "^$TEST_DIR"
dd if=/dev/urandom of="$dir/base.ext4" bs=4096 count=4 conv=notrunc 2>/dev/null
XDG_CACHE_HOME=$TEST_DIR/cache run "$PYRO" workspace create debian:12 --json
if [[ $status -ne 0 ]]; then
    code "a damaged image" environment_broken
else
    XDG_CACHE_HOME=$TEST_DIR/cache run "$PYRO" workspace exec "$(json .workspace_id)" -- true
    is "a damaged image was repaired" "$status" 0
    for w in $("$PYRO" workspace list --json | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p'); do
        XDG_CACHE_HOME=$TEST_DIR/cache "$PYRO" workspace delete "$w" >/dev/null
    done
fi
XDG_CACHE_HOME=$TEST_DIR/cache run "$PYRO" env pull debian:12
is "a pull repairs: status" "$status" 0
XDG_CACHE_HOME=$TEST_DIR/cache run "$PYRO" run debian:12 -- echo works
is "a pull repairs" "$out" works
is "no workspace is left" "$(ls "$records" | grep -v '^\.' | head)" ""
finish
