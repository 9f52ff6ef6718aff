#!/bin/bash
# What a guest writes takes memory once: its template's memory, which all clones share, does not grow with it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

# The space that the template's memory takes, in MiB, as this QEMU has it.
shared_mib() {
    local fd
    for fd in "/proc/$1/fd/"*; do
        [[ $(readlink "$fd") == /memfd:pyro-memory-* ]] || continue
        echo $(($(stat -Lc %b "$fd") / 2048))
        return
    done
}

"$PYRO" env pull debian:12-base >/dev/null 2>&1
id=$("$PYRO" workspace create debian:12-base --mem-mib 384 --name w --id-only 2>/dev/null)
qemu=$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json")")
before=$(shared_mib "$qemu")
check "the template's memory is found" [ "${before:-0}" -gt 10 ]
check "most of it is holes" [ "${before:-384}" -lt 250 ]
run timeout 600 "$PYRO" workspace exec w --timeout-seconds 500 -- \
    sh -c 'mount -t tmpfs none /mnt; head -c 100M /dev/zero | tr "\0" x >/mnt/x; cksum </mnt/x'
is "the guest fills memory" "$out" "$(head -c 100M /dev/zero | tr '\0' x | cksum)"
after=$(shared_mib "$qemu")
check "which takes none of its template's" [ "$((after - before))" -lt 20 ]
# All that QEMU has mapped from the beginning to the end of its RAM.
is "the guest's new memory has no huge pages, and no dump would hold it" "$(python3 - "$qemu" <<'EOF'
import re, sys
areas = []
for line in open(f"/proc/{sys.argv[1]}/smaps"):
    if re.match("[0-9a-f]+-", line):
        areas.append({"name": line})
    else:
        name, value = line.split(":", 1)
        areas[-1][name] = value.split()
of_template = [i for i, area in enumerate(areas) if "memfd:pyro-memory-" in area["name"]]
ram = areas[of_template[0]:of_template[-1] + 1]
anonymous = [area for area in ram if "memfd" not in area["name"]]
print(len(anonymous) > 0, sum(int(area["AnonHugePages"][0]) for area in ram),
      all("dd" in area["VmFlags"] for area in ram))
EOF
)" "True 0 True"
run "$PYRO" workspace delete w
is "delete" "$status" 0
finish
