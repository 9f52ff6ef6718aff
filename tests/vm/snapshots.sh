#!/bin/bash
# Snapshots and resets: the whole disk comes back, whatever was done to it, running or at rest.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec w --timeout-seconds 60 -- sh -c "$1"; }

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --mem-mib 256 --name w --label k=v --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id

run ws snapshot list w --json
is "a new workspace has its baseline" "$(json .count) $(json .snapshots[0].snapshot_name) $(json .snapshots[0].kind)" \
    "1 baseline baseline"
is "which cannot be deleted" "$(json .snapshots[0].deletable)" false

# What a snapshot holds: what was written just before, in the page cache only.
guest 'echo one >f; mkdir d; echo x >d/x; rm /usr/bin/awk; echo in-root >/opt/r'
run ws snapshot create w a --json
is "snapshot create: status" "$status" 0
is "snapshot create" "$(json .snapshot_name) $(json .kind) $(json .deletable)" "a named true"
check "a snapshot has a size" [ "$(json .bytes_written)" -gt 0 ]
guest 'echo two >f; rm -r d; cat f'
is "the machine goes on" "$out" two
run ws snapshot create w a --json
is "a name that is taken" "$status $(json .error.code)" "1 name_taken"
run ws snapshot create w baseline --json
is "baseline cannot name one" "$(json .error.code)" name_taken
is "… and the hint does not say to delete it" "$(json .error.hint)" "choose another name; the baseline cannot be deleted"
run ws snapshot create w ../x --json
is "a name of the wrong form" "$status $(json .error.code)" "2 invalid_argument"
run ws snapshot delete w nothing --json
is "deleting an unknown one" "$status $(json .error.code)" "1 snapshot_not_found"
run ws snapshot delete w baseline --json
is "deleting the baseline" "$status $(json .error.code)" "1 snapshot_state"
run ws reset w --snapshot nothing --json
is "resetting to an unknown one" "$(json .error.code)" snapshot_not_found
guest 'cat f'
is "which changes nothing" "$out" two

run ws snapshot create w b
refute "one of the disk says nothing of a memory" grep -qi -e memory -e paused <<<"$out"
ws shell open w >/dev/null 2>&1
ws shell write w sh1 --input 'echo hello' >/dev/null 2>&1
run ws reset w --snapshot a --json
is "reset: status" "$status" 0
is "reset: started, counted, cleared" \
    "$(json .state) $(json .reset_count) $(json .command_count) $(json .shell_count) $(json .last_command)" "started 1 0 0 null"
is "reset: name and label stay" "$(json .name) $(json .labels.k) $(json .workspace_id)" "w v $id"
check "reset: when it was" [ "$(json .last_reset_at)" != null ]
run ws shell list w --json
is "reset: shells are cleared" "$(json .count)" 0
run ws logs w --json
is "reset: the history is cleared" "$(json .count)" 0
guest 'cat f d/x /opt/r; ls /usr/bin/awk 2>&1 | head -c 3'
is "the snapshot is back" "$out" $'one\nx\nin-root\nls:'
run ws reset w --snapshot b
guest 'cat f; ls d 2>&1 | head -c 3'
is "forth again" "$out" $'two\nls:'
run ws reset w --json
is "the baseline: counted" "$(json .reset_count)" 3
guest 'ls; ls /usr/bin/awk /opt/r 2>/dev/null'
is "the baseline is back" "$out" /usr/bin/awk

# At rest.
guest 'echo three >f'
ws stop w >/dev/null
run ws snapshot create w c --json
is "a snapshot at rest" "$status $(json .snapshot_name)" "0 c"
run ws snapshot delete w b --json
is "deleting at rest" "$status $(json .deleted)" "0 true"
run ws reset w --snapshot a --json
is "a reset of a stopped workspace starts it" "$(json .state)" started
guest 'cat f'
is "with the snapshot's disk" "$out" one
run ws reset w --snapshot c
guest 'cat f'
is "and the one made at rest" "$out" three
ws stop w >/dev/null
run ws start w
guest 'cat f'
is "it starts again from there" "$out" three

# While a command runs and a shell waits.
"${pyro[@]}" workspace exec w --timeout-seconds 0 --json -- sh -c 'touch running; sleep 1000' >"$TEST_DIR/cut" 2>/dev/null </dev/null &
exec_pid=$!
is_running() { "${pyro[@]}" workspace exec w -- test -e running 2>/dev/null; }
wait_for 60 is_running
run ws reset w --snapshot a --json
is "a reset while a command runs" "$status $(json .state)" "0 started"
wait "$exec_pid"
is "the command's status" "$?" 125
like "and why" "$(cat "$TEST_DIR/cut")" 'was reset'

# A disk that is full inside: keeping and going back need no room there.
guest 'fallocate -l 20G all 2>/dev/null; dd if=/dev/zero of=rest bs=1M 2>&1 | tail -1; echo more >>f || true; df --output=avail / | tail -1'
like "the guest's disk is full" "$out" '(^|[^0-9])0$'
run ws snapshot create w full --json
is "a snapshot of a full disk" "$status" 0
run ws reset w --snapshot a --json
is "a reset of a full disk" "$status" 0
guest 'cat f; echo room >room && cat room'
is "has room again" "$out" $'one\nroom'
ws snapshot delete w full >/dev/null

# Files that nothing is based on are gone.
run ws snapshot delete w a
run ws snapshot delete w c
run ws reset w
ls "$dir/layers" >"$TEST_DIR/layers"
is "only the layer in use is left" "$(ls "$dir" | grep -c qcow2) $(wc -l <"$TEST_DIR/layers")" "0 1"

# Many, and which of them are deleted does not matter to the others.
for ((i = 1; i <= 30; i++)); do
    guest "echo $i >f; head -c 20000 /dev/urandom >r$i"
    run ws snapshot create w "s$i"
    [[ $status -eq 0 ]] || fail "snapshot $i" "$err"
done
run ws snapshot list w --json
is "thirty snapshots" "$(json .count)" 31
for ((i = 1; i <= 30; i++)); do
    [[ $i == 2 || $i == 15 || $i == 30 ]] || ws snapshot delete w "s$i" >/dev/null
done
for i in 15 30 2; do
    run ws reset w --snapshot "s$i"
    guest 'cat f; ls r* | wc -l'
    is "snapshot $i of thirty" "$out" "$i"$'\n'"$i"
done
run ws snapshot list w --json
is "three are left" "$(json .count)" 4
ws stop w >/dev/null
run ws reset w --snapshot s30 --json
guest 'cat f; ls r* | wc -l'
is "with the longest chain, from the start" "$out" $'30\n30'

# Snapshots that come and go leave no long chain behind.
for ((i = 1; i <= 12; i++)); do
    ws snapshot create w "t$i" >/dev/null
    guest "echo t$i >f"
    [[ $i -eq 1 ]] || ws snapshot delete w "t$((i - 1))" >/dev/null
done
depth() { tests/vm/disk_depth.py "$dir/workspace.json"; }
short() { [[ $(depth) -lt 36 ]]; }
wait_for 60 short && pass "layers are joined"
run ws reset w --snapshot t12
guest 'cat f'
is "what was joined is right" "$out" t11
ws delete w >/dev/null

# What a seed left is the baseline, and stays so.
ws create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1
guest 'echo seeded >f'
check "sealing the baseline" "${TEST_BUILD:-build/plain}/tests/vm/guest_seal" w
guest 'echo later >f; rm /usr/bin/awk'
run ws snapshot list w --json
check "the baseline has a size" [ "$(json .snapshots[0].bytes_written)" -gt 0 ]
for round in 1 2; do
    run ws reset w
    guest 'cat f; ls /usr/bin/awk; echo again >f'
    is "a reset to a sealed baseline, $round" "$out" $'seeded\n/usr/bin/awk'
done
ws delete w >/dev/null

# No room on the host.
small=(unshare --mount --propagation private)
[[ $(id -u) -eq 0 ]] || small=(unshare --user --map-root-user --mount --propagation private)
cat >"$TEST_DIR/full.sh" <<'SCRIPT'
small=$XDG_DATA_HOME/pyro/workspaces # without the bases, which are linked from the cache
mount -t tmpfs -o size=40m,mode=0700 none "$small" || exit 99
w() { timeout -k 5 300 "$PYRO" workspace "$@"; }
w create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1 || echo "create failed"
w exec w -- sh -c 'echo one >f; sync' 2>/dev/null
w snapshot create w a >/dev/null 2>&1 || echo "the first snapshot failed"
dd if=/dev/zero of="$small/fill" bs=64k 2>/dev/null
w snapshot create w b --json >"$TEST_DIR/full.b"
w reset w --snapshot a --json >"$TEST_DIR/full.reset"
w snapshot list w --json >"$TEST_DIR/full.list"
rm "$small/fill"
w exec w -- sh -c 'cat f; echo two >f; sync' 2>/dev/null
w snapshot create w b >/dev/null 2>&1 || echo "a later snapshot failed"
w reset w --snapshot a >/dev/null 2>&1 || echo "a later reset failed"
w exec w -- cat f 2>/dev/null
w delete w >/dev/null
SCRIPT
if "${small[@]}" mount -t tmpfs none "$TMPDIR" 2>/dev/null; then
    export TEST_DIR
    run "${small[@]}" bash "$TEST_DIR/full.sh"
    is "a full host disk: what was there stays, and goes on with room" "$out" $'one\none'
    is "a snapshot has no room" "$(json .error.code "$(cat "$TEST_DIR/full.b")")" no_space
    is "nor has a reset" "$(json .error.code "$(cat "$TEST_DIR/full.reset")")" no_space
    is "which leaves no name" "$(json .count "$(cat "$TEST_DIR/full.list")")" 2
else
    skip "a full host disk: no tmpfs can be mounted here"
fi
finish
