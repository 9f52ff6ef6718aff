#!/bin/bash
# `pyro watch`: what happens to workspaces, one event a line, to a script and to a person; what is read late or
# never, and how it ends.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export PYRO_QEMU=/nothing/such # on this host: quick

ws() { run timeout -k 5 300 "$PYRO" workspace "$@"; }
make_workspace() { # NAME
    "$PYRO" workspace create --allow-host-compat debian:12-base --name "$1" --id-only 2>/dev/null
}
# watch FILE ARG…: in the background, $watcher; it is told of what stands in its output since.
watch() {
    timeout -k 5 900 "$PYRO" watch "${@:2}" >"$1" 2>"$1.err" &
    watcher=$!
    wait_for 60 is_watching
}
is_watching() {
    local child
    child=$(pgrep -P "$watcher") && awaits_events "$child"
}
events() { # FILE WORKSPACE_ID: their names, in order, without attention
    python3 -c '
import json, sys
for line in open(sys.argv[1]):
    event = json.loads(line)
    assert event["time"] > 1e9, event
    if event["workspace_id"] == sys.argv[2] and event["event"] != "attention":
        print(event["event"], *[event[k] for k in ("state", "shell_id", "sequence", "snapshot_name", "exit_code") if event.get(k) is not None])' \
        "$1" "$2"
}
has() { # FILE PATTERN
    grep -q "$2" "$1"
}
log=$TEST_DIR/events

### Everything that happens, to a script.
old=$(make_workspace old)
"$PYRO" workspace exec old -- sh -c 'exit 9' >/dev/null 2>&1
watch "$log" --json
id=$(make_workspace w)
told() { # EVENT COUNT: what is over by the next look is not told of, so each is waited for
    [[ $(events "$log" "$id" | grep -cx "$1") == "$2" ]]
}
attention() { # of the workspace, as it came and went
    grep "$id" "$log" | python3 -c 'import json, sys
for e in map(json.loads, sys.stdin):
    if e["event"] == "attention" and e["attention"]["state"] in ("failed", "none"): print(e["attention"]["state"])' |
        uniq | tr '\n' ' '
}
needed() { [[ $(attention) == "$1" ]]; }
wait_for 60 told started 1
ws exec w -- sh -c 'exit 3'
wait_for 60 needed "failed "
ws exec w -- true
wait_for 60 needed "failed none "
ws shell open w
"$PYRO" workspace shell write w sh1 --input 'exit 4' >/dev/null 2>&1
wait_for 60 has "$log" '"shell_ended"'
wait_for 60 needed "failed none failed "
ws service start w web -- sleep 1000
wait_for 60 told 'service running' 1
ws service stop w web
ws update w --acknowledge all
ws stop w
wait_for 60 told stopped 1
ws start w
wait_for 60 told started 2
ws delete w
wait_for 60 has "$log" '"deleted"'
is "the events" "$(events "$log" "$id" | grep -v '^service starting' | sed -z 's/stopped\ndeleted/deleted/')" "created
started
exec_started 1
exec_ended 1 3
exec_started 2
exec_ended 2 0
shell_opened sh1
shell_ended sh1 4
service running
service stopped 143
stopped
started
deleted"
is "it begins with what needs attention" "$(head -1 "$log" | python3 -c 'import json, sys
e = json.load(sys.stdin)
print(e["event"], e["workspace_id"], e["name"], e["attention"]["state"], e["attention"]["source"]["kind"])')" \
    "attention $old old failed exec"
is "attention comes and goes" "$(attention)" "failed none failed none "
kill -TERM "$(pgrep -P "$watcher")"
wait "$watcher"
is "TERM ends it" "$?" 0
is "nothing else is said" "$(cat "$log.err")" ""

### To a person, about some; it ends when they are gone.
id=$(make_workspace w)
watch "$log" w
other=$(make_workspace other)
ws exec other -- true
ws exec w -- sh -c 'exit 3; # a b'
wait_for 60 has "$log" " $id w exec_ended "
ws delete w
wait "$watcher"
is "it ends with them" "$?" 0
is "only those" "$(grep -c "$other" "$log")" 0
like "a line" "$(cat "$log")" "[0-9:]{8} $id w exec_ended .*exit_code=3 "
run "$PYRO" watch old nothing-such
is "one that is not there" "$status" 1

### A reader that goes away, at once or while nothing happens.
"$PYRO" watch --json 2>"$TEST_DIR/err" | head -1 >/dev/null
is "its reader went away" "${PIPESTATUS[0]} $(cat "$TEST_DIR/err")" "0 "

### One that does not read: it is told in the end what is true then, and TERM is heard meanwhile.
mkfifo "$TEST_DIR/fifo"
"$PYRO" watch --json >"$TEST_DIR/fifo" &
watcher=$!
exec 7<"$TEST_DIR/fifo"
wait_for 60 awaits_events "$watcher"
text=$(printf '%0100000d' 0)
for _ in 1 2 3 4; do "$PYRO" workspace exec other -- true "$text" >/dev/null 2>&1; done
"$PYRO" workspace delete other >/dev/null
timeout 300 head -c 100 <&7 >/dev/null
kill -TERM "$watcher"
wait "$watcher"
is "TERM, with output that nobody takes" "$?" 0
exec 7<&-
many=$(make_workspace many)
"$PYRO" watch --json many >"$TEST_DIR/fifo" &
watcher=$!
exec 7<"$TEST_DIR/fifo"
wait_for 60 awaits_events "$watcher"
for _ in 1 2 3 4 5 6 7 8; do "$PYRO" workspace exec many -- true "$text" >/dev/null 2>&1; done
timeout 300 cat <&7 >"$log" &
reader=$!
all_told() { [[ $(grep -c '"exec_ended"' "$log") == 8 ]]; }
wait_for 120 all_told
"$PYRO" workspace delete many >/dev/null
wait "$watcher" "$reader"
is "a late reader misses no command" "$(events "$log" "$many" | grep -c exec_started)" 8
is "… nor the end" "$(tail -1 "$log" | grep -c '"event":"deleted"')" 1
exec 7<&-

### As a call of a program.
python3 - "$PYRO" >"$log" <<'END'
import json, subprocess, sys
api = subprocess.Popen([sys.argv[1], "api", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
def send(**request):
    print(json.dumps(request), file=api.stdin, flush=True)
send(id=1, call="watch", arguments={"workspaces": ["old"]})
text = ""
for line in api.stdout:
    answer = json.loads(line)
    if answer.get("event") == "output":
        text += answer["text"]
        if "\n" in text:
            send(cancel=1)
    if answer.get("id") == 1 and ("result" in answer or "error" in answer):
        break
print(json.loads(text.split("\n")[0])["event"], "result" in answer)
api.stdin.close()
api.wait()
END
is "an event is output" "$(cat "$log")" "attention True"
"$PYRO" workspace delete old >/dev/null
finish
