#!/bin/bash
# Every header compiles alone, so that including it is enough to use it. And what these checks do not build, the fuzz
# targets and the bench, still fits the code.
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t headers < <(git ls-files 'vmm/*.h' 'guest/*.h' 'engine/*.h' 'tui/*.h')
check "there are headers" [ ${#headers[@]} -gt 5 ]
flags=(-std=gnu11 -fsyntax-only -Wall -Wextra -I. -D_GNU_SOURCE -DPYRO_VERSION='""' -include vmm/base/banned.h)
for header in "${headers[@]}"; do
    [[ $header == vmm/base/banned.h ]] && continue
    check "$header" gcc "${flags[@]}" -include "$header" -x c /dev/null
done
mapfile -t sources < <(git ls-files 'tests/fuzz/*.c' 'tests/bench/*.c')
check "there are sources that only other targets build" [ ${#sources[@]} -gt 5 ]
for source in "${sources[@]}"; do
    check "$source" gcc "${flags[@]}" -Werror=implicit-function-declaration -Werror=incompatible-pointer-types "$source"
done
finish
