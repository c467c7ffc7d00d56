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
