#!/bin/bash
# `pyro mcp serve` without a machine: both eras, the list of tools, what is refused.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh

for name in legacy modern tools refusals arguments foreign_bytes reader_that_stops; do
    python_scene tests/cli/mcp.py "$name"
done
finish
