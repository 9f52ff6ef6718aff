#!/bin/bash
# The list in groups by a label: closed, with their counts; opened by a key, and by going to what is in one.
cd "$(dirname "$0")/../.." && . tests/tui.sh

for name in login-1 login-2; do host_workspace $name --label task=fix-login --label team=web >/dev/null; done
host_workspace docs-1 --label task=write-docs >/dev/null
host_workspace plain >/dev/null
"$PYRO" workspace exec login-2 -- sh -c 'exit 3' >/dev/null 2>&1

tui 100x30
sees '^ pyro  4 workspaces'
keys b
sees 'groups by label'
sees '│  task '
sees '│  team '
keys Enter
sees '^ ▸ fix-login 2 +✗ 1  – 1'
sees '^ ▸ write-docs 1 +– 1'
sees '^ ▸ \(without\) 1 +– 1'
gone '^ [^ ]+ login-1 '
sees 'task by activity'

# Enter opens and closes; the cursor stays.
keys Home
keys / login Enter
gone 'write-docs'
picked '^ ▸ fix-login'
keys Enter
sees '^ ▾ fix-login 2'
sees '^ [^ ]+ login-1 '
sees '^ ✗ login-2 '
picked '^ ▾ fix-login'
keys Enter
gone '^ [^ ]+ login-1 '
keys Esc
sees '^ ▸ write-docs'

# What needs someone is found in a closed one, and so is what has a bookmark.
keys End '!'
picked '^ ✗ login-2 '
keys m l
sees "^ ✗ login-2 'l"
keys s
sees 'task by name'
keys Home
gone '^ ▸ fix-login' # it is open

# One that is opened at the end of what is seen shows its rows: as many as fit with its own.
for i in 1 2 3 4 5 6; do host_workspace z-$i >/dev/null; done
drive resize 80 10
sees '\? help' # drawn at its new size
keys End
picked '^ ▸ \(without\) 7'
sees '^ Enter open '
keys Enter
sees '^ [^ ]+ z-5 '
picked '^ ▾ \(without\) 7'
sees '^ Enter close '
refute "the last is below" drive shows '^ [^ ]+ z-6 '
keys Enter
sees '^ Enter open '
gone '^ [^ ]+ z-5 '
drive resize 100 30
for i in 1 2 3 4 5 6; do "$PYRO" workspace delete z-$i >/dev/null 2>&1; done
sees '^ ▸ \(without\) 1'
keys / docs Enter
gone 'fix-login'
keys Enter
sees '^ ▾ write-docs'
keys Esc
sees 'fix-login'
keys "'" l
picked "^ ✗ login-2 'l"
keys q
ends "exit 0"

# The label is kept; a workspace that the command line names is shown.
tui 100x30
sees '^ ▸ fix-login'
keys q
ends "exit 0"
shell_of login-1 >/dev/null
tui 100x30 login-1
sees '^ WATCHING  login-1/'
keys Esc
picked '^ [^ ]+ login-1 '
keys b
sees 'groups by label'
keys End Enter
gone '▸'
sees '^ [^ ]+ plain '

# Without any label there is nothing to choose.
for name in login-1 login-2 docs-1; do "$PYRO" workspace delete $name >/dev/null 2>&1; done
sees '^ pyro  1 workspace'
keys b
sees 'no workspace has a label'
tui_finish
