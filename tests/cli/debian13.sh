#!/bin/bash
# make check-debian13 where it cannot or need not run: it says so, and what to install.
cd "$(dirname "$0")/../.." && . tests/lib.sh

release() { # KEY=VALUE… PATH=…
    printf '%s\n' "$@" >"$TEST_DIR/os-release"
    run env OS_RELEASE="$TEST_DIR/os-release" "${@:$#}" tests/debian13/check-debian13.sh unit
}

release ID=debian 'VERSION_ID="13"' PATH="$PATH"
is "on Debian 13: status" "$status" 0
like "on Debian 13: skipped" "$out" 'skipped: this is Debian 13 already'
release ID=fedora VERSION_ID=42 PATH="$PATH"
is "elsewhere: status" "$status" 0
like "elsewhere: skipped" "$out" 'skipped: .* a Debian host'

# An ordinary user without ids to give.
mkdir "$TEST_DIR/bin"
printf '#!/bin/bash\n[[ $1 == -un ]] && echo nobody-such || echo 12345\n' >"$TEST_DIR/bin/id"
chmod +x "$TEST_DIR/bin/id"
release ID=debian 'VERSION_ID="12"' VERSION_CODENAME=bookworm PATH="$TEST_DIR/bin:$PATH"
is "without subordinate ids: status" "$status" 1
like "without subordinate ids: what to install" "$out" 'Install uidmap.*usermod --add-subuids .* nobody-such'
finish
