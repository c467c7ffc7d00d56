"""``tart/shard/malloc_arenas.py``: threads share arenas, as malloc_info(3) reports."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, sys, threading
from tart.shard.malloc_arenas import limit_arenas

if {shared}:
    limit_arenas()
allocated, done = threading.Barrier(9), threading.Event()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p

def run():
    libc.malloc(ctypes.c_size_t(1000))
    allocated.wait()
    done.wait()

threads = [threading.Thread(target=run) for _ in range(8)]
for each in threads:
    each.start()
allocated.wait()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
done.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of glibc")
@pytest.mark.parametrize("shared", [True, False])
def test_threads_share_two_arenas(shared):
    script = SCRIPT.format(shared=shared)
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    heaps = told.stdout.count("<heap nr=")
    assert (heaps <= 2) is shared


MAPPING = """
import ctypes
from tart.shard.malloc_arenas import limit_arenas

class Statistics(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

if {limited}:
    limit_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
libc.mallinfo2.restype = Statistics
libc.free(libc.malloc(ctypes.c_size_t(8 << 20)))  # glibc learns from it
before = libc.mallinfo2().hblks
libc.malloc(ctypes.c_size_t(1 << 20))
print(libc.mallinfo2().hblks - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of glibc")
@pytest.mark.parametrize("limited", [True, False])
def test_a_large_block_is_mapped_whatever_was_freed_before(limited):
    script = MAPPING.format(limited=limited)
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (told.stdout.strip(), told.stderr) == (str(int(limited)), "")


RELEASING = """
import ctypes
from tart.process_memory import process_memory
from tart.shard.malloc_arenas import limit_arenas, release_free_pages

limit_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
# Every other block stays: the arena cannot shrink from its end.
blocks = [libc.malloc(ctypes.c_size_t(100_000)) for _ in range(400)]
for block in blocks:
    ctypes.memset(block, 1, 100_000)
for block in blocks[::2]:
    libc.free(block)
before = process_memory().resident
if {released}:
    release_free_pages()
print(before - process_memory().resident)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="of glibc")
@pytest.mark.parametrize("released", [True, False])
def test_free_pages_between_objects_are_given_back(released):
    script = RELEASING.format(released=released)
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert (int(told.stdout) > 10_000_000) is released
