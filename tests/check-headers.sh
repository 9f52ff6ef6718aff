#!/bin/bash
# Every header compiles alone, so that including it is enough to use it. And what these checks do not build, the fuzz
# targets and the bench, still fits the code. An include guard says where its header is.
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t headers < <(git ls-files 'vmm/*.h' 'guest/*.h' 'engine/*.h' 'tui/*.h')
check "there are headers" [ ${#headers[@]} -gt 5 ]
flags=(-std=gnu11 -fsyntax-only -Wall -Wextra -I. -D_GNU_SOURCE -DPYRO_VERSION='""' -include vmm/base/banned.h)
for header in "${headers[@]}"; do
    [[ $header == vmm/base/banned.h ]] && continue
    check "$header" gcc "${flags[@]}" -include "$header" -x c /dev/null
done

# wrong_guard HEADER: the header and its include guard, unless that is PYRO_FILE_H or PYRO_ROOM_FILE_H, ROOM being a folder of its path.
wrong_guard() {
    local folders=${1%/*} file=${1##*/} guard
    file=${file%.h}
    guard=$(sed -n 's/^#ifndef //p;T;q' "$1")
    [[ $guard =~ ^PYRO_(($(tr a-z/ 'A-Z|' <<<"$folders"))_)?${file^^}_H$ ]] || echo "$1: $guard"
}
is "include guards are PYRO_FILE_H or PYRO_ROOM_FILE_H" "$(for header in "${headers[@]}"; do wrong_guard "$header"; done)" ""
is "each has its own" "$(sed -n 's/^#ifndef \(PYRO_[A-Z0-9_]*_H\)$/\1/p' "${headers[@]}" | sort | uniq -d)" ""
mapfile -t sources < <(git ls-files 'tests/fuzz/*.c' 'tests/bench/*.c')
check "there are sources that only other targets build" [ ${#sources[@]} -gt 5 ]
for source in "${sources[@]}"; do
    check "$source" gcc "${flags[@]}" -Werror=implicit-function-declaration -Werror=incompatible-pointer-types "$source"
done
finish
