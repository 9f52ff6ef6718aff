"""pyro for Python: disposable Linux machines in which commands, files and shells persist.

    from pyro_mcp import Pyro

    with Pyro() as pyro, pyro.workspace("debian:12") as ws, ws.open_shell() as shell:
        print(shell.run("uname -a"))

`Pyro` has a method for each command, with dicts for results; `Workspace`, `Shell` and `Service` are objects over
them, with dataclasses for results (module `results`). AsyncPyro and its objects are the same for asyncio.
"""

from . import results
from .errors import CommandError, PyroEndedError, PyroError, PyroNotFoundError, PyroVersionError
from .objects_async import AsyncLogStream, AsyncOutputStream, AsyncPyro, AsyncService, AsyncShell, AsyncWorkspace, Output
from .objects_sync import LogStream, OutputStream, Pyro, Service, Shell, Workspace
from .version import VERSION as __version__

__all__ = [
    "AsyncLogStream",
    "AsyncOutputStream",
    "AsyncPyro",
    "AsyncService",
    "AsyncShell",
    "AsyncWorkspace",
    "CommandError",
    "LogStream",
    "Output",
    "OutputStream",
    "Pyro",
    "PyroEndedError",
    "PyroError",
    "PyroNotFoundError",
    "PyroVersionError",
    "Service",
    "Shell",
    "Workspace",
    "__version__",
    "results",
]
