"""The merge thread: answers are merged and encoded on it, so that the event loop is not blocked.

The process has a single one. Each further thread would compete with the event loop for the
interpreter's lock, and delay every request that needs no merge.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

THREAD_NAME = "merge"
_EXECUTOR = ThreadPoolExecutor(1, THREAD_NAME)
# Only the merge thread writes to it.
_worked = [0.0]


def merge_seconds() -> float:
    """Return the seconds that the merge thread of this process has worked."""
    return _worked[0]


async def run_on_merge_thread(work: Callable[[], T]) -> T:
    """Return the result of ``work``, which must be pure: it runs concurrently with the event loop.

    A caller that is cancelled returns at once. Work that has begun runs to its end.
    """
    return await asyncio.get_running_loop().run_in_executor(_EXECUTOR, _timed, work)


def _timed(work: Callable[[], T]) -> T:
    began = time.monotonic()
    try:
        return work()
    finally:
        _worked[0] += time.monotonic() - began
