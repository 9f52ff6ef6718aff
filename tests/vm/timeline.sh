#!/bin/bash
# The timeline of a workspace: what was run, typed and by whom, changed and reset; nothing of a password or a secret; it
# outlives a killed supervisor and a reset, and has at most its bytes.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
ws() { run timeout -k 5 300 "$PYRO" workspace "$@"; }

# The timeline has a line that matches.
has_line() { "$PYRO" workspace timeline w 2>/dev/null | grep -qE -- "$1"; }
shows() { "$PYRO" workspace shell read w sh1 --plain 2>/dev/null | grep -qE -- "$1"; }
told() { check "$1" wait_for 300 has_line "$2"; }
prompt() { ws shell read w sh1 --wait-for-prompt; }
asks() { check "$1" wait_for 300 program_asks; }
program_asks() { "$PYRO" workspace shell read w sh1 --wait-for-input --json 2>/dev/null | grep -q '"asks": true'; }
type_line() { ws shell write w sh1 --input "$1"; }

in_a_vm() {
    local id dir cursor first
    id=$("$PYRO" workspace create debian:12 --name w --secret TOKEN=sesame-opens-nothing --id-only 2>/dev/null)
    dir=$XDG_DATA_HOME/pyro/workspaces/$id

    ### Commands, with secrets by their names only.
    ws exec w --secret-env TOKEN -- sh -c 'echo "$TOKEN"; exit 3'
    told "when it was made" ' created  debian:12$'
    told "a command, how it ended and its secrets" " exec_ended 1 exit_code=3 duration_ms=[0-9]+ secrets=TOKEN  sh -c 'echo "
    refute "its beginning is not told twice" has_line exec_started
    told "it needs attention" ' attention exec 1 failed  exit code 3'

    ### What is typed.
    ws shell open w
    told "a shell" ' shell_opened sh1  /workspace$'
    type_line 'echo typed sesame-opens-nothing here'
    told "a line, without the secret" ' input sh1 by=cli  echo typed \[REDACTED\] here$'
    prompt
    type_line "read -sp 'word: ' x"
    asks "it waits for the password"
    told "what asked for it" " by=cli  read -sp 'word: ' x\$"
    type_line hunter-one
    told "that something was typed" ' by=cli  \(not shown, not kept\)$'
    prompt
    type_line "read -sn 10 -p 'ten keys' x"
    check "it waits for ten keys" wait_for 300 shows '^ten keys'
    ws shell write w sh1 --input hunter-two --no-newline
    prompt
    type_line 'stty -echo; cat >/dev/null'
    told "a terminal without echo" ' stty -echo; cat >/dev/null$'
    asks "cat waits"
    type_line hunter-three
    ws shell write w sh1 --input $'\x04' --no-newline
    prompt
    type_line 'stty echo'
    prompt
    ws shell write w sh1 --input $'head -n 1 >/dev/null\nhunter-four'
    prompt
    type_line 'cat >lines'
    asks "cat waits again"
    ws shell write w sh1 --input $'first line\nwrong\x17second line\n\x04' --no-newline
    told "lines for a program that are shown" ' by=cli  first line$'
    told "as they are after their corrections" ' by=cli  second line$'
    prompt
    type_line 'echo the last'
    told "the last" ' echo the last$'
    refute "no password is kept" grep -rE 'hunter|sesame' "$dir/timeline"
    ws timeline w --json
    is "where it is in the log" "$(python3 -c 'import json, sys
entry = [e for e in json.loads(sys.argv[1])["entries"] if e["text"] == "echo the last"][0]
log = open(sys.argv[2], "rb").read()
print(0 < entry["offset"] <= log.index(b"echo the last"))' "$out" "$dir/shells/sh1.log")" True

    ### Files, snapshots, services.
    ws file write w /workspace/notes.txt --text x
    told "a file" ' files write  /workspace/notes.txt$'
    printf -- '--- a/notes.txt\n+++ b/notes.txt\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n' >"$TEST_DIR/patch"
    ws patch apply w --patch-file "$TEST_DIR/patch"
    told "a patch" ' files patch  1 file: /workspace/notes.txt$'
    mkdir "$TEST_DIR/pushed" && echo a >"$TEST_DIR/pushed/a"
    ws sync push w "$TEST_DIR/pushed" --dest lib
    told "a push" ' files push  /workspace/lib$'
    ws snapshot create w one
    told "a snapshot" ' snapshot one created$'
    ws service start w clock --secret-env TOKEN -- sleep 1001
    told "a service" ' service clock running.* secrets=TOKEN  sleep 1001$'
    ws service stop w clock
    told "its end" ' service clock stopped exit_code=143 secrets=TOKEN  stopped$'

    ### Through the API, and by tools.
    api_types
    ### In parts.
    ws timeline w --limit 3 --json
    cursor=$(json .next_cursor) first=$(json .count)
    ws timeline w --cursor "$cursor" --json
    is "a part, and the rest" "$first $(json .truncated)" "3 false"
    check "which goes on behind it" [ "$(json .entries[0].number)" -gt "$cursor" ]
    ws timeline w --cursor x
    is "what is not a cursor" "$status" 2
    ws timeline w --since 2099-01-01
    is "since a time to come" "$out" "Nothing to show."

    ### A killed supervisor.
    "$PYRO" workspace exec w -- sleep 1002 >/dev/null 2>&1 &
    check "a command runs" wait_for 300 has_line ' exec_started 2  sleep 1002$'
    kill_process "$(supervisor_of "$id")"
    wait
    told "that it was killed" ' attention supervisor failed  it was killed; another has taken over$'
    told "what it ran was cut short" ' exec_ended 2 .*exit_code=125.*  sleep 1002$'
    ws exec w -- echo again
    told "and it goes on" ' exec_ended 3 exit_code=0 .*  echo again$'

    ### Followed over a reset, which it outlives.
    "$PYRO" workspace timeline w --follow >"$TEST_DIR/followed" &
    follower=$!
    check "it is followed" wait_for 300 grep -q 'echo again' "$TEST_DIR/followed"
    ws reset w
    told "the reset" ' reset baseline$'
    ws exec w -- echo after
    told "the count begins again" ' exec_ended 1 exit_code=0 .*  echo after$'
    told "what was before is still there" ' echo typed \[REDACTED\] here$'
    check "the follower saw it" wait_for 300 grep -q 'echo after' "$TEST_DIR/followed"
    ws stop w
    wait "$follower"
    is "and ended with the machine" "$?" 0
    told "the end" ' stopped$'
    ws snapshot create w two
    told "a snapshot of a stopped one" ' snapshot two created$'
    ws snapshot delete w two
    told "and its end" ' snapshot two deleted$'
}

# Typed by a program.
api_types() {
    printf '%s\n' '{"id":1,"call":"workspace shell write","arguments":{"workspace_id":"w","shell_id":"sh1","input":"echo by api"}}' |
        timeout 300 "$PYRO" api --stdio >/dev/null
    told "who typed it" ' by=api  echo by api$'
    prompt
}

scene in_a_vm
finish
