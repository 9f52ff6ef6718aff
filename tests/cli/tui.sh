#!/bin/bash
# The frame of the terminal interface, without a VM: where it starts and where it refuses to, that the terminal is as it
# was on every way out, and sizes.
cd "$(dirname "$0")/../.." && . tests/lib.sh

tmux() {
    command tmux -S "$TEST_DIR/tmux.sock" -f /dev/null "$@"
}
screen() {
    tmux capture-pane -pt "$1"
}
shows() { # PANE PATTERN
    screen "$1" | grep -qE -- "$2"
}
# Runs the interface in a new window; when that ends, the line discipline is shown.
tui() { # WINDOW ARGUMENTS…
    local window=$1
    shift
    tmux new-window -dn "$window" "stty -a | sed 1d >'$TEST_DIR/$window.before'; echo before; '$PYRO' tui $*
        status=\$?; stty -a | sed 1d >'$TEST_DIR/$window.after'; echo status=\$status; exec cat"
}
pid_of() { # WINDOW: of the interface that runs in it
    pgrep -P "$(tmux display-message -pt "$1" '#{pane_pid}')"
}
left_well() { # WINDOW HOW STATUS
    wait_for 60 shows "$1" "^status=$3" && pass "$2 ends it"
    check "$2: the terminal's modes are back" cmp -s "$TEST_DIR/$1.before" "$TEST_DIR/$1.after"
    like "$2: the screen is what it was" "$(screen "$1")" before
    is "$2: no mouse, no alternate screen" \
        "$(tmux display-message -pt "$1" '#{mouse_any_flag}#{alternate_on}#{cursor_flag}')" 001
}

run "$PYRO" tui
is "without a terminal: exit status" "$status" 1
like "without a terminal: it says so" "$err" 'needs a terminal'

tmux new-session -dx 80 -y 24 "exec cat"
tui quits
wait_for 60 shows quits 'q quit'
tmux send-keys -t quits q
left_well quits q 0

tui terminated
wait_for 60 shows terminated 'q quit'
kill -TERM "$(pid_of terminated)"
left_well terminated SIGTERM 143

tui crashed
wait_for 60 shows crashed 'q quit'
kill -SEGV "$(pid_of crashed)"
left_well crashed 'a crash' 139

tui resized
wait_for 60 shows resized 'q quit'
tmux resize-window -t resized -x 39 -y 9
wait_for 60 shows resized 'too small' && pass "a terminal that is too small is told so"
tmux resize-window -t resized -x 40 -y 10
wait_for 60 shows resized 'pyro' && pass "40 by 10 is enough"
tmux resize-window -t resized -x 200 -y 50
wait_for 60 shows resized 'q quit' && pass "and it grows again"
tmux send-keys -t resized q
left_well resized 'quitting after resizes' 0

# The terminal goes away: so does the program.
tui orphan
wait_for 60 shows orphan 'q quit'
pid=$(pid_of orphan)
tmux kill-window -t orphan
gone() {
    ! kill -0 "$pid" 2>/dev/null
}
wait_for 60 gone && pass "it ends with its terminal"
tmux kill-server
finish
