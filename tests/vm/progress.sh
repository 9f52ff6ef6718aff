#!/bin/bash
# Progress for a program that starts pyro: lines of JSON on the descriptor it names, whatever becomes of their reader.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 300 "$PYRO")

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
export PYRO_QEMU=/nothing/such
in_compat=(run debian:12-base --allow-host-compat --json -- true)

# Each line is one object with all five members; the phases are those of the command, also with --json.
run env PYRO_PROGRESS_FD=3 "${pyro[@]}" "${in_compat[@]}" 3>"$TEST_DIR/lines"
is "a run that is watched: status" "$status" 0
phases=$(python3 - "$TEST_DIR/lines" <<'PYTHON'
import json, sys
seen = []
for line in open(sys.argv[1]):
    one = json.loads(line)
    assert sorted(one) == ["done", "message", "phase", "total", "unit"] and one["message"], line
    if one["phase"] not in seen:
        seen.append(one["phase"])
print(*seen)
PYTHON
)
is "a run that is watched: phases" "$phases" "create start execute"
run "${pyro[@]}" "${in_compat[@]}" 3>"$TEST_DIR/none"
is "without the variable nothing is written" "$(cat "$TEST_DIR/none")" ""
run env PYRO_PROGRESS_FD= "${pyro[@]}" "${in_compat[@]}"
is "an empty variable is none" "$status" 0

# A descriptor that cannot be written to is reported before anything is done.
for number in x 2 0 -3 3x ' 3' 99 2147483648 99999999999999999999 4; do
    run env PYRO_PROGRESS_FD="$number" "${pyro[@]}" workspace create debian:12-base --allow-host-compat --json 4</etc/passwd
    is "PYRO_PROGRESS_FD='$number': refused" "$(json .error.code)" invalid_argument
    like "PYRO_PROGRESS_FD='$number': named" "$(json .error.message)" 'PYRO_PROGRESS_FD'
done
is "nothing was created" "$("$PYRO" workspace list 2>&1 | grep -c debian)" 0

# Readers that a program may be: see the cases. Each prints the status of the command.
reader() {
    timeout -k 5 300 python3 - "$1" "$PYRO" "${@:2}" <<'PYTHON'
import fcntl, json, os, pty, socket, subprocess, sys, time
how, argv = sys.argv[1], sys.argv[2:]
ours, theirs = pty.openpty() if how == "terminal" else os.pipe()
if how == "socket":
    a, b = socket.socketpair()
    ours, theirs = a.fileno(), b.fileno()
if how == "gone":
    os.close(ours)
if how == "full":  # and it stays so
    os.set_blocking(theirs, False)
    try:
        while True:
            os.write(theirs, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(theirs, True)
began = time.time()
done = subprocess.run(argv, pass_fds=[theirs], env=dict(os.environ, PYRO_PROGRESS_FD=str(theirs)),
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
print(done.returncode, end="")
if how in ("counts", "socket"):
    seconds = time.time() - began
    os.set_blocking(ours, False)
    text = os.read(ours, 1 << 20)
    lines = [json.loads(line) for line in text.splitlines()]
    units = {line["unit"] for line in lines if line["done"] is not None and line["message"]}
    # Ten in a burst, and ten a second.
    print("", "bounded" if len(lines) <= 11 + 10 * seconds else len(lines), *units, end="")
if how == "terminal":
    print("", b"terminal" in done.stderr, end="")
PYTHON
}
is "a reader that went away" "$(reader gone "${in_compat[@]}")" 0
is "a reader that does not read" "$(reader full "${in_compat[@]}")" 0
is "a terminal is refused" "$(reader terminal workspace list)" "2 True"
"${pyro[@]}" workspace create debian:12-base --allow-host-compat --name w --id-only >/dev/null 2>&1
mkdir "$TEST_DIR/tree" && (cd "$TEST_DIR/tree" && seq 3000 | xargs touch)
is "counts have a unit, and a pace" "$(reader counts workspace sync push w "$TEST_DIR/tree" --dest many)" "0 bounded entries"
is "a socket will do" "$(reader socket workspace sync push w "$TEST_DIR/tree" --dest more)" "0 bounded entries"
"${pyro[@]}" workspace delete w >/dev/null 2>&1
finish
