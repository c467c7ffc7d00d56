"""The answer to the query ``summary``: the newest seconds, and the nodes that changed."""

from __future__ import annotations

import os
import time

from tart.aggregate.columnar.live_counters import LiveCounters
from tart.clock import Clock, unix_us
from tart.protocol.events import EventKind
from tart.query.core.chain_stats import LIVE_SECONDS
from tart.query.core.nodes import choose_statement
from tart.query.shard_queries.summary import ChangedNode, ShardSummary, Stated, Summary
from tart.shard.ingest.pipeline import Ingest
from tart.shard.state.nodes import Node, Nodes
from tart.units import SECOND_US

# The statements of ``ChangedNode``: event type, and the field that is the value.
_STATEMENTS = (
    (EventKind.BEST_BLOCK_CHANGED, "slot"),
    (EventKind.FINALIZED_BLOCK_CHANGED, "slot"),
    (EventKind.SYNC_STATUS_CHANGED, "synced"),
    (EventKind.STATUS, "num_peers"),
)


class SummaryState:
    """Answers the query ``summary`` for one shard."""

    def __init__(
        self, nodes: Nodes, counters: LiveCounters, ingest: Ingest, clock: Clock = unix_us
    ) -> None:
        self._nodes = nodes
        self._counters = counters
        self._ingest = ingest
        self._clock = clock
        self._process = f"{os.getpid()}-{time.monotonic_ns()}"

    def summary(self, query: Summary) -> ShardSummary:
        """Return the shard's summary; all events received are counted already."""
        now_us = self._clock()
        since, seconds, by_type = self._counters.newest(now_us // SECOND_US, LIVE_SECONDS)
        failures, findings = self._ingest.aggregator.problem_totals()
        since_us = query.since_us
        # The clock may have been set back since.
        if self._process not in query.processes or (since_us or 0) > now_us:
            since_us = None
        return {
            "process": self._process,
            "now_us": now_us,
            "since": since,
            "seconds": seconds,
            "by_type": by_type,
            "failures": failures,
            "findings": findings,
            "complete": since_us is None,
            "nodes": self._changed_nodes(since_us),
        }

    def _changed_nodes(self, since_us: int | None) -> list[ChangedNode]:
        events = self._nodes.event_counts.totals()
        return [
            _changed_node(node, events[node.row], since_us)
            for node in self._nodes.by_id.values()
            if since_us is None or _changed_at(node) >= since_us
        ]


def _changed_at(node: Node) -> int:
    """Return when anything about a node last changed, Unix microseconds."""
    return max(node.last_seen or 0, node.joined_at, node.disconnected_at or 0)


def _changed_node(node: Node, events: int, since_us: int | None) -> ChangedNode:
    """Return a node, with the statements that it made since a time, or all."""
    if (node.disconnected_at or 0) >= (since_us or 0):
        # Which of its statements count may have changed, and whether their connection is open.
        since_us = None
    statements = [_stated(node, kind, field, since_us) for kind, field in _STATEMENTS]
    return ChangedNode(
        node.id,
        bool(node.sessions),
        node.last_seen,
        node.past_events + events,
        node.dropped_events,
        node.undecodable,
        *statements,
    )


def _stated(node: Node, kind: EventKind, field: str, since_us: int | None) -> Stated | None:
    chosen = choose_statement(node.statements(kind))
    if chosen is None:
        return None
    statement, is_open = chosen
    if since_us is not None and statement.received_at < since_us:
        return None
    value = statement.fields.get(field)
    if value is None:
        return None
    return Stated(
        value=value,
        is_open=is_open,
        is_ahead=statement.is_ahead,
        received_at=statement.received_at,
        address=statement.address,
    )
