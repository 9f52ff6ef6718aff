# tests/network.sh: an outside for machines with a network. Sourced by scripts that have sourced lib.sh. Two
# network namespaces, at the two ends of a virtual cable: "here" is the host that pyro runs on,
# "there" for all that is outside. No packet goes anywhere else.
#
#   network_make WHAT    makes them, or skips WHAT and fails. here is 198.51.100.1 and fd00:51::1, its resolver
#                        listens on its own loopback; there is 198.51.100.2 and fd00:51::2
#   inside COMMAND…      runs it in here; "${inside[@]}" is the same for commands that take a command
#   guest SCRIPT         runs it in the workspace "net"
#   asks tcp|udp ADDRESS what a server at port 7000 there answers: "outside" or "host", $out
#   answers, names       whether the machine reaches the outside, and knows names
#   $TEST_DIR/contacts   a line for each connection to port 7000 of here
#   network_finish       the last line of a script that made them
# Port 7001 there sends without end; it writes a line to $TEST_DIR/streams when somebody comes.
here=pyro-h$$ there=pyro-t$$
network_servers=()

network_remove() {
    [[ ${#network_servers[@]} -gt 0 ]] && kill "${network_servers[@]}" 2>/dev/null
    ip netns del "$here" 2>/dev/null
    ip netns del "$there" 2>/dev/null
    [[ ${#network_servers[@]} -gt 0 ]] && wait "${network_servers[@]}" # not for what else a failed script has
}

network_finish() {
    network_remove
    finish
}

# network_serve NAMESPACE PROGRAM ARG…: in the background, until it is ready.
network_serve() {
    local ready=$TEST_DIR/ready${#network_servers[@]}
    ip netns exec "$1" python3 "$TEST_DIR/$2" "${@:3}" "$ready" &
    network_servers+=($!)
    wait_for 20 test -e "$ready"
}

network_make() {
    if [[ $(id -u) -ne 0 ]] || ! ip netns add "$here" 2>/dev/null; then
        skip "$1: this user may not make network namespaces"
        return 1
    fi
    trap 'network_remove; at_exit' EXIT
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
    # "ip netns exec" has a mount namespace of its own.
    echo "nameserver 127.0.0.1" >"$TEST_DIR/resolv.conf"
    inside=(ip netns exec "$here" sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$TEST_DIR/resolv.conf")
    : >"$TEST_DIR/contacts"
    : >"$TEST_DIR/streams"
    network_programs
    network_serve "$here" names.py 127.0.0.1
    network_serve "$there" server.py outside /dev/null
    network_serve "$here" server.py host "$TEST_DIR/contacts"
    network_serve "$there" stream.py "$TEST_DIR/streams"
}

inside() { "${inside[@]}" "$@"; }
guest() { run "${inside[@]}" "$PYRO" workspace exec net -- bash -c "$1"; }
asks() { guest "exec 3<>/dev/$1/$2/7000 && echo hello >&3 && timeout 300 head -c 8 <&3"; }
answers() { asks tcp 198.51.100.2 && [[ $out == outside ]]; }
names() { guest 'getent hosts example.org && getent ahostsv4 big.test | grep -c STREAM' && [[ $out == *$'\n1000' ]]; }

network_programs() {
    cat >"$TEST_DIR/server.py" <<'EOF'
# NAME CONTACTS READY: answers with its name on TCP and UDP port 7000, both families.
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
contacts = open(sys.argv[2], "a", buffering=1)
open(sys.argv[3], "w").close()
while True:
    for key, _ in s.select():
        if key.fileobj.type == socket.SOCK_STREAM:
            connection, sender = key.fileobj.accept()
            print("SOCK_STREAM", sender, file=contacts)  # before it is answered: the client's end is looked for
            connection.sendall(name)
            connection.shutdown(socket.SHUT_WR)
            kept.append(connection)  # a close with unread bytes would be a reset
        else:
            _, sender = key.fileobj.recvfrom(2048)
            print("SOCK_DGRAM", sender, file=contacts)
            key.fileobj.sendto(name, sender)
EOF
    cat >"$TEST_DIR/stream.py" <<'EOF'
# STREAMS READY: sends without end to clients of TCP port 7001.
import socketserver, sys
class Stream(socketserver.BaseRequestHandler):
    def handle(self):
        print(self.client_address, file=streams)
        try:
            while True:
                self.request.sendall(bytes(65536))
        except OSError:
            pass
streams = open(sys.argv[1], "a", buffering=1)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("198.51.100.2", 7001), Stream)
open(sys.argv[2], "w").close()
server.serve_forever()
EOF
    cat >"$TEST_DIR/names.py" <<'EOF'
# ADDRESS READY: a resolver there. example.org is the outside; big.test has 1000 addresses, which only TCP
# can carry; other names are not there.
import socket, socketserver, struct, sys, threading
def answer(query, tcp):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    question, (kind,) = query[12:at + 5], struct.unpack("!H", query[at + 1:at + 3])
    name, flags, addresses = ".".join(labels), 0x8180, []
    if kind == 1 and name == "example.org":
        addresses = [bytes((198, 51, 100, 2))]
    elif kind == 1 and name == "big.test" and tcp:
        addresses = [bytes((10, 1, n >> 8, n & 255)) for n in range(1000)]
    elif kind == 1 and name == "big.test":
        flags |= 0x0200
    elif name not in ("example.org", "big.test"):
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
tcp = socketserver.ThreadingTCPServer((sys.argv[1], 53), Tcp)
threading.Thread(target=tcp.serve_forever, daemon=True).start()
udp = socketserver.UDPServer((sys.argv[1], 53), Udp)
open(sys.argv[2], "w").close()
udp.serve_forever()
EOF
}
