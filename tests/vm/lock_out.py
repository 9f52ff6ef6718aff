#!/usr/bin/env python3
"""Takes the locks by which a QEMU keeps all others from a file, on a read-only descriptor, and holds
them until its standard input ends."""
import fcntl
import os
import struct
import sys

F_OFD_SETLK = 37
fd = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqixxxx", fcntl.F_RDLCK, os.SEEK_SET, 100, 200, 0))
print("locked", flush=True)
sys.stdin.read()
