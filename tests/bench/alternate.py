#!/usr/bin/python3
"""What a change of the machine costs: two builds of pyro take turns at one piece of work.

    tests/bench/alternate.py BEFORE AFTER [ROUNDS]

BEFORE and AFTER are programs, each in a checkout of its own. Each runs a workspace of debian:12-build in which gcc
builds the same files in each round, who begins changing from round to round. Given are the time that passed and the
processor time of QEMU, which a busy machine changes little: of each build the median and the quartiles, and of the
rounds the ratio AFTER / BEFORE.

PYRO_TEST_CACHE: where the environments are (build/test-cache); ROUNDS: 20.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

WORK = r'''
set -e
mkdir -p /workspace/build; cd /workspace/build
for i in 1 2 3 4; do
    { echo '#include <stdio.h>'; echo '#include <stdlib.h>'; echo '#include <string.h>'
      for f in $(seq 60); do
          echo "int f$i$f(int *a, int n) { int s = $f; for (int k = 0; k < n; k++) { a[k] ^= s * k; s += a[k] >> 3;"
          echo "if (s % 7 == $f % 7) s = (int)strlen(getenv(\"HOME\")) + s; } return s; }"
      done; } >f$i.c
    gcc -O2 -c f$i.c -o f$i.o
done
rm -f f*.o
'''


class Side:
    def __init__(self, program, data):
        self.program = os.path.abspath(program)
        self.env = dict(os.environ, XDG_DATA_HOME=data, PYRO_SPARES="0")
        self.env["XDG_CACHE_HOME"] = os.path.abspath(os.environ.get("PYRO_TEST_CACHE", "build/test-cache"))
        self.wall, self.cpu = [], []
        self.id = self.run("workspace", "create", "debian:12-build", "--id-only").strip()
        with open(f"{data}/pyro/workspaces/{self.id}/workspace.json", encoding="utf-8") as record:
            self.qemu = json.load(record)["vm_pid"]

    def run(self, *words):
        return subprocess.run([self.program, *words], env=self.env, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True).stdout

    def ticks(self):
        with open(f"/proc/{self.qemu}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def work(self):
        ticks, began = self.ticks(), time.monotonic()
        self.run("workspace", "exec", self.id, "--timeout-seconds", "0", "--", "sh", "-c", WORK)
        self.wall.append(time.monotonic() - began)
        self.cpu.append(self.ticks() - ticks)


def spread(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:8.3f}  ({low:.3f} to {high:.3f})"


def main():
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    with tempfile.TemporaryDirectory() as data:
        sides = []
        try:
            for program in sys.argv[1:3]:
                sides.append(Side(program, tempfile.mkdtemp(dir=data)))
            for side in sides:
                side.work()
                side.wall.clear()
                side.cpu.clear()
            for i in range(rounds):
                for side in sides if i % 2 == 0 else sides[::-1]:
                    side.work()
        finally:
            for side in sides:
                side.run("workspace", "delete", side.id)
    print(f"{rounds} rounds; seconds; median (quartiles)")
    for what in "wall", "cpu":
        before, after = (getattr(side, what) for side in sides)
        print(f"{what:5} before {spread(before)}")
        print(f"{what:5} after  {spread(after)}")
        print(f"{what:5} ratio  {spread([a / b for a, b in zip(after, before)])}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
