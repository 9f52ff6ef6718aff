#!/bin/bash
# The SDKs as packages: installed without an index and without a compiler, and clear about a program that does not fit.
cd "$(dirname "$0")/../.." && . tests/lib.sh

program() {
    printf '#!/bin/sh\n%s\n' "$2" >"$TEST_DIR/$1" && chmod +x "$TEST_DIR/$1"
}
program tomorrow 'echo "{\"event\": \"hello\", \"version\": \"9.9.9\", \"protocol\": 99}"; cat >/dev/null'
program broken 'echo "this machine has no memory" >&2; exit 3'

# ---- Python ----

# A venv's pip is asked for nothing but this package: no index, no build requirement.
cp -r sdk/python "$TEST_DIR/python"
find "$TEST_DIR/python" -name __pycache__ -exec rm -rf {} +
pip() {
    "$TEST_DIR/env/bin/pip" --isolated --disable-pip-version-check --no-cache-dir "$@" >"$TEST_DIR/pip.log" 2>&1 ||
        { cat "$TEST_DIR/pip.log" && return 1; }
}
python() {
    run env -u PYTHONPATH "$TEST_DIR/env/bin/python" -c "$@"
}
check "a venv" python3 -m venv "$TEST_DIR/env"
for how in "" -e; do
    check "pip install $how" pip install --no-index $how "$TEST_DIR/python"
    python 'import pyro_mcp; print(pyro_mcp.__version__)'
    is "… its version is the program's" "pyro $out" "$("$PYRO" --version)"
    python 'import importlib.metadata as m; print(m.version("pyro-mcp"))'
    is "… for pip too" "pyro $out" "$("$PYRO" --version)"
    python 'import pyro_mcp; print(pyro_mcp.Pyro().list_workspaces()["workspaces"])'
    is "… it works" "$out" "[]"
    check "pip uninstall" pip uninstall -y pyro-mcp
    python 'import pyro_mcp'
    is "… it is gone" "$status" 1
done
for n in 1 2; do
    check "pip wheel" pip wheel --no-index --no-deps -w "$TEST_DIR/wheel$n" "$TEST_DIR/python"
done
check "the same sources give the same wheel" diff -r "$TEST_DIR/wheel1" "$TEST_DIR/wheel2"
export PYTHONPATH=sdk/python/src PYTHONDONTWRITEBYTECODE=1
run mypy --strict --cache-dir "$TEST_DIR/mypy" --python-version 3.9 sdk/python/src
like "its types hold" "$out$err" '^Success'
echo 'import pyro_mcp; pyro_mcp.Pyro().create_workspace("debian:12", network_policy="on")' >"$TEST_DIR/choice.py"
run mypy --strict --cache-dir "$TEST_DIR/mypy" --python-version 3.9 "$TEST_DIR/choice.py"
like "and know what can be chosen from" "$out$err" 'Argument "network_policy" .* expected "Literal'
like "so do those of JavaScript" "$(cat sdk/typescript/src/calls.d.ts)" "networkPolicy\?: 'off' \| 'egress' \| 'egress\+published-ports';"
says() {
    python3 -W error -c '
import asyncio, sys
from pyro_mcp import AsyncPyro, Pyro
if sys.argv[2] == "sync":
    Pyro(sys.argv[1]).list_workspaces()
else:
    asyncio.run(AsyncPyro(sys.argv[1]).list_workspaces())' "$@" 2>&1 | grep -A1 ^pyro_mcp.errors
}
for twin in sync async; do
    is "$twin: no program" "$(says /no/pyro $twin)" \
        "pyro_mcp.errors.PyroNotFoundError: there is no program '/no/pyro'"$'\n'"Install pyro, or name it: Pyro(program='/path/to/pyro')."
    like "$twin: another protocol" "$(says "$TEST_DIR/tomorrow" $twin)" 'PyroVersionError: pyro 9.9.9 speaks protocol 99; pyro_mcp .* speaks 1'
    like "$twin: one that ends at once" "$(says "$TEST_DIR/broken" $twin)" 'PyroEndedError: pyro ended with status 3: this machine has no memory'
done

# ---- JavaScript ----

if ! node_fits; then
    skip "JavaScript: no node 20"
    finish
fi
mkdir -p "$TEST_DIR/js/node_modules"
ln -s "$PWD/sdk/typescript" "$TEST_DIR/js/node_modules/pyro-sandbox"
cat >"$TEST_DIR/js/says.mjs" <<'EOF'
import { Pyro, VERSION } from 'pyro-sandbox';
try {
  const pyro = new Pyro({ program: process.argv[2] });
  console.log(`pyro ${VERSION}`, (await pyro.listWorkspaces()).workspaces);
} catch (error) {
  console.log(error.toString());
}
EOF
says() {
    node "$TEST_DIR/js/says.mjs" "$@" 2>&1 # ends by itself, though the program is not closed
}
is "node: it works, and is of the program's version" "$(says "$PYRO")" "$("$PYRO" --version) []"
like "node: no program" "$(says /no/pyro)" "^PyroNotFoundError: '/no/pyro' cannot be started"
like "node: another protocol" "$(says "$TEST_DIR/tomorrow")" '^PyroVersionError: pyro 9.9.9 speaks protocol 99; pyro-sandbox .* speaks 1'
like "node: one that ends at once" "$(says "$TEST_DIR/broken")" '^PyroEndedError: pyro ended \(3\): this machine has no memory'
if command -v npm >/dev/null; then
    run npm pack --silent --offline --cache "$TEST_DIR/npm" --pack-destination "$TEST_DIR" ./sdk/typescript
    is "npm pack: status" "$status" 0
    mkdir "$TEST_DIR/installed"
    (cd "$TEST_DIR/installed" && echo '{}' >package.json &&
        npm install --silent --offline --cache "$TEST_DIR/npm" "$TEST_DIR/$out" >"$TEST_DIR/npm.log" 2>&1) || cat "$TEST_DIR/npm.log"
    is "npm install: all of it is there" \
        "$(diff -rq sdk/typescript "$TEST_DIR/installed/node_modules/pyro-sandbox" | grep -vE 'sdk/typescript: (test|generate.py)$')" ""
else
    skip "npm pack: no npm"
fi
finish
