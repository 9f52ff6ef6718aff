#!/bin/bash
# What scripts leave to tests/lib.sh, which says why: to kill a process (kill_process) and to look for one that is left
# behind (left_running). A guest's own kill stands in quotes.
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t scripts < <(git ls-files 'tests/cli/*.sh' 'tests/tui/*.sh' 'tests/vm/*.sh' 'tests/mcp/*.sh' 'tests/agents/*.sh' 'tests/oci/*.sh')
check "there are scripts" [ ${#scripts[@]} -gt 10 ]
is "processes are killed by kill_process" "$(sed "s/'[^']*'//g" "${scripts[@]}" | grep -nE 'kill -(9|KILL)')" ""
is "nothing greps what leftovers prints" "$(grep -nE '\bleftovers *\|' "${scripts[@]}")" ""
finish
