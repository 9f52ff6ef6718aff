#!/bin/bash
# docs/commands.md is what the command table gives today, and every file that the documents name is
# there.
cd "$(dirname "$0")/.." && . tests/lib.sh

"$PYRO" __markdown >"$TEST_DIR/commands.md"
is "docs/commands.md is fresh (make docs)" "$(diff docs/commands.md "$TEST_DIR/commands.md" 2>&1 | head -20)" ""
gone=$(for page in $(git ls-files '*.md'); do
    grep -oE '\]\([^)#]+' "$page" | cut -c3- | grep -v '^[a-z]*:' | while read -r link; do
        [[ -e $(dirname "$page")/$link ]] || echo "$page: $link"
    done
done)
is "every link in the documents leads somewhere" "$gone" ""
finish
