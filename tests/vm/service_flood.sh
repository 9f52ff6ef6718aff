#!/bin/bash
# A service that prints as fast as it can, for longer than its log may grow: the oldest part goes, the
# file takes no more room than its cap, and another service and its port go on beside it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")

id=$("${pyro[@]}" workspace create debian:12 --name w --network-policy egress+published-ports --id-only 2>/dev/null)
mkdir "$TEST_DIR/push"
cp build/tests/web-server "$TEST_DIR/push/"
echo hello >"$TEST_DIR/push/hello"
run "${pyro[@]}" workspace sync push w "$TEST_DIR/push"
run "${pyro[@]}" workspace service start w web --publish 8000 --ready-tcp 127.0.0.1:8000 --json -- ./web-server 8000
port=$(json .published_ports[0].host_port)
line=$(printf '%01023d' 0) # 100,000 lines of 1 KiB
run "${pyro[@]}" workspace service start w flood -- sh -c "yes $line | head -n 100000; echo last; exec sleep 1000"
log=$XDG_DATA_HOME/pyro/workspaces/$id/services/flood/stdout.log
mib() {
    echo $(($(stat -c "$1" "$log") * ${2:-1} >> 20))
}
grows_past() {
    [[ $(mib %s) -ge $1 ]]
}
wait_for 120 grows_past 20
is "another service answers meanwhile" "$(curl -sS -m 300 "http://127.0.0.1:$port/hello")" hello
run "${pyro[@]}" workspace exec w -- echo alive
is "commands run meanwhile" "$out" alive
is_over() {
    [[ $(stat -c %s "$log") -eq $((100000 * 1024 + 5)) ]]
}
wait_for 180 is_over && pass "every byte has come"
check "the log takes no more room than its cap" [ "$(mib %b 512)" -le 64 ]
check "… and not much less" [ "$(mib %b 512)" -ge 56 ]
run "${pyro[@]}" workspace service logs w flood --tail-lines 1
is "the end is there" "$out" last
"${pyro[@]}" workspace service logs w flood --all --json >"$TEST_DIR/all"
is "what is gone is counted" "$(python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
print(r["stdout_dropped_bytes"] > 0, r["stdout_dropped_bytes"] + len(r["stdout"]))' "$TEST_DIR/all")" "True $((100000 * 1024 + 5))"
run "${pyro[@]}" workspace service status w flood --json
is "the service runs on" "$(json .state)" running
run "${pyro[@]}" workspace delete w
is "delete" "$status" 0
finish
