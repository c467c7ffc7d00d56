"""All aggregates of a shard as one thing: told of events, asked for rows.

Pure. What it holds since the last flush is ``rows``: all of it to answer questions, all
but the pipelines that are still open to be written, after which ``clear`` begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tart.aggregate.columnar.counters import Clocks, Counts, Latencies
from tart.aggregate.columnar.session_rows import Placed, SessionRows
from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch, Finding, Rows
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.core.transactions import Pending
from tart.aggregate.keyed.conformance import Conformance
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.first_seen import FirstSeen
from tart.aggregate.keyed.gauges import Gauges
from tart.aggregate.keyed.sessions import Sessions, SessionSummary
from tart.aggregate.references.reducers import Reducers
from tart.aggregate.references.tracker import FOLLOW_SECONDS, ReferenceTracker, unflushed
from tart.aggregate.rules.conformance_checks import ConformanceChecker
from tart.units import SECOND_US


class Aggregates:
    """What a shard knows of the events since the last flush.

    Args:
        decode_context: the decode context of a session, by its number.
        found: told of each finding, too.
        isolation: counts what fails here. No method raises because of what a node sent.
    """

    def __init__(
        self,
        decode_context: Callable[[int], DecodeContext],
        found: Callable[[Finding], None] | None = None,
        isolation: Isolation | None = None,
    ) -> None:
        self._found = found
        self.isolation = isolation or Isolation()
        pending = Pending()
        self._counts = Counts()
        self._latencies = Latencies()
        self._clocks = Clocks()
        self._sums = KeyedCounters()
        self._sightings = FirstSeen()
        self._gauges = Gauges()
        self._sessions = Sessions()
        self._conformance = Conformance()
        self._session_rows = SessionRows()
        self._judge = ConformanceChecker(self._session_rows, self._note)
        self._meanings = Reducers(self._sums, self._sightings, self._gauges, pending)
        self._follower = ReferenceTracker(
            sessions=self._session_rows,
            latencies=self._latencies,
            meanings=self._meanings,
            sums=self._sums,
            decode_context=decode_context,
            unfinished=self._judge.unfinished,
            pending=pending,
            isolation=self.isolation,
        )
        self._parts = (
            *(self._counts, self._latencies, self._clocks, self._sums),
            *(self._sightings, self._gauges, self._meanings, self._sessions),
            self._conformance,
        )

    def add(self, batch: EventBatch, *, contexts: bool = False) -> Contexts:
        """Count a batch.

        Args:
            contexts: whether somebody wants to know what each event is about.

        Returns:
            For events of a pipeline or a request, by index: the root's event id, and the hash
            of what it is about. Where nobody asked, some are left out.
        """
        self.add_findings(batch.faults)
        if not len(batch):
            return {}
        isolation, placed = self.isolation, self._session_rows.place(batch.columns.session)

        def place(part: EventBatch) -> Placed:
            return placed if part is batch else self._session_rows.place(part.columns.session)

        self._judge.begin(placed.new)
        isolation.run("judging", batch, lambda part: self._judge.add(part, place(part)))
        isolation.run("counts", batch, self._counts.add)
        isolation.run("clocks", batch, self._clocks.add)
        return isolation.run(
            "references",
            batch,
            lambda part: self._follower.add(part, place(part).row_of, contexts=contexts),
        )

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """What is wrong with the bytes of messages, first messages included."""
        for each in findings:
            self._note(each)

    def end_session(self, session: int) -> None:
        """A connection is over."""
        with self.isolation.guard("references", session=session):
            self._follower.end(session)
        with self.isolation.guard("judging", session=session):
            self._judge.end(session)
        with self.isolation.guard("sessions", session=session):
            self._session_rows.leave(session)

    def record_session(self, summary: SessionSummary) -> None:
        """What came on a connection that is over or was refused."""
        with self.isolation.guard("sessions", session=summary.session):
            self._sessions.end(summary)

    def end_all_sessions(self) -> None:
        """No connection goes on: after a crash, or when the shard stops."""
        with self.isolation.guard("references"):
            self._follower.end_all()

    def expire(self, now_us: int) -> None:
        """Give up references older than ``FOLLOW_SECONDS``; Unix microseconds."""
        with self.isolation.guard("references"):
            self._follower.forget_before(now_us - FOLLOW_SECONDS * SECOND_US)

    def rows(self, table: str, *, include_open: bool) -> Rows:
        """A table's rows since the last flush; lists or arrays of equal length by column."""
        match table:
            case "counts":
                return self._counts.rows()
            case "latency":
                return self._latencies.rows()
            case "clocks":
                return self._clocks.rows()
            case "status" | "heads":
                return self._gauges.rows(table)
            case "sightings":
                return self._sightings.rows()
            case "sessions":
                return self._sessions.rows()
            case "conformance" | "examples":
                return self._conformance.rows(table)
            case "blocks" | "packages" | "tickets":
                return unflushed(table, self._meanings, self._follower, include_open=include_open)
        return self._sums.rows(table)

    def clear(self) -> None:
        """The rows were taken; what is open stays."""
        for part in self._parts:
            part.clear()

    @property
    def resume_seq(self) -> int | None:
        """The first ``seq`` of what is still open: where reading again has to begin."""
        return min((each.values["seq"] for each in self._follower.pipelines()), default=None)

    def _note(self, finding: Finding) -> None:
        with self.isolation.guard("findings", session=finding.session):
            self._conformance.note(finding)
            if self._found is not None:
                self._found(finding)

    def statistics(self) -> dict[str, object]:
        """For ``/metrics`` and health."""
        return {
            "open_references": self._follower.open,
            "references_evicted": self._follower.evicted,
            "references_unresolved": sum(self._follower.unresolved.values()),
            "aggregates_overflowed": {
                **{table: count for table, count in self._sums.overflowed.items() if count},
                **({"sightings": self._sightings.overflowed} if self._sightings.overflowed else {}),
                **({"sessions": self._sessions.overflowed} if self._sessions.overflowed else {}),
                **(
                    {"conformance": self._conformance.overflowed}
                    if self._conformance.overflowed
                    else {}
                ),
            },
        }
