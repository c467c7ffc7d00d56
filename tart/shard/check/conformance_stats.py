"""Per-node statistics of long observation for conformance checks, kept in memory.

Pure. A server queries its aggregates for these rows. ``shard.check.offline_check`` collects
them here, and ``query.topics.conformance`` makes findings of them as of a server's rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import EventBatch, Finding
from tart.protocol.events import EventKind
from tart.protocol.node_information import NodeInformation
from tart.query.answers.sessions import Conformance
from tart.query.topics.conformance import (
    CLOCK_US,
    NOT_JCE_US,
    ConformanceInput,
    describe_clock,
    network_conformance,
)
from tart.query.topics.conformance import Finding as NodeFinding
from tart.shard.state.nodes import Session
from tart.units import HOUR_US, JCE_US, SECOND_US

# The beginning of each node's first event, as evidence of its clock.
_FRAME_BYTES = 1_024


def describe_offset(offset_us: int) -> str:
    """Return a clock's distance from ours in words; ``offset_us`` is ours minus the other."""
    size, word = abs(offset_us), "behind" if offset_us >= 0 else "ahead"
    if size < SECOND_US:
        return f"{size / 1_000:,.0f} ms {word}"
    if size < 2 * HOUR_US:
        return f"{size / SECOND_US:,.0f} s {word}"
    if size < 48 * HOUR_US:
        return f"{size / HOUR_US:,.0f} hours {word}"
    return f"{size / (24 * HOUR_US):,.0f} days {word}"


@dataclass
class _Occurrences:
    """A count with the times of the first and the last; Unix microseconds."""

    first_at: int
    last_at: int
    count: int = 0

    def add(self, time_us: int) -> None:
        self.count += 1
        self.first_at, self.last_at = min(self.first_at, time_us), max(self.last_at, time_us)


@dataclass
class _Connections(_Occurrences):
    """Connections by the times they began, and how long they lasted in all."""

    connected_us: int = 0


class ConformanceStats:
    """Statistics of connections, findings, events and clocks; nodes are numbers.

    Memory grows with the number of nodes, which the caller bounds, and of hours.

    Attributes:
        sessions: Number of connections that identified their node.
    """

    def __init__(self) -> None:
        self.sessions = 0
        self._nodes: dict[int, NodeInformation] = {}
        # By node and rule.
        self._findings: dict[tuple[int | None, str], _Occurrences] = {}
        # By node, protocol version and parameter layout.
        self._connections: dict[tuple[int, int, str], _Connections] = {}
        # The minimum offset of the clock, by hour and node.
        self._clocks: dict[tuple[int, int], int] = {}
        # Number of events, and of Status events, by node.
        self._events: dict[int, int] = {}
        self._status: dict[int, int] = {}
        # The first event of each node; a template of the findings made here.
        self._first_events: dict[int, Finding] = {}

    def node_id(self, number: int | None) -> str | None:
        """Return a node's id in hex."""
        return None if number is None else self._nodes[number].peer_id.hex()

    def add_session(self, number: int, information: NodeInformation) -> None:
        """Add a connection that has identified its node."""
        self.sessions += 1
        self._nodes[number] = information

    def add_finding(self, finding: Finding) -> None:
        """Count a finding."""
        received_at = finding.received_at
        key = finding.node, finding.rule
        self._findings.setdefault(key, _Occurrences(received_at, received_at)).add(received_at)

    def add_batch(self, batch: EventBatch) -> None:
        """Remember the first event of each node that has none yet."""
        events = batch.columns
        for node, index in zip(*np.unique(events.node, return_index=True), strict=True):
            if int(node) not in self._first_events:
                self._first_events[int(node)] = Finding(
                    rule="",
                    received_at=int(events.received_at[index]),
                    node=int(node),
                    session=int(events.session[index]),
                    seq=int(events.seq[index]),
                    event_id=int(events.event_id[index]),
                    number=int(events.type[index]),
                    offset=0,
                    field="timestamp",
                    expectation="",
                    frame=batch.contents[int(index)][:_FRAME_BYTES],
                )

    def end_session(self, session: Session, ended_at: int) -> None:
        """Add the duration of a connection that has ended, or is observed no longer."""
        information = session.connection.node
        if information is None or session.node_number is None:
            return
        key = session.node_number, information.protocol_version, information.layout
        opened_at = session.opened_at
        connections = self._connections.setdefault(key, _Connections(opened_at, opened_at))
        connections.add(opened_at)
        connections.connected_us += max(0, ended_at - opened_at)

    def add_aggregates(self, aggregates: Aggregates) -> None:
        """Add the rows of clocks and counts since the last call."""
        for bucket, node, offset in _rows(aggregates, "clocks", "bucket", "node", "offset_us"):
            key = bucket - bucket % HOUR_US, node
            self._clocks[key] = min(self._clocks.get(key, offset), offset)
        for node, number, count in _rows(aggregates, "counts", "node", "type", "count"):
            self._events[node] = self._events.get(node, 0) + count
            if number == EventKind.STATUS:
                self._status[node] = self._status.get(node, 0) + count

    def rows(self, *, whole: bool) -> ConformanceInput:
        """Return the rows that ``query.topics.conformance`` takes.

        Args:
            whole: No event is missing. Otherwise the duration of connections is unknown, and
                so is whether the fastest message was received.
        """
        name = self.node_id
        return ConformanceInput(
            counts=[
                {
                    "node": name(node),
                    "rule": rule,
                    "count": findings.count,
                    "first_at": findings.first_at,
                    "last_at": findings.last_at,
                }
                for (node, rule), findings in self._findings.items()
            ],
            connections=[
                {
                    "node": name(node),
                    "protocol_version": version,
                    "params_layout": layout,
                    "sessions": connections.count,
                    "first_at": connections.first_at,
                    "last_at": connections.last_at,
                    "shed": 0,
                    "connected_us": connections.connected_us if whole else 0,
                }
                for (node, version, layout), connections in self._connections.items()
            ],
            clocks=[
                {"bucket": hour, "node": name(node), "offset_us": offset}
                for (hour, node), offset in self._clocks.items()
                if whole or abs(offset) >= NOT_JCE_US
            ],
            events=[{"node": name(node), "count": count} for node, count in self._events.items()],
            status=[{"node": name(node), "count": count} for node, count in self._status.items()],
            examples=[],
        )

    def conformance(self, rows: ConformanceInput) -> Conformance:
        """Return the answer of ``/api/conformance`` for these rows."""
        return network_conformance(
            [
                {
                    "node_id": information.peer_id.hex(),
                    "implementation_name": information.implementation_name,
                    "implementation_version": information.implementation_version,
                    "is_connected": False,
                }
                for information in self._nodes.values()
            ],
            rows,
        )

    def long_term_findings(
        self, findings: Mapping[str | None, list[NodeFinding]]
    ) -> Iterable[Finding]:
        """Yield the findings that only long observation gives, once for each node.

        Args:
            findings: By node id, as made of ``rows``.
        """
        for number, first in self._first_events.items():
            for finding in findings.get(self.node_id(number), ()):
                if finding.code in ("clock_not_jce", "clock_offset"):
                    yield self._clock_finding(finding.code, number, first)
                elif finding.code == "status_missing":
                    yield self._status_finding(finding.code, number, first)

    def _clock_finding(self, rule: str, number: int, first: Finding) -> Finding:
        hour, offset = max(
            (hour, offset) for (hour, node), offset in self._clocks.items() if node == number
        )
        actual = describe_clock(hour, offset) or describe_offset(offset)
        expected = f"microseconds since 2025-01-01T12:00:00Z, not {actual}"
        own = first.received_at - JCE_US - int.from_bytes(first.frame[:8], "little")
        if abs(own) < CLOCK_US:
            # The clock was right at the first event, so its bytes are no evidence.
            first = first._replace(event_id=None, number=None, field="", frame=b"")
        return first._replace(rule=rule, expectation=expected)

    def _status_finding(self, rule: str, number: int, first: Finding) -> Finding:
        connected_us = sum(
            connections.connected_us
            for (node, _, _), connections in self._connections.items()
            if node == number
        )
        return first._replace(
            rule=rule,
            event_id=None,
            number=EventKind.STATUS.number,
            field="",
            expectation=f"about every 2 s, none came in {connected_us / SECOND_US:.1f} s",
            frame=b"",
        )


def _rows(aggregates: Aggregates, table: str, *columns: str) -> Iterable[tuple[int, ...]]:
    rows = aggregates.rows(table, include_open=False)
    return zip(*(rows[name].tolist() for name in columns), strict=True)
