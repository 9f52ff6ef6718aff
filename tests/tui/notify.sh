#!/bin/bash
# An operator who looks elsewhere is told: by a command of their own, by the bell, by OSC 9.
cd "$(dirname "$0")/../.." && . tests/tui.sh
export XDG_CONFIG_HOME=$TEST_DIR/config
mkdir -p "$XDG_CONFIG_HOME/pyro"
told=$TEST_DIR/told

# Words as they are, without a shell; what it is about comes in the environment.
cat >"$TEST_DIR/tell" <<'END'
#!/bin/sh
echo "$1|$PYRO_WORKSPACE_NAME|$PYRO_STATE|$PYRO_TEXT" >>"$(dirname "$0")/told"
END
chmod +x "$TEST_DIR/tell"
echo "notify = $TEST_DIR/tell \$(id);" >"$XDG_CONFIG_HOME/pyro/config"
host_workspace one >/dev/null
host_workspace two >/dev/null
a=$(shell_of one)
"$PYRO" workspace shell write one "$a" --input 'exit 3' >/dev/null 2>&1
failed() { [[ $(json .attention.state "$("$PYRO" workspace status one --json)") == failed ]]; }
wait_for 120 failed
tui
sees '2 workspaces'
b=$(shell_of two)
"$PYRO" workspace shell write two "$b" --input 'exit 4' >/dev/null 2>&1
is_told() { [[ -s $told ]]; }
wait_for 120 is_told
is "told, of what is new only" "$(cat "$told")" "\$(id);|two|failed|shell $b: exit code 4"
"$PYRO" workspace exec one -- sh -c 'exit 5; # $(touch x)' >/dev/null 2>&1
is_told() { grep -q '^[^|]*|one|failed|exec 1: exit code 5' "$told"; }
wait_for 120 is_told && pass "a command that failed, after a while"
is "all of it" "$(wc -l <"$told")" 2
keys q
ends "exit 0"

# One that does not end is ended; one that is not there is told once.
echo 'notify = /nothing/such' >"$XDG_CONFIG_HOME/pyro/config"
tui
sees '2 workspaces'
c=$(shell_of two)
"$PYRO" workspace shell write two "$c" --input 'exit 4' >/dev/null 2>&1
keys L
sees 'notify: .*/nothing/such'
keys q q
tui_finish
