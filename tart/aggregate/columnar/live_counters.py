"""Per-second counters of the last minutes, updated as events arrive.

Pure; time is an argument. Only complete seconds are shown, so that a rate never includes
the current second. The memory of a second is bounded: a node that invents hashes fills
``MAX_DISTINCT`` of them, and the nodes are the bits of one number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import numpy.typing as npt

from tart.aggregate.core.event_columns import Array
from tart.protocol.events import EventKind
from tart.query.shard_queries.nodes import SecondRow
from tart.query.topics.realtime import LIVE_KINDS
from tart.units import SECOND_US

# The seconds remembered, and those shown by default.
SECONDS = 300
SHOWN_SECONDS = 60
ACTIVE_SECONDS = 10
MAX_DISTINCT = 4096


class Second:
    """The counts of one second.

    Attributes:
        active: The nodes that sent an event: bit ``n`` is the node of row ``n``.
        by_type: Well-formed events by event type.
    """

    __slots__ = (
        "active",
        "best",
        "best_events",
        "by_type",
        "events",
        "finalized",
        "finalized_events",
        "second",
    )

    def __init__(self, second: int) -> None:
        self.second = second
        self.events = 0
        self.best_events = 0
        self.finalized_events = 0
        self.best: set[bytes] = set()
        self.finalized: set[bytes] = set()
        self.active = 0
        self.by_type: npt.NDArray[np.uint32] = np.zeros(256, np.uint32)

    def row(self) -> SecondRow:
        """Return the second as an element of ``seconds``."""
        return (
            self.second,
            self.events,
            [block.hex() for block in self.best],
            [block.hex() for block in self.finalized],
            self.best_events,
            self.finalized_events,
        )

    def add_received(self, rows: Array, events: int) -> None:
        """Count events of the nodes of these rows."""
        sent = np.zeros(int(rows.max()) + 1, np.bool_)
        sent[rows] = True
        self.active |= int.from_bytes(np.packbits(sent, bitorder="little").tobytes(), "little")
        self.events += events

    def add_head(self, kind: int, block: bytes) -> None:
        """Count an event that reports a best or a finalized block, by its hash."""
        if kind == EventKind.BEST_BLOCK_CHANGED:
            self.best_events += 1
            _add_bounded(self.best, block)
        else:
            self.finalized_events += 1
            _add_bounded(self.finalized, block)


class LiveCounters:
    """Per-second counters of one shard over the last minutes.

    Args:
        began: The Unix second in which counting begins; the first complete one is the next.
    """

    def __init__(self, began: int = 0) -> None:
        self._began = began
        self._seconds: deque[Second] = deque(maxlen=SECONDS + 2)

    def at(self, second: int) -> Second:
        """Return the counts of a Unix second, which should not be before the newest.

        If the clock was set back, events count into the newest second. If it was set back
        by more than ``SHOWN_SECONDS``, the counters restart, since nothing would be shown
        until the clock has caught up.
        """
        if self._seconds and second < self._seconds[-1].second - SHOWN_SECONDS:
            self._seconds.clear()
            self._began = second
        if not self._seconds or second > self._seconds[-1].second:
            self._seconds.append(Second(second))
        for counts in reversed(self._seconds):
            if counts.second == second:
                return counts
        return self._seconds[-1]

    def add(self, received_at: Array, number: Array) -> None:
        """Count the types of a batch; times are Unix microseconds."""
        seconds = received_at // SECOND_US
        for second in np.unique(seconds).tolist():
            by_type = np.bincount(number[seconds == second], minlength=256)
            self.at(second).by_type += by_type.astype(np.uint32)

    def as_json(
        self, now: int, node_of: Callable[[int], str], seconds: int | None = None
    ) -> dict[str, Any]:
        """Return the complete seconds, oldest first.

        The members are those of the query ``live`` in
        ``query.shard_queries.nodes``.

        Args:
            now: The current Unix second.
            node_of: Returns the id of the node of a row.
            seconds: How many seconds, with their details; by default the last
                ``SHOWN_SECONDS`` without details.
        """
        first = now - min(seconds or SHOWN_SECONDS, SECONDS)
        complete = [each for each in self._seconds if first <= each.second < now]
        recent = (each.active for each in complete if each.second >= now - ACTIVE_SECONDS)
        answer = {
            "since": min(self._began + 1, now),
            "seconds": [each.row() for each in complete],
            "active": sorted(map(node_of, bits_of(reduce(or_, recent, 0)))),
        }
        if seconds is not None:
            all_nodes = reduce(or_, (each.active for each in complete), 0)
            answer["nodes"] = [[row, node_of(row)] for row in bits_of(all_nodes)]
            answer["details"] = [
                [
                    each.second,
                    [int(each.by_type[kind]) for kind in LIVE_KINDS],
                    f"{each.active:x}",
                ]
                for each in complete
            ]
        return answer

    def newest(self, now: int, seconds: int) -> tuple[int, list[SecondRow], dict[int, int]]:
        """Return the first second counted, the last complete seconds, and the last one by type.

        Args:
            now: The current Unix second.
            seconds: How many seconds.
        """
        complete = [each for each in self._seconds if now - seconds <= each.second < now]
        by_type: dict[int, int] = {}
        if complete and complete[-1].second == now - 1:
            counts = complete[-1].by_type
            by_type = {kind: int(counts[kind]) for kind in counts.nonzero()[0].tolist()}
        return min(self._began + 1, now), [each.row() for each in complete], by_type


def bits_of(mask: int) -> list[int]:
    """Return the positions of the bits that are set."""
    return [position for position, bit in enumerate(reversed(f"{mask:b}")) if bit == "1"]


def _add_bounded(hashes: set[bytes], block: bytes) -> None:
    """Add a hash, unless the set has ``MAX_DISTINCT`` already."""
    if len(hashes) < MAX_DISTINCT:
        hashes.add(block)
