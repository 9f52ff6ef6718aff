"""`pyro mcp serve` with a machine: the loop of an agent, and what its model is shown."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, "tests")
from api_client import check, same
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
            check("diff", "+one" in diff["structuredContent"]["patch"] and "+one" in text_of(diff), diff)
            shell = mcp.given("shell_open", workspace_id=w)["shell_id"]
            mcp.tool("shell_write", workspace_id=w, shell_id=shell, input="echo $((6 * 7))")
            read = mcp.tool("shell_read", workspace_id=w, shell_id=shell, plain=True, wait_for_idle_ms=300)
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


def under_way():
    with Mcp() as mcp:
        w = mcp.given("workspace_create", environment="debian:12")["workspace_id"]
        slow = mcp.begin_tool("workspace_exec", {"workspace_id": w, "timeout_seconds": 600, "command": ["sleep", "4721"]}, token="p")
        got = mcp.until(lambda m: m.get("method") == "notifications/progress")
        same("progress where it was asked for", (got["params"]["progressToken"], got["params"]["progress"]), ("p", 1))
        same("a slow tool holds up no other", mcp.given("workspace_list")["count"], 1)
        mcp.notify("notifications/cancelled", {"requestId": slow})
        ids = [mcp.begin_tool("workspace_list") for _ in range(100)]
        same("100 at once", {mcp.answer(id)["result"]["structuredContent"]["count"] for id in ids}, {1})
        while "sleep" in mcp.given("workspace_exec", workspace_id=w, command=["sh", "-c", "cat /proc/[0-9]*/comm | grep sleep"])["stdout"]:
            os.sched_yield()
        same("what is cancelled ends, and is not answered", [m for m in mcp.kept if m.get("id") == slow], [])
        with Mcp(env={**os.environ, "PYRO_CHECK_PATIENCE": "1"}) as other:
            long = other.begin_tool("workspace_exec", {"workspace_id": w, "timeout_seconds": 0, "command": ["sleep", "4722"]})
            got = other.answer(long)["result"]
        same("no call takes longer than 50 s", (got["structuredContent"]["state"], "running" in text_of(got)), ("running", True))
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


globals()[sys.argv[1]]()
