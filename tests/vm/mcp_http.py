"""`pyro mcp serve --http` with a machine: the loop of an agent, events, what the end of a connection means."""
import os
import sys

sys.path.insert(0, "tests")
from api_client import check, same
from http_client import Client, Server, messages_of

SLEEPERS = ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep 4[0-9][0-9]*' || true"]


def machine(client):
    return client.given("workspace_create", environment="debian:12")["workspace_id"]


def sleepers(client, w):
    return client.given("workspace_exec", workspace_id=w, command=SLEEPERS)["stdout"]


def begin_sleep(client, w, seconds, **more):
    """A call that sleeps in the guest, where it has begun, and its id."""
    message = client.message("tools/call", {"name": "workspace_exec", "arguments": {
        "workspace_id": w, "timeout_seconds": 600, "command": ["sleep", str(seconds)]}}, **more)
    connection = client.begin(message)
    while f"sleep {seconds}" not in sleepers(client, w):
        os.sched_yield()
    return connection, message["id"]


def agent():
    with Server() as server:
        for client in (Client(server), Client(server, modern=True)):
            w = machine(client)
            ran = client.given("workspace_exec", workspace_id=w, command=["sh", "-c", "echo out; exit 3"])
            same("exec", (ran["exit_code"], ran["stdout"]), (3, "out\n"))
            shell = client.given("shell_open", workspace_id=w)["shell_id"]
            client.tool("shell_write", workspace_id=w, shell_id=shell, input="echo $((6 * 7))")
            read = client.given("shell_read", workspace_id=w, shell_id=shell, plain=True, wait_for_idle_ms=3000)
            check("shell_read: clean text", "\n42\n" in read["output"], read)
            same("delete", client.given("workspace_delete", workspace_id=w)["deleted"], True)


def events():
    with Server() as server:
        for client in (Client(server), Client(server, modern=True)):
            w = machine(client)
            call = {"name": "workspace_exec", "arguments": {"workspace_id": w, "command": ["sleep", "12"]}}
            status, headers, got = client.request_all("tools/call", call, token="p")
            same("progress makes it a stream", (status, headers["Content-Type"], headers["X-Accel-Buffering"]), (200, "text/event-stream", "no"))
            same("of progress under the client's token", {m["params"]["progressToken"] for m in got[:-1]}, {"p"})
            steps = [m["params"]["progress"] for m in got[:-1]]
            check("that rises", len(steps) >= 2 and steps == sorted(set(steps)), steps)
            same("and the answer last", (got[-1]["id"], got[-1]["result"]["structuredContent"]["exit_code"]), (client.last, 0))
            message = client.message("tools/call", {**call, "arguments": {"workspace_id": w, "command": ["sleep", "7"]}}, token=5)
            status, headers, body = server.send(message, Accept="application/json", **client.headers(message))
            same("who takes no stream gets the answer alone", (headers["Content-Type"], len(messages_of(headers, body))), ("application/json", 1))
            client.tool("workspace_delete", workspace_id=w)


def hangups():
    with Server() as server:
        modern, legacy, other = Client(server, modern=True), Client(server), Client(server)
        w = machine(modern)
        for seconds, token in ((4731, None), (4732, "p")):
            connection, _ = begin_sleep(modern, w, seconds, token=token)
            connection.close()
            while sleepers(modern, w):
                os.sched_yield()
        check("the end of the connection cancels a call, in the guest too", True)
        connection, id = begin_sleep(legacy, w, 4733)
        connection.close()
        same("in the older era it goes on", sleepers(legacy, w), "sleep 4733\n")
        other.notify("notifications/cancelled", {"requestId": id})
        same("another client's cancel is not about it", sleepers(legacy, w), "sleep 4733\n")
        legacy.notify("notifications/cancelled", {"requestId": id})
        while sleepers(legacy, w):
            os.sched_yield()
        check("its own is", True)
        connection, id = begin_sleep(legacy, w, 4734)
        legacy.notify("notifications/cancelled", {"requestId": id})
        same("who waits for the answer gets none", connection.getresponse().status, 204)
        connection.close()
        while sleepers(modern, w):
            os.sched_yield()
        connection, _ = begin_sleep(legacy, w, 4735)
        server.send(None, method="DELETE", Mcp_Session_Id=legacy.session)
        same("the end of a session ends its calls", connection.getresponse().status, 204)
        connection.close()
        modern.tool("workspace_delete", workspace_id=w)


def term():
    server = Server()
    client = Client(server, modern=True)
    w = machine(client)
    waiting, _ = begin_sleep(client, w, 4741)
    streaming, _ = begin_sleep(client, w, 4742, token="p")
    same("TERM ends it", server.end(), (143, ""))
    answer = waiting.getresponse()
    got = messages_of(answer.headers, answer.read())[-1]["result"]
    same("calls under way are answered", got["structuredContent"]["exit_code"], 143)
    answer = streaming.getresponse()
    got = messages_of(answer.headers, answer.read())[-1]["result"]
    same("in a stream, too", got["structuredContent"]["exit_code"], 143)
    with Server() as server:
        client = Client(server, modern=True)
        while sleepers(client, w):
            os.sched_yield()
        check("and ended, in a workspace that lives on", True)
        client.tool("workspace_delete", workspace_id=w)


globals()[sys.argv[1]]()
