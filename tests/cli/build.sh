#!/bin/bash
# The build and the test runner: what rebuilds what, and that a pattern without a test is an error.
cd "$(dirname "$0")/../.." && . tests/lib.sh

ONLY=nothing run tests/run.sh source
is "no test matches: status" "$status" 1
like "no test matches: it says so" "$err" "no test of source matches ONLY='nothing'"

if [[ ${PYRO_SANITIZED:-} == 1 ]]; then
    skip "rebuilding: the plain build is what is looked at"
    finish
fi
# A copy of the sources and of what is built, with the times they have.
tree=$TEST_DIR/tree
mkdir -p "$tree/build"
git ls-files -z | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -xC "$tree"
cp -a build/plain build/guest build/pyro build/pyro-image build/pyro-http build/pyro-metrics build/pyro-fetch build/pyro-guest "$tree/build"
rm -rf "$tree/build/plain/tests"
build() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$tree" --no-print-directory -j2 "$@" >"$TEST_DIR/made" 2>&1 ||
        tail -n 20 "$TEST_DIR/made"
}
compiled() { grep -oE '^  CC +[^ ]+( \(guest\))?' "$TEST_DIR/made" | sed 's/^  CC *//' | sort; }

build
is "as it is, nothing is built" "$(compiled)" ""
build VERSION=9.9.9
is "another version: pyro" "$("$tree/build/pyro" --version)" "pyro 9.9.9"
check "another version: the guest program" grep -qF 9.9.9 "$tree/build/pyro-guest"
check "another version: only what names it is built again" [ "$(compiled | wc -l)" -lt 12 ]
build VERSION=9.9.9
is "the same again: nothing is built" "$(compiled)" ""
build VERSION=9.9.9 PREFIX=/elsewhere
is "another prefix: it goes into nothing" "$(compiled)" ""
echo 'int main(void) { int unused; return 0; }' >"$tree/engine/image/main.c"
build VERSION=9.9.9 PREFIX=/elsewhere
like "a warning is shown" "$(<"$TEST_DIR/made")" 'unused variable'
is "a warning does not end a build" "$(compiled)" engine/image/main.c
build VERSION=9.9.9 PREFIX=/elsewhere DEV=1
like "under DEV=1 it does, although the object was there" "$(<"$TEST_DIR/made")" 'error: unused variable'
build VERSION=9.9.9 PREFIX=/elsewhere CFLAGS=-DPYRO_OTHER_FLAGS --dry-run
check "other flags: all objects of the host" [ "$(grep -c 'CC    vmm/base/' "$TEST_DIR/made")" -gt 20 ]
finish
