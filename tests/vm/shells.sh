#!/bin/bash
# Shells on a real machine: bash at its prompt, output by cursor, several shells at once, signals,
# progress bars and long lines, and a supervisor that is killed in the middle of a flood.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

shell() {
    local verb=$1
    shift
    run "$PYRO" workspace shell "$verb" w "$@"
}

# ask ID TEXT: types a line and reads what it gave, from where the last read of the shell ended.
declare -A cursor
ask() {
    local id=$1
    "$PYRO" workspace shell write w "$id" --input "$2" 2>/dev/null || fail "write to $id: $2"
    shell read "$id" --plain --wait-for-prompt --cursor "${cursor[$id]:-0}" --json
    cursor[$id]=$(json .next_cursor)
}

id=$("$PYRO" workspace create debian:12 --name w --id-only 2>/dev/null)
directory=$XDG_DATA_HOME/pyro/workspaces/$id
shell list
is "no shells" "$out" "No shells."
shell open
is "open: status" "$status" 0
is "open: stdout" "$out" ""
is "open: summary" "$err" "[workspace-shell-open] workspace_id=$id shell_id=sh1 state=running cwd=/workspace cols=120 rows=30 at_prompt=True execution_mode=guest_vm"
shell read sh1 --plain --wait-for-prompt
is "read: status" "$status" 0
is "read: the prompt" "$out" "root@w:/workspace# "
like "read: summary" "$err" "^\[workspace-shell-read\] workspace_id=$id shell_id=sh1 state=running cursor=0 next_cursor=[0-9]+ truncated=False plain=True at_prompt=True execution_mode=guest_vm$"
shell write sh1 --input 'echo a-$((6 * 7))' --json
is "write: input_length" "$(json .input_length)" 17
is "write: append_newline" "$(json .append_newline)" true
shell read sh1 --plain --wait-for-prompt # a guest that is slow may pause before its output
shell read sh1 --plain --wait-for-idle-ms 300
is "read: waits for idle" "$out" "root@w:/workspace# echo a-\$((6 * 7))
a-42
root@w:/workspace# "
like "read: wait_for_idle_ms in the summary" "$err" ' plain=True wait_for_idle_ms=300 execution_mode='
shell read sh1 --json
like "raw: escape sequences stay" "$(json .output)" $'\e\\[\\?2004h'
cursor[sh1]=$(json .next_cursor)
shell read sh1 --cursor "${cursor[sh1]}" --json
is "at the end: nothing" "$(json .output)" ""
is "at the end: next_cursor" "$(json .next_cursor)" "${cursor[sh1]}"
is "not asked: at_prompt" "$(json .at_prompt)" null
shell read sh1 --max-chars 4 --cursor 8 --json
is "max-chars" "$(json .output)$(json .truncated)$(json .next_cursor)" "roottrue12"

ask sh1 'sleep 2; echo slow'
is "a slow command is waited for" "$(json .at_prompt)" true
like "… to its end" "$(json .output)" $'\nslow\nroot@w:/workspace# $'
# A loop of builtins keeps bash itself in the foreground: that is not a prompt.
ask sh1 'for ((i = 0; i < 30000; i++)); do :; done; echo looped; x=$(sleep 1); echo $?'
like "builtins and substitutions are waited for" "$(json .output)" $'\nlooped\n0\nroot@w:/workspace# $'
ask sh1 'read -p "name? " name'
is "read waits at the terminal" "$(json .at_prompt)" true
ask sh1 'J. Doe'
"$PYRO" workspace shell write w sh1 --input 'sleep 1000' 2>/dev/null
shell read sh1 --wait-for-prompt --max-wait-ms 500 --json
is "not at a prompt" "$(json .at_prompt)" false
sleeps() { grep -q '"foreground": *"sleep 1000"' "$directory/shells/sh1.json"; }
wait_for 60 sleeps # an INT that comes before is the prompt's
shell signal sh1
is "signal: status" "$status" 0
like "signal: summary" "$err" '^\[workspace-shell-signal\] .* state=running '
shell read sh1 --plain --wait-for-prompt --cursor "${cursor[sh1]}"
is "INT interrupts what runs" "$out" $'sleep 1000\n\nroot@w:/workspace# '
ask sh1 'echo $?:$name'
like "… and the shell knows" "$(json .output)" $'\n130:J. Doe\n'
ask sh1 $'sleep 1000\x03echo typed'
like "Ctrl-C can be typed" "$(json .output)" $'\ntyped\n|echo typed'

ask sh1 'for i in 1 2 3; do printf "\rprogress %d of 3" $i; sleep 0.1; done; echo'
like "a progress bar leaves its end" "$(json .output)" $'\nprogress 3 of 3\nroot@w'
long=$(printf 'x%.0s' {1..200})
ask sh1 "echo $long | wc -c"
is "a line of 200 columns comes back as one" "$(json .output)" "echo $long | wc -c
201
root@w:/workspace# "
shell resize sh1 --cols 40 --rows 12
is "resize: status" "$status" 0
like "resize: summary" "$err" '^\[workspace-shell-resize\] .* cols=40 rows=12 '
ask sh1 'stty size; echo $COLUMNS'
like "resize: the program knows" "$(json .output)" $'\n12 40\n40\n'
ask sh1 'printf "\0a\377b\n"'
like "NUL and bytes that are not UTF-8 come out as text" "$(json .output)" $'\na\xef\xbf\xbdb\n'
ask sh1 $'printf %s \xff\xfe| od -An -tx1'
like "… and go in as they are" "$(json .output)" ' ff fe'
shell read sh1 --screen --json
is "screen: rows" "$(json .screen.rows | tr -cd ',' | wc -c)" 11
like "screen: cursor" "$(json .screen.cursor)" '"col": 19'
is "screen: alt_screen" "$(json .alt_screen)" false
"$PYRO" workspace shell write w sh1 --input $'tput smcup; printf "\\e[5;3Hfull screen"; cat' 2>/dev/null
drawn() {
    shell read sh1 --screen --json
    [[ $(json .screen.rows[4]) == '  full screen' ]]
}
wait_for 60 drawn
is "alternate screen: flag" "$(json .alt_screen)" true
like "alternate screen: row 4" "$(json .screen.rows[4])" '^  full screen'
shell read sh1 --plain
refute "alternate screen: not in plain text" grep -q '^  full screen' <<<"$out"
# It dies there: the shell that waits is on the main screen again, in every rendering.
shell signal sh1
shell read sh1 --plain --wait-for-prompt --json
is "a program that died on the alternate screen: it is left" "$(json .at_prompt) $(json .alt_screen)" "true false"
shell read sh1 --screen --json
is "… in the picture too" "$(json .alt_screen)" false
refute "… which has nothing of it" grep -q 'full screen$' <<<"$(json .screen.rows)"
ask sh1 'echo back'
like "… and what comes then is text" "$(json .output)" $'echo back\nback\n'

# Several at once, each with an exit code of its own.
b=$("$PYRO" workspace shell open w --cwd /tmp --id-only 2>/dev/null)
c=$("$PYRO" workspace shell open w --cols 100 --rows 40 --id-only 2>/dev/null)
is "ids" "$b $c" "sh2 sh3"
ask "$b" ''
ask "$b" 'pwd; exit 3'
is "opened in another directory" "$(json .output)" $'pwd; exit 3\n/tmp\nexit'
is "an ended shell: state" "$(json .state) $(json .exit_code) $(json .at_prompt)" "stopped 3 false"
shell write "$c" --input 'kill -TERM $$; kill -9 $$'
shell read "$c" --wait-for-prompt --json
is "a killed shell: exit code" "$(json .exit_code)" 137
shell write "$b" --input x
is "write to an ended shell: status" "$status" 1
like "write to an ended shell: why" "$err" "shell 'sh2' has ended"
shell resize "$b" --cols 20 --json
is "resize an ended shell" "$(json .error.code)" shell_state
shell close "$b" --json
is "close an ended shell: as it was" "$(json .exit_code)" 3
shell list --json
is "list: count" "$(json .count)" 3
is "list: states" "$(json .shells[0].state)$(json .shells[1].state)$(json .shells[2].state)" runningstoppedstopped

shell open --cwd /nowhere --json
is "a directory that is not there" "$status $(json .error.code)" "1 guest_error"
like "… is named" "$(json .error.message)" /nowhere
shell read sh77 --json
is "no such shell" "$(json .error.code)" shell_not_found
shell read sh1 --cursor 99999999 --json
is "a cursor past the end" "$status $(json .error.code)" "1 shell_state"
shell read sh1 --cursor -1
is "a negative cursor: status" "$status" 2
shell read sh1 --max-chars 0
is "no characters: status" "$status" 2
shell read sh1 --plain --screen
is "plain and screen: status" "$status" 2
shell resize sh1
is "resize to nothing: status" "$status" 2

# A flood, and its supervisor killed twice in the middle.
supervisor() {
    fuser "$directory/lock" 2>/dev/null | tr -d ' '
}
# A read of any shell takes the machine up again, once the old supervisor's lock is free.
taken_up_after() {
    local now
    shell read sh1 --json
    now=$(supervisor) # asked once: the old one may go between two questions
    [[ $status -eq 0 && -n $now && $now != "$1" ]]
}
log_is_over() {
    [[ $(stat -c %s "$directory/shells/sh4.log" 2>/dev/null || echo 0) -gt $1 ]]
}
shell open --id-only
"$PYRO" workspace shell write w sh4 --input 'seq 1000000 1400000' 2>/dev/null
for size in 200000 1200000; do
    wait_for 60 log_is_over $size
    old=$(supervisor)
    kill_process "$old"
    wait_for 30 taken_up_after "$old" && pass "the machine is taken up again"
done
shell read sh4 --wait-for-prompt --max-wait-ms 100000 --max-chars 60000000 --json
is "the flood is over" "$(json .at_prompt)" true
check "no byte is lost, none doubled" cmp <(seq 1000000 1400000) \
    <(sed 's/\x1b\[?2004l//; s/\r//g' "$directory/shells/sh4.log" | grep -a '^1[0-9]*$')
ask sh1 'echo still $BASH_VERSION'
like "other shells live on" "$(json .output)" 'still 5'

shell close sh4
is "close: status" "$status" 0
like "close: summary" "$err" '^\[workspace-shell-close\] .* shell_id=sh4 state=stopped .* exit_code=129 '
"$PYRO" workspace stop w >/dev/null
shell read sh1 --plain
like "readable after stop" "$out" 'still 5'
shell list --json
like "all have ended" "$(json .shells[0].state)$(json .shells[0].exit_code)" "^stopped(129|null)$"
shell write sh1 --input x --json
is "write after stop" "$(json .error.code)" shell_state
shell open --json
is "open after stop" "$(json .error.code)" workspace_state
"$PYRO" workspace start w >/dev/null
shell open --id-only
is "numbers are not used again" "$out" sh5
ask sh5 ''
"$PYRO" workspace shell write w sh5 --input 'stty raw -echo; echo ready; head -c 120000 | md5sum; stty sane' 2>/dev/null
is_ready() {
    "$PYRO" workspace shell read w sh5 --plain 2>/dev/null | grep -q ^ready
}
wait_for 30 is_ready
"$PYRO" workspace shell write w sh5 --input "$(printf '%0120000d' 7)" --no-newline 2>/dev/null
shell read sh5 --plain --wait-for-prompt
like "a write of 120000 bytes comes in whole" "$out" "$(printf '%0120000d' 7 | md5sum)"

kill_process "$(json .vm_pid "$(cat "$directory/workspace.json")")"
has_stopped() {
    shell read sh5 --json
    [[ $(json .state) == stopped ]]
}
wait_for 30 has_stopped && pass "a crash of the VM ends its shells"
like "… and their output stays" "$(json .output)" ready
shell write sh5 --input x --json
is "… and nothing can be written" "$(json .error.code)" shell_state

# A machine without bash, and a bash that ends at once.
"$PYRO" workspace start w >/dev/null 2>&1
exec_w() { "$PYRO" workspace exec w -- sh -c "$1" 2>/dev/null; }
exec_w 'mv /bin/bash /bin/bash.away'
plain=$("$PYRO" workspace shell open w --id-only)
shell write "$plain" --input 'echo "$SHELL"'
shell read "$plain" --plain --wait-for-prompt
like "no bash: sh is the shell" "$out" $'\n/bin/sh\n'
shell close "$plain"
exec_w 'mv /bin/bash.away /bin/bash; echo "echo dying; exit 3" >~/.bashrc'
before=$("$PYRO" workspace shell list w --json | json .count "$(cat)")
dies=$("$PYRO" workspace shell open w --id-only 2>/dev/null)
shell read "$dies" --plain --wait-for-idle-ms 60000 --max-wait-ms 120000 --json
is "dies at once: its last words, and how" "$(json .output)$(json .state)$(json .exit_code)" dyingstopped3
exec_w 'rm ~/.bashrc'
shell list --json
is "what did not start is not listed" "$(json .count)" "$((before + 1))"
"$PYRO" workspace delete w >/dev/null
finish
