#!/bin/bash
# Machines that are there before they are asked for: who gets one and who does not, that nothing of its first beginning
# is found in it, and that none is left behind or claimed twice, whatever is killed.
#   ROUNDS=N  of killing (4)
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export PYRO_CHECK_SPARES=3000 # made at once, and gone after so many seconds
rounds=${ROUNDS:-4}
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"

# make_spare [NETWORK]: as a command that does not stay makes one.
make_spare() { PYRO_SPARES=2 "$PYRO" __spare debian:12 1 1024 "${1:-off}" 0; }
spares_are() { [[ $("$PYRO" workspace list --all --json | grep -c pss_bytes) == "$1" ]]; }
spare_ids() { ls "$XDG_DATA_HOME/pyro/workspaces"; }
is_empty() { [[ -z $(ls "$XDG_DATA_HOME/pyro/workspaces") ]]; }
# Commands that may claim: they leave none themselves.
claims() { env -u PYRO_SPARES "$@"; }
create() { claims "$PYRO" workspace create debian:12 --id-only "$@" 2>/dev/null; }
record() { json ".$2" "$(cat "$XDG_DATA_HOME/pyro/workspaces/$1/workspace.json")"; }
kill_if_any() { [[ ${1:-0} -gt 1 ]] && kill_process "$1"; }
ticks() { cut -d' ' -f14,15 "/proc/$1/stat"; }

"$PYRO" env pull debian:12 >/dev/null 2>&1
run "$PYRO" run debian:12 -- true
is "there is a template" "$status" 0
check "without leave none is made" is_empty
run "$PYRO" workspace list --all --json
is "list --all: none" "$(json .spares)" "[]"

# ---- what it is
need "a spare is made" make_spare
spare=$(spare_ids)
make_spare
is "one of a template is enough" "$(spare_ids)" "$spare"
run "$PYRO" workspace list
is "list: nothing is seen of it" "$out" "No workspaces."
run "$PYRO" workspace list --all --json
is "list --all: it is there" "$(json .count) $(json .spares[0].workspace_id)" "0 $spare"
check "list --all: with its cost" [ "$(json .spares[0].pss_bytes)" -gt 10000000 ]
check "list --all: and its template's" [ "$(json .spares[0].template_bytes)" -gt 10000000 ]
run "$PYRO" workspace list --all
like "list --all, for people" "$out" "Spare: $spare debian:12 1 vCPU 1024 MiB: [0-9]+ MB, and [0-9]+ MB shared"
for command in 'exec %s -- true' 'fork %s' 'commit %s tools' 'snapshot create %s s' 'disk list %s /' 'start %s' 'stop %s' 'reset %s'; do
    # shellcheck disable=SC2046,SC2059
    run "$PYRO" workspace $(printf "$command" "$spare")
    like "$command: it is not to be used yet" "$err" "workspace '$spare' is a spare: nobody has claimed it"
done
run "$PYRO" doctor --json
is "doctor: it is there" "$(json .spares[0].workspace_id)" "$spare"
run "$PYRO" run debian:12 --json -- true
is "PYRO_SPARES=0: it is not taken" "$(json .exit_code) $(spare_ids)" "0 $spare"
qemu=$(record "$spare" vm_pid)
before=$(ticks "$qemu")
"$PYRO" doctor >/dev/null
is "it takes no processor time" "$(ticks "$qemu")" "$before"
run "$PYRO" workspace exec "$spare" -- true
is "nobody works in it" "$status" 125
run timeout 60 "$PYRO" workspace suspend "$spare"
like "… nor acts on it, which is said at once" "$status $err" "^1 .*$spare.* is a spare: nobody has claimed it .*workspace delete"

# ---- who does not get it
(umask 077; create --name other >"$TEST_DIR/id")
refute "another umask: not claimed" [ "$(<"$TEST_DIR/id")" = "$spare" ]
refute "another niceness: not claimed" [ "$(nice -n 3 env -u PYRO_SPARES "$PYRO" workspace create debian:12 --id-only 2>/dev/null)" = "$spare" ]
refute "other limits: not claimed" [ "$(ulimit -S -s 4096; create)" = "$spare" ]
refute "other processors: not claimed" [ "$(taskset -c 0 env -u PYRO_SPARES "$PYRO" workspace create debian:12 --id-only 2>/dev/null)" = "$spare" ] ||
    [[ $(nproc) -eq 1 ]]
refute "other variables: not claimed" [ "$(PYRO_QEMU=$(command -v qemu-system-x86_64) create)" = "$spare" ]
refute "another size: not claimed" [ "$(create --mem-mib 512)" = "$spare" ]
cp "$PYRO" "$TEST_DIR/pyro"
refute "another build: not claimed" \
    [ "$(PYRO_LIBEXEC=$(dirname "$PYRO") claims "$TEST_DIR/pyro" workspace create debian:12 --id-only 2>/dev/null)" = "$spare" ]
rm "$TEST_DIR/pyro"
check "it is still there" spares_are 1
run claims "$PYRO" workspace create debian:12 --name other
is "a name that is taken: refused" "$status" 1
is "a name that is taken: only the spare knows" "$(json .count "$("$PYRO" workspace list --json)")" \
    "$("$PYRO" workspace list | tail -n +2 | wc -l)"
for id in $("$PYRO" workspace list --json | python3 -c 'import json,sys
for w in json.load(sys.stdin)["workspaces"]: print(w["workspace_id"])'); do
    "$PYRO" workspace delete "$id" >/dev/null
done

# ---- who gets it, and what is in it
is_empty && need "a spare is made" make_spare
spare=$(spare_ids)
id=$(create --name first --label a=b --secret TOKEN=tok-5d1c77 --ttl-seconds 5000)
is "create: it takes the spare, and its id" "$id" "$spare"
need "another is made" make_spare
second=$(spare_ids | grep -v "$id")
is "another claimant gets the other" "$(create)" "$second"
run "$PYRO" workspace status first --json
is "the record is the claimant's" "$(json .labels.a) $(json .ttl_seconds) $(json .secrets[0].name) $(json .state)" \
    "b 5000 TOKEN started"
is "the record: no spare any more" "$(record "$id" spare) $(record "$id" ephemeral)" "false false"
run "$PYRO" workspace exec first -- sh -c 'hostname; cat /etc/hostname; grep 127.0.1.1 /etc/hosts | cut -f2; cat /run/pyro-secrets/TOKEN'
is "the guest has its name and its secret" "$out" $'first\nfirst\nfirst\n[REDACTED]'
run "$PYRO" workspace exec first -- sh -c 'cat /etc/machine-id'
is "the machine-id is its own" "$out" "$(record "$id" machine_id)"
refute "… and nobody else's" [ "$out" = "$(record "$second" machine_id)" ]
draw='head -c 4096 /dev/urandom | od -An -v -tx8 -w8; cat /proc/sys/kernel/random/uuid'
"$PYRO" workspace exec first -- sh -c "$draw" >"$TEST_DIR/random.1"
"$PYRO" workspace exec "$second" -- sh -c "$draw" >"$TEST_DIR/random.2"
is "random numbers: each draws its own" "$(sort "$TEST_DIR"/random.[12] | uniq -d)" ""
run "$PYRO" workspace exec first -- sh -c 'ls -A /workspace /tmp ~/.bash_history /var/log/journal 2>/dev/null; ls /sys/fs/cgroup | grep -c spare'
is "nothing was left in the guest" "$out" $'/tmp:\n\n/workspace:\n0'
run "$PYRO" workspace logs first --json
is "the command that warmed it is not in the history" "$(json .entries[0].sequence)" 1
run "$PYRO" workspace timeline first --json
is "the timeline begins with the claim" "$(json .entries[0].event) $(json .entries[1].event)" "created started"
late=$(($("$PYRO" workspace exec first -- date +%s) - $(date +%s)))
check "the time is the host's (but for $late s)" [ "${late#-}" -le 100 ]
run "$PYRO" workspace stop first
run "$PYRO" workspace disk export first --output "$TEST_DIR/disk"
is "the disk can be looked at" "$status" 0
refute "the disk: nothing of another, nor of what warmed it" grep -qaF -e "$second" -e 'true | cat' "$TEST_DIR/disk"
check "the disk is clean" e2fsck -fn "$TEST_DIR/disk"
rm "$TEST_DIR/disk"
run "$PYRO" workspace start first --json
is "it starts again" "$(json .state)" started
"$PYRO" workspace delete first >/dev/null && "$PYRO" workspace delete "$second" >/dev/null

# ---- two at once
need "a spare is made" make_spare
spare=$(spare_ids)
for i in 1 2 3; do create >"$TEST_DIR/claim.$i" & done
wait
is "of three at once, one gets it" "$(cat "$TEST_DIR"/claim.[123] | grep -c "$spare")" 1
is "… and all have a workspace" "$(sort -u "$TEST_DIR"/claim.[123] | wc -l)" 3
for id in $(cat "$TEST_DIR"/claim.[123]); do "$PYRO" workspace delete "$id" >/dev/null; done

# ---- run, with a network, and what holds
if command -v passt >/dev/null; then
    need "a spare with a network is made" make_spare on
    spare=$(spare_ids)
    run claims "$PYRO" run debian:12 --network --json -- sh -c 'cat /sys/class/net/eth0/address; ip route 2>/dev/null; cat /etc/resolv.conf'
    is "run: it takes it" "$(json .vm_id) $(json .exit_code)" "$spare 0"
    check "run: it is gone" wait_for 60 is_empty
fi
need "a spare is made" make_spare
spare=$(spare_ids)
env -u PYRO_SPARES "$PYRO" workspace create debian:12 --hold --delete --name held >/dev/null 2>&1 &
holder=$!
wait_for 60 "$PYRO" workspace exec held -- true 2>/dev/null
check "create --hold does not take it" [ "$(json .workspace_id "$("$PYRO" workspace status held --json)")" != "$spare" ]
kill "$holder"
wait "$holder"

# ---- what ends it
run "$PYRO" workspace delete "$spare"
is "workspace delete: it is ended" "$status $out $err" "0 Deleted workspace: $spare "
check "workspace delete: it is gone" wait_for 60 is_empty
need "a spare is made" make_spare
kill_process "$(record "$(spare_ids)" vm_pid)"
check "its QEMU is killed: it is gone" wait_for 60 is_empty
need "a spare is made" make_spare
kill_process "$(supervisor_of "$(spare_ids)")"
"$PYRO" workspace list >/dev/null
check "its supervisor is killed: the next command sweeps it" is_empty
check "… and its QEMU" wait_for 60 no_leftovers
sleep 1000 & # a keeper
keeper=$!
PYRO_SPARES=1 "$PYRO" __spare debian:12 1 1024 off "$keeper"
refute "it is kept by a process" is_empty
kill_process "$keeper"
wait "$keeper" 2>/dev/null
check "that is killed: it is gone" wait_for 60 is_empty
PYRO_CHECK_SPARES=1 make_spare
check "its time is over: it is gone" wait_for 60 is_empty

# ---- who keeps them
echo 'spares = 1' >>"$XDG_CONFIG_HOME/pyro/config"
run claims "$PYRO" run debian:12 -- true
check "spares = 1: a command leaves one" wait_for 60 spares_are 1
sed -i 's/^spares.*/spares = some/' "$XDG_CONFIG_HOME/pyro/config"
like "spares = some: doctor says so" "$(claims "$PYRO" doctor)" "config:[0-9]+: spares 'some' is not a number from 0 to 16"
sed -i '/^spares/d' "$XDG_CONFIG_HOME/pyro/config"
kill "$(supervisor_of "$(spare_ids)")"
wait_for 60 is_empty
coproc api { exec env -u PYRO_SPARES "$PYRO" api --stdio; }
has_spares() { [[ $("$PYRO" workspace list --all --json) == *pss_bytes* ]]; }
check "api: keeps some" wait_for 60 has_spares
kill_process "$api_PID"
check "api is killed: they are gone" wait_for 60 is_empty

coproc mcp { exec env PYRO_SPARES=1 "$PYRO" mcp serve; } # one: of what was made last
check "mcp serve: keeps one" wait_for 60 spares_are 1
spare=$(spare_ids)
mkdir "$TEST_DIR/seed" && echo grown >"$TEST_DIR/seed/file"
is "create --seed-path: it takes it" "$(create --name seeded --seed-path "$TEST_DIR/seed")" "$spare"
run "$PYRO" workspace exec seeded -- cat file
is "… and has the seed" "$out" grown
check "mcp serve: makes another" wait_for 60 spares_are 1
"$PYRO" workspace delete seeded >/dev/null
eval "exec ${mcp[1]}>&-" # its input ends
check "mcp serve ends: it is gone" wait_for 60 is_empty

# ---- killed at any time
swept() { # of what is there, whatever state it is in, as a user would: until nothing is
    local id
    for id in $(spare_ids); do
        if [[ $(record "$id" spare 2>/dev/null) == true ]]; then
            kill "$(supervisor_of "$id")" 2>/dev/null
        else
            "$PYRO" workspace delete "$id" >/dev/null 2>&1
        fi
    done
    "$PYRO" workspace list >/dev/null
    is_empty
}
for ((i = 0; i < rounds; i++)); do
    PYRO_SPARES=2 setsid "$PYRO" __spare debian:12 1 1024 off 0 &
    maker=$!
    [[ $((RANDOM % 3)) -eq 0 ]] && wait "$maker"
    env -u PYRO_SPARES "$PYRO" workspace create debian:12 --id-only >"$TEST_DIR/round" 2>/dev/null & # itself is killed
    claimant=$!
    python3 -c "import time; time.sleep($((RANDOM % 1500)) / 1000)" # at any moment, which decides nothing
    case $((RANDOM % 4)) in
    0) kill_process "$maker" ;; # may have ended
    1) kill_process "$claimant" ;;
    2) for id in $(spare_ids); do kill_if_any "$(supervisor_of "$id")"; done ;;
    3) for id in $(spare_ids); do kill_if_any "$(record "$id" vm_pid 2>/dev/null)"; done ;;
    esac
    wait "$maker" "$claimant" 2>/dev/null
    run "$PYRO" workspace list --all --json
    python3 - "$out" "$(<"$TEST_DIR/round")" <<'PYTHON' || fail "round $i: what is there is whole" "$out"
import json, sys
seen = json.loads(sys.argv[1])
ids = [w["workspace_id"] for w in seen["workspaces"]] + [s["workspace_id"] for s in seen["spares"]]
sys.exit(len(ids) != len(set(ids)))
PYTHON
    wait_for 60 swept || break
done
check "killed at any time: nothing is left" wait_for 60 no_leftovers
finish
