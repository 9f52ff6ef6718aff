#!/bin/bash
# tests/animation.sh: screenshots/demo.svg, a recording by pyro itself of a shell in which `pyro tui` runs on workspaces
# of which one asks and one has failed. `make screenshots` runs it.
cd "$(dirname "$0")/.." && . tests/tui.sh

pyro() {
    "$PYRO" workspace "$@" 2>>"$TEST_DIR/pyro.log"
}

# The recorded shell is on this host, in a place of its own: its workspace is not in the list. There `pyro` means the one
# with the workspaces.
mkdir -p "$TEST_DIR/bin" "$TEST_DIR/recorder"
{
    echo '#!/bin/bash'
    export -p | grep -E '^declare -x (XDG_|PYRO)'
    echo "export COLORTERM=truecolor LC_ALL=C.UTF-8; exec $PYRO \"\$@\""
} >"$TEST_DIR/bin/pyro"
chmod +x "$TEST_DIR/bin/pyro"
recorder() {
    XDG_DATA_HOME=$TEST_DIR/recorder pyro "$@"
}
# The pace is for people who look at it.
beat() {
    sleep "${1:-1.5}"
}
# types TEXT: letter by letter.
types() {
    local i
    for ((i = 0; i < ${#1}; i++)); do
        recorder shell write desk sh1 --no-newline --input "${1:i:1}" >/dev/null
    done
}
# shows PATTERN: until the recorded screen does.
shows() {
    there() { recorder shell read desk sh1 --screen | grep -qE -- "$1"; }
    wait_for 120 there "$1" && pass "shows $1"
}

# --- machines at work ---
for w in api:build web:test docs:write nightly:release; do
    pyro create debian:12 --name "${w%:*}" --label task="${w#*:}" --id-only >/dev/null
done
# shell WORKSPACE LINE
shell() {
    local id
    id=$(pyro shell open "$1" --cols 96 --rows 24 --env PS1='$ ' --id-only)
    pyro shell write "$1" "$id" --input "clear; $2"
}
shell api 'printf "The following packages will be upgraded:\n  git libc6 openssl\nDo you want to continue? [Y/n] "; read -r a; for i in $(seq 1 30); do printf "\e[32mSetting up\e[0m package %d of 30\n" $i; sleep 0.6; done'
shell web 'n=0; while :; do n=$((n + 1)); printf "\e[32m✓\e[0m checkout/step-%d  \e[2m%d ms\e[0m\n" $n $((n * 7 % 90)); sleep 1.2; done'
shell docs 'n=0; while :; do n=$((n + 1)); printf "\e[36mcrawled\e[0m %d pages\n" $n; sleep 1.5; done'
pyro exec nightly -- sh -c 'echo FAIL storage/replay_test: wanted 42 rows, got 41; exit 2' >/dev/null
asks() { pyro list --json | grep -q '"asks"'; }
wait_for 60 asks

# --- what is recorded ---
XDG_DATA_HOME=$TEST_DIR/recorder host_workspace desk >/dev/null
echo 'PS1="$ "; unset PROMPT_COMMAND; clear' >"$HOME/.bashrc"
recorder shell open desk --cols 90 --rows 24 --env HOME="$HOME" --env PATH="$TEST_DIR/bin:$PATH" --interactive \
    --id-only >/dev/null
shows '^\$ *$'
beat 1
types 'pyro tui'
recorder shell write desk sh1 --input '' >/dev/null
shows ' api '
shows 'Do you want to continue'
beat 2
types a
shows 'answer'
beat 0.7
types Y
beat 0.7
recorder shell write desk sh1 --input '' >/dev/null
shows 'Setting up.* package'
beat 1.5
types '!'
shows '╭ nightly'
beat 2
types w
shows 'crawled'
beat 2.5
recorder shell write desk sh1 --input '' >/dev/null
shows 'WATCHING'
beat 1.5
recorder shell write desk sh1 --no-newline --input $'\x10' >/dev/null
shows 'REPLAY'
beat 2.5
recorder shell write desk sh1 --no-newline --input q >/dev/null
shows 'WATCHING'
recorder shell write desk sh1 --no-newline --input $'\x1b' >/dev/null
beat 1
types q
beat 1
types q
shows '^\$ *$'
beat 1
recorder shell record desk sh1 --format svg --output screenshots/demo.svg >/dev/null
check "the recording is there" test -s screenshots/demo.svg
recorder delete desk >/dev/null
tui_finish
