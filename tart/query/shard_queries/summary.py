"""The query behind the summarised live channel: a shard's newest second, and changed nodes.

Pure.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from tart.query.core.query import Partials, Query
from tart.query.shard_queries.nodes import SecondRow


class Stated(NamedTuple):
    """A statement of a node about itself; see ``query.core.nodes``.

    Attributes:
        value: The slot of a block, whether the node is in sync, or its number of peers.
        is_open: Whether the connection is open on which it was made.
        is_ahead: Whether it is about a slot that is ahead of the wall clock.
        received_at: Unix microseconds.
        address: Of the connection.
    """

    value: int | bool
    is_open: bool
    is_ahead: bool
    received_at: int
    address: str

    @property
    def rank(self) -> tuple[int, str]:
        """The key by which statements of a node are compared."""
        return self.received_at, self.address


class ChangedNode(NamedTuple):
    """A node that a shard knows.

    Attributes:
        last_seen: Unix microseconds; ``None`` where no file has it any more.
        events: Well-formed events of all its connections to the shard.
        dropped: Events that the node reported to have dropped.
        undecodable: Events that could not be decoded.
        best: This statement and the following ones are ``None`` if the node never made them or,
            in an answer about changes, has not made them since.
    """

    node_id: str
    is_connected: bool
    last_seen: int | None
    events: int
    dropped: int
    undecodable: int
    best: Stated | None
    finalized: Stated | None
    synced: Stated | None
    peers: Stated | None


class ShardSummary(TypedDict):
    """A shard's answer.

    Attributes:
        process: Identifies the shard's process; another value means that its counts
            began at 0 again.
        now_us: The time of the answer, Unix microseconds; ``since_us`` of the next query.
        since: The first second that was counted completely.
        seconds: The last complete seconds.
        by_type: Well-formed events of the last complete second by event type.
        failures: Failures of nodes since the shard's process started.
        findings: Conformance findings since the shard's process started.
        complete: Whether ``nodes`` are all nodes, with all statements.
        nodes: The nodes that changed.
    """

    process: str
    now_us: int
    since: int
    seconds: list[SecondRow]
    by_type: dict[int, int]
    failures: int
    findings: int
    complete: bool
    nodes: list[ChangedNode]


class Summary(Query[ShardSummary, dict[int, ShardSummary]], frozen=True):
    """The newest seconds of a shard, and its nodes that changed.

    Attributes:
        since_us: ``now_us`` of an earlier answer; ``None`` means all nodes with all statements.
        processes: The processes that gave it; another process answers with all nodes.
    """

    name = "summary"
    source = "memory"
    since_us: int | None = None
    processes: tuple[str, ...] = ()

    def merge(self, partials: Partials[ShardSummary]) -> dict[int, ShardSummary]:
        """Return the answers by shard."""
        return dict(partials)
