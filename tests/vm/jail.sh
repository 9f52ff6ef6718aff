#!/bin/bash
# What the QEMU of a running machine has in its hands: the active layer, and nothing else, can be
# written. The jail itself is tried in tests/unit/vmm/test_inmate.c.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 600 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }

run "${pyro[@]}" doctor
belts=$(grep '^Jail: ' <<<"$out")
for belt in 'read-only mounts' 'call filter' landlock; do # in force, or missing on this host
    like "doctor tells each belt: $belt" "$belts" "$belt"
done

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id
member() { json "$1" "$(cat "$dir/workspace.json")"; }
writable() { tests/vm/writable.py "$(member .vm_pid)" "$dir" | grep qcow2; }
base=$(member .base_path)

is "the image has no write bit" "$(stat -c %A "$base" | tr -d -c w)" ""
is "both filters are in force" "$(awk '/^Seccomp_filters:/ { print $2 }' "/proc/$(member .vm_pid)/status")" 2
is "a new machine writes to its one layer" "$(writable)" disk.qcow2

ws snapshot create w a >/dev/null
layer=$(writable)
like "after a snapshot it writes to the new one alone" "$layer" '^layers/[0-9]+\.qcow2$'
is "… and the one below has no write bit" "$(stat -c %A "$dir/disk.qcow2" | tr -d -c w)" ""
ws exec w -- sh -c 'echo one >one; sync'
ws snapshot create w b >/dev/null
ws exec w -- sh -c 'echo two >two; sync'
# Without its name the layer of b takes in the one above: for that time, both can be written.
ws snapshot delete w b >/dev/null
joined() { [[ $(find "$dir" -name '*.qcow2' | wc -l) -eq 2 && $(writable | wc -l) -eq 1 ]]; }
wait_for 60 joined && pass "after joining two layers, one can be written again"
is "… in which all was kept" "$(ws exec w -- sh -c 'echo three >three; cat one two three')" $'one\ntwo\nthree'

# A hostile QEMU holds every lock on the image that its read-only descriptor is good for.
coproc locker { tests/vm/lock_out.py "$base"; }
read -r -u "${locker[0]}" said
is "the image is locked" "$said" locked
run "${pyro[@]}" run debian:12-base -- echo started
is "locks on the image keep nobody out" "$out" started
run ws stop w
run ws start w
is "nor a start: status" "$status" 0
is "the active layer can be written, and no other" "$(writable | wc -l)" 1
if [[ ${belts%%missing*} == *'read-only mounts'* ]]; then
    # Through a mount that is nowhere attached, a file shows no path.
    is "what it only reads it has through mounts of their own" \
        "$(readlink "/proc/$(member .vm_pid)/fd/"* | grep -E 'qcow2|ext4' | sort -u)" "$dir/$(writable)"
fi
eval "exec ${locker[1]}>&-"
wait

ws delete w >/dev/null
finish
