#!/bin/bash
# Programs that own the screen, in a real guest: vim and less, seen by --screen and not by --plain; reset, a progress bar,
# readline on a long line, job control, Ctrl-C, a flood beside a shell in use, a string that never ends.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

pyro() {
    "$PYRO" workspace "$@"
}
shell() {
    local verb=$1
    shift
    run "$PYRO" workspace shell "$verb" w "$@"
}
keys() { # ID BYTES: typed as they are
    "$PYRO" workspace shell write w "$1" --no-newline --input "$2" 2>/dev/null || fail "keys to $1"
}
# The screen of sh1 in $out: a line a row.
shows() { # PATTERN
    shell read sh1 --screen
    grep -qE -- "$1" <<<"$out"
}
member() { # ID PATH: of a read with --screen
    shell read "$1" --screen --json
    json "$2"
}
# ask ID TEXT: types a line and reads as plain text what it gave, from the shell's end before it.
ask() {
    local from
    from=$(member "$1" .next_cursor)
    "$PYRO" workspace shell write w "$1" --input "$2" 2>/dev/null || fail "write to $1: $2"
    shell read "$1" --plain --wait-for-prompt --max-wait-ms 300000 --cursor "$from"
}
prompt() { # ID: waits for it
    shell read "$1" --screen --wait-for-prompt --max-wait-ms 300000 --json
    json .at_prompt
}

# The guest is the Debian that this machine is: its programs run there with the libraries they have here.
programs=()
for program in vim.tiny less; do
    path=$(command -v "$program") && programs+=("$(readlink -f "$path")")
done
pyro create debian:12 --name w >/dev/null 2>&1
if [[ ${#programs[@]} -eq 2 ]] && grep -q '^VERSION_ID="12"' /etc/os-release; then
    mapfile -t libraries < <(ldd "${programs[@]}" | grep -o '/[^ :]*\.so[^ :]*' | sort -u)
    tar -ch --transform 's,^,opt/screen/,;s,.*/,opt/screen/,' "${programs[@]}" "${libraries[@]}" 2>/dev/null |
        timeout 300 "$PYRO" workspace exec w -- tar -xC / 2>"$TEST_DIR/tar.err"
    is "the programs are in the guest" "${PIPESTATUS[1]}" 0
else
    programs=()
    skip "vim and less: they are not here, or this is not Debian 12"
fi
pyro shell open w --cols 80 --rows 24 >/dev/null 2>&1
is "a prompt" "$(prompt sh1)" true
ask sh1 'export LD_LIBRARY_PATH=/opt/screen; for i in {1..300}; do echo "line $i"; done >text; PS1="ready> "'

if [[ ${#programs[@]} -eq 2 ]]; then
    # vim: its screen, its cursor, and that nothing of it is left.
    before=$(member sh1 .next_cursor)
    pyro shell write w sh1 --input '/opt/screen/vim.tiny -u NONE -n text' 2>/dev/null
    wait_for 30 shows '^line 23' && pass "vim fills the screen"
    shell read sh1 --screen --json
    is "vim: alternate screen" "$(json .alt_screen)" true
    is "vim: the first row" "$(json .screen.rows[0])" "line 1"
    is "vim: as many rows as the terminal" "$(json .screen.rows | grep -o '"line [0-9]*"' | wc -l)" 23
    keys sh1 $'10Gihello \e'
    wait_for 30 shows '^hello line 10$' && pass "vim: typed text is on the screen"
    cursor_is() { member sh1 .screen.cursor | grep -q "$1"; }
    wait_for 20 cursor_is '"col": 5, "row": 9,' && pass "vim: the cursor is where it was left"
    pyro shell resize w sh1 --cols 60 --rows 15 >/dev/null 2>&1
    rows_are() { [[ $(member sh1 .screen.rows | grep -o '"line [0-9]*"' | wc -l) == "$1" ]]; }
    wait_for 20 rows_are 13 && pass "vim follows a resize" # 15, less its command line and the changed one
    keys sh1 $':wq\r'
    is "vim: left" "$(prompt sh1)" true
    is "… and its screen" "$(member sh1 .alt_screen)" false
    shell read sh1 --plain --cursor "$before"
    refute "nothing that vim drew is in the plain text" grep -q 'hello\|^line' <<<"$out"
    like "what stands there are the commands" "$out" $'vim.tiny -u NONE -n text\n+ready> $'
    ask sh1 'grep -c hello text'
    like "what vim wrote is in the file" "$out" $'\n1\nready> $'
    pyro shell resize w sh1 --cols 80 --rows 24 >/dev/null 2>&1

    # less
    before=$(member sh1 .next_cursor)
    pyro shell write w sh1 --input '/opt/screen/less text' 2>/dev/null
    wait_for 30 shows '^line 23$' && pass "less shows the first page"
    is "less: alternate screen" "$(member sh1 .alt_screen)" true
    keys sh1 G
    wait_for 30 shows '^line 300$' && pass "less: G shows the last"
    keys sh1 $'/^line 77\r' && keys sh1 gn
    wait_for 30 shows '^line 77$' && pass "less: a search"
    keys sh1 q
    is "less: left" "$(prompt sh1)" true
    is "… and its screen" "$(member sh1 .alt_screen)" false
    shell read sh1 --plain --cursor "$before"
    refute "nothing that less drew is in the plain text" grep -q '^line' <<<"$out"
fi

# reset after a program left the terminal in a mess: graphics characters, no echo, colours, margins.
ask sh1 $'printf "\\e(0\\e[31m\\e[5;9r"; stty -echo -icanon'
ask sh1 reset
ask sh1 'stty -a | grep -o " echo "; echo lqqk'
like "reset: the terminal echoes again" "$out" $'\n echo \n'
like "reset: letters are letters again" "$out" $'\nlqqk\nready> $'
wait_for 20 shows '^lqqk$' && pass "reset: on the screen too"

ask sh1 'for ((i = 0; i <= 100; i++)); do printf "\r[%-20s] %3d%%" "$(printf "%*s" $((i / 5)) "" | tr " " "#")" $i; done; echo'
is "a progress bar leaves one line" "$(grep -c '%$' <<<"$out")" 1
like "… its last" "$out" $'\n\\[####################\\] 100%\nready> $'

# readline: a line of 200 columns on 80, edited in its middle and at both ends.
long=$(printf '%0200d' 0)
from=$(member sh1 .next_cursor)
ask sh1 '' # the prompt, and with it the columns, must be part of what is read
keys sh1 "echo $long"
keys sh1 $'\x01: \x05 end\e\x62\x02\x02X\x05\x01\x04\x04\r' # home, type, end, type, back a word and two, type, delete at home
shell read sh1 --plain --wait-for-prompt --max-wait-ms 300000 --cursor "$from"
like "readline: an edited line of 200 columns is run as edited" "$out" $'\n0{199}X0 end\nready> $'
is "… and is one line of plain text" "$(grep -c "^ready> echo 0*X0 end$" <<<"$out")" 1

# job control
pyro shell write w sh1 --input 'sleep 1000' 2>/dev/null
in_foreground() {
    # asleep, and of the process group that has the terminal
    timeout 300 "$PYRO" workspace exec w -- sh -c 'cat /proc/[0-9]*/stat 2>/dev/null' 2>/dev/null |
        awk -v "name=($1)" '$2 == name && $3 == "S" && $5 == $8 { found = 1 } END { exit !found }'
}
wait_for 30 in_foreground sleep
keys sh1 $'\x1a'
is "Ctrl-Z: a prompt" "$(prompt sh1)" true
ask sh1 jobs
like "jobs: it is stopped" "$out" $'\n\\[1\\]\\+  Stopped +sleep 1000\n'
pyro shell write w sh1 --input fg 2>/dev/null
wait_for 30 in_foreground sleep && pass "fg: it is in the foreground"
keys sh1 $'\x03'
is "Ctrl-C: a prompt" "$(prompt sh1)" true
ask sh1 'echo status=$?'
like "Ctrl-C interrupted it" "$out" $'\nstatus=130\n'
pyro shell write w sh1 --input 'sleep 2000' 2>/dev/null
wait_for 30 in_foreground sleep
shell signal sh1 --signal INT
is "by signal: a prompt" "$(prompt sh1)" true
ask sh1 'echo status=$? $(jobs | wc -l)'
like "a signal interrupts as well" "$out" $'\nstatus=130 0\n'

# A flood in one shell, another in use.
pyro shell open w >/dev/null 2>&1
is "a second prompt" "$(prompt sh2)" true
pyro shell write w sh2 --input 'yes flood' 2>/dev/null
log=$(echo "$XDG_DATA_HOME"/pyro/workspaces/*/shells/sh2.log)
over() { [[ $(stat -c %s "$log") -gt $1 ]]; }
wait_for 60 over 1000000 && pass "it floods"
for i in 1 2 3; do
    ask sh1 "echo beside-\$(($i * 111))"
    like "a shell beside a flood answers" "$out" $'\nbeside-'$((i * 111))$'\nready> $'
done
size=$(stat -c %s "$log")
wait_for 60 over "$size" && pass "the flood goes on"
keys sh2 $'\x03'
is "Ctrl-C ends a flood" "$(prompt sh2)" true

# An OSC string that does not end: 100 MB of it.
from=$(member sh2 .next_cursor)
pyro shell write w sh2 --input $'printf "before\\n\\e]0;"; head -c 100000000 /dev/zero | tr "\\0" x' 2>/dev/null
wait_for 1800 over $((from + 100000000)) && pass "100 MB of an unterminated string are in the log"
shell read sh2 --plain --cursor "$from" --max-chars 1000 --json
is "a read inside takes what it was asked for" "$(json .next_cursor)" "$((from + $(json .dropped_bytes) + 1000))"
at=$((from + 50000000))
shell read sh2 --plain --cursor $at --json
check "the cursor moves on inside" test "$(json .next_cursor)" -gt $at
is "… and nothing of it is text" "$(json .output)" ""
shell read sh2 --screen --json
is "the screen can be read" "$status" 0
refute "… without the string" grep -q xxxx <<<"$out"
keys sh2 $'\x03'
ask sh2 $'printf "\\e\\\\"; echo after'
like "once it is ended, text comes again" "$out" 'after'

pyro delete w >/dev/null
finish
