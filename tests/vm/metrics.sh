#!/bin/bash
# What workspaces use, as people and a monitor are told.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 600 "$PYRO")

# The value of a sample: NAME [LABEL VALUE]…, of what `read_metrics` read.
read_metrics() { metrics=$("$PYRO" metrics | python3 tests/metrics.py); }
metric() {
    python3 -c '
import json, sys
name, labels = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2]))
for family in json.load(sys.stdin).values():
    for n, l, v in family:
        if n == name and labels.items() <= l.items():
            print(int(v) if v == int(v) else v)' "$@" <<<"$metrics"
}
grows() { [[ 10#$1 -gt 10#$2 ]]; } # a figure may begin with a zero

running() {
    local before busy
    read_metrics
    is "nothing runs" "$(metric pyro_workspaces state started)" 0
    is "nothing was started" "$(metric pyro_start_seconds_count)" 0
    run "${pyro[@]}" workspace stats
    is "nothing runs: stats" "$status $out" "0 No workspace runs."

    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name used --network-policy egress --id-only
    id=$out
    run "${pyro[@]}" workspace exec used -- sh -c 'head -c 8M /dev/urandom >a; sync'
    read_metrics
    is "one runs" "$(metric pyro_workspaces state started)" 1
    is "… and was started" "$(metric pyro_start_seconds_count)" 1
    is "… with a template" "$(($(metric pyro_template_hits_total) + $(metric pyro_template_builds_total)))" 1
    is "… ran a command" "$(metric pyro_workspace_commands_total name used)" 1
    check "… used a processor" grows "$(metric pyro_workspace_cpu_seconds_total name used | tr -d .)" 0
    check "… has memory" grows "$(metric pyro_workspace_memory_bytes workspace_id "$id")" 10000000
    check "… and a disk" grows "$(metric pyro_workspace_disk_bytes workspace_id "$id")" 8000000

    before=$(metric pyro_workspace_network_transmit_bytes_total name used)
    run "${pyro[@]}" workspace exec used -- bash -c 'echo a frame >/dev/udp/192.0.0.1/9'
    sent() { read_metrics && grows "$(metric pyro_workspace_network_transmit_bytes_total name used)" "$before"; }
    wait_for 60 sent && pass "frames are counted"

    run "${pyro[@]}" workspace shell open used
    run "${pyro[@]}" workspace exec used --detach -- sh -c 'while :; do :; done'
    run "${pyro[@]}" workspace stats used --json
    busy=$(json .workspaces[0].cpu)
    check "a loop takes a processor" python3 -c "import sys; sys.exit(not float('$busy') > 0.05)"
    is "its shell and command" "$(json .workspaces[0].shell_count) $(json .workspaces[0].running_command_count)" "1 1"
    run "${pyro[@]}" workspace stats
    like "stats for people" "$out" "^WORKSPACE ID +STATE +CPU .*"$'\n'"$id +started +[0-9]+% +[0-9]+M +[0-9.]+M .* used$"

    kill_process "$(supervisor_of "$id")"
    read_metrics
    is "its supervisor is lost, it runs" "$(metric pyro_workspaces state started)" 1
    run "${pyro[@]}" workspace exec used -- true
    read_metrics
    is "another supervisor: counted" "$(metric pyro_supervisor_restarts_total)" 1
    is "… not as a start" "$(metric pyro_start_seconds_count)" 1
    check "… and its frames are counted on" sent
    run "${pyro[@]}" workspace delete used
}

follows() {
    local lines=$TEST_DIR/follow
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name f --id-only
    "$PYRO" workspace stats f --follow --json >"$lines" &
    follower=$!
    three() { [[ $(wc -l <"$lines") -ge 3 ]]; }
    wait_for 60 three
    kill -TERM $follower
    wait $follower
    is "--follow --json: an object a line" "$(head -n 3 "$lines" | python3 -c '
import json, sys
print(*[len(json.loads(line)["workspaces"]) for line in sys.stdin])')" "1 1 1"
    run bash -c '"$PYRO" workspace stats --follow | head -n 1'
    like "a reader that goes away ends it" "$status $out" '^0 WORKSPACE ID'
    run "${pyro[@]}" workspace stop f
    run "${pyro[@]}" workspace stats f --json
    is "a stopped one that is named" "$(json .workspaces[0].state) $(json .workspaces[0].memory_bytes)" "stopped 0"
    run "${pyro[@]}" workspace stats nobody
    is "one that is not there" "$status" 1
    run "${pyro[@]}" workspace delete f
}

# A record that was changed by hand: what is shown of it is no line of its own, and drives no terminal.
foreign() {
    local record
    run "${pyro[@]}" workspace create debian:12-base --mem-mib 256 --name x --id-only
    record=$XDG_DATA_HOME/pyro/workspaces/$out
    kill_process "$(supervisor_of "$out")"
    python3 -c '
import json, sys
for name in ("workspace.json", "workspace.json.last"):
    with open(sys.argv[1] + "/" + name) as f:
        r = json.load(f)
    r["name"] = "a\"b\\c\nd\u001b[31m\u009b\u00e9"
    with open(sys.argv[1] + "/" + name, "w") as f:
        json.dump(r, f)' "$record"
    read_metrics
    is "a foreign name is escaped" "$(python3 -c '
import json, sys
print(ascii(json.load(sys.stdin)["pyro_workspace_shells"][0][1]["name"]))' <<<"$metrics")" \
        "'a\"b\\\\c\\nd\\ufffd[31m\\ufffd\\xe9'"
    kill_process "$(json .vm_pid "$(cat "$record/workspace.json")")"
    read_metrics
    is "its machine is lost too: it has failed" "$(metric pyro_workspaces state failed)" 1
    run "${pyro[@]}" workspace delete "${record##*/}"

    echo '{"version": 1, "starts_100_ms": -5, "template_hits": "x"}' >"$XDG_DATA_HOME/pyro/tally.json"
    read_metrics
    is "a damaged tally" "$(metric pyro_template_hits_total)" 0
    head -c 100000 /dev/zero >"$XDG_DATA_HOME/pyro/tally.json"
    read_metrics
    is "… or one that is too large" "$(metric pyro_start_seconds_count)" 0
}

listens() {
    local url page
    for address in 0.0.0.0:0 127.0.0.1 localhost:80 127.0.0.1:x 127.0.0.1:70000 '[::1]:0' 127.0.0.1:-1; do
        run "$PYRO" metrics --listen "$address"
        is "--listen $address: status" "$status" 2
    done
    "$PYRO" metrics --listen 127.0.0.1:0 2>"$TEST_DIR/said" &
    listener=$!
    serves() { grep -q '/metrics$' "$TEST_DIR/said"; }
    wait_for 60 serves
    url=$(sed -n 's/^pyro: serving //p' "$TEST_DIR/said")
    page=$(curl -s "$url" | python3 tests/metrics.py)
    like "the page" "$page" pyro_workspaces
    like "its type" "$(curl -sD - -o /dev/null "$url")" 'Content-Type: text/plain; version=0.0.4; charset=utf-8'
    is "HEAD" "$(curl -sI "$url" -o /dev/null -w '%{http_code}')" 200
    is "POST" "$(curl -s -d a=b "$url" -o /dev/null -w '%{http_code}')" 405
    is "another path" "$(curl -s "${url%metrics}" -o /dev/null -w '%{http_code}')" 404
    is "another host's name" "$(curl -s -H 'Host: evil.example' "$url" -o /dev/null -w '%{http_code}')" 403
    is "a page in a browser" "$(curl -s -H 'Origin: https://evil.example' "$url" -o /dev/null -w '%{http_code}')" 403
    run "$PYRO" metrics --listen "127.0.0.1:$(sed 's/.*:\([0-9]*\).*/\1/' <<<"$url")"
    is "a port that is taken" "$status" 1
    is "many at once" "$(seq 40 | xargs -P 40 -I{} curl -s "$url" -o /dev/null -w '%{http_code}\n' | sort | uniq -c | xargs)" "40 200"
    kill -TERM $listener
    wait $listener
    is "TERM ends it" "$?" 143
}

# Clients that never come to an end of what they ask, more of them than there is room for.
slow() {
    : >"$TEST_DIR/said"
    PYRO_CHECK_PATIENCE=1 "$PYRO" metrics --listen 127.0.0.1:0 2>"$TEST_DIR/said" &
    listener=$!
    serves() { grep -q '/metrics$' "$TEST_DIR/said"; }
    wait_for 60 serves
    timeout 300 python3 - "$(sed 's/.*:\([0-9]*\).*/\1/' "$TEST_DIR/said")" >"$TEST_DIR/answer" <<'PYTHON'
import socket, sys, threading

HEAD = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"
address = ("127.0.0.1", int(sys.argv[1]))
slow, over = [], threading.Event()


def connect(text):
    client = socket.create_connection(address)
    client.sendall(text)
    return client


def drip():
    while not over.wait(0.1):
        for i, client in enumerate(slow):
            try:
                client.send(b"x")
            except OSError: # its place was given to another: it comes again
                slow[i] = connect(HEAD + b"X-Slow: ")


slow += [connect(HEAD + b"X-Slow: ") for _ in range(100)]
dripping = threading.Thread(target=drip)
dripping.start()
print(connect(HEAD + b"\r\n").recv(15).decode())
over.set()
dripping.join()
PYTHON
    is "clients that are slow, and come again: another is served" "$(cat "$TEST_DIR/answer")" "HTTP/1.1 200 OK"
    kill -TERM $listener
    wait $listener
}

ends() {
    serves() { grep -q '/metrics$' "$TEST_DIR/said"; }
    : >"$TEST_DIR/said"
    "$PYRO" metrics --listen 127.0.0.1:0 2>"$TEST_DIR/said" &
    listener=$!
    wait_for 60 serves
    kill_process "$(pgrep -P $listener)"
    wait $listener
    is "its listener is killed: status" "$?" 1
    like "… why" "$(cat "$TEST_DIR/said")" 'pyro-metrics has ended'
}

for name in running follows foreign listens slow ends; do
    scene $name
done
finish
