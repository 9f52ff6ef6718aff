#!/bin/bash
# Two client libraries that others have written, on a real machine: every tool of workspace-core, progress, cancellation.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/node.sh
use_node mcp
use_shared_cache
need "there is an environment" "$PYRO" env pull debian:12

# In no repository, which a workspace would begin with.
for kind in sdk legacy auto modern; do
    checks_of "$kind" env -C "$TEST_DIR" timeout 1200 node "$node/clients.mjs" "$kind"
done
finish
