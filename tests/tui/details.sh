#!/bin/bash
# The details are a pane of their own: shells and services of the selected workspace, to open and to end.
cd "$(dirname "$0")/../.." && . tests/tui.sh

one=$(host_workspace one)
host_workspace two >/dev/null
a=$(shell_of one)
b=$(shell_of one)
"$PYRO" workspace shell write one "$a" --input 'echo in-a-$((40 + 2)); sleep 4321' >/dev/null 2>&1
"$PYRO" workspace shell write one "$b" --input 'echo in-b-$((40 + 2))' >/dev/null 2>&1
tui
sees '2 workspaces'
keys s g ']' # the facts, not the preview
sees "│ id +$one"
sees 'Shells'
sees "│.*$a sleep 4321 in-a-42"
sees "│.*$b prompt [^ ]"
gone 'Services'

# A service that anyone starts is listed, with its state and its ports.
"$PYRO" workspace service start one web -- sh -c 'echo served-$((40 + 2)); exec sleep 4322' >/dev/null 2>&1
sees 'Services'
sees '│.*web running'
"$PYRO" workspace service start one bad -- sh -c 'exit 3' >/dev/null 2>&1
sees '│.*bad exited, 3'

# Tab goes there and back; the frame says where the keys go, and they are about what is listed.
sees 'x stop'
keys Tab
sees 'Enter open .*Tab table'
gone 'x stop'
keys Tab
sees 'x stop'
keys l
sees 'Enter open'
keys Esc
sees 'x stop'
keys Right
sees 'Enter open'
keys Left
sees 'x stop'
keys Tab h
sees 'x stop'

# Enter watches a shell, and reads a service's log.
keys Tab Home Enter
sees "^ WATCHING +one/$b"
keys Esc
sees 'Enter open'
keys j Enter
sees "^ WATCHING +one/$a"
keys Esc
sees 'Enter open'
keys End Enter
sees 'log of web'
sees '^served-42'
keys Esc
sees 'Enter open'

# A shell is closed and a service stopped from here; one that has ended has nothing to end.
keys x
sees 'Stop web of one'
keys n
gone 'Stop web'
keys Del
sees 'Stop web of one'
agree
sees '│.*web stopped'
gone 'x end'
keys g d
sees "Close $b"
agree
sees "│.*$b ended"
keys j
sees 'x end'

# The mouse: a click moves the keys there, a double click opens.
click 'two .*started'
sees "│ id +[^ ]+"
sees 'x stop'
gone 'Services'
click '^ [^ ]+ one .*failed'
sees 'Services'
click 'web stopped'
sees 'Tab table'
double_click "$a sleep"
sees "^ WATCHING +one/$a"
keys Esc
sees 'Tab table'

# Where the two do not fit, it is in the table's place.
drive resize 40 10
sees '^╭ one (─)+╮$'
gone 'environment'
sees '│ +web stopped'
keys Tab
sees '^   NAME'
gone 'web stopped'
keys ]
sees '] needs the table, with details'
keys Tab
sees 'web stopped'
wheel down 5 5
wheel up 5 5
sees 'web stopped'
drive resize 80 24
sees '^   NAME'
keys Esc
sees 'x stop'
keys q
ends "exit 0"
tui_finish
