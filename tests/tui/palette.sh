#!/bin/bash
# Any command from inside the interface: found by words of its name, completed, asked about when something would be
# lost, its answer shown, its errors in words.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace alpha >/dev/null
host_workspace beta >/dev/null
shell_of alpha >/dev/null
shell_of beta >/dev/null
tui 100x30
sees '2 workspaces'
keys g
sees '╭ beta|│ id'

# All commands are there; words of a name narrow them down.
keys :
sees 'run a command'
sees 'all commands'
sees 'doctor +'
for word in workspace shell; do
    keys "$word "
done
sees 'workspace shell open +'
gone 'doctor +'
keys C-u 'zzz'
sees 'nothing has that in its name'
keys C-u 'shell list'
sees 'workspace shell list +'
gone 'workspace shell open'
keys Enter
sees ': ?workspace shell list (alpha|beta) '
keys Enter
gone 'run a command'
sees '^ workspace shell list (alpha|beta)'
sees '^ *sh1 '
keys q
sees '2 workspaces'

# Flags and values complete; the command's answer is text to read.
keys :
sees 'run a command'
keys 'workspace stat' Tab
sees ': ?workspace status (alpha|beta) '
keys C-w 'al' Tab
sees ': ?workspace status alpha '
keys '--j' Tab
sees ': ?workspace status alpha --json '
keys Enter
sees '^ workspace status alpha --json +1'
sees '"execution_mode": "host_compat"'
keys q
sees '2 workspaces'

# Lines run before come back; a quotation is one word.
keys :
sees 'run a command'
keys C-p
sees ': ?workspace status alpha --json'
keys C-p
sees ': ?workspace shell list'
keys C-n C-n C-n 'workspace update beta --label "k=two words"' Enter
gone 'run a command'
has_label() { "$PYRO" workspace status beta --json | grep -q '"k": "two words"'; }
wait_for 20 has_label && pass "a quoted word is one"
sees '^Labels: k=two words'
keys q
sees '2 workspaces'

# What goes wrong is said, and kept in the log.
keys :
sees 'run a command'
keys 'workspace status nothing-such' Enter
sees "│ no workspace 'nothing-such'"
sees ': ?workspace status nothing-such'
keys ' '
gone "│ no workspace"
keys C-u 'workspace status --nope alpha' Enter
sees '│ workspace status: unknown option .--nope'
sees ': ?workspace status --nope alpha'
keys Esc
gone 'run a command'
keys L
sees "workspace status nothing-such: no workspace"
keys q
sees '2 workspaces'
# What a command printed before it failed is there to read, with why; of a guest's command its errors, too.
keys :
sees 'run a command'
keys 'workspace exec beta -- sh -c "echo out-42; echo err-42 >&2; exit 3"' Enter
agree
sees '^out-42'
sees '^err-42'
keys q
sees '2 workspaces'
keys :
sees 'run a command'
keys 'workspace status "open' Enter
sees 'a quotation does not end'
keys Esc
gone 'run a command'

# What loses something is asked about.
keys :
sees 'run a command'
keys 'workspace delete alpha' Enter
sees "Run 'pyro workspace delete alpha'"
keys n
gone "Run 'pyro"
sees '2 workspaces'
keys :
sees 'run a command'
keys C-p Enter
sees "Run 'pyro workspace delete alpha'"
agree
sees '1 workspace '

# From a shell that is watched; the mouse takes an offer.
keys Enter
sees 'WATCHING'
keys :
sees 'run a command'
keys 'snapshot list'
sees 'workspace snapshot list +'
click 'workspace snapshot list '
sees ': ?workspace snapshot list beta '
keys Enter
gone 'run a command'
sees '^ workspace snapshot list beta'
sees 'baseline'
keys q
sees 'WATCHING'
keys :
sees 'run a command'
keys PgDn PgUp Down Up Esc
gone 'run a command'

# Screens, workspaces and actions by their names; what fits best comes first.
keys :
sees 'run a command'
keys 'wall'
sees ' wall +the wall of live shells'
keys Enter
sees '^ pyro  wall'
keys :
sees 'run a command'
keys 'beta' Enter
sees '^ pyro  1 workspace '
keys :
sees 'run a command'
keys 'services' Enter
sees '^ pyro  services'
keys :
sees 'run a command'
keys 'list' Enter
sees '^ pyro  1 workspace '
keys :
sees 'run a command'
keys 'reverse' Enter
sees 'by activity ▲'
keys :
sees 'run a command'
keys 'q'
sees ' quit +leave; nothing stops'
keys Enter
ends "exit 0"
tui_finish
