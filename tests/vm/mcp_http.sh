#!/bin/bash
# `pyro mcp serve --http` with a machine: the loop of an agent, events, what the end of a connection means.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
for name in agent events hangups term; do
    python_scene tests/vm/mcp_http.py "$name"
done
finish
