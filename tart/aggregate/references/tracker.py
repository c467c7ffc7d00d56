"""References followed as events arrive: who began what an event ends, and how long ago.

Pure. Each connection keeps the events that later ones may still refer to: its open
roots, by event id. An event that refers to one gives a duration (its timestamp less the
root's, both of the node's clock) and belongs to its pipeline; ``meaning`` and ``requests``
say what else is learned.

A batch is followed as a whole: its roots are opened, its references found, durations
counted. Only what may belong to a pipeline, or tells more than can be counted by the batch,
is then looked at by itself: a sixth of what a full network says. What comes out is what one
event after the other would have given.

- An id is looked up only in its own connection: equal ids of two nodes, or of a node
  before and after a reconnect, never meet. What comes later than an event is not known to it.
- What ends a request takes its root away. Everything else waits until it is too old
  (``FOLLOW_SECONDS``) or there are too many (``MAX_OPEN``): the connection's oldest go
  first, and are counted.
- A stream of block announcements (60) may last as long as its connection, so its root does
  not grow too old. Its end (61) names it from protocol version 1 on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.columnar.counters import STEP_OF, STEPS, Latencies
from tart.aggregate.columnar.session_rows import SessionRows
from tart.aggregate.core.event_batch import Contexts, DecodeContext, EventBatch, Rows, kind_mask
from tart.aggregate.core.event_columns import Array
from tart.aggregate.core.isolation import Failure, Isolation
from tart.aggregate.core.transactions import Pending
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.pipelines import Pipeline
from tart.aggregate.references.open_references import NOWHERE, OpenReferences
from tart.aggregate.references.peer_message_reducers import Root, Speaker
from tart.aggregate.references.reducers import MEANINGS, PIPELINE_ROOTS, Reducers
from tart.aggregate.references.requests import COUNTED, Requests
from tart.protocol.events import EVENTS

FOLLOW_SECONDS = 600
# Of one connection, and of all of a shard, between two batches; about 60 bytes each. Who has
# more loses the oldest, some more than need be: finding them takes a look at all.
MAX_OPEN = 4_096
MAX_OPEN_IN_ALL = 400_000
_SPARE = 8

_STREAM_OPENED = 60
# The specification does not say yet what audits refer to; requests of audits are roots.
_AUDIT_ROOTS = (140, 141, 148, 149)
_NO_STEP = -1
_NEVER = np.iinfo(np.int64).max


# What ends a request: nothing refers to its root again.
_LAST = kind_mask(
    {22, 23, 25, 26, 61, 65, 81, 82, 107, 108, 111, 112, 122, 125, 129}
    | {142, 145, 150, 153, 164, 167, 169, 170, 175, 178, 195, 198}
)
_ROOTS = kind_mask({parent for parent, _ in STEPS} | {*_AUDIT_ROOTS})
_REFERS = kind_mask(child for _, child in STEPS)
# By what is referred to and what refers: the number of the step between them.
_STEPS = np.full((256, 256), _NO_STEP, np.int16)
for (_parent, _child), _step in STEP_OF.items():
    _STEPS[_parent, _child] = _step


def _of_pipelines() -> frozenset[int]:
    """Types that may belong to a pipeline: they refer to one, or to what belongs to one."""
    roots, found = set(PIPELINE_ROOTS), set[int]()
    while more := {child for parent, child in STEPS if parent in roots} - found:
        found |= more
        roots |= {number for number in more if _ROOTS[number]}
    return frozenset(found)


_BELONG = _of_pipelines()
_ALONE = kind_mask(
    number
    for number in EVENTS
    if number not in COUNTED and (MEANINGS[number] is not None or number in _BELONG)
)
_PIPELINE_ROOTS = kind_mask(PIPELINE_ROOTS)


class _Found(NamedTuple):
    """What the events of a batch refer to.

    Attributes:
        refers_to: of each event its root's place, or ``NOWHERE``.
        ended: places of requests that are over.
        timed: events whose root is open, by index; ``step`` and ``taken`` are theirs: which
            step it was, and how long it took by the node's clock, microseconds.
        unresolved: events that refer to nothing that is open, by type.
    """

    refers_to: Array
    ended: Array
    timed: Array
    step: Array
    taken: Array
    unresolved: dict[int, int]


class ReferenceTracker:
    """Follows the references of one shard's connections.

    Args:
        sessions: the rows of the connections.
        latencies: where durations are counted.
        meanings: what learns from each event; sums: where the others are counted.
        decode_context: the decode context of a session, by its number.
        unfinished: told of the pipelines that have no end: their columns, and whether that
            is because their connection ended.
        pending: what a batch adds, until all of it is understood.
        isolation: counts what fails.
    """

    def __init__(
        self,
        sessions: SessionRows,
        latencies: Latencies,
        meanings: Reducers,
        sums: KeyedCounters,
        decode_context: Callable[[int], DecodeContext],
        unfinished: Callable[[dict[str, Any], bool], None],
        pending: Pending,
        isolation: Isolation,
    ) -> None:
        self._sessions = sessions
        self._unfinished = unfinished
        self._latencies = latencies
        self._meanings = meanings
        self._decode_context = decode_context
        self._roots = OpenReferences()
        self._requests = Requests(sums, self._roots, pending, self._fields, self._failure)
        self._pending = pending
        self._isolation = isolation
        self._speakers: dict[int, Speaker] = {}
        self._arrived = 0
        # Roots given up because there were too many.
        self.evicted = 0
        # Events that refer to nothing that is open, by type.
        self.unresolved: Counter[int] = Counter()

    def add(self, batch: EventBatch, row_of: Array, *, contexts: bool = False) -> Contexts:
        """Follow a batch, in order of arrival within each connection.

        If this raises, the batch has left no trace and may be tried again in parts.

        Args:
            row_of: of each event its connection's row.
            contexts: whether the result is wanted of every event that has one.

        Returns:
            What events are about; see ``Aggregates.add``.
        """
        self._batch = batch
        arrived = np.arange(self._arrived, self._arrived + len(batch))
        self._arrived += len(batch)
        own = self._open(row_of, arrived)
        try:
            found = self._find(row_of, arrived)
            by_number = _rows_by_number(batch.columns.type)
            self._meanings.begin(batch)
            self._requests.learn(batch, own, found.refers_to, by_number)
            self._learn_each(own, found.refers_to)
            self._meanings.finish()
            self._requests.finish(found.refers_to, by_number)
            if contexts:
                together = np.flatnonzero(~_ALONE[batch.columns.type])
                self._meanings.belong(*self._requests.known(together, found.refers_to))
        except Exception:
            self._meanings.undo()
            self._roots.close(own[own != NOWHERE])
            raise
        self._conclude(found)
        return self._meanings.contexts

    def _conclude(self, found: _Found) -> None:
        """The batch is understood: it counts now. What fails here is not tried again."""
        self._pending.apply(self._isolation)
        with self._isolation.guard("latencies", events=len(found.timed)):
            self._count(found)
        self.unresolved.update(found.unresolved)
        if len(found.ended):
            with self._isolation.guard("references"):
                self._roots.close(found.ended)
        with self._isolation.guard("references"):
            self._bound()

    def _open(self, row_of: Array, arrived: Array) -> Array:
        """Open the batch's roots: of each event its place, or ``NOWHERE``."""
        batch = self._batch
        own = np.full(len(batch), NOWHERE)
        begin = np.flatnonzero(_ROOTS[batch.columns.type])
        own[begin] = self._roots.open(
            row_of[begin],
            batch.columns.event_id[begin],
            batch.columns.type[begin],
            batch.columns.timestamp[begin],
            batch.columns.received_at[begin],
            arrived[begin],
        )
        return own

    def _find(self, row_of: Array, arrived: Array) -> _Found:
        """Find what the batch's events refer to; a reference to a wrong type finds nothing."""
        batch, roots = self._batch, self._roots
        refers = np.flatnonzero(_REFERS[batch.columns.type] & batch.columns.has_ref)
        number, when = batch.columns.type[refers], arrived[refers]
        places = roots.find(row_of[refers], batch.columns.ref[refers])
        places[roots.arrived[places] >= when] = NOWHERE
        step = _STEPS[roots.number[places], number]
        step[places == NOWHERE] = _NO_STEP
        ends = np.flatnonzero(_LAST[number] & (step != _NO_STEP))
        ended, first = np.unique(places[ends], return_index=True)
        if len(ended):
            at = np.minimum(np.searchsorted(ended, places), len(ended) - 1)
            late = (ended[at] == places) & (when > when[ends[first]][at])
            places[late], step[late] = NOWHERE, _NO_STEP
        lost = np.bincount(number[places == NOWHERE])
        unresolved = {each: int(lost[each]) for each in np.flatnonzero(lost).tolist()}
        # JIP-3 says which types an event may refer to. What a root of another type carries
        # means nothing to it.
        places[step == _NO_STEP] = NOWHERE
        refers_to = np.full(len(batch), NOWHERE)
        refers_to[refers] = places
        timed = np.flatnonzero(step != _NO_STEP)
        taken = batch.columns.timestamp[refers[timed]] - roots.timestamp[places[timed]]
        return _Found(
            refers_to,
            ended,
            refers[timed],
            step[timed].astype(np.intp),
            taken.view(np.int64),
            unresolved,
        )

    def _count(self, found: _Found) -> None:
        """Count how long ago the events were that others refer to."""
        timed = found.timed
        if len(timed):
            batch = self._batch
            self._latencies.add(
                batch.columns.received_at[timed], batch.columns.node[timed], found.step, found.taken
            )

    def _learn_each(self, own: Array, refers_to: Array) -> None:
        """What belongs to pipelines, and what tells more than can be counted together."""
        batch, roots, isolation = self._batch, self._roots, self._isolation
        rows = np.flatnonzero(_ALONE[batch.columns.type])
        places = refers_to[rows]
        for at, number, session, place, root_number, own_place in zip(
            rows.tolist(),
            batch.columns.type[rows].tolist(),
            batch.columns.session[rows].tolist(),
            places.tolist(),
            roots.number[places].tolist(),
            own[rows].tolist(),
            strict=True,
        ):
            root = None if place == NOWHERE else Root(root_number, roots.linked[place])
            try:
                if isolation.inject is not None:
                    isolation.inject("events")
                linked = self._meanings.learn(at, number, self._speaker(at, session), root)
            except Exception as error:
                seq = int(batch.columns.seq[at])
                isolation.record(Failure("events", error, 1, session, number, seq))
                linked = None
            if own_place != NOWHERE:
                roots.linked[own_place] = linked

    def end(self, session: int) -> None:
        """A connection is over: what it left open stays as it is."""
        self._speakers.pop(session, None)
        row = self._sessions.get(session)
        if row is not None:
            self._give_up(self._roots.of(row), cut_short=True)

    def end_all(self) -> None:
        """No connection goes on."""
        self._speakers.clear()
        self._give_up(self._roots.before(_NEVER), cut_short=True)

    def forget_before(self, received_at: int) -> None:
        """Give up what is too old; Unix microseconds."""
        old = self._roots.before(received_at)
        self._give_up(old[self._roots.number[old] != _STREAM_OPENED], cut_short=False)

    def pipelines(self) -> Iterator[Pipeline]:
        """Those that are open."""
        for place in self._roots.numbered(_PIPELINE_ROOTS).tolist():
            linked = self._roots.linked[place]
            if isinstance(linked, Pipeline):
                yield linked

    @property
    def open(self) -> int:
        """How many roots are open."""
        return len(self._roots)

    def _bound(self) -> None:
        """Keep what is open of each connection, and of all, within bounds."""
        row, held = self._roots.fullest()
        while held > MAX_OPEN or len(self._roots) > MAX_OPEN_IN_ALL:
            allowed = min(held - 1, MAX_OPEN - MAX_OPEN // _SPARE)
            oldest = self._roots.of(row)[: held - allowed]
            self.evicted += len(oldest)
            self._give_up(oldest)
            row, held = self._roots.fullest()

    def _give_up(self, places: Array, *, cut_short: bool | None = None) -> None:
        """Nothing more is expected of these roots; it is told why, if there is a reason."""
        roots = self._roots
        for place in places[_PIPELINE_ROOTS[roots.number[places]]].tolist():
            pipeline = roots.linked[place]
            if cut_short is not None and isinstance(pipeline, Pipeline) and pipeline.unfinished:
                with self._isolation.guard("judging"):
                    self._unfinished(pipeline.values, cut_short)
            with self._isolation.guard("pipelines"):
                self._meanings.close(pipeline)
        if len(places):
            roots.close(places)

    def _speaker(self, at: int, session: int) -> Speaker:
        speaker = self._speakers.get(session)
        if speaker is None:
            speaker = Speaker(int(self._batch.columns.node[at]), self._decode_context(session))
            self._speakers[session] = speaker
        return speaker

    def _fields(self, at: int) -> dict[str, Any] | None:
        session = int(self._batch.columns.session[at])
        return self._meanings.fields(
            at, int(self._batch.columns.type[at]), self._speaker(at, session)
        )

    def _failure(self, at: int) -> None:
        session = int(self._batch.columns.session[at])
        self._meanings.fail(at, int(self._batch.columns.type[at]), self._speaker(at, session))


def _rows_by_number(number: Array) -> dict[int, Array]:
    """The indices of events by type, in order."""
    order = np.argsort(number, kind="stable")
    counts = np.bincount(number)
    ends = np.cumsum(counts)
    return {
        each: order[ends[each] - counts[each] : ends[each]]
        for each in np.flatnonzero(counts).tolist()
    }


def unflushed(
    table: str, meanings: Reducers, follower: ReferenceTracker, *, include_open: bool
) -> Rows:
    """A pipeline table's rows: those closed, and on demand those open."""
    return meanings.rows(table, list(follower.pipelines()) if include_open else [])
