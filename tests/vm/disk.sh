#!/bin/bash
# The disk of a stopped workspace from the host: list, read, export, beside debugfs, qemu-img and
# e2fsck; and what a damaged disk makes of it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec w --timeout-seconds 60 -- sh -c "$1"; }
export PATH=$PATH:/sbin:/usr/sbin

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
# The page cache is the host's: a machine that starts must not drop what all others read as well.
base=$("${pyro[@]}" env inspect debian:12-base --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["install_dir"])')/base.ext4
cat "$base" >/dev/null
id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
check "a start leaves its environment in the page cache" python3 tests/vm/in_page_cache.py "$base"
dir=$XDG_DATA_HOME/pyro/workspaces/$id

for what in "disk list w" "disk read w f" "disk export w --output $TMPDIR/no"; do
    # shellcheck disable=SC2086
    run ws $what --json
    is "of a running workspace: $what" "$status $(json .error.code)" "1 workspace_state"
done
refute "which leaves nothing" [ -e "$TMPDIR/no" ]

# Content that is in several layers; names and types of every kind.
guest 'mkdir -p d/e; echo one >d/e/f; ln -s ../f d/link; ln -s "$(printf %0200d 7)" long; mkfifo fifo
    printf "a\0b\377" >binary; printf "h\303\251llo" >text; touch "$(printf "n\344me")"
    i=0; while [ $i -lt 300 ]; do : >"d/many-$i"; i=$((i + 1)); done
    dd if=/dev/zero of=sparse bs=1 count=1 seek=20000000 2>/dev/null; seq 200000 >numbers; cp numbers moved'
guest 'chmod 4750 binary; touch -d @1700000000.25 binary'
ws snapshot create w a >/dev/null
guest 'echo two >d/e/f; rm d/many-7; seq 5 >>numbers; mv moved d/moved'
ws snapshot create w b >/dev/null
guest 'mount --bind / /mnt; mkdir -p /mnt/run/pyro-secrets/deep; echo hidden-word >/mnt/run/pyro-secrets/deep/KEY
    echo kept >/mnt/run/other; umount /mnt; sha256sum numbers | cut -d" " -f1 >sum'
ws stop w >/dev/null

run ws disk list w --json
is "list" "$(json .path) $(json .artifact_type) $(json .entries[0].path) $(json .entries[0].artifact_type)" \
    "/workspace directory /workspace/binary file"
is "list: mode and time" "$(json .entries[0].mode) $(json .entries[0].modified_at)" "104750 1700000000.25"
like "list: a name that is not UTF-8" "$(json .entries)" '/workspace/n.{1,8}me'
run ws disk read w '"/workspace/n\344me"' --json
is "a name that is not UTF-8 can be given as it is listed" "$status $(json .path) $(json .size_bytes)" '0 "/workspace/n\344me" 0'
run ws disk list w '"/workspace/n\344me"' --json
is "a name that is not UTF-8 is told as it is listed" "$status $(json .path) $(json .entries[0].path)" \
    '0 "/workspace/n\344me" "/workspace/n\344me"'
for what in list read; do
    run ws disk "$what" w nothing --json
    is "what is not there: $what" "$(json .error.code) $(json .error.hint)" "file_not_found see 'pyro workspace disk list'"
done
run ws disk list w d --recursive --json
is "list --recursive" "$(json .entries | python3 -c '
import json, sys
e = json.load(sys.stdin)
p = [x["path"] for x in e]
print(len(e), p == sorted(p), "/workspace/d/many-7" in p, "/workspace/d/e/f" in p)')" "303 True False True"
run ws disk list w d --limit 3 --json
is "list: a part" "$(json .entries | grep -o '"path"' | wc -l) $(json .truncated)" "3 true"
run ws disk list w d --limit 1000 --cursor "$(json .next_cursor)" --json
is "list: the rest" "$(json .entries | grep -o '"path"' | wc -l) $(json .truncated)" "299 false"
run ws disk list w d/link --json
is "list of a link" "$(json .entries[0].artifact_type) $(json .entries[0].link_target)" "symlink ../f"
run ws disk list w long --json
is "a long link" "$(json .entries[0].link_target)" "$(printf %0200d 7)"
run ws disk list w fifo
like "list of a FIFO" "$out" '/workspace/fifo \[other\] size=0'
run ws disk read w d/e/f
is "read" "$out" two
like "read: its line" "$err" "^\[workspace-disk-read\] workspace_id=$id path=/workspace/d/e/f size_bytes=4 max_bytes=65536 truncated=False"
run ws disk read w text --max-bytes 2 --json
is "a cut between characters" "$(json .content) $(json .truncated) $(json .size_bytes)" "h true 6"
run ws disk read w binary --json
is "a binary file as text" "$status $(json .error.code)" "1 wrong_file_type"
ws disk read w binary --content-only >"$TMPDIR/binary" 2>/dev/null
is "and its bytes" "$(od -An -tx1 "$TMPDIR/binary" | tr -d " ")" 610062ff
ws disk read w numbers --content-only --max-bytes 8000000 >"$TMPDIR/numbers" 2>/dev/null
ws disk read w numbers --content-only >"$TMPDIR/all" 2>/dev/null
check "all of it without a number" cmp "$TMPDIR/all" "$TMPDIR/numbers"
run ws disk read w numbers --output "$TMPDIR/written" --json
check "into a file" cmp "$TMPDIR/written" "$TMPDIR/numbers"
run ws disk read w numbers --offset 2 --max-bytes 3 --json
is "read: what is there, and what is left" "$(json .offset) $(json .next_offset) $(json .left_bytes)" \
    "2 5 $(($(json .size_bytes) - 5))"
run ws disk read w numbers --content-only --offset 2 --max-bytes 3
is "a part, and that it is one" "$out${err%%:*}${err##*is}" "$(tail -c +3 "$TMPDIR/numbers" | head -c 3)pyro truncated: it has $(stat -c %s "$TMPDIR/numbers") bytes"
run ws disk read w sum
is "a file over three layers" "$(sha256sum <"$TMPDIR/numbers" | cut -d' ' -f1)" "$out"
run ws disk read w sparse --json
is "a sparse file" "$(json .size_bytes) $(json .truncated)" "20000001 true"

for bad in "d wrong_file_type" "nothing file_not_found" "d/link/x path_refused" "text/x wrong_file_type" \
    "/run/pyro-secrets/deep/KEY file_not_found" "fifo wrong_file_type"; do
    run ws disk read w "${bad% *}" --json
    is "read of ${bad% *}" "$status $(json .error.code)" "1 ${bad#* }"
done
run ws disk list w /run --recursive --json
is "what is the machine's own is left out" "$(json .entries | grep -c pyro-) $(json .entries | grep -c /run/other)" "0 1"
run ws disk list w ../../../etc/hostname --json
is ".. goes no further than the root" "$(json .path)" /etc/hostname

# Export.
run ws disk export w --output "$TMPDIR/disk.ext4" --json
is "export" "$status $(json .disk_format) $(json .output_path)" "0 ext4 $TMPDIR/disk.ext4"
is "its size" "$(json .bytes_written)" "$(stat -c %s "$TMPDIR/disk.ext4")"
check "it is sparse" [ $(($(stat -c %b "$TMPDIR/disk.ext4") * 512)) -lt 2000000000 ]
check "e2fsck has nothing to say" e2fsck -fn "$TMPDIR/disk.ext4" >"$TEST_DIR/fsck" 2>&1
is "the secret is gone, its bytes too" "$(grep -c hidden-word "$TMPDIR/disk.ext4")" 0
is "what stands beside it is not" "$(debugfs -R 'cat /run/other' "$TMPDIR/disk.ext4" 2>/dev/null)" kept
debugfs -R "dump /workspace/numbers $TMPDIR/peer" "$TMPDIR/disk.ext4" 2>/dev/null
check "debugfs reads the same" cmp "$TMPDIR/numbers" "$TMPDIR/peer"
run ws disk export w --output "$TMPDIR/disk.ext4" --json
is "a file that is there is not overwritten" "$status $(json .error.code)" "1 name_taken"
run ws disk export w --output "$TMPDIR/none/disk.ext4" --json
is "a directory that is not there" "$status" 1
mkdir "$TMPDIR/small"
if mount -t tmpfs -o size=16m none "$TMPDIR/small" 2>/dev/null; then
    run ws disk export w --output "$TMPDIR/small/disk" --json
    is "a full host disk" "$status $(json .error.code)" "1 no_space"
    is "leaves nothing" "$(ls -A "$TMPDIR/small")" ""
    umount "$TMPDIR/small"
else
    skip "a full host disk: mounting is not possible here"
fi

# A disk whose machine was killed: what is only in its journal counts, as with e2fsck and after the next
# start.
ws start w >/dev/null
machine=$(json .vm_pid "$(cat "$dir/workspace.json")")
guest 'mkdir -p j/deep; i=0; while [ $i -lt 400 ]; do echo $i >j/f$i; i=$((i + 1)); done; sync
    rm -r d; rm j/f1*; mv j/f2 j/moved; chmod 711 j/f3; seq 5000 >numbers; ln -s f5 j/link; echo late >late; rm text; sync
    mkdir again; rmdir again; echo more >more; sync
    for f in held1 held2; do head -c 3000000 /dev/zero | tr "\\0" x >$f; done
    exec 3<held1 4<held2; setsid sleep 1000 >/dev/null 2>&1 & rm held1 held2; sync'
kill_process "$machine"
wait_for 60 grep -q '"failed"' "$dir/workspace.json"
run ws disk list w / --recursive --json
is "after a crash: list" "$status" 0
json .entries >"$TEST_DIR/crashed"
run ws disk read w late
is "after a crash: read" "$out" late
is "after a crash: what was removed" "$(grep -c '/workspace/\(d\|text\|j/f1\|j/f2\)"' "$TEST_DIR/crashed")" 0
run ws disk read w numbers --content-only --max-bytes 100000
is "after a crash: a file that was replaced" "$(tail -n 1 <<<"$out")" 5000
run ws diff w --json
is "after a crash: diff" "$status $(json .entries | grep -c '"path": "/workspace/j/moved"')" "0 1"
run ws disk export w --output "$TMPDIR/crashed.ext4" --json
is "after a crash: export" "$status" 0
check "after a crash: e2fsck has nothing to say" e2fsck -fn "$TMPDIR/crashed.ext4" >"$TEST_DIR/fsck" 2>&1
qemu-img convert -U -O raw "$(tests/vm/disk_json.py "$dir")" "$TMPDIR/theirs.ext4"
like "after a crash: the journal is really needed" "$(dumpe2fs -h "$TMPDIR/theirs.ext4" 2>/dev/null)" needs_recovery
e2fsck -E journal_only "$TMPDIR/theirs.ext4" >"$TEST_DIR/fsck" 2>&1
like "after a crash: files were removed while they were open" "$(dumpe2fs -h "$TMPDIR/theirs.ext4" 2>/dev/null)" "First orphan inode"
for image in crashed theirs; do
    mkdir "$TMPDIR/$image"
    debugfs -R "rdump /workspace $TMPDIR/$image" "$TMPDIR/$image.ext4" >/dev/null 2>&1
    (cd "$TMPDIR/$image" && find . -printf '%y %m %s %P %l\n' | sort && find . -type f -exec sha256sum {} + | sort) >"$TEST_DIR/$image.tree"
done
check "after a crash: there is something to compare" [ "$(wc -l <"$TEST_DIR/theirs.tree")" -gt 500 ]
check "after a crash: e2fsck's own replay makes the same files" cmp "$TEST_DIR/crashed.tree" "$TEST_DIR/theirs.tree"
rm -r "$TMPDIR/crashed" "$TMPDIR/theirs" "$TMPDIR/theirs.ext4"
rm "$TMPDIR/crashed.ext4"
ws start w >/dev/null
ws stop w >/dev/null
run ws disk list w / --recursive --json
json .entries >"$TEST_DIR/replayed"
is "it is all the same after a start" "$(python3 - "$TEST_DIR/crashed" "$TEST_DIR/replayed" <<'PY'
import json, sys
a, b = ({e["path"]: (e["artifact_type"], e["size_bytes"], e.get("link_target")) for e in json.load(open(p)) if not e["path"].startswith(("/etc/", "/var/lib/systemd"))} for p in sys.argv[1:])
print(sorted(p for p in a.keys() | b.keys() if a.get(p) != b.get(p)))
PY
)" "[]"
run ws disk read w late
is "it is all there after that" "$out" late

# A damaged disk is an error and nothing worse.
top=$(ls "$dir"/layers/*.qcow2 | sort -V | tail -1)
cp "$top" "$TMPDIR/top"
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    python3 - "$TMPDIR/top" "$top" "$seed" <<'PY'
import random, sys
r = random.Random(int(sys.argv[3]))
b = bytearray(open(sys.argv[1], "rb").read())
for _ in range(r.choice([1, 10, 200, 3000])):
    at = r.randrange(len(b)) if r.random() < .5 else r.randrange(4096)
    b[at] = r.randrange(256)
open(sys.argv[2], "wb").write(b)
PY
    run ws disk list w / --recursive --json
    [[ $status -eq 0 || $status -eq 1 && $(json .error.code) =~ ^(record_invalid|io|workspace_state|file_not_found|path_refused|wrong_file_type|no_space)$ ]] ||
        fail "damage $seed" "$status $out $err"
done
pass "random damage"
: >"$top"
run ws disk read w f --json
is "an empty layer" "$status $(json .error.code)" "1 record_invalid"
ws delete w >/dev/null
finish
