#!/bin/bash
# The terminal is as it was after every way out.
cd "$(dirname "$0")/../.." && . tests/tui.sh

tui
sees 'q quit'
keys q
ends "exit 0"

for signal in TERM HUP INT; do
    tui
    sees 'q quit'
    kill -"$signal" "$(drive pid)"
    ends "signal $(kill -l $signal)"
done

# A crash: the handler gives the terminal back before the program dies of it.
for signal in SEGV ABRT BUS; do
    tui
    sees 'q quit'
    kill -"$signal" "$(drive pid)"
    ends "signal $(kill -l $signal)"
done

# The terminal itself goes.
tui
sees 'q quit'
drive hangup
like "ends with its terminal" "$(drive ended "$SECONDS_MAX")" '^(exit|signal) [0-9]+$'

# No terminal at all: said, not tried.
run "$PYRO" tui
refute "without a terminal it fails" [ "$status" = 0 ]
like "without a terminal: why" "$err" 'terminal'
tui_finish
