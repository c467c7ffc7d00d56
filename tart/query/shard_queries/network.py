"""The query behind ``/metrics/network``: what a shard counted of the network, from its memory.

Pure.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict

from tart.query.core.query import Partials, Query


class NetworkCounts(TypedDict):
    """Counts since the start of a shard's process; none ever falls.

    Attributes:
        events: Event type and number of events.
        durations: Of each step: type of its first event, type of its last, the durations in
            sum (microseconds), and pairs of bin (``query.core.log_histogram``) and number.
        failures: Event type and number of failures.
        discards: Discarded guarantees by the column of ``reports`` that counts them.
        findings: Conformance findings by rule.
        pipelines: Closed pipelines: type of the first event, outcome, last step, number.
    """

    events: list[tuple[int, int]]
    durations: list[tuple[int, int, int, list[tuple[int, int]]]]
    failures: list[tuple[int, int]]
    discards: dict[str, int]
    findings: dict[str, int]
    pipelines: list[tuple[int, str, str, int]]


class LastStatement(NamedTuple):
    """A node's newest statement of one type; see ``query.core.nodes``.

    Attributes:
        is_open: Whether the connection is open on which it was made.
        received_at: Unix microseconds.
        address: Of the connection.
        value: The fields that are used.
    """

    is_open: bool
    received_at: int
    address: str
    value: dict[str, Any]

    @property
    def rank(self) -> tuple[bool, int, str]:
        """The key by which statements of a node are compared."""
        return self[:3]


class NodeFigures(NamedTuple):
    """A node that a shard has, or recently had, a connection with.

    Attributes:
        node_id: 64 hex digits.
        handshake: Has ``implementation_name`` and ``implementation_version``.
        statements: The newest of each type that it made, by event type as text. Best and
            finalized block have ``slot``, the sync status has ``synced``, Status has the members
            of ``aggregate.core.tables.GAUGES``.
    """

    node_id: str
    handshake: LastStatement
    statements: dict[str, LastStatement]


# Shards name the best blocks' slots whose first report came within this time.
BEST_SLOT_SECONDS = 300


class BestSlot(NamedTuple):
    """A slot that nodes of a shard reported as their best block's.

    Attributes:
        slot: The slot.
        first_at: The arrival of the first report, Unix microseconds.
        reporters: The number of nodes that reported it.
    """

    slot: int
    first_at: int
    reporters: int


class NetworkFigures(TypedDict):
    """A shard's answer.

    Attributes:
        process: Identifies the shard's process; another value means that its counts
            began at 0 again.
        counts: Since the start of that process.
        nodes: The nodes that are connected, or were a short time ago.
        best_slots: In the order of their first report.
        best_slots_ignored: Number of reports that were not recorded, since the process started.
    """

    process: str
    counts: NetworkCounts
    nodes: list[NodeFigures]
    best_slots: list[BestSlot]
    best_slots_ignored: int


class Network(Query[NetworkFigures, dict[int, NetworkFigures]], frozen=True):
    """The counts of a shard, and the state of its nodes."""

    name = "network"
    source = "memory"

    def merge(self, partials: Partials[NetworkFigures]) -> dict[int, NetworkFigures]:
        """Return the answers by shard."""
        return dict(partials)
