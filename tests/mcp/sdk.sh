#!/bin/bash
# What tests/vm/sdk.sh checks, with the node of tests/mcp/package.json: Debian 12's own is too old for sdk/typescript.
cd "$(dirname "$0")/../.." && PATH=$PWD/build/node/mcp/node_modules/.bin:$PATH exec tests/vm/sdk.sh
