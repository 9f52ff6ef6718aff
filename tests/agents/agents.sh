#!/bin/bash
# Agents as people use them, connected by `pyro host connect`, but with a model that follows a script: each gives it the
# tools and the instructions, and shows it what a shell printed, clean. No account and no network is needed.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/node.sh
use_node agents
use_shared_cache
need "there is an environment" "$PYRO" env pull debian:12

export TEST_DIR TOOLS
TOOLS=$(printf '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}\n' | "$PYRO" mcp serve |
    python3 -c 'import json, sys; print(*(tool["name"] for tool in json.load(sys.stdin)["result"]["tools"]))')
# Root can leave an agent no network at all but the loopback.
alone=()
[[ $(id -u) -eq 0 ]] && alone=(unshare -n sh -c 'ip link set lo up && exec "$@"' sh)
for agent in claude codex gemini opencode; do
    checks_of "$agent" env -C "$TEST_DIR" timeout 900 "${alone[@]}" node "$node/run.mjs" "$agent"
    run env -u XDG_DATA_HOME HOME="$TEST_DIR/$agent" "$PYRO" workspace list --json
    is "$agent: no workspace is left" "$(json .count)" 0
done
finish
