"""`pyro api` with a machine: output as it comes, cancelling, clients that stop reading or die, secrets."""
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, "tests")
from api_client import PYRO, Api, check, children_of, memory_kib, same

LOG = os.environ["TEST_DIR"] + "/api.stderr"


def shell(text):
    return ["sh", "-c", text]


def guest_has(api, pattern):
    """Whether a process of the guest has this in its command line."""
    listed = api.call("workspace exec", {"workspace_id": "w", "command": shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")})
    return re.search(pattern, listed["stdout"]) is not None


def wait_until(condition):
    while not condition():
        os.sched_yield()


def output():
    with Api() as api:
        slow = api.begin("workspace exec", {"workspace_id": "w", "command": shell("echo one; echo two >&2; cat; exit 3")}, input="three\n")
        got = api.answer(slow)["result"]
        same("a result is that of --json", (got["exit_code"], got["stdout"], got["stderr"]), (3, "one\nthree\n", "two\n"))
        events = api.events(slow, "output")
        same("output came as events: stdout", "".join(e["text"] for e in events if e["stream"] == "stdout"), "one\nthree\n")
        same("output came as events: stderr", "".join(e["text"] for e in events if e["stream"] == "stderr"), "two\n")
        quiet = api.begin("workspace exec", {"workspace_id": "w", "command": shell("echo one")}, events=False)
        same("without events there is the answer alone", (api.answer(quiet)["result"]["stdout"], api.events(quiet, "output")), ("one\n", []))

        waiting = api.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": shell("echo begun; while ! test -e go; do sleep 0.1; done")})
        same("output comes while a command runs", api.event(waiting, "output")["text"], "begun\n")
        api.call("workspace exec", {"workspace_id": "w", "command": ["touch", "go"]})
        same("and a slow call holds up no other", api.answer(waiting)["result"]["exit_code"], 0)

        split = api.begin("workspace exec", {"workspace_id": "w", "command": shell("printf '\\342'; sleep 0.3; printf '\\202\\254'; printf '\\377\\303'")})
        result = api.answer(split)["result"]
        same("a character is never cut, what is none is replaced",
             ("".join(e["text"] for e in api.events(split, "output")), result["stdout"]), ("\u20ac\ufffd\ufffd", "\u20ac\ufffd\ufffd"))
        flood = api.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": shell("head -c 20000000 /dev/zero | tr '\\0' x")})
        result = api.answer(flood)["result"]
        same("20 MB without the end of a line come whole", (sum(len(e["text"]) for e in api.events(flood, "output")), result["stdout_bytes"]),
             (20000000, 20000000))
        controls = api.call("workspace exec", {"workspace_id": "w", "command": shell("printf '\\033[31m\\177\\302\\233\\001'")})
        same("control characters are data", controls["stdout"], "\x1b[31m\x7f\x9b\x01")

        def follow():
            id = api.begin("workspace service logs", {"workspace_id": "w", "service_name": "s", "follow": True})
            first = api.event(id, "output")["text"]
            api.call("workspace service stop", {"workspace_id": "w", "service_name": "s"})
            return first, api.answer(id)["result"]["service_name"]

        api.call("workspace service start", {"workspace_id": "w", "service_name": "s", "command": shell("echo up; sleep 600")})
        same("a log is followed until the service ends", follow(), ("up\n", "s"))


def history():
    with Api() as api:
        api.call("workspace create", {"environment": "debian:12-base", "name": "h"})
        api.call("workspace exec", {"workspace_id": "h", "command": shell("echo before")})
        following = api.begin("workspace logs", {"workspace_id": "h", "follow": True})
        same("the history is followed: what there is", api.event(following, "entry")["entry"]["stdout"], "before\n")
        api.call("workspace exec", {"workspace_id": "h", "command": shell("head -c 1000000 /dev/zero | tr '\\0' x; echo err >&2; exit 3")})
        entry = api.event(following, "entry")["entry"]
        same("and each as it ends", (entry["exit_code"], entry["stderr"], len(entry["stdout"])), (3, "err\n", 1000000))
        other = api.begin("workspace logs", {"workspace_id": "h", "follow": True})
        api.event(other, "entry")
        api.send({"cancel": other})
        same("it can be cancelled", api.answer(other)["error"]["code"], "interrupted")
        api.call("workspace stop", {"workspace_id": "h"})
        result = api.answer(following)["result"]
        same("it ends with the machine", (result["count"], result["entries"], result["next_cursor"]), (2, [], 3))
        same("without events there is nothing to follow", api.call("workspace logs", {"workspace_id": "h", "follow": True}, events=False)["code"], "usage")
        api.call("workspace delete", {"workspace_id": "h"})


def shells():
    with Api() as api:
        opened = api.call("workspace shell open", {"workspace_id": "w"})
        shell_id = opened["shell_id"]
        api.call("workspace shell write", {"workspace_id": "w", "shell_id": shell_id, "input": "echo $((6 * 7)) ä"})
        arguments = {"workspace_id": "w", "shell_id": shell_id, "plain": True}
        waited = api.call("workspace shell read", {**arguments, "wait_for_idle_ms": 3000})
        check("a read with a wait", "42 ä" in waited["output"], waited)
        there = children_of(api.process.pid)
        same("a read without a wait", api.call("workspace shell read", arguments)["output"], waited["output"])
        same("needs no process", children_of(api.process.pid), there)
        refused = api.call("workspace shell read", {**arguments, "cursor": 10**9})
        same("its error is as any other", refused["code"], "shell_state")
        same("so is that of an unknown shell", api.call("workspace shell read", {**arguments, "shell_id": "sh99"})["code"], "shell_not_found")
        before = memory_kib(api.process.pid)
        for _ in range(2000):
            api.call("workspace shell read", arguments)
        check("2,000 reads leave nothing behind", memory_kib(api.process.pid) < before + 1024, before, memory_kib(api.process.pid))
        ids = [api.begin("workspace shell read", {**arguments, "wait_for_idle_ms": 100} if i % 8 == 0 else arguments) for i in range(200)]
        same("200 reads at once", {api.answer(id)["result"]["output"] for id in ids}, {waited["output"]})
        api.call("workspace shell close", {"workspace_id": "w", "shell_id": shell_id})


def cancelling():
    with Api() as api:
        running = api.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": shell("echo begun; sleep 4711 & sleep 4711")})
        api.event(running, "output")
        api.send({"cancel": running})
        result = api.answer(running)["result"]
        same("a cancelled command has a result, and what it printed", (result["exit_code"], result["stdout"]), (143, "begun\n"))
        same("its process group is gone", guest_has(api, "sleep 4711"), False)
        api.send({"cancel": running})
        same("a cancel of what is over is nothing", api.call("workspace list")["count"], 1)

        with Api(env={**os.environ, "PYRO_CHECK_PATIENCE": "1"}) as strict:
            running = strict.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": shell("trap '' TERM; echo begun; while :; do sleep 0.1; : 4712; done")})
            strict.event(running, "output")
            strict.send({"cancel": running})
            same("one that does not heed it is killed", strict.answer(running)["error"]["code"], "interrupted")
        wait_until(lambda: not guest_has(api, "4712[;]"))
        check("in the guest, too", True)

        waiting = api.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": shell("echo begun; exec sleep 4713")})
        api.event(waiting, "output")
        api.send({"id": waiting, "call": "workspace list"})
        same("the id of a call under way is refused", api.answer(None)["error"]["code"], "usage")
        api.send({"cancel": waiting})
        same("and the call goes on to its own end", api.answer(waiting)["result"]["exit_code"], 143)

        api.call("workspace shell open", {"workspace_id": "w"})
        reading = api.begin("workspace shell read", {"workspace_id": "w", "shell_id": "sh1", "wait_for_idle_ms": 60000, "max_wait_ms": 86400000})
        api.send({"cancel": reading})
        same("a wait can be cancelled", api.answer(reading)["error"]["code"], "interrupted")


def crowd():
    with Api() as api:
        fifo = os.environ["TEST_DIR"] + "/fifo"
        os.mkfifo(fifo)
        wait = {"workspace_id": "w", "patch_file": fifo}
        ids = [api.begin("workspace patch apply", wait, events=False) for _ in range(256)]
        same("there is an end to how many run at once", api.call("workspace list")["code"], "refused")
        for id in ids:
            api.send({"cancel": id})
        same("all of them end", {api.answer(id).get("error", {}).get("code") for id in ids}, {"interrupted"})
        same("and it goes on", api.call("workspace list")["count"], 1)
        same("without a process left", children_of(api.process.pid), [])


def dying():
    """A client is killed in the middle of a command; a door is."""
    with Api() as api:
        client = subprocess.Popen(
            [sys.executable, "-c", """
import sys; sys.path.insert(0, "tests")
from api_client import Api
with Api() as api:
    id = api.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": ["sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.1; : 4715; done"]})
    api.event(id, "output")
    print(api.process.pid, flush=True)
    api.read()
"""], stdout=subprocess.PIPE)
        door = int(client.stdout.readline())
        client.kill()
        client.wait()
        wait_until(lambda: not os.path.exists(f"/proc/{door}"))
        wait_until(lambda: not guest_has(api, "4715[;]"))
        check("a client that dies takes its commands with it", True)

        with Api() as other:
            id = other.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": shell("echo begun; sleep 4716")})
            other.event(id, "output")
            other.process.kill()
            other.process.wait()
            wait_until(lambda: not guest_has(api, "sleep 4716"))
        check("so does a door that is killed", True)
        same("the workspace lives on", api.call("workspace status", {"workspace_id": "w"})["state"], "started")


def stopped_reader():
    with Api() as api:
        before = memory_kib(api.process.pid)
        flood = api.begin("workspace exec", {"workspace_id": "w", "timeout_seconds": 0, "command": shell("touch flooding; head -c 50000000 /dev/zero | tr '\\0' x; touch flooded")})
        with Api() as other:
            def there(name):
                return other.call("workspace file read", {"workspace_id": "w", "path": name}).get("code") != "file_not_found"

            wait_until(lambda: there("flooding"))
            most = max(memory_kib(api.process.pid) for _ in range(20) if not there("flooded"))
            check("a client that does not read makes the call wait", not there("flooded"))
        check("in bounded memory", most < before + 20 * 1024, before, most)
        same("and gets all of it in the end", api.answer(flood)["result"]["stdout_bytes"], 50000000)
        same("as events", sum(len(e["text"]) for e in api.events(flood, "output")), 50000000)


def secrets():
    value = "hunter2-is-secret"
    with open(LOG, "wb") as log, Api(stderr=log) as api:
        made = api.begin("workspace create", {"environment": "debian:12", "name": "s", "secret": {"TOKEN": value}})
        seen = set()
        while True:  # what ps shows, as long as it runs
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                        seen.add(cmdline.read())
                except OSError:
                    pass
            if api.kept or not children_of(api.process.pid):
                break
            message = api.read()
            api.kept.append(message)
            if "result" in message or "error" in message:
                break
        created = api.answer(made)
        same("a secret goes with the request", created.get("result", created).get("secrets"), [{"name": "TOKEN", "source_kind": "literal"}])
        check("and is in no command line", not any(value.encode() in line for line in seen))
        shown = api.begin("workspace exec", {"workspace_id": "s", "secret_env": ["TOKEN"], "command": shell("printf '%s' \"$TOKEN\" | wc -c; echo $TOKEN; echo $TOKEN >&2")})
        result = api.answer(shown)["result"]
        same("it is in the guest, and taken out of the result", (result["stdout"], result["stderr"]), (f"{len(value)}\n[REDACTED]\n", "[REDACTED]\n"))
        check("and of events", value not in json.dumps(api.events(shown, "output")))
        for call, given in (
            ("workspace file read", {"workspace_id": "s", "path": value}),
            ("workspace exec", {"workspace_id": "s", "command": ["true"], "cwd": value}),
            ("workspace exec", {"workspace_id": "s", "command": ["true"], "secret_env": [value]}),
            ("workspace shell read", {"workspace_id": "s", "shell_id": value}),
            ("workspace service start", {"workspace_id": "s", "service_name": "x", "command": ["true"], value: 1}),
            ("workspace create", {"environment": "debian:12", "secret": {"A": value, "no name": value}}),
            ("workspace create", {"environment": value, "secret": {"A": value}}),
        ):
            got = api.call(call, given)
            check(f"{call}: an error has it not", "code" in got and value not in json.dumps(got), got)
        api.call("workspace delete", {"workspace_id": "s"})
    with open(LOG, "rb") as log:
        same("nor has the log", value.encode() in log.read(), False)


def progress():
    with Api() as api:
        made = api.begin("workspace create", {"environment": "debian:12", "name": "p"})
        created = api.answer(made)
        same("create by a call", created["result"]["name"], "p")
        same("an error names the workspace", api.call("workspace create", {"environment": "debian:12", "name": "p"})["code"], "name_taken")
        pulled = api.begin("env pull", {"environment": "debian:12"})
        same("pull by a call", api.answer(pulled)["result"]["installed"], True)
        check("with its progress", {"ready"} <= {e["phase"] for e in api.events(pulled, "progress")})
        same("delete by a call", api.call("workspace delete", {"workspace_id": "p"})["deleted"], True)


globals()[sys.argv[1]]()
