#!/bin/bash
# The command line of the MCP Inspector, in both eras of the protocol: its own checks of the tools, and calls.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/node.sh
use_node mcp
use_shared_cache

inspect() { # ERA FLAG…
    run timeout 300 mcp-inspector --cli "$PYRO" mcp serve --protocol-era "$@"
}

for era in legacy modern; do
    for profile in vm-run workspace-core workspace-full; do
        inspect "$era" --profile "$profile" --method tools/list --strict
        is "$era: it finds nothing wrong with the tools of $profile" "$status:$err" "0:"
    done
    inspect "$era" --method initialize --format json -q
    like "$era: it is given instructions" "$status:$(json .result.instructions)" "^0:.*workspace_create"
    inspect "$era" --method tools/call --tool-name workspace_list --tool-args-json '{}' --format json -q
    is "$era: a call" "$status:$(json .result.structuredContent)" '0:{"count": 0, "truncated": false, "workspaces": []}'
    inspect "$era" --method tools/call --tool-name workspace_exec --tool-args-json '{"workspace_id": "none", "command": ["true"]}' -q
    like "$era: a tool that fails says so" "$status:$out" '^5:.*workspace_not_found: .*workspace_create makes one'
    inspect "$era" --method tools/call --tool-name nothing --tool-args-json '{}' -q
    like "$era: an unknown tool" "$status:$err" '^5:.*tool_not_found'
    inspect "$era" --method tools/call --tool-name workspace_list --tool-args-json '{}' --load --load-requests 200 --load-concurrency 8 -q
    is "$era: 200 calls, 8 at a time" "$status:$(json .ok):$(json .errorRate)" 0:200:0
done
finish
