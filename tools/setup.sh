#!/bin/bash
# tools/setup.sh GROUP…: installs the packages that are missing from the named groups (build, run, check, bench, fuzz,
# pictures, deb, check-deb, check-mcp, check-slurm, check-oci). Touches nothing, and asks for no rights, when none is missing.
# tools/setup.sh --unpack PACKAGE: only the files of a Debian package, in build/unpacked/PACKAGE: a program without the
# dozens of packages that its pages in a browser need.
set -euo pipefail

# GROUP, name on Debian and Ubuntu, name on Fedora ("-": part of another package there). Debian 12 and 13 are tested, Ubuntu
# and Fedora are not. No name has a version in it but clang-format's: each release of it lays sources out a little
# differently, and 19 is in both Debian releases.
table() {
    cat <<'EOF'
build gcc gcc
build make make
build git git
build libjansson-dev jansson-devel
build libxxhash-dev xxhash-devel
build libncurses-dev ncurses-devel
build libvterm-dev libvterm-devel
build libarchive-dev libarchive-devel
build libext2fs-dev e2fsprogs-devel
build libisal-dev isa-l-devel
build libssl-dev openssl-devel
build libgit2-dev libgit2-devel
build libmicrohttpd-dev libmicrohttpd-devel
build libcurl4-openssl-dev libcurl-devel
build python3 python3
run qemu-system-x86 qemu-system-x86-core
run qemu-utils qemu-img
run mmdebstrap mmdebstrap
run mount util-linux
run uidmap shadow-utils
run passt passt
run python3 python3
check libcmocka-dev libcmocka-devel
check clang-format-19 clang19-tools-extra
check tmux tmux
check e2fsprogs e2fsprogs
check bubblewrap bubblewrap
check busybox-static busybox
check musl-tools musl-gcc
check python3 python3
check python3-venv python3
check nodejs nodejs
check mypy python3-mypy
check xz-utils xz
check zstd zstd
check procps procps-ng
check psmisc psmisc
check patch patch
check vim-tiny vim-minimal
check sqlite3 sqlite
check less less
check asciinema asciinema
check curl curl
check openssl openssl
check wrk wrk
check iproute2 iproute
check libarchive-tools bsdtar
check groff-base groff-base
check man-db man-db
check bsdextrautils util-linux
bench node-strip-ansi -
bench colorized-logs -
bench docker-registry -
bench skopeo skopeo
bench umoci umoci
fuzz clang clang
fuzz libclang-rt-dev compiler-rt
pictures librsvg2-bin librsvg2-tools
pictures fonts-dejavu-core dejavu-sans-mono-fonts
pictures vim vim-enhanced
deb build-essential -
deb debhelper debhelper
check-deb lintian -
check-mcp npm npm
check-slurm slurmctld slurm-slurmctld
check-slurm slurmd slurm-slurmd
check-slurm slurm-client slurm
check-slurm munge munge
check-oci docker-registry -
check-oci skopeo skopeo
check-oci umoci umoci
check-oci golang-github-opencontainers-image-spec-dev golang-github-opencontainers-image-spec-devel
check-oci python3-jsonschema python3-jsonschema
check-oci apache2-utils httpd-tools
EOF
}

# The names of a group, in a column of the table.
packages_of() {
    local names
    names=$(table | awk -v group="$1" -v column="$2" '$1 == group && $column != "-" { print $column }')
    [[ -n $names ]] || { echo "tools/setup.sh: unknown group '$1'" >&2 && return 1; }
    echo "$names"
}

if command -v dpkg-query >/dev/null; then
    column=2 update="apt-get -q update" by_hand="apt-get install"
    installer="apt-get -q install -y --no-install-recommends"
    installed() { dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p'; }
elif command -v rpm >/dev/null && command -v dnf >/dev/null; then
    column=3 update="dnf -q makecache" by_hand="dnf install"
    installer="dnf -q install -y --setopt=install_weak_deps=False"
    installed() { rpm -q --qf '%{NAME}\n' "$@" | grep -v ' '; }
else
    column=2 installer=
fi

as_root=()
[[ $(id -u) -eq 0 ]] || as_root=(sudo)

unpack() {
    local to=build/unpacked/$1 new=build/unpacked/$1.new
    [[ -d $to ]] && return
    rm -rf "$new"
    mkdir -p "$new/package"
    # shellcheck disable=SC2086
    (cd "$new/package" && { apt-get -q download "$1" || { "${as_root[@]}" $update && apt-get -q download "$1"; }; })
    dpkg -x "$new/package/"*.deb "$new/files"
    mv "$new/files" "$to"
    rm -rf "$new"
}
if [[ ${1:-} == --unpack ]]; then
    [[ $column -eq 2 && -n $installer ]] || { echo "setup: only Debian's packages can be unpacked" >&2 && exit 1; }
    unpack "$2"
    exit 0
fi

wanted=() missing=()
for group; do
    packages=$(packages_of "$group" "$column")
    mapfile -t -O "${#wanted[@]}" wanted <<<"$packages"
done

if [[ -z $installer ]]; then
    echo "setup: no dpkg and no rpm here; make sure that you have what these Debian packages hold:" >&2
    echo "setup: ${wanted[*]}" >&2
    exit 0
fi

there=$(installed "${wanted[@]}" || true)
for package in "${wanted[@]}"; do
    grep -qxF -- "$package" <<<"$there" || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing, and only root can install them:" >&2
    echo "setup: $by_hand ${missing[*]}" >&2
    exit 1
fi

install() {
    # shellcheck disable=SC2086
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $installer "${missing[@]}" </dev/null
}

echo "setup: installing ${missing[*]}"
# The package lists may be missing or old: only then are they fetched.
if ! install; then
    echo "setup: fetching the package lists"
    # shellcheck disable=SC2086
    "${as_root[@]}" $update </dev/null
    install
fi
