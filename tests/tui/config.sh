#!/bin/bash
# The configuration that docs/tui.md shows works as it says; a line that cannot be used is told; each theme has its own
# colours, and none has any with NO_COLOR; sizes from tiny to huge are drawn, one after the other.
cd "$(dirname "$0")/../.." && . tests/tui.sh

host_workspace one >/dev/null
shell=$(shell_of one)
config() {
    mkdir -p "$XDG_CONFIG_HOME/pyro" && cat >"$XDG_CONFIG_HOME/pyro/config"
}
colours() {
    drive attributes | grep -oE '[fb]g=[^ ]+' | sort -u
}

sed -n 's/^    \(\(theme\|spares\|clipboard\|key\).*=.*\)/\1/p' docs/tui.md | sed 's/ #.*//' | config
check "the document has an example" grep -q key.shell.take "$XDG_CONFIG_HOME/pyro/config"
tui "one/$shell"
sees 'i take control'
keys F2
sees '^ CONTROL '
keys C-]
sees '^ WATCHING '
keys Esc
sees '^ [^ ]+ one .*started'
keys Q
ends "exit 0"

printf 'theme = pink\nkey.shell.nothing = x\nkey.nowhere.take = x\nclipboard = maybe\nwhat\n# fine\n' | config
tui
sees 'the configuration has 5 problems: L lists them'
keys L
sees "config:1: no theme 'pink'"
sees "config:5: 'what' has no '='"
keys q
sees '^ [^ ]+ one .*started'

# What is given twice is told: a setting, and a key for two actions. A key that its owner gave away is free.
printf 'theme = dark\nkey.shell.take = F3\nkey.shell.close = i F3\ntheme = light\nkey.shell.signal = q\nkey.shell.back = F4\n' | config
tui 200x24
sees 'the configuration has 3 problems'
keys L
sees 'the key q is key.shell.signal, which hides key.global.quit there'
sees 'config:4: theme is set again, in place of line 1'
sees 'the key F3 is both key.shell.take and key.shell.close'
refute "nothing else is told" drive shows 'key i'
keys q
sees '^ [^ ]+ one .*started'

seen=()
for theme in dark light 16 mono; do
    echo "theme = $theme" | config
    tui
    sees '^ [^ ]+ one .*started'
    seen+=("$(colours)")
done
is "mono has no colour" "${seen[3]}" ""
check "the others have" test -n "${seen[0]}" -a -n "${seen[1]}" -a -n "${seen[2]}"
check "… each its own" test "${seen[0]}" != "${seen[1]}" -a "${seen[1]}" != "${seen[2]}"
refute "16 colours are numbers below 16" grep -qE '#|g=(1[6-9]|[2-9][0-9]|[0-9]{3})' <<<"${seen[2]}"
rm "$XDG_CONFIG_HOME/pyro/config"
NO_COLOR=1 tui
sees '^ [^ ]+ one .*started'
is "NO_COLOR: none" "$(colours)" ""

# Sizes.
tui
sees '^ [^ ]+ one .*started'
drive resize 39 24
sees '40'
drive resize 40 10
sees '^ [^ ]+ one '
# There and back before the program has looked: what the terminal shows was cut all the same.
drive resize 80 24
sees '\? help'
kill -STOP "$(drive pid)"
drive resize 41 11
drive resize 80 24
kill -CONT "$(drive pid)"
sees '\? help'
for size in "200 60" "41 11" "120 20" "80 9" "300 100" "80 24"; do
    # shellcheck disable=SC2086
    drive resize $size
done
sees '^ [^ ]+ one .*started'
sees '\? help'
keys Enter
sees '^ WATCHING '
for size in "20 5" "250 70" "80 24"; do
    # shellcheck disable=SC2086
    drive resize $size
done
sees '^ WATCHING '
keys i
sees '^ CONTROL '
for size in "60 20" "250 70" "45 12" "100 30"; do
    # shellcheck disable=SC2086
    drive resize $size
done
size_is() { "$PYRO" workspace shell list one | grep -q 100x28; }
wait_for 60 size_is && pass "the shell has the last size"
keys 'echo after-$((40 + 2))' Enter
sees '^after-42'
keys C-]
sees '^ WATCHING '
keys Esc
sees '^ [^ ]+ one '
keys q
ends "exit 0"
tui_finish
