#!/bin/bash
# What failed or finished is kept in the workspace's record until it is acknowledged, or until what is newer says
# otherwise: commands, shells, services and the machine itself.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

ws() { run timeout -k 5 300 "$PYRO" workspace "$@"; }
attention() { # WORKSPACE: state, and kind and id of its source
    "$PYRO" workspace status "$1" --json | python3 -c '
import json, sys
attention = json.load(sys.stdin)["attention"]
source = attention["source"]
print(attention["state"], *[source["kind"], source["id"]] if source else [])'
}
becomes() { # WORKSPACE "STATE KIND ID"
    attention_is() { [[ $(attention "$1") == "$2" ]]; }
    wait_for 120 attention_is "$@" && pass "$2" || fail "$2" "$(attention "$1")"
}
acknowledge() { # WORKSPACE WHAT
    ws update "$1" --acknowledge "$2"
    is "acknowledge $2" "$status" 0
}

commands() {
    id=$("$PYRO" workspace create debian:12-base --mem-mib 256 --name w --secret TOKEN=sesame-opens-nothing --id-only 2>/dev/null)
    is "nothing yet" "$(attention w)" none

    # The newest command counts, until one succeeds.
    ws exec w -- sh -c 'exit 3; # sesame-opens-nothing'
    becomes w "failed exec 1"
    ws status w
    like "a person is told" "$out" $'\n''Attention: failed exec 1: exit code 3: sh -c exit 3; # \[REDACTED\]'
    ws list
    like "… in the list" "$out" "$id +started +failed "
    ws exec w -- true
    is "another one succeeded" "$(attention w)" none

    # A signal that pyro was asked for, and a caller that goes away, are no failures.
    running_are() { [[ $("$PYRO" workspace status w --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["running_command_count"])') == "$1" ]]; }
    for signal in INT KILL; do
        env --default-signal=INT "$PYRO" workspace exec w -- sleep 1000 >/dev/null 2>&1 &
        caller=$!
        wait_for 60 running_are 1
        kill -$signal $caller
        wait $caller
        wait_for 60 running_are 0
    done
    is "what was ended on purpose has not failed" "$(attention w)" none

    # What nobody waits for is news in either case, and a caller's success says nothing about it.
    ws exec w --detach -- sh -c 'while [ ! -e go ]; do sleep 0.1; done; exit 4'
    ws list
    like "a command runs" "$out" "$id +started +runs "
    ws exec w -- touch go
    becomes w "failed exec 5"
    ws exec w -- true
    is "… and stays" "$(attention w)" "failed exec 5"
    acknowledge w exec:4
    is "another one is acknowledged" "$(attention w)" "failed exec 5"
    acknowledge w exec:5
    is "acknowledged" "$(attention w)" none
    ws exec w --detach -- true
    becomes w "finished exec 8"
    before=$(json .last_activity_at "$("$PYRO" workspace status w --json)")
    acknowledge w all
    is "… is no activity" "$(json .last_activity_at "$("$PYRO" workspace status w --json)")" "$before"
    is "… and acknowledged again" "$(attention w)" none
    ws update w --acknowledge everything
    is "a wrong source" "$status" 2
    like "… says what there is" "$err" 'all, vm, exec, shell, service'
}

shells() {
    "$PYRO" workspace shell open w >/dev/null 2>&1 # sh1
    "$PYRO" workspace shell open w >/dev/null 2>&1
    "$PYRO" workspace shell write w sh2 --input 'exit 6' >/dev/null 2>&1
    becomes w "failed shell sh2"
    "$PYRO" workspace exec w -- sh -c 'exit 1' >/dev/null 2>&1
    is "of two the newer" "$(attention w)" "failed exec 9"
    "$PYRO" workspace shell write w sh1 --input 'cat' >/dev/null 2>&1
    becomes w "asks shell sh1"
    ws list
    like "asks before failed" "$out" "$id +started +asks "
    ws shell close w sh1
    is "one that is closed has not failed" "$(attention w)" "failed exec 9"
    # It survives the supervisor, and the machine.
    kill_process "$(supervisor_of "$id")"
    becomes w "failed exec 9"
    ws stop w
    is "… and a stop" "$(attention w)" "failed exec 9"
    ws list
    like "… which the list says too" "$out" "$id +stopped +failed "
    acknowledge w exec
    is "acknowledged while it is stopped" "$(attention w)" "failed shell sh2"
    acknowledge w shell
    ws start w
    is "all is acknowledged" "$(attention w)" none
}

services() {
    ws service start w web -- sh -c 'while [ ! -e end ]; do sleep 0.1; done; exit 5'
    ws exec w -- touch end
    becomes w "failed service web"
    like "why" "$(json .attention.text "$("$PYRO" workspace status w --json)")" 'exited with status 5'
    ws exec w -- rm end
    is "a command says nothing about it" "$(attention w)" "failed service web"
    ws service start w web -- sleep 1000
    is "started again" "$(attention w)" none
    ws service stop w web
    is "stopped on purpose" "$(attention w)" none
    ws service start w web --ready-timeout-seconds 1 --ready-file no -- sleep 1000
    becomes w "failed service web"
    ws service start w once -- true
    becomes w "failed service web"
    acknowledge w service:web
    becomes w "finished service once"
}

machine() {
    ws exec w --json -- sh -c 'exit 2'
    number=$(json .sequence)
    kill_process "$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json")")"
    becomes w "failed vm $id"
    ws status w
    like "why it died" "$out" $'\n''Attention: failed vm: .*'
    acknowledge w vm
    ws status w --json
    is "acknowledged, and still failed" "$(json .state) $(attention w)" "failed failed exec $number"
    ws start w
    kill_process "$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json")")"
    becomes w "failed vm $id"
    ws start w
    is "started again" "$(attention w)" "failed exec $number"
    ws reset w
    is "a reset clears it all" "$(attention w)" none
    ws delete w
}

commands
shells
services
machine
finish
