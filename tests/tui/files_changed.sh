#!/bin/bash
# The files of a real machine: mode, size and time of each, what has changed since it was created, and the chosen file
# beside the list where there is room.
cd "$(dirname "$0")/../.." && . tests/tui.sh

mkdir -p "$TEST_DIR/seed/src" "$TEST_DIR/seed/old/deep"
printf 'one\ntwo\nthree\n' >"$TEST_DIR/seed/kept"
echo same | tee "$TEST_DIR/seed/same" "$TEST_DIR/seed/gone" "$TEST_DIR/seed/src/main.c" "$TEST_DIR/seed/old/deep/file" >/dev/null
touch -d '2024-02-03 14:05' "$TEST_DIR/seed/same"
"$PYRO" workspace create debian:12-base --name box --seed-path "$TEST_DIR/seed" >/dev/null 2>&1
"$PYRO" workspace exec box -- sh -c 'echo four >>kept; chmod 4750 kept; rm -r gone old; echo x >>src/main.c
    printf "first\tline\033[31m\nsecond\n" >new; touch -d "1950-01-01 00:00" new; printf "\377" >latin; : >nothing
    ln -s kept link; mkfifo pipe; mkdir "$(printf "d\303\244ta")"; touch "$(printf "d\303\244ta/n\344me")"' >/dev/null 2>&1

tui 80x24
sees '^ [^ ]+ box .*started'
keys f
sees '^ box /workspace'
sees '^ D +old/'
sees '^ • +drwx[-rwx]+ .* däta/$'
sees '^ • +drwx[-rwx]+ .* src/$'
sees '^ D +gone$'
sees '^ M +-rwsr-x--- +19B +20[0-9-]+ [0-9:]+ +kept$'
sees '^ A +-rw-r--r-- .* 1950-01-01 00:00 +new$'
sees '^ A +lrwxrwxrwx +20[0-9-]+ [0-9:]+ +link → kept$'
sees '^ A +prw-r--r-- +0B .*pipe +\(not a file\)'
sees '^   +-rw-r--r-- +5B +2024-02-03 14:05 +same$'
keys / change:deleted Enter
gone ' kept'
sees '^ D +gone$'
picked '^ D .* old/'
keys Enter
sees '/workspace/old was deleted'
keys Esc
sees ' kept$'

# What is in a directory, and on the way back.
keys / src/ Enter
keys Esc
drive resize 140 30
sees '^ M .* kept +[╭│]'
keys g / kept Enter
picked '^ M .* kept'
sees '│ one +│'
sees '│ four +│'
sees '╭ kept '
keys Esc
sees ' same '
for what in 'latin:UTF-8|text' 'link:links are not followed' 'pipe:not a file that can' 'nothing:It is empty' 'src:A directory' \
    'gone:It was deleted' 'new:first   line.x1b\[31m'; do
    keys / "/^${what%%:*}\$/" Enter
    sees "╭ ${what%%:*} "
    sees "│ .*(${what#*:})"
    keys Esc
    sees ' same '
done
keys / /^src/ Enter Enter
sees '^ box /workspace/src'
sees '^ M .* main\.c'
sees '╭ main\.c '
sees '│ x +│'
keys h
sees '^ box /workspace$'

# Read again: what has changed meanwhile.
"$PYRO" workspace exec box -- sh -c 'echo more >>same; rm new' >/dev/null 2>&1
gone 'reading'
keys r
sees '^ M .* same '
gone ' new '

# A stopped one is read from its disk.
keys Esc
sees '^╭ box |box .*started'
"$PYRO" workspace stop box >/dev/null 2>&1
sees '^ [^ ]+ box .*stopped'
keys f
sees 'on the disk of a stopped workspace'
sees '^ M +-rwsr-x--- +19B .* kept '
sees '^ D +gone '
keys / kept Enter
sees '│ four +│'
keys Esc
sees ' same '
keys q
tui_finish
