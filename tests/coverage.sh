#!/bin/bash
# Every command of the table has been run with success by some test: the program records each run in
# $PYRO_CHECK_COVERAGE (tests/run.sh).
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t commands < <(unset PYRO_CHECK_COVERAGE; "$PYRO" commands | sed 's/   *.*//')
check "the table is not empty" [ ${#commands[@]} -gt 1 ]
for command in "${commands[@]}"; do
    check "a test ran: $command" grep -qx -- "$command" "$PYRO_CHECK_COVERAGE"
done
finish
