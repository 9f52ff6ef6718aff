#!/bin/bash
# --allow-host-compat: without a working VM a command runs on the host, and only with that flag.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces
export PYRO_QEMU=/nothing/such
pyro=(timeout -k 5 300 "$PYRO")
nap=1234$$ long_nap=1235$$ # seconds, by which processes are known: no other run on this host has the same

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
run "${pyro[@]}" run debian:12-base --json -- touch "$TEST_DIR/ran"
is "without the flag nothing runs: status" "$status" 125
is "without the flag nothing runs: why" "$(json .error.code)" dependency_missing
refute "without the flag nothing ran" [ -e "$TEST_DIR/ran" ]
run "${pyro[@]}" run debian:12-base --allow-host-compat --json -- sh -c 'echo out; echo err >&2; touch "$1"; exit 3' sh "$TEST_DIR/ran"
is "with it: the command's status" "$status" 3
is "with it: said plainly" "$(json .execution_mode)" host_compat
is "with it: no accelerator is claimed" "$(json .accelerator)" null
is "with it: stdout" "$(json .stdout)" out
is "with it: stderr" "$(json .stderr)" err
check "with it: it ran on the host" [ -e "$TEST_DIR/ran" ]
is "with it: nothing is left" "$(ls -A "$records")" .lock
run "${pyro[@]}" run debian:12-base --allow-host-compat -- true
like "with it: the summary says so" "$err" 'execution_mode=host_compat exit_code=0'

run "${pyro[@]}" workspace create debian:12-base --name h --allow-host-compat --json
is "a workspace: its mode" "$(json .execution_mode)" host_compat
is "a workspace: its state" "$(json .state)" started
id=$(json .workspace_id)
run "${pyro[@]}" workspace exec h --json -- sh -c 'echo kept >file; pwd'
is "a workspace: exec" "$(json .execution_mode)" host_compat
run "${pyro[@]}" workspace exec h --timeout-seconds 1 -- sh -c 'sleep '"$nap"' & sleep '"$nap"
is "a workspace: timeout" "$status" 124
no_sleep() { ! grep -lqzx "$nap" /proc/[0-9]*/cmdline 2>/dev/null; }
wait_for 10 no_sleep && pass "a workspace: all that timed out is gone"
run "${pyro[@]}" workspace exec h -- nothing-such
is "a workspace: 127" "$status" 127
run "${pyro[@]}" workspace exec h -- /etc/passwd
is "a workspace: 126" "$status" 126

# Secrets there: variables only, and redacted as anywhere.
run "${pyro[@]}" workspace create debian:12-base --name s --allow-host-compat --secret TOKEN=tok-1234-5678 --json
is "secrets: named" "$(json .secrets)" '[{"name": "TOKEN", "source_kind": "literal"}]'
run "${pyro[@]}" workspace exec s --secret-env TOKEN -- sh -c 'echo "${#TOKEN} $TOKEN"'
is "secrets: a variable" "$out" "13 [REDACTED]"
refute "secrets: nothing below the host's /run" [ -e /run/pyro-secrets ]
"${pyro[@]}" workspace delete s >/dev/null

# Shells there: what runs in them ends with them, detached or not.
run "${pyro[@]}" workspace shell open h --json
is "a shell: its mode" "$(json .execution_mode)" host_compat
"${pyro[@]}" workspace shell write h sh1 --input 'cat file; setsid sleep '"$nap"' & sleep '"$nap"' & wait' 2>/dev/null
sleeps() { grep -lqzx "$nap" /proc/[0-9]*/cmdline 2>/dev/null; }
wait_for 20 sleeps && pass "a shell: runs"
has_kept() { "${pyro[@]}" workspace shell read h sh1 --plain 2>/dev/null | grep -qx kept; }
wait_for 20 has_kept && pass "a shell: is in the workspace"
run "${pyro[@]}" workspace shell close h sh1 --json
is "a shell: closed" "$(json .state)$(json .exit_code)" stopped129
wait_for 10 no_sleep && pass "a shell: all that ran in it is gone"
"${pyro[@]}" workspace shell open h >/dev/null 2>&1
"${pyro[@]}" workspace shell write h sh2 --input 'setsid sleep '"$nap"' & wait' 2>/dev/null
wait_for 20 sleeps

# What is typed before the user's own .bashrc is through waits, as on any terminal.
mkfifo "$HOME/gate"
echo "read -r _ <'$HOME/gate'" >"$HOME/.bashrc"
"${pyro[@]}" workspace shell open h >/dev/null 2>&1
"${pyro[@]}" workspace shell write h sh3 --input "touch '$TEST_DIR/early'" 2>/dev/null
"${pyro[@]}" workspace shell write h sh3 --input "touch '$TEST_DIR/later'" 2>/dev/null
run "${pyro[@]}" workspace shell read h sh3 --wait-for-prompt --max-wait-ms 1 --json
is "a shell: at no prompt while its .bashrc works" "$(json .at_prompt)" false
echo >"$HOME/gate"
wait_for 20 test -e "$TEST_DIR/later"
check "a shell: nothing typed early is lost" [ -e "$TEST_DIR/early" ]
"${pyro[@]}" workspace shell close h sh3 >/dev/null 2>&1
rm "$HOME/.bashrc"

# Services there: stopped with all they started, ready by what is in the workspace.
run "${pyro[@]}" workspace service start h a --ready-file /workspace/up --json -- sh -c 'setsid sleep '"$long_nap"' & touch up; wait'
is "a service: ready" "$(json .state)$(json .execution_mode)" runninghost_compat
run "${pyro[@]}" workspace service stop h a --json
is "a service: stopped" "$(json .state)" stopped
run "${pyro[@]}" workspace service start h p --publish 8000 --json -- sleep 1000
like "a service: no published ports" "$(json .error.message)" "its services' ports are the host's already"
no_service() { ! grep -lqzx "$long_nap" /proc/[0-9]*/cmdline 2>/dev/null; }
wait_for 20 no_service && pass "a service: all that it started is gone"
"${pyro[@]}" workspace service start h b -- sh -c 'setsid sleep '"$long_nap"' & wait' >/dev/null 2>&1

# A command in flight dies with the workspace.
"${pyro[@]}" workspace exec h --timeout-seconds 0 -- sh -c 'echo begun; sleep '"$nap" >"$TEST_DIR/said" 2>/dev/null &
wait_for 20 test -s "$TEST_DIR/said"
run "${pyro[@]}" workspace stop h
is "a workspace: stop" "$status" 0
wait $!
like "a workspace: what ran is told" "$?" '^(125|137)$'
wait_for 10 no_sleep && pass "a workspace: what ran is gone"
wait_for 20 no_service && pass "a workspace: its services are gone"
run "${pyro[@]}" workspace service status h b --json
is "a workspace: its services are stopped" "$(json .state)" stopped
run "${pyro[@]}" workspace start h
is "a workspace: start" "$status" 0
run "${pyro[@]}" workspace exec h -- cat file
is "a workspace: what it made is kept" "$out" kept

# Its supervisor killed: what ran on the host ends with it, and the state says so.
: >"$TEST_DIR/said"
"${pyro[@]}" workspace exec h --timeout-seconds 0 -- sh -c 'echo begun; sleep '"$nap" >"$TEST_DIR/said" 2>/dev/null &
wait_for 20 test -s "$TEST_DIR/said"
kill_process "$(supervisor_of "$id")"
wait $!
is "its supervisor killed: the command's caller is told" "$?" 125
run "${pyro[@]}" workspace status h --json
is "its supervisor killed: failed" "$(json .state)" failed
wait_for 10 no_sleep && pass "its supervisor killed: what ran is gone"
run "${pyro[@]}" workspace start h
run "${pyro[@]}" workspace exec h -- cat file
is "its supervisor killed: starts again" "$out" kept
for what in "snapshot create h a" "reset h"; do
    # shellcheck disable=SC2086
    run "${pyro[@]}" workspace $what --json
    is "it has no disk: $what" "$status $(json .error.code)" "1 workspace_state"
done
"${pyro[@]}" workspace stop h >/dev/null
run "${pyro[@]}" workspace disk list h --json
is "it has no disk: disk list" "$status $(json .error.code)" "1 workspace_state"

# Trees in and out: without set-id bits, and nowhere else.
"${pyro[@]}" workspace start h >/dev/null
mkdir -p "$TEST_DIR/tree/sub"
echo text >"$TEST_DIR/tree/sub/file"
chmod 4755 "$TEST_DIR/tree/sub/file"
run "${pyro[@]}" workspace sync push h "$TEST_DIR/tree" --dest t --json
is "sync push: count and mode" "$(json .workspace_sync.entry_count)$(json .execution_mode)" 2host_compat
run "${pyro[@]}" workspace exec h -- stat -c %a t/sub/file
is "sync push: no set-id bit" "$out" 755
run "${pyro[@]}" workspace export h t --output "$TEST_DIR/exported" --json
is "export: status" "$status" 0
is "export: content" "$(cat "$TEST_DIR/exported/sub/file")" text
run "${pyro[@]}" workspace delete h
is "delete" "$status" 0
run "${pyro[@]}" workspace create debian:12-base --name hs --allow-host-compat --seed-path "$TEST_DIR/tree" --json
is "seed: mode and count" "$(json .workspace_seed.mode)$(json .workspace_seed.entry_count)" directory2
run "${pyro[@]}" workspace exec hs -- cat sub/file
is "seed: content" "$out" text
"${pyro[@]}" workspace delete hs >/dev/null
is "nothing is left" "$(ls -A "$records")" .lock
finish
