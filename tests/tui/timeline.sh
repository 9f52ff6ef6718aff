#!/bin/bash
# The timeline of a workspace: what happened, as it happens, filtered, and what an entry leads to.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace w >/dev/null
ws() { "$PYRO" workspace "$@" >/dev/null 2>&1; }
has_line() { "$PYRO" workspace timeline w 2>/dev/null | grep -qE -- "$1"; }
type_line() {
    ws shell write w sh1 --input "$1"
    check "typed: $1" wait_for 300 has_line " input sh1 by=[a-z]+  $1\$"
    ws shell read w sh1 --wait-for-prompt
}

ws exec w -- sh -c 'echo printed-by-it; exit 3'
ws file write w /workspace/notes.txt --text x
shell_of w >/dev/null
ws shell read w sh1 --wait-for-prompt
type_line 'echo first-line'
type_line 'echo second-line'

# From the list.
tui 100x24
sees '^ +[^ ]+ w +debian:12'
keys T
sees '^ pyro  timeline of w '
sees '^ *[0-9:]{8} +created '
sees " exec +1 +exit 3 +[0-9.]+s +sh -c 'echo printed-by-it; exit 3'"
sees ' files +write +/workspace/notes.txt'
sees ' typed +sh1 +cli +echo first-line'
picked ' typed +sh1 +cli +echo second-line'

# It goes on by itself; at the end the cursor stays there.
ws service start w clock -- sh -c 'echo from-the-clock; exec sleep 1000'
picked ' service +clock +running '
keys Home
picked ' created '
ws service stop w clock
sees ' service +clock +stopped '
picked ' created '
moves ' created ' ' started *$' ' service +clock +stopped '

# Filtered, as every list is; Enter shows the output of a command, from its beginning …
keys / 'what:exec printed' Enter
gone ' created '
picked ' exec +1 +exit 3 '
sees '1 of [0-9]+'
keys Enter
sees 'output of command 1'
sees '^ *printed-by-it'
keys Esc
gone 'output of command 1'
sees '^ pyro  timeline of w '
keys Esc
sees ' created '

# … of one that runs, its end, and what comes when that is followed, until it has ended …
ws exec w --detach -- sh -c 'echo begun; until [ -e go ]; do sleep 0.1; done; echo gone-on; until [ -e end ]; do sleep 0.1; done; echo the-end'
begun() { "$PYRO" workspace command read w 2 2>/dev/null | grep -q '^begun'; }
wait_for 60 begun
keys / 'what:exec begun' Enter
picked ' exec +2 '
keys Enter
sees 'output of command 2'
sees '^ *begun$'
keys F
sees ' following '
ws file write w /workspace/go --text x
sees '^ *gone-on$'
ws file write w /workspace/end --text x
sees '^ *the-end$'
keys Esc
gone 'output of command 2'
keys Esc
sees ' created '

# … the place in the log of a shell …
keys / second-line Enter
gone ' created '
picked ' typed +sh1 +cli +echo second-line'
keys Enter
sees 'log of sh1, from there on'
sees '^ *([0-9:]{8} )?second-line'
refute "what was before is not there" drive shows '[^-]first-line'
keys Esc
gone 'log of sh1, from there on'
keys Esc
sees ' created '

# … and the log of a service.
keys / clock Enter
gone ' created '
picked ' service +clock +stopped '
keys Enter
sees 'log of clock'
sees '^ *from-the-clock'
keys Esc
gone 'log of clock'
keys Esc
sees ' created '
keys Esc
gone 'timeline of w'

# From the details, and from a shell.
keys Tab T
sees '^ pyro  timeline of w '
keys T
gone 'timeline of w'
tui w/sh1
sees '^ WATCHING '
keys C-t
sees '^ pyro  timeline of w '
click ' exec +1 '
picked ' exec +1 '
keys Esc
sees '^ WATCHING '

# What changed, from a machine's files; what was before a reset leads nowhere.
ws delete w
"$PYRO" workspace create debian:12-base --name m >/dev/null 2>&1
ws file write m /workspace/notes.txt --text x
tui 100x24
sees '^ +[^ ]+ m +debian:12'
keys T
picked ' files +write +/workspace/notes.txt'
keys Enter
sees 'diff of m: 1 added'
sees '^ *\+x'
keys Esc
gone 'diff of m'
ws snapshot create m one
picked ' snapshot +one +created'
keys Enter
sees '^ m snapshots'
keys Esc
gone '^ m snapshots'
ws reset m
sees ' reset +baseline'
keys / what:files Enter
gone ' reset '
picked ' files +write '
keys Enter
sees 'what it left went with a reset'

# A long one: the newest is there at once, and so is the oldest.
ws stop m
id=$("$PYRO" workspace status m --json | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p')
for number in {1001..1400}; do
    printf '%d {"event": "input", "time": 1, "id": "sh1", "by": "cli", "text": "line-%d"}\n' "$number" "$number"
done >>"$XDG_DATA_HOME/pyro/workspaces/$id/timeline/entries"
tui 100x24
sees '^ +[^ ]+ m +debian:12.* stopped'
keys T
picked ' typed +sh1 +cli +line-1400'
sees '^ pyro  timeline of m +(4[0-9][0-9]) of \1 *$'
picked ' typed +sh1 +cli +line-1400'
keys Home
picked ' created '
tui_finish
