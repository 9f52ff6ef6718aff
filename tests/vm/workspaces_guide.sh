#!/bin/bash
# The transcripts in docs/workspaces.md are what a user gets.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/guide.sh
use_shared_cache
run_guide docs/workspaces.md 45
finish
