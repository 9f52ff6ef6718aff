#!/bin/bash
# snapshot create, snapshot delete, diff and reset, with the process killed at random moments: the
# state is the one before or the one after, every snapshot holds what it held, nothing is left over.
# ROUNDS=50 for more; SEED=N repeats a run.
# run: alone, its kills are spread over the time that a command takes on a machine that does nothing else
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/killed.sh 7

declare -A holds=() # snapshot → what the file says in it
counter=0 resets=0 made=0

id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id

content() {
    run ws exec w --timeout-seconds 60 -- cat counter
    echo "$out"
}

# The names there are, without the baseline, space around each.
names() {
    ws snapshot list w --json 2>/dev/null | python3 -c '
import json, sys
print("", *[s["snapshot_name"] for s in json.load(sys.stdin)["snapshots"] if s["deletable"]], "")'
}

count_up() {
    counter=$((counter + 1))
    run ws exec w --timeout-seconds 60 -- sh -c "echo $counter >counter; sync"
    [[ $status -eq 0 ]] || note "the machine does not work: $err"
}

# One command with one of its makers killed. "both": as if the power went.
do_killed() {
    local vm
    if [[ $target == both ]]; then
        vm=$(json .vm_pid "$(cat "$dir/workspace.json")")
        run tests/vm/kill_during.py supervisor "$delay" "${pyro[@]}" workspace "$@" &
        wait_for 120 no_supervisor && kill_process "$vm"
        wait
    else
        hits "$@"
    fi
}

no_supervisor() {
    [[ -z $(supervisor_of "$id") ]] || ! jobs -r | grep -q .
}

# A machine that was killed this instant may still be told to run.
works() {
    run ws start w --json
    resets_now=$(json .reset_count 2>/dev/null)
    [[ $status -eq 0 && $(json .state) == started ]] && ws exec w -- true >/dev/null 2>&1
}

ensure_started() {
    wait_for 60 works || note "cannot be started: $out $err"
}

count_up
targets=(self supervisor qemu both)
for ((round = 1; round <= rounds; round++)); do
    target=${targets[RANDOM % 4]} delay=$((RANDOM % 300))
    known=(${!holds[@]})
    case $((RANDOM % 6)) in
    0 | 1) action="snapshot create s$round" ;;
    5) action="diff " ;;
    2) action="snapshot delete ${known[RANDOM % (${#known[@]} + 1)]:-s0}" ;;
    *) action="reset --snapshot ${known[RANDOM % (${#known[@]} + 1)]:-baseline}" ;;
    esac
    name=${action##* }
    if [[ $action == reset* ]]; then
        do_killed reset w --snapshot "$name"
    elif [[ $action == diff* ]]; then # a layer comes for it, and is joined again
        do_killed diff w
    else
        # shellcheck disable=SC2086
        do_killed ${action% *} w "$name"
    fi
    ensure_started
    [[ $target != self ]] || ws diff w >/dev/null 2>&1 # what goes on without who asked for it has ended then
    got=$(content)
    case $action in
    *create*)
        [[ $got == "$counter" ]] || note "the file says '$got', not '$counter'"
        [[ $(names) == *" $name "* ]] && holds[$name]=$counter && made=$((made + 1))
        ;;
    diff*) [[ $got == "$counter" ]] || note "the file says '$got', not '$counter'" ;;
    *delete*)
        [[ $got == "$counter" ]] || note "the file says '$got', not '$counter'"
        [[ $(names) == *" $name "* ]] || unset "holds[$name]"
        ;;
    reset*)
        wanted=$counter
        [[ $resets_now -gt $resets ]] && wanted=${holds[$name]-}
        [[ $got == "$wanted" ]] || note "the file says '$got', not '$wanted' ($resets_now resets, $resets before)"
        resets=$resets_now
        ;;
    esac
    [[ $(names | wc -w) -eq ${#holds[@]} ]] || note "the snapshots are $(names), not ${!holds[*]}"
    count_up
done

# What every snapshot holds, one after the other.
action=check target=nobody delay=0
for name in "${!holds[@]}"; do
    run ws reset w --snapshot "$name"
    got=$(content)
    [[ $got == "${holds[$name]}" ]] || note "snapshot $name holds '$got', not '${holds[$name]}'"
done
ws stop w >/dev/null
is "after $rounds kills" "$(faults)" ""
is "no file is left over" "$(python3 - "$dir" <<'PY'
import json, os, sys
d = sys.argv[1]
disk = json.load(open(d + "/workspace.json"))["disk"]
wanted = {("disk.qcow2" if l["id"] == 1 else "%d.qcow2" % l["id"]) for l in disk["layers"]}
there = {n for p in (d, d + "/layers") if os.path.isdir(p) for n in os.listdir(p) if n.endswith(".qcow2")}
print(*sorted(there ^ wanted))
PY
)" ""
run ws disk export w --output "$TMPDIR/disk" --json
is "the disk can be exported" "$status" 0
check "e2fsck has nothing to say" /sbin/e2fsck -fn "$TMPDIR/disk" >"$TEST_DIR/fsck" 2>&1
ws delete w >/dev/null
finish
