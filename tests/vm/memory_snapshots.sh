#!/bin/bash
# Snapshots with memory: what runs goes on as it was at one instant with the disk, again and again;
# and what cannot be used any more is refused before anything is lost.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec w --timeout-seconds 60 -- sh -c "$1"; }
# What an expression about the result `j` says.
says() { python3 -c 'import json, sys; j = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1" <<<"$out"; }
# Types into a shell, and waits until it has printed a line that begins so.
types() { ws shell write w "$1" --input "$2" >/dev/null 2>&1; }
printed() { ws shell read w "$1" --plain --max-chars 67108864 2>/dev/null | tr -d "\r"; }
has_printed() { printed "$1" | grep -q -- "$2"; }

"${pyro[@]}" env pull debian:12 >/dev/null 2>&1
id=$(ws create debian:12 --name w --secret TOKEN=opensesame --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id

# A counter whose sum is in memory alone, each line on the disk before the next one; files come and go.
guest 'cat >count.pl <<"END"
use IO::Handle; open(my $f, ">>", "counter") or die; $| = 1;
for (my $i = 1;; $i++) {
    $sum += $i; print $f "$i $sum\n"; $f->flush; $f->sync;
    open(my $o, ">", "f" . $i % 20); print $o "x" x ($i % 5000); close $o;
    print "COUNT $i\n" if $i % 10 == 0;
}
END'
# A database in WAL mode, each row with the sum up to it. This host's sqlite3, with all that it needs.
guest_sqlite='/opt/sqlite/ld --library-path /opt/sqlite /opt/sqlite/sqlite3'
mkdir "$TEST_DIR/sqlite"
cp "$(command -v sqlite3)" "$TEST_DIR/sqlite/sqlite3"
ldd "$TEST_DIR/sqlite/sqlite3" | grep -o '/[^ ]*' | while read -r file; do cp -L "$file" "$TEST_DIR/sqlite/"; done
mv "$TEST_DIR"/sqlite/ld-linux-* "$TEST_DIR/sqlite/ld"
ws sync push w "$TEST_DIR/sqlite" --dest /workspace/sqlite >/dev/null 2>&1
guest "mv sqlite /opt/"
guest 'cat >rows.pl <<"END"
$| = 1; print "PRAGMA journal_mode=WAL; CREATE TABLE t(i INTEGER PRIMARY KEY, sum INTEGER);\n";
for (my $i = 1;; $i++) {
    print "INSERT INTO t SELECT $i, $i + coalesce((SELECT sum FROM t WHERE i = $i - 1), 0);\n";
    print ".print ROW $i\n" if $i % 5 == 0;
}
END
cat >lines.pl <<"END"
$| = 1; for (my $i = 1;; select(undef, undef, undef, 0.1)) { print "LINE ", $i++, " ", "." x 60, "\n" for 1 .. 20 }
END'
for i in 1 2 3 4; do ws shell open w >/dev/null 2>&1; done
types sh3 "perl rows.pl | $guest_sqlite rows.db"
types sh4 'perl lines.pl'
types sh1 'X=forty-two; cd /usr; echo $(cat /run/pyro-secrets/TOKEN) is ready'
types sh2 'perl count.pl'
run ws service start w ticker --json -- sh -c 'i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done'
is "a service runs" "$(json .state)" running
check "the shell is ready" wait_for 60 has_printed sh1 'REDACTED. is ready'
check "the counter counts" wait_for 60 has_printed sh2 'COUNT 20'
check "the database grows" wait_for 60 has_printed sh3 'ROW 10'
check "a shell prints much" wait_for 60 has_printed sh4 'LINE 200 '

run ws snapshot create w m --memory --json
is "snapshot create --memory" "$status $(json .kind) $(json .snapshot_name)" "0 memory m"
check "tells how long the machine stood still" [ "$(says 'j["pause_ms"] > 0')" = True ]
check "and what the memory takes" [ "$(says 'j["memory_bytes"] > 0')" = True ]
run ws snapshot list w --json
is "snapshot list has both sizes" "$(says 'j["snapshots"][1]["memory_bytes"] > 0') $(json .snapshots[0].memory_bytes) $(json .snapshots[1].kind)" \
    "True null memory"
is "it is the owner's alone" "$(stat -c %a "$dir/snapshots")" 700
run ws snapshot create w m --memory --json
is "a name that is taken" "$(json .error.code)" name_taken

run ws snapshot create w secretive --memory --forget-secrets --json
is "--forget-secrets: not with memory" "$status $(json .error.code)" "1 snapshot_state"
like "… with what to do" "$(json .error.hint)" '--memory'
run ws snapshot create w secretive --forget-secrets --json
is "--forget-secrets: a disk has none" "$status $(json .kind)" "0 named"
run ws snapshot delete w secretive

# The machine goes on without a gap.
last=$(printed sh2 | sed -n 's/^COUNT //p' | tail -1)
check "the machine goes on" wait_for 60 has_printed sh2 "COUNT $((last + 30))"
whole='{ if ($1 != n + 1) print "GAP", n, $1; n = $1; s += $1; if (s != $2) print "SUM" }'
guest "awk '$whole' counter"
is "nothing is missing" "$status$out" 0
ws shell open w >/dev/null 2>&1
types sh1 'X=changed'
guest 'rm count.pl; echo later >later'
far=$(ws shell read w sh2 --json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["next_cursor"])')

back() {
    run ws reset w --snapshot m --json
    is "$1: reset" "$status $(json .state)" "0 started"
    run ws shell list w --json
    is "$1: the shells of then" "$(says '", ".join(s["shell_id"] + " " + s["state"] for s in j["shells"])')" \
        "sh1 running, sh2 running, sh3 running, sh4 running"
    types sh1 'echo "$X in $PWD"'
    check "$1: a shell goes on as it was" wait_for 60 has_printed sh1 'forty-two in /usr'
    n=$(printed sh2 | sed -n 's/^COUNT //p' | tail -1)
    check "$1: the counter goes on" wait_for 60 has_printed sh2 "COUNT $((n + 20))"
    guest "awk '$whole' counter; ls count.pl later 2>/dev/null"
    is "$1: memory and disk are of one instant" "$out" count.pl
    is "$1: each line once" "$(printed sh2 | sed -n 's/^COUNT //p' |
        awk '$1 != n + 10 { print "GAP" } { n = $1 }')" ""
    n=$(printed sh3 | sed -n 's/^ROW //p' | tail -1)
    check "$1: the database goes on" wait_for 60 has_printed sh3 "ROW $((n + 10))"
    guest "$guest_sqlite rows.db 'PRAGMA integrity_check; SELECT count(*) = max(i), sum(i * (i + 1) / 2 <> sum) FROM t'"
    is "$1: the database is sound, and has each row once" "$out" $'ok\n1|0'
    n=$(printed sh4 | sed -n 's/^LINE \([0-9]*\) .*/\1/p' | tail -1)
    check "$1: what was being printed goes on" wait_for 60 has_printed sh4 "LINE $((n + 40)) "
    is "$1: nothing of it is lost or comes twice" "$(printed sh4 | grep '^LINE' | awk '$2 != n + 1 || length($3) != 60 { print "GAP", n, $0 } { n = $2 }' | head -3)" ""
    run ws service list w --json
    is "$1: the service runs" "$(json '.services[0].state')" running
    guest 'hostname; cat /run/pyro/generation; head -c 16 /dev/urandom | od -An -tx1'
    is "$1: it is the same workspace" "$(sed -n 1p <<<"$out")" w
    own=$(sed -n '2,$p' <<<"$out")
}
back first
first=$own
run ws shell read w sh2 --cursor $((far + 100000000)) --json
like "a cursor beyond the log is refused" "$(json .error.message)" 'past the end'
is_longer() { [[ $(stat -c %s "$dir/shells/sh2.log") -gt $far ]]; }
check "the log is as long as it was" wait_for 60 is_longer
run ws shell read w sh2 --cursor "$far" --json
like "a cursor of what was taken back is refused for good" "$(json .error.code) $(json .error.message)" '^shell_state .*taken back'
at=$(grep -o 'cursor [0-9]*, where' <<<"$out" | grep -o '[0-9]*')
run ws shell read w sh2 --cursor "$at" --plain --json
check "where its log was cut it can be read on" [ "$status $(json .next_cursor)" != "0 $at" -a "$status" = 0 ]
next=$(json .next_cursor)
check "with cursors above all of before" [ "$next" -gt "$far" ]
cp "$TEST_DIR/out" "$TEST_DIR/before"
last=$(printed sh2 | sed -n 's/^COUNT //p' | tail -1)
check "the counter counts on" wait_for 60 has_printed sh2 "COUNT $((last + 20))"
run ws shell read w sh2 --cursor "$next" --plain --json
is "which go on where they end" "$(python3 -c '
import json, sys
text = "".join(json.load(open(file))["output"] for file in sys.argv[1:])
counts = [int(line[6:]) for line in text.split("\n")[:-1] if line.startswith("COUNT ")]
print(len(counts) > 1, all(b == a + 10 for a, b in zip(counts, counts[1:])))' "$TEST_DIR/before" "$TEST_DIR/out")" "True True"
back again
refute "no random number comes twice" [ "$own" = "$first" ]
is "secrets stay hidden" "$(grep -c opensesame "$dir"/shells/*.log | grep -vc ':0$')" 0

# At rest, and the file system is sound.
run ws stop w
is "stop" "$status" 0
run ws disk export w --output "$TEST_DIR/disk.ext4" --json
check "the file system is sound" env PATH="$PATH:/sbin:/usr/sbin" e2fsck -fn "$TEST_DIR/disk.ext4"
rm -f "$TEST_DIR/disk.ext4"
run ws snapshot create w n --memory --json
is "a machine at rest has no memory" "$(json .error.code)" workspace_state
back stopped

# QEMU and its supervisor are killed: the disk is as after a power cut, and the old memory is not
# used with it again.
vm=$(json .vm_pid "$(cat "$dir/workspace.json")")
kill_process "$vm"
run ws start w --json
is "after a crash it boots" "$status $(json .state) $(json .shell_count)" "0 started 0"
guest "awk '$whole' counter"
is "what was written is there" "$out" ""

run ws reset w --snapshot m --disk-only --json
is "--disk-only leaves the memory" "$status $(json .shell_count)" "0 0"
guest 'ls count.pl'
is "and has the disk" "$out" count.pl

# What has changed since is refused, and nothing is lost by that.
cp "$dir/snapshots/m/saved.json" "$TEST_DIR/saved.json"
for member in qemu host guest; do
    python3 - "$dir/snapshots/m/saved.json" "$member" <<'END'
import json, sys
j = json.load(open(sys.argv[1]))
j["machine"][sys.argv[2]] += " other"
json.dump(j, open(sys.argv[1], "w"))
END
    guest 'echo kept >kept'
    run ws reset w --snapshot m --json
    is "another $member is refused" "$(json .error.code)" snapshot_state
    like "and --disk-only named" "$(json .error.hint)" '--disk-only'
    guest 'cat kept'
    is "nothing has changed" "$out" kept
    cp "$TEST_DIR/saved.json" "$dir/snapshots/m/saved.json"
done
printf damaged | dd of="$dir/snapshots/m/ram.delta" bs=1 seek=400000 conv=notrunc status=none
run ws reset w --snapshot m --json
like "a damaged memory is not used" "$status $(json .error.message)" '^1 .*fails its check'
like "and --disk-only named" "$(json .error.hint)" '--disk-only'
run ws reset w --snapshot m --disk-only --json
is "the disk is usable" "$status $(json .state)" "0 started"

run ws snapshot delete w m --json
is "snapshot delete" "$status" 0
refute "its memory is gone" [ -e "$dir/snapshots/m" ]
ws delete w >/dev/null 2>&1
no_leftovers
finish
