# tests/roots.sh: bare Debian systems in directories, made by mmdebstrap from this host's own package sources. They lie
# below build/roots, so that the next run has them already. Sourced from the project's root; root_make needs lib.sh.
#
#   root_sources SUITE                   the host's own sources of Debian, of that release: deb [OPTIONS] URI SUITE main
#   roots_impossible                     says why none can be made here; fails when they can
#   root_make SUITE KIND DIR PACKAGE…    DIR becomes a fresh root of SUITE (bookworm, trixie) with apt, mount, passwd and the packages;
#                                        what mmdebstrap made of it stays as build/roots/SUITE-KIND
#   in_root DIR COMMAND…                 runs it there as root, with this host's network and devices and processes of its own
#                                        that end with it. It may become another user, and what is set-id works.

ROOTS=$PWD/build/roots

roots_impossible() {
    if [[ $(id -u) -ne 0 ]]; then
        echo "only root can enter it"
    elif ! command -v mmdebstrap >/dev/null; then
        echo "mmdebstrap is not installed"
    elif ! unshare --mount --pid --fork true 2>/dev/null; then
        echo "this host does not let root make a mount namespace"
    elif [[ -z $(root_sources trixie) ]]; then
        echo "this host's apt has no sources of Debian's"
    else
        return 1
    fi
}

root_sources() {
    local here
    here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(SIGNED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' | sort -u |
        awk -F '|' -v here="$here" -v there="$1" '
            $4 == "main" && ($3 == here || index($3, here "-") == 1) {
                sub(here, there, $3)
                print "deb " ($1 ~ "^/" ? "[signed-by=" $1 "] " : "") $2 " " $3 " main"
            }'
}

root_make() {
    local suite=$1 made=$ROOTS/$1-$2 dir=$3
    shift 3
    mkdir -p "$ROOTS"
    # Another list of packages is another root.
    if [[ ! -e $made || $(cat "$made.packages" 2>/dev/null) != "$*" ]]; then
        rm -rf "$made" "$made.new"
        root_sources "$suite" | mmdebstrap --quiet --variant=apt --mode=root --include="mount,passwd,$(tr ' ' ',' <<<"$*")" \
            "$suite" "$made.new" - >"$TEST_DIR/mmdebstrap.log" 2>&1 || { cat "$TEST_DIR/mmdebstrap.log" && return 1; }
        echo "$*" >"$made.packages"
        mv "$made.new" "$made"
    fi
    cp -a --reflink=auto "$made" "$dir" || return
    cp -L /etc/resolv.conf "$dir/etc/resolv.conf"
    # What was fetched once is kept; no question is asked.
    mkdir -p "$ROOTS/$suite-fetched/partial"
    printf '%s\n' 'Dir::Cache::Archives "/fetched";' 'APT::Keep-Downloaded-Packages "true";' \
        'Binary::apt::APT::Keep-Downloaded-Packages "true";' 'APT::Get::Assume-Yes "true";' \
        'APT::Sandbox::User "root";' >"$dir/etc/apt/apt.conf.d/90tests"
    mkdir -p "$dir/fetched" && echo "$ROOTS/$suite-fetched" >"$dir/.fetched"
}

# pivot_root(2) and not chroot(2): the kernel lets nobody in a chroot make a user namespace.
in_root() {
    unshare --mount --propagation private --pid --fork --kill-child bash -c '
        set -e
        cd "$1"
        mount --bind . . && cd "$1"
        mount -t proc proc proc
        mount --rbind /dev dev
        mount --rbind /sys sys
        mount -t tmpfs -o mode=1777 tmp tmp
        mount --bind "$(<.fetched)" fetched
        mkdir -p .host
        pivot_root . .host
        umount -l /.host
        shift
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=xterm \
            DEBIAN_FRONTEND=noninteractive "$@"' in_root "$@" </dev/null
}
