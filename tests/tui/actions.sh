#!/bin/bash
# What can be done from the list: each action is a command, and what it would lose is said before.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export PYRO_QEMU=/nothing/such

id=$(host_workspace one)
tui
sees "│ id +$id"

# A new shell is watched at once; Enter watches it again, and with two there is a choice.
keys o
sees 'WATCHING +one/sh1'
keys Esc
sees 'Enter watch'
keys Enter
sees 'WATCHING +one/sh1'
keys Esc
sees 'Enter watch'
keys o
sees 'WATCHING +one/sh2'
keys Esc
sees 'Enter watch'
keys Enter
sees 'shells of one'
keys Esc
gone 'shells of one'
keys Enter
sees 'shells of one'
keys j Enter
sees 'WATCHING +one/sh1'
keys Esc
sees 'Enter watch'

# Stop asks, says what ends, and does nothing on no.
keys x
sees 'Stop one\?'
sees '2 running shells will end'
keys n
gone 'Stop one\?'
is "no is no" "$("$PYRO" workspace status one --json | sed -n 's/.*"state": "\(.*\)".*/\1/p')" started
keys x
sees 'Stop one\?'
keys y
sees '^ one .*stopped'
gone 'x stop'
keys t
sees '^ one .*started'

# A form makes a workspace; what goes wrong stands in words below, and in the log.
keys c
sees 'new workspace'
keys Tab two Enter
sees '/nothing/such: program not found'
keys L
sees 'create two: /nothing/such: program not found'
sees 'stop one: done'
keys Esc
sees '^ one .*started'
keys c
sees 'new workspace'
keys C-a C-k Enter
sees 'needs an environment'
keys Esc
gone 'new workspace'

# Delete says what is lost.
keys d
sees 'Delete one\?'
sees 'lost for'
keys Esc
gone 'Delete one\?'
sees '^ one .*started'
keys d
sees 'Delete one\?'
click 'y yes'
sees 'No workspace yet'
refute "it is gone" "$PYRO" workspace status one
keys q
ends "exit 0"
tui_finish
