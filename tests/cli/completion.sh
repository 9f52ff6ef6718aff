#!/bin/bash
# Completion: what `pyro __complete` offers, and the bash script in a real bash.
cd "$(dirname "$0")/../.." && . tests/lib.sh

# offers WHAT WORDS… : the candidates' names in $out
offers() {
    out=$("$PYRO" __complete -- "$@" | cut -f1 | tr '\n' ' ')
}

offers work
is "a group" "$out" "workspace "
offers workspace st
is "commands of a group" "$out" "status stop start "
offers workspace status --j
is "options" "$out" "--json "
offers completion ''
is "choices" "$out" "bash zsh fish "
offers run debian:12 ''
is "the double dash" "$out" "-- "
offers run debian:12 -- l
is "files after the double dash" "$out" ":files "
offers nothing such ''
is "nothing" "$out" ""
offers workspace create --mem
is "long options" "$out" "--mem-mib "

for shell in bash zsh fish; do
    run "$PYRO" completion "$shell"
    is "completion $shell: status" "$status" 0
    like "completion $shell: asks pyro" "$out" '__complete --'
done
run "$PYRO" completion ksh
is "completion for another shell: status" "$status" 2

"$PYRO" completion bash >"$TEST_DIR/pyro.bash"
check "the bash script parses" bash -n "$TEST_DIR/pyro.bash"
mkdir "$TEST_DIR/bin" && ln -s "$PYRO" "$TEST_DIR/bin/pyro"
# in_bash LINE: what bash would offer at the end of the line
in_bash() {
    PATH=$TEST_DIR/bin:$PATH bash -c '
        . "$1"
        COMP_LINE=$2 COMP_POINT=${#2}
        read -ra COMP_WORDS <<<"${2//:/ : }"
        [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _pyro
        printf "%s\n" "${COMPREPLY[@]}"' bash "$TEST_DIR/pyro.bash" "$1"
}
is "bash: commands" "$(in_bash 'pyro workspace sta')" "status
start"
is "bash: choices" "$(in_bash 'pyro completion ')" "bash
zsh
fish"
finish
