"""The deadline of a query: interrupts its statements, and ends its loops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tart.errors import QueryTimeout

_INTERRUPT_AGAIN_SECONDS = 0.05


@contextmanager
def hold_deadline(
    cursor: Any, seconds: float, is_cancelled: Callable[[], bool]
) -> Iterator[Callable[[], None]]:
    """Interrupt the statements of a cursor after a time; yield a check for loops in Python.

    Args:
        cursor: The cursor of a DuckDB connection.
        seconds: The time.
        is_cancelled: Whether the client has gone, which ends the query at once.

    Yields:
        A function that raises ``QueryTimeout`` once the time has passed or the client has gone.
    """
    ended = threading.Event()
    ends_at = time.monotonic() + seconds

    def is_over() -> bool:
        return time.monotonic() >= ends_at or is_cancelled()

    def interrupt() -> None:
        # DuckDB forgets an interrupt that comes between two statements.
        while not ended.wait(_INTERRUPT_AGAIN_SECONDS):
            if is_over():
                cursor.interrupt()

    def check() -> None:
        if is_over():
            raise QueryTimeout(f"no answer within {seconds:g} s")

    watcher = threading.Thread(target=interrupt, name="chain-deadline", daemon=True)
    watcher.start()
    try:
        yield check
    finally:
        ended.set()
        watcher.join()
