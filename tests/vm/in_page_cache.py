"""Whether most of a sparse file's data is in the page cache: in_page_cache.py FILE."""
import ctypes
import mmap
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]

fd = os.open(sys.argv[1], os.O_RDONLY)
size, data = os.fstat(fd).st_size, os.fstat(fd).st_blocks * 512
pages = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE
resident = ctypes.create_string_buffer(pages)
at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0)
if libc.mincore(at, size, resident) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
cached = sum(byte & 1 for byte in resident.raw) * mmap.PAGESIZE
print("%d of %d bytes" % (cached, data))
sys.exit(cached < data / 2)
