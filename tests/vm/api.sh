#!/bin/bash
# `pyro api` with a machine: output as it comes, cancelling, clients that stop reading or die, secrets.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache

need "a workspace" bash -c '"$PYRO" workspace create debian:12 --name w >/dev/null 2>&1'
for name in output history shells cancelling crowd dying stopped_reader secrets progress; do
    python_scene tests/vm/api.py "$name"
done
check "the workspace is deleted" bash -c '"$PYRO" workspace delete w >/dev/null'
finish
