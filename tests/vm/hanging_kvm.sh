#!/bin/bash
# A /dev/kvm that takes virtual machines and then hangs or fails: pyro comes out of that by itself, once
# for each boot of the host. Only a machine that has such a device can show it; check-kvm shows the other
# case, a KVM that works.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
E=debian:12

# Whether the verdict was written again shows in its inode and times.
version() {
    stat -c '%i %y' "$verdict" 2>/dev/null
}

if [[ ! -w /dev/kvm ]]; then
    skip "this machine has no /dev/kvm to hang under"
    finish
fi
# A cache of its own: scripts that run at the same time would write the verdict again when they find none, and
# would wait for a guest that cannot boot when they find the false one.
"$PYRO" env pull $E >/dev/null 2>&1
own_cache $E
PYRO_CHECK_TEMPLATES=now
verdict=$XDG_CACHE_HOME/pyro/accel.json
rm -f "$verdict"
run "$PYRO" run $E --json -- true
is "the first run works, whatever KVM is worth" "$status" 0
if [[ $(json .accelerator) == kvm ]]; then
    skip "this machine's KVM works"
    finish
fi
is "the first run is emulated" "$(json .accelerator)" tcg
is "the verdict is kept" "$(json .usable "$(cat "$verdict")")" false
run "$PYRO" doctor
like "doctor tells" "$out" 'KVM: exists=yes readable=yes writable=yes usable=no'
like "doctor names the accelerator" "$out" 'Accelerator: tcg'
like "doctor says why" "$out" 'KVM is not used: [a-z]'
refute "doctor ends each sentence once" grep -q '[^.]\.\.\( \|$\)' <<<"$out"
first=$(version)
run "$PYRO" run $E --json -- true
is "the second run works" "$status" 0
is "the second run asks nothing of KVM" "$(version)" "$first"
PYRO_REQUIRE_KVM=1 run "$PYRO" run $E --json -- true
is "who requires KVM gets an error" "$(json .error.code)" kvm_required

# After a reboot, or with another device, all may be different.
sed -i 's/"boot_id":"[^"]*"/"boot_id":"00000000-0000-0000-0000-000000000000"/' "$verdict"
run "$PYRO" run $E --json -- true
is "the first run of another boot works" "$status" 0
like "and judges again" "$(json .for.boot_id "$(cat "$verdict")")" "$(cat /proc/sys/kernel/random/boot_id)"

# The quick probe may be passed by a KVM under which a whole guest cannot live: here it is said to have
# been. The template's boot is given up and emulation serves instead. That is remembered: at once where QEMU
# died of it, the second time in a row where the guest was silent.
sed -i 's/"usable":false/"usable":true/; s/"reason":"[^"]*"/"reason":null/' "$verdict"
run "$PYRO" run $E --json -- true
is "a guest that cannot live does no harm" "$status" 0
is "it is run emulated" "$(json .accelerator)" tcg
[[ $(json .usable "$(cat "$verdict")") == false ]] || "$PYRO" run $E -- true
is "and KVM is not used again" "$(json .usable "$(cat "$verdict")")" false
like "the verdict says why" "$(json .reason "$(cat "$verdict")")" '[a-z]'
first=$(version)
run "$PYRO" run $E -- true
is "the next run works" "$status" 0
is "and pays nothing for it" "$(version)" "$first"
finish
