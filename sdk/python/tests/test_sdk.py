"""The package on real workspaces: the program is $PYRO, the environment debian:12-base."""

import asyncio
import os
import signal
import subprocess
import threading
import time
import unittest

from pyro_mcp import AsyncPyro, CommandError, PyroEndedError, PyroError, Pyro, results

ENVIRONMENT = "debian:12-base"
COMMAND_LINES = ["sh", "-c", r"cat /proc/[0-9]*/cmdline | tr '\0' ' '"]  # of all in the guest


def wait_for(condition):
    """Until it is so; a test that waits in vain hangs, and is ended by whoever runs it."""
    while not condition():
        time.sleep(0.05)


def api_processes():
    """The pids of `pyro api` that this process has started."""
    children = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "api --stdio"], stdout=subprocess.PIPE)
    return [int(pid) for pid in children.stdout.split()]


class Workspaces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pyro = Pyro()
        cls.ws = cls.pyro.workspace(ENVIRONMENT, label={"task": "a b"})

    @classmethod
    def tearDownClass(cls):
        cls.ws.delete()
        cls.pyro.close()

    def test_results_are_objects(self):
        status = self.ws.status()
        self.assertEqual((status.state, status.labels), ("started", {"task": "a b"}))
        self.assertIsInstance(status.workspace_seed, results.WorkspaceStatusWorkspaceSeed)
        self.assertEqual(results.WorkspaceStatus.from_dict({**status.to_dict(), "of_tomorrow": 1}), status)

    def test_exec(self):
        seen = []
        result = self.ws.exec(
            ["sh", "-c", 'cat; echo "$A" >&2; exit 3'], input="in\n", env={"A": "é"}, on_output=seen.append
        )
        self.assertEqual((result.exit_code, result.stdout, result.stderr), (3, "in\n", "é\n"))
        self.assertEqual({(o.stream, o.text) for o in seen}, {("stdout", "in\n"), ("stderr", "é\n")})
        with self.assertRaises(CommandError) as raised:
            self.ws.exec(["sh", "-c", "echo why >&2; exit 3"], check=True)
        self.assertEqual(str(raised.exception), "sh exited with status 3: why")

    def test_a_stream_comes_while_the_command_runs(self):
        # It ends only when a file is there that is written after its first line has been seen.
        script = "echo first; until [ -e go ]; do sleep 0.1; done; echo last"
        with self.ws.exec_stream(["sh", "-c", script]) as outputs:
            for output in outputs:
                if output.text == "first\n":
                    self.ws.write_file("go", "")
        self.assertEqual(outputs.result["stdout"], "first\nlast\n")

    def test_leaving_a_stream_ends_the_command(self):
        with self.ws.exec_stream(["sh", "-c", "echo $$; exec sleep 4711"], timeout_seconds=0) as outputs:
            pid = next(iter(outputs)).text.strip()
        wait_for(lambda: self.ws.exec(["test", "-e", f"/proc/{pid}"]).exit_code == 1)

    def test_the_history_is_followed(self):
        self.ws.exec(["echo", "before"])
        with self.ws.follow_logs(tail_lines=1) as entries:
            seen = iter(entries)
            self.assertEqual(next(seen).stdout, "before\n")
            self.ws.exec(["echo", "after"])
            self.assertEqual(next(seen).command, ["echo", "after"])
        self.assertEqual(self.ws.logs(tail_lines=1).entries[-1].stdout, "after\n")
        self.assertEqual(self.ws.summary().commands[0].command, "echo after")

    def test_errors_have_codes(self):
        with self.assertRaises(PyroError) as raised:
            self.pyro.status_workspace("nothing-such")
        self.assertEqual(raised.exception.code, "workspace_not_found")
        with self.assertRaises(PyroError) as raised:
            self.pyro.call("workspace nonsense", {})
        self.assertEqual(raised.exception.code, "usage")
        with self.assertRaises(TypeError):
            self.pyro.exec_workspace(self.ws.id)

    def test_shell(self):
        with self.ws.open_shell(cols=100, rows=30) as shell:
            self.assertIn("\n42\n", shell.run("echo $((6 * 7))"))
            shell.resize(90, 20)
            self.assertIn("\n20 90\n", shell.run("stty size"))
            again = self.ws.shell(shell.id)
            self.assertIn("\n42\n", again.read().output)
            shell.write("sleep 4712")
            wait_for(lambda: " sleep 4712" in self.ws.exec(COMMAND_LINES).stdout)
            shell.signal("INT")
            self.assertRegex(shell.read(wait_for_prompt=True).output, r"sleep 4712\n+.*# $")
        self.assertEqual(self.pyro.list_shells(self.ws.id)["shells"][-1]["state"], "stopped")

    def test_service(self):
        service = self.ws.start_service("drip", ["sh", "-c", "echo drop; touch up; exec sleep 4713"], ready_file="up")
        self.assertEqual(service.status().state, "running")
        self.assertIn("drop", service.logs().stdout)
        with service.follow_logs() as log:
            self.assertEqual(next(iter(log)).text, "drop\n")
        self.assertEqual(service.stop().state, "stopped")

    def test_files(self):
        self.ws.write_file("sub/a.txt", "one\n")
        self.assertEqual(self.ws.read_file("sub/a.txt"), "one\n")
        self.assertEqual([e.path for e in self.ws.list_files("sub")], ["/workspace/sub/a.txt"])
        self.assertIn("/workspace/sub/a.txt", [e.path for e in self.ws.diff().entries])

    def test_many_threads_share_the_program(self):
        done = []

        def run(n):
            done.append((n, self.ws.exec(["echo", str(n)]).stdout))

        threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(done), [(n, f"{n}\n") for n in range(8)])
        self.assertEqual(len(api_processes()), 1)

    def test_a_killed_program_is_started_again(self):
        with Pyro() as pyro:
            before = api_processes()
            pyro.list_workspaces()
            (pid,) = set(api_processes()) - set(before)
            with self.assertRaises(PyroEndedError):
                with pyro.stream("workspace exec", {"workspace_id": self.ws.id, "command": ["sh", "-c", "echo; exec sleep 4714"]}) as outputs:
                    for _ in outputs:
                        os.kill(pid, signal.SIGKILL)
            self.assertEqual(pyro.existing_workspace(self.ws.id).status().state, "started")


class Asyncio(unittest.IsolatedAsyncioTestCase):
    async def test_it_is_the_same(self):
        async with AsyncPyro() as pyro, await pyro.workspace(ENVIRONMENT) as ws:
            found = await asyncio.gather(*(ws.exec(["echo", str(n)]) for n in range(8)))
            self.assertEqual([f.stdout for f in found], [f"{n}\n" for n in range(8)])
            async with await ws.open_shell() as shell:
                self.assertIn("\n42\n", await shell.run("echo $((6 * 7))"))
            with self.assertRaises(PyroError):
                await pyro.status_workspace("nothing-such")

    async def test_a_task_that_is_cancelled_ends_its_command(self):
        async with AsyncPyro() as pyro, await pyro.workspace(ENVIRONMENT) as ws:
            started = asyncio.Event()
            command = ["sh", "-c", "echo; exec sleep 4715"]
            task = asyncio.create_task(ws.exec(command, timeout_seconds=0, on_output=lambda _: started.set()))
            await started.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            while "sleep 4715" in (await ws.exec(COMMAND_LINES)).stdout:
                await asyncio.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
