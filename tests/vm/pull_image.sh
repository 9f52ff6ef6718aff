#!/bin/bash
# Images from registries, and machines of them: pull_image.py has the scenes.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
"$PYRO" env pull debian:12-base >/dev/null 2>&1

# A cache of its own, with the kernel of the shared one.
mkdir -p "$TEST_DIR/cache/pyro"
cp -a "$XDG_CACHE_HOME/pyro/boot" "$XDG_CACHE_HOME"/pyro/*.json "$TEST_DIR/cache/pyro/"
export XDG_CACHE_HOME=$TEST_DIR/cache
for name in whole moved broken killed at_once progress logins; do
    python_scene tests/vm/pull_image.py "$name"
done
finish
