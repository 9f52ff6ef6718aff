"""`pyro mcp serve --http` without a machine: who is served, what is refused, what is bounded, how it ends."""
import json
import os
import resource
import socket
import stat
import subprocess
import sys
import threading

sys.path.insert(0, "tests")
from api_client import PYRO, check, memory_kib, same
from http_client import Client, Server, name_of, new_home
from mcp_client import MODERN

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": MODERN}}


def handshakes():
    with Server(home=new_home()) as server:
        lists = []
        for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"):
            client = Client(server, version=version)
            same(f"initialize {version}", (client.status, client.hello["protocolVersion"]), (200, version))
            check("it begins a session", len(client.session) == 32, client.session)
            same("notifications/initialized", client.notify("notifications/initialized", {}), 202)
            lists.append(client.request("tools/list")["result"])
        same("one that is not known gets the newest", Client(server, version="1999-01-01").hello["protocolVersion"], "2025-11-25")
        client = Client(server, modern=True)
        status, headers, (got,) = client.request_all("server/discover")
        same("server/discover", (status, got["result"]["supportedVersions"], headers.get("Mcp-Session-Id")), (200, ["2026-07-28"], None))
        lists.append(client.request("tools/list")["result"])
        same("all see the same tools", [a["tools"] for a in lists], [lists[0]["tools"]] * 5)
        same("a request without a handshake is served", server.send(PING)[0], 200)
        same("an answer is plain JSON", headers["Content-Type"], "application/json")
        got = client.tool("workspace_exec", workspace_id="nowhere", command=["true"])
        same("a tool that fails is no error of HTTP", got["isError"], True)


def guards():
    with Server(home=new_home()) as server:
        for what, status, headers in (
            ("a token that is wrong", 401, {"Authorization": "Bearer " + "0" * 64}),
            ("one that is a part of it", 401, {"Authorization": f"Bearer {server.token[:-1]}"}),
            ("one that begins as it does", 401, {"Authorization": f"Bearer {server.token}0"}),
            ("no token", 401, {"Authorization": None}),
            ("another scheme", 401, {"Authorization": f"Basic {server.token}"}),
            ("another Host", 403, {"Host": "evil.example.com"}),
            ("one that begins as it should", 403, {"Host": "localhost.evil.example.com"}),
            ("one with a name before", 403, {"Host": "evil@127.0.0.1"}),
            ("a port that is none", 403, {"Host": "localhost:80a"}),
            ("an empty Host", 403, {"Host": ""}),
            ("another Origin", 403, {"Origin": "http://evil.example.com"}),
            ("an opaque Origin", 403, {"Origin": "null"}),
            ("an Origin that begins as it should", 403, {"Origin": "http://127.0.0.1.evil.example.com"}),
            ("another Host, and no token", 403, {"Host": "evil.example.com", "Authorization": None}),
            ("a form", 415, {"Content_Type": "text/plain"}),
            ("no type", 415, {"Content_Type": None}),
            ("who takes no JSON", 406, {"Accept": "text/html"}),
        ):
            got = server.send(PING, **headers)
            same(f"refused: {what}", got[0], status)
            if status == 401:
                same("… and how to come in", got[1]["WWW-Authenticate"], "Bearer")
        for what, headers in (
            ("localhost", {"Host": f"localhost:{server.port}"}), ("IPv6", {"Host": "[::1]"}), ("capitals", {"Host": "LOCALHOST"}),
            ("a tunnel's port", {"Host": "127.0.0.1:9"}), ("an Origin of this machine", {"Origin": "http://localhost:6274"}),
            ("a type with a parameter", {"Content_Type": "application/json; charset=utf-8"}), ("who takes everything", {"Accept": "*/*"}),
            ("who does not say what", {"Accept": None}), ("bearer in small letters", {"Authorization": f"bearer {server.token}"}),
        ):
            same(f"served: {what}", server.send(PING, **headers)[0], 200)
        same("refused: another path", server.send(PING, path="/")[0], 404)
        for method in ("GET", "PUT", "OPTIONS", "HEAD", "PATCH"):
            got = server.send(None, method=method)
            same(f"refused: {method}", (got[0], got[1]["Allow"]), (405, "POST, DELETE"))
        body = json.dumps(PING).encode()
        head = f"Authorization: Bearer {server.token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        for what, first, more, status in (
            ("a header that is there twice", "POST /mcp HTTP/1.1\r\nHost: localhost\r\n", "Authorization: Bearer x\r\n", b"400"),
            ("a second Host", "POST /mcp HTTP/1.1\r\nHost: localhost\r\n", "Host: evil.example.com\r\n", b"403"),
            ("no Host", "POST /mcp HTTP/1.0\r\n", "", b"403"),
            ("a second length", "POST /mcp HTTP/1.1\r\nHost: localhost\r\n", "Content-Length: 5\r\n", b"400"),
            ("a length and chunks", "POST /mcp HTTP/1.1\r\nHost: localhost\r\n", "Transfer-Encoding: chunked\r\n", b"400"),
            ("an address as the target", "POST http://evil.example.com/mcp HTTP/1.1\r\nHost: localhost\r\n", "", b"404"),
        ):
            with server.raw((first + head + more + "\r\n").encode() + body) as s:
                got = s.makefile("rb").readline()
            check(f"refused: {what}", got.split()[1:2] == [status], got)
        coded = head.replace(f"Content-Length: {len(body)}", "Transfer-Encoding: gzip, chunked").replace("Connection: close\r\n", "")
        with server.raw(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\n{coded}\r\n".encode()) as s:
            got = s.makefile("rb").read()
        # a newer libmicrohttpd refuses it by itself
        check("refused at once: a body that is coded", got.split()[1:2] in ([b"501"], [b"400"]), got)
        with server.raw(b"hello\r\n\r\n") as s:
            check("what is no HTTP is not served", b"200" not in s.makefile("rb").readline())
        same("and it serves on", server.send(PING)[0], 200)


def messages():
    with Server(home=new_home()) as server:
        modern = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/list"}
        call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "workspace_list", "arguments": {}, "_meta": MODERN}}
        for what, body, headers, wanted in (
            ("no JSON", b"{hello", {}, (400, -32700, None)),
            ("nothing", b"", {}, (400, -32700, None)),
            ("what is nested too deep", b"[" * 100000, {}, (400, -32700, None)),
            ("a batch", [PING, PING], {}, (400, -32600, None)),
            ("no JSON-RPC", {"id": 3, "method": "ping"}, {}, (400, -32600, 3)),
            ("an unknown method", {**PING, "method": "what/ever"}, {}, (200, -32601, 1)),
            ("one of the newer era", {**LIST, "method": "ping"}, {**modern, "Mcp_Method": "ping"}, (404, -32601, 1)),
            ("a version nobody knows", PING, {"MCP_Protocol_Version": "1999-01-01"}, (400, -32600, 1)),
            ("a version without its members", PING, {"MCP_Protocol_Version": "2026-07-28"}, (400, -32602, 1)),
            ("no header for the version", LIST, {"Mcp_Method": "tools/list"}, (400, -32020, 1)),
            ("no header for the method", LIST, {"MCP_Protocol_Version": "2026-07-28"}, (400, -32020, 1)),
            ("another method", LIST, {**modern, "Mcp_Method": "TOOLS/LIST"}, (400, -32020, 1)),
            ("no header for the name", call, {**modern, "Mcp_Method": "tools/call"}, (400, -32020, 7)),
            ("another name", call, {**modern, "Mcp_Method": "tools/call", "Mcp_Name": "vm_run"}, (400, -32020, 7)),
            ("base64 that is none", call, {**modern, "Mcp_Method": "tools/call", "Mcp_Name": "=?base64?d29ya3?="}, (400, -32020, 7)),
            ("an unknown tool", {**call, "params": {**call["params"], "name": "echo"}},
             {**modern, "Mcp_Method": "tools/call", "Mcp_Name": "echo"}, (400, -32602, 7)),
        ):
            status, got_headers, got = server.send(body, **headers)
            got = json.loads(got)
            same(f"refused: {what}", (status, got["error"]["code"], got.get("id")), wanted)
        for name in ("workspace_list", "=?base64?d29ya3NwYWNlX2xpc3Q=?=", "  workspace_list  "):
            same(f"served: {name!r}", server.send(call, **{**modern, "Mcp_Method": "tools/call", "Mcp_Name": name})[0], 200)
        same("an answer to nothing is taken", server.send({"jsonrpc": "2.0", "id": 1, "result": {}})[0], 202)
        same("a cancel of nothing too", server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})[0], 202)
        for id in ("a", "", 0, -5, 2**40):
            same(f"the id comes back: {id!r}", json.loads(server.send({**PING, "id": id})[2])["id"], id)
        status, _, got = server.send(b"x" * (17 << 20))
        check("refused: a message of 17 MiB", status == 413 and b"16 MiB" in got, status)
        same("one of 15 MiB is read", json.loads(server.send({**PING, "params": {"x": "y" * (15 << 20)}})[2])["result"], {})
        c = server.connect()
        c.request("POST", "/mcp", iter([b'{"jsonrpc": "2.0", ', b'"id": 1, "method": "ping"}']), server.headers(), encode_chunked=True)
        same("one in chunks", c.getresponse().status, 200)
        c.close()
        c = server.connect()
        same("many on one connection", {server.send(PING, connection=c)[0] for _ in range(500)}, {200})
        c.close()


def sessions():
    with Server(home=new_home()) as server:
        a, b = Client(server), Client(server)
        check("each has its own", a.session != b.session)
        same("its requests are served", a.request("ping")["result"], {})
        same("DELETE ends it", server.send(None, method="DELETE", Mcp_Session_Id=a.session)[0], 204)
        same("then there is none", server.send(PING, Mcp_Session_Id=a.session)[0], 404)
        same("nor another to end", server.send(None, method="DELETE", Mcp_Session_Id=a.session)[0], 404)
        same("nor one without a name", server.send(None, method="DELETE")[0], 404)
        same("another's lives on", b.request("ping")["result"], {})
        same("the newer era has none", server.send(LIST, MCP_Protocol_Version="2026-07-28", Mcp_Method="tools/list", Mcp_Session_Id="x")[0], 200)
        same("a handshake begins another", server.send({**PING, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}, Mcp_Session_Id="x")[0], 200)
        clients = [Client(server) for _ in range(254)]
        b.request("ping")
        Client(server)
        Client(server)
        same("there are 256: the one that was idle for longest goes", server.send(PING, Mcp_Session_Id=clients[0].session)[0], 404)
        same("one that is in use stays", b.request("ping")["result"], {})


def crowds():
    with Server(home=new_home()) as server:
        got, client = [], Client(server, modern=True)

        def one(id):
            message = client.message("tools/call", {"name": "workspace_list", "arguments": {}}, id=id % 10)
            status, _, body = server.send(message, **client.headers(message))
            body = json.loads(body)
            got.append((status, body["id"] == id % 10, body["result"]["structuredContent"]["count"]))

        def crowd():
            threads = [threading.Thread(target=one, args=(id,)) for id in range(200)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        crowd()
        crowd()
        before = memory_kib(server.helper())
        for _ in range(3):
            crowd()
        same("1,000 calls, 200 at once, each with its own id", (len(got), set(got)), (1000, {(200, True, 0)}))
        check("and nothing grows", memory_kib(server.helper()) < before + 4096, before, memory_kib(server.helper()))
        waiting = [server.raw() for _ in range(300)]
        for s in waiting[:100]:
            s.close()
        same("more connections than are taken wait for room", server.send(PING)[0], 200)
        for s in waiting[100:]:
            s.close()
        gone = [client.begin(client.message("tools/list")) for _ in range(100)]
        for c in gone:
            c.close()
        same("who does not wait for the answer harms nobody", client.request("tools/list")["result"]["resultType"], "complete")


def descriptors():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    with Server(home=new_home(), preexec_fn=few) as server:
        got, client = [], Client(server, modern=True)
        threads = [threading.Thread(target=lambda: got.append(client.request("tools/list")["result"]["resultType"])) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same("with few descriptors clients wait for each other", got, ["complete"] * 60)
        waiting = [server.raw() for _ in range(60)]
        for s in waiting[:50]:
            s.close()
        same("and for idle ones to go", server.send(PING)[0], 200)
        for s in waiting[50:]:
            s.close()


def slowness():
    body = json.dumps(PING).encode()
    with Server(home=new_home(), patience=0.05) as server:
        head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\nContent-Type: application/json\r\n"
        for what, sent in (
            ("says nothing", b""), ("does not end its headers", head.encode()),
            ("does not end its message", f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5]),
            ("is refused and sends on", b"POST / HTTP/1.1\r\nHost: evil\r\nContent-Length: 100\r\n\r\n"),
            ("was served, and says nothing more", f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body),
        ):
            with server.raw(sent) as s:
                got = s.makefile("rb").read()  # up to the end of the connection
            same(f"a client that {what} is not waited for", b"200 OK" in got, what.startswith("was"))
        with server.raw() as s:
            closed = False
            while not closed:  # byte after byte, each in time
                try:
                    s.sendall(b"X")
                except OSError:
                    closed = True
        check("nor one that sends a byte now and then", closed)
        with server.raw() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            many = json.dumps({**LIST, "params": {}}).encode()
            try:
                for _ in range(1000):
                    s.sendall(f"{head}Content-Length: {len(many)}\r\n\r\n".encode() + many)
                s.settimeout(600)
                while s.recv(1):
                    pass
            except OSError:
                pass
        same("nor one that asks, and does not read", server.send(PING)[0], 200)


def start():
    home, port = new_home(), int(os.environ["PORT"])
    with Server(home=home, port=port) as server:
        token = server.token
        same("it serves", server.send(PING)[0], 200)
        mode = os.stat(server.token_path).st_mode
        same("the token is for its user alone", (stat.S_ISREG(mode), mode & 0o777), (True, 0o600))
        check("and long", len(token) == 64, token)
        for pid in (server.process.pid, server.helper()):
            with open(f"/proc/{pid}/environ") as file:
                check("the token is in no argument and no environment", token not in name_of(pid) + file.read())
        with open(f"/proc/{server.helper()}/environ") as file:
            same("pyro-http has no variables", file.read(), "")
        if not os.environ.get("PYRO_SANITIZED"):
            with open(f"/proc/{server.helper()}/status") as file:
                check("and a filter", "Seccomp:\t2" in file.read())
        same("it listens for this machine alone", listeners(port), ["0100007F"])
        got = subprocess.run([PYRO, "mcp", "serve", "--http", str(port)], capture_output=True, env={**os.environ, "PYRO_HOME": home})
        check("refused: a port in use", got.returncode != 0 and b"is in use" in got.stderr and b"0 for a free one" in got.stderr, got.stderr)
    with Server(home=home, port=port) as server:
        same("the next start has the same token, and the port", (server.token, server.port), (token, port))
    with open(server.token_path, "w") as file:
        file.write("mine-0123456789-abcdef\n")
    with Server(home=home) as server:
        same("one that the user wrote is taken", (server.token, server.send(PING)[0]), ("mine-0123456789-abcdef", 200))
    for what, content, mode in (("short", "short\n", 0o600), ("two lines", "0123456789abcdef\n" * 2, 0o600), ("spaces", "0123456789 abcdef\n", 0o600),
                                ("no end", "0123456789abcdef", 0o600), ("long", "x" * 600 + "\n", 0o600), ("for others", token + "\n", 0o644)):
        with open(server.token_path, "w") as file:
            file.write(content)
        os.chmod(server.token_path, mode)
        got = subprocess.run([PYRO, "mcp", "serve", "--http", "0"], capture_output=True, env={**os.environ, "PYRO_HOME": home})
        check(f"refused: a token that is {what}", got.returncode and b"remove it" in got.stderr and b"0123456789" not in got.stderr, got)
    os.remove(server.token_path)
    os.symlink("/dev/null", server.token_path)
    got = subprocess.run([PYRO, "mcp", "serve", "--http", "0"], capture_output=True, env={**os.environ, "PYRO_HOME": home})
    check("refused: a link in its place", got.returncode == 1, got)


def listeners(port):
    """The addresses on which somebody listens on a port, as the kernel writes them."""
    found = []
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        found += [row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port]
    return found


def ending():
    log = os.environ["TEST_DIR"] + "/http.log"
    server = Server("--log-file", log, home=new_home())
    helper, idle = server.helper(), server.connect()
    server.send({**LIST, "params": {}}, connection=idle)
    Client(server).tool("workspace_create", environment="none", secret={"T": "hunter2"})
    same("TERM ends it", server.end(), (143, ""))
    check("and pyro-http", not os.path.exists(f"/proc/{helper}"))
    same("and idle connections", idle.sock.recv(1), b"")
    idle.close()
    said = open(log).read()
    check("a log names calls, and neither token nor secret", "workspace_create" in said and server.token not in said and "hunter2" not in said, said)
    server = Server(home=new_home())
    os.kill(int(server.helper()), 9)
    status = server.process.wait()
    said = server.process.stderr.read().decode()
    check("if pyro-http dies, it says so", status == 1 and "pyro-http died of signal 9" in said, status, said)
    server.end()
    server = Server(home=new_home())
    helper = server.helper()
    server.process.kill()
    server.end()
    while os.path.exists(f"/proc/{helper}") and name_of(helper):  # one that nobody has reaped has no name
        pass
    check("if pyro is killed, nobody listens on", True)


globals()[sys.argv[1]]()
