"""The reference tracker: resolves references between events as they arrive.

Pure. Each connection has its *open* events, by event id: those that later events may still
refer to. An event that refers to an open event, its *parent*, gives a duration (its timestamp
minus the parent's, both of the node's clock) and belongs to the parent's pipeline. The
reducers (``reducers``, ``requests``) derive everything else.

A batch is processed as a whole: its events are opened, its references resolved, durations
counted. Only events that may belong to a pipeline, or that have a reducer, are then reduced
one by one: a sixth of the events of a full network. The result is the same as if the events
had been processed one after another.

- An id is resolved only within its own connection: equal ids of two nodes, or of a node
  before and after a reconnect, never meet. An event cannot refer to a later one.
- The end of a request or another attempt closes it (``rules.terminal_events``). All other
  events stay open until they are older than ``FOLLOW_SECONDS`` or too many are open: the
  oldest of the connection are closed first, and counted as evicted.
- A stream of block announcements may last as long as its connection, so the event that opens
  it does not expire. Its end names it from protocol version 1 on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.columnar.counters import (
    REFERENCE_STEPS,
    STEP_INDEX,
    LatencyHistograms,
)
from tart.aggregate.columnar.session_rows import SessionRows
from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch, Rows, kind_mask
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.isolation import Failure, Isolation
from tart.aggregate.core.transactions import BatchTransaction
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.deliveries import Deliveries
from tart.aggregate.keyed.pipelines import PIPELINE_ROOTS, PackagePipeline, Pipeline, PipelineEnd
from tart.aggregate.references.audits import Audits
from tart.aggregate.references.batch_reducers import BATCH_KINDS, BatchReducers
from tart.aggregate.references.durations import Durations
from tart.aggregate.references.finalizations import Finalizations
from tart.aggregate.references.open_references import NEVER, NO_ENTRY, OpenReferences
from tart.aggregate.references.reducer_state import Event, Fields, Reporter
from tart.aggregate.references.reducers import JOINING_KINDS, REDUCERS, Reducers
from tart.aggregate.rules.terminal_events import TERMINAL_KINDS
from tart.protocol.dialects import Dialect
from tart.protocol.events import EventKind

# Open events expire at this age.
FOLLOW_SECONDS = 600
# An eighth of ``per_session`` is freed in advance.
_SPARE_DIVISOR = 8
_NO_STEP = -1

_TERMINAL = kind_mask(TERMINAL_KINDS)
_PARENTS = kind_mask(parent for parent, _ in REFERENCE_STEPS)
_CHILDREN = kind_mask(child for _, child in REFERENCE_STEPS)
# By the types of the parent and of the event that refers to it: the index in ``STEPS``.
_STEP_INDEX = np.full((256, 256), _NO_STEP, np.int16)
for _parent, _child in REFERENCE_STEPS:
    _STEP_INDEX[_parent, _child] = STEP_INDEX[_parent, _child]


# The types that are reduced one by one.
_REDUCED = kind_mask((REDUCERS.keys() | JOINING_KINDS) - BATCH_KINDS)
_ROOTS = kind_mask(PIPELINE_ROOTS)


@dataclass(frozen=True)
class ReferenceLimits:
    """Bounds of the number of open events between two batches; about 100 bytes each.

    A connection that exceeds a bound loses its oldest open events, and an eighth of
    ``per_session`` more than necessary, since finding them takes a pass over all.
    """

    per_session: int = 4_096
    total: int = 400_000


class _References(NamedTuple):
    """The resolved references of a batch.

    Attributes:
        parents: The entry of each event's parent, or ``NO_ENTRY``.
        ended: Entries of attempts that end in the batch.
        timed: Indices of the events whose parent is open.
        step: The step of each timed event, as an index into ``STEPS``.
        duration_us: The duration of each timed event by the node's clock.
        unresolved: Number of events whose parent is not open, by type.
    """

    parents: Array
    ended: Array
    timed: Array
    step: Array
    duration_us: Array
    unresolved: dict[int, int]


class ReferenceTracker:
    """Tracks the references of one shard's connections.

    Args:
        sessions: The rows of the connections.
        latencies: Where durations are counted.
        reducers: Reduce events one by one.
        counters: Where ``batch_reducers`` counts events of a batch.
        deliveries: Where it counts guarantees and assurances on their way to all nodes.
        decode_context: Returns the decode context of a session.
        on_unfinished: Called with the columns of a pipeline that has no end, and whether its
            connection ended.
        transaction: Defers the changes of a batch until it is complete.
        isolation: Counts failures.

    Attributes:
        evicted: Number of events closed because of ``limits``.
        unresolved: Number of events whose parent was not open, by type.
    """

    _batch: EventBatch

    def __init__(
        self,
        *,
        sessions: SessionRows,
        latencies: LatencyHistograms,
        reducers: Reducers,
        counters: KeyedCounters,
        deliveries: Deliveries,
        decode_context: Callable[[int], DecodeContext],
        on_unfinished: Callable[[dict[str, Any], bool], None],
        transaction: BatchTransaction,
        isolation: Isolation,
        limits: ReferenceLimits,
    ) -> None:
        self._sessions = sessions
        self._on_unfinished = on_unfinished
        self._latencies = latencies
        self._reducers = reducers
        self._decode_context = decode_context
        self._open = OpenReferences()
        self._batch_reducers = BatchReducers(
            counters,
            deliveries,
            self._open,
            transaction,
            self._fields,
            self._count_failure,
            self._cores_of,
            self._reducers.see,
        )
        self._audits = Audits()
        self._finalizations = Finalizations()
        self._transaction = transaction
        self._isolation = isolation
        self._limits = limits
        self._reporters: dict[int, Reporter] = {}
        self._arrived = 0
        self.evicted = 0
        self.unresolved: Counter[int] = Counter()

    def add(self, batch: EventBatch, row_of: Array, *, contexts: bool = False) -> Contexts:
        """Process a batch.

        If this raises, the batch has changed nothing and may be tried again in parts.

        Args:
            batch: The events of each connection are in order of arrival.
            row_of: The connection's row of each event.
            contexts: Whether to return the context of every event that has one.

        Returns:
            The contexts of events; see ``Aggregates.add``.
        """
        self._batch = batch
        arrived = np.arange(self._arrived, self._arrived + len(batch))
        self._arrived += len(batch)
        own = self._open_events(row_of, arrived)
        try:
            references = self._resolve(row_of, arrived)
            parents, by_kind = references.parents, _indices_by_kind(batch.columns.type)
            self._reducers.begin(batch, contexts=contexts)
            self._batch_reducers.set_subjects(batch, own, parents, by_kind)
            self._reduce_each(own, parents, contexts=contexts)
            self._batch_reducers.count(parents, by_kind)
            self._reducers.finish()
            if contexts:
                others = np.flatnonzero(~_REDUCED[batch.columns.type])
                self._reducers.add_contexts(*self._batch_reducers.known_subjects(others, parents))
        except Exception:
            self._reducers.rollback()
            self._open.remove(own[own != NO_ENTRY])
            raise
        self._commit(references)
        return self._reducers.contexts

    def _commit(self, references: _References) -> None:
        """Apply the changes of a batch. A failure here is recorded and not tried again."""
        self._transaction.commit(self._isolation)
        with self._isolation.guard("latencies", events=len(references.timed)):
            self._count_durations(references)
        with self._isolation.guard("audits"):
            self._count_ended(self._audits.add(self._batch))
        with self._isolation.guard("finality"):
            self._count_ended(self._finalizations.add(self._batch))
        self.unresolved.update(references.unresolved)
        if len(references.ended):
            with self._isolation.guard("references"):
                self._open.remove(references.ended)
        with self._isolation.guard("references"):
            self._evict()

    def _open_events(self, row_of: Array, arrived: Array) -> Array:
        """Open the batch's events; return the entry of each, or ``NO_ENTRY``."""
        events = self._batch.columns
        own = np.full(len(events), NO_ENTRY)
        indices = np.flatnonzero(_PARENTS[events.type])
        own[indices] = self._open.add(
            row_of[indices],
            events.event_id[indices],
            events.type[indices],
            events.timestamp[indices],
            events.received_at[indices],
            arrived[indices],
        )
        return own

    def _resolve(self, row_of: Array, arrived: Array) -> _References:
        """Resolve the batch's references; one to a type that JIP-3 does not name has no parent."""
        events, opened = self._batch.columns, self._open
        referring = np.flatnonzero(_CHILDREN[events.type] & events.has_ref)
        kind, position = events.type[referring], arrived[referring]
        entries = opened.find(row_of[referring], events.ref[referring])
        entries[opened.arrived[entries] >= position] = NO_ENTRY
        step = _STEP_INDEX[opened.number[entries], kind]
        step[entries == NO_ENTRY] = _NO_STEP
        terminal = np.flatnonzero(_TERMINAL[kind] & (step != _NO_STEP))
        ends = opened.first_positions(entries[terminal], position[terminal], entries)
        ended = entries[terminal[ends[terminal] == position[terminal]]]
        # Events after the end of their parent do not resolve.
        late = position > ends
        entries[late], step[late] = NO_ENTRY, _NO_STEP
        counts = np.bincount(kind[entries == NO_ENTRY])
        unresolved = {number: int(counts[number]) for number in np.flatnonzero(counts).tolist()}
        # The subject of a parent of another type has no meaning for the event.
        entries[step == _NO_STEP] = NO_ENTRY
        parents = np.full(len(events), NO_ENTRY)
        parents[referring] = entries
        timed = np.flatnonzero(step != _NO_STEP)
        duration = events.timestamp[referring[timed]] - opened.timestamp[entries[timed]]
        return _References(
            parents,
            ended,
            timed=referring[timed],
            step=step[timed].astype(np.intp),
            duration_us=duration.view(np.int64),
            unresolved=unresolved,
        )

    def _count_durations(self, references: _References) -> None:
        timed = references.timed
        if len(timed):
            events = self._batch.columns
            self._latencies.add(
                events.received_at[timed],
                events.node[timed],
                references.step,
                references.duration_us,
            )

    def _count_ended(self, ended: Durations) -> None:
        if len(ended.indices):
            events = self._batch.columns
            self._latencies.add(
                events.received_at[ended.indices],
                events.node[ended.indices],
                ended.step,
                ended.duration_us,
            )

    def _reduce_each(self, own: Array, parents: Array, *, contexts: bool) -> None:
        """Reduce the events of the types in ``_REDUCED``, one by one."""
        events, opened, isolation = self._batch.columns, self._open, self._isolation
        indices = np.flatnonzero(_REDUCED[events.type])
        entries, own_entries = parents[indices], own[indices]
        opened.expect_subjects(own_entries[own_entries != NO_ENTRY])
        subjects, wait = opened.subjects, self._reducers.wait
        for index, kind, session, entry, parent, own_entry in zip(
            indices.tolist(),
            events.type[indices].tolist(),
            events.session[indices].tolist(),
            entries.tolist(),
            opened.number[entries].tolist(),
            own_entries.tolist(),
            strict=True,
        ):
            try:
                if isolation.inject is not None:
                    isolation.inject("events")
                subject = None if entry == NO_ENTRY else subjects[entry]
                if kind in JOINING_KINDS and isinstance(subject, PackagePipeline):
                    wait(subject, kind, index)
                elif contexts or kind not in JOINING_KINDS:
                    parent = None if entry == NO_ENTRY else parent
                    event = Event(index, kind, self._reporter(index, session), parent, subject)
                    subject = self._reducers.reduce(event)
                else:
                    subject = None
            except Exception as error:
                seq = int(events.seq[index])
                isolation.record(Failure("events", error, 1, session, kind, seq))
                subject = None
            if own_entry != NO_ENTRY:
                subjects[own_entry] = subject

    def end_session(self, session: int) -> None:
        """Close the open events of a connection that has ended."""
        self._reporters.pop(session, None)
        row = self._sessions.get(session)
        if row is not None:
            self._close(self._open.of_row(row), cut_short=True)

    def end_all_sessions(self) -> None:
        """Close the open events of all connections."""
        self._reporters.clear()
        self._close(self._open.before(NEVER), cut_short=True)

    def expire_before(self, received_at: int) -> None:
        """Close events that are older; Unix microseconds."""
        old = self._open.before(received_at)
        streams = self._open.number[old] == EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED
        self._close(old[~streams], cut_short=False)

    def pipelines(self) -> Iterator[Pipeline]:
        """Yield the open pipelines."""
        for entry in self._open.of_kinds(_ROOTS).tolist():
            subject = self._open.subjects[entry]
            if isinstance(subject, Pipeline):
                yield subject

    def rows(self, table: str, *, include_open: bool) -> Rows:
        """Return the rows of closed pipelines, and on demand those of open ones."""
        return self._reducers.rows(table, list(self.pipelines()) if include_open else [])

    @property
    def ended(self) -> Mapping[PipelineEnd, int]:
        """Return the number of closed pipelines since this object was made."""
        return self._reducers.ended

    @property
    def open_count(self) -> int:
        """Return the number of open events."""
        return len(self._open)

    def _evict(self) -> None:
        """Close the oldest events of connections that exceed the limits."""
        limits = self._limits
        row, count = self._open.fullest()
        while count > limits.per_session or len(self._open) > limits.total:
            allowed = min(count - 1, limits.per_session - limits.per_session // _SPARE_DIVISOR)
            oldest = self._open.of_row(row)[: count - allowed]
            self.evicted += len(oldest)
            self._close(oldest)
            row, count = self._open.fullest()

    def _close(self, entries: Array, *, cut_short: bool | None = None) -> None:
        """Close events and their pipelines.

        Args:
            entries: In ``OpenReferences``.
            cut_short: Whether the connection ended, for pipelines without an end; ``None``
                does not report them.
        """
        opened = self._open
        for entry in entries[_ROOTS[opened.number[entries]]].tolist():
            pipeline = opened.subjects[entry]
            if (
                cut_short is not None
                and isinstance(pipeline, Pipeline)
                and self._is_unfinished(pipeline)
            ):
                with self._isolation.guard("conformance"):
                    self._on_unfinished(pipeline.values, cut_short)
            with self._isolation.guard("pipelines"):
                self._reducers.close(pipeline)
        if len(entries):
            opened.remove(entries)

    def _is_unfinished(self, pipeline: Pipeline) -> bool:
        """Return whether the end of a pipeline is missing, though its node's references resolve."""
        session = pipeline.values["session"]
        dialect = self._decode_context(session).dialect
        return pipeline.unfinished and dialect is Dialect.STANDARD

    def _reporter(self, index: int, session: int) -> Reporter:
        reporter = self._reporters.get(session)
        if reporter is None:
            node = int(self._batch.columns.node[index])
            reporter = self._reporters[session] = Reporter(node, self._decode_context(session))
        return reporter

    def _event(self, index: int) -> Event:
        columns = self._batch.columns
        kind, session = int(columns.type[index]), int(columns.session[index])
        return Event(index, kind, self._reporter(index, session))

    def _fields(self, index: int) -> Fields | None:
        return self._reducers.fields(self._event(index))

    def _cores_of(self, index: int) -> int | None:
        """Return the number of cores by the parameters of the node that sent an event."""
        return self._event(index).reporter.decode_context.cores

    def _count_failure(self, index: int) -> None:
        self._reducers.count_failure(self._event(index))


def _indices_by_kind(kinds: Array) -> Mapping[int, Array]:
    """Return the indices of events by type, in order."""
    order = np.argsort(kinds, kind="stable")
    counts = np.bincount(kinds)
    ends = np.cumsum(counts)
    return {
        kind: order[ends[kind] - counts[kind] : ends[kind]]
        for kind in np.flatnonzero(counts).tolist()
    }
