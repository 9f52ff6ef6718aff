"""Made by generate.py from `pyro api --describe`: change nothing here."""

VERSION = "0.2.0"
PROTOCOL = 1
