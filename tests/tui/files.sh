#!/bin/bash
# The files of a workspace: directories one at a time, a file in the pager with search, a copy on the host; and that
# names and texts of the guest's cannot do anything to the terminal.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace work >/dev/null
"$PYRO" workspace exec work -- sh -c '
    mkdir -p src/deep empty && echo "int main" >src/main.c && echo deepest >src/deep/file
    seq -f "line %g of it" 1 300 >long.txt && printf "tab\tstop \033[31mred\033[0m caf\303\251\n" >odd.txt
    printf "x%.0s" $(seq 1 200) >wide.txt && echo " rightmost" >>wide.txt && : >nothing.txt
    printf "\000\001\377" >binary && ln -s /etc/passwd link && mkfifo fifo && touch "$(printf "a\033[2Jb")"
    head -c 1500000 /dev/zero | tr "\000" "y" >big.txt' >/dev/null 2>&1

tui
sees '^ [^ ]+ work .*started'
keys f
sees '^ work /workspace'
sees '^ drwx.* src/$'
sees '^ lrwx.* link → /etc/passwd'
sees 'a\\x1b\[2Jb'
sees '^ -rw.* 1\.[0-9]M .* big.txt'
is "directories come first" "$(drive text | sed -n "3s/ *$//;3s/.* //p")" "empty/"

# Down and up again: the cursor comes back to where it was.
keys j Enter
sees '^ work /workspace/src$'
sees '^ drwx.* deep/$'
keys Enter
sees '^ work /workspace/src/deep$'
sees '^ -rw.* 8B .* file$'
keys BSpace
sees '^ work /workspace/src$'
keys h
sees '^ work /workspace$'
keys Enter
sees '^ work /workspace/src$'
keys G Enter
sees '^ /workspace/src/main.c '
sees '^int main'
sees '1–1 of 1'
keys Esc
sees '^ work /workspace/src$'
keys Left
sees '^ work /workspace$'

# Anything else than a file says so.
open_named() { # NAME: moves to it from the top, and opens it
    local steps
    sees '^ work /workspace'
    sees " $1"
    keys g
    steps=$(($(place " $1" | cut -d' ' -f1) - 3))
    while [[ $((steps--)) -gt 0 ]]; do keys j; done
    keys Enter
}
# A directory of 20,000 is as one of three.
"$PYRO" workspace exec work -- sh -c 'mkdir many && cd many && seq -f "file-%05g" 1 20000 | xargs touch' >/dev/null 2>&1
keys r
sees '^ drwx.* many/$'
open_named many/
sees '^ work /workspace/many$'
sees '^ -rw.* 0B .* file-00001'
keys / '/-1999[0-9]$/' Enter j # the row below the first: all of it has been read
picked 'file-19991'
gone 'file-00001'
keys Esc
sees 'file-00001'
keys G
sees 'file-20000'
keys PgUp PgUp k
gone 'file-20000'
keys g
sees 'file-00001'
keys h
sees '^ work /workspace$'
"$PYRO" workspace exec work -- rm -r many >/dev/null 2>&1
keys r
gone 'many/'

open_named link
sees 'a link to /etc/passwd: links are not followed'
open_named fifo
sees 'is not a file that can be read'
open_named binary
sees 'binary.*(UTF-8|text)'
open_named nothing.txt
sees 'It is empty'
keys q

# The pager: search both ways, round the end, and what is not there.
open_named long.txt
sees '^line 1 of it'
sees '1–22 of 300'
keys / 'LINE 2' Enter
sees "'LINE 2' is not there"
keys / 'line 2' Enter
sees '^line 2 of it'
keys n
sees '^line 20 of it'
gone '^line 19 of it'
keys N
sees '^line 2 of it'
keys N
sees 'past the beginning'
sees '^line 299 of it'
keys G
sees '280–300 of 300'
keys / 'line 300' Enter
keys n
sees 'past the end'
keys / 'line 2' Enter
keys g
sees '^line 1 of it'
keys PgDn
sees '^line 21 of it'
keys PgUp
sees '^line 1 of it'
keys j j k
sees '2–22 of 300'
wheel down 10 10
sees '5–25 of 300'
wheel up 10 10
sees '2–22 of 300'
keys / xyz
sees '^ /xyz'
keys Esc
gone '^ /xyz'
keys Esc

# Tabs, escapes, long lines, and more than is shown.
open_named odd.txt
sees '^tab     stop \\x1b\[31mred\\x1b\[0m café'
keys q
open_named wide.txt
sees '^x+…$' # there is more of it
gone rightmost
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do keys Right; done
sees '^x+ rightmo'
keys Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left
gone rightmost
keys q
open_named big.txt
sees 'the first MiB of 1\.[0-9]M'
keys Esc

# Out: where nothing is yet, and not over what is there.
open_named nothing.txt
sees 'It is empty'
keys q
keys e
sees 'export /workspace/nothing.txt'
keys "$TEST_DIR/out.txt" Enter # over the name that is offered
sees 'is now .*out.txt'
check "the copy is there" test -f "$TEST_DIR/out.txt"
keys e
sees 'export /workspace/nothing.txt'
keys C-u "$TEST_DIR/out.txt" Enter
sees '│ .*out.txt.*(exists|there already|is there)'
sees 'export /workspace/nothing.txt' # with what was typed
keys 2 Enter
sees 'is now .*out.txt2'
gone 'export /workspace/nothing.txt'
check "the corrected path was taken" test -f "$TEST_DIR/out.txt2"
keys e
sees 'export /workspace/nothing.txt'
keys Esc
gone 'export /workspace/nothing.txt'

# The mouse: a click selects, two open; the wheel scrolls.
click ' src/'
double_click ' src/'
sees '^ work /workspace/src$'
"$PYRO" workspace exec work -- touch src/new >/dev/null 2>&1
keys r
sees '^ -rw.* 0B .* new$'
keys Esc
sees '^ [^ ]+ work .*started'

# A workspace that is deleted meanwhile.
keys f
sees '^ work /workspace'
sees 'long\.txt'
"$PYRO" workspace delete work >/dev/null 2>&1
sees 'deleted'
keys Enter
sees 'no workspace'
keys q
sees 'No workspace yet'
keys q
ends "exit 0"
tui_finish
