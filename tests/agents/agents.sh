#!/bin/bash
# Agents as people use them, but with a model that follows a script: each gives it the tools and the instructions, and shows
# it what a shell printed, clean. No account and no network is needed.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/node.sh
use_node agents
use_shared_cache
need "there is an environment" "$PYRO" env pull debian:12

export TEST_DIR TOOLS
TOOLS=$(printf '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}\n' | "$PYRO" mcp serve |
    python3 -c 'import json, sys; print(*(tool["name"] for tool in json.load(sys.stdin)["result"]["tools"]))')
# An agent gives a server few variables of its own environment: it starts this instead.
cat >"$TEST_DIR/pyro" <<END
#!/bin/sh
export XDG_DATA_HOME='$XDG_DATA_HOME' XDG_CACHE_HOME='$XDG_CACHE_HOME' PYRO_CHECK_PATIENCE='$PYRO_CHECK_PATIENCE'
exec '$PYRO' "\$@"
END
chmod 755 "$TEST_DIR/pyro"

# Root can leave an agent no network at all but the loopback.
alone=()
[[ $(id -u) -eq 0 ]] && alone=(unshare -n sh -c 'ip link set lo up && exec "$@"' sh)
for agent in claude codex gemini opencode; do
    checks_of "$agent" env -C "$TEST_DIR" PYRO="$TEST_DIR/pyro" timeout 900 "${alone[@]}" node "$node/run.mjs" "$agent"
    run "$PYRO" workspace list --json
    is "$agent: no workspace is left" "$(json .count)" 0
done
finish
