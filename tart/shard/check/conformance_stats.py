"""What the long run shows of nodes, put together without a database.

Pure. A server asks its aggregates for these rows; here they are kept as they come, for
``shard.check.offline_check``, and ``query.topics.conformance`` judges them like a server's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import EventBatch, Finding
from tart.protocol.node_information import NodeInformation
from tart.query.answers.sessions import Conformance
from tart.query.topics.conformance import (
    CLOCK_US,
    NOT_JCE_US,
    STATUS,
    ConformanceInput,
    describe_clock,
    network_conformance,
)
from tart.query.topics.conformance import Finding as Counted
from tart.shard.state.nodes import Session
from tart.units import HOUR_US, JCE_US, SECOND_US

Json = dict[str, Any]

# Of each node's first event, to show its clock by.
_KEPT_BYTES = 1_024


def distance(offset_us: int) -> str:
    """How far a clock is from ours: ``offset_us`` is ours less the other."""
    size, word = abs(offset_us), "behind" if offset_us >= 0 else "ahead"
    if size < SECOND_US:
        return f"{size / 1_000:,.0f} ms {word}"
    if size < 2 * HOUR_US:
        return f"{size / SECOND_US:,.0f} s {word}"
    if size < 48 * HOUR_US:
        return f"{size / HOUR_US:,.0f} hours {word}"
    return f"{size / (24 * HOUR_US):,.0f} days {word}"


class Figures:
    """What the long run is judged by, put together over time; nodes are numbers.

    Its size follows the number of nodes, which whoever feeds it bounds, and of hours.
    """

    def __init__(self) -> None:
        self.sessions = 0
        self._nodes: dict[int, NodeInformation] = {}
        # Rule and node: count, first and last time.
        self._counted: dict[tuple[int | None, str], list[int]] = {}
        # Node, version and layout: connections, first and last beginning, time connected.
        self._spoken: dict[tuple[int, int, str], list[int]] = {}
        # Hour and node: least offset of the clock.
        self._clocks: dict[tuple[int, int], int] = {}
        self._events: dict[int, int] = {}
        self._status: dict[int, int] = {}
        # Each node's first event.
        self._first: dict[int, Finding] = {}

    def node_id(self, number: int | None) -> str | None:
        """The node of that number."""
        return None if number is None else self._nodes[number].peer_id.hex()

    def introduce(self, number: int, information: NodeInformation) -> None:
        """A connection has said whose it is."""
        self.sessions += 1
        self._nodes[number] = information

    def count(self, finding: Finding) -> None:
        """A finding."""
        at = finding.received_at
        entry = self._counted.setdefault((finding.node, finding.rule), [0, at, at])
        entry[0] += 1
        entry[1], entry[2] = min(entry[1], at), max(entry[2], at)

    def hear(self, batch: EventBatch) -> None:
        """Events; remembered is each node's first."""
        for node, at in zip(*np.unique(batch.columns.node, return_index=True), strict=True):
            if int(node) not in self._first:
                self._first[int(node)] = Finding(
                    rule="",
                    received_at=int(batch.columns.received_at[at]),
                    node=int(node),
                    session=int(batch.columns.session[at]),
                    seq=int(batch.columns.seq[at]),
                    event_id=int(batch.columns.event_id[at]),
                    number=int(batch.columns.type[at]),
                    offset=0,
                    field="timestamp",
                    expectation="",
                    frame=batch.contents[int(at)][:_KEPT_BYTES],
                )

    def end(self, session: Session, at: int) -> None:
        """A connection is over, or was heard so far."""
        information = session.connection.node
        if information is None or session.node_number is None:
            return
        key = session.node_number, information.protocol_version, information.layout
        begun = session.opened_at
        entry = self._spoken.setdefault(key, [0, begun, begun, 0])
        entry[0] += 1
        entry[1], entry[2] = min(entry[1], begun), max(entry[2], begun)
        entry[3] += max(0, at - begun)

    def add(self, aggregates: Aggregates) -> None:
        """What was counted since the last time."""
        for bucket, node, offset in _rows(aggregates, "clocks", "bucket", "node", "offset_us"):
            key = bucket - bucket % HOUR_US, node
            self._clocks[key] = min(self._clocks.get(key, offset), offset)
        for node, number, count in _rows(aggregates, "counts", "node", "type", "count"):
            self._events[node] = self._events.get(node, 0) + count
            if number == STATUS:
                self._status[node] = self._status.get(node, 0) + count

    def material(self, *, whole: bool) -> ConformanceInput:
        """For ``query.topics.conformance``.

        Where events are missing nobody knows how long a connection lasted, nor whether the
        fastest message is among those that are there.
        """
        name = self.node_id
        return ConformanceInput(
            counts=[
                {"node": name(node), "rule": rule, "count": n, "first_at": first, "last_at": last}
                for (node, rule), (n, first, last) in self._counted.items()
            ],
            connections=[
                {
                    **{"node": name(node), "protocol_version": version, "params_layout": layout},
                    **{"sessions": n, "first_at": first, "last_at": last, "shed": 0},
                    "connected_us": connected if whole else 0,
                }
                for (node, version, layout), (n, first, last, connected) in self._spoken.items()
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

    def conformance(self, material: ConformanceInput) -> Conformance:
        """As ``/api/conformance``."""
        return network_conformance(
            [
                {
                    "node_id": each.peer_id.hex(),
                    "implementation_name": each.implementation_name,
                    "implementation_version": each.implementation_version,
                    "is_connected": False,
                }
                for each in self._nodes.values()
            ],
            material,
        )

    def shown(self, concluded: Mapping[str | None, list[Counted]]) -> Iterable[Finding]:
        """What only the long run shows, each thing once, by the node's first event."""
        for number, first in self._first.items():
            for each in concluded.get(self.node_id(number), ()):
                if each.code in ("clock_not_jce", "clock_offset"):
                    yield self._of_clock(each, number, first)
                elif each.code == "status_missing":
                    connected = sum(s[3] for key, s in self._spoken.items() if key[0] == number)
                    expected = f"about every 2 s, none came in {connected / SECOND_US:.1f} s"
                    yield first._replace(
                        rule=each.code,
                        event_id=None,
                        number=STATUS,
                        field="",
                        expectation=expected,
                        frame=b"",
                    )

    def _of_clock(self, each: Counted, number: int, first: Finding) -> Finding:
        hour, offset = max(
            (hour, offset) for (hour, node), offset in self._clocks.items() if node == number
        )
        likely = describe_clock(hour, offset)
        told = f"not {likely or distance(offset)}"
        expected = f"microseconds since 2025-01-01T12:00:00Z, {told}"
        own = first.received_at - JCE_US - int.from_bytes(first.frame[:8], "little")
        if abs(own) < CLOCK_US:
            # It was right then: its bytes show nothing.
            first = first._replace(event_id=None, number=None, field="", frame=b"")
        return first._replace(rule=each.code, expectation=expected)


def _rows(aggregates: Aggregates, table: str, *columns: str) -> Iterable[tuple[int, ...]]:
    rows = aggregates.rows(table, include_open=False)
    return zip(*(rows[name].tolist() for name in columns), strict=True)
