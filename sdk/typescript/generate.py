#!/usr/bin/env python3
"""generate.py [--check] PYRO: writes what is not written by hand in src.

From `pyro api --describe` come a method for each command (calls.js, calls.d.ts) and a type for each result
(results.d.ts). With --check nothing is written: it fails when something is stale.
"""

import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from describe import READS_INPUT, Results, choices, class_name, commands_of, kind, method_name, optional, positional, required, write_or_check

MADE = "// Made by generate.py from `pyro api --describe`: change nothing here.\n"
SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def camel(name):
    return re.sub(r"_(\w)", lambda m: m.group(1).upper(), name)


def union(values):
    return " | ".join(f"'{v}'" for v in values)


def argument_type(schema):
    k = kind(schema)
    if choices(schema):
        return union(choices(schema))
    if k == "array":
        return "readonly string[]"
    return "Readonly<Record<string, string>>" if k == "object" else SCALARS[k]


def comment(text, indent):
    return f"{indent}/** {text} */\n"


# --- results ---


def results_text(results):
    out = MADE
    for name, members in results.classes.items():
        out += f"\nexport interface {name} {{\n"
        for member, t, _, help_text in members:
            out += (comment(help_text, "  ") if help_text else "") + f"  {camel(member)}: {t};\n"
        out += "}\n"
    out += "\n"
    return out + "".join(f"export type {name} = {shared};\n" for name, shared in results.others.items())


def maps_of(schema, found):
    """The members whose own members have names that users gave: these are left as they are."""
    for name, s in schema.get("properties", {}).items():
        if kind(s) == "object" and not s.get("properties"):
            found.add(camel(name))
        maps_of(s, found)
        if kind(s) == "array":
            maps_of(s["items"], found)
    return found


# --- calls ---


def options_type(path, command):
    properties = command["arguments"]["properties"]
    out = f"\nexport interface {class_name(path)}Options extends CallOptions {{\n"
    for a in optional(command):
        out += (comment(properties[a]["description"], "  ") if properties[a].get("description") else "")
        out += f"  {camel(a)}?: {argument_type(properties[a])};\n"
    if path in READS_INPUT:
        out += comment("The command's standard input", "  ") + "  input?: string;\n"
    return out + "}\n"


def method_types(path, command):
    properties = command["arguments"]["properties"]
    params = [f"{camel(a)}{'' if a in required(command) else '?'}: {argument_type(properties[a])}" for a in positional(command)]
    params.append(f"options?: {class_name(path)}Options")
    said = [command["summary"] + "."] + [
        f"@param {camel(a)} {properties[a]['description']}" for a in positional(command) if properties[a].get("description")
    ]
    text = comment(said[0], "  ") if len(said) == 1 else "  /**\n" + "".join(f"   * {s}\n" for s in said) + "   */\n"
    return f"{text}  {camel(method_name(path))}({', '.join(params)}): Promise<{class_name(path)}>;\n"


def method(path, command):
    params = [camel(a) for a in positional(command)]
    given = ", ".join(params + ["...options"]) if params else "...options"
    return (
        f"  {camel(method_name(path))}({', '.join([*params, 'options'])}) {{\n"
        f"    return this.call({json.dumps(path)}, {{ {given} }});\n  }}\n"
    ).replace('"', "'")


def main():
    described, commands = commands_of(sys.argv[-1])
    results = Results(SCALARS, "{}[]", "Record<string, {}>", "unknown", "{} | null", union)
    results.add_commands(commands)
    maps = set()
    for command in commands.values():
        maps_of(command["result"], maps)
        maps_of(command["arguments"], maps)
    types = sorted({class_name(path) for path in commands})
    calls_types = (
        MADE
        + f"\nimport type {{\n{''.join(f'  {t},{chr(10)}' for t in types)}}} from './results.js';\n"
        + "import type { CallOptions } from './objects.js';\n"
        + "".join(options_type(p, c) for p, c in commands.items())
        + "\n/** A method for each command; the result is the object that `--json` prints, its names in camelCase. */\n"
        + "export declare abstract class Calls {\n"
        + "".join(method_types(p, c) for p, c in commands.items())
        + "}\n"
    )
    calls = (
        MADE
        + "\n/** A method for each command; the result is the object that `--json` prints, its names in camelCase. */\n"
        + "export class Calls {\n"
        + "\n".join(method(p, c) for p, c in commands.items())
        + "}\n"
    )
    version = (
        f"{MADE}\nexport const VERSION = '{described['version']}';\nexport const PROTOCOL = {described['protocol']};\n"
        f"/** Members whose own members are names that users gave. */\n"
        f"export const MAPS = new Set({json.dumps(sorted(maps))});\n"
        f"/** Calls that a command's standard input can be given to. */\n"
        f"export const READS_INPUT = new Set({json.dumps(sorted(READS_INPUT))});\n"
    ).replace('"', "'")
    with open(os.path.join(HERE, "package.json"), encoding="utf-8") as f:
        package = re.sub(r'"version": ".*?"', f'"version": "{described["version"]}"', f.read())
    write_or_check(
        HERE,
        {
            "package.json": package,
            "src/version.js": version,
            "src/results.d.ts": results_text(results),
            "src/calls.d.ts": calls_types,
            "src/calls.js": calls,
        },
    )


main()
