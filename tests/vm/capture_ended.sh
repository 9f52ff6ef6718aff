#!/bin/bash
# QEMU is killed in the middle of a snapshot, a suspension or a fork: the command says so, whatever it was doing, and the
# workspace is there.
cd "$(dirname "$0")/../.." && . tests/lib.sh
. tests/killed.sh 1

machine() { json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$1/workspace.json")"; }
ended() { # STEP ARG…: the command, whose machine is killed at the step
    local id
    id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
    if begin "$@"; then
        kill_process "$(machine "$id")"
    else
        fail "$*: the step is reached"
    fi
    end
    like "$*: it says why" "$(json .error.message "$answer")" 'the VM ended: QEMU was killed by signal 9'
    ws start w >/dev/null 2>&1
    run ws exec w -- echo here
    is "$*: the workspace is there" "$status $out" "0 here"
    is "$*: and nothing else" "$(json .count "$(ws list --json)")" 1
    ws delete w >/dev/null 2>&1
}
for step in held stopped switched saved copied; do
    ended snapshot-$step snapshot create w s --memory
done
ended snapshot-saved suspend w
ended snapshot-copied fork w --name f
finish
