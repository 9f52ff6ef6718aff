#!/bin/bash
# The guest program as PID 1, in a VM of plain QEMU: tests/vm/guest_vm.c does the work, this gives it
# a kernel and a root file system.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
: "${TEST_BUILD:=build/plain}"

"$PYRO" env pull debian:12-base >"$TEST_DIR/pull" 2>&1 || cat "$TEST_DIR/pull"
cache=$XDG_CACHE_HOME/pyro
kernel=$(ls -d "$cache"/boot/kernel-*/ | sort -V | tail -1)
base=$(ls -d "$cache"/environments/*/base.ext4 "$cache"/environments/*/*/base.ext4 2>/dev/null | head -1)
mkdir "$TEST_DIR/assets"
ln -s "${kernel%/}/vmlinuz" "${kernel%/}/modules.tree" "$base" "$TEST_DIR/assets/"
for group in $(PYRO_TEST_ASSETS=$TEST_DIR/assets "$TEST_BUILD/tests/vm/guest_vm" 2>&1 | tee "$TEST_DIR/log" |
    sed -n 's/^\[\(       OK\|  FAILED\) *\] \([a-z_]*\)$/\1:\2/p' | tr -d ' '); do
    is "${group#*:}" "${group%%:*}" OK
done
like "all of them ran" "$(tail -3 "$TEST_DIR/log")" 'PASSED'
[[ $failed -eq 0 ]] || cat "$TEST_DIR/log"
finish
