#!/bin/bash
# What asks for something typed stays open until that was of use: what is wrong is said beside it, and the text is kept,
# so that what is typed next never becomes commands.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export PYRO_QEMU=/nothing/such

host_workspace one >/dev/null
host_workspace two >/dev/null
tui
sees '^ pyro +2 workspaces'

# Nothing written is no answer; what the command refuses is shown below the field, until the text is changed.
keys / one Enter
gone '^ [^ ]+ two '
keys n
sees '^ one snapshots'
keys c
sees 'new snapshot'
keys Enter
sees '│ +nothing is written here yet'
keys '--not good' Enter
sees "│ .*'--not good'"
sees '│ +--not good '
keys xd
gone "│ .*'--not good'"
sees '│ +--not goodxd '
keys Enter
sees "│ .*'--not goodxd'"
keys C-u three Enter
sees '│ .*(host|disk)'
sees '│ +three '
keys Esc
gone 'new snapshot'
keys q
sees '^ [^ ]+ one .*started'

# A form keeps all of its values.
keys c
sees 'new workspace'
keys debian:12-base Tab two Tab task=fix Tab 3 Enter
sees '│ .*(host|program not found|two)'
sees '│ +environment +debian:12-base '
sees '│ +name +two '
sees '│ +label +task=fix '
sees '│ +CPUs +3 '
keys Esc
gone 'new workspace'

# What is offered is typed over, and kept by a key that moves or edits.
keys c
sees 'new workspace'
sees '│ +environment +debian:12 '
keys End -base
sees '│ +environment +debian:12-base '
keys Esc
gone 'new workspace'
keys c
sees '│ +environment +debian:12 '
keys BSpace 3
sees '│ +environment +debian:13 '
drive paste :x
sees '│ +environment +debian:13:x '
keys Esc
gone 'new workspace'
keys c
sees '│ +environment +debian:12 '
drive paste debian:13
sees '│ +environment +debian:13 '
keys Tab Tab Tab Right 6
sees '│ +CPUs +16 '
keys Tab Tab BTab 2
sees '│ +memory, MiB +2 '
keys Esc
gone 'new workspace'

# One whose command takes long gets out of the way; when that fails, it is back, with all its values.
keys S
sees 'No service yet'
keys c
sees '╭ new service in one '
keys web Tab 'sleep 4321' Tab Tab Tab Tab up Tab Tab C-u 3 Enter
sees '^ one +web +starting'
gone '╭ new service in one '
sees '╭ new service in one '
sees '│ .*(ready|readiness|in time|within)'
sees '│ +command +sleep 4321 '
sees '│ +ready: file +up '
keys Esc
gone '╭ new service in one '

# … but not over something else.
keys c
sees '╭ new service in one '
keys late Tab 'sleep 4321' Tab Tab Tab Tab up Tab Tab C-u 8 Enter
sees '^ one +late +starting'
gone '╭ new service in one '
keys Esc
sees '^ pyro +1 of 2 shown'
sees 'start service late: '
gone '╭ new service'
keys L
sees 'start service late: .*'
keys q

# The time that a log is shown from.
shell=$(shell_of one)
"$PYRO" workspace shell write one "$shell" --input 'echo written-$((40 + 2))' >/dev/null 2>&1
keys Enter
sees '^ WATCHING +one/'
sees 'written-42'
keys PgUp
sees "^ log of $shell"
sees '1–[0-9]+ of'
keys s tomorrow Enter
sees '^ since tomorrow .*no time: 10m, 14:30'
keys C-u
gone 'no time'
keys 10m Enter
gone '^ since'
keys q
sees '^ WATCHING +one/'
drive paste pasted
sees 'watching: i takes control'
keys Esc
sees '^ pyro +1 of 2 shown'
drive paste xdy
sees 'what was pasted is ignored: nothing is typed here'
gone 'Delete'
keys q
ends "exit 0"
tui_finish
