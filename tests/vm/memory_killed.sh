#!/bin/bash
# A snapshot with memory, and the reset to one, hit at each of their steps: the client, the supervisor or QEMU is killed,
# the disk is full, there is no memory, QEMU does not answer. Nothing is lost and nothing comes twice, no machine is left
# paused, and old memory never goes on with a newer disk.
# ROUNDS=100 for more; SEED=N repeats a run.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/killed.sh 6
snapshot_steps=(prepared held stopped switched saved copied going writing written renamed named)
snapshot_steps=("${snapshot_steps[@]/#/snapshot-}")
reset_steps=(reset-committed reset-cleared start-history start-loaded start-forgotten start-running)

guest() { run ws exec w --timeout-seconds 120 -- sh -c "$1"; }
record() { json ".$1" "$(cat "$dir/workspace.json")"; }
# The counter: its sum is in memory alone, each line is on the disk before the next one.
begin_counting() {
    ws shell write w "$(ws shell open w --id-only 2>/dev/null)" --input 'exec perl /opt/count.pl' >/dev/null 2>&1
}
make_workspace() {
    id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
    dir=$XDG_DATA_HOME/pyro/workspaces/$id
    guest 'cat >/opt/count.pl <<"END"
use IO::Handle; open(my $f, "+>>", "/workspace/counter") or die; $| = 1;
seek($f, 0, 0); my ($i, $sum) = (0, 0); while (<$f>) { ($i, $sum) = split }
for ($i++;; $i++) { $sum += $i; print $f "$i $sum\n"; $f->flush; $f->sync; select(undef, undef, undef, 0.02) }
END
sync'
    begin_counting
    wait_for 60 counts
}
whole='{ if ($1 != n + 1) print "GAP", n, $1; n = $1; s += $1; if (s != $2) print "SUM", $1 } END { print "at", n }'
# $at: what the counter is at; $wrong: what is wrong with what it has written.
look() {
    guest "awk '$whole' counter"
    at=$(sed -n 's/^at //p' <<<"$out")
    wrong=$(grep -v '^at ' <<<"$out")
    [[ $status -eq 0 && -n $at ]]
}
counts() {
    local last
    look || return
    last=$at
    look && [[ $at -gt $last ]]
}

hit() { # TARGET
    local pid
    case $1 in
    client) for pid in $(pgrep -P "$client"); do kill_process "$pid"; done ;; # who waits for it ends too
    supervisor) pid=$(supervisor_of "$id"); [[ -n $pid ]] && kill_process "$pid" ;;
    qemu) for pid in $(pgrep -f "qemu.*pyro-$id"); do kill_process "$pid"; done ;;
    esac
}
names() { # of the snapshots with memory
    ws snapshot list w --json 2>/dev/null | python3 -c '
import json, sys
print(*sorted(s["snapshot_name"] for s in json.load(sys.stdin)["snapshots"] if s["kind"] == "memory"))'
}
works() {
    run ws start w --json
    [[ $status -eq 0 && $(json .state) == started ]] && ws exec w -- true >/dev/null 2>&1
}
debris() { # files that nothing names
    python3 - "$dir" <<'PY'
import json, os, sys
d = sys.argv[1]
disk = json.load(open(d + "/workspace.json"))["disk"]
wanted = {("disk.qcow2" if l["id"] == 1 else "%d.qcow2" % l["id"]) for l in disk["layers"]}
there = {n for p in (d, d + "/layers") if os.path.isdir(p) for n in os.listdir(p) if n.endswith(".qcow2")}
memory = {s["name"] for s in disk["snapshots"] if s.get("memory")}
kept = set(os.listdir(d + "/snapshots")) if os.path.isdir(d + "/snapshots") else set()
print(*sorted(there ^ wanted), *sorted(memory ^ kept))
PY
}

killed() {
    local round step target before resets at_reset i
    declare -A holds # snapshot → what the counter was at, at most
    local -a cases=()
    make_workspace
    ws snapshot create w s0 --memory >/dev/null 2>&1
    look
    holds[s0]=$at
    for step in "${snapshot_steps[@]}" "${reset_steps[@]}"; do
        for target in client supervisor qemu; do cases+=("$step $target"); done
    done
    mapfile -t cases < <(printf '%s\n' "${cases[@]}" | shuf --random-source=<(yes "$RANDOM"))
    for ((round = 0; round < rounds; round++)); do
        read -r step target <<<"${cases[round % ${#cases[@]}]}"
        look
        before=$at resets=$(record reset_count) name=s$((round + 1))
        if [[ $step == snapshot-* ]]; then
            begin "$step" snapshot create w "$name" --memory || note "the step is not reached"
        else
            name=$(printf '%s\n' "${!holds[@]}" | shuf -n 1)
            begin "$step" reset w --snapshot "$name" || note "the step is not reached"
        fi
        hit "$target"
        end
        wait_for 60 works || note "it cannot be started: $out $err"
        look || note "it cannot be looked at: $out $err"
        [[ -z $wrong ]] || note "$wrong"
        if [[ $(record reset_count) -gt $resets ]]; then
            [[ $step != snapshot-* ]] || note "it was reset"
            # What ran after the reset, until it was killed, is all that there may be more.
            [[ $(record resume_from 2>/dev/null) == "" ]] || note "the memory is still to be used"
        elif [[ $at -lt $before ]]; then
            note "it is at $at after $before"
        fi
        [[ $step == snapshot-* && $target != qemu && $(record shell_count) -eq 0 ]] && note "the shell has ended"
        [[ $(record shell_count) -gt 0 ]] || begin_counting
        wait_for 60 counts || note "it does not count on"
        [[ -z $wrong ]] || note "… and then $wrong"
        for i in $(names); do
            [[ -n ${holds[$i]:-} ]] || holds[$i]=$at
        done
        [[ $(names | wc -w) -eq ${#holds[@]} ]] || note "the snapshots are $(names), not ${!holds[*]}"
        [[ $answer != *'"kind": "memory"'* || -n ${holds[$name]:-} ]] || note "it said that it has made $name"
        # Few are kept: each reset is to one of them.
        for i in "${!holds[@]}"; do
            [[ ${#holds[@]} -gt 4 && $i != s0 ]] && ws snapshot delete w "$i" >/dev/null 2>&1 && unset "holds[$i]"
        done
    done
    is "after $rounds kills" "$(faults)" ""
    for i in "${!holds[@]}"; do
        run ws reset w --snapshot "$i"
        is "$i can be gone back to" "$status" 0
        check "… its counter counts on" wait_for 60 counts
        is "… and each is there once" "$wrong" ""
        check "… from where it was" [ "$(record shell_count)" -gt 0 ]
    done
    ws stop w >/dev/null
    is "no file is left over" "$(debris)" ""
    run ws disk export w --output "$TEST_DIR/disk" --json
    check "e2fsck has nothing to say" env PATH="$PATH:/sbin:/usr/sbin" e2fsck -fn "$TEST_DIR/disk"
    rm -f "$TEST_DIR/disk"
    ws delete w >/dev/null
}

# The workspaces are on a disk of their own, which is filled at each step. Only this script's child sees it.
full() {
    local step
    on_small_disk full 400m || return
    make_workspace
    for step in "${snapshot_steps[@]}"; do
        begin "$step" snapshot create w "$step" --memory || fail "$step is reached"
        fill
        end
        make_room
        case $step in
        *-writing) is "$step, on a full disk: no room" "$(json .error.code "$answer")" no_space ;;
        *) like "$step, on a full disk: done, or no room" "$answer" 'no_space|"kind": "memory"' ;;
        esac
        check "$step: the machine goes on" wait_for 60 counts
        is "$step: with all that it had" "$wrong" ""
        [[ $answer == *'"kind": "memory"'* ]] && ws snapshot delete w "$step" >/dev/null
        ws snapshot create w after --memory >/dev/null 2>&1
        is "$step: it is possible again" "$(names)" after
        ws snapshot delete w after >/dev/null
    done
    is "nothing is left of what failed" "$(ls -A "$dir/snapshots")" ""
    begin snapshot-saved suspend w || fail "the step of a suspension is reached"
    fill
    truncate -s -2M "$XDG_DATA_HOME/pyro/workspaces/filler" # for some of the memory
    end
    is "suspend, on a full disk: no room" "$(json .error.code "$answer")" no_space
    like "suspend: what had no room" "$(json .error.message "$answer")" "machine's memory"
    is "suspend: nothing is left of it, on the full disk" "$(ls -d "$dir"/.suspended* "$dir"/suspended* 2>/dev/null)" ""
    make_room
    check "suspend: the machine goes on" wait_for 60 counts
    ws delete w >/dev/null
}

no_memory() {
    make_workspace
    begin snapshot-prepared snapshot create w m --memory || fail "the step is reached"
    prlimit --pid "$(stopped)" --as=$(($(awk '{ print $1 * 4096 }' "/proc/$(stopped)/statm") + 100000000)):
    end
    like "no memory: said" "$answer" '"error"'
    like "no memory: what for" "$answer" 'memory'
    prlimit --pid "$(supervisor_of "$id")" --as=unlimited:
    check "no memory: the machine goes on" wait_for 60 counts
    run ws snapshot create w m --memory --json
    is "with memory again it is made" "$status" 0
    ws delete w >/dev/null
}

# QEMU does not answer while it is to be stopped: the request ends, and so does that of others.
silent() {
    local qemu
    make_workspace
    begin snapshot-held snapshot create w m --memory || fail "the step is reached"
    qemu=$(record vm_pid)
    kill -STOP "$qemu"
    end
    like "a silent QEMU: the request ends with an error" "$answer" '"code": "(timeout|vm_failed|guest_lost)"'
    kill -CONT "$qemu"
    check "when it answers the machine goes on" wait_for 60 counts
    is "with all that it had" "$wrong" ""
    run ws snapshot create w m --memory --json
    is "and it is possible again" "$status" 0
    ws delete w >/dev/null
}

scene killed
scene full
scene no_memory
scene silent
finish
