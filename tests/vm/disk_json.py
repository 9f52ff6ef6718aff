#!/usr/bin/env python3
"""disk_json.py WORKSPACE_DIR: the chain of a workspace's disk as a name for qemu-img."""
import json
import sys

directory = sys.argv[1]
with open(directory + "/workspace.json") as f:
    record = json.load(f)
parent = {layer["id"]: layer["parent"] for layer in record["disk"]["layers"]}


def file(path):
    return {"driver": "file", "read-only": True, "filename": path}


def node(layer):
    if not layer:
        return {"driver": "raw", "read-only": True, "file": file(record["base_path"])}
    name = "disk.qcow2" if layer == 1 else f"layers/{layer}.qcow2"
    return {
        "driver": "qcow2",
        "read-only": True,
        "file": file(f"{directory}/{name}"),
        "backing": node(parent[layer]),
    }


print("json:" + json.dumps(node(record["disk"]["active"])))
