"""Backpressure of a shard: the reasons for which it stops reading telemetry connections.

Pure. While a shard does not read, TCP carries the pressure to the nodes, so a pause loses
nothing. The worker reports shortages of the store, ``ingest`` reports its buffer, and the
listener stops and resumes its connections.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class PauseReason(StrEnum):
    """The reason for which a shard stops reading; a label of ``/metrics``."""

    DISK = "disk"
    MEMORY = "memory"
    BUFFER = "buffer"


class Backpressure:
    """The permission of one shard to read its telemetry connections.

    Attributes:
        reading_allowed: Whether no reason holds.
        reason: The reason that is reported: a shortage of the store first, then the buffer.
            ``None`` while reading is allowed.
        buffer_full: Whether the bytes that wait for the writer exceed their limit.
    """

    def __init__(self) -> None:
        self.reading_allowed = True
        self.reason: PauseReason | None = None
        self._shortage: PauseReason | None = None
        self.buffer_full = False
        self._observers: list[Callable[[], None]] = []

    def subscribe(self, observer: Callable[[], None]) -> None:
        """Call ``observer`` whenever ``reading_allowed`` changes."""
        self._observers.append(observer)

    def set_shortage(self, resource: str) -> None:
        """Set what the store has too little of: ``disk``, ``memory``, or nothing (empty)."""
        self._shortage = PauseReason(resource) if resource else None
        self._update()

    def set_buffer_full(self, full: bool) -> None:
        """Set whether the bytes that wait for the writer exceed their limit."""
        self.buffer_full = full
        self._update()

    def _update(self) -> None:
        self.reason = self._shortage or (PauseReason.BUFFER if self.buffer_full else None)
        allowed = self.reason is None
        if allowed != self.reading_allowed:
            self.reading_allowed = allowed
            for observer in self._observers:
                observer()
