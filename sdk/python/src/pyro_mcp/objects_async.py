"""Workspaces, shells and services as objects, over the calls of AsyncPyro. objects_sync.py is made from this file."""

from types import TracebackType
from typing import Any, AsyncIterator, Callable, Dict, List, Literal, Mapping, NamedTuple, Optional, Sequence, Type, TypeVar

from . import results
from .calls_async import AsyncCalls
from .errors import CommandError
from .protocol import Request
from .transport_async import AsyncCall, AsyncTransport

Self = TypeVar("Self", bound="_Closed")
Exc = Optional[BaseException]


class Output(NamedTuple):
    """What a command wrote."""

    stream: str  # "stdout" or "stderr"
    text: str


class _Closed:
    """What is closed at the end of a `with` block."""

    async def close(self) -> None:
        raise NotImplementedError

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], exc: Exc, traceback: Optional[TracebackType]) -> None:
        await self.close()


class AsyncOutputStream(_Closed):
    """The output of a command as it comes; `result` is there when it is over. Leaving it early ends the command."""

    def __init__(self, call: AsyncCall) -> None:
        self._call = call

    @property
    def result(self) -> Dict[str, Any]:
        return self._call.result

    async def close(self) -> None:
        await self._call.close()

    def events(self) -> AsyncCall:
        """All events, as docs/api.md has them."""
        return self._call

    async def __aiter__(self) -> AsyncIterator[Output]:
        async for event in self._call:
            if event["event"] == "output":
                yield Output(event["stream"], event["text"])


class AsyncLogStream(_Closed):
    """The commands of a workspace as they end; `result` is there when it is over."""

    def __init__(self, outputs: AsyncOutputStream) -> None:
        self._outputs = outputs

    @property
    def result(self) -> Dict[str, Any]:
        return self._outputs.result

    async def close(self) -> None:
        await self._outputs.close()

    async def __aiter__(self) -> AsyncIterator[results.WorkspaceLogsEntries]:
        async for event in self._outputs.events():
            if event["event"] == "entry":
                yield results.WorkspaceLogsEntries.from_dict(event["entry"])


class AsyncPyro(AsyncCalls, _Closed):
    """pyro, for programs: each command is a method whose result is the object of `--json`.

    The program is started with the first call and serves all that follow, side by side.
    Use it as a context manager, or close() it; workspaces live on either way.
    """

    def __init__(
        self,
        program: Optional[str] = None,
        *,
        cwd: Optional[str] = None,
        env: Optional[Mapping[str, str]] = None,
    ) -> None:
        """`program`: pyro, by default that of $PYRO or of $PATH. `cwd`: what host paths are relative to.
        `env`: its environment, by default this process's."""
        self._transport = AsyncTransport(program, cwd, env)

    async def call(
        self,
        call: str,
        arguments: Mapping[str, Any],
        *,
        input: Optional[str] = None,
        on_event: Optional[Callable[[Mapping[str, Any]], None]] = None,
    ) -> Dict[str, Any]:
        """Any command by its name. `on_event` gets its output, progress and notes while it runs."""
        request = Request(call, arguments, input, on_event is not None)
        async with await self._transport.open(request) as under_way:
            async for event in under_way:
                if on_event:
                    on_event(event)
            return under_way.result

    async def stream(
        self, call: str, arguments: Mapping[str, Any], *, input: Optional[str] = None
    ) -> AsyncOutputStream:
        """A command whose output comes while it runs: exec, run, logs with follow."""
        return AsyncOutputStream(await self._transport.open(Request(call, arguments, input)))

    async def close(self) -> None:
        """Ends the program, after the calls under way."""
        await self._transport.close()

    async def workspace(self, environment: str, **options: Any) -> "AsyncWorkspace":
        """A new workspace, deleted at the end of a `with` block. Options are those of create_workspace()."""
        created = await self.create_workspace(environment, **options)
        return AsyncWorkspace(self, created["workspace_id"])

    def existing_workspace(self, workspace_id: str) -> "AsyncWorkspace":
        """One that is there, by its id or name. A `with` block leaves it as it is."""
        return AsyncWorkspace(self, workspace_id, keep=True)


class AsyncWorkspace(_Closed):
    def __init__(self, pyro: AsyncPyro, id: str, *, keep: bool = False) -> None:
        self.pyro = pyro
        self.id = id
        self._keep = keep

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"

    async def close(self) -> None:
        """Deletes it, if it was made here."""
        if not self._keep:
            await self.delete()

    async def delete(self) -> None:
        self._keep = True
        await self.pyro.delete_workspace(self.id)

    async def status(self) -> results.WorkspaceStatus:
        return results.WorkspaceStatus.from_dict(await self.pyro.status_workspace(self.id))

    async def exec(
        self,
        command: Sequence[str],
        *,
        check: bool = False,
        input: Optional[str] = None,
        on_output: Optional[Callable[[Output], None]] = None,
        **options: Any,
    ) -> results.WorkspaceExec:
        """Runs a command. With `check`, a status other than 0 raises CommandError. Options are those of exec_workspace()."""

        def on_event(event: Mapping[str, Any]) -> None:
            if on_output and event["event"] == "output":
                on_output(Output(event["stream"], event["text"]))

        result = await self.pyro.exec_workspace(
            self.id, command, input=input, on_event=on_event if on_output else None, **options
        )
        if check and result["exit_code"] != 0:
            raise CommandError(result)
        return results.WorkspaceExec.from_dict(result)

    async def exec_stream(
        self, command: Sequence[str], *, input: Optional[str] = None, **options: Any
    ) -> AsyncOutputStream:
        """Runs a command, its output to be iterated over as it comes."""
        arguments = {"workspace_id": self.id, "command": list(command), **options}
        return await self.pyro.stream("workspace exec", arguments, input=input)

    async def logs(self, **options: Any) -> results.WorkspaceLogs:
        return results.WorkspaceLogs.from_dict(await self.pyro.logs_workspace(self.id, **options))

    async def follow_logs(self, **options: Any) -> AsyncLogStream:
        """Its commands, those that have ended and then each as it ends; over when the workspace stops, or at an early end."""
        arguments = {"workspace_id": self.id, "follow": True, **options}
        return AsyncLogStream(await self.pyro.stream("workspace logs", arguments))

    async def summary(self) -> results.WorkspaceSummary:
        """What was done in it, what changed and what runs, in at most 2 KB."""
        return results.WorkspaceSummary.from_dict(await self.pyro.summarize_workspace(self.id))

    async def open_shell(self, **options: Any) -> "AsyncShell":
        """A shell that persists, closed at the end of a `with` block. Options are those of open_shell()."""
        opened = await self.pyro.open_shell(self.id, **options)
        return AsyncShell(self, opened["shell_id"])

    def shell(self, shell_id: str) -> "AsyncShell":
        """One that is open. A `with` block leaves it so."""
        return AsyncShell(self, shell_id, keep=True)

    async def start_service(self, service_name: str, command: Sequence[str], **options: Any) -> "AsyncService":
        """Starts one and waits until it is ready. Options are those of start_service()."""
        await self.pyro.start_service(self.id, service_name, command, **options)
        return AsyncService(self, service_name)

    def service(self, service_name: str) -> "AsyncService":
        return AsyncService(self, service_name)

    async def read_file(self, path: str, **options: Any) -> str:
        content: str = (await self.pyro.read_workspace_file(self.id, path, **options))["content"]
        return content

    async def write_file(self, path: str, text: str) -> None:
        await self.pyro.write_workspace_file(self.id, path, text=text)

    async def list_files(self, path: str = "/workspace", **options: Any) -> List[results.WorkspaceDiskListEntries]:
        listed = await self.pyro.list_workspace_files(self.id, path=path, **options)
        return results.WorkspaceFileList.from_dict(listed).entries

    async def diff(self, **options: Any) -> results.WorkspaceDiff:
        return results.WorkspaceDiff.from_dict(await self.pyro.diff_workspace(self.id, **options))

    async def push(self, source: str, **options: Any) -> Dict[str, Any]:
        """Copies a directory of the host into it."""
        return await self.pyro.push_workspace_sync(self.id, source, **options)

    async def export(self, path: str, output: str) -> Dict[str, Any]:
        """Copies a file or directory of it to the host."""
        return await self.pyro.export_workspace(self.id, path, output)

    async def snapshot(self, name: str) -> Dict[str, Any]:
        return await self.pyro.create_snapshot(self.id, name)

    async def reset(self, snapshot: str = "baseline") -> Dict[str, Any]:
        return await self.pyro.reset_workspace(self.id, snapshot=snapshot)

    async def stop(self) -> Dict[str, Any]:
        return await self.pyro.stop_workspace(self.id)

    async def start(self) -> Dict[str, Any]:
        return await self.pyro.start_workspace(self.id)


class AsyncShell(_Closed):
    """A shell; reading goes on where the last read ended: `cursor`."""

    def __init__(self, workspace: AsyncWorkspace, id: str, *, cursor: int = 0, keep: bool = False) -> None:
        self.workspace = workspace
        self.id = id
        self.cursor = cursor
        self._keep = keep

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.workspace.id} {self.id}>"

    async def close(self) -> None:
        """Closes it, if it was opened here."""
        if not self._keep:
            self._keep = True
            await self.workspace.pyro.close_shell(self.workspace.id, self.id)

    async def write(self, input: str, **options: Any) -> None:
        """Types a line, Enter included unless `no_newline`."""
        await self.workspace.pyro.write_shell(self.workspace.id, self.id, input, **options)

    async def read(
        self, *, plain: bool = True, wait_for_idle_ms: Optional[int] = None, **options: Any
    ) -> results.WorkspaceShellRead:
        """What it has shown since the last read: with `plain`, as text without escape sequences."""
        shown = await self.workspace.pyro.read_shell(
            self.workspace.id, self.id, cursor=self.cursor, plain=plain, wait_for_idle_ms=wait_for_idle_ms, **options
        )
        self.cursor = shown["next_cursor"]
        return results.WorkspaceShellRead.from_dict(shown)

    async def run(self, input: str, **options: Any) -> str:
        """Types a line, waits for the prompt, and returns what was shown."""
        await self.write(input)
        return (await self.read(**{"wait_for_prompt": True, **options})).output

    async def signal(self, signal: Literal["HUP", "INT", "TERM", "KILL"] = "INT") -> None:
        await self.workspace.pyro.signal_shell(self.workspace.id, self.id, signal=signal)

    async def resize(self, cols: int, rows: int) -> None:
        await self.workspace.pyro.resize_shell(self.workspace.id, self.id, cols=cols, rows=rows)


class AsyncService:
    def __init__(self, workspace: AsyncWorkspace, name: str) -> None:
        self.workspace = workspace
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.workspace.id} {self.name}>"

    async def status(self) -> results.WorkspaceServiceStatus:
        found = await self.workspace.pyro.status_service(self.workspace.id, self.name)
        return results.WorkspaceServiceStatus.from_dict(found)

    async def logs(self, **options: Any) -> results.WorkspaceServiceLogs:
        found = await self.workspace.pyro.logs_service(self.workspace.id, self.name, **options)
        return results.WorkspaceServiceLogs.from_dict(found)

    async def follow_logs(self, **options: Any) -> AsyncOutputStream:
        """Its log from now on, to be iterated over; leaving the stream early ends it, the service goes on."""
        arguments = {"workspace_id": self.workspace.id, "service_name": self.name, "follow": True, **options}
        return await self.workspace.pyro.stream("workspace service logs", arguments)

    async def stop(self) -> results.WorkspaceServiceStatus:
        stopped = await self.workspace.pyro.stop_service(self.workspace.id, self.name)
        return results.WorkspaceServiceStatus.from_dict(stopped)
