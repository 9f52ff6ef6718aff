#!/bin/bash
# tools/deb.sh: builds the Debian package out of a clean copy of what git has of this tree, in its present state:
# build/deb/pyro_VERSION_amd64.deb. It fetches nothing, writes nothing outside build/ and needs no rights, and two
# builds of one commit are the same to the last byte. `tools/deb.sh changelog` only prints debian/changelog.
#
#   DEB_DIR            where to build instead of build/deb
#   DEB_BUILD_OPTIONS  as Debian's policy has it; without parallel=N as many at once as there are processors
#   SOURCE_DATE_EPOCH  the time that the package names instead of the last commit's
set -euo pipefail
cd "$(dirname "$0")/.."

changelog() {
    cat <<TEXT
pyro ($version) unstable; urgency=medium

  * The changes are in CHANGELOG.md, which is installed beside this file.

 -- $(sed -n 's/^Maintainer: //p' debian/control)  $(LC_ALL=C date -Rud "@$epoch")
TEXT
}

# Of the variables only these: the bytes do not depend on who builds.
build() {
    local name names=("${!DEB_@}") kept=()
    for name in "${names[@]}"; do
        kept+=("$name=${!name}")
    done
    cd "$tree"
    env -i "${kept[@]}" PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME="$work/home" TMPDIR="$work/tmp" \
        SOURCE_DATE_EPOCH="$epoch" dpkg-buildpackage --build=binary --no-sign --jobs-try=auto
}

version=$(tools/version.sh)
[[ -n $version ]] || { echo "make deb: the first heading of CHANGELOG.md is not '## VERSION (DATE)'" >&2 && exit 1; }
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
if [[ ${1:-} == changelog ]]; then
    changelog
    exit
fi
command -v dpkg-buildpackage >/dev/null || {
    echo "make deb: dpkg-buildpackage: program not found; Debian packages are built on Debian" >&2
    exit 1
}

work=${DEB_DIR:-$PWD/build/deb}
tree=$work/pyro-$version
rm -rf "$work"
umask 022
mkdir -p "$tree" "$work/tmp" "$work/home"
git ls-files -z | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$tree"
changelog >"$tree/debian/changelog"
if ! (build) >"$work/log" 2>&1; then
    tail -n 40 "$work/log" >&2
    echo "make deb: the build failed; all that it said is in $work/log" >&2
    exit 1
fi
rm -rf "$tree" "$work/tmp" "$work/home"
echo "$work/pyro_${version}_$(dpkg --print-architecture).deb"
