"""The memory that malloc keeps in a shard: few arenas, no large blocks in them, few free pages.

glibc gives threads arenas of their own, up to eight for each CPU, and memory that a thread frees
stays in its arena. A shard has ten threads, of which two or three work at a time: with two arenas
it takes a tenth less memory under load and no more time.

Arrays of batches are large and short-lived. glibc learns from them to take ever larger blocks from
its arenas, where a small object that outlives them keeps the memory around it: a third of a
shard's heap was free memory after a minute at line rate. With a fixed threshold, blocks from there
on are mapped, and given back when they are freed.

What is free in the arenas all the same, between objects that are in use, is given back at an
interval: a third of the arenas after half a minute at line rate. A page that is needed again costs
a quarter of a microsecond, so ten thousand of them, every ten seconds, some 3 ms.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

ARENAS = 2
MAPPED_BYTES = 256 << 10
# mallopt(3)
_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3


def limit_arenas(count: int = ARENAS, mapped_bytes: int = MAPPED_BYTES) -> None:
    """Limit the arenas of threads that start from now on, and map large blocks.

    Without glibc, do nothing.

    Args:
        count: The number of arenas.
        mapped_bytes: The size from which on a block is mapped on its own.
    """
    with suppress(AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, count)
        libc.mallopt(_M_MMAP_THRESHOLD, mapped_bytes)


def release_free_pages() -> None:
    """Give free pages of all arenas back to the system; without glibc, do nothing.

    Threads that allocate wait meanwhile, some milliseconds.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
