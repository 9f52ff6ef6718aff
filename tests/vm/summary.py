"""`workspace summary` of a workspace with 500 commands, 10,000 changed files and 40 shells, names of every byte."""
import json
import os
import subprocess
import sys

sys.path.insert(0, "tests")
from api_client import PYRO, Api, check, same
from mcp_client import Mcp, text_of

SECRET = "sesame-opens-nothing"
FILES = r"""
seq -f many-%g 9700 | xargs touch
i=1
while [ $i -lt 256 ]; do [ $i -eq 47 ] || printf "0\\$(printf %o $i)'\"\\\\x\\000"; i=$((i + 1)); done | xargs -0 touch
: >"0-sesame-opens-nothing"; mkdir -p 1; : >1/0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
"""


def crowded():
    with Api() as api:
        def all_of(call, given):
            ids = []
            for arguments in given:
                ids.append(api.begin(call, {"workspace_id": "w", **arguments}, events=False))
                if len(ids) == 16:
                    api.answer(ids.pop(0))
            for id in ids:
                api.answer(id)

        api.call("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": ["sh", "-c", FILES]})
        all_of("workspace shell open", [{"interactive": True}] * 40)
        all_of("workspace exec", [{"command": ["true", "\x01\x1b'\x7f\u202e" * 30, SECRET]}] * 500)
        api.call("workspace exec", {"workspace_id": "w", "command": ["echo", SECRET, "'" * 300]})
        got = api.call("workspace summary", {"workspace_id": "w"})
        check("it counts all of it", got["command_count"] > 500 and got["changes"]["total"] > 9900 and got["running_count"] > 40, got)
        check("and shows some of each", got["commands"] and got["changed"] and got["running"], got)
    texts = {
        "for people": subprocess.run([PYRO, "workspace", "summary", "w"], capture_output=True).stdout,
        "as JSON": subprocess.run([PYRO, "workspace", "summary", "w", "--json"], capture_output=True).stdout,
    }
    with Mcp() as mcp:
        result = mcp.tool("workspace_summary", workspace_id="w")
        texts["for models, as text"] = text_of(result).encode()
        texts["for models, as an object"] = json.dumps(result["structuredContent"]).encode()
    for what, text in texts.items():
        check(f"{what}: at most 2 KB", 300 < len(text) <= 2048, len(text), text)
        check(f"{what}: no secret, and no control character", SECRET.encode() not in text and not set(text) & (set(range(32)) - {10}), text)


globals()[sys.argv[1]]()
