#!/bin/bash
# A shell's recording played in the pane: from the list, the wall and the shell's view; paused, sought, sped up.
cd "$(dirname "$0")/../.." && . tests/tui.sh

WORKSPACE=$(host_workspace w)
SHELLS=$(echo "$XDG_DATA_HOME"/pyro/workspaces/"$WORKSPACE"/shells)
cat >"$TEST_DIR/printed" <<'END'
printf 'first\r\n'
printf 'second\r\n'
printf '\033[?1049h\033[Hfull screen'
printf '\033[?1049lthird\r\n'
END
printed_by w "$TEST_DIR/printed"

# began AGE: so many seconds ago, as the record says.
began() {
    python3 - "$SHELLS/sh1.json" "$1" <<'END'
import json, os, sys, time
record = json.load(open(sys.argv[1]))
record["started_at"] = time.time() - float(sys.argv[2])
with open(sys.argv[1] + ".new", "w") as out:
    json.dump(record, out)
os.rename(sys.argv[1] + ".new", sys.argv[1])
END
}

# An hour between two of them takes two seconds; it began two minutes ago, so all of it is played.
at_times "$SHELLS/sh1" first 1 second 3600 '\033[?1049h' 3601 third 3602
tui
sees '^ [^ ]+ w '
keys P
sees '^ REPLAY +w/sh1'
sees '^first'
sees '^third'
sees '1:00:02 of 1:00:02, 4×, at its end'
sees '^ Space play '
keys - - - - Space # from its beginning again, slowly
sees ' of 1:00:02, 0.25×$'
keys + + + +
sees '1:00:02 of 1:00:02, 4×, at its end'

# Paused, to either end, by five seconds, a minute, a line.
keys Space Space
sees '0:00 of 1:00:02, 4×, paused'
sees '^ Space play '
gone '^third'
keys Home
sees '0:00 of 1:00:02, 4×, paused'
gone '^first'
keys j
sees '^first'
keys j
sees '^second'
keys k
gone '^second'
keys k
gone '^first'
keys Home
sees '0:00 of'
keys Right
sees '0:05 of'
sees '^first'
keys Left
sees '0:00 of'
keys Down
sees '1:00 of'
keys Up
sees '0:00 of'
keys End
sees '^third'
sees '1:00:02 of 1:00:02, 4×, at its end'
click 23 4 # the beginning of the bar
sees '0:00 of 1:00:02, 4×, paused'
gone '^third'
wheel down 5 5
sees '0:05 of'
keys +
sees '0:05 of 1:00:02, 8×, paused'
keys - -
sees '0:05 of 1:00:02, 2×, paused'
keys ?
sees '^.*│  Navigate'
keys Esc
gone '│  Navigate'
keys Esc
sees '^ pyro +1 workspace'

# On the alternate screen, and before it.
at_times "$SHELLS/sh1" first 0 '\033[?1049h' 600 '\033[?1049l' 3600
keys P
sees '^ REPLAY'
keys k Home # k pauses, wherever it is by now
sees '0:00 of 1:00:00, 4×, paused'
sees '^second'
keys Down Down Down Down Down Down Down Down Down Down
sees '10:00 of'
sees '^full screen'
gone '^second'
keys Left
gone '^full screen'
sees '^second'
keys Esc
sees '^ pyro +1 workspace'

# The last ten minutes of two hours, and another time.
began 7200
at_times "$SHELLS/sh1" first 60 second 7195 '\033[?1049h' 7196 third 7197
keys P
sees '^ REPLAY'
keys - - - -
sees '0.25×'
keys t Space
sees '1:5[0-9]:[0-9]+ of 1:59:57, 0.25×, paused'
keys Home
sees '0:00 of 1:59:57'
keys s
sees 'Play from which time'
keys 100m Enter Space
sees ' (19|[23][0-9]):[0-9]+ of 1:59:57, 0.25×, paused'
keys s
sees 'Play from which time'
keys yesterday Enter
sees "│ +'yesterday' is not a time"
sees '│ +yesterday'
keys C-u
gone 'is not a time'
keys Esc
gone 'Play from which time'
keys Esc
sees '^ pyro +1 workspace'
at_times "$SHELLS/sh1" first 60 third 61
keys P
sees 'it has printed nothing in the last ten minutes'
sees '1:01 of 1:01, 4×, at its end'
sees '^third'
keys q
sees '^ pyro +1 workspace'

# One that still runs: from its view and from the wall. On a small terminal a part is shown.
id=$(shell_of w 60 10)
"$PYRO" workspace shell write w "$id" --input 'clear; printf "\e[3;50Hright-part\e[H"; read' >/dev/null 2>&1
tui 40x10 w/"$id"
sees '^ WATCHING'
keys C-p
sees '^ REPLAY +w/'"$id"
sees 'at its end'
gone 'right-part'
keys $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' \
    $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' \
    $'\033[1;2C' $'\033[1;2C' $'\033[1;2C' $'\033[1;2C'
sees 'right-part'
# moves_part KEY ROWS COLUMNS: what it does to where the text is.
moves_part() {
    local row col
    read -r row col < <(place right-part)
    keys "$1"
    is_there() { [[ $(place right-part) == "$((row + $2)) $((col + $3))" ]]; }
    wait_for "$SECONDS_MAX" is_there "$@" && pass "$1 moves it"
}
moves_part $'\033[1;2B' -1 0
moves_part $'\033[1;2A' 1 0
moves_part $'\033[1;2D' 0 1
keys f
gone 'right-part'
drive resize 100 30
sees '  right-part'
keys Esc
sees '^ WATCHING'
keys Esc
sees '^ pyro +1 workspace'
keys w
sees 'w/'"$id"
keys P
sees '^ REPLAY +w/'"$id"
keys Esc
sees 'w/'"$id"
keys Esc
sees '^ pyro +1 workspace'

# In the details the shell under the cursor; without a shell nothing.
keys ']'
sees ' sh1 ended'
keys Tab Down P
sees '^ REPLAY +w/sh1'
keys Esc
sees 'Enter open'
keys Esc
sees 'Enter watch'
host_workspace bare >/dev/null
sees '^ pyro +2 workspaces'
keys / bare Enter
sees '^ [^ ]+ bare '
gone '^ [^ ]+ w '
keys P
sees 'P needs a shell'
refute "a workspace without a shell has nothing to play" at REPLAY
tui_finish
