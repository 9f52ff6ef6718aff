#!/bin/bash
# Containers inside a machine: podman, from Debian's own packages, runs in a debian:12 workspace, with the
# kernel's modules that it asks for (overlay, veth, bridge, nf_tables, …) loaded when it does.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 600 "$PYRO")
in_guest() { run "${pyro[@]}" workspace exec c --timeout-seconds 600 -- bash -c "$1"; }
check "the environment is there" "${pyro[@]}" env pull debian:12
"${pyro[@]}" workspace create debian:12 --name c --mem-mib 1024 >/dev/null

# ---- modules ----

# A kernel may have some of them built in, as 6.12 has virtio.
in_guest 'cut -d " " -f 1 /proc/modules | grep -vx -e virtio -e virtio_blk -e virtio_console -e virtio_mmio -e virtio_ring'
is "nothing is loaded at first but what a machine needs" "$out" ""
in_guest 'exec 3<>/dev/net/tun 4<>/dev/fuse && truncate -s 8M /var/tmp/image && losetup -f /var/tmp/image &&
    cd "$(mktemp -d)" && mkdir lower upper work merged && mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged &&
    echo done'
is "a driver comes when its device is opened, a file system when it is mounted" "$out" "done"
in_guest 'unshare --net bash -c "exec 3<>/dev/net/tun; echo there"; mount -t nothing_such x /mnt; echo $?'
like "what is not there is not found" "$out" '^there.*32$'
in_guest 'cat /proc/sys/fs/inotify/max_user_watches'
is "inotify watches" "$out" 524288

# ---- podman: what the machine lacks of it, by the host's apt, which knows where packages come from ----

if [[ -z ${LONG:-} ]]; then
    skip "podman: it takes minutes (make check-long)"
    "${pyro[@]}" workspace delete c >/dev/null
    finish
fi
debs=$XDG_CACHE_HOME/podman-debs
apt=(apt-get -c "$XDG_CACHE_HOME/pyro/apt/apt.conf" -o "Dir::State::status=$TEST_DIR/status" -qq)
fetch() {
    "${pyro[@]}" workspace exec c -- cat /var/lib/dpkg/status >"$TEST_DIR/status" 2>/dev/null
    mkdir -p "$debs"
    [[ -e $debs/complete ]] && return
    names=$("${apt[@]}" --dry-run --no-install-recommends install podman crun iptables 2>&1 | awk '/^Inst/ { print $2 }')
    # shellcheck disable=SC2086
    [[ -n $names ]] && (cd "$debs" && "${apt[@]}" download $names) && touch "$debs/complete"
}
if ! fetch >"$TEST_DIR/log" 2>&1; then
    skip "podman: its packages cannot be had here: $(tail -1 "$TEST_DIR/log")"
    "${pyro[@]}" workspace delete c >/dev/null
    finish
fi
"${pyro[@]}" workspace sync push c "$debs" --dest debs >/dev/null
in_guest 'dpkg --force-unsafe-io -i debs/*.deb >/tmp/log 2>&1 || tail -5 /tmp/log; podman --version'
like "podman is installed" "$out" '^podman version 4'
# The machine's own root, with a layer over it, is the container's.
in_guest 'podman run --rm --network none --rootfs /:O sh -c "echo inside; touch /made; hostname" && ls /made'
like "a container runs, over a root that stays as it is" "$out" $'^inside\n[0-9a-f]{12}$'
in_guest 'podman run --rm --rootfs /:O sh -c "cat /proc/net/route | wc -l; ls /sys/class/net | tr \"\\n\" \" \""'
like "a container with a network of its own" "$out" $'^[23]\neth0 lo $'
"${pyro[@]}" workspace delete c >/dev/null
finish
