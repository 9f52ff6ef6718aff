#!/bin/bash
# What the command line takes and refuses, at every level: exit statuses, streams, the two forms of an
# error.
cd "$(dirname "$0")/../.." && . tests/lib.sh

run "$PYRO"
is "nothing to do: status" "$status" 2
is "nothing to do: stdout" "$out" ""
is "nothing to do: stderr" "$err" "pyro: a command is missing (see 'pyro --help')"

run "$PYRO" --version
is "--version: status" "$status" 0
like "--version" "$out" '^pyro [0-9]+\.[0-9]+\.[0-9]+$'
run "$PYRO" --version --json
like "--version --json" "$(json .version)" '^[0-9.]+$'

run "$PYRO" --help
is "--help: status" "$status" 0
is "--help: nothing on stderr" "$err" ""
like "--help names a group" "$out" '  workspace \.\.\.'
like "--help has an example" "$out" 'Example:
  pyro run debian:12 -- git --version'
run "$PYRO" help workspace exec
like "help COMMAND is COMMAND --help" "$out" 'Usage: pyro workspace exec WORKSPACE_ID'
like "help lists the topics" "$("$PYRO" help)" 'Topics.*'$'\n''  agents '
run "$PYRO" help agents --json
like "a topic as JSON" "$(json .topic) $(json .text)" '^agents ---'
run "$PYRO" help nosuch
is "no such topic" "$status $err" "2 pyro: unknown command 'nosuch' (see 'pyro --help')"
run "$PYRO" run --help --json
is "--help --json is the declaration" "$(json .path)" run

# Every command answers -h with its usage and an example of itself, and needs no state for it.
while read -r path; do
    read -ra words <<<"$path"
    run "$PYRO" "${words[@]}" -h
    is "$path -h: status" "$status" 0
    like "$path -h: usage" "$out" "Usage: pyro $path"
    like "$path -h: example" "$out" "Example:
  .*pyro $path"
done < <("$PYRO" commands | sed 's/   *.*//')

run "$PYRO" wrokspace
is "an unknown command: status" "$status" 2
is "an unknown command" "$err" "pyro: unknown command 'wrokspace' (did you mean 'workspace'?)"
run "$PYRO" workspace
is "a group alone: status" "$status" 2
run "$PYRO" workspace lst
is "an unknown command of a group" "$err" "pyro: workspace: unknown command 'lst' (did you mean 'workspace list'?)"
run "$PYRO" commands --jsno
is "an unknown option: status" "$status" 2
is "an unknown option" "$err" "pyro: commands: unknown option '--jsno' (did you mean '--json'?)"
run "$PYRO" workspace shell attach w sh1 --json
is "another command's option is not proposed" "$status $err" "2 pyro: workspace shell attach: unknown option '--json' (see 'pyro workspace shell attach --help')"
run "$PYRO" --json commands --bad
is "with --json stderr is silent" "$err" ""
is "with --json stdout has the error" "$(json .error.code)" usage
is "with --json the error has its message" "$(json .error.message)" "commands: unknown option '--bad'"
like "with --json the error has a hint" "$(json .error.hint)" "pyro commands --help"

run "$PYRO" run debian:12 ls -la 'a b'
is "a missing --: status" "$status" 2
is "a missing --: says what to type" "$err" \
    "pyro: run: '--' is missing before the command 'ls' (type: pyro run debian:12 -- ls -la 'a b')"
run "$PYRO" workspace exec w
is "a missing command: status" "$status" 2
run "$PYRO" run debian:12 --mem-mib 100 -- true
is "a value below the range: status" "$status" 2
like "a value below the range" "$err" "--mem-mib: 100 is out of range: 128 to [0-9]+ MiB"
run "$PYRO" run debian:12 --mem-mib 200 -- true
like "a value between the steps" "$err" "--mem-mib: 200 is not a multiple of 128"
run "$PYRO" run debian:12 --vcpu-count 33 -- true
is "more processors than there can be: status" "$status" 2
run "$PYRO" run debian:12 --timeout-seconds 2592001 -- true
is "a time beyond 30 days: status" "$status" 2
for name in '' .a 'a b' $'a\e[31m' "$(printf 'a%.0s' {1..65})" ä; do
    run "$PYRO" workspace create debian:12 --name "$name"
    is "a bad name: status ($(printf %q "$name"))" "$status" 2
done
run "$PYRO" workspace create debian:12 --name $'x\e[31m'
like "foreign characters come out escaped" "$err" 'x\\x1b\[31m'
for label in a =b 'a b=c' $'a=\e' "a=$(printf 'x%.0s' {1..257})"; do
    run "$PYRO" workspace create debian:12 --label "$label"
    is "a bad label: status (${label:0:10})" "$status" 2
done
run "$PYRO" workspace update w
is "an update of nothing: status" "$status" 2
finish
