#!/bin/bash
# Every header compiles alone, so that including it is enough to use it.
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t headers < <(git ls-files 'vmm/*.h' 'guest/*.h' 'engine/*.h' 'tui/*.h')
check "there are headers" [ ${#headers[@]} -gt 5 ]
for header in "${headers[@]}"; do
    [[ $header == vmm/base/banned.h ]] && continue
    check "$header" gcc -std=gnu11 -fsyntax-only -Wall -Wextra -I. -D_GNU_SOURCE -DPYRO_VERSION='""' \
        -include vmm/base/banned.h -include "$header" -x c /dev/null
done
finish
