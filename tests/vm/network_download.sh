#!/bin/bash
# Downloads under egress: bytes come once. passt drops what its socket has no room for, and TCP then sends it
# again: the machine's own counter of received bytes tells.
# run: alone, it counts bytes that TCP sends twice, which also happens when a machine is late
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh
use_shared_cache
check "the environment is there" "$PYRO" env pull debian:12-base
network_make downloads || finish
cat >"$TEST_DIR/exactly.py" <<'SCRIPT'
# READY: 20 MB, and the end, to clients of TCP port 7002.
import socketserver, sys
class Exactly(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(bytes(20_000_000))
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("198.51.100.2", 7002), Exactly)
open(sys.argv[1], "w").close()
server.serve_forever()
SCRIPT
network_serve "$there" exactly.py

# download WHAT CONNECTIONS
download() {
    guest 'before=$(cat /sys/class/net/eth0/statistics/rx_bytes)
        for i in $(seq '"$2"'); do cat </dev/tcp/198.51.100.2/7002 | wc -c & done; wait
        echo $(($(cat /sys/class/net/eth0/statistics/rx_bytes) - before))'
    is "$1: all of it came" "$(head -n -1 <<<"$out" | sort -u)" 20000000
    received=$(tail -n 1 <<<"$out")
    check "$1: once ($received bytes)" [ "$received" -le $((22000000 * $2)) ]
}
run inside "$PYRO" workspace create debian:12-base --name net --network-policy egress
# So small that it also fits the socket of a user whose net.core.wmem_max is the kernel's own.
guest 'cut -f 3 /proc/sys/net/ipv4/tcp_rmem'
is "what a connection may have under way" "$out" 262144
download "a download" 1
download "sixteen at once" 16
check "delete" inside "$PYRO" workspace delete net
network_finish
