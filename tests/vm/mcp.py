"""`pyro mcp serve` with a machine: the loop of an agent, and what its model is shown."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, "tests")
from api_client import check, memory_kib, same
from mcp_client import Mcp, text_of

GIT = os.environ["TEST_DIR"] + "/project"


def agent():
    """What an agent does, by text alone and by the structured form alone."""
    for modern in (False, True):
        with Mcp(modern=modern) as mcp:
            made = mcp.tool("workspace_create", environment="debian:12")
            w = made["structuredContent"]["workspace_id"]
            check("create: the text has the handle", f"workspace_id={w}" in text_of(made), made)
            same("create: of its era", "resultType" in made, modern)
            listed = mcp.tool("workspace_list")
            check("list: in both forms", w in text_of(listed) and w in json.dumps(listed["structuredContent"]), listed)
            ran = mcp.tool("workspace_exec", workspace_id=w, command=["sh", "-c", "echo out; echo err >&2; exit 3"])
            given = ran["structuredContent"]
            same("exec: a status is no error", (given["exit_code"], given["stdout"], given["stderr"], "isError" in ran), (3, "out\n", "err\n", False))
            check("exec: the text says it all", re.search(r"exit_code=3.*\nstdout \(text of the guest\):\nout\nstderr \(text of the guest\):\nerr\n", text_of(ran)), ran)
            mcp.tool("workspace_file_write", workspace_id=w, path="a.txt", text="one\ntwo\n")
            same("file_read", mcp.given("workspace_file_read", workspace_id=w, path="a.txt")["content"], "one\ntwo\n")
            diff = mcp.tool("workspace_diff", workspace_id=w)
            same("diff: what changed", [e["status"] for e in diff["structuredContent"]["entries"]], ["added"])
            check("diff", "+one" in diff["structuredContent"]["patch"] and "+one" in text_of(diff), diff)
            shell = mcp.given("shell_open", workspace_id=w)["shell_id"]
            mcp.tool("shell_write", workspace_id=w, shell_id=shell, input="echo $((6 * 7))")
            read = mcp.tool("shell_read", workspace_id=w, shell_id=shell, plain=True, wait_for_idle_ms=3000)
            check("shell_read: clean text in both forms", "\n42\n" in read["structuredContent"]["output"] and "\n42\n" in text_of(read), read)
            again = mcp.given("shell_read", workspace_id=w, shell_id=shell, plain=True, cursor=read["structuredContent"]["next_cursor"])
            same("shell_read: by its cursor", again["output"], "")
            same("delete", mcp.given("workspace_delete", workspace_id=w)["deleted"], True)


def bounds():
    with Mcp() as mcp:
        w = mcp.given("workspace_create", environment="debian:12")["workspace_id"]

        def run(text):
            return mcp.tool("workspace_exec", workspace_id=w, command=["sh", "-c", text])

        ran = run("seq 100000")
        given = ran["structuredContent"]
        check("much output: its head and its tail", given["stdout"].startswith("1\n2\n") and given["stdout"].endswith("\n100000\n"), given["stdout"][:100])
        check("and it says so", "bytes left out" in text_of(ran) and "truncated=true" in text_of(ran))
        check("in 8 KiB", len(given["stdout"].encode()) < 8192 + 100 and len(text_of(ran).encode()) < 9000, len(given["stdout"]))
        ran = run("head -c 1000000 /dev/zero | tr '\\0' x")
        check("a megabyte without the end of a line", len(text_of(ran)) < 9000 and ran["structuredContent"]["stdout_bytes"] == 1000000)
        given = run("head -c 2000000 /dev/zero | tr '\\0' x")["structuredContent"]
        same("more than is kept of a command", given["stdout_truncated"], True)
        given = run("printf '\\033[31mred\\033[0m\\n'; printf '10%%\\r100%%\\n'")["structuredContent"]
        same("escape sequences and progress bars", given["stdout"], "red\n100%\n")
        given = run("printf '\\377\\376 \\001 \\302\\233'")["structuredContent"]
        check("what is no text", "\ufffd" in given["stdout"], given)
        given = run("echo short; seq 200000 >&2")["structuredContent"]
        check("a short output leaves the other its part", given["stdout"] == "short\n" and len(given["stderr"]) > 8000, len(given["stderr"]))
        mcp.tool("workspace_delete", workspace_id=w)


def piling_up():
    """Results that nobody reads: what is in memory stays bounded, and nothing is lost."""
    with Mcp() as mcp:
        w = mcp.given("workspace_create", environment="debian:12")["workspace_id"]
        shell = mcp.given("shell_open", workspace_id=w)["shell_id"]
        mcp.tool("shell_write", workspace_id=w, shell_id=shell, input="seq 5000")
        read = {"workspace_id": w, "shell_id": shell, "plain": True}
        mcp.tool("shell_read", **read, wait_for_prompt=True)
        before = memory_kib(mcp.process.pid)
        writer = os.fork()
        if writer == 0:
            for i in range(2000):
                mcp.next_id = 9999 + i
                mcp.begin_tool("shell_read" if i % 20 else "workspace_list", read if i % 20 else {})
            os._exit(0)
        for _ in range(200):  # it is given turns to grow in, however loaded the machine is
            os.sched_yield()
            most = memory_kib(mcp.process.pid)
        check("memory is bounded", most < before + 20 * 1024, before, most)
        got = sorted(mcp.read()["id"] for _ in range(2000))
        same("every call is answered once", got, list(range(10000, 12000)))
        os.waitpid(writer, 0)
        mcp.tool("workspace_delete", workspace_id=w)


def secrets():
    value, log = "hunter2-is-secret", os.environ["TEST_DIR"] + "/mcp.log"
    with Mcp("--log-file", log) as mcp:
        made = mcp.tool("workspace_create", environment="debian:12", secret={"TOKEN": value})
        w = made["structuredContent"]["workspace_id"]
        ran = mcp.tool("workspace_exec", workspace_id=w, secret_env=["TOKEN"], command=["sh", "-c", "echo $TOKEN; echo $TOKEN >&2; echo $TOKEN >a; : >$TOKEN"])
        same("a secret is in the guest, and taken out of what it printed", ran["structuredContent"]["stdout"] + ran["structuredContent"]["stderr"], "[REDACTED]\n" * 2)
        for words in (["true", "A" * 100000], ["true"] + ["a"] * 20000):
            mcp.tool("workspace_exec", workspace_id=w, command=words)
            for name in ("workspace_summary", "workspace_exec"):
                more = {"command": words} if name == "workspace_exec" else {}
                told = mcp.tool(name, workspace_id=w, **more)
                check(f"{name}: a long command is cut", len(json.dumps(told)) < 12000, len(json.dumps(told)))
        for how in (r"s/is/\x1b[31m&\x1b[m/", r"s/is/ix\x08s/", r"s/is/\x1b]0;t\x07&/"):
            joined = mcp.tool("workspace_exec", workspace_id=w, secret_env=["TOKEN"], command=["sh", "-c", f"echo $TOKEN | sed '{how}'"])
            same(f"one that rendering joins: {how}", joined["structuredContent"]["stdout"].strip(), "[REDACTED]")
            check("… nor is it in the text", value not in json.dumps(joined), joined)
            again = mcp.tool("workspace_command_read", workspace_id=w, sequence=joined["structuredContent"]["sequence"])
            check("… nor when it is read again", value not in json.dumps(again), again)
        results = [made, ran] + [mcp.tool(tool, workspace_id=w, **given) for tool, given in (
            ("workspace_file_read", {"path": "a"}),
            ("workspace_file_list", {}),
            ("workspace_diff", {}),
            ("workspace_summary", {}),
            ("workspace_command_read", {"sequence": 1}),
            ("workspace_file_read", {"path": value}),
            ("workspace_exec", {"command": [value]}),
            ("workspace_exec", {"command": ["true"], "cwd": value}),
            ("workspace_exec", {"command": ["true"], "secret_env": [value]}),
            ("shell_read", {"shell_id": value}),
            ("shell_open", {value: 1}),
        )]
        same("and in no result", [r for r in results if value in json.dumps(r)], [])
        mcp.tool("workspace_delete", workspace_id=w)
    with open(log) as said:
        same("nor in the log", value in said.read(), False)


def under_way():
    with Mcp() as mcp:
        w = mcp.given("workspace_create", environment="debian:12")["workspace_id"]
        slow = mcp.begin_tool("workspace_exec", {"workspace_id": w, "timeout_seconds": 600, "command": ["sleep", "4721"]}, token="p")
        got = mcp.until(lambda m: m.get("method") == "notifications/progress")
        same("progress where it was asked for", (got["params"]["progressToken"], got["params"]["progress"]), ("p", 1))
        same("a slow tool holds up no other", mcp.given("workspace_list")["count"], 1)
        mcp.send({"jsonrpc": "2.0", "id": slow, "method": "tools/call", "params": {"name": "workspace_list"}})
        same("the id of a call under way gets no second answer", (mcp.request("ping")["result"], [m for m in mcp.kept if m.get("id") == slow]), ({}, []))
        mcp.notify("notifications/cancelled", {"requestId": slow})
        ids = [mcp.begin_tool("workspace_list") for _ in range(200)]
        same("200 at once", {mcp.answer(id)["result"]["structuredContent"]["count"] for id in ids}, {1})
        while "sleep" in mcp.given("workspace_exec", workspace_id=w, command=["sh", "-c", "cat /proc/[0-9]*/comm | grep sleep"])["stdout"]:
            os.sched_yield()
        same("what is cancelled ends, and is not answered", [m for m in mcp.kept if m.get("id") == slow], [])
        mcp.tool("workspace_delete", workspace_id=w)


def call_in(result, tool):
    """The arguments of the call that a result says goes on, which both its forms say."""
    said = result["structuredContent"]["next"]
    check(f"{tool}: both forms name it", said in text_of(result) and f"{tool} {{" in said, result)
    return json.loads(re.search(tool + r" (\{.*?\})", said)[1])


def read_on(mcp, result, **more):
    """What a command printed since this result, and its last read."""
    text, read = "", None
    arguments = call_in(result, "workspace_command_read")
    while read is None or read["truncated"] or read["state"] == "running":
        read = mcp.given("workspace_command_read", **arguments, **more)
        text += read["stdout"]
        arguments["cursor"] = read["next_cursor"]
    return text, read


def processes(mcp, w, name):
    return mcp.given("workspace_exec", workspace_id=w, command=["sh", "-c", f"cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o '{name}'"])["stdout"]


def long_commands():
    """A command that takes longer than it is waited for: nothing is lost, and it ends when it is to."""
    with Mcp() as mcp:
        w = mcp.given("workspace_create", environment="debian:12")["workspace_id"]
        started = mcp.tool("workspace_exec", workspace_id=w, timeout_seconds=0, max_wait_ms=1000,
                           command=["sh", "-c", "echo one; while ! test -e go; do sleep 0.1; done; echo two; exit 3"])
        given = started["structuredContent"]
        same("exec: it goes on", (given["state"], "exit_code" in given), ("running", False))
        waiting = mcp.tool("workspace_command_read", **{**call_in(started, "workspace_command_read"), "max_wait_ms": 1})
        same("command_read: it still runs", waiting["structuredContent"]["state"], "running")
        mcp.tool("workspace_file_write", workspace_id=w, path="go", text="")
        text, read = read_on(mcp, started)
        same("command_read: the rest, and its end", (given["stdout"] + text, read["state"], read["exit_code"], "next" in read), ("one\ntwo\n", "ended", 3, False))
        same("command_read: it stays readable", mcp.given("workspace_command_read", workspace_id=w, sequence=read["sequence"])["stdout"], "one\ntwo\n")
        flood = mcp.tool("workspace_exec", workspace_id=w, timeout_seconds=0, max_wait_ms=1, command=["seq", "40000"])
        arguments = {"workspace_id": w, "sequence": flood["structuredContent"]["sequence"]}
        text, read = read_on(mcp, {**flood, **mcp.tool("workspace_command_read", **arguments, max_chars=1)}, max_chars=65536)
        same("a flood comes whole, by the cursor", "1" + text, "".join(f"{i}\n" for i in range(1, 40001)))
        ended = mcp.tool("workspace_exec", workspace_id=w, command=["seq", "3000"])
        arguments = call_in(ended, "workspace_command_read")
        same("exec: what was left out can be read", mcp.given("workspace_command_read", **arguments)["stdout"], "".join(f"{i}\n" for i in range(1, 3001)))
        running = mcp.given("workspace_exec", workspace_id=w, timeout_seconds=0, max_wait_ms=1, command=["sleep", "4723"])
        killed = mcp.given("workspace_command_kill", workspace_id=w, sequence=running["sequence"])
        same("command_kill", (killed["state"], killed["exit_code"]), ("ended", 137))
        limited = mcp.given("workspace_exec", workspace_id=w, timeout_seconds=1, command=["sleep", "4724"])
        same("the limit that was hit is named", (limited["timed_out"], limited["timeout_seconds"]), (True, 1))
        for end in ("kill", "close"):
            with Mcp() as other:
                begun = other.begin_tool("workspace_exec", {"workspace_id": w, "timeout_seconds": 0, "command": ["sleep", "4725"]})
                while "sleep 4725" not in processes(mcp, w, "sleep 472[5]"):
                    os.sched_yield()
                other.process.kill() if end == "kill" else other.process.stdin.close()
                other.process.wait()
            while "sleep 4725" in processes(mcp, w, "sleep 472[5]"):
                os.sched_yield()
            check(f"an agent that ends ({end}) takes what it waits for with it", begun)
        mcp.tool("workspace_delete", workspace_id=w)


def long_calls():
    """Any call that takes too long goes on, and is taken up by the same call."""
    with Mcp("--profile", "workspace-full") as mcp:
        w = mcp.given("workspace_create", environment="debian:12")["workspace_id"]
        slow = {"workspace_id": w, "service_name": "s", "ready_file": "go", "ready_timeout_seconds": 0, "command": ["sleep", "600"]}
        with Mcp("--profile", "workspace-full", env={**os.environ, "PYRO_CHECK_PATIENCE": "0.3"}) as hasty:
            got = hasty.tool("service_start", **slow)
            given = got["structuredContent"]
            same("it goes on", (given["state"], "service_name" in given), ("running", False))
            check("and says how to go on, in both forms", "service_start again with exactly the same arguments" in given["next"] and given["next"] in text_of(got), got)
            again = hasty.begin_tool("service_start", slow)
            mcp.tool("workspace_file_write", workspace_id=w, path="go", text="")
            same("the same call waits for it", hasty.answer(again)["result"]["structuredContent"].get("service_name"), "s")
            slow = {**slow, "service_name": "t", "ready_file": "go2"}
            hasty.tool("service_start", **slow)
            mcp.tool("workspace_file_write", workspace_id=w, path="go2", text="")
            while mcp.given("service_status", workspace_id=w, service_name="t")["state"] != "running":
                os.sched_yield()
            same("also when it has ended meanwhile", hasty.given("service_start", **slow).get("service_name"), "t")
            got = hasty.tool("service_start", **slow)
            check("its result is given once: the next call is a new one", got.get("isError"), got)
        mcp.tool("workspace_delete", workspace_id=w)


def project():
    subprocess.run(["git", "init", "-q", GIT], check=True)
    os.mkdir(GIT + "/src")
    with open(GIT + "/src/main.c", "w") as file:
        file.write("int main;\n")
    with Mcp(cwd=GIT + "/src") as mcp:
        w = mcp.given("workspace_create", environment="debian:12")["workspace_id"]
        same("a workspace begins with the project", mcp.given("workspace_file_read", workspace_id=w, path="src/main.c")["content"], "int main;\n")
        mcp.tool("workspace_delete", workspace_id=w)


def variables():
    """What a workspace and its fork keep, as tools set it."""
    with Mcp("--profile", "workspace-full") as mcp:
        w = mcp.given("workspace_create", environment="debian:12", env={"A": "1", "B": "x y"})["workspace_id"]
        show = ["sh", "-c", 'echo "$A|$B|$C"']
        same("a workspace's variables", mcp.given("workspace_exec", workspace_id=w, command=show)["stdout"], "1|x y|\n")
        fork = mcp.given("workspace_fork", workspace_id=w, env={"A": "9", "C": "new"})["workspaces"][0]["workspace_id"]
        same("its fork's", mcp.given("workspace_exec", workspace_id=fork, command=show)["stdout"], "9|x y|new\n")
        got = mcp.tool("workspace_fork", workspace_id=w, env={"A-B": "private"})
        check("a bad name is told, and no value", got.get("isError") and "'A-B'" in text_of(got) and "private" not in text_of(got), got)
        mcp.tool("workspace_delete", workspace_id=w)
        mcp.tool("workspace_delete", workspace_id=fork)


def transcript():
    """The calls in docs/mcp.md are answered as it says there, but for the id and the times."""
    with open("docs/mcp.md", encoding="utf-8") as file:
        text = re.search(r"(?ms)^```calls\n(.*?)^```$", file.read()).group(1)
    calls = [part.split("\n", 1) for part in re.split(r"(?m)^> ", text)[1:]]
    check("there is a transcript", len(calls) >= 8, calls)
    written = re.search("workspace_id=([0-9a-f]{12})", text).group(1)
    for modern in (False, True):
        with Mcp(modern=modern) as mcp:
            real = written
            for line, wanted in calls:
                name, arguments = line.split(" ", 1)
                got = text_of(mcp.tool(name, **json.loads(arguments.replace(written, real))))
                if name == "workspace_create":
                    real = re.search("workspace_id=([0-9a-f]{12})", got).group(1)
                masked = [re.sub("(?m)duration_ms=[0-9]+|timeout_seconds=[0-9]+| +$|\n+\\Z", "", one.replace(real, written)) for one in (got, wanted)]
                same(f"docs/mcp.md: {name}", *masked)


globals()[sys.argv[1]]()
