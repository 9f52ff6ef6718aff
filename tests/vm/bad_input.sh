#!/bin/bash
# Disks that are not what they were, a flood that nobody may keep in memory, programs that are missing,
# commands that close what they were given: clear errors, bounded memory, nothing lost.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces
pyro=(timeout -k 5 300 "$PYRO")
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1

# one_line WHAT CODE: the error in $out and, without --json, on one line of stderr
one_line() {
    is "$1: code" "$(json .error.code)" "$2"
    is "$1: one line" "$(json .error.message | wc -l)" 1
}

# Only pyro itself is there.
mkdir "$TEST_DIR/empty"
run env PATH="$TEST_DIR/empty" "$PYRO" run debian:12-base --json -- true
is "no QEMU in PATH: status" "$status" 125
one_line "no QEMU in PATH" dependency_missing
like "no QEMU in PATH: what to do" "$(json .error.hint)" 'install the package'
run env PATH="$TEST_DIR/empty" "$PYRO" env pull debian:12-build
is "no mmdebstrap in PATH: status" "$status" 1
like "no mmdebstrap in PATH: one line, and what to do" "$err" 'pyro: pull debian:12-build: .*program not found \(.*\)$'

id=$("${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
"${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name v >/dev/null 2>&1
run "${pyro[@]}" workspace update v --name w --json
is "a name taken by another: status" "$status" 1
one_line "a name taken by another" name_taken
run "${pyro[@]}" workspace update w --name "$("${pyro[@]}" workspace status v --json | json .workspace_id "$(cat)")" --json
is "a name that is another's id: status" "$status" 1
one_line "a name that is another's id" name_taken
"${pyro[@]}" workspace delete v >/dev/null

# A flood, many times the bounds: it passes, and stays nowhere. (Sanitizers keep what is freed for a while.)
bound=$((${PYRO_SANITIZED:-0} ? 262144 : 32768))
supervisor=$(supervisor_of "$id")
cat >"$TEST_DIR/flood.py" <<'SCRIPT'
import resource, subprocess, sys
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
total = 0
while piece := p.stdout.read(1 << 20):
    total += len(piece)
print(total, p.wait(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
SCRIPT
run timeout 1200 python3 "$TEST_DIR/flood.py" "$PYRO" workspace exec w --timeout-seconds 0 -- head -c 268435456 /dev/zero
read -r total ended client <<<"$out"
is "a flood: all of it, and the status" "$total $ended" "268435456 0"
check "a flood: the client's memory is bounded ($client KiB)" [ "$client" -lt "$bound" ]
peak=$(awk '/^VmHWM:/ {print $2}' "/proc/$supervisor/status")
check "a flood: the supervisor's memory is bounded ($peak KiB)" [ "$peak" -lt "$bound" ]
kept=$(du -sk "$records/$id/commands" | cut -f1)
check "a flood: the history keeps its head ($kept KiB)" [ "$kept" -lt 16384 ]

run "${pyro[@]}" workspace exec w --timeout-seconds 2 -- sh -c 'exec <&- >&- 2>&-; sleep 60'
is "closes all it was given, and stays: its time runs out" "$status" 124
run "${pyro[@]}" workspace exec w -- sh -c 'sleep 60 & exit 5'
is "leaves a child that holds its output: the status comes at once" "$status" 5
run "${pyro[@]}" workspace exec w -- sh -c 'echo kept >file; sync'
"${pyro[@]}" workspace stop w >/dev/null

# The disk: cut, overwritten, gone, and one that would lead QEMU astray.
cp "$records/$id/disk.qcow2" "$TEST_DIR/disk"
broken_disk() {
    run "${pyro[@]}" workspace start w --json
    is "$1: start's status" "$status" 1
    like "$1: code" "$(json .error.code)" '^(record_invalid|io|vm_failed)$'
    like "$1: the disk is named" "$(json .error.message)" 'disk'
    run "${pyro[@]}" workspace status w --json
    like "$1: state" "$(json .state)" '^(failed|stopped)$'
    cp "$TEST_DIR/disk" "$records/$id/disk.qcow2"
}
truncate -s 50 "$records/$id/disk.qcow2"
broken_disk "a disk cut short"
head -c 262144 /dev/urandom >"$records/$id/disk.qcow2"
broken_disk "a disk of noise"
rm "$records/$id/disk.qcow2"
broken_disk "no disk"
qemu-img create -q -f qcow2 -o backing_file=/etc/passwd,backing_fmt=raw "$records/$id/disk.qcow2" 10G
broken_disk "a disk that names a file of the host"
run "${pyro[@]}" workspace start w
is "with its disk back it starts" "$status" 0
run "${pyro[@]}" workspace exec w -- cat file
is "with its disk back nothing is lost" "$out" kept
"${pyro[@]}" workspace stop w >/dev/null

# The image under the disk.
base=$(json .base_path "$(cat "$records/$id/workspace.json")")
mv "$base" "$TEST_DIR/base.ext4"
run "${pyro[@]}" workspace start w --json
is "no image under the disk: status" "$status" 1
like "no image under the disk: it is named" "$(json .error.message)" "$base"
mv "$TEST_DIR/base.ext4" "$base"
run "${pyro[@]}" workspace start w
is "with its image back it starts" "$status" 0

# Kernel and initramfs, in a copy of the cache.
mkdir -p "$TEST_DIR/cache/pyro"
cp -a "$XDG_CACHE_HOME/pyro/boot" "$XDG_CACHE_HOME/pyro/apt" "$XDG_CACHE_HOME"/pyro/*.json "$TEST_DIR/cache/pyro/"
find "$TEST_DIR/cache/pyro/boot" -type f -size +1M -exec truncate -s 1000 {} +
PYRO_ENVIRONMENT_CACHE_DIR=$XDG_CACHE_HOME/pyro/environments XDG_CACHE_HOME=$TEST_DIR/cache \
    run "${pyro[@]}" run debian:12-base --mem-mib 256 -- echo works
is "a kernel and an initramfs cut short: they are made again" "$out" works
"${pyro[@]}" workspace delete w >/dev/null

# Names that are no host names: the machine has what is nearest.
for name in A.b_c- "$(printf 'x%.0s' {1..64})"; do
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name "$name"
    is "the name $name" "$status" 0
    run "${pyro[@]}" workspace exec "$name" -- hostname
    wanted=${name//_/-}
    is "… in the machine" "$out" "${wanted:0:63}"
    "${pyro[@]}" workspace delete "$name" >/dev/null
done
is "nothing is left" "$(ls -A "$records")" .lock
finish
