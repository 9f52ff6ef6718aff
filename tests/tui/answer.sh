#!/bin/bash
# An answer goes to the shell that is meant: the wall begins at the list's workspace, a key goes to the next that asks, the
# dialog shows the end of the question, and says so where nothing asks.
cd "$(dirname "$0")/../.." && . tests/tui.sh

for name in alpha beta gamma; do host_workspace $name >/dev/null; done
write() { "$PYRO" workspace shell write "$1" "$2" --input "$3" >/dev/null 2>&1; }
said() { "$PYRO" workspace shell read "$1" "$2" --cursor 0 --plain 2>/dev/null | grep -q "said-$3"; }
shell_of alpha >/dev/null
asking=$(shell_of gamma)
idle=$(shell_of gamma)
write gamma "$asking" 'read -p "Migrate? " answer; echo "said-$answer"'

# From the list to the wall: the cursor is on the shell of the selected workspace that asks, not on the first tile.
tui
sees '^ \? gamma '
keys Home
picked '^ \? gamma '
keys w
sees '^ pyro  wall  3 shells'
keys a
sees 'answer gamma'
sees "│ +gamma/$asking"
sees '│ +Migrate\?'
refute "something asks" drive shows 'nothing asks here'
keys Esc
gone 'answer gamma'

# … and on any of it where none asks; on the first tile where the workspace has none. What would be typed at a prompt is
# said.
keys Esc
sees '^ pyro  3 workspaces'
keys / alpha Enter
gone '^ [^ ]+ gamma '
keys w
sees '^ pyro  wall  3 shells'
keys a
sees 'answer alpha'
sees '│ +nothing asks here: what you type goes to the shell as a line'
keys Esc Esc
sees '^ pyro  1 of 3 shown'
keys / C-u beta Enter
sees '^ [^ ]+ beta '
keys w
sees '^ pyro  wall  3 shells'
keys a
sees 'answer alpha'
keys Esc
gone 'answer alpha'

# The next that needs someone: what asks, then what failed, and again.
write alpha sh1 'printf "\033]133;D;3\007"'
sees "✗ alpha/sh1 .*failed"
keys '!' a
sees "│ +gamma/$asking"
keys Esc
gone 'answer gamma'
keys '!' a
sees 'answer alpha'
keys Esc
gone 'answer alpha'
keys '!' a
sees "│ +gamma/$asking"
keys yes Enter
check "it was typed" wait_for 60 said gamma "$asking" yes
sees '^ pyro  wall'
gone '\? 1 asks'
write alpha sh1 'printf "\033]133;D;0\007"'
gone 'failed'
keys '!'
sees 'no shell here needs you'
keys Esc
sees '^ pyro  1 of 3 shown'
keys Esc
sees '^ pyro  3 workspaces'

# The end of the question is there at any size, the command in one line above it where there is room.
ask() { # SHELL LINE
    write gamma "$1" "$2"
    sees '^ \? gamma '
    keys Home
    picked '^ \? gamma '
}
question='The following 14 packages will be removed: libone libtwo libthree libfour libfive libsix libseven libeight libnine libten libeleven libandmore libandsomemore libandthelast '
ask "$asking" "clear; sh -c 'printf \"$question libtwelve libthirteen libfourteen. Really delete them? (yes/no) \"; read x'"
for size in '160 45' '60 20' '40 10'; do
    drive resize $size
    keys a
    sees '^ *│ .*\(yes/no\) +│'
    sees '│ +one line; Enter types it'
    keys Esc
    gone 'answer gamma'
done
drive resize 160 45
keys a
sees "^ *│  gamma/$asking: sh -c printf .*… +│"
sees '^ *│  The following 14 packages will be removed: '
drive resize 40 10
sees '^│  ….* +│'
refute "the command makes room" drive shows '│  gamma/'
sees '^│  Really delete them\? \(yes/no\) +│'
drive resize 80 24
keys Esc
gone 'answer gamma'
"$PYRO" workspace shell signal gamma "$asking" --signal INT >/dev/null 2>&1
sees '^ ❯ gamma '
ask "$idle" "clear; python3 -c 'x=input(\"Overwrite /etc/some/where/file.conf with new version? (yes/no) \"); print(\"said-\" + x)'"
drive resize 40 10
keys a
sees "^│  gamma/$idle: python3 -c x=input"
sees '^│  Overwrite '
sees '^│  .*\(yes/no\) +│'
keys no Enter
check "it was typed" wait_for 60 said gamma "$idle" no
drive resize 80 24
sees '^ ❯ gamma '
keys q
ends "exit 0"
tui_finish
