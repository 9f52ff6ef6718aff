#!/bin/bash
# The package in bare systems, Debian 12 and Debian 13: an ordinary user and root do there what docs/install.md and README.md
# say, from the installation to the removal. For this host's own release it is the package that `make deb` has
# built here; for the other it is built in a system of that release, by a user without a network.
# run: first, for it takes longest
mkdir -p "$(dirname "$0")/../../build/roots"
TMPDIR=$(cd "$(dirname "$0")/../../build/roots" && pwd)
export TMPDIR
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/roots.sh

if why=$(roots_impossible); then
    skip "the package in bare systems: $why"
    finish
fi
free_ports 1
chmod 755 "$TEST_DIR"
own=$(. /etc/os-release && echo "$VERSION_CODENAME")
epoch=$(git log -1 --format=%ct)

# scenario APT_OPTION…: what happens in a system, a line a step: who does it, and the command.
scenario() {
    local who tour install
    install=$(sed -n '/^## Removing/q; s/^    \(sudo apt install\)\( .*\)/person \1 '"$*"'\2/p' docs/install.md)
    # The port is one that is free; and what is not in the tour: a library is loaded for this.
    tour=$(sed -n 's/^    \(\(build\/pyro\|curl\) .*\|    .*\)/\1/p' README.md |
        awk '{ sub(/\\$/, "") } /^[^ ]/ { if (NR > 1) print ""; printf "%s", $0; next } { printf " %s", $0 } END { print "" }' |
        sed "s/build\/pyro/pyro/g; s/18080/${ports[0]}/g; /workspace exec first/a pyro workspace diff first | grep -x +hi")
    echo "root apt-get -q update"
    echo "root useradd --create-home --shell /bin/bash person"
    echo "root echo 'person ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/person"
    echo "root mkdir ~person/build && cp -r /steps/deb ~person/build"
    echo "$install"
    sed -n '/^## Removing/q; s/^    \(pyro .*\)/person \1/p' docs/install.md
    sed 's/^/person /' <<<"$tour"
    echo "root dpkg --verify pyro"
    echo "root pyro env pull debian:12"
    sed 's/^/root /' <<<"$tour"
    echo "person sudo apt remove pyro"
    echo "person ! command -v pyro"
    echo "$install"
    sed -n '/^## Removing/,$ s/^    \(sudo .*\)/person \1/p' docs/install.md
    echo "root bash /steps/left /home /root"
    echo "root ! dpkg-query -W -f '\${Package} \${db:Status-Status}\n' pyro qemu-system-x86 passt uidmap | grep ' installed'"
    for who in person root; do
        echo "$who [ -d ~/.local/share/pyro ] && [ -d ~/.cache/pyro/environments ]"
        sed -n "/^## Removing/,\$ s/^    \(rm .*\)/$who \1/p" docs/install.md
    done
    echo "root bash /steps/left ~person/build"
}

# In the system: each line of the scenario, to "STATUS WHO COMMAND" in done; what the commands say, to log.
cat >"$TEST_DIR/play" <<'SCRIPT'
while read -r who line; do
    echo "$who: $line" >>/steps/log
    runuser -u "$who" -- env HOME="$(eval echo "~$who")" bash -c "cd && $line" >>/steps/log 2>&1 </dev/null
    echo "$? $who $line" >>/steps/done
done </steps/scenario
SCRIPT
# Files with pyro's name, but for those below the directories.
cat >"$TEST_DIR/left" <<'SCRIPT'
prune=()
for dir in /proc /sys /dev /fetched /steps "$@"; do
    prune+=(-path "$dir" -prune -o)
done
! find / "${prune[@]}" -name '*pyro*' -print | grep .
SCRIPT

group() { sed -n "s/^$1 \([^ ]*\) .*/\1/p" tools/setup.sh; }

# package_of SUITE DIR: leaves the release's package in DIR.
package_of() {
    local root=$TEST_DIR/build-$1 tree=$TEST_DIR/build-$1/srv/builder/pyro
    mkdir -p "$2"
    if [[ $1 == "$own" ]]; then
        cp build/deb/pyro_*.deb "$2"
        return
    fi
    # shellcheck disable=SC2046
    root_make "$1" build "$root" $(group build) $(group deb) $(group check-deb) || return
    mkdir -p "$tree"
    git ls-files -z | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$tree"
    git -C "$tree" init -q && git -C "$tree" add -A
    cat >"$root/build" <<'SCRIPT'
set -e
useradd --home-dir /srv/builder --shell /bin/bash builder
chown -R builder: /srv/builder
cd /srv/builder/pyro
builder=(unshare --net runuser -u builder -- env HOME=/srv/builder)
"${builder[@]}" SOURCE_DATE_EPOCH="$1" make deb
"${builder[@]}" lintian --fail-on none --tag-display-limit 0 build/deb/pyro_*.deb >/srv/builder/lintian 2>&1
SCRIPT
    in_root "$root" bash /build "$epoch" >"$TEST_DIR/build.log" 2>&1 || { tail -n 40 "$TEST_DIR/build.log" && return 1; }
    is "$1: lintian has nothing to say" "$(grep -v '^N:' "$root/srv/builder/lintian")" ""
    cp "$tree"/build/deb/pyro_*.deb "$2"
    rm -rf "$root"
}

for suite in ${SUITES:-bookworm trixie}; do
    root=$TEST_DIR/$suite
    root_make "$suite" bare "$root" sudo curl || { fail "$suite: a bare system" && continue; }
    package_of "$suite" "$root/steps/deb" || { fail "$suite: its package" && continue; }
    # Once with what the dependencies recommend, as it is written, and once without.
    # shellcheck disable=SC2046
    scenario $([[ $suite == "$own" ]] || echo --no-install-recommends) >"$root/steps/scenario"
    cp "$TEST_DIR/play" "$TEST_DIR/left" "$root/steps"
    in_root "$root" bash /steps/play
    while read -r status step; do
        is "$suite, $step" "$status" 0
    done <"$root/steps/done"
    is "$suite: each step was made" "$(cut -d' ' -f2- "$root/steps/done")" "$(<"$root/steps/scenario")"
    like "$suite: the machine is there" "$(<"$root/steps/log")" 'PRETTY_NAME.*Runtime: PASS.*lost\+found +mnt.*hello'
    grep -qv '^0 ' "$root/steps/done" && tail -n 60 "$root/steps/log"
    rm -rf "$root"
done
finish
