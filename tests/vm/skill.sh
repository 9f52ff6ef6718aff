#!/bin/bash
# The agents' guide to the command line, share/pyro/SKILL.md: `pyro help agents` prints it, it is short, and every command in
# it works, in its order, in a directory of a user's.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
guide=$PWD/share/pyro/SKILL.md

run "$PYRO" help agents
is "help agents prints it" "$out" "$(cat "$guide")"
check "it is at most 120 lines" [ "$(wc -l <"$guide")" -le 120 ]
is "it begins as a skill file does" "$(sed -n '1p; 2p; 4p' "$guide")" $'---\nname: pyro\n---'
check "its description is one line of at most 1024 characters" [ "$(sed -n '3s/^description: //p' "$guide" | wc -c)" -le 1024 ]

mkdir "$TEST_DIR/bin" "$TEST_DIR/project"
ln -s "$PYRO" "$TEST_DIR/bin/pyro"
PATH=$TEST_DIR/bin:$PATH
echo text >"$TEST_DIR/project/file"

# A line that is indented belongs to the one before.
commands=()
while IFS= read -r line; do
    [[ $line == ' '* ]] && commands[-1]+=$'\n'$line || commands+=("$line")
done < <(sed -n '/^```sh$/,/^```$/{/^```/!p}' "$guide")
check "it has commands" [ ${#commands[@]} -gt 25 ]
for command in "${commands[@]}"; do
    command=${command//wait-for-idle-ms 500/wait-for-idle-ms 5000} # a slow machine may be silent for 500 ms
    run bash -o pipefail -c "cd '$TEST_DIR/project' && $command"
    is "${command%%$'\n'*}" "$status" 0
    case $command in
    *"run debian"*) like "one command" "$out" '^hello' ;;
    *"exec task -- ls"*) like "a workspace begins with the directory" "$out" ' file' ;;
    *"exec task --detach"*) like "the number of a command" "$err" 'sequence=3 ' ;;
    *"command read"*) like "and what it printed" "$out" done ;;
    *"shell read"*wait-for-idle*) like "a shell's text" "$out" 'make test' ;;
    *"shell read"*--json) is "at the prompt" "$(json .at_prompt)" true ;;
    *"file read"*) is "a file" "$out" "first line" ;;
    *"diff task --stat"*) like "what changed" "$out" 'notes/todo.txt.*\+a line' ;;
    esac
done
check "the patch applies" git -C "$TEST_DIR/project" apply task.patch
is "what was exported" "$(cat "$TEST_DIR/project/notes-from-task/more.txt")" "from a pipe"
run "$PYRO" workspace list --quiet
is "nothing is left" "$out" ""
finish
