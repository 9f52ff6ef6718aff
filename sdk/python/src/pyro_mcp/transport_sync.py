"""One `pyro api --stdio` for many calls of many threads."""

import itertools
import json
import os
import queue
import subprocess
import tempfile
import threading
from typing import Any, Dict, Mapping, Optional

from .errors import PyroError
from .protocol import MAX_WAITING, Request, answer, check_hello, command_line, encode, encode_cancel, ended


class Call:
    """A call under way: iterate over its events; `result` is there once they are over. Leaving it early cancels it."""

    def __init__(self, transport: "Transport", call_id: int) -> None:
        self.result: Dict[str, Any] = {}
        self._transport = transport
        self._id = call_id
        self._waiting: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
        self._over = False

    def _take(self, message: Any) -> None:
        """From the reader: a message, or what to raise."""
        if self._waiting.qsize() > MAX_WAITING:
            self._transport.cancel(self._id)
            message = PyroError("refused", f"{MAX_WAITING} events wait to be taken; the call was cancelled")
        self._waiting.put(message)

    def __iter__(self) -> "Call":
        return self

    def __next__(self) -> Mapping[str, Any]:
        if self._over:
            raise StopIteration
        message = self._waiting.get()
        if isinstance(message, dict) and "event" in message:
            return message
        self._over = True
        if isinstance(message, Exception):
            raise message
        self.result = answer(message)
        raise StopIteration

    def close(self) -> None:
        if not self._over:
            self._over = True
            self._transport.cancel(self._id)

    def __enter__(self) -> "Call":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Process:
    """One run of the program, and the calls that it has not answered."""

    def __init__(self, program: Optional[str], cwd: Optional[str], env: Optional[Mapping[str, str]]) -> None:
        self.pid = os.getpid()  # whose it is: a forked child starts one of its own
        self.calls: Dict[int, Call] = {}
        self.gone: Optional[PyroError] = None  # the reason
        self.lock = threading.Lock()
        self.stderr = tempfile.TemporaryFile()
        self.popen = subprocess.Popen(
            command_line(program),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            cwd=cwd,
            env=dict(env) if env is not None else None,
        )
        assert self.popen.stdin and self.popen.stdout
        self.stdin, self.stdout = self.popen.stdin, self.popen.stdout
        try:
            line = self.stdout.readline()
            if not line:
                raise self.reason()
            check_hello(json.loads(line))
        except BaseException:
            self.shut()
            raise
        self.reader = threading.Thread(target=self.read, name="pyro", daemon=True)
        self.reader.start()

    def reason(self) -> PyroError:
        status = self.popen.wait()
        self.stderr.seek(0)
        return ended(status, self.stderr.read())

    def read(self) -> None:
        for line in self.stdout:
            message = json.loads(line)
            with self.lock:
                over = "event" not in message
                call = self.calls.pop(message.get("id"), None) if over else self.calls.get(message.get("id"))
            if call:
                call._take(message)
        reason = self.reason()
        with self.lock:
            self.gone = reason
            calls, self.calls = list(self.calls.values()), {}
        for call in calls:
            call._take(reason)
        self.shut()

    def shut(self) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        self.popen.wait()

    def write(self, line: bytes) -> None:
        with self.lock:
            try:
                self.stdin.write(line)
                self.stdin.flush()
            except (BrokenPipeError, ValueError):
                pass  # it has ended; the reader says why

    def close(self) -> None:
        try:
            self.stdin.close()
        except BrokenPipeError:
            pass
        self.reader.join()


class Transport:
    def __init__(
        self, program: Optional[str] = None, cwd: Optional[str] = None, env: Optional[Mapping[str, str]] = None
    ) -> None:
        self._how = (program, cwd, env)
        self._process: Optional[_Process] = None
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def _running(self) -> _Process:
        """The process, started when there is none, or none any more."""
        with self._lock:
            if not self._process or self._process.gone or self._process.pid != os.getpid():
                self._process = _Process(*self._how)
            return self._process

    def open(self, request: Request) -> Call:
        process = self._running()
        call_id = next(self._ids)
        call = Call(self, call_id)
        with process.lock:
            if process.gone:
                raise process.gone
            process.calls[call_id] = call
        process.write(encode(call_id, request))
        return call

    def cancel(self, call_id: int) -> None:
        process = self._process
        if process and not process.gone and process.calls.pop(call_id, None) is not None:
            process.write(encode_cancel(call_id))

    def close(self) -> None:
        """Ends the program after the calls under way. Workspaces live on."""
        with self._lock:
            process, self._process = self._process, None
        if process and process.pid == os.getpid():
            process.close()
