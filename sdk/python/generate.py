#!/usr/bin/env python3
"""generate.py [--check] PYRO: writes what is not written by hand in src/pyro_mcp.

From `pyro api --describe` come a method for each command (calls_sync.py, calls_async.py) and a dataclass for each
result (results.py); the synchronous objects come from the asynchronous ones. With --check nothing is written: it
fails when something is stale.
"""

import json
import keyword
import os
import re
import sys
import textwrap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from describe import READS_INPUT, Results, choices, commands_of, kind, method_name, optional, positional, required, write_or_check

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "src", "pyro_mcp")

MADE = '"""Made by generate.py from `pyro api --describe`: change nothing here."""\n'


def literal(values):
    return f"Literal[{', '.join(json.dumps(v) for v in values)}]"


def argument_type(schema):
    k = kind(schema)
    if choices(schema):
        return literal(choices(schema))
    if k == "array":
        return "Sequence[str]"
    return "Mapping[str, str]" if k == "object" else SCALARS[k]


# --- results ---


SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


class PythonResults(Results):
    def __init__(self):
        super().__init__(SCALARS, "List[{}]", "Dict[str, {}]", "Any", "Optional[{}]", literal)

    def text(self):
        out = [
            MADE,
            "from dataclasses import dataclass\nfrom typing import Any, ClassVar, Dict, List, Literal, Mapping, Optional\n",
            "from .record import Record\n",
        ]
        for name, members in self.classes.items():
            out.append(f"\n@dataclass(frozen=True)\nclass {name}(Record):")
            for member, t, _, help_text in members:
                if keyword.iskeyword(member):
                    sys.exit(f"{name}: '{member}' is a word of Python: call the member otherwise")
                out.append(f"    {member}: {t}" + (f"  # {help_text}" if help_text else ""))
            nested = ", ".join(f'"{m}": {n}' for m, _, n, _ in members if n)
            if nested:
                out.append(f"    _nested: ClassVar[Mapping[str, Any]] = {{{nested}}}")
            out.append("")
        out.append("")
        out += [f"{name} = {shared}" for name, shared in self.others.items()]
        out.append("")
        return "\n".join(out)


# --- calls ---


def python_name(argument):
    """PEP 8 has an underscore after what is a word of the language."""
    return argument + "_" if keyword.iskeyword(argument) else argument


def signature(path, command):
    """The parameters, in order, and the dict of arguments."""
    properties = command["arguments"]["properties"]
    params = [
        f"{python_name(a)}: {argument_type(properties[a])}" if a in required(command)
        else f"{python_name(a)}: Optional[{argument_type(properties[a])}] = None"
        for a in positional(command)
    ]
    params.append("*")
    for a in optional(command):
        s = properties[a]
        if "default" in s:
            params.append(f"{python_name(a)}: {argument_type(s)} = {python_value(s['default'])}")
        else:
            params.append(f"{python_name(a)}: Optional[{argument_type(s)}] = None")
    if path in READS_INPUT:
        params.append("input: Optional[str] = None")
    params.append("on_event: OnEvent = None")
    return params, [*positional(command), *optional(command)]


def python_value(v):
    return json.dumps(v) if isinstance(v, str) else repr(v)


def method(path, command):
    params, arguments = signature(path, command)
    properties = command["arguments"]["properties"]
    given = "".join(
        f'                "{a}": {f"list({a})" if kind(properties[a]) == "array" and a in required(command) else python_name(a)},\n'
        for a in arguments
    )
    defaults = "".join(
        f'                "{a}": {python_value(properties[a]["default"])},\n'
        for a in arguments
        if "default" in properties[a]
    )
    extra = "            input=input,\n" if path in READS_INPUT else ""
    doc = [command["summary"] + "."]
    if command.get("details"):
        doc += ["", *textwrap.wrap(command["details"], 100)]
    helps = [(a, properties[a].get("description")) for a in arguments]
    if any(h for _, h in helps):
        doc += [""]
        for a, h in helps:
            doc += textwrap.wrap(f"{python_name(a)}: {h}", 100, subsequent_indent="    ") if h else []
    body = "\n".join(f"        {line}".rstrip() for line in doc[1:])
    docstring = f'        """{doc[0]}' + (f"\n{body}\n        " if len(doc) > 1 else "") + '"""'
    joined = ",\n        ".join(["self", *params])
    if not arguments:
        call = f'        return await self.call("{path}", {{}}, on_event=on_event)'
    else:
        both = f"            {{\n{given}            }},\n"
        if defaults:
            both = f"            given(\n{textwrap.indent(both, '    ')}                {{\n{textwrap.indent(defaults, '    ')}                }},\n            ),\n"
        call = f'        return await self.call(\n            "{path}",\n{both}{extra}            on_event=on_event,\n        )'
    return (
        f"    async def {method_name(path)}(\n        {joined},\n    ) -> Dict[str, Any]:\n{docstring}\n{call}\n"
    )


def calls_text(commands):
    head = [
        MADE,
        "from typing import Any, Callable, Dict, Literal, Mapping, Optional, Sequence\n",
        "from .protocol import given\n",
        "OnEvent = Optional[Callable[[Mapping[str, Any]], None]]\n\n",
        "class AsyncCalls:",
        '    """A method for each command; the result is the object that `--json` prints."""\n',
        "    async def call(",
        "        self,",
        "        call: str,",
        "        arguments: Mapping[str, Any],",
        "        *,",
        "        input: Optional[str] = None,",
        "        on_event: OnEvent = None,",
        "    ) -> Dict[str, Any]:",
        "        raise NotImplementedError\n",
    ]
    return "\n".join(head) + "\n" + "\n".join(method(p, c) for p, c in commands.items())


# --- the synchronous twins ---

SYNC = [
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsync(Pyro|Workspace|Shell|Service|OutputStream|LogStream|Calls|Call|Transport)\b", r"\1"),
    (r"\b(transport|calls)_async\b", r"\1_sync"),
]


def synchronous(text):
    for pattern, replacement in SYNC:
        text = re.sub(pattern, replacement, text)
    return text


def main():
    described, commands = commands_of(sys.argv[-1])
    results = PythonResults()
    results.add_commands(commands)
    calls = calls_text(commands)
    with open(os.path.join(PACKAGE, "objects_async.py"), encoding="utf-8") as f:
        objects = f.read()
    objects = re.sub(r' objects_sync\.py is made from this file\."""', '"""', objects)
    version = f'{MADE}\nVERSION = "{described["version"]}"\nPROTOCOL = {described["protocol"]}\n'
    made = {
        "version.py": version,
        "results.py": results.text(),
        "calls_async.py": calls,
        "calls_sync.py": synchronous(calls),
        "objects_sync.py": "# Made by generate.py from objects_async.py: change nothing here.\n" + synchronous(objects),
    }
    write_or_check(PACKAGE, made)


main()
