#!/bin/bash
# QEMU killed in the middle of writes: the workspace is failed and says why, the disk is a file system
# that its journal makes clean, what was fsynced before is there, and start goes on from it.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces
pyro=(timeout -k 5 300 "$PYRO")
kills=${KILLS:-20}
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"

# A copy of the disk as the guest sees it, chain and all, each node named: $raw
copy_disk() {
    raw=$TEST_DIR/disk.raw
    qemu-img convert -O raw "json:$(python3 -c '
import json, sys
dir = sys.argv[1]
base = json.load(open(dir + "/workspace.json"))["base_path"]
print(json.dumps({"driver": "qcow2", "file": {"driver": "file", "filename": dir + "/disk.qcow2"},
    "backing": {"driver": "raw", "read-only": True, "file": {"driver": "file", "filename": base}}}))' "$records/$id")" "$raw"
}

# Whether a process waits at the supervisor's socket, or has ended.
has_asked() {
    process_has_ended "$1" || readlink /proc/"$1"/fd/* 2>/dev/null | grep -q '^socket:'
}

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$("${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
like "create" "$id" '^[0-9a-f]+$'

# Names appear, move and go, contents grow; a number is said when all of its round is on the disk.
cat >"$TEST_DIR/writer" <<'SCRIPT'
i=$(cat last 2>/dev/null || echo 0)
while :; do
    i=$((i + 1))
    mkdir -p "d$((i % 7))"
    { echo "$i"; head -c $((i % 5 * 60000)) /dev/zero; } >"d$((i % 7))/f$i.new"
    mv "d$((i % 7))/f$i.new" "d$((i % 7))/f$i"
    rm -f "d$(((i - 9) % 7))/f$((i - 9))"
    echo "$i" >last
    sync "d$((i % 7))/f$i" last "d$((i % 7))"
    echo "$i"
done
SCRIPT
"${pyro[@]}" workspace exec w -- sh -c 'cat >/workspace/writer; sync' <"$TEST_DIR/writer" 2>/dev/null

unclean=0 lost=0 not_failed=0 not_started=0 quiet=0
for ((k = 0; k < kills; k++)); do
    : >"$TEST_DIR/said"
    "${pyro[@]}" workspace exec w --json --timeout-seconds 0 -- true >/dev/null 2>&1
    "${pyro[@]}" workspace exec w --timeout-seconds 0 -- sh writer >"$TEST_DIR/said" 2>"$TEST_DIR/exec.err" &
    writer=$!
    wait_for 30 test -s "$TEST_DIR/said" || break
    sleep "0.$((RANDOM % 6))" # the moment of the fault is what is varied
    kill_process "$(json .vm_pid "$(cat "$records/$id/workspace.json")")"
    wait "$writer"
    [[ $? -eq 125 ]] || quiet=$((quiet + 1))
    run "${pyro[@]}" workspace status w --json
    [[ $(json .state) == failed && $(json .last_error) == *'killed by signal 9'* ]] ||
        { not_failed=$((not_failed + 1)); echo "$out $err"; }
    copy_disk
    e2fsck -y -E journal_only "$raw" >"$TEST_DIR/fsck" 2>&1
    e2fsck -fn "$raw" >>"$TEST_DIR/fsck" 2>&1 || { unclean=$((unclean + 1)); cat "$TEST_DIR/fsck"; }
    run "${pyro[@]}" workspace start w
    [[ $status -eq 0 ]] || { not_started=$((not_started + 1)); echo "$err"; }
    last=$(tail -n 1 "$TEST_DIR/said")
    run "${pyro[@]}" workspace exec w -- sh -c "head -n 1 d$((last % 7))/f$last; cat last"
    # The round after the last that was said may be on the disk as well.
    [[ ${out%%$'\n'*} == "$last" && ${out##*$'\n'} -ge $last ]] || { lost=$((lost + 1)); echo "wanted $last: $out $err"; }
done
is "all kills happened" "$k" "$kills"
is "the command's caller was told, status 125" "$quiet" 0
like "…and why" "$(cat "$TEST_DIR/exec.err")" '^pyro: the VM ended: QEMU was killed by signal 9'
is "failed, with the reason" "$not_failed" 0
is "the journal replays to a clean file system" "$unclean" 0
is "start recovers" "$not_started" 0
is "what was synced is there" "$lost" 0

# A clean stop needs no journal.
run "${pyro[@]}" workspace stop w
is "stop: status" "$status" 0
copy_disk
superblock=$(dumpe2fs -h "$raw" 2>/dev/null)
like "stop leaves the file system clean" "$superblock" 'Filesystem state: +clean'
refute "stop leaves no journal to replay" grep -q needs_recovery <<<"$superblock"
check "stop leaves nothing to repair" e2fsck -fn "$raw" >/dev/null 2>&1
run "${pyro[@]}" workspace start w
run "${pyro[@]}" workspace exec w -- dmesg
refute "the next start recovers nothing" grep -qiE 'recovery (required|complete)|orphan' <<<"$out"

# A machine that has died, and its supervisor has not seen it yet.
supervisor=$(supervisor_of "$id")
kill -STOP "$supervisor"
kill_process "$(json .vm_pid "$(cat "$records/$id/workspace.json")")"
"$PYRO" workspace start w >/dev/null 2>"$TEST_DIR/start.err" &
starter=$!
wait_for 30 has_asked "$starter"
kill -CONT "$supervisor"
wait "$starter"
is "start beside a death that nobody has seen" "$?$(cat "$TEST_DIR/start.err")" 0
run "${pyro[@]}" workspace exec w -- echo here
is "…starts another machine" "$status $out" "0 here"

# Several deaths that QEMU brings about itself.
run "${pyro[@]}" workspace exec w -- sh -c 'echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger'
is "a kernel panic: the command's end" "$status" 125
run "${pyro[@]}" workspace status w --json
is "a kernel panic: failed" "$(json .state)" failed
run "${pyro[@]}" workspace start w
is "a kernel panic: start" "$status" 0
run "${pyro[@]}" workspace delete w
is "delete" "$status" 0
is "nothing is left" "$(ls -A "$records")" .lock
finish
