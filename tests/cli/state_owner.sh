#!/bin/bash
# State and cache are relied on where nobody else can put other ones in their place, and nowhere else.
cd "$(dirname "$0")/../.." && . tests/lib.sh

refused() { # WHAT PATTERN VARIABLE=VALUE…
    run env -u PYRO_HOME "${@:3}" "$PYRO" workspace list --json
    is "$1: status" "$status" 1
    is "$1: code" "$(json .error.code)" permission
    like "$1: why" "$(json .error.message)" "$2"
    like "$1: what to do" "$(json .error.hint)" 'PYRO_HOME'
}

mkdir -p "$TEST_DIR/open/own" "$TEST_DIR/safe"
chmod 777 "$TEST_DIR/open"
refused "below a directory that everybody may write to" "open' is writable by everyone" PYRO_HOME="$TEST_DIR/open/own"
is "nothing was made there" "$(ls -A "$TEST_DIR/open/own")" ""
refused "the same by XDG" "writable by everyone" XDG_DATA_HOME="$TEST_DIR/open/own" HOME="$TEST_DIR/safe"
ln -s "$TEST_DIR/open/own" "$TEST_DIR/safe/link"
refused "by a link" "writable by everyone" PYRO_HOME="$TEST_DIR/safe/link"
run env PYRO_ENVIRONMENT_CACHE_DIR="$TEST_DIR/open/own" "$PYRO" env list --json
is "environments: code" "$(json .error.code)" permission

chmod 1777 "$TEST_DIR/open"
run env PYRO_HOME="$TEST_DIR/open/own" "$PYRO" workspace list --json
is "below a sticky one, as /tmp: status" "$status" 0

if [[ $(id -u) -eq 0 ]]; then
    # Another user's tree, that root is pointed at: he could swap it at any moment.
    mkdir -p "$TEST_DIR/theirs/data/workspaces"
    chown -R 54321 "$TEST_DIR/theirs"
    refused "another user's tree" "belongs to user 54321" PYRO_HOME="$TEST_DIR/theirs"
    chown 0 "$TEST_DIR/theirs"
    refused "another user's directory in it" "data' belongs to user 54321" PYRO_HOME="$TEST_DIR/theirs"
else
    skip "another user's tree: only root can make one"
fi
finish
