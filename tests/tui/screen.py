"""screen.py DRIVER SOCKET FILE SECONDS: waits until the driver's screen, masked, is what FILE holds.
With UPDATE in the environment FILE is written instead, once the screen has come to rest.

Masked is what differs from run to run and from machine to machine: ids (i…), amounts with a unit, that
is ages, shares and sizes (~, blanks before it included, so that " 9s" and "10s" come out alike; of an age
that a box covers its unit may be left), gauges and bars, times of day (of one that a box covers, its first digit), how long
a job took, what a workspace uses (its line may be cut off anywhere), since when it is there, and how it is
run (emulated or not).
"""
import difflib
import os
import re
import subprocess
import sys
import time

driver, socket, path, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])

RULES = [
    (re.compile(r"[▮▯]+ *\d+%"), lambda m: "~".ljust(len(m.group()))),
    (re.compile(r"[▮▯]+"), lambda m: "▮" * len(m.group())),
    (re.compile(r"[▁▂▃▄▅▆▇█]+"), lambda m: " " * len(m.group())),
    (re.compile(r"\b[0-9a-f]{12}\b"), lambda m: "i" * 12),
    (re.compile(r"((?:uses|created|accelerator) +)(\S.*?)(?=\s{2}|\s*│)"),
     lambda m: m.group(1) + "~".ljust(len(m.group(2)))),
    (re.compile(r"(?<=\s)\s*<?\d+(?:\.\d+)?(?:ms|s|m|h|d|%|B|[KMGT]i?B?)(?=\s|$|[│┃,)])"),
     lambda m: "~".rjust(len(m.group()))),
    (re.compile(r"\d\d:\d\d:\d\d"), lambda m: "00:00:00"),
    (re.compile(r"\b20(?!24-02-03)\d\d-\d\d-\d\d \d\d:\d\d\b"), lambda m: "0000-00-00 00:00"),
    (re.compile(r"after \d+\.\d s\b"), lambda m: "after 0.0 s"),
    (re.compile(r"^ \d(?=[╭│╰])"), lambda m: " 0"),
    (re.compile(r"(?<=[│┃╮╯])(?:[smhd]|\d*%)$"), lambda m: "~"),
]


def mask(text):
    lines = []
    for line in text.split("\n"):
        for pattern, replacement in RULES:
            line = pattern.sub(replacement, line)
        lines.append(line.rstrip())
    return "\n".join(lines)


def look():
    return mask(subprocess.run([driver, socket, "text"], capture_output=True, text=True).stdout)


if os.environ.get("UPDATE"):
    before, now = None, look()
    while before != now:  # until it has come to rest
        time.sleep(0.5)
        before, now = now, look()
    with open(path, "w") as f:
        f.write(now)
    sys.exit(0)

try:
    with open(path) as f:
        wanted = f.read()
except FileNotFoundError:
    wanted = ""
deadline = time.monotonic() + seconds
while (now := look()) != wanted and time.monotonic() < deadline:
    time.sleep(0.02)
if now != wanted:
    print("".join(line + "\n" for line in difflib.unified_diff(
        wanted.split("\n"), now.split("\n"), os.path.basename(path), "the screen", lineterm="")))
    sys.exit(1)
