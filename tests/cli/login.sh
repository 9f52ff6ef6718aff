#!/bin/bash
# pyro login and logout: what a registry takes is kept where docker and podman keep theirs (login.py).
cd "$(dirname "$0")/../.." && . tests/lib.sh
for name in basic bearer files programs terminal refusals; do
    mkdir -p "$TEST_DIR/$name"
    checks_of "$name" python3 tests/cli/login.py "$name" "$TEST_DIR/$name"
done
finish
