#!/bin/bash
# The keys that move, in every screen that has a list; a screen that something scribbled on; a drawing process that died.
cd "$(dirname "$0")/../.." && . tests/tui.sh

for name in w1 w2 w3 w4 w5 w6 w7 w8; do host_workspace "$name" >/dev/null; done
tui 100x20
sees '^ [^ ]+ w1 .*started'
keys s # by name
sees 'by name'
moves '^ [^ ]+ w1 ' '^ [^ ]+ w2 ' '^ [^ ]+ w8 '

# Scribbled on by something else.
printf '\033[5;5Hscribbled' >"/proc/$(drive pid)/fd/1"
sees scribbled
keys C-l
gone scribbled

# Help scrolls: its first line and its last.
drive resize 60 14
keys '?'
sees 'Navigate'
keys End
sees 'Ctrl-l'
gone 'Navigate'
keys Home
sees 'Navigate'
keys Down
gone 'Navigate'
keys Up
sees 'Navigate'
keys PgDn PgDn PgDn PgDn PgDn PgDn
sees 'Ctrl-l'
keys PgUp PgUp PgUp PgUp PgUp PgUp
sees 'Navigate'
keys q
gone 'Esc close'
drive resize 100 20

# Services.
for name in s1 s2 s3; do
    "$PYRO" workspace service start w1 $name -- sh -c 'exec sleep 4321' >/dev/null 2>&1
done
keys S
sees '3 running of 3'
moves '^ w1 +s1 ' '^ w1 +s2 ' '^ w1 +s3 '
keys q

# Files.
"$PYRO" workspace exec w1 -- touch f1 f2 f3 >/dev/null 2>&1
sees '^ [^ ]+ w1 .*started'
keys Home f
sees ' f1 +│'
moves '^ .* f1 +│' '^ .* f2 +│' '^ .* f3 +│'
keys q

# Which shell of several; and its part of a larger screen.
for _ in 1 2 3; do shell_of w1 120 40 >/dev/null; done
sees '^ [^ ]+ w1 .*started.* 3 +3 '
keys Enter
sees 'shells of w1'
moves '  sh3 ' '  sh2 ' '  sh1 '
keys End Enter
sees '^ WATCHING  w1/sh1'
"$PYRO" workspace shell write w1 sh1 --input "clear; printf '\\033[40;110Hcorner\\033[H'" >/dev/null 2>&1
sees '120×40 from 1,1'
keys Down Down Right
sees '120×40 from 2,3'
keys Up Left
sees '120×40 from 1,2'
for _ in {1..23}; do keys Down; done
for _ in {1..20}; do keys Right; done
sees 'corner'
keys End
sees '120×40 from 1,1'
gone 'corner'

# A drawing process that died is told in its place, and another draws.
children=$(pgrep -P "$(drive pid)")
is "one process draws" "$(wc -w <<<"$children")" 1
kill_process "$children"
sees 'r draws it again'
keys r
sees '120×40 from 1,1'
gone 'r draws it again'
keys Esc

# The log.
sees '^ [^ ]+ w1 .*started'
for name in w2 w3 w4; do
    keys /  $name Enter
    sees "^ [^ ]+ $name .*started"
    gone '^ [^ ]+ w1 '
    keys x
    sees "Stop $name"
    agree
    sees "^ [^ ]+ $name .*stopped"
    keys Esc
    sees '^ [^ ]+ w1 .*started'
done
keys L
sees 'stop w4'
moves 'read .workspace' 'stop w2' 'stop w4'
keys q
tui_finish
