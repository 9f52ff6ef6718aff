#!/bin/bash
# tests/node-packages.sh NAME DIR: installs what tests/NAME/package-lock.json says in DIR, by npm, from the registry that
# the user's npm is set to. No package's own scripts are run. For another version: change tests/NAME/package.json, and run
# `npm install --package-lock-only --omit-lockfile-registry-resolved` there.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v npm >/dev/null || tools/setup.sh check-mcp
echo "npm: fetching what tests/$1/package-lock.json names"
rm -rf "$2"
mkdir -p "$2"
cp "tests/$1/package.json" "tests/$1/package-lock.json" "$2"
npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
touch "$2/installed"
