"""What both generators read from `pyro api --describe`: the commands that the SDKs have, and their names."""

import json
import os
import re
import subprocess
import sys

# Names that the rule of method_name() would not give.
NAMES = {
    "run": "run_in_vm",
    "doctor": "doctor",
    "render": "render",
    "env list": "list_environments",
    "env pull": "pull_environment",
    "env inspect": "inspect_environment",
    "env prune": "prune_environments",
    "watch": "watch_workspaces",
    "workspace list": "list_workspaces",
    "workspace summary": "summarize_workspace",
    "workspace sync push": "push_workspace_sync",
    "workspace file list": "list_workspace_files",
    "workspace file read": "read_workspace_file",
    "workspace file write": "write_workspace_file",
    "workspace patch apply": "apply_workspace_patch",
    "workspace disk export": "export_workspace_disk",
    "workspace disk list": "list_workspace_disk",
    "workspace disk read": "read_workspace_disk",
    "workspace snapshot list": "list_snapshots",
    "workspace shell list": "list_shells",
    "workspace service list": "list_services",
}
LEFT_OUT = {"completion", "commands", "demo", "logout", "host connect", "host print-config", "host doctor"}  # for people
NOT_HERE = {"id_only", "content_only", "interactive", "no_stdin"}  # how a command prints, or reads a terminal
READS_INPUT = {"run", "workspace exec"}



def commands_of(program):
    """What `pyro api --describe` says, and of it the commands that the SDKs have."""
    described = json.loads(subprocess.run([program, "api", "--describe"], check=True, stdout=subprocess.PIPE).stdout)
    return described, {path: c for path, c in described["commands"].items() if path not in LEFT_OUT}


def method_name(path):
    """workspace exec: exec_workspace; workspace shell open: open_shell."""
    words = path.split()
    return NAMES.get(path) or f"{words[-1]}_{words[-2]}"


def class_name(path):
    return "".join(w.capitalize() for w in re.split(r"[ _]", path))


def is_nullable(schema):
    return isinstance(schema.get("type"), list)


def kind(schema):
    t = schema.get("type", "string")
    return next(x for x in t if x != "null") if isinstance(t, list) else t


SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def choices(schema):
    """The closed list that a value is from; none: any of its kind."""
    return [c for c in schema.get("enum", []) if c is not None]


def required(command):
    return command["arguments"].get("required", [])


def positional(command):
    """Those that are given by place: what is required, and a command, which may be missing."""
    return [*required(command), *(a for a in ["command"] if a in command["arguments"]["properties"] and a not in required(command))]


def optional(command):
    return [a for a in command["arguments"]["properties"] if a not in positional(command) and a not in NOT_HERE]


class Results:
    """The types of all results. The spelling of lists, maps and what may be null is the language's: "List[{}]"."""

    def __init__(self, scalars, list_of, map_of, anything, nullable, one_of):
        self.one_of = one_of  # the type of a value from a closed list
        self.scalars, self.list_of, self.map_of, self.anything, self.nullable = scalars, list_of, map_of, anything, nullable
        self.classes = {}  # name: its members as (name, type, nested class or None, help)
        self.by_shape = {}
        self.others = {}  # names for a class that is there under another

    def add_commands(self, commands):
        # The names of the first are those that others of the same shape share.
        first = ["workspace status", "workspace shell open", "workspace service status"]
        for path in [*first, *(p for p in commands if p not in first)]:
            name = class_name(path)
            shared = self.add(name, commands[path]["result"])
            if shared != name:
                self.others[name] = shared

    def add(self, name, schema):
        """The class of an object; one of the same members that is there already serves as well."""
        members = []
        for member, s in schema["properties"].items():
            nested, t = self.type_of(name + class_name(member), s)
            if is_nullable(s) or member not in schema.get("required", []):
                t = self.nullable.format(t)
            members.append((member, t, nested, s.get("description")))
        shape = tuple(m[:3] for m in members)
        if shape not in self.by_shape:
            self.by_shape[shape] = name
            self.classes[name] = members
        return self.by_shape[shape]

    def type_of(self, name, schema):
        k = kind(schema)
        if choices(schema):
            return None, self.one_of(choices(schema))
        if k == "array":
            nested, t = self.type_of(name, schema["items"])
            return nested, self.list_of.format(t)
        if k == "object" and schema.get("properties"):
            nested = self.add(name, schema)
            return nested, nested
        if k == "object":
            values = schema.get("additionalProperties")
            t = self.scalars.get(kind(values)) if isinstance(values, dict) else None
            return None, self.map_of.format(t or self.anything)
        return None, self.scalars[k]


def write_or_check(package, made):
    """main() of both: files by name, written, or with --check compared with what is there."""
    stale = []
    for name, text in made.items():
        path = os.path.join(package, name)
        if "--check" in sys.argv:
            try:
                with open(path, encoding="utf-8") as f:
                    if f.read() != text:
                        stale.append(name)
            except FileNotFoundError:
                stale.append(name)
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
    if stale:
        sys.exit(f"stale: {', '.join(stale)}; run 'make sdk'")
