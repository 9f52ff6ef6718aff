#!/bin/bash
# pyro-fetch, giving images to registries, well-behaved and not (push.py has the list).
cd "$(dirname "$0")/../.." && . tests/lib.sh
checks_of "pushes" python3 tests/cli/push.py "$(dirname "$PYRO")/pyro-fetch" "$TEST_DIR"
finish
