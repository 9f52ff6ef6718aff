#!/bin/bash
# The unit of docs/scale.md, as systemd reads it. (What it starts, and that it tells systemd so, is in tests/vm/hold.sh; the
# jobs are in tests/slurm/slurm.sh, the set-up of a monitor in tests/metrics/prometheus.sh.)
cd "$(dirname "$0")/../.." && . tests/lib.sh
unit=$TEST_DIR/pyro@.service
sed -n '/^```ini$/,/^```$/p' docs/scale.md | sed "/^\`\`\`/d; s|/usr/bin/pyro |$PYRO |" >"$unit"
check "the unit starts this pyro" grep -q "^ExecStart=$PYRO workspace hold %i$" "$unit"
check "it waits for ready" grep -qx Type=notify "$unit"
check "it does not begin again when its time to live is over" grep -qx SuccessExitStatus=3 "$unit"
run "$PYRO" workspace hold --help
is "what it starts there is" "$status" 0

if ! command -v systemd-analyze >/dev/null; then
    skip "systemd's own view of it: systemd-analyze is not installed"
    finish
fi
run systemd-analyze verify --man=no "$TEST_DIR/pyro@demo.service"
is "systemd has nothing to say" "$status $out$err" "0 "
sed -i 's/^Type=.*/Type=notified/' "$unit"
run systemd-analyze verify --man=no "$TEST_DIR/pyro@demo.service"
like "… of what is wrong it has" "$err" 'Failed to parse (service type|Type=)'
finish
