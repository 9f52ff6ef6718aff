#!/bin/bash
# What can be done from the list: each action is a command, and what it would lose is said before.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export PYRO_QEMU=/nothing/such

id=$(host_workspace one)
tui
sees "│ id +$id"

# Enter opens a shell where there is none, at the size of the pane and under control; it watches it again, and with two
# there is a choice.
keys Enter
sees 'CONTROL +one/sh1'
size_is() { "$PYRO" workspace shell list one | grep -q 80x22; }
wait_for 60 size_is && pass "it is as large as the pane"
keys C-]
sees '^ WATCHING '
keys Esc
sees 'Enter watch'
keys Enter
sees 'WATCHING +one/sh1'
keys Esc
sees 'Enter watch'
keys o
sees 'CONTROL +one/sh2'
keys C-]
sees '^ WATCHING '
keys Esc
sees 'Enter watch'
keys Enter
sees 'shells of one'
keys / sh1 Enter
gone '│  sh2 '
keys Esc
sees '│  sh2 '
keys / nothing Enter
sees 'Nothing fits the filter'
keys Enter Esc
sees '│  sh2 '
keys Esc
gone 'shells of one'
keys Enter
sees 'shells of one'
keys j Enter
sees 'WATCHING +one/sh1'
keys Esc
sees 'Enter watch'

# A signal to what runs in a shell, and the shell's end; what it says stays.
shell=sh2
keys Enter
sees 'shells of one'
keys Enter
sees 'WATCHING +one/sh2'
"$PYRO" workspace shell write one sh2 --input 'sleep 5432' >/dev/null 2>&1
sees 'runs sleep 5432'
keys C-k
sees 'signal to sh2'
keys j k Enter
sees 'at its prompt'
"$PYRO" workspace shell write one sh2 --input 'sleep 6543' >/dev/null 2>&1
sees 'runs sleep 6543'
keys C-k
sees 'signal to sh2'
keys End Enter
sees 'Kill sh2\?'
keys n
gone 'Kill sh2\?'
sees 'runs sleep 6543'
keys C-x
sees 'Close sh2\?'
sees 'It runs sleep 6543'
keys n
gone 'Close sh2\?'
keys Del
sees 'Close sh2\?'
agree
sees 'WATCHING +one/sh2 +ended'
keys Esc
sees 'Enter watch'
keys o
sees 'CONTROL +one/sh3'
keys C-]
sees '^ WATCHING '
keys Esc
sees 'Enter watch'

# KILL, once it is agreed to, ends the whole shell: one that has been on the screen for long.
keys Enter
sees 'shells of one'
keys End
picked '│  sh1 '
keys Enter
sees 'WATCHING +one/sh1 +at its prompt'
keys C-k
sees 'signal to sh1'
keys End
picked 'KILL'
keys Enter
sees 'Kill sh1\?'
agree
sees 'WATCHING +one/sh1 +ended'
is "KILL ended it" "$(json '.shells[0].state' "$("$PYRO" workspace shell list one --json)")" stopped
keys Esc
sees 'Enter watch'

# Stop asks, says what ends, and does nothing on no.
keys x
sees 'Stop one\?'
sees '1 running shell will end'
keys n
gone 'Stop one\?'
is "no is no" "$(json .state "$("$PYRO" workspace status one --json)")" started
keys x
sees 'Stop one\?'
agree
sees '^ [^ ]+ one .*stopped'
gone 'x stop'
keys x
sees 'x needs a running workspace'
keys Enter
sees 'Start one\?'
keys n
gone 'Start one\?'
keys C
sees 'C needs '
keys t
sees '^ [^ ]+ one .*started'

# A form makes a workspace; errors are shown in words below, and in the log.
keys c
sees 'new workspace'
sees 'CPUs +1'
sees 'memory, MiB +1024'
keys Tab two Tab nothing Enter
sees "^ *│ {10,}'nothing' is not " # below its field
keys C-u task=second Tab 0 Enter
sees '^ *│ {10,}.*out of range'
keys C-u 1 Tab 100 Enter # over what was offered
sees '^ *│ {10,}.*(out of range|multiple)'
sees 'memory, MiB +100 '
keys BSpace BSpace BSpace 256 Tab Tab C-u 5 Enter
sees '│ .*after at least 60 idle seconds, not 5'
sees 'idle at most, s +5 '
keys C-u 90 Tab Right
sees 'network +egress '
keys Left
sees 'network +off '
click 'environment'
keys Right
gone 'environment +debian:12 '
keys Left
sees 'environment +debian:12 '
keys Up Down Enter
sees '│ .*/nothing/such: program not found'
keys Esc
gone 'new workspace'
keys L
sees 'create two: /nothing/such: program not found'
sees 'stop one: done'
keys Esc
sees '^ [^ ]+ one .*started'
keys c
sees 'new workspace'
keys C-a C-k Enter
sees '^ *│ {10,}it is needed'
keys Esc
gone 'new workspace'

# What is pasted into the list agrees to nothing, and does not go on below the question.
keys dyx
sees 'Delete one\?'
sees '^ y yes'
keys x q
sees 'this is a question: y says yes; n, Enter or Esc no'
drive paste y
sees 'what was pasted is ignored'
sees 'Delete one\?'
like "what Enter does stands out" "$(drive attributes | grep "^$(($(at ' y yes    n no') - 1)) ")" \
    '353c49.*2f6db3'
keys Enter
gone 'Delete one\?'
sees '^ [^ ]+ one .*started'

# A question closes when what it is about is gone.
two=$(host_workspace two)
sees '^ [^ ]+ two .*started'
keys / two Enter
gone '^ [^ ]+ one '
keys d
sees 'Delete two\?'
"$PYRO" workspace delete "$two" >/dev/null 2>&1
gone 'Delete two\?'
sees 'what this was about is gone'
keys Esc
sees '^ [^ ]+ one .*started'

# Delete says what is lost.
keys d
sees 'Delete one\?'
sees 'lost for'
keys Esc
gone 'Delete one\?'
sees '^ [^ ]+ one .*started'
keys d
sees 'Delete one\?'
sees '^ y yes' # not before
click 'y yes'
sees 'No workspace yet'
refute "it is gone" "$PYRO" workspace status one
keys q
ends "exit 0"
tui_finish
