#!/usr/bin/env python3
"""kill_during.py TARGET DELAY_MS COMMAND…: runs the command, waits until TARGET is there, then DELAY_MS
more, kills it with SIGKILL, and ends with the command's own status (124: it hung for 90 s).

TARGET is `self` (the command's process), or `supervisor` or `qemu`: one that works below $TEST_DIR.
Prints what was killed on standard error's last line: "killed TARGET" or "missed TARGET" when the
command ended first."""
import os
import signal
import subprocess
import sys
import time

MARKS = {"supervisor": b"__supervise", "qemu": b"pyro-"}


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def has_open(pid, directory):
    """Whether it has a file below the directory open."""
    try:
        return any(
            os.readlink(f"/proc/{pid}/fd/{fd}").startswith(directory)
            for fd in os.listdir(f"/proc/{pid}/fd")
        )
    except OSError:
        return False


def find(target, directory):
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        words = read(f"/proc/{name}/cmdline").split(b"\0")
        if target == "supervisor":
            fits = len(words) > 1 and words[1] == MARKS[target]
        else:
            fits = b"qemu" in words[0] and any(w.startswith(MARKS[target]) for w in words)
        if fits and has_open(name, directory):
            return int(name)
    return None


def main():
    target, delay, command = sys.argv[1], float(sys.argv[2]) / 1000, sys.argv[3:]
    directory = os.environ["TEST_DIR"]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    pid = child.pid if target == "self" else None
    while pid is None and child.poll() is None:
        pid = find(target, directory)
    killed = False
    if pid is not None:
        # The moment of the fault is what is being varied: there is nothing to wait for.
        time.sleep(delay)
        try:
            os.kill(pid, signal.SIGKILL)
            killed = True
        except ProcessLookupError:
            pass
    try:
        status = child.wait(90)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        status = 124
    print("killed" if killed else "missed", target, file=sys.stderr)
    return status if status >= 0 else 128 - status


sys.exit(main())
