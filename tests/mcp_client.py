"""What the tests of `pyro mcp serve` are written with: a client of either era of the protocol."""
import json
import os
import subprocess

from api_client import PYRO, Api

MODERN = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def message(modern, id, method, params=None, token=None):
    """A request of one of the eras; with a token it asks for progress."""
    params = dict(params or {})
    meta = dict(MODERN) if modern else {}
    if token is not None:
        meta["progressToken"] = token
    if meta:
        params["_meta"] = meta
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


class Mcp(Api):
    """One `pyro mcp serve`; `modern` says which era its requests are of."""

    def __init__(self, *flags, modern=False, **more):
        more.setdefault("cwd", os.environ["TEST_DIR"])  # in no repository, which a workspace would begin with
        self.process = subprocess.Popen([PYRO, "mcp", "serve", *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)
        self.kept = []
        self.next_id = 0
        self.modern = modern

    def __enter__(self):
        return self

    def begin(self, method, params=None, token=None):
        self.next_id += 1
        self.send(message(self.modern, self.next_id, method, params, token))
        return self.next_id

    def answer(self, id):
        return self.until(lambda m: m.get("id") == id and "method" not in m)

    def request(self, method, params=None):
        return self.answer(self.begin(method, params))

    def begin_tool(self, name, arguments=None, token=None):
        return self.begin("tools/call", {"name": name, "arguments": arguments or {}}, token)

    def tool(self, name, **arguments):
        return self.answer(self.begin_tool(name, arguments))["result"]

    def given(self, name, **arguments):
        """The structured form of a tool's result."""
        return self.tool(name, **arguments)["structuredContent"]

    def notify(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})


def text_of(result):
    return "".join(block["text"] for block in result["content"])
