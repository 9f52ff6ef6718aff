#!/bin/bash
# attach, in a real terminal: the screen is right at once, keys go in, sizes follow, Ctrl-] leaves, the terminal is as it
# was on every way out; record writes what came, when it came.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

tmux() {
    command tmux -S "$TEST_DIR/tmux.sock" -f /dev/null "$@"
}
screen() {
    tmux capture-pane -pt "$1"
}
shows() { # PANE PATTERN
    screen "$1" | grep -qE -- "$2"
}
log_of() { # SHELL
    "$PYRO" workspace shell read w "$1" --plain 2>/dev/null
}
prints() { # SHELL PATTERN
    log_of "$1" | grep -qE -- "$2"
}
# Attaches in a new window; when that ends, the line discipline is shown, and a prompt waits.
attach() { # WINDOW ARGUMENTS…
    local window=$1
    shift
    tmux new-window -dn "$window" "stty -a >'$TEST_DIR/$window.before'; '$PYRO' workspace shell attach $*
        status=\$?; stty -a >'$TEST_DIR/$window.after'; echo status=\$status; exec cat"
}

"$PYRO" workspace create debian:12 --name w >/dev/null 2>&1
tmux new-session -dx 90 -y 20 "exec cat"
"$PYRO" workspace shell open w >/dev/null 2>&1
"$PYRO" workspace shell write w sh1 --input 'PS1="ready> "; clear; printf "\e[31mred\e[0m\n"' >/dev/null 2>&1
wait_for 60 prints sh1 '^ready> $'

attach first w sh1
wait_for 60 shows first '^ready> *$' && pass "the screen is there at once"
like "colours are too" "$(tmux capture-pane -ept first)" $'\e\\[31mred'
tmux send-keys -t first 'stty size' Enter
wait_for 60 shows first '^20 90' && pass "the shell has this terminal's size"
tmux resize-window -t first -x 70 -y 15
tmux send-keys -t first 'stty size' Enter
wait_for 60 shows first '^15 70' && pass "a resize is followed"
tmux send-keys -t first "echo run''ning; cat -v" Enter
wait_for 60 prints sh1 '^running' # the terminal echoes by now
tmux send-keys -t first C-] C-]
tmux send-keys -t first Enter
# Its echo, and then what cat makes of it: a Ctrl-C before cat runs would be bash's, and be lost.
both() { [[ $(log_of sh1 | grep -c '^\^\]') -ge 2 ]]; }
wait_for 60 both && pass "Ctrl-] twice is sent"
tmux send-keys -t first C-c
wait_for 60 prints sh1 '^ready> $'

attach watcher --watch w sh1
wait_for 60 shows watcher 'ready> ' && pass "--watch shows it"
tmux send-keys -t watcher 'must-not-arrive' Enter
"$PYRO" workspace shell write w sh1 --input 'echo by-the-agent' >/dev/null 2>&1
wait_for 60 shows watcher '^by-the-agent' && pass "what others write is seen live"
wait_for 60 shows first '^by-the-agent' && pass "by the operator as well"
refute "--watch sends no key" prints sh1 must-not-arrive
tmux send-keys -t watcher C-]
wait_for 60 shows watcher '^status=0' && pass "Ctrl-] leaves a watch"

# A program that is killed on the alternate screen has left it: on the terminal that saw it, and on one that comes after.
alternate() { # WINDOW ON
    [[ $(tmux display -pt "$1" '#{alternate_on}') == "$2" ]]
}
tmux send-keys -t first 'bash -c "printf \"\e[?1049h\e[2Jfull-$((40 + 2))\"; exec sleep 5434"' Enter
wait_for 60 shows first '^full-42'
is "a program has the alternate screen" "$(tmux display -pt first '#{alternate_on}')" 1
"$PYRO" workspace shell signal w sh1 --signal TERM >/dev/null 2>&1
wait_for 60 alternate first 0 && pass "it is killed: the alternate screen is left"
wait_for 60 shows first '^by-the-agent' && pass "… and the main one is there again"
attach after --watch w sh1
wait_for 60 shows after '^by-the-agent' && pass "attached after that: the main screen"
is "… and not the other one" "$(tmux display -pt after '#{alternate_on}')$(screen after | grep -c '^full-42')" 00
tmux send-keys -t after C-]

tmux send-keys -t first 'printf "\e[?1049h\e[?25l\e[2;9rfull screen\n"' Enter
wait_for 60 shows first '^full screen'
tmux send-keys -t first C-]
wait_for 60 shows first '^\[detached from sh1\]' && wait_for 60 shows first '^status=0' &&
    pass "Ctrl-] detaches, and the alternate screen is left"
is "the terminal is as it was" "$(cat "$TEST_DIR/first.after")" \
    "$(sed 's/rows 20; columns 90/rows 15; columns 70/' "$TEST_DIR/first.before")"
is "and shows its cursor" "$(tmux display -pt first '#{cursor_flag} #{scroll_region_upper}')" "1 0"

attach second w sh1
wait_for 60 shows second 'full screen' && pass "the alternate screen is replayed"
kill_process "$(supervisor_of "$("$PYRO" workspace status w --json | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p')")"
wait_for 60 shows second '^status=1' && pass "a killed supervisor ends it"
is "and the terminal is as it was" "$(cat "$TEST_DIR/second.after")" "$(cat "$TEST_DIR/second.before")"

for how in TERM:0 HUP:0 SEGV:139; do
    ends=${how#*:} how=${how%:*}
    attach "by$how" w sh1
    wait_for 60 shows "by$how" 'full screen'
    kill "-$how" "$(pgrep -P "$(tmux display -pt "by$how" '#{pane_pid}')")"
    wait_for 60 shows "by$how" "^status=$ends" && pass "SIG$how ends it"
    is "SIG$how: the terminal is as it was" "$(cat "$TEST_DIR/by$how.after")" "$(cat "$TEST_DIR/by$how.before")"
    is "SIG$how: the alternate screen is left" "$(tmux display -pt "by$how" '#{alternate_on}#{cursor_flag}')" 01
done

attach third w sh1
wait_for 60 shows third 'full screen' && pass "the next one finds the shell again"
tmux send-keys -t third 'printf "\e[?1049l\e[?25h\e[r"; exit 7' Enter
wait_for 60 shows third '^\[ended: sh1\]' && pass "the shell's end ends it"

run "$PYRO" workspace shell record w sh1 --output "$TEST_DIR/sh1.cast" --json
is "record" "$status" 0
is "every byte of the log is in the recording" "$(python3 - "$TEST_DIR/sh1.cast" <<'EOF'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert lines[0]["version"] == 2
times = [line[0] for line in lines[1:]]
assert times == sorted(times)
assert [line[2] for line in lines[1:] if line[1] == "r"], "no resize"
sys.stdout.write("".join(line[2] for line in lines[1:] if line[1] == "o"))
EOF
)" "$(cat "$XDG_DATA_HOME"/pyro/workspaces/*/shells/sh1.log)"

tmux new-window -dn player "asciinema cat '$TEST_DIR/sh1.cast' >'$TEST_DIR/played'; echo status=\$?; exec cat"
wait_for 60 shows player '^status=0' && pass "asciinema takes the recording"
check "asciinema plays every byte" cmp "$TEST_DIR/played" "$XDG_DATA_HOME"/pyro/workspaces/*/shells/sh1.log

run "$PYRO" workspace shell attach w sh1
is "without a terminal: an error" "$status" 1
like "that says what to do" "$err" 'attach needs a terminal.*--watch'
run "$PYRO" workspace shell attach w sh9 --watch
is "an unknown shell: an error" "$status" 1
run "$PYRO" workspace shell record w sh9 --output "$TEST_DIR/none.cast"
is "an unknown shell is not recorded" "$status" 1
check "and no file is touched" test ! -e "$TEST_DIR/none.cast"

tmux kill-server
"$PYRO" workspace delete w >/dev/null
finish
