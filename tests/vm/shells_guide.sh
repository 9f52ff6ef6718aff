#!/bin/bash
# The transcript in docs/shells.md is what a user gets: every command of it, run again, answers as it
# says, but for the workspace's id.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

mkdir "$TEST_DIR/bin"
ln -s "$PYRO" "$TEST_DIR/bin/pyro"
export PATH=$TEST_DIR/bin:$PATH

id=
commands=0
# answer COMMAND WANTED: standard output, then standard error, as on a terminal.
answer() {
    local got
    run bash -c "$1"
    got=$(cat "$TEST_DIR/out"; tail -c1 "$TEST_DIR/out" | grep -q . && echo; cat "$TEST_DIR/err")
    [[ -n $id ]] || id=$out
    is "$1" "${got//"$id"/6f3a0c41d9be}" "$2"
    commands=$((commands + 1))
}

command= wanted=
while IFS= read -r line; do
    if [[ $line == '$ '* || $line == '```' ]]; then
        [[ -n $command ]] && answer "$command" "${wanted%$'\n'}"
        command=${line#'$ '} wanted=
    else
        wanted+=$line$'\n'
    fi
done < <(sed -n '/^```console$/,/^```$/p' docs/shells.md | tail -n +2)
check "there was a transcript" [ $commands -ge 10 ]
"$PYRO" workspace delete "$id" >/dev/null
finish
