#!/bin/bash
# tests/oci/push.sh: env push into Debian's docker-registry, of images that umoci made and workspaces changed; read back by
# skopeo and umoci, by another pyro, and held against image-spec's own schemas.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
own_cache debian:12-base
if [[ $(id -u) -ne 0 ]]; then
    skip "trees with owners and devices: only root can unpack them"
    finish
fi
for name in layered moved whole basic bearer tls; do
    python_scene tests/oci/push.py "$name"
done
finish
