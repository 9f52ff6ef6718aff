#!/bin/bash
# tools/setup.sh GROUP…: installs the Debian packages that are missing from the named groups
# (build, run, check, bench, fuzz, pictures). Touches nothing, and asks for no rights, when none is missing.
set -euo pipefail

packages_of() {
    case $1 in
    build) echo gcc make git pkg-config libjansson-dev libxxhash-dev libncurses-dev libvterm-dev \
        libarchive-dev libext2fs-dev libgit2-dev ;;
    run) echo qemu-system-x86 qemu-utils mmdebstrap uidmap e2fsprogs libgit2-1.5 passt ;;
    check) echo libcmocka-dev clang-format tmux bubblewrap python3 xz-utils zstd procps psmisc \
        patch vim-tiny less asciinema curl wrk iproute2 libarchive-tools \
        groff-base man-db bsdextrautils ;;
    bench) echo nodejs node-strip-ansi colorized-logs ;; # peers
    fuzz) echo clang libclang-rt-14-dev ;;
    pictures) echo librsvg2-bin fonts-dejavu-core vim ;;
    *) echo "tools/setup.sh: unknown group '$1'" >&2 && return 1 ;;
    esac
}

missing_of() {
    local status package
    status=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for package; do
        grep -qx "$package installed" <<<"$status" || echo "$package"
    done
}

wanted=()
for group; do
    packages=$(packages_of "$group")
    read -ra more <<<"$packages"
    wanted+=("${more[@]}")
done

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is no Debian system; make sure that you have what these packages hold:" >&2
    echo "setup: ${wanted[*]}" >&2
    exit 0
fi

mapfile -t missing < <(missing_of "${wanted[@]}")
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: these packages are missing, and only root can install them:" >&2
        echo "setup: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
        "${missing[@]}" </dev/null
}

echo "setup: installing ${missing[*]}"
# The package lists may be missing or old: only then are they fetched.
if ! install; then
    echo "setup: fetching the package lists"
    "${as_root[@]}" apt-get -q update </dev/null
    install
fi
