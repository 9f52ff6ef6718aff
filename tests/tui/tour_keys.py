"""tour_keys.py TOUR KEYS: says which keys in the tables of the tour are none of the screen that its section is
about, by the page of all keys; and which help is cut off on a screen of 80 columns.
"""
import re
import sys

SCREENS = {"Workspaces": "Workspaces", "A shell": "Shell", "The wall": "Wall", "Services": "Services"}

HELP_COLS = 53  # tui/help.c


def sections(path):
    with open(path) as f:
        parts = re.split(r"^## ", f.read(), flags=re.M)[1:]
    return {part.split("\n")[0]: part for part in parts}


def keys(part):
    rows = [row.split("|")[1] for row in part.split("\n") if row.startswith("| `")]
    # A table of signs has one sign a row, which is not a key.
    return {key for row in rows for key in re.findall(r"`([^`]+)`", row) if key.isascii()}


tour, real = sections(sys.argv[1]), sections(sys.argv[2])
compared = 0
for section, screen in SCREENS.items():
    for key in sorted(keys(tour[section])):
        compared += 1
        if key not in keys(real[screen]) | keys(real["Everywhere"]):
            print(f"{section}: {key}")
for section in real.values():
    for row in section.split("\n"):
        if row.startswith("| `") and len(row.split("|")[2].strip()) > HELP_COLS:
            print(f"too long: {row}")
if compared < 10:
    print("the tables are not found")
