"""The shard's aggregates: told of every batch, flushed now and then, asked any time.

Runs on the event loop only. A flush travels with the batch of the events it counts and
is written when they are committed; until it is written its rows stay here, in flight, so
that every question sees them once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch, Finding, Rows
from tart.aggregate.core.tables import TABLES
from tart.aggregate.flush import Flush, FlushState
from tart.aggregate.keyed.sessions import OPEN, SessionSummary, session_rows
from tart.config.schema import AggregatesConfig
from tart.shard.state.nodes import Nodes
from tart.storage.aggregates.database import AggregateWriter
from tart.storage.aggregates.merged_relations import Snapshot, UnflushedRows
from tart.storage.failure_log import FailureLog
from tart.storage.store import Store

# Flushes kept in memory once the file cannot be written; there is one in half a minute.
MAX_IN_FLIGHT = 20
# So long a snapshot may serve several questions.
SNAPSHOT_SECONDS = 0.25


def decode_context_for(nodes: Nodes, directory: int) -> Callable[[int], DecodeContext]:
    """How to read what a directory's sessions say."""

    def decode_context(session: int) -> DecodeContext:
        owner = nodes.session_owners.get((directory, session))
        # Where a file that named the session was lost, its events may still be there.
        return (
            DecodeContext(owner.protocol_version, owner.cores) if owner else DecodeContext(1, None)
        )

    return decode_context


def open_aggregation(
    store: Store,
    nodes: Nodes,
    config: AggregatesConfig,
    written: Callable[[int], None],
    failed: Callable[[Exception], None],
) -> tuple[Aggregator, AggregateWriter]:
    """Bring all directories' aggregates up to their logs; go on with the shard's own.

    Args:
        nodes: has learned what the store knows of the past.
        written, failed: see ``AggregateWriter``.
    """
    own = store.directory
    flushed = 0
    for directory in store.directories:
        state = store.catch_up(directory, decode_context_for(nodes, directory))
        flushed = state.flush if directory == own else flushed
    writer = store.start_aggregate_writer(config, written, failed)
    past = store.recovered[own]
    aggregation = Aggregator(own, nodes, flushed, past.next_sequence, past.nodes, store.failures)
    return aggregation, writer


class Aggregator:
    """The aggregates of one shard's own directory.

    Args:
        flushed, through: the number of the last flush in the file, and how far it is.
        known: numbers of the nodes the file knows.
        failures: where what fails is reported. No method raises because of what a node sent.

    Attributes:
        isolation: what derived work of the shard runs in.
    """

    def __init__(
        self,
        directory: int,
        nodes: Nodes,
        flushed: int,
        through: int,
        known: Iterable[int],
        failures: FailureLog,
    ) -> None:
        self._directory = directory
        self._nodes = nodes
        self._failures = failures
        self.isolation = failures.isolation
        self._aggregates = Aggregates(
            decode_context_for(nodes, directory), isolation=self.isolation
        )
        self._last = flushed
        self._written = flushed
        self._known = set(known)
        self._through = through
        self._ended = False
        self._file_failed = False
        self._in_flight: dict[int, dict[str, UnflushedRows]] = {}
        self._cache: dict[str, tuple[float, list[UnflushedRows]]] = {}

    def add(self, batch: EventBatch, *, contexts: bool = False) -> Contexts:
        """Count a batch; see ``Aggregates.add``."""
        found: Contexts = {}
        with self.isolation.guard("aggregates", events=len(batch)):
            found = self._aggregates.add(batch, contexts=contexts)
        return found

    def find(self, findings: Iterable[Finding]) -> None:
        """See ``Aggregates.find``."""
        self._aggregates.add_findings(findings)

    def end(self, summary: SessionSummary) -> None:
        """A connection is over, or was refused."""
        self._aggregates.end_session(summary.session)
        self._aggregates.record_session(summary)
        self._ended = True

    def take(self, through: int, now_us: int) -> Flush | None:
        """What was gathered since the last flush, ``None`` if no event came.

        Args:
            through: the ``seq`` after that of the last event counted.
        """
        if through == self._through and not self._ended:
            return None
        self._through, self._ended = through, False
        self._aggregates.expire(now_us)
        rows = {table: self._rows(table) for table in TABLES}
        self._aggregates.clear()
        self._cache.clear()
        self._last += 1
        self._in_flight[self._last] = {
            table: UnflushedRows(table, some) for table, some in rows.items()
        }
        resume = self._aggregates.resume_seq
        state = FlushState(self._last, through, through if resume is None else resume, now_us)
        nodes = [
            (number, peer_id)
            for number, peer_id in self._nodes.numbers(self._directory)
            if number not in self._known
        ]
        self._known.update(number for number, _ in nodes)
        if self._file_failed:
            # Answers have the newest of them. The next start makes up the file from the log,
            # beginning where the file ends.
            while len(self._in_flight) > MAX_IN_FLIGHT:
                del self._in_flight[min(self._in_flight)]
            return None
        return Flush(state, rows, nodes, session_rows(self._open_sessions()))

    def file_failed(self) -> None:
        """The file cannot be written any more until the next start."""
        self._file_failed = True

    def written(self, flush: int) -> None:
        """A flush is in the file."""
        self._written = flush
        self._in_flight.pop(flush, None)
        self._cache.clear()

    def snapshot(self, tables: Iterable[str], now: float) -> Snapshot:
        """What is not in the file, of these tables; ``now`` in monotonic seconds."""
        return Snapshot(
            self._directory, self._written, {table: self._live(table, now) for table in tables}
        )

    def statistics(self) -> dict[str, Any]:
        """For ``/metrics`` and health."""
        return {
            **self._aggregates.statistics(),
            **self._failures.statistics(),
            "aggregate_flushes_pending": len(self._in_flight),
            "aggregates_failed": self._file_failed,
        }

    def _rows(self, table: str) -> Rows:
        """A table's rows since the last flush; none if they cannot be made."""
        rows: Rows = {name: [] for name in TABLES[table]}
        with self.isolation.guard("flush"):
            rows = self._aggregates.rows(table, include_open=False)
        return rows

    def _open_sessions(self) -> list[SessionSummary]:
        return [each.summary(None, OPEN, None) for each in self._nodes.open_sessions()]

    def _live(self, table: str, now: float) -> list[UnflushedRows]:
        made, rows = self._cache.get(table, (0.0, []))
        if not rows or now - made > SNAPSHOT_SECONDS:
            rows = [each[table] for each in self._in_flight.values()]
            rows.append(UnflushedRows(table, self._aggregates.rows(table, include_open=True)))
            if table == "sessions":
                rows.append(UnflushedRows(table, session_rows(self._open_sessions())))
            self._cache[table] = now, rows
        return rows
