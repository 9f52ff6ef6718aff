#!/bin/bash
# What changed in a real machine, in colour; its snapshots and going back to one; and the files of one that is stopped,
# read from its disk.
# run: first
cd "$(dirname "$0")/../.." && . tests/tui.sh

mkdir "$TEST_DIR/seed"
printf 'one\ntwo\nthree\n' >"$TEST_DIR/seed/kept"
echo gone >"$TEST_DIR/seed/gone"
"$PYRO" workspace create debian:12-base --name m --seed-path "$TEST_DIR/seed" >/dev/null 2>&1
tui
sees '^ [^ ]+ m .*started'

# Nothing yet, then three files.
keys D
sees 'nothing has changed'
"$PYRO" workspace exec m -- sh -c 'sed -i s/two/2/ kept; rm gone; seq 1 60 >new; printf "\000\377" >blob
    printf "\033[2J\n" >"$(printf "na\033me")"' >/dev/null 2>&1
keys D
sees '^ diff of m: 3 added, 1 modified, 1 deleted'
sees '^ M +\+1 +-1 +■□ +/workspace/kept'
sees '^ D +\+0 +-1 +□ +/workspace/gone'
sees '^ A +/workspace/blob  \(file, no text\)'
sees '^ A .*/workspace/na\\x1bme'
keys ]
sees '^diff --git a/gone b/gone'
keys ] ] ]
sees '^diff --git a/new b/new'
keys '['
sees '^diff --git "a/na'
sees '^\+\\x1b\[2J'
keys g / '-two' Enter
sees '^-two'
colour_of() { # PATTERN: the attributes of the row that matches
    local row
    row=$(($(at "$1") - 1))
    drive attributes | grep "^$row "
}
like "what is taken away has a colour" "$(colour_of '^-two')" 'fg='
is "… another than what is added" "$([[ $(colour_of '^-two' | sed 's/.*fg=//') != "$(colour_of '^\+2$' | sed 's/.*fg=//')" ]] && echo yes)" yes
keys q
sees '^ [^ ]+ m .*started'

# A diff of 60 MB: keys are answered while it is made, and it is there as a whole, to scroll and search.
"$PYRO" workspace exec m --timeout-seconds 300 -- sh -c 'for i in 1 2 3 4 5 6 7 8; do
    seq -f "line %g of a big file" 1 270000 >big$i; done' >/dev/null 2>&1
keys D
sees '^ pyro .*diff of m [0-9]+s'
keys '?'
sees '╭ Workspaces'
sees 'diff of m is ready: D shows it' # and does not open over what the operator is at
sees '╭ Workspaces'
keys Esc
gone '╭ Workspaces'
keys D
sees '^ diff of m: 11 added.*of 2160[0-9]{3}'
sees '^ A +\+270000 +-0 +■■■■■ +/workspace/big8'
keys G
sees '^ diff of m.*2160[0-9]{3} of 2160[0-9]{3}'
keys g / 'line 270000 OF' Enter
sees "'line 270000 OF' is not there"
keys / 'line 270000 of' Enter
sees '^\+line 270000 of a big file'
keys q
sees '^ [^ ]+ m .*started'
"$PYRO" workspace exec m -- sh -c 'rm big?' >/dev/null 2>&1

# A shell, which a reset will end: the list knows of it before anything is asked.
shell_of m >/dev/null
sees '^ ❯ m '

# Snapshots: made, seen when others make one, deleted.
keys n
sees '^ m snapshots'
sees ' baseline +what it was created with'
keys c
sees 'new snapshot'
keys first Enter
sees '^ +[0-9.]+[BKMG]? .* first'
gone 'new snapshot'
keys c
sees 'new snapshot'
keys 'no good' Enter
sees "│ .*'no good'"
sees '│ +no good'
keys Esc
gone 'new snapshot'
"$PYRO" workspace snapshot create m other >/dev/null 2>&1
sees ' other'
moves ' baseline ' ' first' ' other'
keys / -other Enter
gone ' other$'
sees ' first'
keys Esc
sees ' other'
keys G d
sees 'Delete snapshot other\?'
keys n
gone 'Delete snapshot'
keys d
sees 'Delete snapshot other\?'
agree
gone ' other'

# Back to one, with the loss named; then to the baseline, from the list.
"$PYRO" workspace exec m -- rm new >/dev/null 2>&1
keys G Enter
sees 'Reset m to first\?'
sees '1 (running )?shell will end' # a command that has just ended may still be counted
agree
reset_count() { "$PYRO" workspace status m --json | sed -n 's/.*"reset_count": \([0-9]*\).*/\1/p'; }
reset_count_is() { [[ $(reset_count) == "$1" ]]; }
wait_for 60 reset_count_is 1 && pass "it was reset"
keys L
sees 'reset m to first: done' # and its machine has started
keys q
sees '^ m snapshots'
has_new() { "$PYRO" workspace exec m -- test -e new >/dev/null 2>&1; }
wait_for 60 has_new && pass "the file is back"
keys Esc
sees '^ [^ ]+ m .*started'
supervisor=$(supervisor_of "$("$PYRO" workspace status m --json | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p')")
kill -STOP "$supervisor" # what is done meanwhile comes in the middle of it
keys R
sees 'Reset m to baseline\?'
agree
sees '^ … m .*(resetting|silent)' # it is stopped, which is seen as well soon
keys R
sees 'not now: m is resetting'
keys Enter
sees 'nothing is being done to'
kill -CONT "$supervisor"
wait_for 60 reset_count_is 2 && pass "it was reset again"
keys L
sees 'reset m to baseline: done'
keys q
sees '^ [^ ]+ m .*started'
refute "what was made since is gone" has_new

# Stopped: its disk is read.
"$PYRO" workspace exec m -- sh -c 'echo on the disk >note; sync' >/dev/null 2>&1
"$PYRO" workspace stop m >/dev/null 2>&1
sees '^ [^ ]+ m .*stopped'
keys f
sees '^ m /workspace +on the disk of a stopped workspace'
sees ' note'
keys G Enter
sees '^on the disk'
keys q
sees '^ m /workspace'
keys e
sees 'export /workspace/note'
keys C-u "$TEST_DIR/note" Enter
sees '│ .*(stopped|not started|not running)'
keys Esc
gone 'export /workspace/note'
keys q
sees '^ [^ ]+ m .*stopped'
keys q
ends "exit 0"
tui_finish
