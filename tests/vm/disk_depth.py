#!/usr/bin/env python3
"""disk_depth.py WORKSPACE_JSON: how many layers the disk's chain has, the environment's image counted."""
import json
import sys

with open(sys.argv[1]) as f:
    disk = json.load(f)["disk"]
parent = {layer["id"]: layer["parent"] for layer in disk["layers"]}
depth, at = 1, disk["active"]
while at:
    depth, at = depth + 1, parent[at]
print(depth)
