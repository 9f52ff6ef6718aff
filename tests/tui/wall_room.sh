#!/bin/bash
# The room on the wall: lines keep their beginning, idle shells take two rows where there are many, pinned ones come first,
# also after the interface has ended, and the border says what a workspace is for.
cd "$(dirname "$0")/../.." && . tests/tui.sh

write() { # WORKSPACE SHELL LINE
    "$PYRO" workspace shell write "$1" "$2" --input "$3" >/dev/null 2>&1
}

host_workspace one --label task=fix-the-parser >/dev/null
host_workspace two >/dev/null
a=$(shell_of one 80 24)
b=$(shell_of two 80 24)
tui
sees '2 workspaces'
keys w
sees "╭─ [^ ]+ one/$a .*╮╭─ [^ ]+ two/$b "

# The task is in the border; a command that failed is more urgent.
sees '^╰─ fix-the-parser ─'
"$PYRO" workspace exec one -- sh -c 'exit 5' >/dev/null 2>&1
sees '^╰─ exec: exit code 5'
"$PYRO" workspace exec one -- true >/dev/null 2>&1
sees '^╰─ fix-the-parser ─'

# A cursor far to the right moves nothing aside.
write one "$a" "clear; printf 'begin%060d' 7; sleep 4321"
sees '│begin00000'

# Pinned: first, now and later.
keys Home Tab
sees 'p pin'
keys p
sees "╭─ [^ ]+▴ two/$b .*╮╭─ [^ ]+ one/$a "
keys Esc
sees '^ pyro  2 workspaces'
keys q
ends "exit 0"
tui
sees '2 workspaces'
keys w
sees "╭─ [^ ]+▴ two/$b .*╮╭─ [^ ]+ one/$a "
keys Home p
sees "╭─ [^ ]+ one/$a .*╮╭─ [^ ]+ two/$b "
keys End p
sees "╭─ [^ ]+▴ two/$b .*╮╭─ [^ ]+ one/$a "

# Of many the idle ones make room: the others stay large, and one that wakes up is among them again.
shells=()
for _ in 1 2 3 4 5 6; do shells+=("$(shell_of one 80 24)"); done
sees '8 shells of 2 workspaces'
last=${shells[5]}
sees "^── ❯ one/${shells[0]} .*waits .*❯ one/${shells[1]} .*waits "
gone ' of 8$'
sees '│begin00000'
write one "$last" 'clear; echo awake-$((40 + 2)); sleep 4321'
sees "╭─ ▶ one/$last "
sees '│awake-42'
keys End
sees 'Enter zoom in'
keys Up Down Home
sees "one/${shells[0]} " # it has scrolled
click "one/${shells[2]}"
keys Enter
sees "^ WATCHING  one/${shells[2]}"
keys Esc
sees '^ pyro  wall'
for size in '40 10' '120 40' '30 8' '80 24'; do drive resize $size; done
sees '8 shells of 2 workspaces'

# A pin of a workspace that is gone is forgotten with the next one.
"$PYRO" workspace delete two >/dev/null 2>&1
gone 'two/'
keys Esc
sees '^ pyro  1 workspace ' # the wall shows no workspace without shells
keys w
sees '^ pyro  wall'
keys Home p
sees '▴ one/'
state=$(find "$XDG_STATE_HOME" -name tui.json)
one_pinned() { [[ $(grep -o "/sh[0-9]" "$state" | wc -l) == 1 ]]; }
wait_for 60 one_pinned && pass "only what is there is pinned" || fail "only what is there is pinned" "$(cat "$state")"
tui_finish
