#!/bin/bash
# Images of others' making, from a registry of others' making: umoci, skopeo, docker-registry (oci.py has the scenes).
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
own_cache
for name in plain basic bearer tls; do
    python_scene tests/oci/oci.py "$name"
done
finish
