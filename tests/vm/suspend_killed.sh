#!/bin/bash
# workspace suspend and start, with a process killed at random moments: what runs goes on without a gap, or
# the disk is as after a power cut and nothing runs; never old memory on a newer disk, no machine left paused,
# nothing left over. ROUNDS=100 for more; SEED=N repeats a run.
# run: alone, its kills are spread over the time that a command takes on a machine that does nothing else
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/killed.sh 4
id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id
look_at_state() {
    run ws status w --json
    was=$(json .state)
}
has_printed() { ws shell read w "$shell" --plain 2>/dev/null | grep -q -- "$1"; }

# A shell that appends a number, which it has in memory alone, and its sum: a gap or a repetition on the disk
# is a memory that is older than it. A power cut may empty the file, but not take it away.
begin_counting() {
    run ws exec w --timeout-seconds 60 -- sh -c ': >counter; sync'
    shell=$(ws shell open w --id-only 2>/dev/null)
    ws shell write w "$shell" --input 'i=0; t=0; while :; do i=$((i+1)); t=$((t+i)); echo $i $t >>counter; echo "N $i"; sleep 0.05; done' >/dev/null 2>&1
    wait_for 60 has_printed '^N 3' || note "nothing counts"
}
whole='{ if ($1 != n + 1) print "GAP", n, $1; n = $1; s += $1; if (s != $2) print "SUM", $0 } END { print "END", n }'
look() {
    run ws exec w --timeout-seconds 60 -- cat counter
    [[ $status -eq 0 ]] || note "the machine does not work: $err"
    found=$(printf '%s' "${out:+$out$'\n'}" | awk "$whole") # of an empty file, no line
    [[ $found == "END "* ]] || note "memory and disk differ: $found"
}

# Who asked is told before it is written down that QEMU was killed, and before a QEMU that was told to end has.
is_settled() { look_at_state && [[ $target != qemu || $said != *"killed"* || $was != started ]]; }
no_qemu() { ! left_running qemu-system; }

targets=(supervisor qemu self)
begin_counting
span=300 resumed=0 booted=0
for ((round = 1; round <= rounds || (resumed == 0 && round <= 5 * rounds); round++)); do
    target=${targets[RANDOM % 3]} delay=$((RANDOM % span)) action=suspend
    hits suspend w
    said=$err
    wait_for 60 is_settled || note "its QEMU was killed, and it is still $was"
    case $was in
    started | suspended | failed) ;;
    *) note "is '$was'" ;;
    esac
    if [[ $was == started ]]; then # or it is still being suspended: the client alone was killed
        [[ $(json .shell_count) -eq 1 ]] || note "the shell is gone though its machine runs"
        [[ $target == self ]] || look
        target+=" before"
        run ws suspend w --json
        [[ $status -eq 0 ]] || note "cannot be suspended after that: $err"
        look_at_state
    fi
    wait_for 60 no_qemu || note "QEMU is left of a machine that is $was"
    if [[ $was == suspended ]]; then
        target=${targets[RANDOM % 3]} delay=$((RANDOM % span)) action=start
        hits start w
    fi
    # Whatever came of it: it can be started, and counts on, or was booted.
    delay=- target=nothing
    run ws start w --json
    [[ $status -eq 0 && $(json .state) == started ]] || note "cannot be started: $err"
    if [[ $(json .shell_count) -eq 1 ]]; then
        resumed=$((resumed + 1))
        last=$(ws shell read w "$shell" --plain 2>/dev/null | sed -n 's/^N //p' | tail -1)
        wait_for 60 has_printed "^N $((last + 3))\$" || note "it does not count on after $last"
        look
    else
        booted=$((booted + 1))
        look
        begin_counting
    fi
    [[ -z $(ls -d "$dir"/suspended "$dir"/.suspended 2>/dev/null) ]] || note "memory is left over"
    span=$((300 + RANDOM % 900))
done
is "nothing was lost, doubled or left over" "$(faults)" ""
echo "$resumed went on, $booted were booted"
check "some went on" [ "$resumed" -gt 0 ]
run ws stop w --json
is "stop" "$status" 0
ws delete w >/dev/null 2>&1
finish
