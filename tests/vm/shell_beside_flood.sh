#!/bin/bash
# One shell floods at full speed; another of the same workspace is typed into, key by key, and read.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

id=$("$PYRO" workspace create debian:12 --name w --id-only 2>/dev/null)
shells=$XDG_DATA_HOME/pyro/workspaces/$id/shells

shell() {
    local verb=$1
    shift
    run timeout 300 "$PYRO" workspace shell "$verb" w "$@"
}
flooded() {
    stat -c %s "$shells/sh1.log"
}
flood_is_over() {
    [[ $(flooded) -gt $1 ]]
}
at_prompt() {
    shell read sh1 --wait-for-prompt --max-wait-ms 2000 --cursor "$(flooded)" --json
    [[ $(json .at_prompt) == true ]]
}
answers() { # PATTERN
    shell read sh2 --plain --cursor "$cursor"
    [[ $out =~ $1 ]]
}

shell open --id-only
shell open --id-only
shell read sh2 --wait-for-prompt --json
is "a prompt" "$(json .at_prompt)" true
cursor=$(json .next_cursor)
shell write sh1 --input yes
wait_for 90 flood_is_over 8000000 && pass "it floods"

# Each key is answered while the flood goes on: more of it is there after the answer than before.
typed='id -u' keys=0 beside=0
for ((i = 0; i < ${#typed}; i++)); do
    before=$(flooded)
    shell write sh2 --no-newline --input "${typed:i:1}"
    wait_for 60 answers "${typed:0:i+1}\$" && keys=$((keys + 1))
    wait_for 60 flood_is_over "$before" && beside=$((beside + 1))
done
is "every key is answered" "$keys" ${#typed}
is "while the flood goes on" "$beside" ${#typed}
shell write sh2 --input ''
shell read sh2 --plain --wait-for-prompt --max-wait-ms 300000 --cursor "$cursor" --json
is "and so is Enter" "$(json .output)" "$typed"$'\n0\nroot@w:/workspace# '
is "… at the prompt" "$(json .at_prompt)" true

before=$(flooded)
wait_for 60 flood_is_over "$before" && pass "the flood still goes on"
shell read sh1 --plain --max-chars 4000 --cursor $((before - 30000))
is "and is read meanwhile" "$(sort -u <<<"$out" | grep -c .)" 1
shell signal sh1
wait_for 60 at_prompt && pass "a signal ends it"

"$PYRO" workspace delete w >/dev/null
finish
