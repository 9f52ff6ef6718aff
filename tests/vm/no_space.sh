#!/bin/bash
# Disks that are full, of the state and of the cache, and directories that may not be written: a clear
# error, nothing half made left, nothing lost.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
shared=$XDG_CACHE_HOME
pyro=(timeout -k 5 300 "$PYRO")
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
"${pyro[@]}" run debian:12-base --mem-mib 256 -- true >/dev/null 2>&1

# Runs the script on its input with a tmpfs of SIZE at DIR, seen by nobody else.
small=(unshare --mount --propagation private)
[[ $(id -u) -eq 0 ]] || small=(unshare --user --map-root-user --mount --propagation private)
with_tmpfs() { # SIZE DIR
    mkdir -p "$2"
    "${small[@]}" bash -c 'mount -t tmpfs -o "size=$1,mode=0755" none "$2" || exit 99
        eval "$3"' sh "$1" "$2" "$(cat)" </dev/null
}
if ! with_tmpfs 64k "$TEST_DIR/probe" <<<true; then
    skip "full disks: no tmpfs can be mounted here"
    finish
fi
export P="timeout -k 5 300 $PYRO" out_of=$TEST_DIR/result

# said WHAT STATUS CODE: what the script left in $TEST_DIR/result: the status, then the JSON
said() {
    is "$1: status" "$(head -n 1 "$out_of")" "$2"
    is "$1: code" "$(json .error.code "$(sed 1d "$out_of")" 2>&1)" "$3"
}

with_tmpfs 48k "$XDG_DATA_HOME" <<'SCRIPT'
out=$($P workspace create debian:12-base --mem-mib 256 --json 2>"$out_of.err")
printf '%s\n' "$?" "$out" >"$out_of"
ls -A "$XDG_DATA_HOME/pyro/workspaces" "$XDG_DATA_HOME/pyro/bases" 2>/dev/null | grep -v -e : -e '^$' >"$out_of.left"
SCRIPT
said "no room for a workspace" 1 no_space
is "no room for a workspace: nothing half made" "$(grep -v '^\.lock$' "$out_of.left")" ""
check "no room for a workspace: with --json stderr is silent" [ ! -s "$out_of.err" ]

# Room for the machine, none for what its guest writes. (The base is linked, beside the workspaces.)
with_tmpfs 6m "$XDG_DATA_HOME/pyro/workspaces" <<'SCRIPT'
$P workspace create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1 || echo "create failed" >"$out_of.create"
$P workspace exec w -- sh -c 'echo precious >file; sync' 2>/dev/null
out=$($P workspace exec w --timeout-seconds 20 --json -- sh -c 'head -c 50000000 /dev/zero >big && sync')
printf '%s\n' "$?" "$out" >"$out_of"
$P workspace status w --json >"$out_of.status" 2>&1
timeout 300 $P workspace stop w >"$out_of.stop" 2>&1
echo "$?" >>"$out_of.stop"
mount -o remount,size=200m "$XDG_DATA_HOME/pyro/workspaces"
$P workspace start w >"$out_of.start" 2>&1
echo "$?" >>"$out_of.start"
$P workspace exec w -- cat file >"$out_of.file" 2>&1
$P workspace status w >>"$out_of.file"
$P workspace delete w >/dev/null
ls -A "$XDG_DATA_HOME/pyro/workspaces" >"$out_of.left" 2>/dev/null
SCRIPT
check "a full disk under a running guest: it was made" [ ! -e "$out_of.create" ]
refute "a full disk under a running guest: the command fails" [ "$(head -n 1 "$out_of")" = 0 ]
like "a full disk under a running guest: and says why" "$(cat "$out_of")" 'no_space|No space|I/O error|Input/output error|Read-only'
is "a full disk under a running guest: stop" "$(tail -n 1 "$out_of.stop")" 0
is "with room again it starts" "$(tail -n 1 "$out_of.start")" 0
like "with room again nothing is lost" "$(cat "$out_of.file")" '^precious'
is "and all of it can be deleted" "$(grep -v '^\.lock$' "$out_of.left")" ""

# The cache: no room for a template, or for an environment.
mkdir -p "$TEST_DIR/cache"
boot=$(du -sm "$shared/pyro/boot" | cut -f1) # a kernel, and an initramfs for each pyro that the cache has seen
PYRO_ENVIRONMENT_CACHE_DIR=$shared/pyro/environments XDG_CACHE_HOME=$TEST_DIR/cache SHARED=$shared \
    with_tmpfs "$((boot + 44))m" "$TEST_DIR/cache" <<'SCRIPT'
mkdir -p "$XDG_CACHE_HOME/pyro" && cp -a "$SHARED/pyro/boot" "$SHARED"/pyro/*.json "$XDG_CACHE_HOME/pyro/"
out=$($P run debian:12-base --mem-mib 512 --json -- true 2>"$out_of.err")
printf '%s\n' "$?" "$out" >"$out_of"
find "$XDG_CACHE_HOME/pyro/templates" -mindepth 1 -type f -size +64k >"$out_of.left"
SCRIPT
said "no room for a template" 125 no_space
is "no room for a template: nothing half made" "$(cat "$out_of.left")" ""
is "no room for a template: no workspace stays" "$("${pyro[@]}" workspace list --json | json .count "$(cat)")" 0

XDG_CACHE_HOME=$TEST_DIR/cache SHARED=$shared with_tmpfs "$((boot + 134))m" "$TEST_DIR/cache" <<'SCRIPT'
mkdir -p "$XDG_CACHE_HOME/pyro" && cp -a "$SHARED/pyro/boot" "$XDG_CACHE_HOME/pyro/"
out=$(timeout -k 5 1500 "$PYRO" env pull debian:12-base --json 2>"$out_of.err")
printf '%s\n' "$?" "$out" >"$out_of"
ls -A "$XDG_CACHE_HOME/pyro/environments" | grep -v -e '^lock-' -e '\.log$' >"$out_of.left"
$P env list --json >"$out_of.list"
SCRIPT
said "no room for an environment" 1 no_space
is "no room for an environment: nothing half made" "$(cat "$out_of.left")" ""
is "no room for an environment: it is not installed" \
    "$(json . "$(cat "$out_of.list")" | python3 -c 'import json, sys; print(any(e["installed"] for e in json.load(sys.stdin)["environments"]))')" False

# No room for what a commit makes, where its layers cannot be linked.
export ENVIRONMENTS=$shared/pyro/environments
XDG_CACHE_HOME=$shared PYRO_ENVIRONMENT_CACHE_DIR=$TEST_DIR/few with_tmpfs 40m "$TEST_DIR/few" <<'SCRIPT'
PYRO_ENVIRONMENT_CACHE_DIR=$ENVIRONMENTS $P workspace create debian:12-base --mem-mib 256 --name full >/dev/null 2>&1
$P workspace exec full -- sh -c 'echo precious >file; sync' 2>/dev/null
out=$($P workspace commit full small --json 2>"$out_of.err")
printf '%s\n' "$?" "$out" >"$out_of"
ls -A "$PYRO_ENVIRONMENT_CACHE_DIR" | grep -v -e '^lock-' >"$out_of.left"
$P workspace exec full -- cat file >"$out_of.file" 2>/dev/null
$P workspace delete full >/dev/null
SCRIPT
said "no room for a commit" 1 no_space
is "no room for a commit: nothing half made" "$(cat "$out_of.left")" ""
is "no room for a commit: the workspace goes on" "$(cat "$out_of.file")" precious

# Directories of somebody else.
if [[ $(id -u) -eq 0 ]]; then
    chmod 755 "$TEST_DIR"
    mkdir -p "$TEST_DIR/bin" "$TEST_DIR/theirs"
    cp "$PYRO" "$(dirname "$PYRO")/pyro-image" "$TEST_DIR/bin/"
    chmod 755 "$TEST_DIR/bin" "$TEST_DIR"/bin/* "$TEST_DIR/theirs"
    other=(setpriv --reuid 54322 --regid 54322 --clear-groups env -u XDG_CACHE_HOME -u XDG_DATA_HOME
        PYRO_CHECK_COVERAGE= HOME="$TEST_DIR/theirs")
    run "${other[@]}" XDG_DATA_HOME="$TEST_DIR/theirs" "$TEST_DIR/bin/pyro" workspace list --json
    is "state that may not be written: status" "$status" 1
    is "state that may not be written: code" "$(json .error.code)" permission
    run "${other[@]}" XDG_CACHE_HOME="$TEST_DIR/theirs" "$TEST_DIR/bin/pyro" env pull debian:12-base
    is "a cache that may not be written: status" "$status" 1
    like "a cache that may not be written: one line, and what to do" "$err" '^pyro: .*[Pp]ermission denied.*PYRO_HOME[^
]*$'
    mkdir -p "$TEST_DIR/hers/pyro/workspaces"
    chown -R 54322 "$TEST_DIR/hers"
    run "${other[@]}" XDG_CACHE_HOME="$TEST_DIR/theirs" XDG_DATA_HOME="$TEST_DIR/hers" "$TEST_DIR/bin/pyro" run debian:12-base --json -- true
    is "a cache that may not be written: run" "$status $(json .error.code)" "125 permission"
    is "a cache that may not be written: nothing half made" "$(ls -A "$TEST_DIR/hers/pyro/workspaces" | grep -v '^\.lock$')" ""
fi
finish
