#!/usr/bin/env python3
"""The files below a directory that a process can write to, by the flags of its open descriptors."""
import os
import sys

pid, directory = sys.argv[1], os.path.realpath(sys.argv[2])
found = set()
for fd in os.listdir(f"/proc/{pid}/fd"):
    # A descriptor through a mount of its own shows no path: which file it is, the inode says.
    try:
        flags = open(f"/proc/{pid}/fdinfo/{fd}").read().split("flags:")[1].split()[0]
        seen = os.stat(f"/proc/{pid}/fd/{fd}")
    except OSError:
        continue
    if int(flags, 8) & os.O_ACCMODE != os.O_RDONLY:
        found.add((seen.st_dev, seen.st_ino))
for root, _, names in sorted(os.walk(directory)):
    for name in sorted(names):
        path = os.path.join(root, name)
        st = os.lstat(path)
        if (st.st_dev, st.st_ino) in found:
            print(os.path.relpath(path, directory))
