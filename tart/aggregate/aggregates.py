"""All aggregates of a shard: batches of events in, rows of tables out.

Pure. ``inherit`` fills what the event log needs into each batch before it is written; ``add``
counts events, in larger batches. Its two halves are independent of each other: ``follow`` is what
subscribers of live events need at once, ``count`` is not. ``rows`` returns everything since the
last flush. A query asks for the rows of open pipelines, too; a flush does not, and ``clear``
removes the rows it has taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tart.aggregate.columnar.counters import STEPS, ClockOffsets, EventCounters, LatencyHistograms
from tart.aggregate.columnar.session_rows import SessionRows, SessionRuns
from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch, Finding, Rows
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.core.transactions import BatchTransaction
from tart.aggregate.keyed.conformance import ConformanceCounters
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.deliveries import Deliveries
from tart.aggregate.keyed.first_seen import FirstSeen
from tart.aggregate.keyed.gauges import Gauges
from tart.aggregate.keyed.sessions import Sessions, SessionSummary
from tart.aggregate.references.inherited_values import InheritedValues
from tart.aggregate.references.reducers import Reducers
from tart.aggregate.references.tracker import FOLLOW_SECONDS, ReferenceLimits, ReferenceTracker
from tart.aggregate.rules.conformance_checks import ConformanceChecker
from tart.query.shard_queries.network import NetworkCounts
from tart.units import SECOND_US


class Aggregates:
    """The aggregates of the events since the last flush.

    Args:
        decode_context: Returns the decode context of a session, by its number.
        on_finding: Called with each finding.
        isolation: Counts failures here. No method raises because of the content of an event.
    """

    def __init__(
        self,
        decode_context: Callable[[int], DecodeContext],
        on_finding: Callable[[Finding], None] | None = None,
        isolation: Isolation | None = None,
        limits: ReferenceLimits | None = None,
    ) -> None:
        self._on_finding = on_finding
        self.isolation = isolation or Isolation()
        self._inherited = InheritedValues(decode_context, self.isolation)
        transaction = BatchTransaction()
        self._events = EventCounters()
        self._latencies = LatencyHistograms()
        self._clocks = ClockOffsets()
        self._counters = KeyedCounters()
        self._first_seen = FirstSeen()
        self._gauges = Gauges()
        self._sessions = Sessions()
        self._conformance = ConformanceCounters()
        self._session_rows = SessionRows()
        self._checker = ConformanceChecker(
            self._session_rows,
            self._add_finding,
            lambda session: decode_context(session).slot_seconds,
        )
        self._deliveries = Deliveries()
        self._reducers = Reducers(
            self._counters, self._first_seen, self._gauges, self._deliveries, transaction
        )
        self._tracker = ReferenceTracker(
            sessions=self._session_rows,
            latencies=self._latencies,
            reducers=self._reducers,
            counters=self._counters,
            deliveries=self._deliveries,
            decode_context=decode_context,
            on_unfinished=self._checker.report_unfinished,
            transaction=transaction,
            isolation=self.isolation,
            limits=limits or ReferenceLimits(),
        )

    def inherit(self, batch: EventBatch) -> None:
        """Fill the slots and cores that events inherit into a batch's columns."""
        self.isolation.run("inheritance", batch, self._inherited.fill)

    def add(self, batch: EventBatch) -> None:
        """Count a batch; the events of each connection are in order of arrival."""
        self.count(batch)
        self.follow(batch, contexts=False)

    def count(self, batch: EventBatch) -> None:
        """Count what single events tell: a batch may be followed before or after."""
        self.add_findings(batch.faults)
        if not len(batch):
            return
        isolation, runs = self.isolation, self._assign(batch)

        def check(part: EventBatch) -> None:
            self._checker.check(part, runs if part is batch else self._assign(part))

        isolation.run("conformance", batch, check)
        isolation.run("counts", batch, self._events.add)
        isolation.run("clocks", batch, self._clocks.add)

    def follow(self, batch: EventBatch, *, contexts: bool) -> Contexts:
        """Follow the references of a batch, and count what they tell.

        Args:
            batch: The events of each connection are in order of arrival.
            contexts: Whether to return the context of every event that has one; otherwise
                some are left out.

        Returns:
            By index, for events of a pipeline or a request: the root's event id, and the hash
            that the chain is about.
        """
        if not len(batch):
            return {}
        runs = self._assign(batch)

        def add(part: EventBatch) -> Contexts:
            rows = (runs if part is batch else self._assign(part)).row_of
            return self._tracker.add(part, rows, contexts=contexts)

        return self.isolation.run("references", batch, add)

    def _assign(self, batch: EventBatch) -> SessionRuns:
        """Return the rows of a batch's connections; a new one has no state of an earlier one."""
        runs = self._session_rows.assign(batch.columns.session)
        self._checker.reset(runs.new)
        return runs

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """Add findings about the bytes of messages, first messages included."""
        for finding in findings:
            self._add_finding(finding)

    def _add_finding(self, finding: Finding) -> None:
        with self.isolation.guard("findings", session=finding.session):
            self._conformance.add(finding)
            if self._on_finding is not None:
                self._on_finding(finding)

    def end_session(self, session: int) -> None:
        """End a connection."""
        self._inherited.end_session(session)
        with self.isolation.guard("references", session=session):
            self._tracker.end_session(session)
        with self.isolation.guard("conformance", session=session):
            self._checker.end_session(session)
        with self.isolation.guard("sessions", session=session):
            self._session_rows.release(session)

    def record_session(self, summary: SessionSummary) -> None:
        """Add the row of a connection that has ended or was refused."""
        with self.isolation.guard("sessions", session=summary.session):
            self._sessions.add(summary)

    def end_all_sessions(self) -> None:
        """End all connections: after a crash, or when the shard stops."""
        self._inherited.clear()
        with self.isolation.guard("references"):
            self._tracker.end_all_sessions()

    def expire(self, now_us: int) -> None:
        """Close events that were open for ``FOLLOW_SECONDS``; Unix microseconds."""
        oldest = now_us - FOLLOW_SECONDS * SECOND_US
        self._inherited.expire_before(oldest)
        with self.isolation.guard("references"):
            self._tracker.expire_before(oldest)

    def rows(self, table: str, *, include_open: bool) -> Rows:
        """Return a table's rows since the last flush, as columns of equal length.

        Args:
            table: One of ``core.tables.TABLES``.
            include_open: Also the rows of open pipelines in their current state.
        """
        match table:
            case "counts":
                return self._events.rows()
            case "latency":
                return self._latencies.rows()
            case "clocks":
                return self._clocks.rows()
            case "status" | "heads":
                return self._gauges.rows(table)
            case "sightings":
                return self._first_seen.rows()
            case "deliveries":
                return self._deliveries.rows()
            case "sessions":
                return self._sessions.rows()
            case "conformance" | "examples":
                return self._conformance.rows(table)
            case "blocks" | "packages" | "tickets":
                return self._tracker.rows(table, include_open=include_open)
        return self._counters.rows(table)

    def clear(self) -> None:
        """Remove the rows that a flush has taken; open pipelines remain."""
        self._events.clear()
        self._latencies.clear()
        self._clocks.clear()
        self._counters.clear()
        self._first_seen.clear()
        self._gauges.clear()
        self._deliveries.clear()
        self._reducers.clear()
        self._sessions.clear()
        self._conformance.clear()

    @property
    def replay_from_seq(self) -> int | None:
        """Return the first ``seq`` of the open pipelines, from which a restart must read."""
        return min((each.values["seq"] for each in self._tracker.pipelines()), default=None)

    def totals(self) -> NetworkCounts:
        """Return what was counted since this object was made, whatever was flushed meanwhile."""
        return {
            "events": _counts(self._events.totals),
            "durations": [
                (parent, number, int(total_us), _counts(bins))
                for (parent, number), bins, total_us in zip(
                    STEPS, self._latencies.totals, self._latencies.total_us, strict=True
                )
                if bins.any()
            ],
            "failures": list(self._counters.failure_totals.items()),
            "discards": dict(self._counters.discard_totals),
            "findings": dict(self._conformance.totals),
            "pipelines": [(*end, count) for end, count in self._tracker.ended.items()],
        }

    def problem_totals(self) -> tuple[int, int]:
        """Return the numbers of failures and of findings since this object was made."""
        return self._counters.failure_totals.total(), self._conformance.totals.total()

    def statistics(self) -> dict[str, object]:
        """Return figures for ``/metrics`` and health."""
        overflowed = {
            **self._counters.overflowed,
            "sightings": self._first_seen.overflowed,
            "deliveries": self._deliveries.overflowed,
            "sessions": self._sessions.overflowed,
            "conformance": self._conformance.overflowed,
        }
        return {
            "open_references": self._tracker.open_count,
            "references_evicted": self._tracker.evicted,
            "references_unresolved": sum(self._tracker.unresolved.values()),
            "aggregates_overflowed": {table: count for table, count in overflowed.items() if count},
        }


def _counts(values: Array) -> list[tuple[int, int]]:
    """Return the indices of values above 0, with the values."""
    return [(index, int(values[index])) for index in values.nonzero()[0].tolist()]
