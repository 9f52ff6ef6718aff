#!/bin/bash
# The wall: shells side by side, live; what wants a look stands out; tiles come and go, fill pages, and fail alone.
# run: first
cd "$(dirname "$0")/../.." && . tests/tui.sh

write() { # WORKSPACE SHELL LINE
    "$PYRO" workspace shell write "$1" "$2" --input "$3" >/dev/null 2>&1
}

# Without a workspace there is none: what comes next is above the list.
tui
sees 'No workspace yet'
keys w L
sees '^ pyro  log'
keys q
sees 'No workspace yet'
host_workspace one >/dev/null
host_workspace two >/dev/null
sees '2 workspaces'
keys w
sees '^ pyro  wall  0 shells of 0 workspaces'
sees 'No shell is open'

# A shell that anyone opens is there at once, by workspace and number, and live.
b=$(shell_of two)
sees "^╭─ [^ ]+ two/$b "
a=$(shell_of one)
sees "^╭─ [^ ]+ one/$a .*╮╭─ [^ ]+ two/$b "
sees '2 shells of 2 workspaces'
keys Home '?'
sees 'Navigate'
keys Esc
gone 'Navigate'
write two "$b" 'echo live-$((40 + 2))'
sees '│live-42'
sees "two/$b ●"

# The cursor goes from tile to tile; what it is on has been looked at.
keys Tab
gone "two/$b ●"
write one "$a" 'echo more-$((40 + 2)); sleep 4321'
sees "▶ one/$a ● .*sleep 4321"
keys Left
gone "one/$a ●"
keys l h Right Left

# Enter zooms in, Esc is back, and what was printed meanwhile is drawn.
keys Enter
sees "^ WATCHING  one/$a"
write two "$b" 'clear; echo behind-$((40 + 2))'
keys Esc
sees '^ pyro  wall'
sees '│behind-42'
sees "two/$b ●"
click "two/$b"
gone "two/$b ●"
keys Enter
sees "^ WATCHING  two/$b"
keys Esc
sees "❯ one/$a|▶ one/$a"

# One that has been at its prompt for a while waits.
sees "❯ two/$b .* waits"
sees '❯ 1 waits'

# A command that failed: as the shell's own marks tell, as its end does, and in the workspace without any shell.
write two "$b" 'printf "\033]133;D;3\007"'
sees "✗ two/$b .*failed, 3"
sees '✗ 1 failed'
write two "$b" 'printf "\033]133;D;0\007"'
gone 'failed'
write two "$b" 'printf "\033]133;D;4\007"'
sees "✗ two/$b .*failed, 4"
keys Enter
sees "^ WATCHING  two/$b"
keys Esc
sees '^ pyro  wall'
gone 'failed'
"$PYRO" workspace exec one -- sh -c 'exit 5' >/dev/null 2>&1
sees "✗ one/$a"
sees 'exec: exit code 5: sh'
"$PYRO" workspace exec one -- true >/dev/null 2>&1
gone 'failed'

# What failed where no tile shows it is in the last line: a service, and a command where no shell is open.
host_workspace three >/dev/null
"$PYRO" workspace exec three -- sh -c 'exit 8' >/dev/null 2>&1
sees '^ ✗ three exec 1: exit code 8: sh '
"$PYRO" workspace service start one web --ready-timeout-seconds 1 --ready-file no -- sleep 1000 >/dev/null 2>&1
sees '^ ✗ one service web   ✗ three exec 1'
sees '✗ 2 failed'
"$PYRO" workspace update one --acknowledge all >/dev/null 2>&1
"$PYRO" workspace delete three >/dev/null 2>&1
gone 'failed'

# What has ended well goes; what has ended with an error stays until it is dismissed.
c=$(shell_of two)
d=$(shell_of two)
sees "two/$d "
write two "$c" 'exit'
gone "two/$c "
write two "$d" 'exit 6'
sees "✗ two/$d .*ended, 6"
keys Esc
sees '^ pyro  2 workspaces'
e=$(shell_of two)
write two "$e" 'exit 7'
shell_ended() { "$PYRO" workspace shell list two 2>/dev/null | grep -q "^$e .*stopped"; }
wait_for 60 shell_ended
keys w
sees "✗ two/$d .*ended, 6" # also when the wall was left
sees "✗ two/$e .*ended, 7" # or was not there
sees '✗ 2 failed'
keys End
sees 'x dismiss'
keys x
gone "two/$e "
keys End
sees 'x dismiss'
keys x
gone "two/$d "
sees '2 shells of 2'

# A renderer that dies is a message in its own tile; the others are live, and r draws it again.
renderers() {
    pgrep -P "$(drive pid)"
}
two_draw() { [[ $(renderers | wc -l) == 2 ]]; }
check "a process each" wait_for 60 two_draw # what dismisses is one too, for a moment
keys Home
kill_process "$(renderers | head -n 1)"
sees 'The shell itself goes on'
write two "$b" 'clear; echo still-$((40 + 2))'
drive shows 'r draw it again' >/dev/null || keys Tab
sees 'r draw it again'
keys r
gone 'goes on'
sees 'still-42'

# Only the marked workspaces.
keys Esc
sees '^ pyro  2 workspaces'
keys Home
keys Space
sees '^◆'
keys w
sees '1 shell of 1 marked workspace'
gone 'failed'
keys Esc
sees '^ pyro  2 workspaces'
keys Home
keys Space
gone '^◆'

# More than fit are on pages, at any size.
# None of them is idle: those would take little room.
write one "$a" 'sleep 4321'
write two "$b" 'sleep 4321'
for _ in 1 2 3 4 5 6 7 8 9; do write two "$(shell_of two)" 'sleep 4321'; done
keys w
sees '11 shells of 2 workspaces .*1–9 of 11'
sees 'PgDn next page'
keys PgDn
sees '10–11 of 11'
sees 'PgUp page before'
keys PgUp
sees '1–9 of 11'
wheel down 5 5
sees '10–11 of 11'
wheel up 5 5
keys Down Down Down
sees '10–11 of 11'
keys k
sees '1–9 of 11'
keys BTab G g
drive resize 200 60
gone 'of 11$'
sees '11 shells of 2 workspaces'
drive resize 45 12
sees '1–2 of 11|1 of 11'
for size in '120 40' '41 11' '300 100' '80 24'; do drive resize $size; done
sees '1–9 of 11'

# A flood in one tile: keys do what they do.
"$PYRO" workspace shell signal two "$b" --signal INT >/dev/null 2>&1
gone "▶ two/$b "
write two "$b" yes
sees '│y '
keys '?'
sees 'its shell at full size'
keys q
gone 'its shell at full size'
"$PYRO" workspace shell signal two "$b" --signal INT >/dev/null 2>&1
gone '▶ two.* yes'

# A workspace that goes takes its tiles along.
"$PYRO" workspace delete two >/dev/null 2>&1
sees '1 shell of 1 workspace'
gone 'two/'
keys Esc
sees '^ pyro  1 workspace'
keys q
ends "exit 0"

# Without colours marks and words tell.
NO_COLOR=1 tui
sees '^ [^ ]+ one '
keys w
sees "(▶|❯|✗) one/$a"
tui_finish
