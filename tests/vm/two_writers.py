#!/usr/bin/env python3
"""two_writers.py PYRO WORKSPACE SHELL ROUNDS SUPERVISOR: an operator types whole lines into `shell attach`, on a terminal of
its own, while an agent writes whole lines by `shell write`: in each round the operator types as long as the agent's
command runs. Before that the operator types far ahead of a supervisor that is stopped. Prints how many lines either
wrote, "operator=N agent=N", once attach has ended by Ctrl-]."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import tty

DEADLINE_SECONDS = 280
AHEAD = 6000  # lines: several times what is on its way at once


def drain(master, seconds):
    """What the terminal shows; None once nobody is at its other end."""
    if not select.select([master], [], [], seconds)[0]:
        return b""
    try:
        return os.read(master, 65536)
    except OSError:
        return None


def wait_shown(master, wanted):
    shown = b""
    while wanted not in shown:
        more = drain(master, DEADLINE_SECONDS)
        if not more:
            sys.exit(f"not shown: {wanted!r} in {shown!r}")
        shown += more


def main():
    pyro, workspace, shell, rounds, supervisor = sys.argv[1:]
    command = [pyro, "workspace", "shell"]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    tty.setraw(slave)
    attach = subprocess.Popen(command + ["attach", workspace, shell], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    wait_shown(master, b"taking lines")
    operator = 0

    def type_line():
        nonlocal operator
        os.write(master, f"operator {operator} {'o' * 50}\r".encode())
        operator += 1

    os.kill(int(supervisor), signal.SIGSTOP)
    for _ in range(AHEAD):
        type_line()
    os.kill(int(supervisor), signal.SIGCONT)
    for agent in range(int(rounds)):
        line = f"agent {agent} " + "a" * 50
        write = subprocess.Popen(
            command + ["write", workspace, shell, "--input", line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        typing = True
        while typing:  # at least one line before and one after the agent's end
            typing = write.poll() is None
            type_line()
            drain(master, 0.002)
        if write.returncode != 0:
            sys.exit(f"write ended with {write.returncode}")
    os.write(master, b"\x1d")
    while drain(master, DEADLINE_SECONDS):
        pass
    if attach.wait(DEADLINE_SECONDS) != 0:
        sys.exit(f"attach ended with {attach.returncode}")
    print(f"operator={operator} agent={rounds}")


main()
