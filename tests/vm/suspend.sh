#!/bin/bash
# workspace suspend and start: what runs goes on without a gap, also after everything was killed; the
# memory is used once, or not at all where it no longer fits; nothing changes the disk meanwhile.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
guest() { run "${pyro[@]}" workspace exec w --timeout-seconds 60 -- sh -c "$1"; }
types() { ws shell write w "$1" --input "$2" >/dev/null 2>&1; }
has_printed() { ws shell read w "$1" --plain 2>/dev/null | grep -q -- "$2"; }
code() { echo "$status $(json .error.code)"; }
suspend() {
    run ws suspend w --json
    is "$1: suspend" "$status $(json .state)" "0 suspended"
}
resume() {
    run ws start w --json
    is "$1: start" "$status $(json .state) $(json .resume_error)" "0 started null"
}
counted() { ws shell read w sh2 --plain 2>/dev/null | sed -n 's/^COUNT //p'; }

"${pyro[@]}" env pull debian:12 >/dev/null 2>&1
id=$(ws create debian:12 --name w --network-policy egress+published-ports --secret TOKEN=opensesame --ttl-seconds 86400 --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id
vm_pid() { json .vm_pid "$(cat "$dir/workspace.json")"; }

# A counter whose sum is in memory alone, each line on the disk before the next one.
guest 'cat >count.pl <<"END"
use IO::Handle; open(my $f, ">>", "counter") or die; $| = 1;
for (my $i = 1;; $i++) {
    $sum += $i; print $f "$i $sum\n"; $f->flush; $f->sync;
    print "COUNT $i\n" if $i % 10 == 0;
}
END'
whole='{ if ($1 != n + 1) print "GAP", n, $1; n = $1; s += $1; if (s != $2) print "SUM" }'
ws shell open w >/dev/null 2>&1
ws shell open w >/dev/null 2>&1
types sh1 'X=forty-two; cd /usr; echo $(cat /run/pyro-secrets/TOKEN) is ready'
types sh2 'perl count.pl'
web='$s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1) or die; $t = int rand 1e9; while ($c = $s->accept) { print $c "token $t\n"; close $c }'
run ws service start w web --publish 8000 --ready-tcp 127.0.0.1:8000 --json -- perl -MIO::Socket::INET -e "$web"
is "a service runs" "$status $(json .state)" "0 running"
port=$(json '.published_ports[0].host_port')
asks() { timeout 20 bash -c "cat </dev/tcp/127.0.0.1/$port" 2>/dev/null; }
answers() { [[ $(asks) == "$1"* ]]; }
check "it is reachable" wait_for 60 answers token
token=$(asks)
check "the shell is ready" wait_for 60 has_printed sh1 'REDACTED. is ready'
check "the counter counts" wait_for 60 has_printed sh2 'COUNT 20'

### What prevents it.
run ws suspend nobody --json
is "a workspace that is not there" "$(code)" "1 workspace_not_found"
"${pyro[@]}" workspace exec w --detach -- sleep 1000 >/dev/null 2>&1
run ws suspend w --json
is "a running command prevents it" "$(code)" "1 workspace_state"
like "… and is named" "$(json .error.message)" 'command [0-9]+ .* running: sleep'
like "… with what to do" "$(json .error.hint)" 'command kill'
seq=$(json .error.message | sed -n 's/command \([0-9]*\) .*/\1/p')
ws command kill w "$seq" >/dev/null 2>&1
ws command wait w "$seq" >/dev/null 2>&1
PYRO_QEMU=/nothing/such ws create debian:12 --allow-host-compat --name h >/dev/null 2>&1
run ws suspend h --json
is "one that runs on the host has no machine" "$(code)" "1 workspace_state"
ws delete h >/dev/null 2>&1

### Suspended.
run ws status w --json
expires=$(json .expires_at)
machine=$(vm_pid)
watched=$TEST_DIR/events
"$PYRO" watch w --json >"$watched" 2>/dev/null &
watcher=$!
wait_for 60 awaits_events "$watcher"
ws wait w --for suspended --timeout-seconds 300 >"$TEST_DIR/waited" 2>&1 &
waiter=$!
suspend first
wait "$waiter"
is "wait --for suspended sees it" "$?" 0
check "QEMU is gone" process_has_ended "$machine"
no_supervisor() { [[ -z $(supervisor_of "$id") ]]; }
check "so is the supervisor" wait_for 60 no_supervisor
is "the memory is the owner's alone" "$(stat -c %a "$dir/suspended")" 700
run ws suspend w --json
is "once more leaves it as it is" "$status $(json .state)" "0 suspended"
is "its time to live goes on" "$(json .expires_at)" "$expires"
run ws list --json
is "it is listed" "$(json '.workspaces[0].state')" suspended
before=$(counted | tail -1)
check "its output can be read" [ "${before:-0}" -ge 20 ]
run ws shell list w --json
is "its shells are not over" "$(json '.shells[0].state') $(json '.shells[1].state')" "running running"
run ws logs w --json
is "its commands' output can be read" "$status" 0
run ws update w --label a=b --json
is "its labels can be changed" "$status $(json .labels.a)" "0 b"
is "none of that resumes it" "$(json .state)" suspended
for words in 'disk list w' 'reset w' 'snapshot create w s' 'snapshot create w s --memory' 'update w --mem-mib 512' 'fork w' 'commit w made'; do
    run ws $words --json
    like "'$words' would make the memory older than the disk" "$status $(json .error.code) $(json .error.hint)" \
        '1 workspace_state .*start.*stop'
done
run "${pyro[@]}" metrics
like "metrics count it" "$out" 'pyro_workspaces\{state="suspended"\} 1'

### It goes on.
resume first
memory_is_gone() { [[ -z $(ls -d "$dir"/suspended "$dir"/.suspended 2>/dev/null) ]]; }
check "the memory is gone" wait_for 60 memory_is_gone
types sh1 'echo "$X in $PWD"'
check "a shell goes on as it was" wait_for 60 has_printed sh1 'forty-two in /usr'
check "the counter goes on" wait_for 60 has_printed sh2 "COUNT $((before + 30))"
guest "awk '$whole' counter"
is "nothing is missing" "$status$out" 0
is "each line once" "$(counted | awk '$1 != n + 10 { print "GAP" } { n = $1 }')" ""
check "the service goes on, at its port" wait_for 60 answers "$token"
run ws status w --json
is "its time to live goes on" "$(json .expires_at)" "$expires"
guest 'hostname; cat /run/pyro/generation'
is "it is the same machine" "$(sed -n 1p <<<"$out")" w
check "programs are told" [ -n "$(sed -n 2p <<<"$out")" ]
has_events() { [[ $(grep -o '"event": *"[a-z]*"' "$watched" | grep -c 'suspended\|resumed') -ge 2 ]]; }
check "watch tells of both" wait_for 60 has_events
kill "$watcher"
run ws timeline w
like "so does the timeline" "$out" $'suspended\n(.*\n)*.*resumed'

### Again and again, the host restarted in between.
for i in 1 2 3; do
    suspend "again $i"
    resume "again $i"
done
before=$(counted | tail -1)
check "the counter goes on" wait_for 60 has_printed sh2 "COUNT $((before + 20))"
guest "awk '$whole' counter"
is "nothing is missing" "$out" ""
run ws shell list w --json
is "the shells are the same" "$(json '.shells[0].shell_id') $(json '.shells[1].shell_id') $(json '.shells[1].state')" "sh1 sh2 running"

### What needs the machine lets it go on; nothing else has.
guest 'echo kept >f'
serves() { # WORDS STATE: what the command leaves it as
    run ws ${1/ -- / --json -- } $([[ $1 == *' -- '* ]] || echo --json)
    is "'$1' is served" "$status" 0
    run ws status w --json
    is "'$1' leaves it $2" "$(json .state) $(json .resume_error)" "$2 null"
}
nothing_runs() {
    run ws status w --json
    [[ $(json .running_command_count) == 0 ]]
}
for words in 'exec w -- true' 'exec w --detach -- true' 'file read w f' 'file list w' 'file write w f --text kept' 'shell write w sh1 --input :' \
    'shell resize w sh1 --cols 100 --rows 30' 'sync push w share' "export w f --output $TEST_DIR/exported"; do
    suspend "before '$words'"
    serves "$words" started
    wait_for 60 nothing_runs # one with --detach goes on for a moment
done
suspend "before what reads on the host"
for words in 'shell read w sh1' 'shell list w' 'service list w' 'service status w web' 'service logs w web' 'timeline w' 'command list w' \
    'logs w' 'diff w' 'summary w' 'stats w' 'snapshot list w'; do
    serves "$words" suspended
done
run ws diff w --json
like "the diff is of the disk as it was left" "$(json .entries)" '"?f"?'
resume "after that"
types sh1 'echo "$X" once more'
check "the shell is the same" wait_for 60 has_printed sh1 '^forty-two once more'
check "the service is the same" wait_for 60 answers "$token"

# Two at once: one resumes it, both are served.
suspend "two commands"
ws exec w -- true >/dev/null 2>&1 &
first=$!
run ws exec w -- true
wait "$first"
is "two commands at once" "$? $status" "0 0"

# Ports are taken by another one meanwhile: of a service that ends when it is told to, and of one that does not.
deaf() { run ws service start w deaf --publish 8001 --json -- sh -c 'trap "" TERM; echo up; while :; do sleep 1; done'; }
deaf
deaf_port=$(json '.published_ports[0].host_port')
wait_for 60 test -s "$dir/services/deaf/stdout.log" # it is deaf by now
take() { # PORT, PORT…: $taker has them
    : >"$TEST_DIR/taker"
    python3 -c "import socket, time
held = [socket.create_server(('127.0.0.1', port)) for port in ($*,)]
print('ready', flush=True); time.sleep(1000)" >"$TEST_DIR/taker" &
    taker=$!
    wait_for 30 grep -q ready "$TEST_DIR/taker"
}
suspend "ports that are taken"
take "$port, $deaf_port"
resume "ports that are taken"
run ws service status w deaf --json
like "one that does not heed TERM is being ended" "$(json .state) $(json .stop_reason)" "^(running|failed) .*$deaf_port"
kill_process "$(supervisor_of "$id")"
deaf
is "started again after its supervisor was killed, it begins once the old one has ended" "$status $(json .state)" "0 running"
is "… and not before" "$(cat "$dir/services/deaf/previous/stdout.log")" up
web_has_failed() { run ws service status w web --json && [[ $(json .state) == failed ]]; }
check "the other one has failed" wait_for 60 web_has_failed
like "… and says why" "$(json .stop_reason)" "port $port .* in use"
run ws service start w web --publish 8000 --ready-tcp 127.0.0.1:8000 --json -- perl -MIO::Socket::INET -e "$web"
is "… its name is free" "$status $(json .state)" "0 running"
port=$(json '.published_ports[0].host_port')
check "… and it is reachable" wait_for 60 answers token
kill "$taker"
types sh1 'echo still here'
check "a shell is as it was" wait_for 60 has_printed sh1 '^still here'

# The same where a snapshot with memory brings the service back.
run ws snapshot create w m --memory --json
is "a snapshot with memory" "$status" 0
ws service stop w web >/dev/null 2>&1
take "$port"
run ws reset w --snapshot m --json
is "a reset to a service whose port is taken" "$status $(json .state)" "0 started"
check "the service has failed" wait_for 60 web_has_failed
like "… and says why" "$(json .stop_reason)" "port $port .* in use"
kill "$taker"
run ws fork w --snapshot m --name f --json
is "a fork of it" "$status" 0
run ws service status f web --json
is "… has the service" "$(json .state)" running
check "… at a port of its own" [ "$(json '.published_ports[0].host_port')" != "$port" ]
ws delete f >/dev/null 2>&1
types sh1 'echo still here, too'
check "all else goes on" wait_for 60 has_printed sh1 '^still here, too'

### Stopped: the memory is dropped, the disk is whole.
suspend "stop"
run ws stop w --json
is "stop" "$status $(json .state) $(json .shell_count)" "0 stopped 0"
refute "the memory is gone" [ -e "$dir/suspended" ]
run ws shell list w --json
is "its shells have ended" "$(json '.shells[0].state')" stopped
run ws disk export w --output "$TEST_DIR/disk.ext4" --json
env PATH="$PATH:/sbin:/usr/sbin" e2fsck -fy "$TEST_DIR/disk.ext4" >/dev/null 2>&1
check "the disk's journal is all it needs" env PATH="$PATH:/sbin:/usr/sbin" e2fsck -fn "$TEST_DIR/disk.ext4"
rm -f "$TEST_DIR/disk.ext4"
run ws start w --json
is "it boots" "$status $(json .state) $(json .shell_count)" "0 started 0"
guest "awk '$whole' counter"
is "what was written is there" "$status$out" 0

### Where it no longer fits, it boots from the disk, and says so.
for member in qemu host guest; do
    guest "echo $member >kept; sync"
    suspend "another $member"
    python3 - "$dir/suspended/saved.json" "$member" <<'END'
import json, sys
j = json.load(open(sys.argv[1]))
j["machine"][sys.argv[2]] += " other"
json.dump(j, open(sys.argv[1], "w"))
END
    run ws start w --json
    like "another $member: it boots, and says why" "$status $(json .state) $(json .resume_error)" '^0 started .*has changed since'
    like "… for people too" "$err" 'booted from the disk.*has changed since'
    guest 'cat kept'
    is "… from the disk as it was" "$out" "$member"
done
suspend "a damaged memory"
printf damaged | dd of="$dir/suspended/ram.delta" bs=1 seek=400000 conv=notrunc status=none
run ws start w --json
like "a damaged memory" "$status $(json .state) $(json .resume_error)" '^0 started .*fails its check'
for file in ram.delta state template-ram saved.json; do
    guest "echo $file >kept; sync"
    suspend "without $file"
    rm -f "$dir/suspended/$file"
    run ws start w --json
    is "without $file: it boots" "$status $(json .state)" "0 started"
    check "… and says so" [ "$(json .resume_error)" != null ]
    guest 'cat kept'
    is "… from the disk as it was" "$out" "$file"
done
suspend "a lost memory"
rm -rf "$dir/suspended"
run ws start w --json
is "a lost memory" "$status $(json .state)" "0 started"
check "… is told of" [ "$(json .resume_error)" != null ]

### A time to live that is over; deletion.
suspend "its time is over"
python3 - "$dir" <<'END'
import json, sys
for name in "workspace.json", "workspace.json.last":
    path = f"{sys.argv[1]}/{name}"
    j = json.load(open(path))
    j["expires_at"] = 1000.0
    json.dump(j, open(path, "w"))
END
run ws list --json
is "its time is over: the next pyro stops it" "$(json '.workspaces[0].state')" stopped
is "… and says why" "$(json .stop_reason "$(ws status w --json)")" ttl
refute "… and drops the memory" [ -e "$dir/suspended" ]
run ws start w --json
is "it starts" "$status $(json .state)" "0 started"
suspend "delete"
run ws delete w --json
is "a suspended one is deleted" "$status $(ls -d "$dir" 2>/dev/null)" "0 "
no_leftovers
finish
