"""The inputs of figures: the state of the network, that of the server, and answers.

Pure. A figure asks questions about windows (``figures.questions``); equal questions of several
rules are asked once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tart.alerting.figures.counter_history import CounterHistory
from tart.query.core.query import Query
from tart.query.topics.summary import NetworkSummary, NodeSample

Json = dict[str, Any]


@dataclass(frozen=True)
class NetworkState:
    """The state of the network at one time.

    Attributes:
        now_us: Unix microseconds.
        nodes: By id.
        best_block: Slot of the network's best block; ``None`` if it is not known.
        finalized_block: Likewise of the finalized block.
        watched_since_us: When the youngest process of a shard began to listen; ``None`` if no
            shard answered.
        answered: The shards that answered.
        total: The number of shards.
        paused: Shards that read no node at present, because of a full buffer, disk or memory.
    """

    now_us: int
    nodes: Mapping[str, NodeSample]
    best_block: int | None
    finalized_block: int | None
    watched_since_us: int | None
    answered: frozenset[int]
    total: int
    paused: frozenset[int] = frozenset()

    @classmethod
    def of_summary(
        cls, summary: NetworkSummary, paused: frozenset[int] = frozenset()
    ) -> NetworkState:
        """Return the state that a summary has."""
        return cls(
            now_us=summary.now_us,
            nodes={node.node_id: node for node in summary.nodes()},
            best_block=summary.best_block,
            finalized_block=summary.finalized_block,
            watched_since_us=summary.watched_since_us,
            answered=summary.answered,
            total=summary.total,
            paused=paused,
        )

    @property
    def is_complete(self) -> bool:
        """True if all shards answered."""
        return len(self.answered) == self.total

    @cached_property
    def connected(self) -> tuple[NodeSample, ...]:
        """The nodes with an open connection."""
        return tuple(node for node in self.nodes.values() if node.is_connected)

    @cached_property
    def _known(self) -> frozenset[str]:
        reading = self.answered - self.paused
        knows_all = len(reading) == self.total
        return frozenset(
            node.node_id
            for node in self.nodes.values()
            if knows_all or (node.is_connected and reading.issuperset(node.shards))
        )

    def is_known(self, node: NodeSample) -> bool:
        """Return whether no shard that does not answer, or reads nothing, can know more of a node.

        A node that is connected to a shard that answers has no reason for another connection.
        """
        return node.node_id in self._known


@dataclass(frozen=True)
class ServerState:
    """The state of this server.

    Attributes:
        now_us: Unix microseconds.
        shards: The number of shards.
        statistics: Of each shard that answered; see ``shard.queries.statistics``.
        disk: Free and total bytes of the data directory's disk; ``None`` if it is not known.
        memory: Available and total bytes of the host.
        descriptors: The used share of a process's descriptors, of the nearest to its limit.
        full_in_hours: Until the disk is full; ``None`` if it suffices, or is not known.
        certificate_ends_us: When the certificate expires, Unix microseconds; ``None`` without TLS.
        backup_us: When the newest backup began, Unix microseconds; ``None`` without one.
    """

    now_us: int
    shards: int
    statistics: Mapping[int, Json] = field(default_factory=dict)
    disk: tuple[int, int] | None = None
    memory: tuple[int, int] | None = None
    descriptors: float | None = None
    full_in_hours: float | None = None
    certificate_ends_us: int | None = None
    backup_us: int | None = None


@dataclass(frozen=True)
class Question:
    """A question to all shards about a window; equal ones are asked once.

    Attributes:
        start_us: First microsecond of the window.
        end_us: Last microsecond.
    """

    start_us: int
    end_us: int

    def query(self) -> Query[Any, Any]:
        """Return the query that answers it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Answered:
    """The answer to a question.

    Attributes:
        value: The merged answer of the query.
        is_complete: Whether all shards answered, and could read all rows.
    """

    value: Any
    is_complete: bool = True


@dataclass(frozen=True)
class Inputs:
    """Everything that the figures of one turn are computed from.

    Attributes:
        answers: By question; without those that failed.
        failures: Why the others failed.
        network: ``None`` if no figure of the turn needs it.
        server: Likewise.
        node_counters: Totals of nodes: ``(node_id, "dropped")``, ``(node_id, "undecodable")``.
        server_counters: Totals of processes of shards; see ``figures.server``.
    """

    answers: Mapping[Question, Answered] = field(default_factory=dict)
    failures: Mapping[Question, str] = field(default_factory=dict)
    network: NetworkState | None = None
    server: ServerState | None = None
    node_counters: CounterHistory = field(default_factory=CounterHistory)
    server_counters: CounterHistory = field(default_factory=CounterHistory)
