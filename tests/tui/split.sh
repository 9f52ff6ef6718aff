#!/bin/bash
# Two shells in one view: below each other or side by side, each watched and controlled by itself, at the size of its part.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace one >/dev/null
host_workspace two >/dev/null
host_workspace three >/dev/null
a=$(shell_of one 70 20)
b=$(shell_of two 70 20)
c=$(shell_of three 70 20)
"$PYRO" workspace shell write three "$c" --input 'read -p "Sure? " answer' >/dev/null 2>&1
"$PYRO" workspace shell read three "$c" --wait-for-input >/dev/null 2>&1
has_size() { # WORKSPACE SHELL COLSxROWS
    [[ $("$PYRO" workspace shell list "$1" 2>/dev/null | awk -v id="$2" '$1 == id { print $4 }') == "$3" ]]
}
sized() {
    wait_for 60 has_size "$@" && pass "$1/$2 has $3"
}
typed() { # WORKSPACE SHELL TEXT
    "$PYRO" workspace shell read "$1" "$2" --cursor 0 --plain 2>/dev/null | grep -q -- "$3"
}

# One above the other, where the terminal is narrow.
tui "one/$a"
sees "^ WATCHING  one/$a  at its prompt"
keys C-w
sees '╭ the second shell ─'
sees 'a new shell in one'
sees "│  three/$c  asks +│"
keys / two
sees '│/two +│' # in the box
gone 'a new shell in one'
sees "│  two/$b  at its prompt +│"
keys Enter
keys Enter
sees "^ WATCHING  two/$b "
sees 'Tab other one'
is "the first is above" "$(at "one/$a")" 1
is "the second is in the lower half" "$(at "two/$b")" 12
sized one "$a" 70x20
keys z w
sees 'watching: i takes control'

# Control of the second, then of the first as well: each has the size of its part, and its own keys.
keys i
sees "^ CONTROL  two/$b "
sized two "$b" 80x11
sized one "$a" 70x20
keys 'echo lower-$((40 + 2))' Enter
sees '^lower-42'
keys C-]
sees "^ WATCHING  two/$b "
sized two "$b" 70x20
keys Tab
sees "^ WATCHING  one/$a "
sees "^ watching  two/$b "
keys i
sees "^ CONTROL  one/$a "
sized one "$a" 80x10
keys 'echo upper-$((40 + 2))' Enter
sees '^upper-42'
refute "the other did not get it" typed two "$b" upper

# A click goes over and leaves control as it is; keys go where the focus is.
click "two/$b"
sees "^ WATCHING  two/$b "
sees "^ control  one/$a "
keys i
sees "^ CONTROL  two/$b "
sized two "$b" 80x11
click "one/$a"
sees "^ CONTROL  one/$a "
keys 'echo again-$((40 + 3))' Enter
sees '^again-43'
refute "nor that" typed two "$b" again

# A program that asked for it is told where the focus is.
keys 'clear; printf "\033[?1004h%s\n" "ready" 1; cat' Enter
sees '^1$'
sees "^ CONTROL  one/$a  asks cat"
click "two/$b"
sees "^ CONTROL  two/$b "
sees '\^\[\[O'
click "one/$a"
sees "^ CONTROL  one/$a "
sees '\^\[\[O\^\[\[I'
keys C-]
sees "^ WATCHING  one/$a "
sees '\^\[\[O\^\[\[I\^\[\[O'
keys i
sees "^ CONTROL  one/$a "
sees '\^\[\[O\^\[\[I\^\[\[O\^\[\[I'
keys C-c
sees "^ CONTROL  one/$a  at its prompt"
keys 'printf "\033[?1004l"; clear; echo told' Enter
sees '^told'

# The terminal's size is shared between them.
drive resize 160 45
sized one "$a" 160x21
sized two "$b" 160x21
keys C-]
sees "^ WATCHING  one/$a "
sized one "$a" 70x20
keys C-r
sees "^ WATCHING  one/$a .*│ control  two/$b "
sized two "$b" 79x43
keys i
sees "^ CONTROL  one/$a .*│ control  two/$b "
sized one "$a" 80x43
keys "clear; printf '%080d' 5; echo; echo left-\$((40 + 2))" Enter
sees '^0{79}5│'
sees '^left-42 '
keys C-]
sees "^ WATCHING  one/$a "
keys C-r
sees '^ control  two/'
is "one above the other again" "$(at "two/$b")" 23
for size in '40 10' '41 11' '300 60' '80 24'; do drive resize $size; done
sized two "$b" 80x11
sees 'Tab other one'

# The last shell is the other one; help and the log are over both; one that is left gives the room to the other.
keys C-o
sees "^ CONTROL  two/$b "
keys C-]
sees "^ WATCHING  two/$b "
keys F1
sees '╭ Shell ─'
keys Esc
gone '╭ Shell ─'
keys PgUp
sees '^ log of'
keys Esc
sees "^ WATCHING  two/$b "
sees "^ watching  one/$a "
keys Esc
gone "two/$b"
is "the first has the room" "$(at "one/$a")" 1
keys C-r
sees 'needs two shells in this view'

# A new shell is as large as its part, and under control; it has ended: so has control, and the view goes on.
drive resize 160 45
refute "q does not quit here" drive shows 'q quit'
sees 'Ctrl-w split .*: command$' # drawn at that size, which decides how it splits
keys C-w
sees 'a new shell in one'
keys Enter
sees 'CONTROL  one/sh2 '
sized one sh2 79x43
keys 'exit' Enter
sees 'CONTROL LOST  one/sh2 '
keys Esc
sees 'WATCHING  one/sh2 '
keys Esc
gone 'one/sh2'

# At the least size, too.
drive resize 40 10
sees 'Esc back +[?] help$'
keys C-w
sees 'a new shell in one'
keys Enter
sees '^ CONTROL  one/sh3'
sized one sh3 40x4
keys C-]
sees '^ WATCHING  one/sh3'
keys C-r
sees '│ WATCHING  one/sh3'
keys Esc
gone 'one/sh3'
keys Esc
sees '^ pyro  3 workspaces'

# Another client that has the same shell under control is told of.
drive resize 80 24
second() { "$DRIVER" "$TEST_DIR/second.sock" "$@"; }
"$DRIVER" serve "$TEST_DIR/second.sock" 80 24 "$PYRO" tui "two/$b"
check "a second interface watches it" second wait "$SECONDS_MAX" "^ WATCHING  two/$b"
second keys i
check "and has control" second wait "$SECONDS_MAX" "^ CONTROL  two/$b"
keys / name:two Enter
sees '^ [^ ]+ two '
keys Enter
sees "^ WATCHING  two/$b"
keys i
sees "^ CONTROL  two/$b .* 2 in control"
check "the other sees it as well" second wait "$SECONDS_MAX" '2 in control'
second keys C-]
gone 'in control'
second quit
keys C-]
sees "^ WATCHING  two/$b"
keys Esc
sees '^ [^ ]+ two '
keys Esc
keys q
ends "exit 0"
tui_finish
