#!/bin/bash
# Hosts that share their environments, in one directory that they only read, and nothing else: each keeps its own state,
# whatever becomes of the directory, of the disk of one, or of its version of pyro.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
"$PYRO" env pull debian:12-base >/dev/null 2>&1
shared=$TEST_DIR/shared
cp -r --sparse=always "$XDG_CACHE_HOME/pyro/environments" "$shared"
rm -rf "$shared"/debian@12-build* # another script may have installed it
for host in h1 h2; do
    mkdir -p "$TEST_DIR/$host/cache"
    cp -r --sparse=always "$XDG_CACHE_HOME/pyro/boot" "$XDG_CACHE_HOME"/pyro/*.json "$TEST_DIR/$host/cache/"
done
export PYRO_ENVIRONMENT_CACHE_DIR=$shared
unset XDG_DATA_HOME XDG_CACHE_HOME
read_only() { chmod -R a-w "$shared"; }
read_only
# Root may write anywhere: what it sees there is a mount.
apart=()
if [[ $(id -u) -eq 0 ]]; then
    # shellcheck disable=SC2016
    apart=(unshare --mount --propagation private bash -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$shared")
fi
on() { # HOST COMMAND…
    PYRO_HOME=$TEST_DIR/$1 "${apart[@]}" timeout -k 5 600 "${pyro:-$PYRO}" "${@:2}"
}

alike() {
    for host in h1 h2; do
        run on $host workspace create debian:12-base --mem-mib 256 --name same --id-only
        is "$host: a workspace" "$status" 0
        run on $host workspace exec same -- sh -c "echo of $host >a; sync"
    done
    for host in h1 h2; do
        run on $host workspace exec same -- cat a
        is "$host: it is its own" "$status $out" "0 of $host"
        run on $host workspace list --json
        is "$host: it knows of no other" "$(json .count)" 1
    done
    run on h1 env list --json
    like "what is installed is there" "$(json .environments | python3 -c 'import json, sys
print(*[e["name"] for e in json.load(sys.stdin) if e["installed"]])')" debian:12-base
    run on h1 env pull debian:12-build --json
    is "nothing can be installed: status" "$status" 1
    like "nothing can be installed: why" "$(json .error.message)" 'Read-only file system|Permission denied'
    is "nothing was written" "$(find "$shared" -newer "$TEST_DIR/h2/cache" | head -n 1)" ""
}

# An unmounted file system leaves an empty directory.
vanishes() {
    mv "$shared" "$TEST_DIR/elsewhere"
    mkdir "$shared"
    read_only
    run on h1 workspace exec same -- cat a
    is "the environments vanish: what runs goes on" "$status $out" "0 of h1"
    run on h1 workspace stop same
    run on h1 workspace start same
    is "… and starts again" "$status" 0
    run on h1 workspace exec same -- cat a
    is "… with its disk" "$out" "of h1"
    run on h1 workspace create debian:12-base --mem-mib 256 --hold --json
    is "… a new one cannot be made: status" "$status" 1
    like "… why" "$(json .error.message)" 'Read-only file system|Permission denied'
    run on h1 workspace list --json
    is "… and nothing is left of it" "$(json .count)" 1
    chmod u+w "$shared"
    rmdir "$shared"
    mv "$TEST_DIR/elsewhere" "$shared"
    run on h1 workspace create debian:12-base --mem-mib 256 --name new --id-only
    is "they are there again: a new one" "$status" 0
    run on h1 workspace delete new
}

# The same program under the name of another version: the environments of the shared directory are of the first.
versions() {
    local other=$TEST_DIR/other version
    version=$("$PYRO" --version)
    version=${version#pyro }
    mkdir -p "$other"
    for file in pyro pyro-image pyro-http pyro-metrics pyro-fetch; do
        LC_ALL=C sed "s/${version//./\\.}/9.9.9/g" "$(dirname "$PYRO")/$file" >"$other/$file"
        chmod +x "$other/$file"
    done
    run on h1 workspace list --json
    local pyro=$other/pyro
    run on h2 --version
    is "another version" "$out" "pyro 9.9.9"
    run on h2 workspace exec same -- cat a
    is "another version: what the first started" "$status $out" "0 of h2"
    run on h2 workspace create debian:12-base --mem-mib 256 --name later --id-only
    is "another version: the same environments" "$status" 0
    run on h2 workspace exec later -- echo works
    is "another version: a machine of them" "$status $out" "0 works"
    run on h2 workspace delete later
    unset pyro
    run on h1 workspace exec same -- cat a
    is "another version: the first one's host" "$status $out" "0 of h1"
}

# Where the state of one host has no room.
full() {
    if ! unshare --mount --propagation private sh -c 'mount -t tmpfs -o size=64k none /mnt' 2>/dev/null; then
        skip "a full disk: no tmpfs can be mounted here"
        return
    fi
    # shellcheck disable=SC2016
    run unshare --mount --propagation private sh -c 'mkdir -p "$0/data" && mount -t tmpfs -o size=48k none "$0/data" || exit 99
        PYRO_HOME=$0 timeout 600 "$1" workspace create debian:12-base --mem-mib 256 --hold --json; echo "status $?"
        ls -A "$0/data/workspaces" | grep -v "^\.lock$"' "$TEST_DIR/h2" "$PYRO"
    is "a full disk: what is said" "$(json .error.code "$(sed '/^status/,$d' <<<"$out")")" no_space
    is "a full disk: status, and nothing is left" "$(sed -n '/^status/,$p' <<<"$out")" "status 1"
    run on h2 workspace exec same -- cat a
    is "a full disk: the other state" "$status $out" "0 of h2"
}

alike
vanishes
versions
full
on h1 workspace delete same >/dev/null
on h2 workspace delete same >/dev/null
chmod -R u+w "$shared"
finish
