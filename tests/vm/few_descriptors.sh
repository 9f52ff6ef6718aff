#!/bin/bash
# A low limit of open files: pyro raises it for itself, gives the old one to the user's programs, and a supervisor that has
# none left serves again once some are free.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")
"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1

limited() { run bash -c 'ulimit "$0" "$1" && shift && exec "$@"' "$@"; }
limited -Sn 24 "${pyro[@]}" run debian:12-base --mem-mib 256 -- echo works
is "a soft limit of 24: a machine runs" "$status$out" 0works
limited -n 24 "${pyro[@]}" run debian:12-base --mem-mib 256 -- true
is "a hard limit that is too low: status" "$status" 125
like "… and what to do" "$err" "Too many open files \\(raise the limit of open files with 'ulimit -n'"
limited -Sn 50 env PYRO_QEMU=/nothing/such "${pyro[@]}" run debian:12-base --allow-host-compat -- sh -c 'ulimit -Sn'
is "a program on the host has the user's limit" "$out" 50

limited -n 90 env PYRO_QEMU=/nothing/such "${pyro[@]}" workspace create debian:12-base --allow-host-compat --name h --id-only
id=$out
supervisor=$(supervisor_of "$id")
is "a hard limit stays" "$(awk '/^Max open files/ {print $4, $5}' "/proc/$supervisor/limits")" "90 90"
cat >"$TEST_DIR/flood.py" <<'EOF'
# SOCKET READY GO: connects until nothing more is taken, says so, and lets go when told.
import os, socket, sys, time
os.chdir(os.path.dirname(sys.argv[1]))
held = []
for _ in range(150):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(0)
    try:
        s.connect(os.path.basename(sys.argv[1]))
    except BlockingIOError:
        break
    held.append(s)
open(sys.argv[2], "w").close()
while not os.path.exists(sys.argv[3]):
    time.sleep(0.05)
EOF
python3 "$TEST_DIR/flood.py" "$XDG_DATA_HOME/pyro/workspaces/$id/run/sock" "$TEST_DIR/ready" "$TEST_DIR/go" &
wait_for 60 test -e "$TEST_DIR/ready"
uses_all() { [[ $(ls "/proc/$supervisor/fd" | wc -l) -ge 64 ]]; }
wait_for 60 uses_all
touch "$TEST_DIR/go"
wait $!
run "${pyro[@]}" workspace exec h -- echo again
is "with descriptors free again it answers" "$status$out" 0again
"${pyro[@]}" workspace delete h >/dev/null
finish
