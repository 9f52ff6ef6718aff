#!/bin/bash
# Completion: what `pyro __complete` offers, and the bash script in a real bash.
# run: first
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

# offers WHAT WORDS… : the candidates' names in $out
offers() {
    out=$("$PYRO" __complete -- "$@" | cut -f1 | tr '\n' ' ')
}

offers work
is "a group" "$out" "workspace "
offers workspace st
is "commands of a group" "$out" "status stop start stats "
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
        line=${2//:/ : } && read -ra COMP_WORDS <<<"${line//=/ = }"
        [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _pyro
        printf "%s\n" "${COMPREPLY[@]}"' bash "$TEST_DIR/pyro.bash" "$1"
}
# Names of what there is, on this host: quick.
export PYRO_QEMU=/nothing/such
"$PYRO" workspace create debian:12-base --name one --allow-host-compat --label area=web --secret TOKEN=verysecret >/dev/null 2>&1
"$PYRO" workspace shell open one >/dev/null 2>&1
"$PYRO" workspace service start one web -- sleep 1000 >/dev/null 2>&1
offers workspace shell read one ''
is "shells" "$out" "sh1 "
offers workspace service logs one ''
is "services" "$out" "web "
offers workspace exec one --secret-env ''
is "secrets" "$out" "TOKEN "
offers workspace exec one --secret-env=
is "a value behind =" "$out" "--secret-env=TOKEN "
offers workspace create debian:12 --network-policy=eg
is "a choice behind =" "$out" "--network-policy=egress --network-policy=egress+published-ports "
offers workspace update one --clear-label ''
is "keys of labels" "$out" "area "
offers workspace create debian:12 --label ""
is "labels" "$out" "area=web "
offers tui one/
is "a shell of a workspace" "$out" "one/sh1 "
offers workspace reset one --snapshot=b
is "snapshots" "$out" "--snapshot=baseline "
offers workspace snapshot delete one ''
is "the baseline cannot be deleted, so it is not offered" "$out" ""
is "bash: a value behind =" "$(in_bash 'pyro workspace exec one --secret-env=TO')" TOKEN
is "bash: nothing behind = yet" "$(in_bash 'pyro workspace exec one --secret-env=')" TOKEN
"$PYRO" workspace delete one >/dev/null 2>&1

is "bash: commands" "$(in_bash 'pyro workspace sta')" "status
start
stats"
is "bash: choices" "$(in_bash 'pyro completion ')" "bash
zsh
fish"
finish
