"""What the tests of `pyro api` are written with: a client that sends lines and waits for answers.

Used by tests/cli/api.py and tests/vm/api.py: `with Api() as api: api.call("workspace list")`.
"""
import json
import os
import subprocess

PYRO = os.environ["PYRO"]


def check(what, good, *said):
    """One line of the form that tests/lib.sh counts."""
    print(("ok " if good else "FAILED ") + what, *(["\n    " + repr(said)] if said and not good else []), flush=True)


def same(what, got, wanted):
    check(what, got == wanted, got, wanted)


class Api:
    """One `pyro api --stdio`; answers and events are kept by id until they are asked for."""

    def __init__(self, **more):
        self.process = subprocess.Popen([PYRO, "api", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)
        self.kept = []
        self.next_id = 0

    def __enter__(self):
        self.hello = self.read()
        return self

    def __exit__(self, exception, *_):
        if exception:
            self.process.kill()  # it would wait for its calls
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def send_bytes(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def send(self, message):
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def until(self, wanted):
        """The first message that `wanted` is true of; others are kept."""
        for i, message in enumerate(self.kept):
            if wanted(message):
                return self.kept.pop(i)
        while True:
            message = self.read()
            if message is None:
                raise EOFError("pyro api has ended")
            if wanted(message):
                return message
            self.kept.append(message)

    def begin(self, call, arguments=None, **more):
        self.next_id += 1
        self.send({"id": self.next_id, "call": call, "arguments": arguments or {}, **more})
        return self.next_id

    def answer(self, id):
        return self.until(lambda m: m.get("id") == id and "event" not in m)

    def event(self, id, event):
        got = self.until(lambda m: m.get("id") == id and m.get("event", event) == event)
        if "event" not in got:
            raise EOFError(f"the call ended first: {got}")
        return got

    def events(self, id, event):
        """Those of one kind that came so far."""
        found = [m for m in self.kept if m.get("id") == id and m.get("event") == event]
        self.kept = [m for m in self.kept if m not in found]
        return found

    def call(self, call, arguments=None, **more):
        """The result; an error is returned as it is."""
        message = self.answer(self.begin(call, arguments, **more))
        return message["result"] if "result" in message else message["error"]


def memory_kib(pid):
    """0 of a sanitized program: what it frees stays in quarantine."""
    if os.environ.get("PYRO_SANITIZED"):
        return 0
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS:")).split()[1])


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return children.read().split()
