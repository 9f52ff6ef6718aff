#!/bin/bash
# Every C file is as clang-format would write it, and no text file has trailing blanks, tabs for
# indentation in C, a missing last newline, or a path or host of one certain machine in it; every
# test is executable.
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t texts < <(git ls-files '*.c' '*.h' '*.sh' '*.mk' '*.md' '*.mjs' 'sdk/*' Makefile .ci/run)
check "there are sources" [ ${#sources[@]} -gt 10 ]
is "clang-format would change nothing (make format)" \
    "$(clang-format-19 --dry-run "${sources[@]}" 2>&1 | sed -n 's/: warning: .*//p' | head -20)" ""
# A transcript shows a prompt as it is: with the blank it ends in.
is "no trailing blanks" "$(grep -nE '[[:blank:]]+$' "${texts[@]}" | grep -vE '^docs/(shells|sdk).md:.*# $' | head)" ""
unended=$(for text in "${texts[@]}"; do
    [[ -s $text && -n $(tail -c1 "$text") ]] && echo "$text"
done)
is "files end with a newline" "$unended" ""
is "no path of one machine" "$(grep -nE '(^|[^A-Za-z0-9_.])/(work|root|home/[a-z]+)/' "${texts[@]}" |
    grep -v '^tests/check-format.sh' | head)" ""
is "no package mirror's name" "$(grep -niE '(deb|ftp|security|snapshot|cdn|mirrors?)[a-z0-9.-]*\.(debian|kernel|ubuntu)\.(org|com)' \
    "${texts[@]}" | grep -v '^tests/check-format.sh' | head)" ""
is "nothing is left for later in the text" "$(grep -nE '\b(TODO|FIXME|XXX)\b' "${texts[@]}" |
    grep -v '^tests/check-format.sh' | head)" ""
# npm writes the address of each package, unless it is told not to.
is "a package-lock.json names no registry" "$(git grep -l '"resolved"' -- '*package-lock.json')" ""
is "every test can be run" "$(git ls-files -s 'tests/check-*.sh' 'tests/cli/*.sh' 'tests/tui/*.sh' 'tests/vm/*.sh' \
    'tests/mcp/*.sh' 'tests/agents/*.sh' | grep -v '^100755')" ""
finish
