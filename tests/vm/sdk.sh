#!/bin/bash
# The SDKs on real workspaces: their own tests, and the tour of docs/sdk.md in both languages.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

export PYTHONPATH=$PWD/sdk/python/src PYTHONDONTWRITEBYTECODE=1
block() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" docs/sdk.md | grep -v '^```'
}
mkdir -p "$TEST_DIR/tour/node_modules"
ln -s "$PWD/sdk/typescript" "$TEST_DIR/tour/node_modules/pyro-sandbox"
block python >"$TEST_DIR/tour/tour.py"
block js >"$TEST_DIR/tour/tour.mjs"
run python3 -W error "$TEST_DIR/tour/tour.py"
is "the tour in Python" "$out$err" "$(block text)"
if node_fits; then
    run node "$TEST_DIR/tour/tour.mjs"
    is "the tour in JavaScript" "$out$err" "$(block text)"
fi

# Each test of a runner is a check here.
run timeout 1200 python3 -W error -m unittest discover -v -s sdk/python/tests
while read -r name; do
    pass "python: $name"
done < <(sed -n 's/^\(test_[a-z_]*\) .*\.\.\. ok$/\1/p' "$TEST_DIR/err")
[[ $status -eq 0 ]] || fail "python: its tests" "$err"
if ! node_fits; then
    skip "JavaScript: no node 20"
    finish
fi
run timeout 1200 node --test --test-reporter tap sdk/typescript/test/*.test.mjs
while read -r name; do
    pass "node: $name"
done < <(sed -n 's/^ *ok [0-9]* - //p' "$TEST_DIR/out")
[[ $status -eq 0 ]] || fail "node: its tests" "$out"
finish
