#!/bin/bash
# The transcript in docs/services.md is what a user gets.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/guide.sh
use_shared_cache
run_guide docs/services.md 15 18081
finish
