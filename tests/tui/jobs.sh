#!/bin/bash
# A command that runs is shown where it can be ended, and leaves nothing behind.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace one >/dev/null
"$PYRO" workspace service start one drip -- sh -c 'echo drop-$((40 + 2)); echo more; exec sleep 4321' >/dev/null 2>&1
is_over() { ! left_running "workspace $1"; }
tui
sees '1 workspace '

# One without an end of its own: its end is a key, and what it has said until then is shown.
keys :
sees 'run a command'
keys 'workspace service logs one drip --follow' Enter
sees 'workspace service logs one drip --follow: runs; L shows it'
sees '^ pyro +1 workspace .* workspace service logs one drip --follow +[0-9]+s'
keys L
sees '^ [0-9:]+ +workspace service logs one drip --follow: runs for'
sees 'x end it'
keys x
sees '^ workspace service logs one drip --follow +1'
sees '^drop-42'
sees '^more'
keys Esc
sees 'drip --follow: ended by you'
gone 'x end it'
wait_for 20 is_over 'service logs' && pass "it is over"
keys q
gone 'ended by you'
keys :
sees 'run a command'
keys 'workspace service logs one drip --follow' Enter
sees 'L shows it'
keys L
sees 'runs for'
keys Home End
keys Del
sees '^drop-42'
keys Esc
sees 'drip --follow: ended by you'
gone 'x end it'
keys Esc
sees '1 workspace '

# The end of each is told under its own name, whatever was run since.
keys :
sees 'run a command'
keys 'workspace service logs one drip --follow' Enter
sees 'L shows it'
keys :
sees 'run a command'
keys 'workspace status one' Enter
sees '^ workspace status one '
sees '^State: started'
keys Esc
sees '1 workspace '
keys L
sees 'x end it'
keys x
sees '^ workspace service logs one drip --follow +1'
sees '^drop-42'
keys Esc
sees 'drip --follow: ended by you'
gone 'x end it'
keys Esc
sees '1 workspace '

# What a job opens does not come between the operator and what is typed meanwhile.
keys o :
sees 'run a command'
keys 'workspace li'
opened() { "$PYRO" workspace shell list one 2>/dev/null | grep -q '^sh1 '; }
wait_for 60 opened
wait_for 60 is_over 'shell open'
keys s # the interface has seen that end, too, when this is drawn
sees 'workspace lis'
keys C-u Esc
gone 'run a command'
sees '^ pyro +1 workspace'
"$PYRO" workspace shell close one sh1 >/dev/null 2>&1

# The right one of several; a command in the workspace ends with it.
for seconds in 4331 4332; do
    keys :
    sees 'run a command'
    keys "workspace exec one -- sleep $seconds" Enter
    sees "sleep $seconds'\\?"
    agree
    gone 'y yes'
done
sees 'and more: L'
keys L
sees 'sleep 4331: runs for'
sees 'sleep 4332: runs for'
keys G k x
sees 'sleep 4331: ended by you'
sees 'sleep 4332: runs for'
gone 'x end it'
keys j
sees 'x end it'
keys x
sees 'sleep 4332: ended by you'
wait_for 20 is_over 'exec one' && pass "both are over"
nothing_sleeps() { ! left_running ' sleep 433'; }
wait_for 20 nothing_sleeps && pass "nor do their commands go on"

# One that ignores being asked is killed.
keys Esc
sees '1 workspace '
keys :
sees 'run a command'
keys "workspace exec one -- sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 4333; done'" Enter
sees 'y yes'
agree
wait_for 20 left_running ' sleep 4333'
keys L
sees 'x end it'
keys x x
sees '^ .*done.*: ended by you'
keys q
sees '1 workspace '
keys q
ends "exit 0"
tui_finish
