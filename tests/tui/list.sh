#!/bin/bash
# The list of workspaces: it follows what any other pyro does, sorts, filters, and explains itself.
cd "$(dirname "$0")/../.." && . tests/tui.sh

# Without a workspace it says what to do; one that another pyro makes is there at once.
tui
sees 'No workspace yet'
sees 'pyro workspace create debian:12'
sees '^ Enter make one  c create +\? help  : command  q quit'
one=$(host_workspace one --label team=red --secret API_TOKEN=tok-1234 --secret KEY=k-5678)
sees 'one .*started'
gone 'No workspace yet'
two=$(host_workspace two --label team=blue)
sees '2 workspaces'

# The cursor stays with its workspace; the details are its own, and say where it runs.
sees "│ id +$one"
sees 'this host, no machine'
sees 'secrets +API_TOKEN, KEY'
keys k
sees "│ id +$two"
keys j
sees "│ id +$one"

# Its commands, and how they ended; one that failed is what the list says of it.
"$PYRO" workspace exec one -- sh -c 'exit 7' >/dev/null 2>&1
sees 'exit 7 +sh -c exit 7'
sees '^ [^ ]+ one +failed +exit 7: exit 7'
"$PYRO" workspace update one --acknowledge all >/dev/null 2>&1

# What it does, and the last line of its shells.
shell=$("$PYRO" workspace shell open one --id-only 2>/dev/null)
sees "preview"
keys ']'
sees "$shell prompt [^ ]"
"$PYRO" workspace shell write one "$shell" --input 'echo $((40 + 2)) lines; sleep 4321' >/dev/null 2>&1
sees '^ [^ ]+ one .* sleep 4321 '
sees "$shell sleep 4321 42 lines"

# Wide, the details stand beside the table.
drive resize 120 40
sees '^   NAME .*╭ one ─'
sees 'label +team=red'
drive resize 80 24
sees '^╭ one ─'

# A filter works as it is typed; while it is, q and ? are letters.
keys / two
gone '^ [^ ]+ one +started'
sees '1 of 2 shown'
sees "│ id +$two"
keys '?q'
sees 'No workspace fits'
keys Esc
sees 'pyro  2 workspaces'
keys / team=red Enter
gone '^ [^ ]+ two .*started'
sees 'Esc show all'
keys Esc
sees '^ [^ ]+ two .*started'
"$PYRO" workspace stop two >/dev/null 2>&1
sees '^ [^ ]+ two .*stopped'
keys / state:sto Enter
gone '^ [^ ]+ one +started'
keys Esc
sees '^ [^ ]+ one +started'

# The sort keys, all round.
for order in name state CPU memory disk age activity; do
    keys s
    sees " by $order"
done

# Help is of the screen below it; the log too is left by its key.
keys '?'
sees 'Workspaces'
sees 'Navigate'
keys G
sees 'leave; nothing stops'
keys Esc
gone 'leave; nothing stops'
keys L
sees 'Nothing has been done yet'
keys '?'
sees '╭ Log ─'
keys Esc
gone '╭ Log ─'
keys Esc
sees '^ [^ ]+ one +started'
click 'help'
sees '╭ Workspaces'
keys G
sees 'Ctrl-l'
keys q
gone 'Ctrl-l'

# A name cannot do anything to the terminal, and one that goes elsewhere goes here.
"$PYRO" workspace delete two >/dev/null 2>&1
gone '^ [^ ]+ two '
sees '1 workspace  '
keys q
ends "exit 0"
tui_finish
