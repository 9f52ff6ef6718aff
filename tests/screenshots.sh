#!/bin/bash
# tests/screenshots.sh: screenshots/*.svg and *.png, from the real program against real workspaces, whose shells do
# what shells of agents do. `make screenshots` runs it.
cd "$(dirname "$0")/.." && . tests/tui.sh

PICTURES=$PWD/screenshots
mkdir -p "$PICTURES"
SIZE=120x34

# picture NAME TITLE: of the screen as it is.
picture() {
    drive svg "$2" >"$PICTURES/$1.svg" && rsvg-convert --zoom 1.25 -o "$PICTURES/$1.png" "$PICTURES/$1.svg"
    check "picture of $1" test -s "$PICTURES/$1.png"
}

pyro() {
    "$PYRO" workspace "$@" 2>>"$TEST_DIR/pyro.log"
}

PROMPT='PS1="\[\e[1;32m\]\w\[\e[0m\] \$ "; unset PROMPT_COMMAND; clear'

# shell WORKSPACE [LINE]: opens one with a short prompt and types a line.
shell() {
    local id
    id=$(pyro shell open "$1" --cols 100 --rows 28 --id-only)
    pyro shell read "$1" "$id" --wait-for-prompt >/dev/null
    pyro shell write "$1" "$id" --input "$PROMPT"
    pyro shell read "$1" "$id" --wait-for-prompt >/dev/null
    [[ -z ${2:-} ]] || pyro shell write "$1" "$id" --input "$2"
}

# shown WORKSPACE SHELL TEXT: until its screen has the text.
shown() {
    pyro shell read "$1" "$2" --screen | grep -q -- "$3"
}

# tree WORKSPACE: this project's own sources as what it works on.
tree() {
    git archive HEAD vmm engine/shell Makefile README.md | pyro exec "$1" -- tar -x
    pyro exec "$1" -- sh -c 'git config --global user.name agent; git config --global user.email agent@example.com
        git init -q -b main . && git add -A && git commit -qm "Import" && sed -i "s/read/fetch/g" vmm/base/buf.c' >/dev/null
}

# This machine's vim, with its libraries and its colours, for the guest: both are Debian 12.
vim() {
    local files
    mapfile -t files < <(ldd /usr/bin/vim.basic | grep -o '/[^ :]*\.so[^ :]*' | sort -u)
    tar -ch --transform 's,^\(usr/\)\?lib/x86_64-linux-gnu/,opt/vim/,;s,^usr/bin/,opt/vim/,' /usr/bin/vim.basic \
        /usr/share/vim/vim90/{syntax,colors,autoload/dist,filetype.vim,defaults.vim} "${files[@]}" 2>/dev/null |
        pyro exec --timeout-seconds 120 "$1" -- sh -c 'tar -xC / && ln -s /opt/vim/vim.basic /usr/local/bin/vim &&
            printf "runtime defaults.vim\nset number background=dark\n" >~/.vimrc'
}

# --- nothing yet ---
tui $SIZE
sees 'No workspace yet'
picture first-run 'pyro tui'
keys q

# --- machines at work ---
pyro create debian:12 --name api --label team=core --id-only >/dev/null
pyro create debian:12 --name web --label team=front --id-only >/dev/null
pyro create debian:12 --name nightly --label team=core --id-only >/dev/null
pyro create debian:12 --name docs --id-only >/dev/null
pyro create debian:12 --name crawler --label team=data --id-only >/dev/null
pyro stop crawler >/dev/null
for w in api web; do tree $w; done
vim api
pyro service start api indexer -- sh -c 'echo indexing; exec sleep 4321' >/dev/null
pyro exec api -- git --no-pager log --oneline >/dev/null
pyro exec api -- sh -c 'exit 2' >/dev/null

shell api 'export LD_LIBRARY_PATH=/opt/vim VIM=/usr/share/vim; clear; vim vmm/base/buf.c'
wait_for 60 shown api sh1 'buf.c'
shell api 'git --no-pager diff --stat --color; git --no-pager diff --color | head -n 40'
shell web 'for i in $(seq 1 40); do printf "\e[32m✓\e[0m test %-28s \e[2m%3d ms\e[0m\n" "checkout/step-$i" $((i * 7 % 90)); done; printf "\e[1m40 passed\e[0m\n"'
shell web 'n=0; while [ $n -lt 64 ]; do n=$((n + 1)); printf "\rbuilding \e[34m[%-32s]\e[0m %3d%%" "$(printf "%*s" $((n / 2)) "" | tr " " "=")" $((n * 100 / 64)); done; while :; do :; done'
shell nightly 'printf "\e[31mFAIL\e[0m storage/replay_test: wanted 42 rows, got 41\n\e[33mwarning:\e[0m 3 tests were slow\n"; exit 1'
shell docs 'grep -rn --color=always PYRO /etc/os-release; uname -sr; df -h / | cat'
wait_for 60 shown web sh1 '40 passed'
wait_for 60 shown web sh2 '100%'

tui $SIZE api # the cursor is on it then
sees 'WATCHING +api/'
keys Esc
sees '5 workspaces'
sees 'preview'
sees '^ [^ ]+ web .* [0-9]+%'
picture list 'pyro tui'
keys '?'
sees 'Navigate'
picture help 'pyro tui: ?'
keys q
gone 'Navigate'
keys :
sees 'run a command'
keys 'snap'
sees 'workspace snapshot create'
picture palette 'pyro tui: :'
keys Esc
gone 'run a command'

keys q

shell docs 'i=0; while :; do i=$((i + 1)); printf "\e[36mcrawled\e[0m %4d pages, \e[2m%s\e[0m\n" $i "$(date +%T)"; sleep 1; done'
tui 150x40
sees '5 workspaces'
keys w
sees 'wall'
sees 'docs/sh2'
sees 'crawled'
picture wall 'pyro tui: w'
keys Esc
sees '5 workspaces'

tui $SIZE api/sh1
sees 'WATCHING +api/sh1'
keys i
sees '^ CONTROL'
sees '^ +31 ' # it is drawn at the new size
picture attach 'pyro tui api/sh1'
keys C-]
sees 'WATCHING'
tui_finish
