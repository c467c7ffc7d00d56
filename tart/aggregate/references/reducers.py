"""The table of reducers, and their use on the events of a batch.

Pure. ``REDUCERS`` has one entry for every event type that is reduced alone: pipelines,
failures with their reasons, links between nodes, gauges, roles. Types that come in large numbers
are reduced by the batch (``requests``). All other types only belong to the pipeline of the event
they refer to, and are counted by ``columnar.counters``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tart.aggregate.core.event_batch import Contexts, EventBatch, Rows
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.failure_events import FAILURES
from tart.aggregate.core.grouping import to_bytes
from tart.aggregate.core.tables import columns
from tart.aggregate.core.transactions import BatchTransaction
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.deliveries import Deliveries
from tart.aggregate.keyed.first_seen import FirstSeen, Sighting
from tart.aggregate.keyed.gauges import Gauges
from tart.aggregate.keyed.pipelines import PackagePipeline, Pipeline, PipelineEnd
from tart.aggregate.references import (
    block_reducers,
    package_reducers,
    peer_message_reducers,
    role_reducers,
    status_reducers,
)
from tart.aggregate.references.inherited_values import pipeline_kinds
from tart.aggregate.references.open_references import Subject
from tart.aggregate.references.reducer_state import Event, Fields, Reducer, ReducerState


def _reduce_failure(state: ReducerState, event: Event) -> Subject:
    state.count_failure(event, state.fields(event))
    return state.inherit(event)


REDUCERS: Mapping[int, Reducer] = {
    **role_reducers.REDUCERS,
    **dict.fromkeys(FAILURES, _reduce_failure),
    **status_reducers.REDUCERS,
    **block_reducers.REDUCERS,
    **package_reducers.REDUCERS,
    **peer_message_reducers.REDUCERS,
}
# The types that only belong to their parent's pipeline, if that is a work-package.
JOINING_KINDS = pipeline_kinds() - REDUCERS.keys()
# By event type; a type without a reducer inherits its parent's pipeline.
BY_TYPE = [REDUCERS.get(number, ReducerState.inherit) for number in range(256)]


class Reducers:
    """Reduces events, one at a time, of one batch after another."""

    def __init__(
        self,
        counters: KeyedCounters,
        first_seen: FirstSeen,
        gauges: Gauges,
        deliveries: Deliveries,
        transaction: BatchTransaction,
    ) -> None:
        self._state = ReducerState(counters, first_seen, gauges, deliveries, transaction)

    @property
    def contexts(self) -> Contexts:
        """Return the contexts of the batch's events."""
        return self._state.contexts

    @property
    def ended(self) -> Mapping[PipelineEnd, int]:
        """Return the number of closed pipelines since this object was made."""
        return self._state.ended

    def begin(self, batch: EventBatch, *, contexts: bool) -> None:
        """Begin a batch; see ``ReducerState.begin``."""
        self._state.begin(batch, contexts=contexts)

    def reduce(self, event: Event) -> Subject:
        """Reduce an event; if this raises, the event has changed nothing.

        Returns:
            What the event is about, for the events that will refer to it.
        """
        return self._state.run(BY_TYPE[event.number], event)

    def wait(self, package: PackagePipeline, number: int, index: int) -> None:
        """Count an event of one of ``JOINING_KINDS`` for its work-package, with others."""
        package_reducers.wait(self._state, package, number, index)

    def see(self, sightings: Iterable[Sighting]) -> None:
        """Take events that show that their nodes know a block."""
        self._state.sightings.extend(sightings)

    def finish(self) -> None:
        """Complete a batch; its changes to tables remain deferred."""
        state = self._state
        package_reducers.count_waiting(state)
        if state.sightings:
            state.defer(state.first_seen.add_all, state.sightings[:])

    def rollback(self) -> None:
        """Undo a batch that failed."""
        self._state.rollback()

    def fields(self, event: Event) -> Fields | None:
        """Return an event's fields, ``None`` if they cannot be decoded."""
        return self._state.fields(event)

    def count_failure(self, event: Event) -> None:
        """Count the failure that an event reports."""
        self._state.count_failure(event, self._state.fields(event))

    def add_contexts(self, indices: Array, hashes: Array) -> None:
        """Add the contexts of events that refer to a request or an assurance."""
        refs = self._state.batch.columns.ref[indices].tolist()
        contexts = zip(refs, to_bytes(hashes), strict=True)
        self._state.contexts.update(zip(indices.tolist(), contexts, strict=True))

    def close(self, subject: Subject) -> None:
        """Close a pipeline that no later event will change."""
        if isinstance(subject, Pipeline):
            self._state.close(subject)

    def rows(self, table: str, still_open: Iterable[Pipeline]) -> Rows:
        """Return the rows of closed pipelines, and those of open ones in their current state."""
        if table == "tickets":
            return columns(table, self._state.tickets)
        open_rows = [
            pipeline.row()
            for pipeline in still_open
            if pipeline.table == table and not pipeline.written
        ]
        return columns(table, self._state.closed[table] + open_rows)

    def clear(self) -> None:
        """Remove all rows."""
        for closed in self._state.closed.values():
            closed.clear()
        self._state.tickets.clear()
