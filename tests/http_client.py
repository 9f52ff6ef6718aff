"""What the tests of `pyro mcp serve --http` are written with: the server, and clients of either era of the protocol."""
import http.client
import json
import os
import re
import socket
import subprocess
import tempfile

from api_client import PYRO, children_of
from mcp_client import message

HOST = "127.0.0.1"


class Server:
    """One `pyro mcp serve --http 0`, with a home of its own unless one is given."""

    def __init__(self, *flags, port=0, patience=None, home=None, **more):
        env = dict(os.environ)
        if home:
            env["PYRO_HOME"] = home
        if patience:
            env["PYRO_CHECK_PATIENCE"] = str(patience)
        more.setdefault("cwd", os.environ["TEST_DIR"])
        self.process = subprocess.Popen([PYRO, "mcp", "serve", "--http", str(port), *flags], env=env, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, **more)
        self.said = self.process.stderr.readline().decode()
        found = re.fullmatch(r"pyro: serving http://127\.0\.0\.1:(\d+)/mcp; the bearer token is in (.*)\n", self.said)
        if not found:
            raise EOFError(f"pyro said {self.said!r}")
        self.port, self.token_path = int(found[1]), found[2]
        with open(self.token_path) as file:
            self.token = file.read().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Its exit status after TERM, and what it said last."""
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait()
        said = self.process.stderr.read() if not self.process.stderr.closed else b""
        self.process.stderr.close()
        return status, said.decode()

    def helper(self):
        """The pid of its pyro-http, which the kernel gives its name late in exec(2)."""
        while True:
            found = [pid for pid in children_of(self.process.pid) if "pyro-http" in name_of(pid)]
            if found:
                return found[0]

    def headers(self, **more):
        kept = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream"}
        kept.update({name.replace("_", "-"): value for name, value in more.items()})
        return {name: value for name, value in kept.items() if value is not None}

    def connect(self):
        return http.client.HTTPConnection(HOST, self.port, timeout=600)

    def send(self, body, method="POST", path="/mcp", connection=None, **headers):
        """(status, headers, body) of a request; the body is bytes or what becomes JSON."""
        c = connection or self.connect()
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        c.request(method, path, body, self.headers(**headers))
        answer = c.getresponse()
        got = answer.status, answer.headers, answer.read()
        if not connection:
            c.close()
        return got

    def raw(self, *pieces):
        """A socket on which these bytes were sent."""
        s = socket.create_connection((HOST, self.port))
        for piece in pieces:
            s.sendall(piece)
        return s


def name_of(pid):
    with open(f"/proc/{pid}/cmdline") as file:
        return file.read()


class Client:
    """A client of one era; legacy ones have a session."""

    def __init__(self, server, modern=False, version="2025-11-25"):
        self.server, self.modern, self.version, self.session, self.last = server, modern, version, None, 0
        if not modern:
            self.status, self.got_headers, body = self.request_all(
                "initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}})
            self.hello = body[-1]["result"]
            self.session = self.got_headers["Mcp-Session-Id"]

    def message(self, method, params=None, token=None, id=None):
        self.last += 1
        return message(self.modern, self.last if id is None else id, method, params, token)

    def headers(self, sent):
        if not self.modern:
            return {"Mcp_Session_Id": self.session}
        named = sent["params"].get("name") or sent["params"].get("uri")
        return {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": sent["method"], "Mcp_Name": named}

    def begin(self, sent):
        """A connection on which the request was sent, to be read or closed."""
        c = self.server.connect()
        c.request("POST", "/mcp", json.dumps(sent), self.server.headers(**self.headers(sent)))
        return c

    def request_all(self, method, params=None, **more):
        sent = self.message(method, params, **more)
        status, headers, body = self.server.send(sent, **self.headers(sent))
        return status, headers, messages_of(headers, body)

    def request(self, method, params=None, **more):
        return self.request_all(method, params, **more)[2][-1]

    def tool(self, name, **arguments):
        return self.request("tools/call", {"name": name, "arguments": arguments})["result"]

    def given(self, name, **arguments):
        return self.tool(name, **arguments)["structuredContent"]

    def notify(self, method, params):
        sent = {"jsonrpc": "2.0", "method": method, "params": params}
        return self.server.send(sent, **self.headers(sent))[0]


def messages_of(headers, body):
    """Those of an answer of either form."""
    if headers.get("Content-Type") == "text/event-stream":
        return [json.loads(event.removeprefix("data: ")) for event in body.decode().split("\n\n") if event]
    return [json.loads(body)]


def new_home():
    return tempfile.mkdtemp(dir=os.environ["TEST_DIR"])
