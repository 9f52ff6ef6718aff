#!/bin/bash
# workspace fork of a running workspace whose disk on the host is full from one of its steps on: all forks are made, or
# none is left and the error is no_space; the workspace goes on, and with room again it can be forked.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/killed.sh 1
snapshot_steps=(prepared held stopped switched saved copied going writing written renamed named)
start_steps=(history loaded forgotten running)

has_printed() { ws shell read "$1" sh1 --plain 2>/dev/null | grep -q -- "$2"; }
goes_on() { # WORKSPACE MARK: its shell does, with what it has in memory
    ws shell write "$1" sh1 --input "echo said-$2-\$X" >/dev/null 2>&1 && wait_for 60 has_printed "$1" "^said-$2-forty-two"
}
forks() { ws list --json | python3 -c 'import json, sys
print(*[w["workspace_id"] for w in json.load(sys.stdin)["workspaces"] if w["name"] != "w"])'; }
only_w() { ws list >/dev/null 2>&1; [[ $(ls "$workspaces") == "$id" ]]; }

# full_at STEP ARG…: the disk is full from that step of a fork on.
full_at() {
    local fork
    begin "$1" fork w "${@:2}" || fail "$1 is reached"
    fill
    end
    make_room
    case $answer in
    *'"forked_from"'*) pass "$1, on a full disk: they are made" ;;
    *) is "$1, on a full disk: no room" "$(json .error.code "$answer")" no_space ;;
    esac
    check "$1: the workspace goes on" goes_on w "$1"
    for fork in $(forks); do
        check "$1: a fork that is there goes on" goes_on "$fork" "$1"
        ws delete "$fork" >/dev/null 2>&1
    done
    check "$1: nothing else is left" wait_for 60 only_w
}

full() {
    local step workspaces=$XDG_DATA_HOME/pyro/workspaces
    on_small_disk full 400m || return
    id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
    ws shell open w >/dev/null 2>&1
    ws shell write w sh1 --input 'X=forty-two' >/dev/null 2>&1
    for step in "${snapshot_steps[@]}"; do full_at "snapshot-$step" --count 2; done
    for step in "${start_steps[@]}"; do full_at "start-$step"; done
    run ws fork w --name last --json
    is "with room it is possible again" "$status" 0
    check "… and goes on" goes_on last last
    ws delete last >/dev/null 2>&1
    refute "nothing that was captured is left" ls "$workspaces/$id/snapshots/.new" "$workspaces/$id"/captures/*
    ws delete w >/dev/null 2>&1
}

scene full
finish
