"""Inherited slots and cores: those of the pipeline that an event belongs to, as it arrives.

Pure. The event log stores the slot and core of an event's pipeline with the event, so they must be
known before its batch is written; everything else that references tell may wait (``tracker``).
So this keeps the smallest state for it: of each connection the events of open pipelines that
later events may refer to, and of each pipeline slot and core. The tracker follows the same events
by the same rules (``rules.terminal_events``, ``tracker.FOLLOW_SECONDS``).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Any, TypeAlias

import numpy as np

from tart.aggregate.core.event_batch import DecodeContext, EventBatch, kind_mask
from tart.aggregate.core.isolation import Failure, Isolation
from tart.aggregate.keyed.pipelines import PIPELINE_ROOTS
from tart.aggregate.rules.terminal_events import TERMINAL_KINDS
from tart.errors import DecodeError
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.events import EventKind
from tart.protocol.references import PARENT_TYPES, REFERENCED_TYPES

# Failures of single events are counted under this stage, like those of a batch.
STAGE = "inheritance"
# Members of pipelines that a connection may have; beyond them the oldest are forgotten.
MAX_MEMBERS = 4_096
_BLOCK_ROOTS = frozenset({EventKind.AUTHORING.number, EventKind.IMPORTING.number})


def pipeline_kinds() -> frozenset[int]:
    """Return the types that may belong to a pipeline, by their reference or its chain."""
    members: set[int] = set(PIPELINE_ROOTS)
    while more := {kind for kind, parents in PARENT_TYPES.items() if parents & members} - members:
        members |= more
    return frozenset(members - PIPELINE_ROOTS)


_ROOTS = kind_mask(PIPELINE_ROOTS)
_MEMBERS = kind_mask(pipeline_kinds())
# As plain integers and a list: the loop over events looks them up for each.
_PARENTS = {number: frozenset(map(int, kinds)) for number, kinds in PARENT_TYPES.items()}
_OPENS, _DEFINES, _ENDS, _IS_REFERRED_TO = 1, 2, 4, 8
# The types that give their pipeline a slot or core.
_DEFINING = frozenset(
    {
        EventKind.WORK_PACKAGE_RECEIVED,
        EventKind.DUPLICATE_WORK_PACKAGE,
        EventKind.GUARANTEE_BUILT,
    }
)
_EFFECTS = [
    _OPENS * (number in PIPELINE_ROOTS)
    | _DEFINES * (number in _DEFINING)
    | _ENDS * (number in TERMINAL_KINDS)
    | _IS_REFERRED_TO * (number in REFERENCED_TYPES)
    for number in range(256)
]


class _Pipeline:
    """The values that the events of one pipeline inherit."""

    __slots__ = ("core", "slot")

    def __init__(self, slot: int | None) -> None:
        self.slot = slot
        self.core: int | None = None


# An event of a pipeline that later events may refer to: its type, its pipeline, and when it was
# received. A plain tuple, for there is one for every node that a guarantee is sent to.
_Member: TypeAlias = tuple[int, _Pipeline, int]


class InheritedValues:
    """Fills the slots and cores that events inherit into the columns of their batches.

    Args:
        decode_context: Returns the decode context of a session.
        isolation: Counts failures.

    Attributes:
        forgotten: Number of members forgotten because a connection had too many.
    """

    def __init__(
        self,
        decode_context: Callable[[int], DecodeContext],
        isolation: Isolation,
        max_members: int = MAX_MEMBERS,
    ) -> None:
        self._decode_context = decode_context
        self._isolation = isolation
        self._max_members = max_members
        # By connection and event id, in order of arrival.
        self._members: dict[int, dict[int, _Member]] = {}
        self.forgotten = 0

    def fill(self, batch: EventBatch) -> None:
        """Set the slots and cores of those events of a batch that inherit them.

        If this raises, nothing has changed. An event that fails inherits nothing.
        """
        events, inject = batch.columns, self._isolation.inject
        indices = np.flatnonzero(_ROOTS[events.type] | (_MEMBERS[events.type] & events.has_ref))
        slots: dict[int, int] = {}
        cores: dict[int, int] = {}
        for index, number, session, event_id, ref in zip(
            indices.tolist(),
            events.type[indices].tolist(),
            events.session[indices].tolist(),
            events.event_id[indices].tolist(),
            events.ref[indices].tolist(),
            strict=True,
        ):
            try:
                if inject is not None:
                    inject(STAGE)
                pipeline = self._pipeline_of(batch, index, number, session, event_id, ref)
            except Exception as error:
                seq = int(events.seq[index])
                self._isolation.record(Failure(STAGE, error, 1, session, number, seq))
                continue
            if pipeline is not None:
                if pipeline.slot is not None:
                    slots[index] = pipeline.slot
                if pipeline.core is not None:
                    cores[index] = pipeline.core
        batch.inherit_slots([*slots], [*slots.values()])
        batch.inherit_cores([*cores], [*cores.values()])

    def end_session(self, session: int) -> None:
        """Forget a connection that has ended."""
        self._members.pop(session, None)

    def clear(self) -> None:
        """Forget all connections."""
        self._members.clear()

    def expire_before(self, received_at: int) -> None:
        """Forget events that are older; Unix microseconds."""
        for members in self._members.values():
            old = takewhile(lambda item: item[1][2] < received_at, members.items())
            for event_id in [event_id for event_id, _ in old]:
                del members[event_id]

    def _pipeline_of(
        self, batch: EventBatch, index: int, number: int, session: int, event_id: int, ref: int
    ) -> _Pipeline | None:
        """Return an event's pipeline, up to date with the event."""
        members, effect = self._members.get(session), _EFFECTS[number]
        if effect & _OPENS:
            pipeline = self._open(batch, index, number)
            if pipeline is None:
                return None
        else:
            parent = None if members is None else members.get(ref)
            if members is None or parent is None or parent[0] not in _PARENTS[number]:
                return None
            pipeline = parent[1]
            if effect & _ENDS:
                del members[ref]
            elif effect & _DEFINES:
                self._update(batch, index, number, pipeline)
        if effect & _IS_REFERRED_TO:
            if members is None:
                members = self._members[session] = {}
            members[event_id] = number, pipeline, int(batch.columns.received_at[index])
            if len(members) > self._max_members:
                del members[next(iter(members))]
                self.forgotten += 1
        return pipeline

    def _open(self, batch: EventBatch, index: int, number: int) -> _Pipeline | None:
        """Return a new pipeline; ``None`` for a block whose event cannot be decoded."""
        if number not in _BLOCK_ROOTS:
            return _Pipeline(None)
        slot = self._value(batch, index, "slot")
        return None if slot is None else _Pipeline(slot)

    def _update(self, batch: EventBatch, index: int, number: int, pipeline: _Pipeline) -> None:
        """Set the slot or core that an event gives its pipeline."""
        if number == EventKind.GUARANTEE_BUILT:
            slot = self._value(batch, index, "slot")
            pipeline.slot = pipeline.slot if slot is None else slot
        elif number == EventKind.WORK_PACKAGE_RECEIVED or pipeline.core is None:
            core = self._value(batch, index, "core")
            pipeline.core = pipeline.core if core is None else core

    def _value(self, batch: EventBatch, index: int, name: str) -> int | None:
        """Return an event's slot or core, ``None`` if it cannot be decoded."""
        events = batch.columns
        if batch.clean[index]:
            return int(getattr(events, name)[index])
        context = self._decode_context(int(events.session[index]))
        try:
            fields = decode_event(
                int(events.type[index]),
                batch.contents[index][HEADER_BYTES:],
                version=context.version,
                cores=context.cores,
                dialect=context.dialect,
            ).fields
        except DecodeError:  # Stored by a release that accepted more.
            return None
        value: Any = fields[name] if name in fields else fields["outline"][name]
        return int(value)
