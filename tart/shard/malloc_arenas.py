"""How many heaps the threads of a shard share.

glibc gives threads heaps of their own, up to eight for each CPU, and what one thread frees
stays in its heap. A shard has ten threads, of which two or three work at a time: with two
heaps it takes a tenth less memory under load and no more time.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

HEAPS = 2
# mallopt(3)
_M_ARENA_MAX = -8


def limit_arenas(count: int = HEAPS) -> None:
    """Let threads that start from now on share so many; of glibc only, others have none."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, count)
