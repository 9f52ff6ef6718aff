#!/bin/bash
# A supervisor that is stopped (SIGSTOP): the list goes on, says so and what to do; so do its shell's view and its end.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace one >/dev/null
host_workspace two >/dev/null
a=$(shell_of one 60 12)
id=$("$PYRO" workspace status one --json | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p')
supervisor=$(supervisor_of "$id")
check "its supervisor is known" test -n "$supervisor"

tui
sees '^ [^ ]+ one .*started'
sees '^ [^ ]+ one .* [0-9]+%'
keys / one Enter
gone '^ [^ ]+ two '
kill -STOP "$supervisor"
sees '^ [^ ]+ one .*silent '
keys ]
sees 'does not answer: kill'
sees "$supervisor"
keys Esc
sees '^ [^ ]+ two .*started'
keys End Home
picked '^ [^ ]+ (one|two) '
keys / one Enter
gone '^ [^ ]+ two '

# A shell of it can be looked at, and left, and is under control once its supervisor goes on.
keys Enter
sees "^ WATCHING +one/$a "
keys i
sees "^ CONTROL +one/$a "
keys C-]
sees "^ WATCHING +one/$a "
kill -CONT "$supervisor"
keys i
sees "^ CONTROL +one/$a "
keys 'echo later-$((40 + 2))' Enter
sees '^later-42'
keys C-]
sees "^ WATCHING +one/$a "
keys Esc
sees '^ [^ ]+ one .*started '
gone ' silent '
keys q
ends "exit 0"
tui_finish
