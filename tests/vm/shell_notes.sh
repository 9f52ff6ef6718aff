#!/bin/bash
# The notes beside a shell's log, cut in the middle of a line by a crash: their readers pass
# over the rest, their writer never joins a line to it, and what it said is noted again.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

id=$("$PYRO" workspace create debian:12 --name w --id-only 2>/dev/null)
shells=$XDG_DATA_HOME/pyro/workspaces/$id/shells
notes=$shells/sh1.events times=$shells/sh1.times log=$shells/sh1.log

shell() {
    local verb=$1
    shift
    run timeout 300 "$PYRO" workspace shell "$verb" w sh1 "$@"
}
last_note_is() {
    tail -n 1 "$notes" | grep -qE -- "$1"
}
noted_once() { # COLS
    [[ $(grep -c "\"cols\":$1," "$notes") -eq 1 ]]
}
drawn() { # TIMES
    [[ $(grep -ao 'full screen' "$log" | wc -l) -eq $1 ]]
}
drawings=0
supervisor_is_gone() {
    ! fuser "$shells/../lock" >/dev/null 2>&1
}
# Cuts the file N bytes before the end of its last line; then it does not end in a newline.
cut_line() { # FILE N
    truncate -s -"$2" "$1"
    [[ -s $1 && -n $(tail -c 1 "$1") ]]
}
whole_notes() {
    python3 -c 'import json, sys
data = open(sys.argv[1], "rb").read()
assert data.endswith(b"\n")
for line in data.splitlines(): assert {"t", "offset", "type"} <= json.loads(line).keys(), line' "$notes"
}
whole_times() {
    python3 -c 'import re, sys
data = open(sys.argv[1], "rb").read()
assert data.endswith(b"\n")
marks = []
for line in data.splitlines():
    assert re.fullmatch(rb"\d+ \d+", line), line
    marks.append(tuple(map(int, line.split())))
assert marks == sorted(marks), marks' "$times"
}
# The recording holds the log, byte for byte, at times that rise and stay below an hour.
recording_is_whole() {
    "$PYRO" workspace shell record w sh1 --output "$TEST_DIR/cast" >/dev/null 2>&1 && python3 -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
times = [line[0] for line in lines[1:]]
assert times == sorted(times) and times[-1] < 3600, times
assert len(set(times)) > 2, "no times"
output = "".join(line[2] for line in lines[1:] if line[1] == "o")
assert output == open(sys.argv[2], newline="").read(), output' "$TEST_DIR/cast" "$log"
}

"$PYRO" workspace shell open w --cols 90 --rows 20 >/dev/null 2>&1
shell read --wait-for-prompt --json
is "a prompt" "$(json .at_prompt)" true
for bytes in 1 3 25; do
    shell write --input 'sh -c '\''printf "\e[?1049h\e[4;2Hfull %s\n" screen; read x; printf "\e[?1049l"; stty size'\'
    wait_for 60 drawn $((++drawings))
    shell resize --cols $((90 + bytes)) --rows 20
    wait_for 60 last_note_is "\"cols\":$((90 + bytes))"
    kill_process "$(supervisor_of "$id")"
    wait_for 30 supervisor_is_gone
    check "a note is cut ($bytes)" cut_line "$notes" "$bytes"
    check "a mark is cut ($bytes)" cut_line "$times" $((bytes % 3 + 1))

    shell read --screen --json
    is "a screen is read" "$status $(json .alt_screen)" "0 true"
    like "… with what it shows" "$(json .screen.rows[3])" '^ full screen'
    wait_for 60 noted_once $((90 + bytes)) && pass "the cut note is there again"
    shell resize --cols $((70 + bytes)) --rows 15
    is "a resize after it" "$status" 0
    shell write --input ''
    shell read --plain --wait-for-prompt
    like "… is known to the shell" "$out" $'\n'"15 $((70 + bytes))"$'\n'
    check "every note is whole" whole_notes
    check "every mark is whole" whole_times
    check "the cut note is there once" noted_once $((90 + bytes))
    check "the recording is whole" recording_is_whole
done

# Nobody mends the notes of a shell that has ended: their readers cope. The same for a line
# onto which another was glued.
"$PYRO" workspace stop w >/dev/null
shell read --plain
before=$out
sed -i '2s/$/{"t":1,"offset":0,"type":"resi/' "$notes"
sed -i '2s/$/345 99999999999/' "$times"
check "a note is cut for good" cut_line "$notes" 5
check "a mark is cut for good" cut_line "$times" 2
shell read --plain
is "ended and cut: plain" "$out" "$before"
shell read --screen --json
is "ended and cut: screen" "$status $(json .alt_screen)" "0 false"
check "ended and cut: the recording is whole" recording_is_whole

"$PYRO" workspace delete w >/dev/null
finish
