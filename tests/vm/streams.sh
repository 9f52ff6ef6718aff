#!/bin/bash
# Streams of a running command: they come as they are written, floods are passed whole, a signal
# reaches the guest command, a reader that goes away ends it.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache

"$PYRO" workspace create debian:12 --name w >/dev/null 2>&1
mkfifo "$TEST_DIR/in" "$TEST_DIR/lines"

# A conversation: each line goes in only when the answer to the last one has come out.
"$PYRO" workspace exec w -- cat <"$TEST_DIR/in" >"$TEST_DIR/lines" 2>/dev/null &
exec 4>"$TEST_DIR/in" 5<"$TEST_DIR/lines"
for word in one two three; do
    echo "$word" >&4
    read -rt 300 -u 5 answer
    is "stdin and stdout are not held back: $word" "$answer" "$word"
done
exec 4>&-
check "the end of stdin ends cat" wait $!
exec 5<&-

check "output may go to /dev/null" bash -c '"$PYRO" workspace exec w -- seq 100000 >/dev/null 2>&1'
run bash -c '"$PYRO" workspace exec w --timeout-seconds 0 -- head -c 300000000 /dev/zero 2>/dev/null | sha256sum'
is "a flood comes whole" "$out" "$(head -c 300000000 /dev/zero | sha256sum)"
run bash -c '"$PYRO" workspace exec w -- head -c 3000000 /dev/zero >/dev/null'
is "a flood into /dev/null" "$status" 0
run bash -c '"$PYRO" workspace exec w -- head -c 3000000 /dev/zero >/dev/full'
is "a flood into a full device" "$status" 125
run bash -c 'head -c 20000000 /dev/urandom >"$TMPDIR/random"; "$PYRO" workspace exec w -- sha256sum 2>/dev/null <"$TMPDIR/random"; sha256sum <"$TMPDIR/random"'
is "a flood goes in whole" "$(sed -n 1p <<<"$out")" "$(sed -n 2p <<<"$out")"
run "$PYRO" workspace exec w --json -- sh -c 'head -c 3000000 /dev/zero | tr "\0" x'
is "what is kept is cut" "$(json .stdout_truncated)" true
is "what there was is counted" "$(json .stdout_bytes)" 3000000
is "the first MiB is kept" "$(json .stdout | wc -c)" 1048577

# A shell ignores SIGINT for what it starts in the background, and so would the command.
env --default-signal=INT "$PYRO" workspace exec w --timeout-seconds 0 -- sh -c 'trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.1; done' \
    >"$TEST_DIR/interrupted" 2>/dev/null &
pid=$!
wait_for 20 grep -q ready "$TEST_DIR/interrupted"
kill -INT "$pid"
wait "$pid"
is "SIGINT reaches the command, and its status comes back" "$?" 9
is "the command's last words come too" "$(sed -n 2p "$TEST_DIR/interrupted")" interrupted

run bash -c '"$PYRO" workspace exec w --timeout-seconds 0 -- yes 2>/dev/null | head -n 1'
is "a reader that goes away ends the command" "$out" y
no_yes() {
    "$PYRO" workspace exec w -- sh -c '! grep -qx yes /proc/[0-9]*/comm' 2>/dev/null
}
wait_for 20 no_yes && pass "yes is gone in the guest"
run "$PYRO" workspace exec w -- sh -c 'exec >&- 2>&-; sleep 1; exit 4'
is "a command that closes its output lives on to its end" "$status" 4
"$PYRO" workspace delete w >/dev/null
finish
