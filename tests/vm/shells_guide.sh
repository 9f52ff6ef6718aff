#!/bin/bash
# The transcript in docs/shells.md is what a user gets.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/guide.sh
use_shared_cache
run_guide docs/shells.md 10
finish
