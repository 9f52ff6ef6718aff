#!/bin/bash
# Standard output that cannot be written, is closed, or whose reader goes away; the form of JSON.
cd "$(dirname "$0")/../.." && . tests/lib.sh

run bash -c '"$PYRO" commands >/dev/full'
is "a full disk: status" "$status" 1
like "a full disk: says so" "$err" 'writing standard output: No space left on device'
run bash -c '"$PYRO" commands >&-'
is "a closed stdout: status" "$status" 1
like "a closed stdout: says so" "$err" 'writing standard output: Bad file descriptor'
run bash -c '"$PYRO" commands --json 2>&- <&-'
is "a closed stdin and stderr do no harm" "$status" 0
check "a closed stdin and stderr: the result is whole" json .count

# The reader is gone before anything is written.
run bash -c 'exec 3> >(exec true); wait $!; "$PYRO" commands --json >&3; echo "$?"'
is "a reader that went away: status" "$out" 1
is "a reader that went away: not a word" "$err" ""

run "$PYRO" commands --json
is "JSON: nothing on stderr" "$err" ""
is "JSON: two-space indent, sorted keys, one object" "$out" "$(python3 -c '
import json, sys
print(json.dumps(json.load(sys.stdin), indent=2, sort_keys=True, ensure_ascii=False))' <<<"$out")"
is "JSON: the table counts itself" "$(json .count)" \
    "$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["commands"]))' <<<"$out")"
refute "hidden commands are not in the table" grep -q __markdown <<<"$out"
# Lines of commands that share a standard error do not mix: an error is one write(2).
for i in $(seq 30); do
    "$PYRO" workspace status "nothing-$i" &
done 2>"$TEST_DIR/mixed"
wait
is "thirty errors at once: each line is whole" \
    "$(grep -cE "^pyro: no workspace 'nothing-[0-9]+' \\(see 'pyro workspace list'\\)\$" "$TEST_DIR/mixed")" 30
finish
