"""`pyro api --stdio` as both transports speak it: one JSON object a line. docs/api.md describes it."""

import json
import os
import shutil
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .errors import PyroEndedError, PyroError, PyroNotFoundError, PyroVersionError
from .version import PROTOCOL, VERSION

MAX_LINE = 64 << 20  # of an answer, in bytes: more than pyro writes
MAX_WAITING = 100_000  # events of one call that nobody has taken yet


class Request(NamedTuple):
    """A call: a command of `pyro`, and its arguments by the names of `pyro api --describe`."""

    call: str
    arguments: Mapping[str, Any]
    input: Optional[str] = None
    events: bool = True


def command_line(program: Optional[str]) -> List[str]:
    """Which pyro to start: the one given, that of $PYRO, or the first on $PATH."""
    wanted = program or os.environ.get("PYRO") or "pyro"
    found = shutil.which(wanted)
    if not found:
        raise PyroNotFoundError(
            "pyro_not_found", f"there is no program '{wanted}'", "Install pyro, or name it: Pyro(program='/path/to/pyro')."
        )
    return [found, "api", "--stdio"]


def given(arguments: Mapping[str, Any], defaults: Mapping[str, Any]) -> Dict[str, Any]:
    """Those that differ from their defaults: some may not be given together, whatever their values."""
    return {k: v for k, v in arguments.items() if k not in defaults or v != defaults[k]}


def encode(call_id: int, request: Request) -> bytes:
    message: Dict[str, Any] = {"id": call_id, "call": request.call, "arguments": dict(request.arguments)}
    if request.input is not None:
        message["input"] = request.input
    if not request.events:
        message["events"] = False
    return json.dumps(message).encode() + b"\n"


def encode_cancel(call_id: int) -> bytes:
    return json.dumps({"cancel": call_id}).encode() + b"\n"


def check_hello(message: Mapping[str, Any]) -> None:
    protocol = message.get("protocol")
    if message.get("event") != "hello" or protocol != PROTOCOL:
        raise PyroVersionError(
            "version_mismatch",
            f"pyro {message.get('version', '?')} speaks protocol {protocol}; pyro_mcp {VERSION} speaks {PROTOCOL}",
            "Install the package of the same version as the program.",
        )


def answer(message: Mapping[str, Any]) -> Dict[str, Any]:
    """The result of a call, or its error raised."""
    error = message.get("error")
    if error is not None:
        raise PyroError(error["code"], error["message"], error.get("hint") or "")
    result: Dict[str, Any] = message["result"]
    return result


def ended(status: Optional[int], said: bytes) -> PyroEndedError:
    """What to raise for the calls under way when pyro is gone."""
    last = said.decode(errors="replace").strip().splitlines()[-1:]
    return PyroEndedError(
        "pyro_ended",
        f"pyro ended with status {status}" + (f": {last[0]}" if last else ""),
        "Call again: pyro is started for the next call, and workspaces live on.",
    )
