#!/bin/bash
# tests/debian13/check-debian13.sh [GROUP…]: `make check` on Debian 13, whose root file system is made from this machine's
# own package sources and kept in build/debian13. In it a clean copy of this tree, on which the last run's build and cache
# stay, gets `make setup`, the build and the tests: all, or the named groups, of those the ones that ONLY names. TARGET names
# another target than check: check-kvm, for a nested machine with that release's QEMU and kernel, or bench.
#
# Root enters it with pivot_root(2), so that what is set-id works in it. Any other user enters it by bwrap in a user namespace
# with a whole range of ids: bwrap alone has one, and leaves newuidmap no way to more.
set -euo pipefail
cd "$(dirname "$0")/../.." && . tests/roots.sh

RELEASE=13 CODENAME=trixie
WORK=$PWD/build/debian13
ROOT=$WORK/root

say() {
    printf 'check-debian13: %s\n' "$*"
}

# A value of os-release(5).
host() {
    sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" "${OS_RELEASE:-/etc/os-release}"
}

as_root=()
find_way_in() {
    local name
    [[ $(id -u) -eq 0 ]] && return 0
    name=$(id -un)
    if ! command -v newuidmap >/dev/null || ! grep -q "^$name:" /etc/subuid || ! grep -q "^$name:" /etc/subgid; then
        say "'$name' needs subordinate ids. Install uidmap, and as root:"
        say "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $name"
        return 1
    fi
    as_root=(unshare --user --map-auto --map-root-user --mount --pid --fork --mount-proc)
}

# As a tar archive, which either kind of root unpacks with owners that it knows. tar stops reading at the mark of the
# archive's end; cat reads the padding after it, or mmdebstrap would be killed by SIGPIPE at its very end.
make_root() {
    [[ -e $WORK/made ]] && return 0
    say "making a root of Debian $RELEASE"
    mkdir -p "$WORK"
    "${as_root[@]}" rm -rf "$ROOT"
    root_sources "$CODENAME" >"$WORK/sources.list"
    if [[ ! -s $WORK/sources.list ]]; then
        say "none of this machine's package sources is Debian's: see apt-get indextargets"
        return 1
    fi
    mkdir "$ROOT"
    mmdebstrap --variant=important --include=gcc,make,git,ca-certificates --format=tar \
        "$CODENAME" - "$WORK/sources.list" 2>"$WORK/mmdebstrap.log" |
        { "${as_root[@]}" tar -x --numeric-owner -C "$ROOT" --exclude './dev/*' && cat >/dev/null; } || {
        tail -n 20 "$WORK/mmdebstrap.log"
        return 1
    }
    touch "$WORK/made"
}

# apt calls repositories unsigned when its helper, another user, cannot write to /tmp.
enter() {
    if [[ ${#as_root[@]} -eq 0 ]]; then
        cp -L /etc/resolv.conf "$ROOT/etc/resolv.conf"
        mkdir -p "$ROOT/fetched" "$WORK/fetched"
        echo "$WORK/fetched" >"$ROOT/.fetched"
        in_root "$ROOT" sh -c 'cd /pyro && exec "$@"' sh "$@"
        return
    fi
    "${as_root[@]}" bwrap --bind "$ROOT" / --perms 1777 --tmpfs /tmp --proc /proc --dev /dev --unshare-pid \
        --ro-bind "$(realpath /etc/resolv.conf)" /etc/resolv.conf --chdir /pyro --clearenv \
        --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        --setenv HOME /root --setenv LANG C.UTF-8 --setenv TERM xterm "$@"
}

# What git knows of, and nothing else but build/.
copy_tree() {
    git ls-files -z | tar --null -T - --ignore-failed-read -c | "${as_root[@]}" sh -c '
        mkdir -p "$1/pyro" && cd "$1/pyro" &&
        find . -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} + && tar -x --no-same-owner' sh "$ROOT"
    enter sh -c 'git init -q && git add -A && git -c user.name=check -c user.email=check@localhost commit -qm tree --allow-empty'
}

if [[ $(host ID) != debian ]]; then
    say "skipped: the root is made from the package sources of a Debian host"
    exit 0
fi
if [[ $(host VERSION_ID) -ge $RELEASE ]]; then
    say "skipped: this is Debian $(host VERSION_ID) already, where 'make check' is the same"
    exit 0
fi
find_way_in
make_root
copy_tree
enter make "${TARGET:-check}" ${1:+GROUPS="$*"} ${ONLY:+ONLY="$ONLY"} ${MISSING:+MISSING="$MISSING"}
# The figures of the other system are in the same document.
[[ ${TARGET:-} != bench ]] || cat "$ROOT/pyro/docs/benchmarks.md" >docs/benchmarks.md
