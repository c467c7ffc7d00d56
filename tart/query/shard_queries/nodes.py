"""Queries about nodes, live counts and statistics, from a shard's memory.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypeAlias, TypedDict

from tart.query.core import merge
from tart.query.core.merge import ChainStatements, NodeStatusAnswer, Statements
from tart.query.core.query import ByteEncoding, Partials, Query

Json = dict[str, Any]


class Nodes(Query[list[Json], dict[str, Json]], frozen=True):
    """All nodes that ever connected to a shard, or one; see ``query.core.nodes``."""

    name = "nodes"
    source = "memory"
    node: str | None = None
    byte_encoding: ByteEncoding = "hex"

    def merge(self, partials: Partials[list[Json]]) -> dict[str, Json]:
        """Return the nodes by id."""
        return merge.nodes(partials)


class NodeStatus(Query[NodeStatusAnswer, NodeStatusAnswer], frozen=True):
    """Counts by event type of one node, and its latest statements (types 10 to 13)."""

    name = "node_status"
    source = "memory"
    node: str
    byte_encoding: ByteEncoding = "hex"

    def merge(self, partials: Partials[NodeStatusAnswer]) -> NodeStatusAnswer:
        """Add the counts; take the newest of each statement."""
        return merge.node_status(partials)


class Chain(Query[list[ChainStatements], dict[str, Statements]], frozen=True):
    """Nodes' latest statements of the best and the finalized block.

    Attributes:
        nodes: Ids; ``None`` means the connected nodes.
    """

    name = "chain"
    source = "memory"
    nodes: Sequence[str] | None = None

    def merge(self, partials: Partials[list[ChainStatements]]) -> dict[str, Statements]:
        """Return the newest statements by node id."""
        return merge.chain(partials)


# A Unix second: events, best hashes, finalized hashes, best-block events, finalized-block events.
SecondRow: TypeAlias = tuple[int, int, list[str], list[str], int, int]


class LiveCounts(TypedDict):
    """Counts of the last complete seconds.

    ``since`` is the first second that was counted completely. ``active`` are the nodes of the last
    10 seconds. Only with ``Live.seconds``: ``nodes`` are pairs of bit and node id, ``details`` rows
    of Unix second, counts of ``query.topics.realtime``, and bits of the nodes in hex.
    """

    since: int
    seconds: list[SecondRow]
    active: list[str]
    nodes: NotRequired[list[tuple[int, str]]]
    details: NotRequired[list[tuple[int, list[int], str]]]


class Live(Query[LiveCounts, list[LiveCounts]], frozen=True):
    """Counts of the last 60 complete seconds.

    Attributes:
        seconds: The number of seconds, at most 300, with details; ``None`` means 60 without.
    """

    name = "live"
    source = "memory"
    seconds: int | None = None

    def merge(self, partials: Partials[LiveCounts]) -> list[LiveCounts]:
        """Return the answers; ``merge.seconds`` adds them up."""
        return [value for _, value in partials]


class LogLines(Query[list[dict[str, str]], list[dict[str, str]]], frozen=True):
    """The last log lines of level warning and above; see ``logs.recent_lines``."""

    name = "log_lines"
    source = "memory"

    def merge(self, partials: Partials[list[dict[str, str]]]) -> list[dict[str, str]]:
        """Return the lines of all processes; those that several inherited come once."""
        lines = {tuple(line.items()): line for _, part in partials for line in part}
        return list(lines.values())


class Statistics(Query[Json, dict[int, Json]], frozen=True):
    """Statistics of the shard's process by name, for metrics and health."""

    name = "statistics"
    source = "memory"

    def merge(self, partials: Partials[Json]) -> dict[int, Json]:
        """Return the answers by shard."""
        return dict(partials)
