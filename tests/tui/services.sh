#!/bin/bash
# Services: all of them live, their logs to scroll and search, started, stopped, and a shell beside one.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace work >/dev/null
tui
sees '^ [^ ]+ work .*started'
keys S
sees '^ pyro  services +0 running of 0'
sees 'No service yet'
sees 'c starts one in work'

# Started by a form of the command's own arguments.
keys c
sees '╭ new service '
keys web Tab 'echo ready-$((40 + 2)); echo oops >&2; touch up; exec sleep 4321' Tab Tab Tab Tab up Enter
sees '^ work +web +running +file +[0-9]+s +echo ready'
gone '╭ new service '
sees '1 running of 1'
sees '^ WORKSPACE +SERVICE +STATE +READY +FOR COMMAND' # no port is published

# What any other pyro does shows up at once.
"$PYRO" workspace service start work other -- sh -c 'exec sleep 4322' >/dev/null 2>&1
sees '^ work +other +running +at once'
sees '2 running of 2'
"$PYRO" workspace service start work bad --ready-tcp 127.0.0.1:1 -- sh -c 'echo no >&2; exit 3' >/dev/null 2>&1
sees '^ work +bad +failed, 3 +tcp'

# The log: both outputs, searched; what is printed meanwhile is told.
keys End
sees 'ready: the file up is there'
keys Enter
sees 'log of web'
sees '^ready-42'
sees '^oops'
keys t
sees 't needs the log of a shell'
keys s
sees 's needs the log of a shell'
keys / ready Enter
sees '^ready-42'
keys Esc
gone 'log of web'
sees 'services'
"$PYRO" workspace service start work drip -- sh -c 'echo one; cat wake >/dev/null; echo two-$((40 + 2)); exec sleep 4323' \
    >/dev/null 2>&1
sees '^ work +drip '

# Filtered, as every list is.
keys / 'state:running -drip' Enter
gone '^ work +bad '
gone '^ work +drip '
sees '^ work +web '
keys Esc
sees '^ work +bad '
sees '^ work +drip '

# A shell beside it.
keys o
sees '^ CONTROL  work/sh1'
keys C-]
sees '^ WATCHING '
keys Esc
sees 'pyro  services'

# Stopped, after a question.
keys End x
sees 'Stop web of work'
keys Esc
gone 'Stop web'
keys x
sees 'Stop web of work'
agree
sees '^ work +web +stopped'
keys Home
keys G g Down Up
click 'other'
keys d
sees 'Stop other'
agree
sees '^ work +other +stopped'

for size in '120 40' '40 10' '200 60' '80 24'; do drive resize $size; done
sees '^ work +web +stopped'

# Both logs as long as they get.
"$PYRO" workspace service start work long -- sh -c 'seq 9500000; seq 9500000 >&2; echo all-$((40 + 2)) >&2; exec sleep 4324' >/dev/null 2>&1
is_printed() { [[ $("$PYRO" workspace service logs work long --tail-lines 1 2>&1) == *all-42* ]]; }
wait_for 60 is_printed
sees '^ work +long +running'
click 'long'
keys Enter
sees '^all-42'
keys g
sees '^── stdout'
keys Esc
sees '^ work +long +running'

# It goes with its workspace.
"$PYRO" workspace delete work >/dev/null 2>&1
sees '0 running of 0'
keys Esc
sees 'No workspace yet'
keys q
ends "exit 0"
tui_finish
