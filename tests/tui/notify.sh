#!/bin/bash
# An operator who looks elsewhere is told: by a command of their own, by the bell, by OSC 9.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export XDG_CONFIG_HOME=$TEST_DIR/config
mkdir -p "$XDG_CONFIG_HOME/pyro"
told=$TEST_DIR/told

heard() { # PATTERN: what the terminal was told so far, "bell" and "says TEXT" for OSC 9
    drive heard | grep -qE "$1"
}
hears() { # PATTERN
    wait_for "$SECONDS_MAX" heard "$1" && pass "hears $1" || fail "hears $1" "$(drive heard)"
}
write() { # WORKSPACE SHELL LINE
    "$PYRO" workspace shell write "$1" "$2" --input "$3" >/dev/null 2>&1
}
is_failed() { [[ $(json .attention.state "$("$PYRO" workspace status "$1" --json)") == failed ]]; }
host_workspace one >/dev/null
host_workspace two --secret TOKEN=sesame-opens-nothing >/dev/null
a=$(shell_of one)
write one "$a" 'exit 3'
wait_for 120 is_failed one

# By OSC 9, each kind once its time has come (here a hundredth of it): a program that asks, a command that failed,
# one that nobody waited for and that is done. What is known already is not told.
echo 'notify = osc9' >"$XDG_CONFIG_HOME/pyro/config"
PYRO_CHECK_PATIENCE=0.01 tui
sees '2 workspaces'
b=$(shell_of two)
write two "$b" 'bash -c "read -p Go-on x"'
hears '^says two asks: '
write two "$b" yes
"$PYRO" workspace exec two -- sh -c 'exit 5; # $(touch x)' >/dev/null 2>&1
hears '^says two failed: exec 1: exit code 5: sh -c '
"$PYRO" workspace update two --acknowledge all >/dev/null 2>&1
"$PYRO" workspace exec two --detach -- true >/dev/null 2>&1
hears '^says two finished: exec 2: '
refute "what is known is not told" heard '^says one '
refute "… and nothing rings" heard bell

# What a program wants noticed: a text, and a bell, each until somebody has. A flood is one.
write two "$b" "printf '\\033]9;all d\\303\\266ne \\001 now\\007'"
hears "^says two notice: shell $b: all döne .* now$"
write two "$b" "while :; do printf '\\a'; done"
hears "^says two notice: shell $b: bell$"
"$PYRO" workspace shell signal two "$b" --signal INT >/dev/null 2>&1
"$PYRO" workspace shell read two "$b" --wait-for-prompt >/dev/null 2>&1 # all of the flood is in
write two "$b" "printf '\\033]777;noti'; printf 'fy;make;ready\\033\\\\'"
hears "^says two notice: shell $b: make: ready$"
write two "$b" "printf '\\033]99;e=1;%s\\033\\\\' $(printf 'it is sesame-opens-nothing' | base64)"
hears "^says two notice: shell $b: it is \[REDACTED\]$"
is "a flood is one" "$(drive heard | grep -c "shell $b: bell$")" 1
keys q
ends "exit 0"

# By the bell.
echo 'notify = bell' >"$XDG_CONFIG_HOME/pyro/config"
tui
sees '2 workspaces'
write two "$b" "printf '\\033]9;once more\\007'"
hears '^bell$'
keys q
ends "exit 0"

# By a command: words as they are, without a shell; what it is about comes in the environment.
cat >"$TEST_DIR/tell" <<'END'
#!/bin/sh
echo "$1|$PYRO_WORKSPACE|$PYRO_WORKSPACE_NAME|$PYRO_STATE|$PYRO_TEXT" >>"$(dirname "$0")/told"
END
chmod +x "$TEST_DIR/tell"
echo "notify = $TEST_DIR/tell \$(id);" >"$XDG_CONFIG_HOME/pyro/config"
id=$(json .workspace_id "$("$PYRO" workspace status two --json)")
tui
sees '2 workspaces'
write two "$b" 'exit 4'
is_told() { [[ -s $told ]]; }
wait_for 120 is_told
is "told" "$(cat "$told")" "\$(id);|$id|two|failed|shell $b: exit code 4"
keys q
ends "exit 0"

# One that does not end is ended.
cat >"$TEST_DIR/hang" <<'END'
#!/bin/sh
echo $$ >"$(dirname "$0")/hangs"
exec sleep 7777
END
chmod +x "$TEST_DIR/hang"
echo "notify = $TEST_DIR/hang" >"$XDG_CONFIG_HOME/pyro/config"
PYRO_CHECK_PATIENCE=0.5 tui
sees '2 workspaces'
b=$(shell_of two)
write two "$b" 'exit 4'
hangs() { [[ -s $TEST_DIR/hangs ]]; }
wait_for 120 hangs
keys L
sees "notify: '.*/hang' was ended after 5 s"
is_gone() { ! kill -0 "$(cat "$TEST_DIR/hangs")" 2>/dev/null; }
wait_for 60 is_gone && pass "it is gone"
keys q
sees '2 workspaces'
keys q
ends "exit 0"

# One that is not there is told once.
echo 'notify = /nothing/such' >"$XDG_CONFIG_HOME/pyro/config"
tui
sees '2 workspaces'
c=$(shell_of two)
"$PYRO" workspace shell write two "$c" --input 'exit 4' >/dev/null 2>&1
keys L
sees 'notify: .*/nothing/such'
keys q q
tui_finish
