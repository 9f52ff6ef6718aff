#!/bin/bash
# --suspend-after-idle: a machine that nobody needs is suspended by its supervisor, and goes on for the next
# command; one that is needed is not.
# run: beside, it waits for machines that nobody needs
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh
use_shared_cache
export PYRO_CHECK_QUIET=0.1 # a minute is six seconds
pyro=(timeout -k 5 300 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
make() { ws create debian:12-base --mem-mib 256 --name "$@" --id-only 2>/dev/null; }
types() { ws shell write "$1" sh1 --input "$2" >/dev/null 2>&1; }
has_printed() { ws shell read "$1" sh1 --plain 2>/dev/null | grep -q -- "$2"; }
state() {
    run ws status "$1" --json
    echo "$(json .state) $(json .resume_error)"
}
becomes_idle() { "$PYRO" workspace wait "$1" --for suspended --timeout-seconds 900 >/dev/null 2>&1; }
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1

bounds() {
    run ws create debian:12-base --suspend-after-idle 59 --json
    is "create: less than a minute" "$status $(json .error.code)" "2 invalid_argument"
    like "… and what it must be" "$(json .error.message)" 'at least 60'
    run ws create debian:12-base --suspend-after-idle=-1 --json
    refute "create: less than nothing" [ "$status" -eq 0 ]
    make w >/dev/null
    run ws status w --json
    is "without it: never" "$(json .suspend_after_idle)" 0
    run ws update w --suspend-after-idle 59 --json
    is "update: less than a minute" "$status $(json .error.code)" "2 invalid_argument"
    run ws update w --suspend-after-idle 3600 --json
    is "update of one that runs" "$status $(json .suspend_after_idle)" "0 3600"
    run ws status w
    like "status shows it" "$out" $'\nSuspend after idle: 3600 s\n'
    ws suspend w >/dev/null
    run ws update w --suspend-after-idle 0 --json
    is "update of a suspended one" "$status $(json .suspend_after_idle) $(json .state)" "0 0 suspended"
    ws delete w >/dev/null
}

# Its shell, its service and its cursors are there when a command wakes it.
wakes() {
    local id watcher
    id=$(make w --suspend-after-idle 60 --network-policy egress+published-ports)
    "$PYRO" watch w --json >"$TEST_DIR/events" 2>/dev/null &
    watcher=$!
    wait_for 60 awaits_events "$watcher"
    ws shell open w >/dev/null 2>&1
    types w 'X=forty-two; sleep 100000 &'
    run ws service start w web --publish 8000 --ready-tcp 127.0.0.1:8000 --json -- perl -MIO::Socket::INET -e \
        '$s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c "token\n"; close $c }'
    is "a service runs" "$status $(json .state)" "0 running"
    port=$(json '.published_ports[0].host_port')
    check "nobody needs it: it is suspended" becomes_idle w
    its_supervisor_is_gone() { [[ -z $(supervisor_of "$id") ]]; }
    check "its supervisor ends" wait_for 60 its_supervisor_is_gone
    run ws shell list w --json
    is "its shell is not over" "$(json '.shells[0].state')" running
    is "reading leaves it" "$(state w)" "suspended null"
    run ws exec w -- echo here
    is "exec wakes it" "$status $out" "0 here"
    types w 'echo is $X'
    check "its shell goes on" wait_for 60 has_printed w '^is forty-two'
    served() { [[ $(timeout 20 bash -c "cat </dev/tcp/127.0.0.1/$port" 2>/dev/null) == token ]]; }
    check "its service goes on, at its port" wait_for 60 served
    check "it is suspended again" becomes_idle w
    run ws timeline w --json
    # It may have been idle once more between two slow commands.
    suspensions=$(grep -c '"suspended"' <<<"$out")
    check "the timeline has each" [ "$suspensions" -ge 2 -a "$(grep -c '"resumed"' <<<"$out")" -eq $((suspensions - 1)) ]
    events() { [[ $(grep -o '"event": *"[a-z]*"' "$TEST_DIR/events" | grep -c 'suspended\|resumed') -ge 3 ]]; }
    check "so has watch" wait_for 60 events
    kill "$watcher"
    ws delete w >/dev/null
}

# Each has as long as `last`, which is made after them: they would have been suspended before it.
stays() {
    local follower
    make command --suspend-after-idle 60 >/dev/null
    ws exec command --detach -- sleep 100000 >/dev/null 2>&1
    make cpu --suspend-after-idle 60 >/dev/null
    ws shell open cpu >/dev/null 2>&1
    types cpu "perl -e 'for (;;) { for (1 .. 20000) {} select undef, undef, undef, 0.05 }'"
    make output --suspend-after-idle 60 >/dev/null
    ws shell open output >/dev/null 2>&1
    # Of one process: a shell between two commands may lose the signal that ends its loop.
    types output "perl -e '\$| = 1; for (;;) { print qq(.\n); select undef, undef, undef, 0.5 }'"
    make followed --suspend-after-idle 60 >/dev/null
    "$PYRO" workspace logs followed --follow >/dev/null 2>&1 &
    follower=$!
    make never >/dev/null
    make last --suspend-after-idle 60 >/dev/null
    check "the last one is suspended" becomes_idle last
    for name in command cpu output followed never; do
        is "not one that is needed: $name" "$(state $name)" "started null"
    done
    kill "$follower"
    check "what nobody follows any more is" becomes_idle followed
    ws command kill command 1 >/dev/null 2>&1
    check "what runs no command any more is" becomes_idle command
    ws shell signal cpu sh1 >/dev/null 2>&1
    check "what takes no time any more is" becomes_idle cpu
    ws shell signal output sh1 >/dev/null 2>&1
    check "what prints nothing any more is" becomes_idle output
    for name in command cpu output followed never last; do
        ws delete $name >/dev/null
    done
}

scene bounds
scene wakes
scene stays

# An agent waits for its model.
network_make "a connection out of the machine" || finish
cat >"$TEST_DIR/silent.py" <<'END'
import socket, sys
s = socket.socket()
s.bind(("198.51.100.2", 7002))
s.listen()
open(sys.argv[1], "w").close()
kept = []
while True:
    kept.append(s.accept())
END
network_serve "$there" silent.py
for name in waits last; do
    inside "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name $name --network-policy egress --suspend-after-idle 60 >/dev/null 2>&1
    inside "${pyro[@]}" workspace shell open $name >/dev/null 2>&1
    [[ $name == last ]] || types $name 'exec 3<>/dev/tcp/198.51.100.2/7002; echo connected; cat <&3'
done
check "it is connected" wait_for 60 has_printed waits '^connected'
ws exec last -- true >/dev/null 2>&1
check "one without a connection is suspended" becomes_idle last
is "one that waits for an answer is not" "$(state waits)" "started null"
ws shell signal waits sh1 >/dev/null 2>&1
types waits 'exec 3>&-'
check "when it has ended, it is" becomes_idle waits
ws delete waits >/dev/null
ws delete last >/dev/null
network_finish
