#!/bin/bash
# A suspended workspace in the list: its mark and its state, the key that suspends, and Enter, which offers to
# let it go on.
cd "$(dirname "$0")/../.." && . tests/tui.sh

"$PYRO" env pull debian:12-base >/dev/null 2>&1
"$PYRO" workspace create debian:12-base --mem-mib 256 --name one --id-only >/dev/null 2>&1
"$PYRO" workspace shell open one >/dev/null 2>&1
"$PYRO" workspace shell write one sh1 --input 'X=forty-two' >/dev/null 2>&1
tui
sees 'one .*started'

# No question is asked: nothing is lost.
keys z
sees '^ ◌ +one .*suspended'
sees '◌ 1'
sees '^ Enter resume  t resume '
is "it is suspended" "$("$PYRO" workspace status one --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["state"])')" suspended

# Only those in that state.
keys / state:suspended Enter
sees 'Esc show all'
keys Esc
gone 'Esc show all'

# Enter offers to resume it; its shell is there again.
keys Enter
sees 'Resume one\?'
sees 'goes on where it was'
agree
sees 'one .*started'
keys Enter
sees 'WATCHING +one/sh1'
"$PYRO" workspace shell write one sh1 --input 'echo is $X' >/dev/null 2>&1
sees '^is forty-two'

# Another pyro may suspend it while it is watched.
"$PYRO" workspace suspend one >/dev/null 2>&1
sees 'is suspended'
keys Esc
sees '◌ +one '

# What it would lose is said before it is stopped. Then a fork has its disk.
keys x
sees '1 running shell will end'
agree
sees 'one .*stopped'
keys C
sees 'fork one'
keys two Enter
sees '^ [^ ]+ +two .*stopped'
gone 'fork one' # which goes when the command has ended, and takes keys until then
keys q
ends "exit 0"
"$PYRO" workspace delete one >/dev/null 2>&1
tui_finish
