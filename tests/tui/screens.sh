#!/bin/bash
# Every screen, compared with its file in tests/tui/screens: what an operator sees, to be read in a change's diff.
# `make check-tui ONLY=screens.sh UPDATE=1` writes the files again.
# run: first
cd "$(dirname "$0")/../.." && . tests/tui.sh

write() { # SHELL LINE: types it at the shell's prompt
    "$PYRO" workspace shell read alpha "$1" --wait-for-prompt >/dev/null 2>&1
    "$PYRO" workspace shell write alpha "$1" --input "$2" >/dev/null 2>&1
}

# help_of NAME: the keys of what is on top.
help_of() {
    keys F1
    screen "help-$1"
    keys Esc
    gone 'Esc close'
}

# figures: of every workspace are there; a share of a processor takes two looks.
figures() {
    sees '^ [^ ]+ alpha .*[0-9]%'
    sees '^ [^ ]+ machine .*[0-9]%'
}

# resized COLS ROWS: the whole of it is drawn again.
resized() {
    drive resize "$1" "$2"
}

# --- nothing yet ---
tui
screen first-run
resized 40 10
screen first-run-small
resized 80 24
keys c
sees 'new workspace'
screen form
resized 40 10
screen form-small
keys Up
screen form-small-end
resized 80 24
keys Tab Tab 'not good' Enter
screen form-wrong
keys Esc
gone 'new workspace'
keys q
ends "exit 0"

# --- workspaces at work ---
mkdir "$TEST_DIR/seed" "$TEST_DIR/seed/src"
printf 'one\ntwo\nthree\n' >"$TEST_DIR/seed/kept"
printf 'int main(void)\n{\n\treturn 0;\n}\n' >"$TEST_DIR/seed/src/main.c"
touch -d 2024-02-03 "$TEST_DIR"/seed/{kept,src/main.c,src}
"$PYRO" workspace create debian:12-base --name machine --seed-path "$TEST_DIR/seed" >/dev/null 2>&1
host_workspace alpha --label team=core --label role=web >/dev/null
host_workspace beta >/dev/null
"$PYRO" workspace stop beta >/dev/null 2>&1
a=$(shell_of alpha 60 12)
b=$(shell_of alpha 60 12)
write "$a" 'echo compiled; sleep 4321'
write "$b" 'printf "\033[1;32mgreen\033[m 漢字 e\314\201\n"; cat'
"$PYRO" workspace exec alpha -- sh -c 'exit 7' >/dev/null 2>&1
"$PYRO" workspace service start alpha web --ready-file up -- sh -c 'echo served; touch up; exec sleep 4322' >/dev/null 2>&1
"$PYRO" workspace service start alpha bad -- sh -c 'echo no >&2; exit 3' >/dev/null 2>&1

tui
sees '3 workspaces'
keys s g
sees '^╭ alpha '
sees '^ pyro .*\? 1 ' # cat, once it is silent
keys w
screen wall
resized 40 10
screen wall-small
resized 80 24
screen wall # what help covers is drawn before
help_of wall
keys Esc
figures
screen list
keys Tab
screen details
resized 40 10
screen details-small
keys Tab
screen list-small
resized 140 30
screen list-wide
resized 80 24
keys Space Space
sees '2 marked'
keys d
screen confirm-marked
keys n
gone 'Delete these'
keys Esc
gone 'marked'
keys / team=core
screen filter
keys Esc
sees '3 workspaces'
help_of list
keys F1 G
screen help-list-end
resized 40 10
keys g
screen help-small
keys Esc
gone 'Esc close'
keys :
keys snap
screen palette-small
keys Esc
gone 'run a command'
resized 80 24

keys :
sees 'run a command'
keys 'snap'
screen palette
help_of palette
keys Esc
gone 'run a command'

figures
keys g Enter
sees 'shells of alpha'
screen choice
help_of choice
keys j Enter
screen shell
resized 40 10
screen shell-small
resized 80 24
help_of shell
keys C-k
sees 'signal to'
screen signal
keys Esc
gone 'signal to'
keys C-x
screen confirm-close
help_of confirm
keys n
gone 'Close '
keys Esc
sees '3 workspaces'

keys S
screen services
resized 40 10
screen services-small
resized 80 24
help_of services
keys c
sees 'new service'
screen form-service
help_of form
keys Esc
gone 'new service'
keys G Enter
screen service-log
help_of pager
keys Esc
sees 'pyro  services'
keys Esc
sees '3 workspaces'

# --- what is in one, a real machine ---
"$PYRO" workspace snapshot create machine first >/dev/null 2>&1
"$PYRO" workspace exec machine -- sh -c 'sed -i s/two/2/ kept; seq 1 3 >new; printf "\000\377" >blob' >/dev/null 2>&1
keys / machine Enter
sees '^╭ machine '
keys f
screen files
resized 40 10
screen files-small
resized 80 24
help_of files
keys G e
screen ask
help_of ask
keys Esc
gone 'Where on this host'
keys Esc
sees '^╭ machine '
keys D
sees '^ diff of machine'
screen diff
resized 40 10
screen diff-small
resized 80 24
keys q
sees '^╭ machine '
keys n
screen snapshots
resized 40 10
screen snapshots-small
resized 80 24
help_of snapshots
keys Esc
sees '^╭ machine '
keys L
sees 'pyro  log'
help_of log
keys Esc
sees '^╭ machine '
keys q
ends "exit 0"
tui_finish
