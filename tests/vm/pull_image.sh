#!/bin/bash
# Images from registries, and machines of them: pull_image.py has the scenes.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
own_cache
for name in whole moved based broken killed at_once progress logins sources pruned signed full read_only; do
    python_scene tests/vm/pull_image.py "$name"
done
finish
