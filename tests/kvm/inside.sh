#!/bin/bash
# tests/kvm/inside.sh: what check-kvm.sh runs inside the VM that has a KVM. The clock is slow in there
# (each step is emulated twice), so nothing is asked of speed beyond "restored, not booted".
export PATH=/usr/bin:/usr/sbin TMPDIR=/var/tmp PYRO=/check/pyro PYRO_CHECK_RESULTS=1
cd /check || exit 1
chmod 1777 /var/tmp
# As udev would have it.
chgrp kvm /dev/kvm && chmod 660 /dev/kvm
chown -R root:root /check
. /check/lib.sh
rm -rf "$PYRO_HOME"
mv /check/home "$PYRO_HOME"
chmod -R go= "$PYRO_HOME"

E=debian:12-base
STEP_SECONDS=240
echo "started after $(cut -d' ' -f1 /proc/uptime) s"

# The JSON member of a flat object, without python: "name": "value" or "name": number.
member() {
    sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" <<<"$out" | head -1
}

# Milliseconds since the machine started.
now_ms() {
    local seconds rest
    read -r seconds rest </proc/uptime
    echo $((10#${seconds/./} * 10))
}

# timed COMMAND…: like run, and how long it took in $ms.
timed() {
    local start
    start=$(now_ms)
    run timeout -k 5 $STEP_SECONDS "$@"
    ms=$(($(now_ms) - start))
}

# succeeds WHAT: the last command's exit status is 0; else says what it said.
succeeds() {
    if [[ $status -eq 0 ]]; then
        pass "$1 (${ms:-?} ms)"
    else
        fail "$1" "status $status" "$out" "$err"
    fi
}

# The process id whose command line holds all the words.
process_of() {
    local dir line word
    for dir in /proc/[0-9]*; do
        line=$(tr '\0' ' ' 2>/dev/null <"$dir/cmdline") || continue
        for word; do
            [[ $line == *"$word"* ]] || continue 2
        done
        [[ ${dir#/proc/} == "$BASHPID" ]] || echo "${dir#/proc/}"
    done
}

# Of Debian's own kernel, whose Landlock knows nothing of truncation.
timed /check/test_inmate
succeeds "jails hold what is in them"

timed "$PYRO" doctor --environment $E
succeeds "doctor passes"
like "doctor finds KVM usable" "$out" 'KVM: exists=yes readable=yes writable=yes usable=yes'
like "doctor names the accelerator" "$out" 'Accelerator: kvm'

timed "$PYRO" run --json $E -- sh -c 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource /proc/cmdline
    grep -o -w hypervisor /proc/cpuinfo | head -1; echo problem >&2; exit 3'
is "run gives the command's status" "$status" 3
[[ $status -eq 3 ]] || { echo "$out"; echo "$err"; }
first_ms=$ms
is "run says that it used KVM" "$(member accelerator)" kvm
like "the guest has a clock that only KVM gives" "$(member stdout)" '^kvm-clock'
like "the guest's standard error comes back" "$(member stderr)" '^problem'
if [[ $out == *mitigations=off* ]]; then
    fail "a guest under KVM keeps its mitigations"
else
    pass "a guest under KVM keeps its mitigations"
fi
check "a template for KVM is there" grep -q '"accelerator": *"kvm"' \
    "$PYRO_HOME"/cache/templates/*/template.json

timed "$PYRO" run $E -- true
succeeds "run again"
echo "first run $first_ms ms, second $ms ms"
templates=$(ls "$PYRO_HOME/cache/templates" | wc -l)

timed "$PYRO" workspace create $E --name first --id-only
succeeds "workspace create"
W=$out
is "a start from the template makes no other" "$(ls "$PYRO_HOME/cache/templates" | wc -l)" "$templates"
timed "$PYRO" workspace exec first -- sh -c 'echo kept >file; hostname; cat /etc/machine-id'
succeeds "workspace exec"
first_identity=$out

# The clock was stopped while the template lay on disk: it must be right, and go on at its pace.
run "$PYRO" workspace exec first -- sh -c 'date +%s; exec date +%s'
there=${out##*$'\n'}
here=$(date +%s)
check "the guest's clock is right" test $((here - there)) -ge -1 -a $((here - there)) -le 5
run "$PYRO" workspace exec first -- sh -c 'read a _ </proc/uptime; sleep 2; read b _ </proc/uptime
    echo $(( (${b%.*}${b#*.}) - (${a%.*}${a#*.}) ))'
check "two seconds in the guest are two seconds" test "${out:-0}" -ge 195 -a "${out:-0}" -le 500

timed "$PYRO" workspace create $E --name second --id-only
succeeds "a second workspace beside it"
run "$PYRO" workspace exec second -- sh -c 'hostname; cat /etc/machine-id'
if [[ $status -eq 0 && $out != "$first_identity" ]]; then
    pass "two workspaces are two machines"
else
    fail "two workspaces are two machines" "$first_identity" "$out" "$err"
fi
timed "$PYRO" workspace delete second
succeeds "workspace delete"

run "$PYRO" workspace exec first -- cat /proc/sys/kernel/random/boot_id
boot_id=$out
supervisor=$(process_of __supervise "$W")
check "the workspace has one supervisor" test "$(wc -w <<<"$supervisor")" -eq 1
[[ -n $supervisor ]] && kill -KILL $supervisor
timed "$PYRO" workspace exec first -- cat /proc/sys/kernel/random/boot_id
succeeds "exec after the supervisor was killed"
is "it is still the same guest" "$out" "$boot_id"

timed "$PYRO" workspace stop first
succeeds "workspace stop"
timed "$PYRO" workspace start first
succeeds "workspace start"
like "status says that it runs under KVM" "$out" 'Accelerator: kvm'
templates=$(ls "$PYRO_HOME/cache/templates" | wc -l)
timed "$PYRO" workspace exec first -- cat file
succeeds "exec after stop and start"
is "the disk kept what was written" "$out" kept
timed "$PYRO" workspace exec first -- cat /proc/sys/kernel/random/boot_id
refute "and it is another start" test "$out" = "$boot_id"
timed "$PYRO" workspace delete first
succeeds "workspace delete"

# One that waited for it: restored, begun and paused under KVM.
export PYRO_CHECK_SPARES=3000
timed env PYRO_SPARES=1 "$PYRO" __spare $E 1 1024 off 0
succeeds "a spare is made"
run "$PYRO" workspace list --all --json
spare=$(member workspace_id)
timed env -u PYRO_SPARES "$PYRO" workspace create $E --name claimed --id-only
succeeds "workspace create, with a spare"
is "it takes the spare" "$out" "$spare"
run "$PYRO" workspace exec claimed -- sh -c 'hostname; date +%s; cat /etc/machine-id'
is "which has its name" "${out%%$'\n'*}" claimed
here=$(date +%s) there=$(sed -n 2p <<<"$out")
check "and the time of now" test $((here - there)) -ge -1 -a $((here - there)) -le 10
refute "and a machine-id of its own" grep -qF "${first_identity##*$'\n'}" <<<"$out"

# With its memory: what runs comes back as it was, on the disk of then.
shell_says() { # SHELL WORD [WORKSPACE]
    "$PYRO" workspace shell read "${3:-claimed}" "$1" --plain 2>/dev/null | grep -q "$2"
}
last_tick() { # [WORKSPACE]
    "$PYRO" workspace shell read "${1:-claimed}" sh2 --plain 2>/dev/null | sed -n 's/^tick //p' | tail -1
}
# No number is missing, and none is there twice.
ticks_of() { # [WORKSPACE]
    run "$PYRO" workspace exec "${1:-claimed}" -- sh -c \
        'n=0; while read -r i; do n=$((n + 1)); [ "$i" = $n ] || echo "gap at $n: $i"; done <ticks; ls'
}
run "$PYRO" workspace shell open claimed
run "$PYRO" workspace shell open claimed
run "$PYRO" workspace shell write claimed sh1 --input 'X=forty-two; cd /usr'
run "$PYRO" workspace shell write claimed sh2 --input 'i=0; while :; do i=$((i + 1)); echo tick $i; echo $i >>/workspace/ticks; sleep 0.1; done'
check "a shell counts" wait_for $STEP_SECONDS shell_says sh2 'tick 5'
timed "$PYRO" workspace snapshot create claimed m --memory --json
succeeds "snapshot create --memory, with a pause of $(member pause_ms) ms"
last=$(last_tick)
check "the machine goes on" wait_for $STEP_SECONDS shell_says sh2 "tick $((last + 5))"
run "$PYRO" workspace shell write claimed sh1 --input 'X=0'
run "$PYRO" workspace exec claimed -- sh -c 'echo later >later; sync; head -c 16 /dev/urandom | od -An -tx1'
drawn=$out
timed "$PYRO" workspace reset claimed --snapshot m
succeeds "reset to it"
run "$PYRO" workspace shell write claimed sh1 --input 'echo $X in $PWD'
check "a shell is as it was" wait_for $STEP_SECONDS shell_says sh1 'forty-two in /usr'
last=$(last_tick)
check "the other counts on" wait_for $STEP_SECONDS shell_says sh2 "tick $((last + 5))"
ticks_of
is "its disk is that of the same instant" "$out" ticks
run "$PYRO" workspace exec claimed -- sh -c 'head -c 16 /dev/urandom | od -An -tx1; date +%s'
refute "random numbers are others" test "${out%%$'\n'*}" = "$drawn"
here=$(date +%s) there=${out##*$'\n'}
check "the time is right again" test $((here - there)) -ge -1 -a $((here - there)) -le 10

# Two that go on from here, beside the one they come from.
timed "$PYRO" workspace fork claimed --count 2 --name twin --id-only
succeeds "workspace fork --count 2"
is "… gives two" "$(wc -w <<<"$out")" 2
drawn=
for w in twin-1 twin-2; do
    last=$(last_tick $w)
    check "$w: the shell counts on" wait_for $STEP_SECONDS shell_says sh2 "tick $((last + 5))" $w
    run "$PYRO" workspace shell write $w sh1 --input 'echo $X of $HOSTNAME'
    check "$w: a shell is as it was" wait_for $STEP_SECONDS shell_says sh1 'forty-two of claimed' $w
    run "$PYRO" workspace exec $w -- sh -c 'hostname; head -c 16 /dev/urandom | od -An -tx1'
    is "$w: its own name" "${out%%$'\n'*}" $w
    refute "$w: its own random numbers" test "${out#*$'\n'}" = "$drawn"
    drawn=${out#*$'\n'}
    ticks_of $w
    is "$w: its disk is that of the same instant" "$out" ticks
    timed "$PYRO" workspace delete $w
    succeeds "$w: workspace delete"
done
last=$(last_tick)
check "the one they come from counts on" wait_for $STEP_SECONDS shell_says sh2 "tick $((last + 5))"

# Its memory on the disk, and back.
run "$PYRO" workspace exec claimed -- cat /proc/sys/kernel/random/boot_id
boot_id=$out
timed "$PYRO" workspace suspend claimed
succeeds "workspace suspend"
run "$PYRO" workspace status claimed --json
like "it is suspended" "$out" '"state": "suspended"'
timed "$PYRO" workspace exec claimed -- sh -c 'cat /proc/sys/kernel/random/boot_id; date +%s'
succeeds "a command lets it go on"
is "… in the same machine" "${out%%$'\n'*}" "$boot_id"
here=$(date +%s) there=${out##*$'\n'}
check "… at the time of now" test $((here - there)) -ge -1 -a $((here - there)) -le 10
last=$(last_tick)
check "… where the shell counts on" wait_for $STEP_SECONDS shell_says sh2 "tick $((last + 5))"
ticks_of
is "… on the disk it had" "$out" ticks
timed "$PYRO" workspace delete claimed
succeeds "workspace delete"

# The same as a user with no rights but the group kvm, on the same templates.
chmod 711 "$TEST_DIR"
chown -R user:user "$PYRO_HOME" "$TMPDIR"
timed setpriv --reuid 1000 --regid 1000 --groups 104 "$PYRO" run --json $E -- id -u
succeeds "run as an ordinary user"
is "under KVM too" "$(member accelerator)" kvm
is "and from the same templates" "$(ls "$PYRO_HOME/cache/templates" | wc -l)" "$templates"

finish
