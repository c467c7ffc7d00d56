"""The aggregates of one shard: every batch is added, rows are flushed, queries read both.

Runs on the event loop only. The slots and cores that the events of a batch inherit are filled in
at once, for the event log stores them. The batch is counted later, together with others
(``aggregate.core.waiting_events``): after a quarter of a second, or three quarters if they are
few, when a commit was handed over, or before figures or a flush are needed (``count``). While live
events are subscribed to, references are followed at once: their contexts are needed.

A flush travels with the batch of the events that it counts, and is written once they are
committed. Until then its rows stay here, in flight, so that every query sees them exactly once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch, Finding, Rows
from tart.aggregate.core.tables import TABLES
from tart.aggregate.core.waiting_events import WaitingEvents
from tart.aggregate.flush import Flush, FlushState
from tart.aggregate.keyed.sessions import OPEN, SessionSummary, session_rows
from tart.aggregate.rules.conformance_checks import handshake_findings
from tart.config.schema import AggregatesConfig
from tart.query.shard_queries.network import NetworkCounts
from tart.shard.state.nodes import Nodes, Session
from tart.storage.aggregates.database import AggregateWriter
from tart.storage.aggregates.merged_relations import Snapshot, UnflushedRows
from tart.storage.failure_log import FailureLog
from tart.storage.store import Store

# The limit of flushes in memory while the file cannot be written; one is made in half a minute.
MAX_IN_FLIGHT = 20
# The time for which a snapshot serves several queries.
SNAPSHOT_SECONDS = 0.25
# The time for which events wait to be counted with others: many, and few. A count takes some ten
# milliseconds besides its events, a tenth of what 64 nodes cost if it came four times a second.
COUNT_SECONDS = 0.25
QUIET_COUNT_SECONDS = 0.75
# The number of waiting events that are many.
_MANY_EVENTS = 8_192
# Above this number of waiting events, totals of the process do not have them counted first: a
# count takes ten milliseconds of the event loop besides what it takes for each event.
COUNTED_FOR_TOTALS = 1024
# The number of waiting events whose count takes longer than a commit should wait: some 5 ms.
_LONG_COUNT_EVENTS = 2_048
# The further time until no commit is waited for any more (``count_if_due``).
_GRACE_SECONDS = 0.1


def decode_context_for(nodes: Nodes, directory: int) -> Callable[[int], DecodeContext]:
    """Return a function from a directory's session numbers to what decodes their events."""

    def decode_context(session: int) -> DecodeContext:
        # Unknown where the file that named the session was lost and its events were not.
        owner = nodes.session_owners[directory, session]
        return DecodeContext(
            owner.protocol_version, owner.cores, owner.dialect, owner.started_at, owner.slot_seconds
        )

    return decode_context


def open_aggregator(
    store: Store,
    nodes: Nodes,
    config: AggregatesConfig,
    written: Callable[[int], None],
    failed: Callable[[Exception], None],
) -> tuple[Aggregator, AggregateWriter]:
    """Bring the aggregates of all directories up to their event logs.

    Args:
        store: The open store.
        nodes: Has recovered what the store holds.
        config: The settings of aggregates.
        written: See ``AggregateWriter``.
        failed: See ``AggregateWriter``.

    Returns:
        The aggregator of the shard's own directory, and the writer of its file.
    """
    own = store.directory
    flushed = 0
    for directory in store.directories:
        state = store.catch_up(directory, decode_context_for(nodes, directory))
        flushed = state.flush if directory == own else flushed
    writer = store.start_aggregate_writer(config, written, failed)
    past = store.recovered[own]
    aggregator = Aggregator(own, nodes, flushed, past.next_sequence, past.nodes, store.failures)
    return aggregator, writer


class Aggregator:
    """The aggregates of one shard's own directory. No method raises because of a node's bytes.

    Args:
        directory: The shard's own directory.
        nodes: The shard's nodes.
        flushed: The number of the last flush in the file.
        next_seq: The ``seq`` after that of the last event that the file counts.
        known: Numbers of the nodes in the file.
        failures: Records failures.

    Attributes:
        isolation: Guards all work of the shard that is derived from events.
        before_long_count: Called before figures make many events be counted at once, which holds
            the event loop; hands the open batch to the writer.
    """

    def __init__(
        self,
        directory: int,
        nodes: Nodes,
        flushed: int,
        next_seq: int,
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
        self._last_flush = flushed
        self._written_flush = flushed
        self._known_nodes = set(known)
        self._next_seq = next_seq
        self._session_ended = False
        self._file_failed = False
        # Events whose references were followed on arrival; they came before those in ``_waiting``.
        self._followed = WaitingEvents()
        self._waiting = WaitingEvents()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_since = 0.0
        self.before_long_count: Callable[[], None] = lambda: None
        self._in_flight: dict[int, dict[str, UnflushedRows]] = {}
        self._cache: dict[str, tuple[float, list[UnflushedRows]]] = {}

    def inherit(self, batch: EventBatch) -> None:
        """Fill the slots and cores that events inherit into a batch, before it is written."""
        self._aggregates.inherit(batch)

    def add(self, batch: EventBatch, *, contexts: bool = False) -> Contexts:
        """Count a batch soon.

        Args:
            batch: The events, after ``inherit``.
            contexts: Whether the contexts of the batch's events are needed, by index; then its
                references are followed now. See ``Aggregates.follow``.
        """
        known: Contexts = {}
        if contexts:
            if self._waiting:
                # References are followed in order of arrival.
                self.count()
            self._followed.add(batch)
            with self.isolation.guard("aggregates", events=len(batch)):
                known = self._aggregates.follow(batch, contexts=True)
        else:
            self._waiting.add(batch)
        if self._waiting.full or self._followed.full:
            self.count()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._waiting_since = loop.time()
            self._timer = loop.call_later(QUIET_COUNT_SECONDS + _GRACE_SECONDS, self.count)
        return known

    def count_if_due(self) -> None:
        """Count the events that wait if they have waited long enough for their number.

        Called when a batch was handed over, so that the next one is not held up by counting.
        """
        if self._timer is None:
            return
        many = self.waiting_events >= _MANY_EVENTS
        longest = COUNT_SECONDS if many else QUIET_COUNT_SECONDS
        if asyncio.get_running_loop().time() >= self._waiting_since + longest:
            self.count()

    @property
    def waiting_events(self) -> int:
        """Return the number of events that wait to be counted."""
        return self._followed.events + self._waiting.events

    def _count_few(self) -> None:
        """Count the events that wait if they are few; many are counted soon in any case."""
        if self.waiting_events <= COUNTED_FOR_TOTALS:
            self.count()

    def _count_for_figures(self) -> None:
        if self.waiting_events >= _LONG_COUNT_EVENTS:
            self.before_long_count()
        self.count()

    def count(self) -> None:
        """Count the events that wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for waiting, count in (
            (self._followed, self._aggregates.count),
            (self._waiting, self._aggregates.add),
        ):
            if waiting:
                with self.isolation.guard("aggregates", events=waiting.events):
                    count(waiting.take())

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """Count findings, after those about events that came before them."""
        self.count()
        self._aggregates.add_findings(findings)

    def check_handshake(self, session: Session) -> None:
        """Count findings about a connection's node information."""
        information = session.connection.node
        assert information is not None
        assert session.node_number is not None
        with self.isolation.guard("findings", session=session.number):
            self.add_findings(
                handshake_findings(
                    information,
                    session.opened_at,
                    session.node_number,
                    session.number,
                    session.connection.node_content,
                )
            )

    def end_session(self, summary: SessionSummary) -> None:
        """Record that a connection ended or was refused."""
        self.count()
        self._aggregates.end_session(summary.session)
        self._aggregates.record_session(summary)
        self._session_ended = True

    def take_flush(self, next_seq: int, now_us: int) -> Flush | None:
        """Take the rows gathered since the last flush, ``None`` if no event came.

        Args:
            next_seq: The ``seq`` after that of the last event counted.
            now_us: Unix microseconds.
        """
        if next_seq == self._next_seq and not self._session_ended:
            return None
        self.count()
        self._next_seq, self._session_ended = next_seq, False
        self._aggregates.expire(now_us)
        rows = {table: self._rows(table) for table in TABLES}
        self._aggregates.clear()
        self._cache.clear()
        self._last_flush += 1
        self._in_flight[self._last_flush] = {
            table: UnflushedRows(table, columns) for table, columns in rows.items()
        }
        replay_from_seq = self._aggregates.replay_from_seq
        state = FlushState(
            flush=self._last_flush,
            next_seq=next_seq,
            replay_from_seq=next_seq if replay_from_seq is None else replay_from_seq,
            taken_at=now_us,
        )
        nodes = [
            (number, peer_id)
            for number, peer_id in self._nodes.numbers(self._directory)
            if number not in self._known_nodes
        ]
        self._known_nodes.update(number for number, _ in nodes)
        if self._file_failed:
            # Queries read the newest flushes from memory. The next start rebuilds the rest of
            # the file from the event log, from where the file ends.
            while len(self._in_flight) > MAX_IN_FLIGHT:
                del self._in_flight[min(self._in_flight)]
            return None
        return Flush(state, rows, nodes, session_rows(self._open_sessions()))

    def stop_writing(self) -> None:
        """Record that the file cannot be written until the next start."""
        self._file_failed = True

    def record_written(self, flush: int) -> None:
        """Record that a flush is in the file."""
        self._written_flush = flush
        self._in_flight.pop(flush, None)
        self._cache.clear()

    def snapshot(self, tables: Iterable[str], now: float) -> Snapshot:
        """Return the rows of tables that are not in the file; ``now`` in monotonic seconds."""
        return Snapshot(
            self._directory,
            self._written_flush,
            {table: self._unflushed(table, now) for table in tables},
        )

    def totals(self) -> NetworkCounts:
        """Return what was counted since this process started, without what it recovered.

        Under load the events are missing that wait to be counted (``COUNT_SECONDS``).
        """
        self._count_few()
        return self._aggregates.totals()

    def problem_totals(self) -> tuple[int, int]:
        """Return the numbers of failures and of findings since this process started.

        Under load the events are missing that wait to be counted (``COUNT_SECONDS``).
        """
        self._count_few()
        return self._aggregates.problem_totals()

    def statistics(self) -> dict[str, Any]:
        """Return figures for ``/metrics`` and health."""
        waiting = self.waiting_events
        self._count_few()
        return {
            **self._aggregates.statistics(),
            "aggregate_events_waiting": waiting,
            **self._failures.statistics(),
            "aggregate_flushes_pending": len(self._in_flight),
            "aggregates_failed": self._file_failed,
        }

    def _rows(self, table: str) -> Rows:
        """Return a table's rows since the last flush; none if making them fails."""
        rows: Rows = {name: [] for name in TABLES[table]}
        with self.isolation.guard("flush"):
            rows = self._aggregates.rows(table, include_open=False)
        return rows

    def _open_sessions(self) -> list[SessionSummary]:
        return [each.summary(None, OPEN, None) for each in self._nodes.open_sessions()]

    def _unflushed(self, table: str, now: float) -> list[UnflushedRows]:
        made_at, rows = self._cache.get(table, (0.0, []))
        if not rows or now - made_at > SNAPSHOT_SECONDS:
            self._count_for_figures()
            rows = [flush[table] for flush in self._in_flight.values()]
            rows.append(UnflushedRows(table, self._aggregates.rows(table, include_open=True)))
            if table == "sessions":
                rows.append(UnflushedRows(table, session_rows(self._open_sessions())))
            self._cache[table] = now, rows
        return rows
