"""One `pyro api --stdio` for many calls of one event loop: the twin of transport_sync.py."""

import asyncio
import itertools
import json
import tempfile
from typing import Any, Dict, Mapping, Optional

from .errors import PyroError
from .protocol import MAX_LINE, MAX_WAITING, Request, answer, check_hello, command_line, encode, encode_cancel, ended


class AsyncCall:
    """A call under way: iterate over its events; `result` is there once they are over. Leaving it early cancels it."""

    def __init__(self, transport: "AsyncTransport", call_id: int) -> None:
        self.result: Dict[str, Any] = {}
        self._transport = transport
        self._id = call_id
        self._waiting: "asyncio.Queue[Any]" = asyncio.Queue()
        self._over = False

    def _take(self, message: Any) -> None:
        """From the reader: a message, or what to raise."""
        if self._waiting.qsize() > MAX_WAITING:
            self._transport.cancel(self._id)
            message = PyroError("refused", f"{MAX_WAITING} events wait to be taken; the call was cancelled")
        self._waiting.put_nowait(message)

    def __aiter__(self) -> "AsyncCall":
        return self

    async def __anext__(self) -> Mapping[str, Any]:
        if self._over:
            raise StopAsyncIteration
        message = await self._waiting.get()
        if isinstance(message, dict) and "event" in message:
            return message
        self._over = True
        if isinstance(message, Exception):
            raise message
        self.result = answer(message)
        raise StopAsyncIteration

    async def close(self) -> None:
        if not self._over:
            self._over = True
            self._transport.cancel(self._id)

    async def __aenter__(self) -> "AsyncCall":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


class _Process:
    """One run of the program, and the calls that it has not answered."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop  # whose it is: another loop starts one of its own
        self.calls: Dict[int, AsyncCall] = {}
        self.gone: Optional[PyroError] = None  # the reason
        self.stderr = tempfile.TemporaryFile()

    async def start(self, program: Optional[str], cwd: Optional[str], env: Optional[Mapping[str, str]]) -> None:
        self.child = await asyncio.create_subprocess_exec(
            *command_line(program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self.stderr,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            limit=MAX_LINE,
        )
        assert self.child.stdin and self.child.stdout
        self.stdin, self.stdout = self.child.stdin, self.child.stdout
        try:
            line = await self.stdout.readline()
            if not line:
                raise await self.reason()
            check_hello(json.loads(line))
        except BaseException:
            self.stdin.close()
            await self.child.wait()
            self.stderr.close()
            raise
        self.reader = self.loop.create_task(self.read())

    async def reason(self) -> PyroError:
        status = await self.child.wait()
        self.stderr.seek(0)
        return ended(status, self.stderr.read())

    async def read(self) -> None:
        while True:
            line = await self.stdout.readline()
            if not line:
                break
            message = json.loads(line)
            over = "event" not in message
            call = self.calls.pop(message.get("id"), None) if over else self.calls.get(message.get("id"))
            if call:
                call._take(message)
        self.gone = await self.reason()
        calls, self.calls = list(self.calls.values()), {}
        for call in calls:
            call._take(self.gone)
        self.stderr.close()

    async def close(self) -> None:
        self.stdin.close()
        await self.reader


class AsyncTransport:
    def __init__(
        self, program: Optional[str] = None, cwd: Optional[str] = None, env: Optional[Mapping[str, str]] = None
    ) -> None:
        self._how = (program, cwd, env)
        self._process: Optional[_Process] = None
        self._starting: Optional["asyncio.Task[_Process]"] = None
        self._ids = itertools.count(1)

    async def _start(self) -> _Process:
        process = _Process(asyncio.get_running_loop())
        await process.start(*self._how)
        self._process = process
        return process

    async def _running(self) -> _Process:
        """The process, started when there is none, or none any more; once, however many calls wait for it."""
        loop = asyncio.get_running_loop()
        if self._process and not self._process.gone and self._process.loop is loop:
            return self._process
        if not self._starting or self._starting.done() or self._starting.get_loop() is not loop:
            self._starting = loop.create_task(self._start())
        return await asyncio.shield(self._starting)

    async def open(self, request: Request) -> AsyncCall:
        process = await self._running()
        call_id = next(self._ids)
        call = AsyncCall(self, call_id)
        if process.gone:
            raise process.gone
        process.calls[call_id] = call
        process.stdin.write(encode(call_id, request))
        try:
            await process.stdin.drain()
        except ConnectionError:
            pass  # the reader sees the end, and says why
        except asyncio.CancelledError:
            self.cancel(call_id)
            raise
        return call

    def cancel(self, call_id: int) -> None:
        process = self._process
        if process and not process.gone and process.calls.pop(call_id, None) is not None:
            process.stdin.write(encode_cancel(call_id))

    async def close(self) -> None:
        """Ends the program after the calls under way. Workspaces live on."""
        process, self._process = self._process, None
        if process and process.loop is asyncio.get_running_loop():
            await process.close()
