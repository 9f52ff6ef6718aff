#!/bin/bash
# What one expects of a list and a view without thinking of it: clicks that hit, names that stay, a filter that says what
# it does not understand.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export PYRO_QEMU=/nothing/such

host_workspace first >/dev/null
host_workspace stop >/dev/null
host_workspace gone >/dev/null
shell=$(shell_of stop)
tui
sees '^ pyro  3 workspaces  '

# A key that does nothing at the moment is named as it was pressed.
keys Left
sees '^ Left does nothing here now'
keys h
sees '^ h does nothing here now'

# A workspace comes before an action of its name; an action is still there.
keys Home : stop
sees 'go to this workspace'
keys Enter
picked '^ [^ ]+ stop '
keys : first Enter
picked '^ [^ ]+ first '
keys : filter Enter
sees '^ /'
keys Esc

# A filter says what it does not understand, and keeps the text.
keys / nosuch:x
sees '^ /nosuch:x +no column nosuch: it is a word$'
sees 'No workspace fits'
keys C-u '/(' Enter
sees '^ //\( +not a valid regular expression$'
keys Esc
gone 'not a valid'

# The place of a count does not depend on what is shown.
sees '❯ 1'
read -r row col < <(place '❯ 1')
click "$row" "$col"
sees '1 of 3 shown'
is "the count is where it was" "$(place '❯ 1')" "$row $col"
click "$row" "$col"
sees '^ pyro  3 workspaces  '

# A click on a tab of the pane shows it.
keys / stop Enter
gone '^ [^ ]+ first '
click 'facts'
sees '│ environment +debian:12-base'
gone 'Tab table' # the table has the focus
click 'preview'
sees '│ \$'
gone '│ environment'
keys Esc

# What happens first is first: what asks, then what failed, whatever the order of the rows.
"$PYRO" workspace exec first -- sh -c 'exit 7' >/dev/null 2>&1
"$PYRO" workspace shell write stop "$shell" --input 'read -p "Go on? " x' >/dev/null 2>&1
sees '^ ✗ first '
sees '^ \? stop '
keys s # by name
keys End Home
picked '^ ✗ first '
keys '!'
picked '^ \? stop '
keys '!'
picked '^ ✗ first '
keys '!'
picked '^ \? stop '

# The title of a shell whose workspace was deleted still has the name.
other=$(shell_of gone)
keys / gone Enter
gone '^ [^ ]+ stop '
keys Enter
sees "^ WATCHING +gone/$other "
gone 'q quit' # it is text here
"$PYRO" workspace delete gone >/dev/null 2>&1
sees "^ WATCHING +gone/$other +its workspace was deleted"
gone '(PgUp scroll back|\^p replay|Ctrl-p replay|search|timeline)' # all of that is deleted, too
sees '^ Esc back '
keys PgUp
sees 'PgUp needs a workspace that was not deleted'
keys Esc
sees '^ pyro  0 of 2 shown'

# Esc and a key that come at once are Esc and that key, where nothing is on Alt with it.
keys $'\e''?'
sees 'Navigate'
gone '^ pyro  0 of 2 shown'
keys Esc
sees '^ pyro  2 workspaces'

# A log that is followed is no longer, once the operator goes up in it, however short it is.
"$PYRO" workspace service start first web --ready-file up -- sh -c 'echo served; touch up; exec sleep 4321' >/dev/null 2>&1
keys S
sees '^ first +web +running'
keys Enter
sees '^served'
keys F
sees 'following'
keys k
gone 'following'
keys q q
sees '^ pyro  2 workspaces'
keys q
ends "exit 0"
tui_finish
