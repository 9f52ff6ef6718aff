#!/bin/bash
# `pyro mcp serve --http` without a machine: who is served, what is refused, what is bounded, how it ends.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh

is "pyro itself loads neither the library nor GnuTLS" "$(ldd "$PYRO" | grep -E 'microhttpd|gnutls')" ""
free_ports 2
export PORT=${ports[1]}
for name in handshakes guards messages sessions crowds descriptors slowness start ending; do
    python_scene tests/cli/mcp_http.py "$name"
done

# The commands of the document, at another port; for the client there is a program that says what it was told.
mkdir -p "$TEST_DIR/bin" "$TEST_DIR/home"
ln -s "$PYRO" "$TEST_DIR/bin/pyro"
printf '#!/bin/sh\necho "$@"\n' >"$TEST_DIR/bin/claude"
chmod +x "$TEST_DIR/bin/claude"
commands=$(sed -n '/^## Over HTTP/,$s/^    //p' docs/mcp.md | sed "s/8765/${ports[0]}/g")
in_guide=(env -u PYRO_HOME -u XDG_DATA_HOME HOME="$TEST_DIR/home" PATH="$TEST_DIR/bin:$PATH")
serve=${commands%%$'\n'*}
is "the document begins with the server" "$serve" "pyro mcp serve --http ${ports[0]}"
"${in_guide[@]}" $serve 2>"$TEST_DIR/said" &
server=$!
wait_for 60 grep -q "^pyro: serving http://127.0.0.1:${ports[0]}/mcp; .* $TEST_DIR/home/.local/share/pyro/mcp-token$" "$TEST_DIR/said"
run "${in_guide[@]}" bash -euc "${commands#*$'\n'}"
like "the client gets address and token" "${out%%$'\n'*}" \
    "^mcp add --transport http pyro http://127.0.0.1:${ports[0]}/mcp --header Authorization: Bearer [0-9a-f]{64}$"
like "curl gets the tools" "${out#*$'\n'}" '^\{"id":1,"jsonrpc":"2.0","result":\{"tools":\[\{.*"name":"workspace_create"'
kill -TERM "$server"
wait "$server"
is "TERM ends the server" "$?" 143
finish
