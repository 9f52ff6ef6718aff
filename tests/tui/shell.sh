#!/bin/bash
# One shell at full size: watching types nothing and resizes nothing, control does both and gives both back, and whatever
# the shell prints is its own pane's matter.
# run: first
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace work >/dev/null
shell=$(shell_of work 100 30)

size_of() { # of the shell, as COLSxROWS
    "$PYRO" workspace shell list work 2>/dev/null | awk -v id="$1" '$1 == id { print $4 }'
}
has_size() {
    [[ $(size_of "$shell") == "$1" ]]
}
log_has() {
    "$PYRO" workspace shell read work "$shell" --cursor 0 --plain 2>/dev/null | grep -q -- "$1"
}

# What is not there is told before the screen is touched.
run "$PYRO" tui nothing-such
is "an unknown workspace: status" "$status" 1
like "an unknown workspace: why" "$err" "no workspace 'nothing-such'"
run "$PYRO" tui work/sh77
is "an unknown shell: status" "$status" 1
like "an unknown shell: why" "$err" "no shell 'sh77'"

# Watching. z and w mean nothing here; in the shell they would be seen.
tui "work/$shell"
sees "^ WATCHING  work/$shell .*100×30"
sees 'i take control'
keys z w z
is "watching leaves the size alone" "$(size_of "$shell")" 100x30

# Control.
keys i
sees "^ CONTROL  work/$shell"
sees 'Ctrl-\] give it back'
gone 'q quit'
wait_for 60 has_size 80x22 && pass "control sizes the shell to the pane"
keys 'echo quick-$((40 + 2))' Enter
sees '^quick-42'
refute "what was typed while watching never arrived" log_has zwz
keys 'cat -v' Enter
sees '(runs|asks) cat -v|^cat -v'
keys Up F5 M-x Enter
sees '\^\[\[A\^\[\[15~\^\[x'
drive paste "$(printf 'one\033[31m\003two')" && keys Enter
sees '^one\[31mtwo'
keys C-d
sees 'at its prompt'
# What the terminal does not mark as a paste comes whole as well.
much=$(seq 6000 | tr '\n' .)
keys 'stty raw -echo; echo raw-$((40 + 2)); head -c '"${#much} | md5sum; stty sane" Enter
sees '^raw-42'
drive type "$much"
sees "^ *$(printf %s "$much" | md5sum | cut -c1-32)"
sees 'at its prompt'
keys 'clear; printf "\033[?1h\033[?2004h"; echo ready-$((40 + 2)); cat -v' Enter
sees '^ready-42'
keys Up Home
drive paste pasted && keys Enter
sees '\^\[OA\^\[OH\^\[\[200~pasted\^\[\[201~'
keys C-d
sees 'at its prompt'
keys 'printf "\033c\033[31mred\033[0m \033[5 q\033]2;a title\007\n"' Enter
sees '^red'
sees 'CONTROL .*a title'

# Giving back, and taking again after the terminal has changed.
keys C-]
sees '^ WATCHING '
wait_for 60 has_size 100x30 && pass "giving back restores the size"
drive resize 120 40
sees '^ WATCHING .*a title'
sees '┘'
keys i
sees '^ CONTROL '
wait_for 60 has_size 120x38 && pass "control has the new size"
drive resize 80 24
wait_for 60 has_size 80x22 && pass "and follows the terminal"

# Streams that crash or hang libvterm by itself.
for stream in "$PWD"/tests/fuzz/seeds/vtgate/*; do
    keys "clear; cat '$stream'; printf '\\030\\033\\\\\\033c'; echo survived-\$((6 * 7))" Enter
    sees 'survived-42$'
    keys "clear; echo cleared-\$((6 * 7))" Enter
    gone 'survived-42'
    sees 'cleared-42$'
done
sees '^ CONTROL '

# Ctrl-] twice sends it; once, and then Esc, leaves to the list.
keys 'cat -v' Enter
sees 'CONTROL .*(runs|asks) cat -v'
keys C-]
sees '^ WATCHING '
keys C-]
sees '^ CONTROL '
keys Enter
sees '^\^\]'
keys C-d
sees 'at its prompt'
keys C-]
sees '^ WATCHING '
keys F5
sees 'watching: i takes control'
keys Esc
gone 'WATCHING'
sees '^ pyro'
keys q
ends "exit 0"
wait_for 60 has_size 100x30 && pass "leaving restores the size"

# Quitting while in control gives back as well, and a workspace alone means its last shell.
second=$(shell_of work 90 20)
tui work
sees "^ WATCHING  work/$second "
keys i
sees '^ CONTROL '
kill -TERM "$(drive pid)"
ends "signal 15"
size_is_back() {
    [[ $(size_of "$second") == 90x20 ]]
}
wait_for 60 size_is_back && pass "a signal gives the size back"

# Text typed into a shell that is only watched does nothing to it: no key of a signal or of its end is text.
tui "work/$second"
sees '^ WATCHING '
"$PYRO" workspace shell write work "$second" --input 'sleep 5431' >/dev/null 2>&1
sees 'runs sleep 5431'
keys 'ls' Enter
sees 'watching: i takes control'
keys 'sox xy' Enter 'xylem dry sequoa L' Enter
sees 'WATCHING .*runs sleep 5431'
keys C-x
sees "Close $second\?"
sees '^ y yes'
keys r # it agrees to nothing but y, and only n, Enter and Esc are a no
sees 'this is a question'
sees "Close $second\?"
keys n
gone "Close $second\?"
sees 'WATCHING .*runs sleep 5431'
keys C-k Enter
sees 'at its prompt'

# A program that dies on the alternate screen has left it, whether it is watched or the shell is opened after that.
"$PYRO" workspace shell write work "$second" --input 'echo main-$((40 + 2)); bash -c "printf \"\\033[?1049hxx-al-\$((40 + 2))\"; exec sleep 5433"' >/dev/null 2>&1
sees 'al-42'
"$PYRO" workspace shell signal work "$second" --signal TERM >/dev/null 2>&1
sees '^(ma)?in-42' # panned, the shell is wider
gone 'al-42'
keys Esc
sees '^ pyro'
tui "work/$second"
sees '^(ma)?in-42'
refute "the alternate screen is not drawn again" drive shows '^ *al-42'

# The shell's end takes control away and stays readable. Further keys are not commands until that is acknowledged.
keys i
sees '^ CONTROL '
keys 'exit 3' Enter 'xyLqi:' Enter
sees '^ CONTROL LOST .*ended with exit code 3'
sees 'Esc keep watching'
keys 'd' Tab Enter q L
sees '^ CONTROL LOST .*ended with exit code 3'
keys Esc
sees '^ WATCHING .*ended with exit code 3'
refute "an ended shell cannot be controlled" drive shows 'take control'
keys Esc
sees '^ pyro'

# So when the shell goes on and only control is gone: with its supervisor.
tui "work/$shell"
sees '^ WATCHING '
keys i
sees '^ CONTROL '
keys 'sleep 5432' Enter
sees 'CONTROL .*runs sleep 5432'
kill_process "$(supervisor_of "$("$PYRO" workspace status work --json | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p')")"
keys x y x y
sees '^ CONTROL LOST '
keys x y Enter
sees '^ CONTROL LOST '
sees '^ CONTROL LOST .*its workspace has failed' # it has no machine of its own

# Of a machine it comes back by itself with the supervisor.
"$PYRO" workspace create debian:12-base --name machine >/dev/null 2>&1
"$PYRO" workspace shell open machine >/dev/null 2>&1
machine=$("$PYRO" workspace status machine --json | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p')
tui machine
sees '^ WATCHING  machine/sh1 +at its prompt'
keys i
sees '^ CONTROL '
old=$(supervisor_of "$machine")
kill_process "$old"
is_adopted() { [[ -n $(supervisor_of "$machine") && $(supervisor_of "$machine") != "$old" ]]; }
wait_for 120 is_adopted
sees '^ CONTROL  machine/sh1 '
keys 'echo back-$((40 + 2))' Enter
sees '^back-42'
kill_process "$(pgrep -f "name pyro-$machine")"
sees '^ CONTROL LOST .*its machine has died'
tui_finish
