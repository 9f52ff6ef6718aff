#!/bin/bash
# What the list says at a glance: a mark for what each workspace does, counts that filter, the next that needs someone,
# columns that are worth their room, an order that shows, and filters with more than words.
cd "$(dirname "$0")/../.." && . tests/tui.sh

for name in asker worker waiter; do host_workspace $name --label task="$name's task" >/dev/null; done
host_workspace quiet --label task=nothing --label team=core >/dev/null
host_workspace over --label team=core >/dev/null
"$PYRO" workspace stop over >/dev/null 2>&1
write() { "$PYRO" workspace shell write "$1" sh1 --input "$2" >/dev/null 2>&1; }
for name in asker worker waiter; do shell_of $name >/dev/null; done
write asker 'read -p "Continue? [Y/n] " answer; echo "said-$answer"'
write worker '/usr/bin/tail -f /dev/null'

# A mark before each name, and how many there are of each.
tui
sees '^ \? asker .*asks'
sees '^ ▶ worker .*started'
sees '^ ❯ waiter .*started'
sees '^ – quiet .*started'
sees '^ ○ over .*stopped'
sees '^ pyro  5 workspaces  \? 1  ▶ 1  ❯ 1  – 1  ○ 1 '
sees 'CPU (▮|▯)+ *[0-9]+%  MEM (▮|▯)+ *[0-9]+%'
drive resize 120 30
sees '\? 1 asks  ▶ 1 runs  ❯ 1 waits'
drive resize 80 24
sees '❯ 1  – 1  ○ 1 '

# All have the same environment: its column gives way to the values of labels. A program has no path.
refute "no column says the same in every row" drive shows 'ENVIRONMENT'
sees '^ ▶ worker .* tail -f '
sees "asker's t"

# The counts filter, by the mouse and by a key.
click '○ 1'
gone '^ ▶ worker '
sees '^ ○ over '
sees '1 of 5 shown'
click '○ 1'
sees '^ ▶ worker '
keys F
sees '/state:asks'
gone '^ ▶ worker '
keys F
sees '/state:runs'
keys F F F F
gone '/state:'
sees '^ ▶ worker '

# What needs someone is one key away.
keys End
keys '!'
picked '^ [^ ]+ asker '
keys / -asker Enter
gone '^ \? asker '
sees '1 out of sight needs you: !'
keys '!' # one that is hidden, too
sees 'all are shown again'
picked '^ [^ ]+ asker '

# What failed shows until it was looked at: by going to it, and on.
"$PYRO" workspace exec quiet -- sh -c 'exit 7' >/dev/null 2>&1
sees '^ ✗ quiet .*failed'
keys / -asker Enter
gone '^ \? asker '
keys Home '!'
picked '^ [^ ]+ quiet '
sees '╰─ .*sh -c exit 7'
keys '!'
sees '^ – quiet .*started'
picked '^ [^ ]+ asker '

# What it asks, and what failed, in words; and by the program's name as well.
drive resize 200 30
sees '^ \? asker .* asks: Continue\? \[Y/n\] '
"$PYRO" workspace exec quiet -- make nothing >/dev/null 2>&1
sees '^ ✗ quiet .* exit [0-9]+: make nothing'

# Where no shell is to go to, Enter reads what failed; then it is known.
keys / quiet Enter
gone '^ [^ ]+ asker '
sees ' Enter read '
keys Enter
sees '^ output of command 2'
sees 'make: \*\*\* .*nothing'
keys Esc
sees '^ – quiet .*started'
keys Esc
sees '^ \? asker '
drive resize 80 24
keys / run:read Enter
gone '^ [^ ]+ worker '
keys Esc
sees '^ ▶ worker '

# A service runs, though no shell does.
"$PYRO" workspace service start quiet web -- sleep 4321 >/dev/null 2>&1
sees '^ ▶ quiet +started +1 service '
"$PYRO" workspace service stop quiet web >/dev/null 2>&1
sees '^ – quiet '

# So does a command, which a later one that has ended does not hide; and a question names it.
"$PYRO" workspace exec quiet --detach -- sleep 4322 >/dev/null 2>&1
sees '^ ▶ quiet +started +sleep 4322 '
"$PYRO" workspace exec quiet -- true >/dev/null 2>&1
"$PYRO" workspace shell open quiet >/dev/null 2>&1
sees '^ ▶ quiet +started +sleep 4322 .* 1 '
keys / quiet Enter
gone '^ [^ ]+ asker '
keys x
sees '1 running command \(sleep 4322\) and 1 shell will end'
keys Esc
gone 'will end'
keys Esc
sees '^ [^ ]+ asker '
"$PYRO" workspace command kill quiet 3 >/dev/null 2>&1
"$PYRO" workspace shell close quiet sh1 >/dev/null 2>&1
"$PYRO" workspace exec quiet --detach -- true >/dev/null 2>&1
sees '^ ✓ quiet +finished +exit 0: true'
"$PYRO" workspace update quiet --acknowledge all >/dev/null 2>&1
sees '^ – quiet '

# Where there is room for little, it is for what is asked.
drive resize 40 20
sees '^ \? asker .* asks: Continue'
drive resize 80 24
sees '^ \? asker '

# The order has its mark; it turns by a key, or by a second click on the title.
keys s
sees '^   NAME▼'
keys r
sees '^   NAME▲'
moves '^ [^ ]+ worker ' '^ [^ ]+ waiter ' '^ [^ ]+ asker '
click 'AGE'
sees ' AGE▼'
click 'AGE▼'
sees ' AGE▲'
click 'NAME'
sees '^   NAME▼'

# Filters.
filters() { # FILTER SHOWN HIDDEN
    keys / C-u "$1" Enter
    gone "^ [^ ]+ $3 "
    sees "^ [^ ]+ $2 "
}
filters '-state:stopped' quiet over
filters 'state:started -run:tail' waiter worker
filters 'run:tail' worker waiter
filters 'label:team=core' over asker
filters 'label:task=n' quiet over
filters '/^w.*er$/' waiter quiet
filters '!/^w.*er$/' quiet waiter
filters 'env:debian -name:over' quiet over
filters "\"asker's task\"" asker worker
keys / C-u '/(' Enter
sees '^ //\(.*not a valid regular expression'
keys Esc
gone 'not a valid'
sees '^ ▶ worker '

# An answer, without leaving the list: what it asks is shown.
keys '!'
picked '^ [^ ]+ asker '
keys a
sees 'answer asker'
sees '│ +asker/sh1 +│'
sees '│ +Continue\? \[Y/n\]'
keys Esc
gone 'answer asker'
keys a
sees 'answer asker'
keys yes Enter
sees '^ ❯ asker '
said() { "$PYRO" workspace shell read "$1" sh1 --cursor 0 --plain 2>/dev/null | grep -q "said-$2"; }
wait_for 60 said asker yes && pass "the answer was typed"

# What was typed for one question is not the answer to the next.
has_line() { "$PYRO" workspace shell read "$1" sh1 --cursor 0 --plain 2>/dev/null | grep -q "^$2"; }
write asker 'read -p "First? " a; read -p "Second? " b; echo "said-$a-$b"'
sees '^ \? asker '
keys a
sees 'First\?'
write asker one
check "somebody else has answered it" wait_for 60 has_line asker 'Second?'
keys two Enter
sees 'is this still the question'
sees 'Second\?'
refute "nothing was typed" said asker one-two
keys Enter
wait_for 60 said asker one-two && pass "…until it was asked about the next"
sees '^ ❯ asker '

# Nor a command.
write asker 'read -p "Still there? " a; echo "said-$a"'
sees '^ \? asker '
keys a
sees 'Still there\?'
"$PYRO" workspace shell signal asker sh1 --signal INT >/dev/null 2>&1
sees '^ ❯ asker '
keys 'echo said-command' Enter
sees 'is this still the question'
refute "nothing runs" said asker command
keys Esc
gone 'answer asker'

# A password is not shown, and kept nowhere.
write asker 'read -sp "Password: " a; echo; echo "said-${#a}"'
sees '^ \? asker '
keys a
sees '│ +Password:'
sees 'not shown; Enter types it'
keys hunter2
sees '│ +••••••• '
refute "it is not shown" drive shows 'hunter2'
keys Enter
wait_for 60 said asker 7 && pass "it was typed"
sees '^ ❯ asker '
refute "it is kept nowhere" grep -rq hunter2 "$XDG_DATA_HOME" "$XDG_STATE_HOME"

# To all that are marked, after one question; and to the one on the wall.
for name in asker waiter; do write $name 'read -p "And now? " answer; echo "said-$answer"'; done
sees '^ \? asker '
sees '^ \? waiter '
keys / 'state:asks' Enter
gone '^ ▶ worker '
keys Home Space Space
sees '2 marked'
keys Esc
sees '^ pyro  5 workspaces'
keys a
sees 'answer 2 workspaces'
keys both Enter
sees 'Type this into a shell of each of'
refute "both ask" drive shows 'Nothing asks in'
keys n
gone 'Type this'
refute "no means no" said asker both
keys a
sees 'answer 2 workspaces'
keys both Enter
agree
wait_for 60 said asker both && pass "the first has it"
wait_for 60 said waiter both && pass "so has the second"
keys Esc
gone 'marked'
write waiter 'read -p "Wall? " answer; echo "said-$answer"'
sees '^ \? waiter '
keys w
sees 'asks'
keys Home Right # asker, waiter, worker
keys a
sees 'answer waiter'
keys wall Enter
wait_for 60 said waiter wall && pass "its answer was typed"
keys Esc
sees '^ ❯ waiter '

# Those that are scrolled out of sight are counted, with the key that goes to them.
for name in more1 more2 more3 more4; do host_workspace $name >/dev/null; done
write asker 'read -p "Scrolled? " answer'
sees '^ \? asker '
keys Home
picked '^ \? asker '
drive resize 80 10
refute "all that needs someone is in sight" drive shows 'out of sight'
keys End
gone '^ \? asker '
sees '^ pyro .* 1 (out of sight|more) needs you: !'
drive resize 40 10
sees ' 1 more: !'
keys '!'
picked '^ \? asker '
gone '1 more'
drive resize 80 24

# What another pyro does to one as a whole; it takes as long as the workspace's own agent, which is paused here.
slow=$(host_workspace slow)
agent=$(json .vm_pid "$(cat "$XDG_DATA_HOME/pyro/workspaces/$slow/workspace.json")")
keys / slow Enter
sees '^ – slow .*started '
kill -STOP "$agent"
"$PYRO" workspace stop slow >/dev/null 2>&1 &
sees '^ … slow .*stopping '
kill -CONT "$agent"
sees '^ ○ slow .*stopped '
wait $!
keys Esc
keys q
ends "exit 0"
tui_finish
