#!/bin/bash
# What scripts leave to tests/lib.sh, which says why: to kill a process (kill_process) and to look for one that is left
# behind (left_running). A guest's own kill stands in quotes. A file that a script watches
# must be emptied before a command in the background writes it again: that command empties it only once it has begun.
cd "$(dirname "$0")/.." && . tests/lib.sh

mapfile -t scripts < <(git ls-files 'tests/cli/*.sh' 'tests/tui/*.sh' 'tests/vm/*.sh' 'tests/mcp/*.sh' 'tests/agents/*.sh' 'tests/oci/*.sh')
check "there are scripts" [ ${#scripts[@]} -gt 10 ]
is "processes are killed by kill_process" "$(sed "s/'[^']*'//g" "${scripts[@]}" | grep -nE 'kill -(9|KILL)')" ""
is "nothing greps what leftovers prints" "$(grep -nE '\bleftovers *\|' "${scripts[@]}")" ""
is "a file that one in the background writes again is emptied before" "$(python3 - "${scripts[@]}" <<'PYTHON'
import re, sys

for script in sys.argv[1:]:
    used, pipes = set(), set()
    for line in re.sub(r"\\\n\s*", " ", open(script).read()).split("\n"):
        files = set(re.findall(r'>"(\$TEST_DIR/[^"$]+)"', line))
        if line.startswith("mkfifo "):
            pipes |= set(re.findall(r'"(\$TEST_DIR/[^"$]+)"', line))
        elif re.match(r"\s*(: >|rm )", line):
            used -= files or {file for file in used if file in line}
        elif re.search(r"[^&>]&$", line.rstrip()):
            for file in (files & used) - pipes:
                print("%s: %s" % (script, file))
            used |= files
PYTHON
)" ""
finish
