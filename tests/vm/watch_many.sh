#!/bin/bash
# `pyro watch` with two hundred workspaces: when more happens than the kernel keeps events of, and with fewer
# watches than there are directories. What is true in the end is told; only what was over in between is not.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
many=200
log=$TEST_DIR/events
workspaces=$XDG_DATA_HOME/pyro/workspaces

ws() { run timeout -k 5 300 "$PYRO" workspace "$@"; }
# watch COMMAND…: in the background, its events in $log; $watcher is it.
watch() {
    "$@" "$PYRO" watch --json >"$log" 2>"$log.err" &
    watcher=$!
    wait_for 60 awaits_events "$watcher"
}
told() { # EVENT WORKSPACE_ID COUNT
    [[ $(grep "\"workspace_id\":\"$2\"" "$log" | grep -c "\"event\":\"$1\"") == "$3" ]]
}
is_told() { wait_for 120 told "$@" && pass "$1 of $2" || fail "$1 of $2" "$(tail -5 "$log")"; }
end_watch() {
    kill -TERM "$watcher"
    wait "$watcher"
    is "TERM ends it" "$?" 0
}

one=$(PYRO_QEMU=/nothing/such "$PYRO" workspace create --allow-host-compat debian:12-base --name one --id-only 2>/dev/null)
two=$("$PYRO" workspace create debian:12-base --mem-mib 256 --name two --id-only 2>/dev/null)
old=$(PYRO_QEMU=/nothing/such "$PYRO" workspace create --allow-host-compat debian:12-base --name old --id-only 2>/dev/null)
ws stop old
ws exec one -- sh -c 'exit 9'
ws shell open two
# The others are copies of a stopped one under other ids.
python3 - "$workspaces" "$old" "$many" <<'END'
import json, os, sys
root, old, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
record = json.load(open(f"{root}/{old}/workspace.json"))
for i in range(many):
    id = f"{i:04x}" + old[4:]
    text = json.dumps(record).replace(old, id).replace('"old"', f'"copy-{i}"')
    os.makedirs(f"{root}/{id}/run")
    open(f"{root}/{id}/workspace.json", "w").write(text)
END
is "there are many" "$(json .count "$("$PYRO" workspace list --json)")" $((many + 3))
first=0000${old:4} last=$(printf '%04x' $((many - 1)))${old:4}

### More events than the kernel keeps, while it sleeps: a command and a shell, a workspace that comes, and one that goes.
watch
kill -STOP "$watcher"
python3 - "$workspaces/$one" <<'END'
import os, sys
for i in range(int(open("/proc/sys/fs/inotify/max_queued_events").read())):
    name = f"{sys.argv[1]}/filler-{i % 2}"
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT))
    os.unlink(name)
END
ws exec one -- sh -c 'exit 3'
ws shell open one
ws exec two -- true
ws reset two # shells/ and commands/ are others then
is "it is reset" "$status" 0
new=$(PYRO_QEMU=/nothing/such "$PYRO" workspace create --allow-host-compat debian:12-base --name new --id-only 2>/dev/null)
ws delete "$first"
ws update "$last" --acknowledge all
kill -CONT "$watcher"
is_told exec_ended "$one" 1
is_told shell_opened "$one" 1
is_told created "$new" 1
is_told deleted "$first" 1
ws exec new -- true
is_told exec_ended "$new" 1
ws exec two -- sh -c 'exit 4'
is_told exec_ended "$two" 1 # what was over in between is not told
ws shell open two
is_told shell_opened "$two" 1
"$PYRO" workspace shell write two sh1 --input 'exit 5' >/dev/null 2>&1
ended_with() { grep "\"workspace_id\":\"$two\"" "$log" | grep '"event":"shell_ended"' | grep -q '"exit_code":5'; }
wait_for 120 ended_with && pass "the shell's end is told" || fail "the shell's end is told" "$(tail -5 "$log")"
is "nothing went wrong" "$(cat "$log.err")" ""
end_watch

### Fewer watches than directories: that is told, and the list is right all the same.
watch unshare -Ur sh -c 'echo 20 >/proc/sys/user/max_inotify_watches && exec "$@"' sh
has_told_limit() { grep -q 'no inotify watches left' "$log.err"; }
wait_for 60 has_told_limit && pass "a limit is told"
is "… once" "$(grep -c 'no inotify watches left' "$log.err")" 1
ws delete "$last"
is_told deleted "$last" 1
end_watch

for id in one two new old; do ws delete "$id"; done
finish
