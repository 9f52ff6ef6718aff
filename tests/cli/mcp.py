"""`pyro mcp serve` without a machine: both eras, the list of tools, what is refused."""
import json
import os
import subprocess
import sys

sys.path.insert(0, "tests")
from api_client import check, memory_kib, same
from mcp_client import MODERN, Mcp, text_of


def legacy():
    with Mcp() as mcp:
        same("a request before initialize is served", mcp.request("ping")["result"], {})
        for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"):
            same(f"initialize {version}", mcp.request("initialize", {"protocolVersion": version})["result"]["protocolVersion"], version)
        got = mcp.request("initialize", {"protocolVersion": "2026-07-28", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}})["result"]
        same("one that is not of this era gets the newest of it", got["protocolVersion"], "2025-11-25")
        same("who it is", (got["serverInfo"]["name"], got["capabilities"]), ("pyro", {"tools": {}}))
        check("it gives instructions, and short ones", 500 < len(got["instructions"].encode()) <= 1536, len(got["instructions"]))
        mcp.notify("notifications/initialized", {})
        listed = mcp.request("tools/list")["result"]
        same("tools/list has no members of the other era", sorted(listed), ["tools"])
        same("the same every time", mcp.request("tools/list")["result"], listed)
        same("a method of the other era", mcp.request("server/discover")["error"]["code"], -32602)
        same("an unknown method", mcp.request("resources/list")["error"]["code"], -32601)


def modern():
    with Mcp(modern=True) as mcp:
        got = mcp.request("server/discover")["result"]
        same("server/discover", (got["supportedVersions"], got["resultType"], got["cacheScope"]), (["2026-07-28"], "complete", "public"))
        same("who it is", got["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "pyro")
        listed = mcp.request("tools/list")["result"]
        check("tools/list can be kept", listed["ttlMs"] > 0 and listed["resultType"] == "complete")
        for method in ("initialize", "ping", "logging/setLevel", "subscriptions/listen"):
            same(f"{method} is gone", mcp.request(method)["error"]["code"], -32601)
        mcp.send({"jsonrpc": "2.0", "id": "v", "method": "tools/list", "params": {"_meta": {**MODERN, "io.modelcontextprotocol/protocolVersion": "1999-01-01"}}})
        got = mcp.answer("v")["error"]
        same("another version", (got["code"], got["data"]), (-32022, {"supported": ["2026-07-28"], "requested": "1999-01-01"}))
        mcp.send({"jsonrpc": "2.0", "id": "w", "method": "tools/list", "params": {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}})
        same("a key that is missing", mcp.answer("w")["error"]["code"], -32602)
        mcp.modern = False
        same("both eras in one process", mcp.request("tools/list")["result"]["tools"], listed["tools"])


def tools():
    lists = {}
    for profile in ("vm-run", "workspace-core", "workspace-full"):
        with Mcp("--profile", profile) as mcp:
            lists[profile] = mcp.request("tools/list")["result"]["tools"]
    with Mcp() as mcp:
        same("workspace-core is the default", mcp.request("tools/list")["result"]["tools"], lists["workspace-core"])
    same("vm-run is one tool", [t["name"] for t in lists["vm-run"]], ["vm_run"])
    core = lists["workspace-core"]
    check("workspace-core is at most 18 tools", len(core) <= 18, len(core))
    check("of 16,000 bytes", len(json.dumps(core)) <= 16000, len(json.dumps(core)))
    names = {t["name"] for t in lists["workspace-full"]}
    check("workspace-full has all of them", {t["name"] for t in core} < names and len(names) == len(lists["workspace-full"]), names)
    known = {"type", "properties", "required", "enum", "description", "default", "minimum", "maximum", "items", "additionalProperties"}
    bad = []

    def walk(schema, where):
        if set(schema) - known or not isinstance(schema.get("type", ""), str):
            bad.append((where, schema))
        for name, inner in schema.get("properties", {}).items():
            walk(inner, where + "." + name)
        if isinstance(schema.get("items"), dict):
            walk(schema["items"], where + "[]")

    for tool in lists["workspace-full"]:
        if sorted(tool) != ["annotations", "description", "inputSchema", "name", "outputSchema", "title"] or len(tool["annotations"]) != 4:
            bad.append(tool)
        if len(tool["name"]) > 40 or not tool["name"].replace("_", "").isalnum() or tool["inputSchema"]["type"] != "object":
            bad.append(tool)
        walk(tool["inputSchema"], tool["name"])
        walk(tool["outputSchema"], tool["name"])
    same("every tool is complete, and its schemas are portable", bad, [])
    open_world = {t["name"] for t in lists["workspace-full"] if t["annotations"]["openWorldHint"]}
    same("what may reach a network", open_world, {"vm_run", "workspace_create", "workspace_fork", "workspace_start", "workspace_exec", "shell_open", "shell_write", "service_start"})


def refusals():
    with Mcp() as mcp:
        for what, line, id, code in (
            ("no JSON", b"{hello\n", None, -32700),
            ("NUL in a text", b'{"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "vm_run", "arguments": {"x": "a\\u0000b"}}}\n', 9, -32700),
            ("half a surrogate pair", b'{"jsonrpc": "2.0", "id": "s", "method": "ping", "params": {"x": "\\ud800"}}\n', "s", -32700),
            ("nested too deep", b'{"jsonrpc": "2.0", "params": ' + b"[" * 40 + b"]" * 40 + b', "id": 3, "method": "ping"}\n', 3, -32700),
            ("an array", b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]\n', None, -32600),
            ("no JSON-RPC", b'{"id": 1, "method": "ping"}\n', 1, -32600),
            ("an id that is null", b'{"jsonrpc": "2.0", "id": null, "method": "ping"}\n', None, -32600),
            ("no method", b'{"jsonrpc": "2.0", "id": 1}\n', 1, -32600),
            ("params that are a list", b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}\n', 1, -32602),
            ("a cursor", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": ""}}\n', 1, -32602),
            ("an unknown tool", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo"}}\n', 1, -32602),
            ("no tool", b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}\n', 1, -32602),
            ("arguments that are a list", b'{"jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": {"name": "vm_run", "arguments": []}}\n', "a", -32602),
        ):
            mcp.send_bytes(line)
            got = mcp.until(lambda m: "error" in m)
            same(f"refused: {what}", (got.get("id"), got["error"]["code"]), (id, code))
        mcp.send_bytes(b"x" * (17 << 20) + b"\n")
        same("a line without end", mcp.until(lambda m: "error" in m)["error"]["code"], -32600)
        for notification in (("notifications/cancelled", {"requestId": 77}), ("notifications/cancelled", {}), ("what/ever", [])):
            mcp.notify(*notification)
        mcp.send({"jsonrpc": "2.0", "id": 5, "result": {}})
        same("notifications and answers are answered by nothing", mcp.request("ping")["result"], {})
        got = mcp.tool("workspace_exec", workspace_id="nowhere", command=["true"])
        same("a tool that fails says so", (got["isError"], "workspace_list" in text_of(got), "structuredContent" in got), (True, True, False))
        for name, arguments in (
            ("workspace_exec", {}),
            ("workspace_exec", {"workspace_id": "x", "command": "true"}),
            ("workspace_exec", {"workspace_id": "x", "command": []}),
            ("workspace_exec", {"workspace_id": "x", "command": ["a"], "cmd": 1}),
            ("shell_read", {"workspace_id": "x", "shell_id": "y", "max_chars": 65537}),
            ("shell_read", {"workspace_id": "x", "shell_id": "y", "max_wait_ms": 45001}),
            ("workspace_create", {"environment": "debian:12", "network_policy": "all"}),
            ("workspace_create", {"environment": "debian:12", "id_only": True}),
        ):
            got = mcp.tool(name, **arguments)
            check(f"{name} {arguments}: refused as a result", got.get("isError") is True, got)
    with Mcp(stderr=subprocess.PIPE) as mcp:
        mcp.process.stdin.close()
        same("the end of input ends it", (mcp.process.wait(), mcp.process.stderr.read()), (0, b""))
    log = os.environ["TEST_DIR"] + "/log"
    with Mcp("--log-file", log) as mcp:
        mcp.tool("workspace_create", environment="none", secret={"T": "hunter2"})
    said = open(log).read()
    check("a log names calls, and no argument", "workspace_create" in said and "hunter2" not in said, said)


def full_tools(mcp):
    return mcp.request("tools/list")["result"]["tools"]


def arguments():
    """Each rule of each argument of each tool: a result that says which was broken."""
    wrong = {"string": [1], "integer": ["1", -1, 1.5], "boolean": [0], "array": ["x", [1]], "object": [[], {"a": 1}]}
    tried, bad = 0, []
    with Mcp("--profile", "workspace-full") as mcp:
        for tool in full_tools(mcp):
            properties = tool["inputSchema"]["properties"]
            cases = [({"no_such_argument": 1}, "no_such_argument")]
            cases += [({name: value}, name) for name, p in properties.items() for value in wrong[p["type"]]]
            cases += [({name: p["minimum"] - 1}, name) for name, p in properties.items() if "minimum" in p]
            cases += [({name: p["maximum"] + 1}, name) for name, p in properties.items() if "maximum" in p]
            cases += [({name: "no such choice"}, name) for name, p in properties.items() if "enum" in p]
            cases += [({}, name) for name in tool["inputSchema"].get("required", [])[:1]]
            for given, name in cases:
                got = mcp.answer(mcp.begin_tool(tool["name"], given))["result"]
                tried += 1
                if got.get("isError") is not True or name not in text_of(got):
                    bad.append((tool["name"], given, got))
    check(f"every rule of every argument is kept ({tried} cases)", not bad and tried > 300, len(bad), bad[:3])


def foreign_bytes():
    """Control characters and bytes that are no text, in every argument that is text."""
    with Mcp("--profile", "workspace-full") as mcp:
        for what, line in (
            ("no UTF-8", b'{"jsonrpc": "2.0", "id": 1, "method": "\xff\xfe"}\n'),
            ("half a surrogate pair", b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}\n'),
            ("a NUL", b'{"jsonrpc": "2.0", "id": 1, "method": "a\\u0000"}\n'),
            ("nesting without end", b"[" * 100000 + b"\n"),
        ):
            mcp.send_bytes(line)
            same(f"refused: {what}", mcp.until(lambda m: "error" in m)["error"]["code"], -32700)
        dummies = {"string": "none", "integer": 1, "boolean": False, "array": ["none"], "object": {"none": "none"}}
        tried, bad = 0, []
        for tool in full_tools(mcp):
            properties = tool["inputSchema"]["properties"]
            needed = {name: dummies[properties[name]["type"]] for name in tool["inputSchema"].get("required", [])}
            for name, p in properties.items():
                for text in ("\x01\x1b[31m\x07", "\x7f\u009b2J\u202e", "\ufffd\uffff" + "x" * 70000):
                    given = {"string": text, "array": [text], "object": {text: text}}.get(p["type"])
                    if given is None:
                        continue
                    id = mcp.begin_tool(tool["name"], {**needed, name: given})
                    line = mcp.process.stdout.readline()
                    tried += 1
                    if json.loads(line)["id"] != id or "isError" not in json.loads(line)["result"] or set(line[:-1]) & {*range(32), 127} or len(line) > 20000:
                        bad.append((tool["name"], name, line[:300]))
        check(f"no argument's text gets out as it is ({tried} cases)", not bad and tried > 200, len(bad), bad[:3])
        same("and it goes on", mcp.given("workspace_list")["count"], 0)
        for name, given in (
            ("workspace_create", {"environment": "none", "secret": {"no name": "hunter2"}}),
            ("workspace_create", {"environment": "none", "secret": {"T": ["hunter2"]}}),
            ("workspace_create", {"environment": "hunter2", "secret": {"T": "hunter2"}}),
            ("workspace_create", {"environment": "none", "secret": "hunter2"}),
        ):
            got = mcp.tool(name, **given)
            check("an error has no secret", got.get("isError") and "hunter2" not in json.dumps(got), got)


def reader_that_stops():
    """Answers that nobody reads: what is in memory stays bounded, and nothing is lost."""
    with Mcp() as mcp:
        mcp.request("tools/list")
        before = memory_kib(mcp.process.pid)
        writer = os.fork()
        if writer == 0:
            for i in range(4000):
                mcp.send({"jsonrpc": "2.0", "id": i, "method": "tools/list"})
            os._exit(0)
        for _ in range(200):  # it is given turns to grow in, however loaded the machine is
            os.sched_yield()
            most = memory_kib(mcp.process.pid)
        check("memory is bounded", most < before + 20 * 1024, before, most)
        got = [mcp.read()["id"] for _ in range(4000)]
        same("every request is answered once, in order", got, list(range(4000)))
        os.waitpid(writer, 0)
        for _ in range(100):
            mcp.send_bytes(b"x" * 1024 * 1024)
        mcp.send_bytes(b"\n")
        same("a line of 100 MiB is refused", mcp.until(lambda m: "error" in m)["error"]["code"], -32600)
        check("and takes no memory", memory_kib(mcp.process.pid) < before + 40 * 1024, before, memory_kib(mcp.process.pid))
        ids = [mcp.begin_tool("workspace_list") for _ in range(200)]
        same("200 calls at once", {mcp.answer(id)["result"]["structuredContent"]["count"] for id in ids}, {0})


globals()[sys.argv[1]]()
