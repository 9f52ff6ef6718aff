#!/bin/bash
# Published ports on a real machine: large transfers both ways, half-closes, resets, two hundred
# connections at once, stalled ones beside others, load; what is refused; and when a port is gone.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")

service() {
    local verb=$1
    shift
    run "${pyro[@]}" workspace service "$verb" w "$@"
}

# ask PYTHON: an assertion about the port, `p`; call(TEXT) is one connection: says it, ends, reads to
# the end.
ask() {
    timeout -k 5 300 python3 -c '
import errno, socket, sys, hashlib
p = int(sys.argv[1])
def dial():
    return socket.create_connection(("127.0.0.1", p), timeout=100)
def rest(s):
    got = b""
    while chunk := s.recv(65536):
        got += chunk
    return got
def call(text):
    with dial() as s:
        s.sendall(text)
        s.shutdown(socket.SHUT_WR)
        return rest(s)
def resets(text):
    try:
        with dial() as s:
            s.sendall(text)
            return rest(s) is None
    except ConnectionResetError:
        return True
'"$1" "$port"
}

listens() {
    python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()' "$1" 2>/dev/null
}
is_closed() {
    ! listens "$port"
}

id=$("${pyro[@]}" workspace create debian:12 --name w --network-policy egress+published-ports --id-only 2>/dev/null)
mkdir "$TEST_DIR/push"
cp build/tests/web-server "$TEST_DIR/push/"
head -c 40000000 /dev/urandom >"$TEST_DIR/push/big"
run "${pyro[@]}" workspace sync push w "$TEST_DIR/push"
big=$(sha256sum <"$TEST_DIR/push/big")

# ---- what it looks like ----

service start web --publish 8000 --ready-tcp 127.0.0.1:8000 --json -- ./web-server 8000
is "a free port: state" "$(json .state)" running
port=$(json .published_ports[0].host_port)
is "… as it is told" "$(json .published_ports[0])" "{\"guest_port\": 8000, \"host\": \"127.0.0.1\", \"host_port\": $port, \"protocol\": \"tcp\"}"
service status web
like "… in words" "$out" "Published ports: 127.0.0.1:$port -> 8000"
service list
like "… in the list" "$out" "web +running +- +127.0.0.1:$port->8000 "
is "it listens on 127.0.0.1 only" "$(awk -v p="$(printf ':%04X' "$port")" '$4 == "0A" && index($2, p) { print $2 }' /proc/net/tcp)" "$(printf '0100007F:%04X' "$port")"
run "${pyro[@]}" workspace exec w -- sh -c 'echo hello >hello'
is "curl" "$(curl -sS "http://127.0.0.1:$port/hello")" hello

# ---- what goes through ----

is "40 MB out" "$(curl -sS "http://127.0.0.1:$port/big" | sha256sum)" "$big"
run curl -sS -H Expect: -T "$TEST_DIR/push/big" "http://127.0.0.1:$port/up"
run "${pyro[@]}" workspace exec w -- sh -c 'sha256sum <up'
is "40 MB in" "$out" "$big"
check "the client ends its half, and is answered then" ask 'assert call(b"COUNT\n" + b"x" * 1000000) == b"1000000\n"'
check "both ways at once" ask '
import os, threading
data = os.urandom(5000000)
with dial() as s:
    t = threading.Thread(target=lambda: (s.sendall(b"ECHO\n" + data), s.shutdown(socket.SHUT_WR)))
    t.start()
    assert rest(s) == data
    t.join()'
check "the service ends its half first" ask '
with dial() as s:
    s.sendall(b"what?\n")
    assert s.recv(1) == b""'
check "a reset by the service" ask 'assert resets(b"RESET\n")'
run "${pyro[@]}" workspace service start w later --publish 8001 --json -- sleep 1000
web=$port port=$(json .published_ports[0].host_port)
check "nobody listens in the guest: a reset" ask 'assert resets(b"")'
service stop later
check "its port is closed" is_closed
service start six --publish 8006 --ready-tcp '[::1]:8006' --json -- ./web-server 8006 v6
port=$(json .published_ports[0].host_port)
is "a service on [::1]" "$(curl -sS "http://127.0.0.1:$port/hello")" hello
service stop six
port=$web

# ---- many, and stalled ones ----

check "two hundred connections at once" ask '
all = [dial() for i in range(200)]
for s in all:
    s.sendall(b"ECHO\nhello")
for s in all:
    assert s.recv(5, socket.MSG_WAITALL) == b"hello"
for s in all:
    s.shutdown(socket.SHUT_WR)
for s in all:
    assert s.recv(1) == b""'
check "more than are carried at once: they wait, and are served" ask '
all = [dial() for i in range(300)]
for s in all:
    s.sendall(b"COUNT\nabc")
    s.shutdown(socket.SHUT_WR)
for s in all:
    assert rest(s) == b"3\n"'
check "a service, and a client, that read nothing stall nobody else" ask '
held, deaf = dial(), dial()
held.setblocking(False)
held.send(b"HOLD\n")
try:
    while held.send(b"x" * 65536):
        pass
except BlockingIOError:
    pass
deaf.sendall(b"GET /big HTTP/1.1\r\n\r\n")
for i in range(50):
    assert call(b"COUNT\nabc") == b"3\n"
deaf.shutdown(socket.SHUT_WR)
got = rest(deaf).split(b"\r\n\r\n", 1)[1]
assert hashlib.sha256(got).hexdigest() == "'"${big%% *}"'"'
if command -v wrk >/dev/null; then
    run wrk -t1 -c50 -d5s --timeout 120s "http://127.0.0.1:$port/hello"
    like "load: requests" "$out" '[1-9][0-9]+ requests in'
    refute "load: no error" grep -qE 'Socket errors|Non-2xx' "$TEST_DIR/out"
else
    skip "load: no wrk"
fi
run "${pyro[@]}" workspace exec w -- echo alive
is "the workspace is as it was" "$out" alive

# ---- what is refused ----

service start other --publish "$port:8000" --json -- sleep 1000
is "a port in use: code" "$(json .error.code)" port_in_use
like "… which" "$(json .error.message)" "port $port of 127.0.0.1 is in use"
service status other --json
is "… and nothing was started" "$(json .error.code)" service_not_found
for bad in 0 65536 a:80 80: :80 1:2:3 -1 70000:80 99999999999; do
    service start other --publish="$bad" --json -- sleep 1000
    is "--publish $bad: code" "$(json .error.code)" invalid_argument
done
service start other --publish 8000 --publish 8000 --json -- sleep 1000
like "doubled" "$(json .error.message)" 'published twice'
service start other --publish 1234:8000 --publish 1234:8001 --json -- sleep 1000
like "doubled on the host" "$(json .error.message)" 'published twice'
run "${pyro[@]}" workspace service list w --json
is "none of them was started" "$(json .count)" 3
for policy in off egress; do
    [[ $policy == egress ]] && ! command -v passt >/dev/null && skip "egress: no passt" && continue
    run "${pyro[@]}" workspace create debian:12 --name "$policy" --network-policy "$policy"
    run "${pyro[@]}" workspace service start "$policy" web --publish 8000 --json -- sleep 1000
    like "refused under $policy" "$(json .error.message)" "its policy is $policy"
    run "${pyro[@]}" workspace service list "$policy" --json
    is "… and nothing was started" "$(json .count)" 0
    run "${pyro[@]}" workspace delete "$policy"
done

# ---- when it is gone, and when it comes back ----

exec 9<>"/dev/tcp/127.0.0.1/$port"
echo ECHO >&9
kill_process "$(supervisor_of "$id")"
check "its supervisor killed: an open connection ends" timeout 300 cat <&9
exec 9<&-
service status web --json
is "… the service lives on, at the same port" "$(json .state) $(json .published_ports[0].host_port)" "running $port"
opens_again() {
    [[ $(curl -s "http://127.0.0.1:$port/hello") == hello ]]
}
wait_for 60 opens_again && pass "… which is open again"
check "the service's last words arrive" ask 'assert call(b"QUIT\n") == b"bye\n"'
has_exited() {
    service status web --json
    [[ $(json .state) == exited ]]
}
wait_for 60 has_exited && is "the service has ended: no ports" "$(json .published_ports)" "[]"
check "… and its port is closed" is_closed

again() {
    service start web --publish "$port:8000" --ready-tcp 127.0.0.1:8000 -- ./web-server 8000
    is "a named port, at once again: status" "$status" 0
    like "… and so it says" "$err" " published=127.0.0.1:$port:8000 "
    [[ $(curl -s "http://127.0.0.1:$port/hello") == hello ]] || fail "it is open"
}
again
service stop web
check "service stop: closed" is_closed
again
run "${pyro[@]}" workspace stop w
check "workspace stop: closed" is_closed
run "${pyro[@]}" workspace start w
again
# The client reads some, and lets the rest fill all there is between it and the service.
VM_PID=$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$id/workspace.json")")
export VM_PID
check "its VM killed: what was being sent is reset, and does not look whole" ask '
import array, fcntl, os, termios, time
def waiting(s):
    n = array.array("i", [0])
    fcntl.ioctl(s, termios.FIONREAD, n)
    return n[0]
def gone():
    try:
        dial().close()
    except OSError:
        return True
s = dial()
s.sendall(b"GET /big HTTP/1.0\r\n\r\n")
got = 0
while got < 3000000:
    got += len(s.recv(65536))
before = -1
while before != (before := waiting(s)):
    time.sleep(1)
os.kill(int(os.environ["VM_PID"]), 9)
while not gone():
    time.sleep(0.1)
try:
    assert rest(s) is None, "it looks whole"
except ConnectionResetError:
    pass'
run "${pyro[@]}" workspace start w
again
run "${pyro[@]}" workspace reset w
is "workspace reset: status" "$status" 0
check "… closed" is_closed
run "${pyro[@]}" workspace sync push w "$TEST_DIR/push"
run "${pyro[@]}" workspace exec w -- sh -c 'echo hello >hello'
again
run "${pyro[@]}" workspace delete w
check "workspace delete: closed" is_closed
finish
