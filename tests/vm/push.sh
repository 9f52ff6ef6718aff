#!/bin/bash
# env push: what changed in a workspace as one layer, on those of its image; and pushes that are refused or killed (push.py
# has the scenes).
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
own_cache
for name in layer refused killed; do
    python_scene tests/vm/push.py "$name"
done
finish
