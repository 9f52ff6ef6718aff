#!/bin/bash
# Machines that wake from one memory image are different machines: random bytes, names and identities
# of several clones, asked for at once and first thing, never meet.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
records=$XDG_DATA_HOME/pyro/workspaces
pyro=(timeout -k 5 300 "$PYRO")
count=${COUNT:-5}

# What a program that wants a secret would look at, "KIND VALUE" a line.
cat >"$TEST_DIR/identity" <<'SCRIPT'
echo "random $(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')"
echo "random $(head -c 16 /dev/random | od -An -tx1 | tr -d ' \n')"
echo "uuid $(cat /proc/sys/kernel/random/uuid)"
echo "uuid $(cat /proc/sys/kernel/random/uuid)"
echo "boot_id $(cat /proc/sys/kernel/random/boot_id)"
echo "machine-id $(cat /etc/machine-id)"
echo "hostname $(cat /proc/sys/kernel/hostname)"
echo "temporary $(mktemp -u XXXXXXXXXXXX)"
echo "shuffle $(seq 40 | shuf | tr '\n' ,)"
echo "key $(perl -e 'syscall(318, $b = "\0" x 32, 32, 0) == 32 and print unpack("H*", $b)' 2>/dev/null)"
echo "stack $(cut -d' ' -f28 /proc/self/stat)"
SCRIPT

identify() { # WORKSPACE FILE
    "${pyro[@]}" workspace exec "$1" -- sh -c "$(cat "$TEST_DIR/identity")" >"$2" 2>/dev/null
}

# all_differ WHAT FILE…: no value of any kind is in two of the files, or twice in one
all_differ() {
    local what=$1 n
    shift
    n=$(cat "$@" | grep -c '^machine-id ')
    is "$what: all answered" "$n" "$#"
    is "$what: no value is empty" "$(cat "$@" | grep -E '^[a-z_-]+ ?$')" ""
    # Addresses are the one thing that may meet by chance; that all of them do may not.
    is "$what: no value is met twice" "$(cat "$@" | grep -v '^stack ' | sort | uniq -d)" ""
    check "$what: addresses are not all the same" [ "$(cat "$@" | grep '^stack ' | sort -u | wc -l)" -gt 1 ]
}

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
"${pyro[@]}" run debian:12-base --mem-mib 256 -- true >/dev/null 2>&1
fresh=() restarted=()
for ((i = 0; i < count; i++)); do
    "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name "c$i" >/dev/null 2>&1 &
    fresh+=("$TEST_DIR/fresh$i") restarted+=("$TEST_DIR/restarted$i")
done
wait
for ((i = 0; i < count; i++)); do
    identify "c$i" "${fresh[i]}" &
done
wait
all_differ "clones" "${fresh[@]}"
like "a clone has the host name it was given" "$(cat "${fresh[0]}")" 'hostname c0'
for ((i = 0; i < count; i++)); do
    "${pyro[@]}" workspace stop "c$i" >/dev/null &
done
wait
for ((i = 0; i < count; i++)); do
    "${pyro[@]}" workspace start "c$i" >/dev/null &
done
wait
for ((i = 0; i < count; i++)); do
    identify "c$i" "${restarted[i]}" &
done
wait
all_differ "restarted clones" "${restarted[@]}"
# Who a machine is stays; what it draws, and which boot it is, does not.
is "a restart: no value but host name and machine-id comes again" \
    "$(cat "${fresh[@]}" "${restarted[@]}" | grep -vE '^(hostname|machine-id|stack) ' | sort | uniq -d)" ""
before=$(date +%s)
clock=$("${pyro[@]}" workspace exec c0 -- date +%s 2>/dev/null)
check "the clock is right" [ "$clock" -ge $((before - 5)) -a "$clock" -le $(($(date +%s) + 5)) ]
for ((i = 0; i < count; i++)); do
    "${pyro[@]}" workspace delete "c$i" >/dev/null
done
is "nothing is left" "$(ls -A "$records")" .lock
finish
