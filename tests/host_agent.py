#!/usr/bin/env python3
"""A coding agent as far as `mcp add` goes, for what a real one cannot be brought to: it is called as claude, codex, gemini
or opencode, keeps its entries where that one does, and does in the middle of it what the file `mode` in the home says."""
import json
import os
import signal
import sys
import time
import tomllib

HOME = os.environ["HOME"]
NAME = os.path.basename(sys.argv[0])
FILES = {"claude": ".claude.json", "codex": ".codex/config.toml", "gemini": ".gemini/settings.json", "opencode": ".config/opencode/opencode.jsonc"}
WORDS = {"claude": ["--scope", "user", "pyro", "--"], "codex": ["pyro", "--"], "gemini": ["--scope", "user", "pyro"], "opencode": ["pyro", "--"]}
MEMBER = {"claude": "mcpServers", "gemini": "mcpServers", "opencode": "mcp"}
file = os.path.join(HOME, FILES[NAME])


def read():
    try:
        with open(file) as f:
            return f.read()
    except FileNotFoundError:
        return "" if NAME == "codex" else "{}"


def write(text):
    os.makedirs(os.path.dirname(file), exist_ok=True)
    if mode in ("die", "die-slowly"):
        with open(file, "w") as f:
            f.write(text[: len(text) // 2])
        if mode == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        open(os.path.join(HOME, "half"), "w").close()
        time.sleep(3600)
    if mode != "nothing":
        with open(file, "w") as f:
            f.write(text)


def entry(words):
    if NAME == "claude":
        return {"type": "stdio", "command": words[0], "args": words[1:], "env": {}}
    return {"type": "local", "command": words} if NAME == "opencode" else {"command": words[0], "args": words[1:]}


def add(words):
    if words[: len(WORDS[NAME])] != WORDS[NAME]:
        sys.exit(f"unexpected: {words}")
    words = words[len(WORDS[NAME]):]
    if NAME == "codex":
        old = read()
        kept = old[: old.index("[mcp_servers.pyro]")] if "[mcp_servers.pyro]" in old else old
        return write(kept + "[mcp_servers.pyro]\n" + f"command = {json.dumps(words[0])}\nargs = {json.dumps(words[1:])}\n")
    whole = json.loads(read())
    if NAME == "claude" and "pyro" in whole.get("mcpServers", {}):
        sys.exit("MCP server pyro already exists in user config")
    if mode == "lose":
        whole.pop(MEMBER[NAME], None)
    whole.setdefault(MEMBER[NAME], {})["pyro"] = entry(words)
    return write(json.dumps(whole, indent=2))


def listed():
    found = tomllib.loads(read()).get("mcp_servers", {})
    print(json.dumps([{"name": name, "enabled": one.pop("enabled", True), "transport": {"type": "stdio", **one}} for name, one in found.items()]))


mode = open(os.path.join(HOME, "mode")).read().strip() if os.path.exists(os.path.join(HOME, "mode")) else ""
with open(os.path.join(HOME, "calls"), "a") as f:
    f.write(" ".join([NAME, *sys.argv[1:]]) + "\n")
with open(os.path.join(HOME, "environment"), "w") as f:
    f.write(repr(os.environ) + os.getcwd())
if sys.argv[1:] == ["mcp", "list", "--json"] and NAME == "codex":
    listed()
elif mode == "fail":
    sys.exit("no such luck")
elif sys.argv[1:] == ["mcp", "remove", "--scope", "user", "pyro"] and NAME == "claude":
    whole = json.loads(read())
    del whole["mcpServers"]["pyro"]
    mode = ""
    write(json.dumps(whole, indent=2))
elif sys.argv[1:3] == ["mcp", "add"]:
    add(sys.argv[3:])
else:
    sys.exit(f"unexpected: {sys.argv[1:]}")
