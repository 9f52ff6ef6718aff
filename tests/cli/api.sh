#!/bin/bash
# `pyro api` without a machine: what it refuses, what it bounds, how it ends.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh

for name in refusals arguments bounds reader_that_stops ends; do
    python_scene tests/cli/api.py "$name"
done

run "$PYRO" api
is "one of the two is needed: status" "$status" 2
like "one of the two is needed" "$err" "give one of --stdio and --describe"
run "$PYRO" api --stdio --describe
is "but not both" "$status" 2
finish
