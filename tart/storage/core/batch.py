"""A batch: the rows of one commit. Pure.

Rows that belong together are in one batch, so that no event is ever stored without its node and
its connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tart.aggregate.flush import Flush
from tart.storage.core.log_columns import LogColumns
from tart.storage.core.schema import NodeRow, PeerRow, SampledRow, SessionRow, UndecodableRow

# The memory of an event beside its bytes: an object, its places in lists and columns.
ROW_OVERHEAD = 150


@dataclass
class Batch:
    """Rows for one commit.

    Attributes:
        opened_at: When the first row arrived, monotonic seconds.
        received_at: The same moment, Unix microseconds; it decides the segment.
        bytes: The estimated memory of the batch.
        through: The ``seq`` after that of the last event.
        log: Well-formed events.
        nodes: Nodes that got a number.
        peers: Peers that got a number.
        sessions: Changes of connections.
        undecodable: Frames that could not be decoded.
        sampled: What the log leaves out of this batch.
        flush: Aggregates of the events up to here, to be written after the commit.
    """

    opened_at: float = 0.0
    received_at: int = 0
    bytes: int = 0
    through: int = 0
    log: list[LogColumns] = field(default_factory=list)
    nodes: list[NodeRow] = field(default_factory=list)
    peers: list[PeerRow] = field(default_factory=list)
    sessions: list[SessionRow] = field(default_factory=list)
    undecodable: list[UndecodableRow] = field(default_factory=list)
    sampled: list[SampledRow] = field(default_factory=list)
    flush: Flush | None = None

    def __bool__(self) -> bool:
        return self.has_rows or self.flush is not None

    @property
    def has_rows(self) -> bool:
        """Return whether there are rows for the event log."""
        return bool(
            self.log
            or self.sessions
            or self.nodes
            or self.peers
            or self.undecodable
            or self.sampled
        )

    @property
    def rows(self) -> int:
        """The number of frames."""
        return sum(map(len, self.log)) + len(self.undecodable)

    def touch(self, now: float, received_at: int) -> None:
        """Record an arrival; the first sets the batch's age.

        Args:
            now: Monotonic seconds.
            received_at: Unix microseconds.
        """
        if not self.opened_at:
            self.opened_at = now
            self.received_at = received_at
