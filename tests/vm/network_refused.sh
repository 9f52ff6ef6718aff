#!/bin/bash
# What a machine's network refuses is in the timeline of its workspace: each target once, nothing of what may pass, and
# of a flood no more than its share.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/network.sh
use_shared_cache
check "the environment is there" "$PYRO" env pull debian:12-base
network_make "what the network refuses" || finish

run inside "$PYRO" workspace create debian:12-base --name net --network-policy egress
is "create: exit status" "$status" 0

# lines PATTERN: how many of the timeline match.
lines() { "$PYRO" workspace timeline net 2>/dev/null | grep -cE -- "$1"; }
has_line() { [[ $(lines "$1") -gt 0 ]]; }
told() { check "$1" wait_for 60 has_line " network refused  $2 refused: policy\$"; }

### One by one.
guest 'timeout 2 bash -c "exec 3<>/dev/tcp/198.51.100.1/7000"; timeout 2 bash -c "exec 3<>/dev/tcp/198.51.100.1/7000"'
told "an address of the host, by TCP" 'tcp 198\.51\.100\.1:7000'
guest 'echo x >/dev/udp/169.254.169.254/80; echo x >/dev/udp/169.254.169.254/80'
told "a cloud's metadata, by UDP" 'udp 169\.254\.169\.254:80'
guest 'echo x >/dev/udp/fd00:51::1/53'
told "an address of the host, over IPv6" 'udp \[fd00:51::1\]:53'
guest 'echo x >/dev/udp/224.0.0.251/5353; echo x >/dev/udp/ff02::fb%eth0/5353'
check "what may pass does" answers
guest 'echo x >/dev/udp/198.51.100.1/9'
told "the last of them" 'udp 198\.51\.100\.1:9'
is "each is there once, and nothing else" "$(lines ' network refused ')" 4

### As programs see it.
run "$PYRO" workspace timeline net --json
is "its members" "$(python3 -c 'import json, sys
e = [e for e in json.load(sys.stdin)["entries"] if e["state"] == "refused"][-1]
print(e["event"], e["text"])' <<<"$out")" "network udp 198.51.100.1:9 refused: policy"

### A flood.
guest 'for i in $(seq 3000); do echo x >/dev/udp/169.254.1.1/$i; done 2>/dev/null'
has_more() { has_line ' network refused  more than 20 in a minute: the rest is not listed$'; }
check "there were more" wait_for 60 has_more
check "the network goes on" answers
# By the times that the entries have, however long the flood took.
cat >"$TEST_DIR/most.py" <<'PYTHON'
import json, sys
times = [e["time"] for e in json.load(sys.stdin)["entries"] if e["state"] == "refused"]
print(max(sum(t <= u < t + 59 for u in times) for t in times) <= 21)
PYTHON
is "of any minute, 20 and a line that there were more" \
    "$("$PYRO" workspace timeline net --json | python3 "$TEST_DIR/most.py")" True
check "delete" inside "$PYRO" workspace delete net
network_finish
