#!/bin/bash
# All that a shell has printed: scrolled, searched and copied; a view of it is not moved by what comes, and says so.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace work >/dev/null
shell=$(shell_of work 80 24)
write() {
    "$PYRO" workspace shell write work "$shell" --input "$1" >/dev/null 2>&1
}
write "for i in \$(seq 1 3000); do printf '\\033[32mline\\033[m %d of many\\n' \$i; done; printf '\\033]2;t\\007wide 漢字 caf\\303\\251\\n'; echo all-\$((40 + 2))"

tui "work/$shell"
sees '^all-42'
keys PgUp
sees "^ log of $shell"
sees '^all-42'
sees '^wide 漢字 café'
refute "nothing of an escape is in it" drive shows 'x1b|\[32m'
keys g
sees '^line 1 of many'
is "its colours stay" "$(drive svg t | grep -o '<[^>]*>line<' | head -1 | grep -c 'fill=')" 1
keys PgDn PgUp G
sees '^all-42'
wheel up 10 10
gone '^all-42'
sees '^line 2979 of many' # the row that is painted last
sees '^line 3000 of many'

# What comes does not move it, and is told; reading on shows it.
before=$(drive text | sed -n '2,$p' | head -n 20)
write 'echo more-$((40 + 2))'
sees '▼ more below'
printed() { "$PYRO" workspace shell read work "$shell" --plain --max-chars 1000000 2>/dev/null | grep -q '^more-42'; }
wait_for 60 printed
is "the view has not moved" "$(drive text | sed -n '2,$p' | head -n 20)" "$before"
keys r
sees '^more-42' # in the shell itself too, while the log is read
sees 'log of sh1'

# A search from the end finds what came last first, and goes on upwards; what left the screen long ago is found as well.
keys G / '50 of many' Enter
sees '^line 2950 of many'
gone '^line 3000 of many'
keys n
sees '^line 2850 of many'
keys N
sees '^line 2950 of many'
keys g
sees '^line 1 of many'
keys / 'line 77 of' Enter
sees 'past the end|^line 77 of many'
sees '^line 77 of many'
keys N
sees 'past the beginning'
keys Esc
sees '^ WATCHING '
keys /
sees 'text to look for'
keys 'LINE 2999' Enter
sees 'is not there'
keys g
gone '^line 2999 of many'
keys / 'line 2999' Enter
sees '^line 2999 of many'

# Lines are selected by keys and copied to the terminal's clipboard.
keys v j j y
sees '3 lines copied'
is "what was copied" "$(drive clipboard)" $'line 2999 of many\nline 3000 of many\nwide 漢字 café'
keys v
sees 'y copy'
keys Esc
gone 'y copy'
sees '^line 2999 of many'

# … and by the mouse.
keys / 'line 1500 of' Enter
sees 'line 1500 of many'
read -r row col < <(place 'line 1500 of many')
drive mouse 0 3 "$row" press
drive mouse 32 3 $((row + 1)) press
drive mouse 0 3 $((row + 1)) release
sees 'y copy'
keys y
sees '2 lines copied'
is "what was dragged over" "$(drive clipboard)" $'line 1500 of many\nline 1501 of many'
keys q
sees '^ WATCHING '

# Under control the wheel scrolls back, but for programs that want it, and those on the alternate screen get arrows.
keys i
sees '^ CONTROL '
wheel up 10 10
sees "^ log of $shell"
keys q
sees '^ CONTROL '
keys 'clear; printf "\033[?1000h\033[?1006h"; echo mouse; cat -v' Enter
sees '^mouse'
sees '(runs|asks) cat -v'
wheel up 5 7
keys Enter
sees '\^\[\[<64;7;4M'
keys C-c
sees 'at its prompt'
keys 'printf "\033[?1000l\033[?1006l\033[?1049h"; clear; echo alternate; cat -v' Enter
sees '^alternate'
sees '(runs|asks) cat -v'
wheel down 5 7
keys Enter
sees '\^\[\[B\^\[\[B\^\[\[B'
keys C-c
sees 'at its prompt'
keys 'printf "\033[?1049l"; echo back-$((40 + 2))' Enter
sees 'back-42'
keys C-]
sees '^ WATCHING '

# A terminal's clipboard that is not to be touched, and a log that is very long.
write 'seq 1 4000000 | head -c 20000000; echo; echo long-$((40 + 2))'
sees '^long-42'
keys PgUp / 'i is not typed' Enter # at once, while the log is read
sees 'is not there'
keys q
sees '^ WATCHING '
keys PgUp
sees "^ log of $shell .* of [0-9]+"
keys / 'no such text' Enter q # what is done next ends a search
sees 'search stopped'
keys n
sees 'is not there'
keys / 'line 3 of many' Enter
sees 'line 3 of many'
keys G v g y
sees 'not copied: terminals take'
keys q
sees '^ WATCHING '
keys Esc
sees '^ [^ ]+ work .*started'
keys q
ends "exit 0"
mkdir -p "$XDG_CONFIG_HOME/pyro" && echo 'clipboard = off' >"$XDG_CONFIG_HOME/pyro/config"
tui "work/$shell"
sees '^long-42'
keys PgUp
sees "^ log of $shell .* of [0-9]+"
keys v y
sees 'clipboard = off'
tui_finish
