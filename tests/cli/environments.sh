#!/bin/bash
# tests/cli/environments.sh: pulls with a stand-in for mmdebstrap, which gives a small tar at once, or
# fails as the real one does: what is left, what is said, what is repaired. tests/vm pulls for real.
cd "$(dirname "$0")/../.." || exit 1
source tests/lib.sh

FAKE=$TEST_DIR/fake
mkdir -p "$FAKE" "$TEST_DIR/tree/etc"
echo 'debian' >"$TEST_DIR/tree/etc/os-release"
tar -C "$TEST_DIR/tree" --owner=0 --group=0 -cf "$TEST_DIR/root.tar" .
# Its actions are in $TEST_DIR/act: shell, run with the tar in $tar.
cat >"$FAKE/mmdebstrap" <<EOF
#!/bin/sh
tar=$TEST_DIR/root.tar
echo "I: running apt-get update..." >&2
echo run >>$TEST_DIR/runs
touch "\$TMPDIR/leftover"
. $TEST_DIR/act
EOF
chmod +x "$FAKE/mmdebstrap"

# The host's sources are archives of files, which its own apt reads. There is no kernel in them, so no
# machine is started: a pull ends with the environment alone.
#   archive NAME SUITE [ORIGIN]   an archive has the suite
#   sources LINE…                 are the host's; "NAME" in them is such an archive
archive() {
    mkdir -p "$TEST_DIR/$1/dists/$2"
    printf 'Origin: %s\nCodename: %s\nDate: %s\nComponents: main\nArchitectures: amd64\nSHA256:\n' \
        "${3:-Debian}" "$2" "$(date -Ru)" >"$TEST_DIR/$1/dists/$2/Release"
}
sources() {
    mkdir -p "$TEST_DIR/apt"
    printf '%s\n' "$@" | sed "s|@|file:$TEST_DIR/|" >"$TEST_DIR/apt/sources.list"
}
printf 'Dir::Etc::sourcelist "%s/apt/sources.list";\nDir::Etc::sourceparts "%s/apt/parts";\n' \
    "$TEST_DIR" "$TEST_DIR" >"$TEST_DIR/apt.conf"
export APT_CONFIG=$TEST_DIR/apt.conf
archive main bookworm
archive main bookworm-updates
archive security bookworm-security
sources 'deb [trusted=yes] @main bookworm main' 'deb [trusted=yes] @main bookworm-updates main' \
    'deb [trusted=yes] @security bookworm-security main'
export PATH=$FAKE:$PATH
ENVIRONMENTS=$PYRO_HOME/cache/environments
export LANG=C.UTF-8

act() { printf '%s\n' "$1" >"$TEST_DIR/act"; }
runs() { wc -l <"$TEST_DIR/runs"; }
image_of() { echo "$ENVIRONMENTS"/debian@12-base-*/base.ext4; }
clean_image() { /sbin/e2fsck -fn "$(image_of)" >&2; }
no_work() { ! compgen -G "$ENVIRONMENTS/pull-*" >/dev/null; }

# A pull, and what it leaves. What fetches packages has what fetching needs, and no token.
act 'env >'"$TEST_DIR"'/seen; cat $tar'
run env API_KEY=canary http_proxy=http://proxy "$PYRO" env pull debian:12-base
is "mmdebstrap's variables" "$(sed 's/=.*//' "$TEST_DIR/seen" | grep -vE '^(PWD|OLDPWD|SHLVL|_)$' | sort | tr '\n' ' ')" \
    "APT_CONFIG HOME LC_ALL PATH PYRO_SOURCES TMPDIR http_proxy "
is "pull succeeds" "$status" 0
like "pull tells its phases" "$err" '\[pull\] phase=install environment=debian:12-base.*phase=ready'
check "the image is a clean file system" clean_image
check "the image has the tar's files" grep -q debian \
    <(/sbin/debugfs -R 'cat /etc/os-release' "$(image_of)" 2>/dev/null)
check "the image has /workspace" grep -q workspace <(/sbin/debugfs -R 'ls /' "$(image_of)" 2>/dev/null)
check "nothing is left of the work" no_work
run "$PYRO" --json env inspect debian:12-base
is "inspect: installed" "$(json .installed)" true
is "inspect: source" "$(json .source)" debian-packages
before=$(runs)
run "$PYRO" env pull debian:12-base
is "a second pull succeeds" "$status" 0
is "a second pull builds nothing" "$(runs)" "$before"

# Repair.
printf x | dd of="$(image_of)" bs=1 seek=5000000 conv=notrunc 2>/dev/null
run "$PYRO" env pull debian:12-base
is "a damaged image is built again" "$status $(($(runs) - before))" "0 1"
run "$PYRO" env prune
is "prune succeeds" "$status" 0
refute "prune removes it" compgen -G "$ENVIRONMENTS/debian@12-base-*"

# On a terminal the work in progress is shown, and is gone at the end; elsewhere only the phases are.
act 'cat $tar'
script -qec "'$PYRO' env pull debian:12-base" /dev/null >"$TEST_DIR/seen" </dev/null
like "a terminal sees the work" "$(tr '\r' '\n' <"$TEST_DIR/seen")" 'running apt-get update|writing the image to disk'
is "… and the result last" "$(sed -n 's/\r//g; /^Pulled: debian:12-base/p' "$TEST_DIR/seen" | head -1)" "Pulled: debian:12-base"
"$PYRO" env prune >/dev/null
run "$PYRO" env pull debian:12-base
refute "elsewhere nothing but lines of [pull]" grep -v '^\[pull\] [a-z]*=' <<<"$err"
"$PYRO" env prune >/dev/null

# Another release than the host's: its name takes the place in the host's own sources, where those are
# Debian's. $chosen: what mmdebstrap was given.
act 'cp $PYRO_SOURCES/host.list '"$TEST_DIR"'/given; cat $tar'
pull_13() {
    rm -f "$TEST_DIR/given"
    run "$PYRO" --json env pull debian:13-base
    chosen=$(sed "s|file:$TEST_DIR/|@|" "$TEST_DIR/given" 2>/dev/null)
    "$PYRO" env prune >/dev/null
}
run "$PYRO" env pull debian:12-base
is "the host's own release: its sources as they are" "$(sed "s|file:$TEST_DIR/|@|" "$TEST_DIR/given")" \
    "$(sed "s|file:$TEST_DIR/|@|" "$TEST_DIR/apt/sources.list")"
"$PYRO" env prune >/dev/null
before=$(runs)
pull_13
is "a mirror without that release: code" "$(json .error.code)" pull_failed
like "a mirror without that release: which, and why" "$(json .error.message)" "there is no trixie at file:$TEST_DIR/main"
like "a mirror without that release: what to do" "$(json .error.hint)" "add a source of Debian's trixie"
archive main trixie
archive main trixie-updates
pull_13
like "a mirror without its security updates" "$(json .error.message)" "there is no trixie-security at file:$TEST_DIR/security"
is "… nothing is built" "$(runs)" "$before"
archive security trixie-security
archive vendor trixie Vendor
archive vendor bookworm Vendor
sources 'deb [trusted=yes] @vendor trixie main' 'deb [trusted=yes] @vendor bookworm main' \
    'deb [trusted=yes signed-by=/etc/apt/keyrings/vendor.gpg] @vendor stable main' \
    'deb [trusted=yes arch=amd64] @main/ bookworm main contrib' 'deb [trusted=yes] @main oldstable-updates main' \
    'deb [trusted=yes] @security bookworm-security main'
pull_13
is "another release: status" "$status" 0
is "another release: from Debian's sources alone, all else kept" "$chosen" \
    'deb [trusted=yes arch=amd64] @main/ trixie main contrib
deb [trusted=yes] @main trixie-updates main
deb [trusted=yes] @security trixie-security main'
run "$PYRO" env pull debian:12-base
is "the host's own release: not from others that name theirs so" "$(sed "s|file:$TEST_DIR/|@|" "$TEST_DIR/given")" \
    'deb [trusted=yes arch=amd64] @main/ bookworm main contrib
deb [trusted=yes] @main bookworm-updates main
deb [trusted=yes] @security bookworm-security main'
"$PYRO" env prune >/dev/null
sources 'deb @main bookworm main'
pull_13
like "an archive that nothing verifies: which, and why" "$(json .error.message)" "trixie of file:$TEST_DIR/main: .*is not signed"
like "an archive that nothing verifies: what to do" "$(json .error.hint)" "apt-get install debian-archive-keyring"
archive ubuntu noble Ubuntu
sources 'deb [trusted=yes] @ubuntu noble main'
pull_13
like "a host without Debian's sources: why" "$(json .error.message)" "none of the host's apt sources is Debian's"
like "a host without Debian's sources: what to do" "$(json .error.hint)" "add a source of Debian's trixie.*debian-archive-keyring"
sources 'deb [trusted=yes] http://127.0.0.1:9/debian bookworm main'
pull_13
like "a mirror that does not answer" "$(json .error.message)" "trixie of http://127.0.0.1:9/debian: .*onnect"
like "a mirror that does not answer: what to do" "$(json .error.hint)" "check the network"
sources 'deb [trusted=yes] @main bookworm main'

# Two at once: one builds.
before=$(runs)
act 'sleep 1; cat $tar'
"$PYRO" env pull debian:12-base >/dev/null 2>&1 &
first=$!
run "$PYRO" env pull debian:12-base
second=$status
wait "$first"
is "two pulls at once both succeed" "$? $second" "0 0"
is "one of them builds" "$(($(runs) - before))" 1
run "$PYRO" env prune

# Failures.
act 'echo "E: unable to pick chroot mode" >&2; exit 25'
run "$PYRO" --json env pull debian:12-base
is "mmdebstrap's failure: exit status" "$status" 1
is "mmdebstrap's failure: code" "$(json .error.code)" pull_failed
like "mmdebstrap's failure: its own words" "$(json .error.message)" 'unable to pick chroot mode'
check "mmdebstrap's failure: nothing is left" no_work
act 'head -c 3000 $tar; echo "E: apt died" >&2; exit 1'
run "$PYRO" --json env pull debian:12-base
like "a tar cut short by a failure: the failure is told" "$(json .error.message)" 'apt died'
act 'head -c 700 $tar'
run "$PYRO" --json env pull debian:12-base
is "a tar cut short without a failure: exit status" "$status" 1
run "$PYRO" --json env inspect debian:12-base
is "nothing is installed by failures" "$(json .installed)" false
act 'echo garbage'
run "$PYRO" --json env pull debian:12-base
is "no tar at all: exit status" "$status" 1

# Killed at any moment: nothing runs on, and the next pull puts all right.
act 'head -c 2000 $tar; sleep 600 & wait; cat $tar'
running() { [[ $(runs) -gt $1 ]]; }
# Only the search itself names the directory.
gone() { [[ $(grep -lsF "$TEST_DIR/" /proc/[0-9]*/cmdline | wc -l) -le 1 ]]; }
for round in 1 2 3; do
    before=$(runs)
    "$PYRO" env pull debian:12-base >/dev/null 2>&1 &
    victim=$!
    wait_for 20 running "$before"
    kill_process "$victim"
    wait "$victim" 2>/dev/null
    check "round $round: nothing runs on" wait_for 20 gone
done
act 'cat $tar'
run "$PYRO" env pull debian:12-base
is "a pull after kills succeeds" "$status" 0
check "a pull after kills: clean file system" clean_image
check "a pull after kills: nothing is left of the work" no_work
run "$PYRO" env prune

# A full disk: a real tmpfs of 3 MiB, and 20 MiB to put there.
head -c 20000000 /dev/urandom >"$TEST_DIR/tree/big"
tar -C "$TEST_DIR/tree" --owner=0 --group=0 -cf "$TEST_DIR/root.tar" .
mkdir -p "$TEST_DIR/small"
cat >"$TEST_DIR/full.sh" <<EOF
mount -t tmpfs -o size=3m none $TEST_DIR/small || exit 99
PYRO_ENVIRONMENT_CACHE_DIR=$TEST_DIR/small "\$1" --json env pull debian:12-base
s=\$?
ls $TEST_DIR/small >&2
exit \$s
EOF
namespaces=(unshare --mount)
[[ $(id -u) -eq 0 ]] || namespaces=(unshare --user --map-root-user --mount)
run "${namespaces[@]}" sh "$TEST_DIR/full.sh" "$PYRO"
if [[ $status -eq 99 ]]; then
    skip "a full disk: no tmpfs can be mounted here"
else
    is "a full disk: exit status" "$status" 1
    is "a full disk: code" "$(json .error.code)" no_space
    refute "a full disk: no record, no image" grep -q 'json\|^debian@12-base-' <<<"$err"
fi

# Programs that are missing, places that cannot be written.
mkdir -p "$TEST_DIR/empty"
run env PATH="$TEST_DIR/empty" "$(command -v env)" PATH="$TEST_DIR/empty" "$PYRO" --json env list
is "list needs no programs" "$status" 0
if [[ $(id -u) -ne 0 ]]; then
    mkdir -m 0500 "$TEST_DIR/locked"
    run env PYRO_ENVIRONMENT_CACHE_DIR="$TEST_DIR/locked/x" "$PYRO" --json env pull debian:12-base
    is "a cache that cannot be written: code" "$(json .error.code)" permission
else
    run env PYRO_ENVIRONMENT_CACHE_DIR=/proc/none "$PYRO" --json env pull debian:12-base
    is "a cache that cannot be made: exit status" "$status" 1
fi
# Docker Hub is not asked: the proxy is not there.
run "$PYRO" --json env pull debian:99
is "an unknown environment: code" "$(json .error.code)" environment_not_found
like "an unknown environment: near ones" "$(json .error.hint)" "debian:12"

run env https_proxy=http://127.0.0.1:9 "$PYRO" env pull foo/bar --ca-file "$TEST_DIR/none"
like "a fault of this host is not one of the name" "$err" "^pyro: pull [^ ]*foo/bar:latest: open '$TEST_DIR/none': "

finish
