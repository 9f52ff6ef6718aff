"""`pyro api` without a machine: what it refuses, what it bounds, how it ends."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, "tests")
from api_client import PYRO, Api, check, children_of, memory_kib, same


def error_of(api, line):
    api.send_bytes(line)
    return api.until(lambda m: "error" in m)


def refusals():
    with Api() as api:
        same("it says who it is", (api.hello["event"], api.hello["protocol"]), ("hello", 1))
        for what, line, id in (
            ("no JSON", b"hello\n", None),
            ("an array", b'[{"id": 1, "call": "workspace list"}]\n', None),
            ("no UTF-8", b'{"id": 1, "call": "\xff\xfe"}\n', 1),
            ("a NUL", b'{"id": 1, "call": "a\\u0000"}\n', 1),
            ("a raw control character", b'{"id": 1, "call": "\x01"}\n', 1),
            ("nesting without end", b"[" * 100000 + b"\n", None),
            ("no id", b'{"call": "workspace list"}\n', None),
            ("an id that is none", b'{"id": {}, "call": "workspace list"}\n', None),
            ("no call", b'{"id": 4}\n', 4),
            ("an unknown call", b'{"id": "x", "call": "workspace lst"}\n', "x"),
            ("one that takes a terminal", b'{"id": 5, "call": "tui"}\n', 5),
            ("one that is hidden", b'{"id": 6, "call": "__man"}\n', 6),
            ("itself", b'{"id": 7, "call": "api"}\n', 7),
            ("an unknown member", b'{"id": 8, "call": "workspace list", "argument": {}}\n', 8),
        ):
            got = error_of(api, line)
            same(f"refused: {what}", (got["id"], got["error"]["code"]), (id, "usage"))
        same("a near miss is named", error_of(api, b'{"id": 1, "call": "workspace lst"}\n')["error"]["hint"],
             "did you mean 'workspace list'?")
        secret = error_of(api, b'{"id": 1, "arguments": {"secret": {"T": hunter2}}}\n')
        check("what is not JSON is not quoted", "hunter2" not in json.dumps(secret), secret)
        same("an empty line is nothing", (api.send_bytes(b"\r\n\n"), api.call("workspace list"))[1]["count"], 0)
        api.send({"cancel": 99})
        api.send({"cancel": "x"})
        same("a cancel of what is unknown is nothing", api.call("workspace list")["count"], 0)


def arguments():
    """Each rule of each row of each call."""
    schema = json.loads(subprocess.run([PYRO, "api", "--describe"], capture_output=True, check=True).stdout)
    same("the schema says its dialect", schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
    wrong = {"string": 1, "integer": "1", "boolean": 0, "array": "x", "object": []}
    tried, bad = 0, []
    with Api() as api:
        for call, command in schema["commands"].items():
            properties = command["arguments"]["properties"]
            cases = [({"no_such_argument": 1}, "no_such_argument")]
            cases += [({name: wrong[p["type"]]}, name) for name, p in properties.items()]
            cases += [({name: p["minimum"] - 1}, name) for name, p in properties.items() if p.get("minimum", -2**63) > -2**63]
            cases += [({name: p["maximum"] + 1}, name) for name, p in properties.items() if "maximum" in p]
            cases += [({name: p["minimum"] + 1}, name) for name, p in properties.items() if "multipleOf" in p]
            cases += [({name: "no such choice"}, name) for name, p in properties.items() if "enum" in p]
            if command["arguments"].get("required"):
                cases.append(({}, command["arguments"]["required"][0]))
            for given, name in cases:
                got = api.call(call, given)
                tried += 1
                if got.get("code") not in ("usage", "invalid_argument") or name not in got["message"]:
                    bad.append((call, given, got))
    check(f"every rule of every argument is kept ({tried} cases)", not bad and tried > 250, bad[:3])


def bounds():
    with Api() as api:
        before = memory_kib(api.process.pid)
        for _ in range(100):
            api.send_bytes(b"x" * 1024 * 1024)
        got = error_of(api, b"\n")
        same("a line of 100 MiB is refused", (got["id"], got["error"]["code"]), (None, "usage"))
        check("and takes no memory", memory_kib(api.process.pid) < before + 40 * 1024, before, memory_kib(api.process.pid))
        same("and what comes after it is heard", api.call("workspace list")["count"], 0)
        ids = [api.begin("workspace list") for _ in range(200)]
        same("200 calls at once", sum(api.answer(id)["result"]["count"] for id in ids), 0)
        before = memory_kib(api.process.pid)
        for _ in range(2000):
            api.call("workspace list", events=False)
        check("2,000 calls leave nothing behind", memory_kib(api.process.pid) < before + 2048, before, memory_kib(api.process.pid))
        same("nor a process", children_of(api.process.pid), [])
        same("nor a descriptor", len(os.listdir(f"/proc/{api.process.pid}/fd")) < 12, True)


def reader_that_stops():
    """Requests whose answers nobody reads: what is in memory stays bounded, and nothing is lost."""
    with Api() as api:
        writer = os.fork()
        if writer == 0:
            for i in range(20000):
                api.send({"id": i, "call": "no such call, and a name that makes the answer long enough to fill pipes"})
            os._exit(0)
        before = memory_kib(api.process.pid)
        for _ in range(200):  # it is given turns to grow in, however loaded the machine is
            os.sched_yield()
            most = memory_kib(api.process.pid)
        check("memory is bounded", most < before + 20 * 1024, before, most)
        got = [api.read()["id"] for _ in range(20000)]
        same("every request is answered once, in order", got, list(range(20000)))
        os.waitpid(writer, 0)


def ends():
    whole = subprocess.run([PYRO, "api", "--stdio"], input=b'{"id":1,"call":"workspace list"}', capture_output=True)
    same("the end of input is awaited by the calls before it", json.loads(whole.stdout.splitlines()[1])["result"]["count"], 0)
    same("and ends it well", (whole.returncode, whole.stderr), (0, b""))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Api() as api:
            api.process.send_signal(number)
            same(f"it ends at {number.name}", api.process.wait(), 128 + number)
    with Api() as api:
        api.process.stdout.close()
        same("it ends when nobody reads", api.process.wait(), 0)
    with open(os.environ["TEST_DIR"] + "/requests", "w") as requests:
        requests.write('{"id":1,"call":"workspace list"}\n' * 3)
    with open(os.environ["TEST_DIR"] + "/requests") as requests, open(os.environ["TEST_DIR"] + "/answers", "w+") as answers:
        subprocess.run([PYRO, "api", "--stdio"], stdin=requests, stdout=answers, check=True)
        answers.seek(0)
        same("files will do for both streams", len(answers.readlines()), 4)


globals()[sys.argv[1]]()
