#!/bin/bash
# What failed stays until the operator has seen it: A in the list, or opening the shell or the log.
cd "$(dirname "$0")/../.." && . tests/tui.sh

state() { json .attention.state "$("$PYRO" workspace status "$1" --json)"; }
is_acknowledged() { [[ $(state "$1") != failed ]]; }
acknowledged() { # WORKSPACE
    wait_for 120 is_acknowledged "$1" && pass "$1 is acknowledged" || fail "$1 is acknowledged" "$(state "$1")"
}

host_workspace one >/dev/null
host_workspace two >/dev/null
"$PYRO" workspace exec one -- sh -c 'exit 3' >/dev/null 2>&1
"$PYRO" workspace exec two -- sh -c 'exit 4' >/dev/null 2>&1
is "failed before the interface ran" "$(state one) $(state two)" "failed failed"
tui 100x30
sees '2 workspaces'
keys / o n e Enter A # at once: it is the one that is shown then
acknowledged one
is "… and only that" "$(state two)" failed
keys Esc
gone '/one'
sees '^ – one '

# All that are marked.
"$PYRO" workspace exec one -- sh -c 'exit 5' >/dev/null 2>&1
sees '^ ✗ one '
keys g Space g j Space
sees '2 marked'
keys A
acknowledged one
acknowledged two
keys Esc
gone 'marked'

# A shell that ended, by its tile; a service, by its log.
a=$(shell_of two)
"$PYRO" workspace shell write two "$a" --input 'exit 6' >/dev/null 2>&1
keys w
sees "✗ two/$a .*ended, 6"
keys Enter
sees "two/$a"
acknowledged two
keys Esc
sees '^ pyro  wall'
gone "two/$a"
keys Esc
"$PYRO" workspace service start one bad --ready-timeout-seconds 1 --ready-file no -- sleep 1000 >/dev/null 2>&1
is "a service failed" "$(state one)" failed
keys S
sees '^ one +bad'
keys Enter
sees 'log of bad'
acknowledged one
keys q
tui_finish
