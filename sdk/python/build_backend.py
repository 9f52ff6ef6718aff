"""A build backend (PEP 517, PEP 660) for this package alone: it needs nothing but Python itself.

So `pip install ./sdk/python`, with -e or without, works where no index can be reached.
"""

import base64
import hashlib
import os
import re
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "src")
NAME = "pyro_mcp"
WHEEL = "Wheel-Version: 1.0\nGenerator: pyro\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
DATE = (2026, 1, 1, 0, 0, 0)  # the same for every build: the same sources give the same bytes


def _project(key):
    """A string of [project] in pyproject.toml, which Python 3.9 has no reader for."""
    with open(os.path.join(HERE, "pyproject.toml"), encoding="utf-8") as f:
        return re.search(rf'^{key} = "(.*)"$', f.read(), re.M).group(1)


def _version():
    with open(os.path.join(SOURCE, NAME, "version.py"), encoding="utf-8") as f:
        return re.search(r'^VERSION = "(.*)"$', f.read(), re.M).group(1)


def _metadata():
    with open(os.path.join(HERE, "README.md"), encoding="utf-8") as f:
        readme = f.read()
    return (
        f"Metadata-Version: 2.1\nName: {_project('name')}\nVersion: {_version()}\n"
        f"Summary: {_project('description')}\nRequires-Python: {_project('requires-python')}\n"
        f"Description-Content-Type: text/markdown\n\n{readme}"
    )


def _files(top):
    """(path below top, bytes) of what belongs to a package, in an order that is always the same."""
    for directory, names, files in os.walk(top):
        names[:] = sorted(n for n in names if n != "__pycache__" and not n.endswith(".egg-info"))
        for name in sorted(files):
            path = os.path.join(directory, name)
            with open(path, "rb") as f:
                yield os.path.relpath(path, top), f.read()


def _write_wheel(directory, files):
    info = f"{NAME}-{_version()}.dist-info"
    wheel = f"{NAME}-{_version()}-py3-none-any.whl"
    files = [*files, (f"{info}/METADATA", _metadata().encode()), (f"{info}/WHEEL", WHEEL.encode())]
    record = []
    for name, data in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}\n")
    files.append((f"{info}/RECORD", "".join([*record, f"{info}/RECORD,,\n"]).encode()))
    with zipfile.ZipFile(os.path.join(directory, wheel), "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files:
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = 0o644 << 16
            z.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, list(_files(SOURCE)))


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, [(f"{NAME}.pth", (SOURCE + "\n").encode())])


def build_sdist(sdist_directory, config_settings=None):
    top = f"{NAME}-{_version()}"
    with tarfile.open(os.path.join(sdist_directory, f"{top}.tar.gz"), "w:gz") as tar:
        for name in ("pyproject.toml", "README.md", "build_backend.py", "src"):
            tar.add(
                os.path.join(HERE, name),
                f"{top}/{name}",
                filter=lambda t: None if "__pycache__" in t.name else t,
            )
    return f"{top}.tar.gz"
