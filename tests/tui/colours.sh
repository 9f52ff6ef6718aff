#!/bin/bash
# Colours as programs ask for them, in a shell's pane: black is black, not the pane's own ground, and each terminal gets
# the colours that it can show. What emoji are made of does not move what follows them.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace one --label task=$'\u26a0\ufe0f done' >/dev/null
shell=$(shell_of one)
write() { "$PYRO" workspace shell write one "$shell" --input "$1" >/dev/null 2>&1; }
# ground PATTERN: the backgrounds in the row that matches.
ground() {
    local row
    row=$(at "$1") && drive attributes | grep "^$((row - 1)) " | grep -o 'bg=[^ ]*' | sort -u
}

write "clear; printf '\\033[48;2;0;0;0mbla%s\\033[m \\033[48;2;1;2;3mdark\\033[m\\n' ck"
tui "one/$shell"
sees '^black dark'
like "black, in 24 bits" "$(ground '^black dark')" 'bg=16'
like "nearly black" "$(ground '^black dark')" 'bg=#010203'

# A selector that makes an emoji of a character, and joiners, are left out: terminals do not agree on their columns.
write "clear; printf '\\xe2\\x9a\\xa0\\xef\\xb8\\x8f|warn%s\\n\\xf0\\x9f\\x91\\xa9\\xe2\\x80\\x8d\\xf0\\x9f\\x92\\xbb|four\\n' ing"
sees '^⚠\|warning'
sees '^👩 ?💻 ?\|four'
keys Esc
sees '^ [^ ]+ one '
sees '⚠ done'

# GNU screen passes COLORTERM on, but has no 24-bit colours; tmux has them under the same name.
palette_only() {
    wait_for "$SECONDS_MAX" at '^ [^ ]+ one ' >/dev/null && ! drive attributes | grep -q '=#'
}
keys q
ends "exit 0"
TERM=screen-256color tui
check "under GNU screen, 256 colours" palette_only
keys q
ends "exit 0"
TERM=screen-256color TMUX=/tmp/none,1,0 tui
sees '^ [^ ]+ one '
refute "under tmux, 24 bits" palette_only
tui_finish
