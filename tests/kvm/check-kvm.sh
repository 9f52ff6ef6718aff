#!/bin/bash
# tests/kvm/check-kvm.sh: tests the KVM path on a machine without a usable KVM.
#
# QEMU's emulator knows AMD's virtualization (SVM), slow but complete: a VM that it runs has a
# working /dev/kvm. This script puts together the disk of such a VM and runs tests/kvm/inside.sh in
# it. The VM's kernel and modules are Debian's cloud kernel, its programs copies of this machine's own
# (those that pyro and the tests need), and debian:12-base lies in its cache: no network inside.
#
#   PYRO             the program under test (build/pyro); pyro-image stands beside it
#   TEST_BUILD       where tests/unit/vmm/test_inmate was built (build/plain)
#   PYRO_TEST_CACHE  where the environment and the kernel stay between runs (build/test-cache)
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${PYRO:=$PWD/build/pyro}" "${TEST_BUILD:=build/plain}" "${PYRO_TEST_CACHE:=$PWD/build/test-cache}"
WORK=$PWD/build/kvm
INMATE=$PWD/$TEST_BUILD/tests/unit/vmm/test_inmate
CACHE=$PYRO_TEST_CACHE/pyro
ROOT=$WORK/root
LIMIT_SECONDS=${LIMIT_SECONDS:-1800}
ENVIRONMENT=debian:12-base
MODULES=(virtio_ring virtio virtio_mmio virtio_blk irqbypass kvm kvm_amd)
PROGRAMS=(bash cat chgrp chmod chown cut date env grep head ls mkdir mktemp mv nproc ps rm sed
    setpriv sleep sort stat tail timeout tr true uname wc qemu-system-x86_64 qemu-img)
FIRMWARE=(bios-microvm.bin kvmvapic.bin linuxboot_dma.bin pvh.bin qboot.rom)

say() {
    printf 'check-kvm: %s (%ds)\n' "$1" "$SECONDS"
}

# fetch_kernel APT_OPTION…: Debian's current one, unless it is there.
fetch_kernel() {
    local package
    package=$(apt-cache "$@" depends linux-image-cloud-amd64 2>"$WORK/apt.log" |
        sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p') || true
    [[ -n $package ]] || return 1
    if [[ -e $KERNEL/$package ]]; then
        return 0
    fi
    rm -rf "$KERNEL" && mkdir -p "$KERNEL/tmp"
    (cd "$KERNEL/tmp" && apt-get "$@" -q download "$package") >"$WORK/apt.log" 2>&1 || return 1
    # shellcheck disable=SC2046
    "${PYRO%/*}/pyro-image" unpack-kernel --kernel-fd 3 --modules-fd 4 \
        $(printf -- '--module %s ' "${MODULES[@]}") \
        <"$(echo "$KERNEL"/tmp/*.deb)" 3>"$KERNEL/vmlinuz" 4>"$KERNEL/modules.tree" >"$WORK/apt.log" || return 1
    rm -rf "$KERNEL/tmp"
    touch "$KERNEL/$package"
}

# By the machine's package lists; when it has none, or old ones, by those that pyro keeps.
get_kernel() {
    local own=(-c "$CACHE/apt/apt.conf")
    fetch_kernel -q || fetch_kernel "${own[@]}" ||
        { apt-get "${own[@]}" -q update >"$WORK/apt.log" 2>&1 && fetch_kernel "${own[@]}"; } || {
        cat "$WORK/apt.log"
        return 1
    }
}

make_initramfs() {
    gcc -static -O2 -Wall -Wextra -o "$WORK/init" tests/kvm/init.c
    "${PYRO%/*}/pyro-image" initramfs --output-fd 3 --init-fd 4 \
        3>"$WORK/initramfs" 4<"$WORK/init" <"$KERNEL/modules.tree" >/dev/null
}

# A program, with the libraries that it is linked to, as the loader will look for them.
copy_programs() {
    local program path
    for program; do
        path=$(type -P "$program") || continue
        echo "$path"
        { ldd "$path" || true; } 2>/dev/null | grep -o '/[^ ]*'
    done | sort -u | while read -r path; do
        path=$(realpath "${path%/*}")/${path##*/}
        cp -L --parents "$path" "$ROOT"
    done
}

make_root() {
    local path
    rm -rf "$ROOT"
    mkdir -p "$ROOT"/usr/{bin,sbin,lib,lib64} "$ROOT"/{dev,proc,sys,run,tmp,root,etc,check} \
        "$ROOT"/var/tmp "$ROOT/check/home/cache/environments"
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$ROOT"
    ln -s bash "$ROOT/usr/bin/sh"
    copy_programs "${PROGRAMS[@]}" "$PYRO" "${PYRO%/*}/pyro-image" "$INMATE"
    for path in "${FIRMWARE[@]}"; do
        cp -L --parents "/usr/share/qemu/$path" "$ROOT"
    done
    printf '%s\n' root:x:0:0::/root:/bin/sh user:x:1000:1000::/tmp:/bin/sh \
        nobody:x:65534:65534::/:/bin/sh >"$ROOT/etc/passwd"
    printf '%s\n' root:x:0: kvm:x:104:user user:x:1000: nogroup:x:65534: >"$ROOT/etc/group"
    cp "$PYRO" "${PYRO%/*}/pyro-image" "$INMATE" tests/lib.sh tests/kvm/inside.sh "$ROOT/check"
    cp -r "$CACHE/boot" "$ROOT/check/home/cache"
    cp -r --sparse=always "$CACHE/environments/${ENVIRONMENT/:/@}"* "$ROOT/check/home/cache/environments"
}

make_disk() {
    rm -f "$WORK/disk.ext4"
    PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext4 -O ^has_journal -E root_owner=0:0 \
        -d "$ROOT" "$WORK/disk.ext4" 6g >/dev/null
    rm -rf "$ROOT"
}

# One processor: with two it was seen to lock up, both spinning, while a machine ran inside it.
run_vm() {
    timeout -k 5 "$LIMIT_SECONDS" qemu-system-x86_64 \
        -M microvm,rtc=on,pit=on,pic=on -accel tcg,thread=multi,tb-size=512 \
        -cpu max,+svm,+npt -smp 1 -m 3072 -nodefaults -no-user-config -display none -no-reboot \
        -serial stdio -kernel "$KERNEL/vmlinuz" -initrd "$WORK/initramfs" \
        -append "console=ttyS0 quiet loglevel=3 reboot=t panic=-1 rdinit=/init tsc=reliable \
            no_timer_check random.trust_cpu=on mitigations=off \
            tsc_early_khz=$("$WORK/init")" \
        -drive "if=none,id=disk,file=$WORK/disk.ext4,format=raw,cache=unsafe" \
        -device virtio-blk-device,drive=disk </dev/null | stdbuf -o0 tr -d "\r" | tee "$WORK/console.log" | stamped
}

# Each line with the second it came at.
stamped() {
    local line
    while IFS= read -r line; do
        printf '%4ds %s\n' "$SECONDS" "$line"
    done
}

mkdir -p "$WORK" "$PYRO_TEST_CACHE"
# One kernel for all runs, the newest.
KERNEL=$PYRO_TEST_CACHE/kvm-kernel
unset PYRO_HOME PYRO_ENVIRONMENT_CACHE_DIR
say "the environment"
export XDG_CACHE_HOME=$PYRO_TEST_CACHE XDG_DATA_HOME=$WORK/data
{
    "$PYRO" env pull "$ENVIRONMENT" &&
        # The first run on this machine fetches the kernel that pyro boots.
        { [[ -n $(compgen -G "$CACHE/boot/kernel-*") ]] || "$PYRO" run "$ENVIRONMENT" -- true; }
} >"$WORK/pull.log" 2>&1 || {
    cat "$WORK/pull.log"
    exit 1
}
say "the kernel"
get_kernel
say "the disk"
make_initramfs
make_root
make_disk
say "the virtual machine"
run_vm || true
say "done"
# A run that does not reach its last line has failed.
read -r passed failed < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$WORK/console.log" |
    tail -1) || { passed=0 failed=1 && echo "the virtual machine ended early"; }
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
