#!/bin/bash
# What a program types into a shell is what arrives: TABs, exclamation marks, commands that would
# open a pager or an editor, Enter in raw mode, pastes; and how a shell is opened and closed.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

shell() {
    local verb=$1
    shift
    run "$PYRO" workspace shell "$verb" w "$@"
}

# type ID TEXT…: types it (with what flags follow) and reads what it gave up to the prompt.
type() {
    local id=$1 text=$2
    shift 2
    shell read "$id" --json
    from=$(json .next_cursor)
    shell write "$id" --input "$text" "$@" --json
    is "write: $text" "$status" 0
    pasted=$(json .pasted)
    shell read "$id" --plain --wait-for-prompt --cursor "$from" --json
    output=$(json .output)
}

# start TEXT: types a line whose command prints "go", and waits for that only.
start() {
    shell read sh1 --json
    from=$(json .next_cursor)
    shell write sh1 --input "$1"
    wait_for 60 goes
}
goes() {
    "$PYRO" workspace shell read w sh1 --plain --cursor "$from" 2>/dev/null | grep -qx 'go'
}

inside() {
    "$PYRO" workspace exec w -- "$@" 2>/dev/null
}

id=$("$PYRO" workspace create debian:12 --name w --id-only 2>/dev/null)
shell open --json
is "opened at its prompt" "$(json .at_prompt)" true
is "… which can be read at once" "$("$PYRO" workspace shell read w sh1 --plain 2>/dev/null)" "root@w:/workspace# "

# ---- what is typed is what arrives ----

inside mkdir many
type sh1 $'cat > Makefile <<\'EOF\'\nall:\n\techo hi\nEOF'
is "a TAB in a heredoc" "$(inside cat Makefile)" $'all:\n\techo hi'
type sh1 $'cat > data.tsv <<\'EOF\'\nname\tcount\nman\t3\nEOF'
is "a TAB where completion would find something" "$(inside cat data.tsv)" $'name\tcount\nman\t3'
type sh1 $'sleep 1\ncat > ahead <<E\na\tb\nE'
is "a TAB typed ahead" "$(inside cat ahead)" $'a\tb'
type sh1 'echo "Hello!" "!!" !x'
like "an exclamation mark" "$output" $'\nHello! !! !x\n'
inside sh -c 'git init -q /tmp/g && cd /tmp/g && git config user.email a@b && git config user.name n &&
    git commit -q --allow-empty -m "first$(echo; seq 40)"'
type sh1 'cd /tmp/g; git log --format=%B; echo pagers: $PAGER $GIT_PAGER $MANPAGER $SYSTEMD_PAGER'
like "git log comes whole" "$output" $'\nfirst\n.*\n40\n+pagers: cat cat cat cat\n'
type sh1 'git commit --allow-empty --amend; git log --format=%s -1'
like "git's editor" "$output" $'\nfirst 1 2 '
type sh1 'cd /workspace'

inside sh -c 'printf "set bell-style none\n\"\\C-x\\C-y\": \"echo mine\"\n" >~/.inputrc'
shell open
type sh2 $'\x18\x19'
like "the user's own readline settings stay" "$output" $'\nmine\n'
inside sh -c 'rm ~/.inputrc'

shell open --interactive --json
is "a person's shell is not waited for" "$(json .at_prompt)" null
shell read sh3 --wait-for-prompt
type sh3 'echo "[$PAGER$GIT_EDITOR$INPUTRC]" $-'
like "… and has a person's settings" "$output" $'\n\\[\\] himBHs\n'
type sh3 $'cat mak\t\x15echo' --no-newline
shell write sh3 --input ' done'
shell read sh3 --plain --wait-for-prompt
like "… completion too" "$out" 'done'

# ---- Enter ----

start 'stty raw -echo; echo go; head -c 4 | od -An -tx1; stty sane'
shell write sh1 --input $'a\nb'
shell read sh1 --plain --wait-for-prompt --cursor "$from"
like "Enter is CR where the terminal is raw" "$out" '61 0d 62 0d'
start 'stty raw -echo; echo go; head -c 4 | od -An -tx1; stty sane'
shell write sh1 --input $'a\nb\n' --no-newline
shell read sh1 --plain --wait-for-prompt --cursor "$from"
like "… and bytes without a newline are as they are" "$out" '61 0a 62 0a'
start 'echo go; head -c 4 | od -An -tx1'
shell write sh1 --input $'a\nb'
shell read sh1 --plain --wait-for-prompt --cursor "$from"
like "… and LF where it edits lines" "$out" '61 0a 62 0a'
type sh1 $'read -r a; read -r b; echo "[$a$b]"\none\ntwo'
like "what is typed with the command that reads it" "$output" $'\n\\[onetwo\\]\n'

# ---- pastes ----

type sh1 $'echo one\necho two' --paste
is "bash takes a paste" "$pasted" true
like "… as one" "$output" $'\none\ntwo\n'
type sh1 $'echo x\e[201~y\e[20\e[200~1~z' --paste
is "a paste with its own end inside: status" "$status" 0
like "… cannot end it" "$output" $'\nxyz\n'
type sh1 'cat >pasted' --no-newline
shell write sh1 --input ''
shell write sh1 --input $'plain\nlines' --paste --json
is "what takes no paste gets lines" "$(json .pasted)" false
shell write sh1 --input $'\x04' --no-newline
shell read sh1 --plain --wait-for-prompt
is "… all of them" "$(inside cat pasted)" $'plain\nlines'
like "pasted in the summary" "$(shell write sh1 --input true --paste && echo "$err")" ' pasted=True '

# ---- open and close ----

shell open --max-wait-ms 0 --json
is "open: at once" "$(json .at_prompt)" null
inside sh -c 'echo "exit 3" >~/.bashrc'
shell open --max-wait-ms 600000 --json
is "open: a shell that ends" "$status $(json .state) $(json .exit_code) $(json .at_prompt)" "0 stopped 3 false"
inside sh -c 'echo "sleep 1000" >~/.bashrc'
shell open --max-wait-ms 300
is "open: a shell that does not come to its prompt" "$status" 0
like "… says so" "$err" ' at_prompt=False '
inside sh -c 'rm ~/.bashrc'

type sh1 "exec sh -c 'trap \"echo bye >hup; exit 5\" HUP; echo trapped; while :; do sleep 1; done'" --no-newline
shell write sh1 --input ''
wait_for 60 eval '"$PYRO" workspace shell read w sh1 --plain 2>/dev/null | grep -qx trapped'
shell close sh1 --json
is "close: HUP first" "$(json .state) $(json .exit_code) $(inside cat hup)" "stopped 5 bye"
shell write sh2 --input "trap '' HUP; echo deaf; sleep 1000"
wait_for 60 eval '"$PYRO" workspace shell read w sh2 --plain 2>/dev/null | grep -qx deaf'
shell close sh2 --json
is "close: KILL for what does not hear it" "$(json .state) $(json .exit_code)" "stopped 137"
"$PYRO" workspace delete w >/dev/null 2>&1
finish
