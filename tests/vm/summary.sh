#!/bin/bash
# `workspace summary`: what was done, what changed and what runs, in 2 KB whatever there is.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/api.sh
use_shared_cache
ws() { run timeout -k 5 300 "$PYRO" workspace "$@"; }

### A workspace with little in it.
"$PYRO" workspace create debian:12-base --mem-mib 256 --name w --secret TOKEN=sesame-opens-nothing >/dev/null 2>&1
ws summary w
like "of a new one" "$out" "^Workspace ID: [0-9a-f]+
Name: w
Environment: debian:12-base
State: started
Network policy: off
Attention: none
Commands: 0
Changes: 0 \(added=0 modified=0 deleted=0 type_changed=0\)
Running: 0\$"
ws exec w -- sh -c 'echo hi >a; exit 3'
ws exec w --detach -- sleep 1000
ws shell open w --cwd /etc
ws service start w clock -- sleep 1001
ws summary w
like "what was done" "$out" "
Commands: 2
  \[2\] sleep 1000
  \[1\] sh -c 'echo hi >a; exit 3' \(exit_code=3\)
"
like "what changed, and what runs" "$out" "
Changes: 1 \(added=1 modified=0 deleted=0 type_changed=0\)
  added /workspace/a
Running: 3
  command 2 sleep 1000
  shell sh1 /etc
  service clock sleep 1001\$"
ws summary w --json
is "as an object" "$(json .command_count) $(json .commands[1].exit_code) $(json .changes.added) $(json .running_count) $(json .running[1].id)" "2 3 1 3 sh1"

### A workspace with very much.
python_scene tests/vm/summary.py crowded

ws stop w
ws summary w --json
is "of a stopped one" "$(json .state) $(json .running_count)" "stopped 0"
ws delete w
ws summary w --json
is "of none" "$status $(json .error.code)" "1 workspace_not_found"
finish
