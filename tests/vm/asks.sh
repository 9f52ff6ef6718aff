#!/bin/bash
# A program that waits at its terminal for input is known, from the guest's kernel: in the shell's and the
# workspace's attention, and by a read that waits for it. What merely runs never counts.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

first_of() { # MEMBER PATH COMMAND…: of the first of a list
    json ".$1[0].$2" "$("$PYRO" workspace "${@:3}" --json)"
}
attention() { # WORKSPACE: the workspace's, and its first shell's
    first_of workspaces attention.state list
    first_of shells attention.state shell list "$1"
}
attention_is() { # WORKSPACE STATE
    [[ $(attention "$1") == "$2"$'\n'"$2" ]]
}
type_line() { # WORKSPACE LINE
    "$PYRO" workspace shell write "$1" sh1 --input "$2" >/dev/null 2>&1
}
# What was typed has not been read yet, or has: a read waits for what comes of it.
read_input() { # WORKSPACE
    run "$PYRO" workspace shell read "$1" sh1 --plain --json --cursor "$cursor" --wait-for-input --max-wait-ms 240000
    cursor=$(json .next_cursor)
}
interrupt() { # WORKSPACE
    "$PYRO" workspace shell signal "$1" sh1 >/dev/null 2>&1
    read_input "$1"
    is "… and then the prompt" "$(json .at_prompt) $(json .asks)" "true false"
}

# asks WORKSPACE LINE PATTERN [TEXT]: the line starts a program that asks, after printing the pattern.
asks() {
    type_line "$1" "$2"
    read_input "$1"
    is "asks: $2" "$(json .asks)" true
    like "… with all it printed" "$(json .output)" "$3"
    wait_for 60 attention_is "$1" asks
}

in_a_vm() {
    local cursor=0
    "$PYRO" workspace create debian:12 --name w >/dev/null 2>&1
    "$PYRO" workspace shell open w --interactive >/dev/null 2>&1
    read_input w
    is "a shell at its prompt" "$(json .at_prompt) $(json .asks)" "true false"
    wait_for 60 attention_is w waits

    asks w 'bash -c "read -p \"Go on? \" x; echo got-\$x"' 'Go on\? $'
    run "$PYRO" workspace list --json
    is "the source" "$(json '.workspaces[0].attention.source.kind') $(json '.workspaces[0].attention.source.id')" "shell sh1"
    like "the text" "$(json '.workspaces[0].attention.text')" '^bash -c read -p'
    run "$PYRO" workspace list
    like "a person is told" "$out" "started +asks "
    run "$PYRO" workspace shell list w
    like "… of the shell too" "$out" $'\n'"sh1 +running +asks "
    type_line w yes
    read_input w
    is "answered" "$(json .at_prompt) $(json .asks)" "true false"
    like "… with the answer" "$(json .output)" 'got-yes'

    asks w 'read -p "The shell asks: " x' 'The shell asks: $' # a builtin: the shell itself
    interrupt w
    asks w 'cat' 'cat'
    interrupt w
    asks w 'apt-get remove git' '\[Y/n\] $'
    interrupt w
    asks w 'su nobody -s /usr/bin/perl -- -e "print qq(Name: ); <STDIN>"' 'Name: $'
    interrupt w
    asks w 'stty -echo; bash -c "read -p Password: x </dev/tty"; stty echo' 'Password:$' # at /dev/tty, without echo
    type_line w secret
    read_input w
    is "… and then the prompt" "$(json .at_prompt) $(json .asks)" "true false"
    asks w 'passwd' 'New password: $'
    type_line w one
    read_input w
    is "… asks again" "$(json .asks)" true
    type_line w two
    read_input w
    is "… and then the prompt" "$(json .at_prompt) $(json .asks)" "true false"
    asks w 'git init -q r; cd r; echo a >f; git add f; git -c user.name=a -c user.email=a@b commit -qm a; echo b >>f; git add -p' \
        '\?\]\? $'
    interrupt w
    asks w 'more /etc/login.defs' 'More'
    interrupt w
    asks w 'script -qc "bash -c \"read -p inner? x\"" /dev/null' 'inner\?$' # a relay
    type_line w q
    read_input w
    is "… and then the prompt" "$(json .at_prompt) $(json .asks)" "true false"

    # A shell in the shell waits, and does not ask.
    type_line w 'bash'
    read_input w
    is "a second shell" "$(json .at_prompt) $(json .asks)" "false false"
    wait_for 60 attention_is w waits
    type_line w 'exit'
    read_input w
    is "… and the first again" "$(json .at_prompt)" true

    # What runs: its own end comes, and until then nothing else.
    for line in 'sleep 8' 'script -qc "sleep 8" /dev/null' 'timeout 8 tail -f /etc/passwd' \
        'perl -e "select(undef, undef, undef, 8)"'; do
        type_line w "$line; echo ran-\$((40 + 2))"
        read_input w
        is "runs: $line" "$(json .at_prompt) $(json .asks)" "true false"
        like "… to its end" "$(json .output)" 'ran-42'
    done

    # One that begins to wait in silence, long after it was started.
    asks w 'bash -c "sleep 6; read x"' 'read x'

    # The supervisor is killed meanwhile: the next one is told by the guest.
    kill_process "$(supervisor_of "$(first_of workspaces workspace_id list)")"
    read_input w
    is "asks after the supervisor was killed" "$(json .asks)" true
    wait_for 60 attention_is w asks
    "$PYRO" workspace stop w >/dev/null 2>&1
    is "what is stopped asks no more, nor does its shell" "$(attention w)" $'none\nnone'
    "$PYRO" workspace delete w >/dev/null
}

# Of several shells the one that asks is the workspace's.
several_shells() {
    PYRO_QEMU=/nothing/such "$PYRO" workspace create --allow-host-compat debian:12-base --name h >/dev/null 2>&1
    "$PYRO" workspace shell open h >/dev/null 2>&1
    "$PYRO" workspace shell open h >/dev/null 2>&1
    "$PYRO" workspace shell write h sh2 --input cat >/dev/null 2>&1
    run "$PYRO" workspace shell read h sh2 --json --wait-for-input --max-wait-ms 240000
    is "on the host too" "$(json .asks)" true
    wait_for 60 source_is sh2
    "$PYRO" workspace shell close h sh2 >/dev/null 2>&1
    wait_for 60 source_is sh1
    "$PYRO" workspace delete h >/dev/null
}
source_is() {
    [[ $(first_of workspaces attention.source.id list) == "$1" ]]
}

scene in_a_vm
scene several_shells
finish
