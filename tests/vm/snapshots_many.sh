#!/bin/bash
# As many snapshots as anyone likes, one on the other: each holds what it held, whichever are deleted,
# and whatever is killed while the chain below the machine is made shorter; and a start stays quick.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec w --timeout-seconds 60 -- sh -c "$1"; }

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id

depth() { tests/vm/disk_depth.py "$dir/workspace.json"; }
is_short() { [[ $(depth) -lt 48 ]]; }
vm_pid() { json .vm_pid "$(cat "$dir/workspace.json")"; }
works() { ws start w >/dev/null 2>&1 && ws exec w -- true >/dev/null 2>&1; }

take() { # NUMBER
    guest "echo $1 >f; head -c 20000 /dev/urandom >r$1; sha256sum r$1 >>sums"
    [[ $status -eq 0 ]] || fail "before snapshot $1" "$err"
    run ws snapshot create w "s$1" --json
    [[ $status -eq 0 ]] || fail "snapshot $1" "$out"
}

holds() { # NUMBER WHAT
    run ws reset w --snapshot "s$1"
    [[ $status -eq 0 ]] || fail "reset to $1" "$err"
    guest 'cat f; ls r* | wc -l; wc -l <sums; sha256sum -c --quiet sums && echo sound'
    is "snapshot $1, $2" "$out" "$1"$'\n'"$1"$'\n'"$1"$'\nsound'
}

# What is copied takes a while, so that a kill hits it.
guest 'yes some text | head -c 100000000 >big; sync'
# More than a chain may be long: none is refused, because it is flattened meanwhile.
for ((i = 1; i <= 130; i++)); do
    take "$i"
done
run ws snapshot list w --json
is "many snapshots" "$(json .count)" 131
wait_for 60 is_short && pass "the chain is short"
check "QEMU has let go of the layers between" [ "$(ls "/proc/$(vm_pid)/fd" | wc -l)" -lt 140 ]
run ws diff w --json
is "diff: all that is there" "$(json .summary.added)" 133
is "diff: and nothing else" "$(json .summary.total)" 133

for i in 1 60 130; do
    holds "$i" "of a hundred and thirty"
done
for ((i = 20; i <= 100; i++)); do
    [[ $i == 47 || $i == 70 ]] || ws snapshot delete w "s$i" >/dev/null || fail "deleting $i"
done
for i in 47 19 101 70; do
    holds "$i" "with those beside it deleted"
done

# The maker is killed as it is at it: the record may lag behind QEMU, or QEMU may begin again.
holds 101 "to go on from"
next=102
killed() { # supervisor|qemu
    local pid
    ws reset w --snapshot s101 >/dev/null
    guest 'rm -f r[0-9]*; : >sums'
    while [[ $(depth) -lt 48 ]]; do
        ws snapshot create w "k$next" >/dev/null || fail "a snapshot before"
        next=$((next + 1))
    done
    guest "echo $next >f"
    pid=$(vm_pid)
    [[ $1 == supervisor ]] && pid=$(supervisor_of "$id")
    run ws snapshot create w "k$next"
    kill_process "$pid"
    echo "killed with a chain of $(depth)"
    wait_for 60 works
    guest 'cat f'
    is "$1 killed as the chain is flattened: the disk" "$out" "$next"
    next=$((next + 1))
    guest "echo $next >f"
    ws snapshot create w "k$next" >/dev/null || fail "a snapshot after that"
    wait_for 60 is_short && pass "$1 killed: it is done all the same"
    run ws reset w --snapshot "k$next"
    guest 'cat f; cksum <big'
    is "$1 killed: what was copied" "$out" "$next"$'\n'"$sum"
    next=$((next + 1))
}
guest 'cksum <big'
sum=$out
killed supervisor
killed qemu

# At rest: nothing is flattened, and what nothing was written to since needs no layer.
ws stop w >/dev/null
before=$(depth)
for i in 1 2 3 4 5; do
    ws snapshot create w "rest$i" >/dev/null || fail "a snapshot at rest"
done
check "snapshots of one and the same take one layer" [ "$(depth)" -le $((before + 1)) ]
run ws reset w --snapshot rest1
guest 'cat f'
is "and hold it" "$out" $((next - 1))
ws stop w >/dev/null
run ws disk export w --output "$TMPDIR/disk" --json
is "the disk can be exported" "$status" 0
check "e2fsck has nothing to say" /sbin/e2fsck -fn "$TMPDIR/disk" >"$TEST_DIR/fsck" 2>&1
ws delete w >/dev/null

# Where the host has no room for a copy nothing is copied, and the longest chain is an error that says so.
small=(unshare --mount --propagation private)
[[ $(id -u) -eq 0 ]] || small=(unshare --user --map-root-user --mount --propagation private)
cat >"$TEST_DIR/full.sh" <<'SCRIPT'
small=$XDG_DATA_HOME/pyro/workspaces # without the bases, which are linked from the cache
mount -t tmpfs -o size=160m,mode=0700 none "$small" || exit 99
w() { timeout -k 5 300 "$PYRO" workspace "$@"; }
w create debian:12-base --mem-mib 256 --name w >/dev/null 2>&1 || echo "create failed"
w exec w -- sh -c 'yes | head -c 80000000 >big; echo one >f; sync' 2>/dev/null
for i in $(seq 100); do
    w snapshot create w "s$i" --json >"$TEST_DIR/full.last" 2>/dev/null || break
done
echo "$i"
w exec w -- sh -c 'cat f; echo two >f' 2>/dev/null
mount -o remount,size=600m "$small"
w diff w >/dev/null 2>&1 || echo "diff failed" # which has the chain looked at
for _ in $(seq 100); do w snapshot create w later >/dev/null 2>&1 && break; done
w reset w --snapshot s1 >/dev/null
w exec w -- cat f 2>/dev/null
w reset w --snapshot later >/dev/null
w exec w -- sh -c 'cat f; wc -c <big' 2>/dev/null
w delete w >/dev/null
SCRIPT
if "${small[@]}" mount -t tmpfs none "$TMPDIR" 2>/dev/null; then
    export TEST_DIR
    run "${small[@]}" bash "$TEST_DIR/full.sh"
    is "no room for a copy: the longest chain, and on with room" "$out" $'89\none\none\ntwo\n80000000'
    is "the longest chain is an error" "$(json .error.code "$(cat "$TEST_DIR/full.last")")" snapshot_state
    like "and says what to do" "$(json .error.hint "$(cat "$TEST_DIR/full.last")")" 'make room on the host'
else
    skip "no room on the host: no tmpfs can be mounted here"
fi
finish
