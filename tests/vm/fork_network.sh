#!/bin/bash
# Connections of a machine that is forked: those that lead out of it end with an error in the fork, whether somebody
# waits for them or not, and go on in the workspace; those inside go on in both.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh
use_shared_cache
"$PYRO" env pull debian:12 >/dev/null 2>&1
network_make "connections of a fork" || finish
cat >"$TEST_DIR/echo.py" <<'EOP'
# READY: gives back, on TCP port 7002, what it gets.
import socketserver, sys
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while data := self.request.recv(4096):
                self.request.sendall(data)
        except OSError:
            pass
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("198.51.100.2", 7002), Echo)
open(sys.argv[1], "w").close()
server.serve_forever()
EOP
network_serve "$there" echo.py

ws() { inside timeout -k 5 300 "$PYRO" workspace "$@"; }
has_logged() { ws service logs "$1" "$2" --all 2>/dev/null | grep -qE -- "$3"; }
count_of() { ws service logs "$1" "$2" --all 2>/dev/null | grep -c '^GOT'; }
counts() { [[ $(count_of "$1" "$2") -gt $3 ]]; }
# ADDRESS ASKS: a line each 100 ms while it asks; else, after one, it waits for ever for what does not come.
program='use IO::Socket::INET; $| = 1; $SIG{PIPE} = "IGNORE";
my $s = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 7002) or die "no connection";
print "CONNECTED\n"; my ($put, $got) = (1, 1);
if ($ARGV[1]) {
    while (defined($put = syswrite($s, "hello\n")) and $got = sysread($s, my $line, 6)) { print "GOT $line"; select undef, undef, undef, 0.1; }
} else { syswrite($s, "hello\n"); sysread($s, my $line, 6); print "GOT $line"; $got = sysread($s, $line, 6); }
print defined $put && defined $got ? "END\n" : "ERROR $!\n"; sleep;'
server='use IO::Socket::INET; my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 7002, Listen => 5, ReuseAddr => 1) or die;
print STDOUT "READY\n"; STDOUT->flush; while (my $c = $l->accept) { next if fork; while (sysread($c, my $b, 4096)) { syswrite $c, $b } exit }'

run ws create debian:12 --name net --mem-mib 512 --network-policy egress --json
is "a workspace with a network" "$status" 0
ws service start net server -- perl -e "$server" >/dev/null 2>&1
check "it has a server" wait_for 60 has_logged net server READY
ws service start net asks -- perl -e "$program" 198.51.100.2 1 >/dev/null 2>&1
ws service start net waits -- perl -e "$program" 198.51.100.2 0 >/dev/null 2>&1
ws service start net loop -- perl -e "$program" 127.0.0.1 1 >/dev/null 2>&1
check "one asks a server outside" wait_for 60 has_logged net asks '^GOT hello'
check "one waits for it" wait_for 60 has_logged net waits '^GOT hello'
check "one asks the server inside" wait_for 60 has_logged net loop '^GOT hello'

run ws fork net --name f --json
is "a fork" "$status" 0
for name in asks waits; do
    check "in the fork the connection of who $name ends with an error" wait_for 60 has_logged f "$name" '^ERROR '
    refute "… not as if the other side had ended it" has_logged f "$name" '^END'
    echo "$name: $(ws service logs f "$name" --all 2>/dev/null | grep '^ERROR')"
done
n=$(count_of f loop)
check "the one inside it goes on" wait_for 60 counts f loop "$n"
run ws exec f --timeout-seconds 60 -- bash -c 'exec 3<>/dev/tcp/198.51.100.2/7002 && echo new >&3 && head -n 1 <&3'
is "a new connection works at once" "$out" new
for name in asks loop; do
    n=$(count_of net "$name")
    check "in the workspace that of who $name goes on" wait_for 60 counts net "$name" "$n"
done
for name in asks waits loop; do
    is "the workspace: no error for who $name" "$(ws service logs net "$name" --all 2>/dev/null | grep -E '^(ERROR|END)')" ""
done
ws delete f >/dev/null 2>&1
ws delete net >/dev/null 2>&1
network_finish
