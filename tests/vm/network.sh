#!/bin/bash
# A machine's network: none unless asked for; out through passt, but not to this host nor to another
# machine; names; what doctor says of it.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh
use_shared_cache
check "the environment is there" "$PYRO" env pull debian:12-base

run "$PYRO" run debian:12-base -- sh -c 'ls /sys/class/net'
is "off: no network device but loopback" "$out" "lo"
network_make egress || finish

run inside "$PYRO" doctor
like "doctor, nobody outside answers" "$out" 'guest_network=no
Networking: passt is there, but nothing outside answered'
like "… what to do" "$out" "- neither this host's resolvers nor its gateway answered a machine\. "
is "… and that is not a failure" "$status" 0
network_serve "$there" names.py 198.51.100.2
run inside "$PYRO" doctor
like "doctor, the gateway answers" "$out" 'guest_network=yes
Networking: out through passt, for machines that ask; 198.51.100.2 answered'

run inside "$PYRO" workspace create debian:12-base --name net --network-policy egress --json
is "create: exit status" "$status" 0
is "create: policy" "$(json .network_policy)" egress
for protocol in tcp udp; do
    for address in 198.51.100.2 fd00:51::2; do
        asks $protocol $address
        is "$protocol to $address" "$out" outside
    done
done

# ---- names ----

guest 'getent hosts example.org'
like "a name, from a resolver on the host's loopback" "$out" '^198\.51\.100\.2 +example.org$'
guest 'getent ahostsv4 big.test | grep -c STREAM'
is "an answer that is too large for UDP" "$out" 1000
guest 'getent hosts nowhere.test'
is "a name that is not there: exit status" "$status" 2
guest 'for i in $(seq 100); do getent ahostsv4 big.test | grep -c STREAM & done | sort | uniq -c; wait'
like "a hundred at once" "$out" '^ *100 1000$'
echo "nameserver 127.0.0.9
nameserver 127.0.0.1" >"$TEST_DIR/resolv.conf"
check "the first resolver is dead: the next one answers" names
guest 'cat /etc/resolv.conf'
is "what the guest is told" "$out" "nameserver 127.0.0.53"
# The queue of those that wait is full then, and a connection more soon gives up.
guest 'retries=/proc/sys/net/ipv4/tcp_syn_retries; before=$(cat $retries); echo 1 >$retries
    for i in $(seq 300); do exec {fd}<>/dev/tcp/127.0.0.53/53 || break; done; echo $before >$retries; sleep 1000 & echo $!; disown'
check "connections that ask nothing keep nobody else from asking" names

# ---- the host, and other machines ----

# Goes to port 7000 of all of them, in the guest; the addresses that answer are printed.
everybody() {
    local address script=
    for address in "$@"; do
        script+="timeout 3 bash -c 'exec 3<>/dev/tcp/$address/7000 && cat <&3' 2>/dev/null & "
        script+="timeout 3 bash -c 'exec 3<>/dev/udp/$address/7000 && echo x >&3 && cat <&3' 2>/dev/null & "
    done
    guest "$script wait"
}
own=(198.51.100.1 fd00:51::1 192.0.0.1 fd70:7972:6f00::1 ::ffff:198.51.100.1 198.51.100.255 255.255.255.255
    "$(inside cat /sys/class/net/v0/address | awk -F: '{ printf "fe80::%02x%s:%sff:fe%s:%s%s%%eth0", 0, $2, $3, $4, $5, $6 }')")
everybody "${own[@]}"
is "the host does not answer, by none of its addresses" "$out" ""
ip -n "$here" addr add 198.51.100.7/32 dev v0
ip -n "$here" addr add fd00:51::7/128 dev v0 nodad
everybody 198.51.100.7 fd00:51::7
is "nor by one that is new" "$out" ""
check "the outside does" answers
is "nothing of that reached the host" "$(cat "$TEST_DIR/contacts")" ""
inside timeout 300 bash -c 'exec 3<>/dev/tcp/198.51.100.1/7000; cat <&3' >/dev/null
like "which would have noticed" "$(cat "$TEST_DIR/contacts")" '^SOCK_STREAM'

run inside "$PYRO" workspace create debian:12-base --name other --network-policy egress
run inside "$PYRO" workspace service start other neighbour --ready-tcp 127.0.0.1:7000 -- perl -MIO::Socket::IP -e '
    my $s = IO::Socket::IP->new(LocalAddr => "::", LocalPort => 7000, V6Only => 0, ReuseAddr => 1, Listen => 9) or die;
    while (my $c = $s->accept) { print $c "neighbour\n" }'
is "another machine, with a service for everybody" "$status" 0
everybody 192.0.0.{1..6} 192.0.0.7 fd70:7972:6f00::{1,2,3} ff02::1%eth0
is "is not reached" "$out" ""
mac() { "$PYRO" workspace exec "$1" -- cat /sys/class/net/eth0/address 2>/dev/null; }
like "a hardware address" "$(mac net)" '^[0-9a-f]{2}(:[0-9a-f]{2}){5}$'
refute "two workspaces share none" test "$(mac net)" = "$(mac other)"
check "delete the other" inside "$PYRO" workspace delete other

# ---- a life ----

check "stop" inside "$PYRO" workspace stop net
run inside "$PYRO" workspace start net --json
is "policy after a restart" "$(json .network_policy)" egress
check "the network after a restart" answers
check "names after a restart" names
run inside "$PYRO" workspace reset net --json
is "policy after a reset" "$(json .network_policy)" egress
check "the network after a reset" answers
check "delete" inside "$PYRO" workspace delete net
run inside "$PYRO" run debian:12-base --network -- bash -c 'read -r l </dev/tcp/198.51.100.2/7000; echo $l'
is "run --network" "$out" outside
ip -n "$here" -6 route del default
run inside "$PYRO" run debian:12-base --network -- bash -c 'read -r l </dev/tcp/198.51.100.2/7000; echo $l; cat /proc/net/if_inet6'
like "a host without IPv6" "$out" '^outside'
refute "… and its machine has none" grep -q fd70 <<<"$out"
ip -n "$here" route del default
run inside "$PYRO" run debian:12-base --network -- getent hosts example.org
like "a host without any way out" "$out" '^198\.51\.100\.2 +example.org$'
network_finish
