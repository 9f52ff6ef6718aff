#!/bin/bash
# workspace fork of a running workspace, with a process of it killed at random moments: the workspace goes on, and is
# not left paused or held; each fork that is there is whole; nothing else is left.
# ROUNDS=100 for more; SEED=N repeats a run.
# run: alone, its kills are spread over the time that a command takes on a machine that does nothing else
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/killed.sh 4
workspaces=$XDG_DATA_HOME/pyro/workspaces

state() { ws status "$1" --json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["state"])'; }
asks() { ws shell write "$1" sh1 --input "echo said-$2-\$X" >/dev/null 2>&1; }
has_printed() { ws shell read "$1" sh1 --plain 2>/dev/null | grep -q -- "$2"; }
# Or never will: its QEMU may have been killed a moment ago.
has_said() { has_printed "$1" "$2" || [[ $(state "$1") == failed ]]; }
# Its shell goes on as it was, a program in it too.
goes_on() { # WORKSPACE MARK
    asks "$1" "$2" && wait_for 60 has_said "$1" "^said-$2-forty-two" &&
        ws exec "$1" --timeout-seconds 120 -- sh -c 'n=$(wc -l </workspace/ticks)
            until [ $(wc -l </workspace/ticks) -gt $n ]; do sleep 0.1; done' >/dev/null 2>&1
}
set_up() {
    ws shell open w >/dev/null 2>&1
    ws shell write w sh1 --input 'X=forty-two' >/dev/null 2>&1
    ws service start w ticker -- sh -c 'while :; do echo tick >>ticks; sleep 0.1; done' >/dev/null 2>&1
    # What comes after it has another number of the same shell.
    wait_for 60 has_ticked
}
has_ticked() { ws exec w -- test -s ticks >/dev/null 2>&1; }
start_anew() {
    ws delete w >/dev/null 2>&1
    id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
    set_up
}

start_anew
forked=0
targets=(self supervisor qemu)
for ((round = 1; round <= rounds; round++)); do
    target=${targets[RANDOM % 3]} delay=$((RANDOM % 1500))
    hits fork w --count 2 --label "round=$round" --id-only
    [[ $status -ne 0 || $(wc -l <<<"$out") -eq 2 ]] || note "it printed '$out'"
    case $(state w) in
    # Of a QEMU killed a moment ago its supervisor may not have known yet.
    started) goes_on w "$round" || [[ $target == qemu && $(state w) == failed ]] || note "the workspace does not go on" ;;
    failed) [[ $target == qemu ]] || note "the workspace has failed" ;;
    *) note "the workspace is $(state w)" ;;
    esac
    list=$(ws list --json | python3 -c 'import json, sys
print(*[w["workspace_id"] + " " + w["state"] for w in json.load(sys.stdin)["workspaces"] if w["name"] != "w"], sep="\n")')
    while read -ru 9 fork how; do # not standard input: exec passes that on
        [[ -n $fork ]] || continue
        forked=$((forked + 1))
        if [[ $how == started ]]; then
            goes_on "$fork" "f$round" || [[ $target == qemu && $(state "$fork") == failed ]] || note "fork $fork does not go on"
        elif [[ $target != qemu ]]; then
            note "fork $fork is $how"
        fi
        ws delete "$fork" >/dev/null 2>&1 || note "fork $fork cannot be deleted"
    done 9<<<"$list"
    ws list >/dev/null 2>&1 # what was cut short is swept
    only_w() { ws list >/dev/null 2>&1; [[ $(ls "$workspaces") == "$id" ]]; }
    wait_for 60 only_w || note "there is $(ls "$workspaces")"
    [[ $(state w) == started ]] || start_anew
done
is "after $rounds kills, and $forked forks" "$(faults)" ""
run ws fork w --name last --json
is "and once more, undisturbed" "$status $(json '.workspaces[0].state')" "0 started"
check "… it goes on" goes_on last last
refute "nothing that was captured is left" ls "$workspaces/$id/snapshots/.new" "$workspaces/$id"/captures/*
ws stop w >/dev/null 2>&1
run ws disk export w --output "$TMPDIR/disk" --json
check "e2fsck has nothing to say" env PATH="$PATH:/sbin:/usr/sbin" e2fsck -fn "$TMPDIR/disk" >"$TEST_DIR/fsck" 2>&1
rm -f "$TMPDIR/disk"
ws delete w >/dev/null 2>&1
ws delete last >/dev/null 2>&1
is "nothing is left over" "$(ls "$workspaces")" ""
finish
