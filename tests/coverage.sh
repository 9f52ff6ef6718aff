#!/bin/bash
# Every command of the table has been run with success by some test, and every action of every key table of the
# terminal interface was triggered by one. Below $PYRO_CHECK_RAN are the files TEST.commands and TEST.keys that the
# program wrote in the last run of each test, whenever that was (tests/run.sh).
cd "$(dirname "$0")/.." && . tests/lib.sh

# noted KIND: what the tests that there are have noted.
noted() {
    local file
    (cd "$PYRO_CHECK_RAN" && find . -name "*.$1") | while read -r file; do
        [[ -e ${file%."$1"} ]] && cat "$PYRO_CHECK_RAN/$file"
    done | sort -u >"$TEST_DIR/$1"
}
noted commands
noted keys

mapfile -t commands < <(unset PYRO_CHECK_COVERAGE; "$PYRO" commands | sed 's/   *.*//')
check "the table is not empty" [ ${#commands[@]} -gt 1 ]
for command in "${commands[@]}"; do
    check "a test ran: $command" grep -qx -- "$command" "$TEST_DIR/commands"
done

# `pyro tui` notes what each screen's key table has, and what was done.
mapfile -t actions < <(sed -n 's/^has //p' "$TEST_DIR/keys")
check "there are actions" [ ${#actions[@]} -gt 1 ]
for action in "${actions[@]}"; do
    check "a test triggered: $action" grep -qx -- "did $action" "$TEST_DIR/keys"
done
finish
