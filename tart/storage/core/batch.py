"""A batch: what one commit will hold, and when it is due.

Pure; time is an argument. Everything that belongs together in one transaction is in one
batch, so that no event is ever stored without its node and its connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tart.aggregate.flush import Flush
from tart.storage.core.log_columns import LogColumns
from tart.storage.core.schema import NodeRow, PeerRow, SessionRow, UndecodableRow

# What an event costs in memory beside its bytes: an object, its places in lists and columns.
ROW_OVERHEAD = 150


@dataclass
class Batch:
    """Rows for one commit.

    Attributes:
        opened_at: monotonic seconds of its first row's arrival, the oldest.
        received_at: the same moment as Unix microseconds; decides which file it goes to.
        bytes: memory it holds, estimated.
        through: the ``seq`` after that of its last event.
        flush: aggregates of events up to here, to be written when this is committed.
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
    flush: Flush | None = None

    def __bool__(self) -> bool:
        return bool(self.log or self.sessions or self.nodes or self.undecodable or self.flush)

    @property
    def rows(self) -> int:
        """Events in it, understood or not."""
        return sum(map(len, self.log)) + len(self.undecodable)

    def touch(self, now: float, received_at: int) -> None:
        """Note the arrival of something; the first sets the batch's age."""
        if not self.opened_at:
            self.opened_at = now
            self.received_at = received_at
