#!/bin/bash
# Forks of a running workspace: each goes on from one instant of memory and disk, and so does the workspace, without a
# gap on any side; each is a machine of its own.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec "$1" --timeout-seconds 120 -- sh -c "$2"; }
workspaces=$XDG_DATA_HOME/pyro/workspaces
names() { ws list --json | python3 -c 'import json, sys; print(*sorted(w["name"] or "-" for w in json.load(sys.stdin)["workspaces"]))'; }
# What an expression about the result `j` says.
says() { python3 -c 'import json, sys; j = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1" <<<"$out"; }
types() { ws shell write "$1" "$2" --input "$3" >/dev/null 2>&1; }
has_printed() { ws shell read "$1" "$2" --plain --max-chars 67108864 2>/dev/null | grep -q -- "$3"; }
has_logged() { ws service logs "$1" "$2" --all 2>/dev/null | grep -q -- "$3"; }
last_of() { ws shell read "$1" sh2 --plain --max-chars 67108864 2>/dev/null | sed -n 's/^COUNT //p' | tail -1; }
port_of() { ws service status "$1" web --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["published_ports"][0]["host_port"])'; }
ask() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && timeout 60 cat <&3) 2>/dev/null; }
answers() { [[ $(ask "$1") == "$2" ]]; }
e2fsck() { env PATH="$PATH:/sbin:/usr/sbin" e2fsck "$@"; }
sound() { # WORKSPACE: its file system, the journal replayed
    ws disk export "$1" --output "$TEST_DIR/disk" >/dev/null || return 1
    e2fsck -y -E journal_only "$TEST_DIR/disk"
    e2fsck -fn "$TEST_DIR/disk"
    local result=$?
    rm -f "$TEST_DIR/disk"
    return $result
}

"${pyro[@]}" env pull debian:12 >/dev/null 2>&1
policy=off
command -v passt >/dev/null && policy=egress+published-ports
id=$(ws create debian:12 --name w --mem-mib 512 --network-policy $policy --label a=b --ttl-seconds 9000 \
    --secret TOKEN=parentvalue1 --secret SAME=parentvalue2 --id-only 2>/dev/null)
guest w 'cat >count.pl <<"END"
use IO::Handle; open(my $f, ">>", "counter") or die; $| = 1;
for (my $i = 1;; $i++) {
    $sum += $i; print $f "$i $sum\n"; $f->flush; $f->sync;
    open(my $o, ">", "f" . $i % 20); print $o "x" x ($i % 5000); close $o;
    print "COUNT $i\n" if $i % 10 == 0;
    select undef, undef, undef, 0.02;
}
END
cat >web.pl <<"END"
use IO::Socket::INET; use POSIX ();
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
print "listening\n"; $| = 1;
while (my $c = $s->accept) { print $c +(POSIX::uname())[1]; close $c }
END'
ws shell open w >/dev/null 2>&1
ws shell open w >/dev/null 2>&1
types w sh1 'X=forty-two; cd /usr; echo $(cat /run/pyro-secrets/TOKEN) is ready'
types w sh2 'perl count.pl'
ws service start w dice -- sh -c 'while :; do od -An -N8 -tx8 /dev/urandom; sleep 0.2; done' >/dev/null 2>&1
mkdir "$TEST_DIR/bin"
if cc -static -o "$TEST_DIR/bin/fork_count" tests/vm/fork_count.c -lsqlite3 -lm 2>"$TEST_DIR/cc"; then
    db=1
    ws sync push w "$TEST_DIR/bin" >/dev/null 2>&1
    ws service start w db -- ./fork_count >/dev/null 2>&1
    check "the database counts" wait_for 60 has_logged w db 'STEP 20'
else
    db=
    skip "a database in WAL mode: no static sqlite3 to build with"
fi
if [[ $policy != off ]]; then
    ws service start w web --publish 8080 -- perl web.pl >/dev/null 2>&1
    port=$(port_of w)
    check "its published port answers" wait_for 60 answers "$port" w
else
    skip "published ports: no passt"
fi
check "the shell is ready" wait_for 60 has_printed w sh1 'REDACTED. is ready'
check "the counter counts" wait_for 60 has_printed w sh2 'COUNT 20'
timeout 3000 "$PYRO" workspace exec w --timeout-seconds 0 -- sh -c 'echo $$ >pid; while [ ! -e go ]; do sleep 0.1; done; echo went' >"$TEST_DIR/exec" 2>&1 &
executing=$!
exec_runs() { ws exec w -- cat pid >/dev/null 2>&1; }
wait_for 60 exec_runs
run ws shell read w sh1 --json --plain
cursor=$(json .next_cursor)

### What is refused, and leaves nothing behind.
before=$(names)
ws create debian:12 --allow-host-compat --name t-2 >/dev/null 2>&1
run ws fork w --name t --count 3 --json
is "a name that is taken: none is made" "$status $(json .error.code)" "1 name_taken"
ws delete t-2 >/dev/null 2>&1
is "… and nothing is left" "$(names) $(ls "$workspaces" | wc -l)" "$before 1"
if unshare -m true 2>/dev/null; then
    sed 's/^MemAvailable:.*/MemAvailable:     102400 kB/' /proc/meminfo >"$TEST_DIR/meminfo"
    run unshare -m sh -c 'mount --bind "$1" /proc/meminfo && shift && exec "$@"' sh "$TEST_DIR/meminfo" \
        "${pyro[@]}" workspace fork w --count 32 --json
    is "too little memory is refused" "$status $(json .error.code)" "1 no_memory"
    like "… with the figures" "$(json .error.message)" '32 forks would take [0-9]+ MiB .* 100 MiB are available'
    is "… and nothing is left" "$(names) $(ls "$workspaces" | wc -l)" "$before 1"
else
    skip "too little memory: no mount namespace"
fi

### Two at once.
run ws fork w --name t --count 2 --label c=parentvalue2 --secret TOKEN=ownvalue3 --ttl-seconds 0 --id-only
is "two forks" "$status" 0
read -r -d '' -a forks <<<"$out"
is "… their ids alone" "${#forks[@]}" 2
run ws status t-2 --json
is "… they run" "$(json .forked_from) $(json .state) $(json .ttl_seconds) $(json .labels) $(json .shell_count)" \
    "$id started 0 {\"a\": \"b\", \"c\": \"[REDACTED]\"} 2"
run ws timeline t-1
like "a fork's timeline says where it is from" "$out" "forked $id from  w"
run ws timeline w
like "the workspace's says what it went into" "$out" "forked ${forks[1]} into  t-2"
refute "what was captured is not kept" ls "$workspaces/$id/captures/"* "$workspaces/${forks[0]}/snapshots/.fork"

whole='{ if ($1 != n + 1) print "GAP", n, $1; n = $1; s += $1; if (s != $2) print "SUM" }'
for name in w t-1 t-2; do
    types "$name" sh1 'echo "$X in $PWD"'
    check "$name: a shell goes on as it was" wait_for 60 has_printed "$name" sh1 'forty-two in /usr'
    run ws shell read "$name" sh1 --json --plain --cursor "$cursor"
    like "$name: a cursor of before is valid" "$status $(json .cursor) $(json .output)" "^0 $cursor .*forty-two"
    n=$(last_of "$name")
    check "$name: the counter goes on" wait_for 60 has_printed "$name" sh2 "COUNT $((n + 20))"
    is "$name: each line once" "$(ws shell read "$name" sh2 --plain --max-chars 67108864 2>/dev/null | sed -n 's/^COUNT //p' |
        awk '$1 != n + 10 { print "GAP" } { n = $1 }')" ""
    guest "$name" "awk '$whole' counter"
    is "$name: memory and disk are of one instant" "$status$out" 0
    [[ -z $db ]] || guest "$name" './fork_count check'
    [[ -z $db ]] || like "$name: so is the database" "$status $out" '^0 whole [0-9]+$'
    guest "$name" 'hostname; cat /etc/hostname'
    is "$name: its own name" "$out" "$name"$'\n'"$name"
done
own=$(for name in w t-1 t-2; do ws exec "$name" -- sh -c 'cat /etc/machine-id /run/pyro/generation /sys/class/net/e*/address
    head -c 16 /dev/urandom | od -An -tx1' 2>/dev/null; done)
is "machine-id, generation, MAC and random numbers are each one's own" "$(sort <<<"$own" | uniq -d)" ""
for name in w t-1 t-2; do ws service logs "$name" dice --all 2>/dev/null >"$TEST_DIR/dice.$name"; done
is "no random number is drawn twice after the fork" "$(python3 - "$TEST_DIR"/dice.* <<'EOF'
import itertools, sys
logs = [open(f).read().split() for f in sys.argv[1:]]
common = sum(1 for _ in itertools.takewhile(lambda x: len(set(x)) == 1, zip(*logs)))
rest = [set(l[common:]) for l in logs]
print(common > 0, all(rest), any(a & b for a, b in itertools.combinations(rest, 2)))
EOF
)" "True True False"
if [[ $policy != off ]]; then
    for name in t-1 t-2; do
        own_port=$(port_of "$name")
        check "$name: another port is published" [ "$own_port" != "$port" ]
        check "$name: … and it answers" wait_for 60 answers "$own_port" "$name"
    done
    check "the workspace's port still answers" wait_for 60 answers "$port" w
fi

### Commands that run go on in the workspace alone.
guest t-1 'kill -0 $(cat pid)'
check "a command has ended in a fork" [ "$status" -ne 0 ]
run ws logs t-1
like "… which says so" "$out" 'it went on in the workspace that was forked'
guest w 'touch go'
wait $executing
is "it goes on in the workspace" "$? $(head -1 "$TEST_DIR/exec")" "0 went"

### Secrets.
guest t-1 'head -c3 /run/pyro-secrets/TOKEN; echo; echo parentvalue1 parentvalue2 ownvalue3; head -c 11 /run/pyro-secrets/SAME'
is "a fork has its own secret, and hides the workspace's as well" "$out" $'own\n[REDACTED] [REDACTED] [REDACTED]\nparentvalue'
guest w 'head -c6 /run/pyro-secrets/TOKEN'
is "the workspace has its own" "$out" parent
refute "no value is in a log" grep -rqE 'parentvalue[12]|ownvalue3' "$workspaces"/*/shells "$workspaces"/*/commands

### A fork of a fork; each is deleted in any order.
run ws fork t-1 --name u --json
is "a fork of a fork" "$status $(json .forked_from)" "0 ${forks[0]}"
ws delete t-1 >/dev/null 2>&1
ws stop w >/dev/null 2>&1
check "the workspace's file system is sound" sound w >"$TEST_DIR/e2fsck" 2>&1
ws delete w >/dev/null 2>&1
types u sh1 'echo "still $X"'
check "… goes on without those before it" wait_for 60 has_printed u sh1 'still forty-two'
n=$(last_of u)
check "… and counts" wait_for 60 has_printed u sh2 "COUNT $((n + 20))"
guest u "awk '$whole' counter; echo parentvalue1 ownvalue3"
is "… without a gap" "$out" '[REDACTED] [REDACTED]'
ws stop u >/dev/null 2>&1
check "the file system of one that was stopped is sound" sound u >"$TEST_DIR/e2fsck" 2>&1
ws start u >/dev/null 2>&1
guest u "awk '$whole' counter"
is "it starts again from its disk" "$status$out" 0
kill_process "$(json .vm_pid "$(cat "$workspaces/${forks[1]}/workspace.json")")"
has_failed() { [[ $(ws status t-2 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["state"])') == failed ]]; }
wait_for 60 has_failed
check "the file system of one that was killed is sound" sound t-2 >"$TEST_DIR/e2fsck" 2>&1
ws start t-2 >/dev/null 2>&1
guest t-2 "awk '$whole' counter"
is "… and nothing on it is missing" "$status$out" 0

### Of a snapshot with memory.
types u sh1 ''
ws shell open u >/dev/null 2>&1
new=$(ws shell list u --json | python3 -c 'import json, sys; print([s["shell_id"] for s in json.load(sys.stdin)["shells"] if s["state"] == "running"][-1])')
types u "$new" 'Y=of-then; echo "it is $Y"'
check "a shell is ready" wait_for 60 has_printed u "$new" 'it is of-then'
ws snapshot create u m --memory >/dev/null 2>&1
types u "$new" 'Y=later'
guest u 'echo later >later'
run ws fork u --snapshot m --name v --json
is "a fork of a snapshot with memory runs" "$status $(json '.workspaces[0].state')" "0 started"
types v "$new" 'echo "here it is $Y"'
check "… from that moment on" wait_for 60 has_printed v "$new" 'here it is of-then'
guest v 'ls later 2>/dev/null'
is "… with the disk of it" "$out" ""
run ws fork u --snapshot m --name x --disk-only --json
is "--disk-only leaves the memory" "$status $(json '.workspaces[0].state') $(json '.workspaces[0].shell_count')" "0 stopped 0"
run ws fork u --name y --disk-only --json
is "… also of one that runs" "$status $(json '.workspaces[0].state') $(json '.workspaces[0].shell_count')" "0 stopped 0"
ws start y >/dev/null 2>&1
guest y 'cat later'
is "… whose disk of now it has" "$out" later
ws stop u >/dev/null 2>&1
run ws fork u --snapshot m --name z --json
is "the workspace need not run for that" "$status $(json '.workspaces[0].state')" "0 started"
types z "$new" 'echo "here it is $Y"'
check "… and it goes on" wait_for 60 has_printed z "$new" 'here it is of-then'
u=$(ws status u --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["workspace_id"])')
sed -i 's/"qemu":"/"qemu":"other /' "$workspaces/$u/snapshots/m/saved.json"
before=$(names)
run ws fork u --snapshot m --json
is "where QEMU has changed it is refused" "$status $(json .error.code)" "1 snapshot_state"
like "… and --disk-only named" "$(json .error.hint)" '--disk-only'
is "… and nothing is left" "$(names)" "$before"

for name in u v x y z t-2; do ws delete "$name" >/dev/null 2>&1; done
is "nothing is left over" "$(ls "$workspaces")" ""
no_leftovers
finish
