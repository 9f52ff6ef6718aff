#!/bin/bash
# The protocol's own conformance suite against `pyro mcp serve --http`, for two revisions. It is written for a server with
# fixtures (prompts, resources, tools of its own): what pyro has none of is in conformance-*.yml, and all else must pass.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/node.sh
use_node mcp
export PYRO_HOME=$TEST_DIR/home

"$PYRO" mcp serve --http 0 2>"$TEST_DIR/said" &
server=$!
wait_for 60 grep -q '^pyro: serving ' "$TEST_DIR/said"
port=$(sed -n 's|^pyro: serving http://127.0.0.1:\([0-9]*\)/mcp;.*|\1|p' "$TEST_DIR/said")
python3 tests/mcp/token_proxy.py "$port" "$PYRO_HOME/data/mcp-token" >"$TEST_DIR/proxy" &
proxy=$!
wait_for 60 [ -s "$TEST_DIR/proxy" ]
for revision in 2025-11-25 2026-07-28; do
    run timeout 900 conformance server --url "http://127.0.0.1:$(cat "$TEST_DIR/proxy")/mcp" --requirements "$revision" \
        --timeout 300000 --expected-failures "tests/mcp/conformance-$revision.yml" </dev/null
    is "$revision: what fails is what is expected" "$status:$(sed -n '/^[^ ]*\(Unexpected\|Stale\)/,$p' <<<"$out$err")" "0:"
    like "$revision: DNS rebinding is refused" "$out$err" '✓ dns-rebinding-protection: 2 passed, 0 failed'
done
kill_process "$proxy"
kill -TERM "$server"
wait "$server"
is "TERM ends the server" "$?" 143
finish
