#!/bin/bash
# Every command of the table has been run with success by some test, and every action of every key table of the
# terminal interface was triggered by one: the program records each in $PYRO_CHECK_COVERAGE and $PYRO_CHECK_KEYS
# (tests/run.sh).
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t commands < <(unset PYRO_CHECK_COVERAGE; "$PYRO" commands | sed 's/   *.*//')
check "the table is not empty" [ ${#commands[@]} -gt 1 ]
for command in "${commands[@]}"; do
    check "a test ran: $command" grep -qx -- "$command" "$PYRO_CHECK_COVERAGE"
done

# Every action of every screen's key table was triggered: `pyro tui` notes in $PYRO_CHECK_KEYS what it has and what was done.
mapfile -t actions < <(sed -n 's/^has //p' "$PYRO_CHECK_KEYS" | sort -u)
check "there are actions" [ ${#actions[@]} -gt 1 ]
for action in "${actions[@]}"; do
    check "a test triggered: $action" grep -qx -- "did $action" "$PYRO_CHECK_KEYS"
done
finish
