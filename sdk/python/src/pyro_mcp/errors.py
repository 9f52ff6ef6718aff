"""What can go wrong."""

from typing import Any, Dict


class PyroError(Exception):
    """A call failed. `code` is one of pyro's ("workspace_not_found"), `hint` says what to do, or is empty."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\n{hint}" if hint else message)
        self.code = code
        self.message = message
        self.hint = hint


class PyroNotFoundError(PyroError):
    """There is no program `pyro` to talk to."""


class PyroVersionError(PyroError):
    """The program speaks another protocol than this package."""


class PyroEndedError(PyroError):
    """The program ended in the middle of a call. The next call starts it again; workspaces live on."""


class CommandError(PyroError):
    """With check=True: a command in the guest exited with another status than 0."""

    def __init__(self, result: Dict[str, Any]) -> None:
        tail = result["stderr"].strip().splitlines()[-1:] or [""]
        super().__init__(
            "command_failed",
            f"{result['command'][0]} exited with status {result['exit_code']}" + (f": {tail[0]}" if tail[0] else ""),
        )
        self.result = result
