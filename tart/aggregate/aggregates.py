"""All aggregates of a shard as one thing: told of events, asked for rows.

Pure. What it holds since the last flush is ``rows``: all of it to answer questions, all
but the pipelines that are still open to be written, after which ``clear`` begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tart.aggregate.conformance import Conformance
from tart.aggregate.counting import Clocks, Counts, Latencies
from tart.aggregate.following import FOLLOW_SECONDS, Follower, unflushed
from tart.aggregate.gauges import Gauges
from tart.aggregate.heard import Contexts, Finding, Heard, Rows, Voice
from tart.aggregate.judging import Judge
from tart.aggregate.meaning import Meanings
from tart.aggregate.session_rows import SessionRows
from tart.aggregate.sessions import Sessions, SessionSummary
from tart.aggregate.sightings import Sightings
from tart.aggregate.sums import Sums

_SECOND_US = 1_000_000


class Aggregates:
    """What a shard knows of the events since the last flush.

    Args:
        voice: how to read what a session says.
        found: told of each finding, too.
    """

    def __init__(
        self, voice: Callable[[int], Voice], found: Callable[[Finding], None] | None = None
    ) -> None:
        self._found = found
        self._counts = Counts()
        self._latencies = Latencies()
        self._clocks = Clocks()
        self._sums = Sums()
        self._sightings = Sightings()
        self._gauges = Gauges()
        self._sessions = Sessions()
        self._conformance = Conformance()
        self._session_rows = SessionRows()
        self._judge = Judge(self._session_rows, self._note)
        self._meanings = Meanings(self._sums, self._sightings, self._gauges)
        self._follower = Follower(
            *(self._session_rows, self._latencies, self._meanings, self._sums),
            *(voice, self._judge.unfinished),
        )
        self._parts = (
            *(self._counts, self._latencies, self._clocks, self._sums),
            *(self._sightings, self._gauges, self._meanings, self._sessions),
            self._conformance,
        )

    def add(self, heard: Heard, *, contexts: bool = False) -> Contexts:
        """Count a batch.

        Args:
            contexts: whether somebody wants to know what each event is about.

        Returns:
            For events of a pipeline or a request, by index: the root's event id, and the hash
            of what it is about. Where nobody asked, some are left out.
        """
        for fault in heard.faults:
            self._note(fault)
        if not len(heard):
            return {}
        placed = self._session_rows.place(heard.session)
        self._judge.add(heard, placed)
        self._counts.add(heard)
        self._clocks.add(heard)
        self._follower.add(heard, placed.row_of, contexts=contexts)
        return self._meanings.contexts

    def find(self, findings: Iterable[Finding]) -> None:
        """What is wrong with something that is no event: a first message."""
        for each in findings:
            self._note(each)

    def end(self, session: int) -> None:
        """A connection is over."""
        self._follower.end(session)
        self._judge.end(session)
        self._session_rows.leave(session)

    def record(self, summary: SessionSummary) -> None:
        """What came on a connection that is over or was refused."""
        self._sessions.end(summary)

    def end_all(self) -> None:
        """No connection goes on: after a crash, or when the shard stops."""
        self._follower.end_all()

    def age(self, now_us: int) -> None:
        """Give up references older than ``FOLLOW_SECONDS``; Unix microseconds."""
        self._follower.forget_before(now_us - FOLLOW_SECONDS * _SECOND_US)

    def rows(self, table: str, *, open_too: bool) -> Rows:
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
                return unflushed(table, self._meanings, self._follower, open_too=open_too)
        return self._sums.rows(table)

    def clear(self) -> None:
        """The rows were taken; what is open stays."""
        for part in self._parts:
            part.clear()

    @property
    def resume(self) -> int | None:
        """The first ``seq`` of what is still open: where reading again has to begin."""
        return min((each.values["seq"] for each in self._follower.pipelines()), default=None)

    def _note(self, finding: Finding) -> None:
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
