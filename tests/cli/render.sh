#!/bin/bash
# pyro render: recorded output as text and as a screen, compared with tmux's own idea of it.
cd "$(dirname "$0")/../.." && . tests/lib.sh

printf 'Get:1 x\r\n10%%\r50%%\r100%%\r\n\e[1mbold\e[m\e[K\r\n\e[A\e[Kagain\r\n' >"$TEST_DIR/log"
run "$PYRO" render "$TEST_DIR/log"
is "plain: status" "$status" 0
is "plain: text" "$out" $'Get:1 x\n100%\nagain'
out=$("$PYRO" render --plain - <"$TEST_DIR/log")
is "plain from standard input" "$out" $'Get:1 x\n100%\nagain'
run "$PYRO" render --json "$TEST_DIR/log"
is "plain: JSON" "$(json .output)" $'Get:1 x\n100%\nagain'
run "$PYRO" render --screen --rows 3 --cols 20 "$TEST_DIR/log"
is "screen: text" "$out" $'100%\nagain'
run "$PYRO" render --screen --rows 3 --cols 20 --json "$TEST_DIR/log"
is "screen: JSON" "$(json .screen.rows[1]) $(json .screen.cursor.row) $(json .alt_screen)" "again 2 false"
run "$PYRO" render --plain --screen "$TEST_DIR/log"
is "both: status" "$status" 2
run "$PYRO" render --cols 1 "$TEST_DIR/log"
is "too narrow: status" "$status" 2
run "$PYRO" render "$TEST_DIR/none"
is "no such file: status" "$status" 1
run "$PYRO" render "$TEST_DIR"
is "a directory: status" "$status" 1
is "no output at all: text" "$("$PYRO" render </dev/null)" ""
is "a reader that goes away" "$(yes $'words\r' | "$PYRO" render 2>&1 | head -n 2)" $'words\nwords'
head -c 20000000 /dev/urandom >"$TEST_DIR/noise"
check "noise" "$PYRO" render "$TEST_DIR/noise" --cols 40 >"$TEST_DIR/text"
check "and its text has no control characters" bash -c "! LC_ALL=C grep -qP '[\\x00-\\x08\\x0b-\\x1f\\x7f]' '$TEST_DIR/text'"

# The text of a recording as tmux has it: its rows, soft-wrapped ones joined, blanks and empty rows at
# the ends cut. The pane is up to date when the marker that ends the recording is on it.
# Each has a server of its own: one that is told to end may still take the next one's connection.
in_tmux() {
    local -x LC_ALL=C.UTF-8
    local socket=$TEST_DIR/tmux.$((++servers))
    local tmux=(tmux -u -S "$socket" -f "$TEST_DIR/tmux.conf")
    { printf 'set -g history-limit 100000\nset -g status off\n'; } >"$TEST_DIR/tmux.conf"
    "${tmux[@]}" new-session -d -x "$2" -y "$3" \
        "stty raw -echo; cat '$1'; printf '\e]2;done\a'; exec cat"
    wait_for 30 bash -c "[[ \$(tmux -S '$socket' display -p '#{pane_title}') == done ]]"
    "${tmux[@]}" capture-pane -pJ -S - >"$TEST_DIR/tmux.out"
    "${tmux[@]}" capture-pane -p >"$TEST_DIR/tmux.screen"
    "${tmux[@]}" kill-server
}
normal() {
    sed 's/[ \t]*$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# Streams of what both understand alike. Left out: TABs and line drawing, of which tmux gives blanks and
# letters; ED, which tmux makes scroll; RI, SD, IRM and the alternate screen, at which it splits or
# shortens wrapped lines; DCH and ECH, whose blanks at the end of a wrapped row it keeps.
# Left out as well where screens are compared: BS, which tmux takes back over a margin, IL and DL, which it
# does above a scroll region too, and marks where nothing wraps.
not_on_screen='\b|\033\\[[LM]|\033\\[2;4r|\033\\[[?]7l'
generate() { # SEED COUNT [PIECES TO LEAVE OUT]
    awk -v seed="$1" -v count="$2" -v left_out="${3:-}" 'BEGIN {
        srand(seed)
        n = split("word |some text |0123456789|\r\n|\r\n|\r\n|\r|\b|\033[K|\033[1K|\033[2K|\033[3C|\033[2D|\033[5G|\033[A|\033[B|" \
                  "\033[3@|\033[L|\033[M|\033[2S|\0337|\0338|\033[2;4r|\033[r|\033[4;6H|\033[1J|" \
                  "\033[31m|\033[m|\033[?7l|\033[?7h|a\033[4b|\xc3\xa9|\xe6\x97\xa5|e\xcc\x81|" \
                  "\033[Z|\033]8;;http://x\033\\link\033]8;;\033\\|abcdefghijklmnopqrstuvwxyz", piece, "|")
        for (i = 0; i < count; i++) {
            one = piece[1 + int(rand() * n)]
            if (left_out == "" || one !~ left_out)
                printf "%s", one
        }
        printf "\033[?1049l\033[r\033[99;1H\r\n"
    }'
}

if ! command -v tmux >/dev/null; then
    skip "no tmux to compare with"
    finish
fi
servers=0
for seed in $(seq 1 "${RENDER_ROUNDS:-15}"); do
    generate "$seed" 60 >"$TEST_DIR/stream"
    in_tmux "$TEST_DIR/stream" 20 6
    "$PYRO" render --cols 20 --rows 6 "$TEST_DIR/stream" | normal >"$TEST_DIR/ours"
    normal <"$TEST_DIR/tmux.out" >"$TEST_DIR/theirs"
    check "as tmux shows it: stream $seed" diff "$TEST_DIR/ours" "$TEST_DIR/theirs"
    generate "$seed" 60 "$not_on_screen" >"$TEST_DIR/stream"
    in_tmux "$TEST_DIR/stream" 20 6
    "$PYRO" render --screen --cols 20 --rows 6 "$TEST_DIR/stream" | normal >"$TEST_DIR/ours"
    normal <"$TEST_DIR/tmux.screen" >"$TEST_DIR/theirs"
    check "… and its screen" diff "$TEST_DIR/ours" "$TEST_DIR/theirs"
done

# What a terminal's own tests look at, one recording each.
while IFS= read -r sequence; do
    printf '%b' "$sequence" >"$TEST_DIR/stream"
    in_tmux "$TEST_DIR/stream" 12 4
    "$PYRO" render --screen --cols 12 --rows 4 "$TEST_DIR/stream" | normal >"$TEST_DIR/ours"
    normal <"$TEST_DIR/tmux.screen" >"$TEST_DIR/theirs"
    check "as tmux shows it: $sequence" diff "$TEST_DIR/ours" "$TEST_DIR/theirs"
    { "$PYRO" render --cols 12 --rows 4 "$TEST_DIR/stream" && echo; } | normal >"$TEST_DIR/ours"
    check "… and as plain text" diff "$TEST_DIR/ours" "$TEST_DIR/theirs"
done <<'EOF'
日本\rX
日本\e[2G界
日本\e[3GX
0123456789日\e[12GX
日\r\nab\e[HX\e[2;2H本
ab\r\nc\e#8
ab\e[2;3r\e#8x
\e7\e(0q\e8B
\e)0\016\e7\017q\e8
\e[2;3r\e[?6h\e7\e[?6l\e8\e[Hx
a\e[?1049hdrawn\e7\e[3;3H\e[?1049lb
❤️ ok
é日́x
abc\e[2G\e[4hX\e[4lY
EOF
finish
