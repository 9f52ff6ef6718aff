#!/bin/bash
# tests/oci/export.sh: what env export writes, read by skopeo and umoci, held against image-spec's own schemas, and
# compared entry by entry with what went in; and what those write, read by env import.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
"$PYRO" env pull debian:12-base >/dev/null 2>&1
mkdir -p "$TEST_DIR/cache/pyro"
cp -a "$XDG_CACHE_HOME/pyro/boot" "$XDG_CACHE_HOME"/pyro/*.json "$TEST_DIR/cache/pyro/"
export XDG_CACHE_HOME=$TEST_DIR/cache
if [[ $(id -u) -ne 0 ]]; then
    skip "trees with owners and devices: only root can unpack them"
    finish
fi
for name in round committed; do
    python_scene tests/oci/export.py "$name"
done
finish
