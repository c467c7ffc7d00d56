"""The questions that figures ask all shards. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.alerting.figures.inputs import Question
from tart.protocol.events import EventKind
from tart.query.core.query import Query
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.sessions import VersionSpans
from tart.units import HOUR_US, SECOND_US


@dataclass(frozen=True)
class EventCounts(Question):
    """Events by type."""

    def query(self) -> Query[Any, Any]:
        """Return rows of type, count."""
        return AggregateSum("counts", _window(self), by=["type"])


@dataclass(frozen=True)
class NodeEventCounts(Question):
    """Events by type and node.

    Attributes:
        types: Only these.
    """

    types: tuple[int, ...] = ()

    def query(self) -> Query[Any, Any]:
        """Return rows of node, type, count."""
        where = {"type": self.types}
        return AggregateSum("counts", _window(self), by=["node", "type"], where=where)


@dataclass(frozen=True)
class CoreEvents(Question):
    """Events of guarantors with packages whose core is known, by core and type."""

    def query(self) -> Query[Any, Any]:
        """Return rows of core, type, count."""
        return AggregateSum("core_events", _window(self), by=["core", "type"], values=["count"])


@dataclass(frozen=True)
class ClockOffsets(Question):
    """The smallest delay between the time in an event and its receipt, by node."""

    def query(self) -> Query[Any, Any]:
        """Return rows of node, offset_us."""
        return AggregateSum("clocks", _window(self), by=["node"])


@dataclass(frozen=True)
class Findings(Question):
    """Breaches of rules of conformance, with the first of each node and rule."""

    def query(self) -> Query[Any, Any]:
        """Return rows of node, rule, first_at (Unix µs)."""
        return AggregateSum(
            "conformance", _window(self), by=["node", "rule"], values=["count", "first_at"]
        )


@dataclass(frozen=True)
class Versions(Question):
    """Times in which nodes were connected with each version."""

    def query(self) -> Query[Any, Any]:
        """Return ``VersionSpan`` objects."""
        return VersionSpans(_window(self), self.end_us, HOUR_US)


@dataclass(frozen=True)
class BestBlocks(Question):
    """Blocks that nodes named as their best, with the first time."""

    def query(self) -> Query[Any, Any]:
        """Return rows of hash, seen_at (Unix µs), slot."""
        return AggregateSum(
            "reached",
            _window(self),
            by=["hash"],
            values=["seen_at", "slot"],
            where={"type": [EventKind.BEST_BLOCK_CHANGED]},
        )


@dataclass(frozen=True)
class AssuranceTimes(Question):
    """Assurances that began to be distributed, and that were received, by anchor and second."""

    def query(self) -> Query[Any, Any]:
        """Return rows of anchor, seen_at (Unix µs, whole seconds), type, count."""
        kinds = [EventKind.DISTRIBUTING_ASSURANCE, EventKind.ASSURANCE_RECEIVED]
        return AggregateSum(
            "assurances",
            _window(self),
            by=["anchor", "seen_at", "type"],
            where={"type": kinds},
            step_us=SECOND_US,
        )


@dataclass(frozen=True)
class GuaranteeDurations(Question):
    """The time until guarantees were sent to each validator, and that which sending took."""

    def query(self) -> Query[Any, Any]:
        """Return rows of type (of the event at the end), bin, count."""
        kinds = [EventKind.SENDING_GUARANTEE, EventKind.GUARANTEE_SENT]
        return AggregateSum("latency", _window(self), by=["type", "bin"], where={"type": kinds})


def _window(question: Question) -> Window:
    return Window(question.start_us, question.end_us)
