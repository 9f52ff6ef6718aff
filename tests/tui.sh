# tests/tui.sh: the words that tests of the terminal interface are written in, beside those of
# tests/lib.sh. The real program runs on a terminal of its own (driver.c); what a person would see is
# waited for, never a time.
#
#   tui [COLSxROWS] [ARG…]   starts `pyro tui ARG…` (default 80x24); what ran before is ended
#   keys KEY…                types keys by name (Enter, Esc, C-c, PgUp, …) or any other text
#   sees PATTERN             passes when a row of the screen matches the extended regular expression
#   gone PATTERN             passes when no row matches any more
#   at PATTERN               prints the first matching row's number, from 1
#   click PATTERN            clicks the first cell of what matches; click ROW COL does it there
#   double_click …           the same, twice
#   wheel up|down ROW COL    turns the wheel there
#   agree                    answers a question with yes, once it takes that
#   screen NAME              passes when the screen becomes tests/tui/screens/NAME.screen, volatile parts masked
#                            (screen.py); UPDATE=1 writes the file instead
#   picked PATTERN           passes when the cursor's row matches (in the dark theme)
#   moves FIRST SECOND LAST  passes when all keys that move in a list do: the cursor's rows at its top and its end
#   ends HOW                 passes when the program ends so ("exit 0", "signal 15") with the terminal
#                            as it was
#   drive COMMAND ARG…       anything else that driver.c knows
#   at_times FILE TEXT SECONDS …  gives a shell's recording other times: all from TEXT on, up to the next one, came so
#                            long after its beginning. FILE is …/shells/SHELL
#   printed_by WORKSPACE FILE  opens a shell there, which runs the commands of the file and ends: sh1
#   host_workspace NAME …    makes a workspace that runs on this host: quick
. tests/lib.sh
use_shared_cache

: "${TEST_BUILD:=build/plain}"
DRIVER=$PWD/$TEST_BUILD/tests/tui/driver
SCREENS=$PWD/tests/tui/screens
: "${SECONDS_MAX:=300}" # for anything that is waited for
export TERM=xterm-256color COLORTERM=truecolor LANG=C.UTF-8 LC_ALL=C.UTF-8
unset NO_COLOR SSH_TTY TMUX

drive() {
    "$DRIVER" "$TEST_DIR/tui.sock" "$@"
}

tui_end() {
    [[ -S $TEST_DIR/tui.sock ]] && drive quit
    wait_for 20 [ ! -e "$TEST_DIR/tui.sock" ]
}

# on COLSxROWS PROGRAM ARG…: any program on the terminal.
on() {
    local size=$1
    shift
    tui_end
    "$DRIVER" serve "$TEST_DIR/tui.sock" "${size%x*}" "${size#*x}" "$@"
}

tui() {
    local size=80x24
    if [[ ${1:-} =~ ^[0-9]+x[0-9]+$ ]]; then
        size=$1
        shift
    fi
    on "$size" "$PYRO" tui "$@"
}

keys() {
    drive keys "$@"
}

sees() {
    local said
    if said=$(drive wait "$SECONDS_MAX" "$1"); then pass "sees $1"; else fail "sees $1" "$said"; fi
}

gone() {
    local said
    if said=$(drive gone "$SECONDS_MAX" "$1"); then pass "gone $1"; else fail "gone $1" "$said"; fi
}

at() {
    drive shows "$1"
}

# place PATTERN: row and column, from 1, of what matches.
place() {
    drive text | python3 -c '
import re, sys, unicodedata
for row, line in enumerate(sys.stdin.read().split("\n"), 1):
    found = re.search(sys.argv[1], line)
    if found:
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c)
                    for c in line[:found.start()])
        print(row, width + 1)
        break' "$1"
}

# mouse HOW PATTERN | mouse HOW ROW COL
mouse() {
    local how=$1 row=$2 col=${3:-}
    if [[ -z $col ]]; then # it may be about to be drawn
        drive wait "$SECONDS_MAX" "$2" >/dev/null
        read -r row col < <(place "$2")
    fi
    if [[ -z $row ]]; then
        fail "$how $2" "$(drive text)"
    else
        drive mouse 0 "$col" "$row" "$how" || fail "$how $2"
    fi
}

agree() {
    sees '^ y yes'
    keys y
}

click() {
    mouse click "$@"
}

double_click() {
    mouse double "$@"
}

wheel() {
    drive mouse "$([[ $1 == up ]] && echo 64 || echo 65)" "$3" "$2" press || fail "wheel $*"
}

picked() {
    cursor_is_at() {
        local row
        row=$(at "$1") && drive attributes | grep -q "^$((row - 1)) .* bg=#214d7a"
    }
    wait_for "$SECONDS_MAX" cursor_is_at "$1" && pass "the cursor is at $1"
}

moves() {
    keys End && picked "$3"
    keys Home && picked "$1"
    keys Down && picked "$2"
    keys Up && picked "$1"
    keys PgDn PgDn PgDn PgDn && picked "$3"
    keys PgUp PgUp PgUp PgUp && picked "$1"
}

screen() {
    local said
    if said=$(python3 tests/tui/screen.py "$DRIVER" "$TEST_DIR/tui.sock" "$SCREENS/$1.screen" "$SECONDS_MAX"); then
        pass "screen $1"
    else
        fail "screen $1" "$said"
    fi
}

ends() {
    is "ends: $1" "$(drive ended "$SECONDS_MAX")" "$1"
    is "the terminal is as it was" "$(drive restored)" ""
}

host_workspace() {
    PYRO_QEMU=/nothing/such "$PYRO" workspace create debian:12-base --allow-host-compat --name "$@" \
        --id-only 2>>"$TEST_DIR/create.log"
}

printed_by() {
    "$PYRO" workspace shell open "$1" --cols 60 --rows 10 --id-only >/dev/null 2>&1
    "$PYRO" workspace shell write "$1" sh1 --input "PS1=; clear; . $2; exit" 2>/dev/null
    has_ended() { [[ $("$PYRO" workspace shell list "$1" --json) == *'"state": "stopped"'* ]]; }
    wait_for 60 has_ended "$1"
}

at_times() {
    python3 - "$@" <<'EOF'
import sys
log = open(sys.argv[1] + ".log", "rb").read()
times = sys.argv[2:]
with open(sys.argv[1] + ".times", "w") as out:
    print(0, 0, file=out)
    for text, seconds in zip(times[::2], times[1::2]):
        print(log.rindex(text.encode().decode("unicode_escape").encode()), int(float(seconds) * 1000), file=out)
EOF
}

# shell_of WORKSPACE: opens one with a prompt that is the same everywhere; prints its id.
shell_of() {
    local id
    id=$("$PYRO" workspace shell open "$1" --cols "${2:-80}" --rows "${3:-24}" --id-only 2>/dev/null)
    "$PYRO" workspace shell write "$1" "$id" --input "unset PROMPT_COMMAND; PS1='\$ '; clear" >/dev/null 2>&1
    echo "$id"
}

# Deletes all workspaces and ends the program: the last line of a script, instead of finish.
tui_finish() {
    local id
    tui_end
    for id in $("$PYRO" workspace list --json 2>/dev/null | sed -n 's/.*"workspace_id": "\(.*\)".*/\1/p'); do
        "$PYRO" workspace delete "$id" >/dev/null 2>&1
    done
    finish
}
