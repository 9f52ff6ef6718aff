#!/bin/bash
# A machine's network: none unless asked for; out through passt, but not to this host. The outside is a
# network namespace made here, at the other end of a virtual cable: no packet goes anywhere else.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
check "the environment is there" "$PYRO" env pull debian:12-base

run "$PYRO" run debian:12-base -- sh -c 'ls /sys/class/net'
is "off: no network device but loopback" "$out" "lo"

mkdir "$TEST_DIR/empty"
for program in qemu-system-x86_64 qemu-img env; do
    ln -s "$(command -v $program)" "$TEST_DIR/empty/"
done
run env PATH="$TEST_DIR/empty" "$PYRO" workspace create debian:12-base --network-policy egress --json
is "without passt: exit status" "$status" 1
is "without passt: error" "$(json .error.code)" dependency_missing
like "without passt: what to do" "$out" 'install the package passt'

here=pyro-h$$ there=pyro-t$$
if [[ $(id -u) -ne 0 ]] || ! ip netns add "$here" 2>/dev/null; then
    skip "egress: this user may not make network namespaces"
    finish
fi
server=
clean_up() {
    kill $server 2>/dev/null
    ip netns del "$here" 2>/dev/null
    ip netns del "$there" 2>/dev/null
}
trap 'clean_up; at_exit' EXIT
ip netns add "$there"
ip link add v0 netns "$here" type veth peer name v1 netns "$there"
ip -n "$here" addr add 198.51.100.1/24 dev v0
ip -n "$here" addr add fd00:51::1/64 dev v0 nodad
ip -n "$there" addr add 198.51.100.2/24 dev v1
ip -n "$there" addr add fd00:51::2/64 dev v1 nodad
for n in "$here lo" "$here v0" "$there lo" "$there v1"; do
    ip -n "${n% *}" link set "${n#* }" up
done
ip -n "$here" route add default via 198.51.100.2
ip -n "$here" -6 route add default via fd00:51::2
# Its resolver listens on its loopback only; "ip netns exec" has a mount namespace of its own.
echo "nameserver 127.0.0.1" >"$TEST_DIR/resolv.conf"
inside=(ip netns exec "$here" sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$TEST_DIR/resolv.conf")

cat >"$TEST_DIR/server.py" <<'EOF'
# Answers with its name on TCP and UDP port 7000, both families.
import selectors, socket, sys
s = selectors.DefaultSelector()
kept = []
for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        one = socket.socket(family, kind)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((any_address, 7000))
        if kind == socket.SOCK_STREAM:
            one.listen(64)
        s.register(one, selectors.EVENT_READ)
name = sys.argv[1].encode() + b"\n"
open(sys.argv[2], "w").close()
while True:
    for key, _ in s.select():
        if key.fileobj.type == socket.SOCK_STREAM:
            connection, _ = key.fileobj.accept()
            connection.sendall(name)
            connection.shutdown(socket.SHUT_WR)
            kept.append(connection)  # a close with unread bytes would be a reset
        else:
            _, sender = key.fileobj.recvfrom(2048)
            key.fileobj.sendto(name, sender)
EOF
cat >"$TEST_DIR/names.py" <<'EOF'
# A resolver on 127.0.0.1: here.test is 192.0.2.N, where N counts the questions by UDP for it; big.test
# has 1000 addresses, which only TCP can carry. Other names are not there.
import socket, socketserver, struct, sys, threading
asked = 0
def answer(query, tcp):
    global asked
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    question, (kind,) = query[12:at + 5], struct.unpack("!H", query[at + 1:at + 3])
    name, flags, addresses = ".".join(labels), 0x8180, []
    if kind == 1 and name == "here.test":
        asked += 1
        addresses = [bytes((192, 0, 2, asked))]
    elif kind == 1 and name == "big.test" and tcp:
        addresses = [bytes((10, 1, n >> 8, n & 255)) for n in range(1000)]
    elif kind == 1 and name == "big.test":
        flags |= 0x0200
    elif name not in ("here.test", "big.test"):
        flags |= 3
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + a for a in addresses)
    return query[:2] + struct.pack("!HHHHH", flags, 1, len(addresses), 0, 0) + question + records
class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(answer(self.request[0], False), self.client_address)
class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(2):
            text = answer(self.rfile.read(struct.unpack("!H", head)[0]), True)
            self.wfile.write(struct.pack("!H", len(text)) + text)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 53), Tcp)
threading.Thread(target=tcp.serve_forever, daemon=True).start()
udp = socketserver.UDPServer(("127.0.0.1", 53), Udp)
open(sys.argv[1], "w").close()
udp.serve_forever()
EOF
ip netns exec "$here" python3 "$TEST_DIR/names.py" "$TEST_DIR/up3" &
server=$!
ip netns exec "$there" python3 "$TEST_DIR/server.py" outside "$TEST_DIR/up1" &
server+=" $!"
"${inside[@]}" python3 "$TEST_DIR/server.py" host "$TEST_DIR/up2" &
server+=" $!"
wait_for 20 test -e "$TEST_DIR/up1" -a -e "$TEST_DIR/up2" -a -e "$TEST_DIR/up3"

run "${inside[@]}" "$PYRO" workspace create debian:12-base --name net --network-policy egress --json
is "create: exit status" "$status" 0
is "create: policy" "$(json .network_policy)" egress
id=$(json .workspace_id)
guest() { run "${inside[@]}" "$PYRO" workspace exec net -- bash -c "$1"; }
asks() { # PROTOCOL ADDRESS: what the server there answers
    guest "exec 3<>/dev/$1/$2/7000 && echo hello >&3 && timeout 20 head -c 8 <&3"
}
asks tcp 198.51.100.2
is "TCP" "$out" outside
asks udp 198.51.100.2
is "UDP" "$out" outside
asks tcp fd00:51::2
is "TCP over IPv6" "$out" outside
asks udp fd00:51::2
is "UDP over IPv6" "$out" outside

guest 'getent hosts here.test'
like "a name, from a resolver on the host's loopback" "$out" '^192\.0\.2\.[0-9]+ +here.test$'
guest 'getent ahostsv4 big.test | grep -c STREAM'
is "an answer that is too large for UDP" "$out" 1000
guest 'getent hosts nowhere.test'
is "a name that is not there: exit status" "$status" 2
guest 'for i in $(seq 100); do getent ahostsv4 big.test | grep -c STREAM & done | sort | uniq -c; wait'
like "a hundred at once" "$out" '^ *100 1000$'
echo "nameserver 127.0.0.9
nameserver 127.0.0.1" >"$TEST_DIR/resolv.conf"
guest 'getent hosts here.test && getent ahostsv4 big.test | grep -c STREAM'
like "the first resolver is dead: the next one answers" "$out" '^192\.0\.2\.[0-9]+ +here.test
1000$'
guest 'cat /etc/resolv.conf'
is "what the guest is told" "$out" "nameserver 127.0.0.53"

refused() { # ADDRESS: nothing comes from there
    guest "read -r -t 2 line < <(timeout 2 bash -c 'exec 3<>/dev/tcp/$1/7000; cat <&3'); echo got:\$line"
    is "the host is not reached by $1" "$out" "got:"
}
for address in 198.51.100.1 fd00:51::1 192.0.0.1 fd70:7972:6f00::1 ::ffff:198.51.100.1; do
    refused "$address"
done
"${inside[@]}" "$PYRO" workspace create debian:12-base --name other --network-policy egress --id-only >"$TEST_DIR/other"
mac1=$("${inside[@]}" "$PYRO" workspace exec net -- cat /sys/class/net/eth0/address 2>/dev/null)
mac2=$("${inside[@]}" "$PYRO" workspace exec other -- cat /sys/class/net/eth0/address 2>/dev/null)
like "a hardware address" "$mac1" '^[0-9a-f]{2}(:[0-9a-f]{2}){5}$'
refute "two workspaces share none" test "$mac1" = "$mac2"
check "delete the other" "${inside[@]}" "$PYRO" workspace delete other

child_of() { # PATTERN: the pid of that child of net's supervisor
    local pid
    for pid in $(pgrep -P "$(supervisor_of "$id")"); do
        [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *$1* ]] && echo "$pid"
    done
}
answers() { asks tcp 198.51.100.2 && [[ $out == outside ]]; }
names() { guest 'getent hosts here.test >/dev/null && getent ahostsv4 big.test | grep -c STREAM' && [[ $out == 1000 ]]; }
gone() { ! kill -0 "$1" 2>/dev/null; }
is_up() { run "$PYRO" workspace status net --json && [[ $(json .network_error) == null ]]; }
for pattern in 'passt --foreground' __network; do
    old=$(child_of "$pattern")
    check "$pattern runs" test -n "$old"
    kill -9 "$old"
    wait_for 30 gone "$old"
    wait_for 30 answers && pass "$pattern was killed: the network comes back, the machine lived on"
    wait_for 30 is_up && pass "and nothing is said to be down"
done
old=$(supervisor_of "$id")
qemu=$(pgrep -f "name pyro-$id")
kill -9 "$old"
wait_for 30 answers && pass "the supervisor was killed: so after the next one took over"
wait_for 30 names && pass "and so are names"
is "the machine is the same" "$(pgrep -f "name pyro-$id")" "$qemu"

check "stop" "${inside[@]}" "$PYRO" workspace stop net
run "${inside[@]}" "$PYRO" workspace start net --json
is "policy after a restart" "$(json .network_policy)" egress
answers && pass "the network after a restart"
names && pass "names after a restart"
run "${inside[@]}" "$PYRO" workspace reset net --json
is "policy after a reset" "$(json .network_policy)" egress
check "delete" "${inside[@]}" "$PYRO" workspace delete net
run "${inside[@]}" "$PYRO" run debian:12-base --network -- bash -c 'read -r l </dev/tcp/198.51.100.2/7000; echo $l'
is "run --network" "$out" outside
kill $server
wait 2>/dev/null
finish
