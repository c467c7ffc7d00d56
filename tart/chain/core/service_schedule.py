"""The schedule by which accounts of services are read: few at a time, each seldom.

Pure. An account is read when its service is first seen, and again after some blocks if it was
active since.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

MAX_SERVICES = 10_000
# The slots between two reads of an account.
AGAIN_SLOTS = 100


class ServiceSchedule:
    """The services whose accounts are to be read."""

    def __init__(self) -> None:
        self._read_at: dict[int, int] = {}
        self._due: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        """Return how many accounts are to be read."""
        return len(self._due)

    def record(self, services: Iterable[int], slot: int) -> None:
        """Record services that were active in a block, or are listed."""
        for service in services:
            read_at = self._read_at.get(service)
            if read_at is None and len(self._read_at) + len(self._due) >= MAX_SERVICES:
                continue
            if read_at is None or slot - read_at >= AGAIN_SLOTS:
                self._due.setdefault(service)

    def take(self, slot: int) -> int | None:
        """Return the service to read next, in the state of a block of ``slot``."""
        if not self._due:
            return None
        service, _ = self._due.popitem(last=False)
        self._read_at[service] = slot
        return service
