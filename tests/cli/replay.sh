#!/bin/bash
# tests/cli/replay.sh: a shell's recording, played in a terminal.
cd "$(dirname "$0")/../.." && . tests/tui.sh

WORKSPACE=$(host_workspace w)
SHELLS=$(echo "$XDG_DATA_HOME"/pyro/workspaces/"$WORKSPACE"/shells)
cat >"$TEST_DIR/printed" <<'EOF'
printf 'first\r\n'
printf '\033[6n\033[?1000h\033]52;c;aGk=\007\033[c'
printf 'second\r\n'
printf '\033[?1049h\033[Hfull screen'
printf '\033[?1049lthird\r\n'
EOF
printed_by w "$TEST_DIR/printed"

# play ARG…: on a terminal whose program says its status in the end.
play() {
    on 80x24 bash -c '"$@"; echo "status=$?"; exec cat' bash "$PYRO" workspace shell replay w sh1 "$@"
}

# An hour between two of them takes two seconds, and everything 64 times as fast less.
at_times "$SHELLS/sh1" 'first' 1 'second' 3600 '\033[?1049h' 7200 'third' 7201
play
sees '^first'
sees '^\[replayed sh1: 2:00:01 of 2:00:01, 1×, at its end\]'
sees '^status=0'
sees '^third'
refute "nothing of it asked for the mouse" drive mode 1000
is "or wrote the clipboard" "$(drive clipboard)" ""

play --speed 0.25
sees '^first'
keys ' '
sees ' of 2:00:01, 0.25×, paused'
keys End
sees '^third'
sees '2:00:01 of 2:00:01, 0.25×, at its end'
keys Home
sees '0:00 of 2:00:01, 0.25×, paused'
gone '^third'
keys +
sees '0:00 of 2:00:01, 0.5×, paused'
keys -
sees '0:00 of 2:00:01, 0.25×, paused'
keys Right
sees '0:05 of 2:00:01'
sees '^first'
keys Left
sees '0:00 of 2:00:01'
keys Down
sees '1:00 of 2:00:01'
keys Up
sees '0:00 of 2:00:01'
keys ' '
sees '^first'
keys q
sees '^\[replayed sh1: 0:0'
sees '^status=0'

# On the alternate screen, which it leaves.
at_times "$SHELLS/sh1" 'first' 0 '\033[?1049h' 600 '\033[?1049l' 90000
play --speed 0.25
sees '^first'
keys ' '
sees ' of 25:00:00, 0.25×, paused'
keys Home
sees '0:00 of 25:00:00'
keys Down Down Down Down Down Down Down Down Down Down Down
sees '11:00 of 25:00:00'
sees '^full screen'
keys C-c
sees '^\[replayed sh1: 11:00 of 25:00:00, 0.25×, paused\]'
gone '^full screen'
sees '^status=0'

play --from "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["shells"][0]["started_at"] + 90001)' \
    <<<"$("$PYRO" workspace shell list w --json)")"
sees '^\[replayed sh1: 25:00:00 of 25:00:00, 1×, at its end\]'
sees '^third'

run "$PYRO" workspace shell replay w sh1
is "without a terminal: an error" "$status" 1
like "that says what to do" "$err" "replay needs a terminal to play in.*'pyro workspace shell record'"
run "$PYRO" workspace shell replay w sh1 --from yesterday
is "a time that is none" "$status" 2
run "$PYRO" workspace shell replay w sh1 --speed 3
is "a speed that is none" "$status" 2
tui_finish
