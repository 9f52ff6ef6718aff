#!/bin/bash
# pyro-fetch alone: what it makes of registries, well-behaved and not (fetch.py has the list).
cd "$(dirname "$0")/../.." && . tests/lib.sh
checks_of "registries" python3 tests/cli/fetch.py "$(dirname "$PYRO")/pyro-fetch" "$TEST_DIR"
finish
