"""The state of reducers: the current batch, and the tables and rows that events change.

Pure. A reducer is a function of this state and one event. It reads the event's fields,
changes the pipeline that the event belongs to, and defers its changes to tables until the
batch is complete. It returns what the event is about, for the events that will refer to it.

Fields are read at the offsets of the declaration if the frame has exactly that layout
(``EventBatch.clean``), else by the decoder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch
from tart.aggregate.core.event_columns import view
from tart.aggregate.core.transactions import BatchTransaction
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.deliveries import Deliveries
from tart.aggregate.keyed.first_seen import FirstSeen, Sighting
from tart.aggregate.keyed.gauges import Gauges
from tart.aggregate.keyed.pipelines import (
    UNFINISHED,
    PackagePipeline,
    Pipeline,
    PipelineEnd,
    PipelineState,
)
from tart.aggregate.references.open_references import Subject
from tart.errors import DecodeError
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.references import ROOT_TYPES

Fields = dict[str, Any]
Row = tuple[Any, ...]


class Reporter(NamedTuple):
    """The node that reports an event, and how to decode its connection's events."""

    node: int
    decode_context: DecodeContext


@dataclass(slots=True)
class Event:
    """One event of the current batch.

    Attributes:
        index: In the batch.
        number: Its type.
        parent: The type of the open event that it refers to, ``None`` if there is none.
        subject: What the parent is about.
    """

    index: int
    number: int
    reporter: Reporter
    parent: int | None = None
    subject: Subject = None


class ReducerState:
    """The state that reducers read and change.

    Attributes:
        batch: The current batch.
        received_at, timestamp, seq, clean: Columns of the batch, as views.
        contexts: The contexts of the batch's events, if they are wanted.
        closed: Rows of closed pipelines since the last flush, by table.
        ended: Number of closed pipelines since this object was made.
        tickets: Rows of ``tickets`` since the last flush.
        waiting: Events that only belong to a work-package and are not in its row yet: their
            indices by package and type.
        sightings: Events of the batch that show that their nodes know a block.
    """

    batch: EventBatch

    def __init__(
        self,
        counters: KeyedCounters,
        first_seen: FirstSeen,
        gauges: Gauges,
        deliveries: Deliveries,
        transaction: BatchTransaction,
    ) -> None:
        self.counters = counters
        self.first_seen = first_seen
        self.gauges = gauges
        self.deliveries = deliveries
        self.defer = transaction.defer
        self.closed: dict[str, list[Row]] = {"blocks": [], "packages": []}
        self.ended: Counter[PipelineEnd] = Counter()
        self.tickets: list[Row] = []
        self.contexts: Contexts = {}
        self.waiting: dict[PackagePipeline, dict[int, list[int]]] = {}
        self.sightings: list[Sighting] = []
        self._wants_contexts = False
        self._transaction = transaction
        # The pipelines that the batch changes, as they were before it.
        self._before: dict[Pipeline, PipelineState] = {}

    def begin(self, batch: EventBatch, *, contexts: bool = True) -> None:
        """Begin a batch.

        Args:
            batch: The events.
            contexts: Whether the contexts of events are wanted.
        """
        self.batch, self._wants_contexts = batch, contexts
        self.contexts = {}
        self.waiting.clear()
        self.sightings.clear()
        self._before.clear()
        self.clean, self.received_at = view(batch.clean), view(batch.columns.received_at)
        self.timestamp, self.seq = view(batch.columns.timestamp), view(batch.columns.seq)

    def rollback(self) -> None:
        """Undo the batch."""
        for pipeline, state in self._before.items():
            pipeline.restore(state)
        self._before.clear()
        self._transaction.rollback()
        self.contexts = {}

    def run(self, reducer: Callable[[ReducerState, Event], Subject], event: Event) -> Subject:
        """Reduce one event; if the reducer raises, its changes are undone."""
        pipeline = event.subject
        state = None
        if isinstance(pipeline, Pipeline):
            state = self.remember(pipeline)
        savepoint, sightings = self._transaction.savepoint(), len(self.sightings)
        waiting = self._copy_waiting(pipeline)
        try:
            return reducer(self, event)
        except Exception:
            self._transaction.rollback(savepoint)
            del self.sightings[sightings:]
            self.contexts.pop(event.index, None)
            if isinstance(pipeline, Pipeline) and state is not None:
                pipeline.restore(state)
            if isinstance(pipeline, PackagePipeline):
                self.waiting.pop(pipeline, None)
                self.waiting.update(waiting)
            raise

    def remember(self, pipeline: Pipeline) -> PipelineState:
        """Return a copy of a pipeline's state; the first of a batch is what a rollback restores."""
        state = pipeline.state()
        self._before.setdefault(pipeline, state)
        return state

    def _copy_waiting(self, pipeline: Subject) -> dict[PackagePipeline, dict[int, list[int]]]:
        """Return the events that wait for a work-package."""
        if not isinstance(pipeline, PackagePipeline) or pipeline not in self.waiting:
            return {}
        by_type = self.waiting[pipeline]
        return {pipeline: {number: indices[:] for number, indices in by_type.items()}}

    # --- Reading ----------------------------------------------------------------------

    def fields(self, event: Event) -> Fields | None:
        """Return an event's fields, ``None`` if they cannot be decoded."""
        context = event.reporter.decode_context
        try:
            return decode_event(
                event.number,
                self.batch.contents[event.index][HEADER_BYTES:],
                version=context.version,
                cores=context.cores,
                dialect=context.dialect,
            ).fields
        except DecodeError:  # Stored by a release that accepted more.
            return None

    def payload(self, event: Event) -> bytes:
        """Return an event's payload."""
        return self.batch.contents[event.index][HEADER_BYTES:]

    # --- Changes ----------------------------------------------------------------------

    def count_failure(self, event: Event, fields: Fields | None) -> None:
        """Count the failure that an event reports, with the reason in its fields."""
        reason = str(fields.get("reason", "")) if fields else ""
        received_at = self.received_at[event.index]
        self.defer(
            self.counters.add_failures,
            received_at,
            received_at,
            event.reporter.node,
            event.number,
            reason,
        )

    def add_first_seen(self, event: Event, slot: int | None, block: bytes) -> None:
        """Record that the node knows a block."""
        index = event.index
        self.sightings.append(
            Sighting(
                index,
                self.received_at[index],
                event.reporter.node,
                block,
                slot,
                event.number,
                self.timestamp[index],
            )
        )

    def inherit(self, event: Event) -> Subject:
        """Add an event to the pipeline or request of its parent."""
        if isinstance(event.subject, Pipeline):
            self.record_event(event, event.subject)
            return event.subject
        if self._wants_contexts and event.parent is not None and event.parent in ROOT_TYPES:
            self.contexts[event.index] = int(self.batch.columns.ref[event.index]), None
        return None

    def record_event(self, event: Event, pipeline: Pipeline) -> None:
        """Record an event of a pipeline."""
        index = event.index
        pipeline.record_event(self.seq[index], self.received_at[index])
        self.set_contexts([index], pipeline)

    def set_contexts(self, indices: list[int], pipeline: Pipeline) -> None:
        """Give events the context of their pipeline."""
        if self._wants_contexts:
            self.contexts.update(dict.fromkeys(indices, (pipeline.values["root"], pipeline.hash)))

    def opening_values(self, event: Event) -> Fields:
        """Return the values with which an event opens a pipeline."""
        index, columns = event.index, self.batch.columns
        return {
            "started_at": self.received_at[index],
            "node": event.reporter.node,
            "session": int(columns.session[index]),
            "seq": self.seq[index],
            "root": int(columns.event_id[index]),
            "kind": event.number,
            "outcome": UNFINISHED,
            "started": self.timestamp[index],
        }

    def close_if_done(self, pipeline: Pipeline) -> None:
        """Close a pipeline that is complete, when the batch is."""
        if pipeline.done and not pipeline.written:
            row = pipeline.row()
            pipeline.written = True
            self.defer(self._add_closed, pipeline.table, row, pipeline.end())

    def close(self, pipeline: Pipeline) -> None:
        """Close a pipeline in its current state, at once."""
        if not pipeline.written:
            row = pipeline.row()
            pipeline.written = True
            self._add_closed(pipeline.table, row, pipeline.end())

    def _add_closed(self, table: str, row: Row, end: PipelineEnd) -> None:
        self.closed[table].append(row)
        self.ended[end] += 1


Reducer = Callable[[ReducerState, Event], Subject]
