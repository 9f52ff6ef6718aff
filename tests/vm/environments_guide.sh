#!/bin/bash
# The transcripts in docs/environments.md are what a user gets, from registries of the test's own.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/guide.sh
use_shared_cache
own_cache
coproc REGISTRIES { exec python3 tests/vm/environments_guide.py; }
read -r public private <&"${REGISTRIES[0]}"
sed "s/127.0.0.1:5000/$public/g; s/127.0.0.1:5001/$private/g" docs/environments.md >"$TEST_DIR/environments.md"
run_guide "$TEST_DIR/environments.md" 13
kill "$REGISTRIES_PID"
finish
