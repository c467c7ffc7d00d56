"""The thread that writes to the store of the chain, one transaction after the other.

While the disk is full it retries; the follower asks for no blocks meanwhile. Any other failure ends
the process: the supervisor starts it again, and what was not stored is asked for again.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from tart.chain.core.changes import BlockStore, Change
from tart.errors import NoRoom

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
# With more transactions waiting the follower asks for no blocks.
MAX_WAITING = 256


class Writer:
    """Writes changes in the order in which they were put.

    Args:
        store: The store.
        on_failure: Called on the thread with the error that ends it.
        retry_seconds: The interval of retries while there is no room.
    """

    def __init__(
        self,
        store: BlockStore,
        on_failure: Callable[[Exception], None],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._store = store
        self._on_failure = on_failure
        self._retry_seconds = retry_seconds
        self._waiting: deque[Sequence[Change]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self.failed = False
        self.shortages = 0
        self._thread = threading.Thread(target=self._run, name="chain writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """The number of transactions that wait, the present one included."""
        return len(self._waiting)

    @property
    def keeps_up(self) -> bool:
        """True if more may be put."""
        return self.waiting < MAX_WAITING and not self.failed

    def put(self, changes: Sequence[Change]) -> None:
        """Queue changes for one transaction; never blocks."""
        with self._changed:
            self._waiting.append(changes)
            self._changed.notify()

    def stop(self) -> None:
        """Write what waits, unless there is no room, and end the thread; may take a while."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while (changes := self._next()) is not None:
                if not self._write(changes):
                    return
                with self._changed:
                    self._waiting.popleft()
        except Exception as error:
            self.failed = True
            self._on_failure(error)

    def _next(self) -> Sequence[Change] | None:
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait()
            return self._waiting[0] if self._waiting else None

    def _write(self, changes: Sequence[Change]) -> bool:
        """Write one transaction; return False if the thread is to end without it."""
        is_retry = False
        while True:
            try:
                self._store.write(changes)
            except NoRoom as error:
                if not is_retry:
                    self.shortages += 1
                    log.error(
                        "blocks of the chain cannot be stored: %s; retrying every %g s",
                        error,
                        self._retry_seconds,
                    )
                is_retry = True
            else:
                if is_retry:
                    log.info("blocks of the chain are stored again")
                return True
            with self._changed:
                if self._stopping or self._changed.wait_for(
                    lambda: self._stopping, self._retry_seconds
                ):
                    return False
