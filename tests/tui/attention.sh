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
gone 'log of bad'
keys q
sees '^ pyro  2 workspaces'

# What ends before the operator's eyes is known at once: a shell, also by its log, and a service by its log.
is_failed() { [[ $(state two) == failed ]]; }
# ends_seen PATTERN COMMAND…: what the command ends is news; once the interface, which slept, has seen that, it is not.
ends_seen() {
    kill -STOP "$(drive pid)"
    "${@:2}" >/dev/null 2>&1
    wait_for 120 is_failed && pass "it is news"
    kill -CONT "$(drive pid)"
    acknowledged two
    sees "$1"
}
b=$(shell_of two)
c=$(shell_of two)
keys w
sees "two/$b "
sees "two/$c "
keys Home Enter
sees "^ WATCHING  two/$b"
ends_seen 'ended with exit code 7' "$PYRO" workspace shell write two "$b" --input 'exit 7'
keys Esc
sees '^ pyro  wall'
gone "two/$b "
keys Home Enter
sees "^ WATCHING  two/$c"
keys PgUp
sees "log of $c"
ends_seen "log of $c" "$PYRO" workspace shell write two "$c" --input 'exit 8'
keys q
sees 'ended with exit code 8'
keys Esc
sees '^ pyro  wall'
keys Esc
sees '^ pyro  2 workspaces'
"$PYRO" workspace service start two late -- sh -c "until [ -e $TEST_DIR/go ]; do sleep 0.1; done; exit 9" >/dev/null 2>&1
keys S
sees '^ two +late'
keys / late Enter
gone '^ one +bad'
keys Enter
sees 'log of late'
ends_seen 'log of late' touch "$TEST_DIR/go"
keys q
gone 'log of late'
keys q
sees '^ pyro  2 workspaces'

# A program that wants to be noticed has a mark, in the list and on the wall, until somebody looks or types.
d=$(shell_of two)
write() { "$PYRO" workspace shell write two "$d" --input "$1" >/dev/null 2>&1; }
write "printf '\\a'"
sees '^ [^ ]+ two !'
keys g '!' '!' # to it, and on: it has been seen then
sees 'nothing here needs you'
gone '^ [^ ]+ two !'
write "printf '\\033]9;look here\\007'"
sees '^ [^ ]+ two !'
keys w
sees "two/$d ! .*look here"
keys End Enter
sees "^ WATCHING  two/$d"
keys Esc
sees '^ pyro  wall'
gone "two/$d !"
write "printf '\\a'"
sees "two/$d !"
write true
gone "two/$d !"
"$PYRO" workspace exec one -- false >/dev/null 2>&1
is "a command failed" "$(state one)" failed
keys '!'
sees 'no shell here needs you; one does: ! in the list'
keys Esc
sees '^ pyro  2 workspaces'
write "printf '\\a'"
sees '^ [^ ]+ two !'
keys / two Enter
gone '^ [^ ]+ one '
keys A
gone '^ [^ ]+ two !'
# What ends while the terminal has lost the focus is news until it is back.
e=$(shell_of two)
tui 100x30 "two/$e"
sees "^ WATCHING +two/$e"
drive type $'\e[O'
"$PYRO" workspace shell write two "$e" --input 'exit 9' >/dev/null 2>&1
sees 'ended with exit code 9'
keys PgUp
sees "log of $e"
is "nobody has seen it" "$(state two)" failed
drive type $'\e[I'
acknowledged two
tui_finish
