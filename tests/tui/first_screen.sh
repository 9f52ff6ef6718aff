#!/bin/bash
# With twenty workspaces, the three that need somebody are on top of the first screen: one asks, in one a command
# failed, and one has lost a service.
cd "$(dirname "$0")/../.." && . tests/tui.sh

state() { json .attention.state "$("$PYRO" workspace status "$1" --json)"; }
becomes() { [[ $(state "$1") == "$2" ]]; }
host_workspace loser >/dev/null
host_workspace failer >/dev/null
host_workspace asker >/dev/null
"$PYRO" workspace service start loser web -- sh -c "until [ -e $TEST_DIR/go ]; do sleep 0.1; done; exit 9" >/dev/null 2>&1
touch "$TEST_DIR/go"
wait_for 120 becomes loser failed
"$PYRO" workspace exec failer -- sh -c 'exit 3' >/dev/null 2>&1
wait_for 120 becomes failer failed
a=$(shell_of asker)
"$PYRO" workspace shell write asker "$a" --input 'bash -c "read -p Go-on x"' >/dev/null 2>&1
wait_for 120 becomes asker asks
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do host_workspace "later-$i" >/dev/null; done # after them, so more active

tui
sees '^ pyro  20 workspaces +\? 1  ✗ 2 '
sees '^ \? asker +asks'
sees '^ ✗ failer +failed'
sees '^ ✗ loser +failed'
is "they are on top" "$(drive text | sed -n '3,5p' | awk '{ print $2 }' | sort | xargs)" "asker failer loser"
is "… the one that asks first" "$(drive text | sed -n 3p | awk '{ print $2 }')" asker
tui_finish
