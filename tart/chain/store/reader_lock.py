"""A lock for queries, which read files at the same time, and for who detaches a file alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tart.errors import Busy

# The wait for readers before a file is detached: longer than the deadline of each.
_WAIT_SECONDS = 15.0


class ReaderLock:
    """A lock that many threads hold shared, or one exclusively.

    A thread that waits to hold it exclusively goes before new readers.

    Args:
        wait_seconds: The longest wait of either kind.

    Attributes:
        readers: The number of threads that hold it shared.
        is_exclusive: Whether a thread holds it exclusively, or waits to.
    """

    def __init__(self, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._changed = threading.Condition()
        self.readers = 0
        self.is_exclusive = False

    @contextmanager
    def hold_shared(self) -> Iterator[None]:
        """Hold the lock with other readers.

        Raises:
            Busy: The lock is held exclusively all the time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: not self.is_exclusive, self._wait_seconds):
                raise Busy("a file of the chain is being opened again; try again")
            self.readers += 1
        try:
            yield
        finally:
            with self._changed:
                self.readers -= 1
                self._changed.notify_all()

    @contextmanager
    def hold_exclusively(self) -> Iterator[bool]:
        """Wait until no reader holds the lock; yield whether that came to pass in time.

        New readers wait until the end of the block in either case. One thread at a time may call
        this.
        """
        with self._changed:
            self.is_exclusive = True
            is_alone = self._changed.wait_for(lambda: not self.readers, self._wait_seconds)
        try:
            yield is_alone
        finally:
            with self._changed:
                self.is_exclusive = False
                self._changed.notify_all()
