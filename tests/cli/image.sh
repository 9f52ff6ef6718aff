#!/bin/bash
# tests/cli/image.sh: pyro-image as a program: its sub-commands on inherited descriptors, its errors as
# JSON, and that it is locked in while it works. What images look like inside is tested by tests/unit.
cd "$(dirname "$0")/../.." || exit 1
source tests/lib.sh

IMAGE=$(dirname "$PYRO")/pyro-image
D=$TEST_DIR/d
mkdir -p "$D"

# Names as PAX records in UTF-8, composed and decomposed, and one that is not UTF-8: kept as they are.
python3 - "$D/names.tar" <<'EOF'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as t:
    for name in ["caf\u00e9", "cafe\u0301", "latin\udce9"]:
        i = tarfile.TarInfo(name)
        i.size = 1
        t.addfile(i, io.BytesIO(b"x"))
EOF
: >"$D/names.ext4"
"$IMAGE" tar-to-ext4 --size-bytes 16777216 --output-fd 3 <"$D/names.tar" 3<>"$D/names.ext4" >"$D/out"
is "tar-to-ext4: exit status" "$?" 0
is "tar-to-ext4: members" "$(json .members "$(cat "$D/out")")" 3
check "tar-to-ext4: clean file system" /sbin/e2fsck -fn "$D/names.ext4"
for name in $'caf\xc3\xa9' $'cafe\xcc\x81' $'latin\xe9'; do
    check "tar-to-ext4: name $(printf %q "$name")" \
        grep -qaF "/$name/" <(/sbin/debugfs -R 'ls -p' "$D/names.ext4" 2>/dev/null)
done

# Errors.
"$IMAGE" tar-to-ext4 --output-fd 3 <"$D/out" 3<>"$D/names.ext4" >"$D/error"
is "no tar: exit status" "$?" 1
is "no tar: code" "$(json .error.code "$(cat "$D/error")")" invalid_argument
is "one line" "$(wc -l <"$D/error")" 1
for wrong in 'tar-to-ext4' 'tar-to-ext4 --output-fd 77' 'tar-to-ext4 --output-fd x' 'nothing' '' \
    'tar-to-ext4 --bogus 1' 'tar-to-ext4 --output-fd'; do
    # shellcheck disable=SC2086
    run "$IMAGE" $wrong
    is "wrong use '$wrong'" "$status $(json .error.code)" "1 usage"
done

# Locked in: it waits for its input, and has no rights, filters its calls, and (root) is nobody.
mkfifo "$D/pipe"
"$IMAGE" tar-to-ext4 --size-bytes 16777216 --output-fd 3 <"$D/pipe" 3<>"$D/names.ext4" >/dev/null &
pid=$!
exec 9>"$D/pipe"
if [[ ${PYRO_SANITIZED:-} == 1 ]]; then
    skip "the jail: a sanitized program leaves it out"
else
    locked() { grep -q '^Seccomp:.2' "/proc/$pid/status"; }
    check "a filter on system calls" wait_for 10 locked
    check "no new privileges" grep -q '^NoNewPrivs:.1' "/proc/$pid/status"
    check "no capabilities" grep -q '^CapEff:.0000000000000000' "/proc/$pid/status"
    refute "not root" grep -q '^Uid:.0' "/proc/$pid/status"
fi
exec 9>&-
wait "$pid"

# A package, by the packagers' own tool.
mkdir -p "$D/deb/DEBIAN" "$D/deb/boot" "$D/deb/lib/modules/1/kernel/drivers/virtio"
printf 'Package: k\nVersion: 1\nArchitecture: amd64\nMaintainer: N <n@example.org>\nDescription: k\n' \
    >"$D/deb/DEBIAN/control"
echo kernel >"$D/deb/boot/vmlinuz-1"
echo secret >"$D/deb/boot/config-1"
modules=$D/deb/lib/modules/1
echo 'kernel/drivers/virtio/virtio_ring.ko' >"$modules/modules.builtin"
# A module: an ELF file with what it says of itself, compressed as its name says.
module() { # PATH DEPENDS ALIAS
    local file=$modules/kernel/$1
    mkdir -p "${file%/*}"
    printf 'license=GPL\0\0alias=%s\0depends=%s\0' "$3" "$2" >"$D/modinfo"
    objcopy -I binary -O elf64-x86-64 --rename-section .data=.modinfo "$D/modinfo" "${file%.ko*}.ko"
    case $file in *.xz) xz -f "${file%.xz}" ;; *.zst) zstd -q --rm "${file%.zst}" ;; esac
}
module drivers/virtio/virtio.ko virtio_ring virtio-bus
module drivers/block/virtio-blk.ko.xz virtio 'virtio:d00000002v*'
module fs/overlayfs/overlay.ko.zst '' fs-overlay
module drivers/other.ko virtio other
for compression in xz gzip zstd none; do
    dpkg-deb -Z"$compression" --root-owner-group -b "$D/deb" "$D/k.deb" >/dev/null
    "$IMAGE" unpack-kernel --kernel-fd 3 --modules-fd 4 --module virtio_blk --module overlay --module virtio_ring \
        --module nothing_such <"$D/k.deb" 3>"$D/vmlinuz" 4>"$D/modules" >"$D/result"
    is "unpack-kernel ($compression): exit status" "$?" 0
    is "unpack-kernel ($compression): the kernel" "$(cat "$D/vmlinuz")" kernel
    is "unpack-kernel ($compression): its version" "$(json .kernel_version "$(cat "$D/result")")" 1
    is "unpack-kernel ($compression): what is neither there nor built in" "$(json .missing "$(cat "$D/result")")" '["nothing_such"]'
    tr -c '[:print:]' '\n' <"$D/modules" >"$D/text"
    is "unpack-kernel ($compression): what is wanted, and what that needs" \
        "$(grep -E '^[a-z_]+\.ko$' "$D/text" | sort | tr '\n' ' ')" "overlay.ko virtio.ko virtio_blk.ko "
    is "unpack-kernel ($compression): who depends on whom" \
        "$(grep -E '^[a-z_]+:( |$)' "$D/text" | sort | tr '\n' ';')" "overlay:;virtio:;virtio_blk: virtio;"
    is "unpack-kernel ($compression): other names" "$(grep -E '^[^ ]+[^ :] [a-z_]+$' "$D/text" | sort | tr '\n' ';')" \
        'fs-overlay overlay;virtio-bus virtio;virtio:d00000002v* virtio_blk;'
done
head -c 600 "$D/k.deb" >"$D/cut.deb"
"$IMAGE" unpack-kernel --kernel-fd 3 --modules-fd 4 <"$D/cut.deb" 3>"$D/vmlinuz" 4>/dev/null >"$D/error"
is "unpack-kernel: a package cut short" "$? $(json .error.code "$(cat "$D/error")")" "1 invalid_argument"
printf '\177ELFnot really' >"$modules/kernel/drivers/virtio/virtio.ko"
dpkg-deb -Znone --root-owner-group -b "$D/deb" "$D/bad.deb" >/dev/null
"$IMAGE" unpack-kernel --kernel-fd 3 --modules-fd 4 --module virtio <"$D/bad.deb" 3>"$D/vmlinuz" 4>/dev/null >"$D/error"
is "unpack-kernel: a damaged module" "$? $(json .error.message "$(cat "$D/error")")" \
    "1 module virtio: not a kernel module, or a damaged one"

# An initramfs: the same bytes from the same input, a newc archive, its members.
for n in 1 2; do
    "$IMAGE" initramfs --output-fd 3 --init-fd 4 3>"$D/initramfs$n" 4<"$D/k.deb" <"$D/modules" >"$D/result"
    is "initramfs: exit status" "$?" 0
done
check "initramfs: the same each time" cmp "$D/initramfs1" "$D/initramfs2"
is "initramfs: newc" "$(head -c 6 "$D/initramfs1")" 070701
for member in init modules/virtio.ko modules/modules.dep modules/modules.alias dev/console newroot proc sys; do
    check "initramfs: $member" grep -qaF "$member" "$D/initramfs1"
done

# One file, compressed and back.
{ head -c 2000000 /dev/urandom && head -c 3000000 /dev/zero; } >"$D/plain"
packs() { "$IMAGE" zstd --output-fd 3 <"$D/plain" 3>"$1" >"$D/out"; }
unpacks() { "$IMAGE" unzstd --output-fd 3 --max-bytes "${2:-5000000}" <"$1" 3>"${3:-$D/back}" >"$D/out"; }
says() { is "$1" "$status $(json .error.code "$(cat "$D/out")")" "1 $2"; }
check "zstd: exit status" packs "$D/packed"
check "zstd: others read it" cmp -s <(zstd -dqc "$D/packed") "$D/plain"
check "unzstd: exit status" unpacks "$D/packed"
check "unzstd: the same bytes" cmp -s "$D/plain" "$D/back"
head -c 1000000 "$D/packed" >"$D/cut"
unpacks "$D/cut"; status=$?
says "unzstd: one that is cut short" record_invalid
cp "$D/packed" "$D/damaged"
printf XXXX | dd of="$D/damaged" bs=1 seek=5 conv=notrunc status=none
unpacks "$D/damaged"; status=$?
says "unzstd: a damaged one" invalid_argument
unpacks "$D/packed" 4999999; status=$?
says "unzstd: more than was agreed on" record_invalid
check "… and no more is written" [ "$(stat -c %s "$D/back")" -lt 5000000 ]
packs /dev/full; status=$?
says "zstd: a full disk" no_space
unpacks "$D/packed" 5000000 /dev/full; status=$?
says "unzstd: a full disk" no_space
finish
