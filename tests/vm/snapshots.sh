#!/bin/bash
# Snapshots and resets: the whole disk comes back, whatever was done to it, running or at rest.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 120 "$PYRO")
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
is "baseline is no name for one" "$(json .error.code)" name_taken
run ws snapshot create w ../x --json
is "a name of the wrong form" "$status $(json .error.code)" "2 invalid_argument"
run ws snapshot delete w nothing --json
is "deleting an unknown one" "$status $(json .error.code)" "1 snapshot_not_found"
run ws snapshot delete w baseline --json
is "deleting the baseline" "$(json .error.code)" invalid_argument
run ws reset w --snapshot nothing --json
is "resetting to an unknown one" "$(json .error.code)" snapshot_not_found
guest 'cat f'
is "which changes nothing" "$out" two

run ws snapshot create w b
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

# Files that nothing stands on are gone.
run ws snapshot delete w a
run ws snapshot delete w c
run ws reset w
ls "$dir/layers" >"$TEST_DIR/layers"
is "only the layer in use is left" "$(ls "$dir" | grep -c qcow2) $(wc -l <"$TEST_DIR/layers")" "0 1"
ws delete w >/dev/null
finish
