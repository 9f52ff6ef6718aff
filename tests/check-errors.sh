#!/bin/bash
# An error is passed on by pyro_copy() and changed by pyro_recode(), not through err, which may be NULL.
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t sources < <(git ls-files 'vmm/*.c' 'guest/*.c' 'engine/*.c' 'tui/*.c' | grep -v '^vmm/base/error\.c$')
check "there are sources" [ ${#sources[@]} -gt 10 ]
is "nothing is written through err" "$(grep -nE '(^|[^.>a-z_])(\*err|err->code) = ' "${sources[@]}")" ""
finish
