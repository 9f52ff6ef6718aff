#!/bin/bash
# make setup: silent and quick when nothing is missing; without root and sudo it says what to install.
cd "$(dirname "$0")/../.." && . tests/lib.sh

run tools/setup.sh build run check
is "nothing is missing: status" "$status" 0
is "nothing is missing: not a word" "$out$err" ""
run tools/setup.sh nothing-such
refute "an unknown group is refused" [ "$status" -eq 0 ]

# A dpkg that knows no package, a user who is not root, and no sudo.
mkdir "$TEST_DIR/bin"
for tool in bash env grep cat awk sed; do
    ln -s "$(command -v $tool)" "$TEST_DIR/bin/$tool"
done
printf '#!/bin/bash\nexit 1\n' >"$TEST_DIR/bin/dpkg-query"
printf '#!/bin/bash\necho 1000\n' >"$TEST_DIR/bin/id"
printf '#!/bin/bash\necho "apt-get $*" >>"%s"\n[[ -e %s ]]\n' "$TEST_DIR/apt.log" "$TEST_DIR/updated" >"$TEST_DIR/bin/apt-get"
chmod +x "$TEST_DIR/bin/"*
run env PATH="$TEST_DIR/bin" bash tools/setup.sh fuzz
is "no rights: status" "$status" 1
like "no rights: says what to install" "$err" 'apt-get install clang libclang-rt-dev'
refute "no rights: apt is not called" [ -e "$TEST_DIR/apt.log" ]

# The same as root: installs, and fetches the lists only when that fails.
printf '#!/bin/bash\necho 0\n' >"$TEST_DIR/bin/id"
touch "$TEST_DIR/updated"
run env PATH="$TEST_DIR/bin" bash tools/setup.sh fuzz
is "as root: status" "$status" 0
is "as root: one call of apt" "$(cat "$TEST_DIR/apt.log")" \
    "apt-get -q install -y --no-install-recommends clang libclang-rt-dev"
rm "$TEST_DIR/updated" "$TEST_DIR/apt.log"
run env PATH="$TEST_DIR/bin" bash tools/setup.sh fuzz
refute "old lists, and no help: fails" [ "$status" -eq 0 ]
is "old lists are fetched" "$(sed -n 2p "$TEST_DIR/apt.log")" "apt-get -q update"
finish
