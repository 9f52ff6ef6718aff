#!/bin/bash
# `pyro mcp serve`: the loop of an agent, what its model is shown, calls that take long.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
for name in agent bounds piling_up secrets under_way long_commands long_calls project variables transcript; do
    python_scene tests/vm/mcp.py "$name"
done
finish
