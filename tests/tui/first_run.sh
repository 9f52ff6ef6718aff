#!/bin/bash
# From nothing to a shell in a machine of its own, with one key; and every step that someone who has never seen it takes
# next, by what the screen offers: take control, give it back, delete.
cd "$(dirname "$0")/../.." && . tests/tui.sh

tui
sees 'No workspace yet'
sees 'Enter makes one and opens a shell in it'
sees '^ Enter make one'
keys Enter
sees '^ CONTROL +first/sh1 +at its prompt'
keys 'echo it-works-$((40 + 2)); uname -s' Enter
sees '^it-works-42'
sees '^Linux'
sees 'Ctrl-\] give it back'
keys C-]
sees '^ WATCHING '
sees 'i take control'
sees 'Esc back'
keys Esc
sees '^ [^ ]+ first .*started'
keys ']'
sees 'emulated|kvm'
sees 'd delete'
keys d
sees 'Delete first\?'
agree
sees 'No workspace yet'

# What goes wrong is said in words, and can be tried again.
tui_end
export PYRO_QEMU=/nothing/such
tui
sees 'No workspace yet'
keys Enter
sees '/nothing/such: program not found'
sees '^ Enter make one|No workspace yet'
keys q
ends "exit 0"
tui_finish
