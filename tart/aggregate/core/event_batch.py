"""The event batch: valid events in columns, with the findings about their frames.

Pure. Aggregates are computed from event batches alone. A shard's batch decoder makes them
from arriving frames; after a crash they are made again from the event log, so that every
stored event is counted once and no other event is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.core.event_columns import Array, BoolArray, EventColumns
from tart.protocol.dialects import Dialect
from tart.protocol.frames import Frames, concatenate
from tart.protocol.node_information import SLOT_SECONDS

# Columns of one table by name, all of one length.
Rows = Mapping[str, Any]
# By index in a batch: the event id of the chain's root, and the hash the chain is about.
Contexts = dict[int, tuple[int, bytes | None]]


class LazyColumns(Mapping[str, Any]):
    """Columns that are built on first access, by the thread that reads them.

    Building the rows of a flush takes a tenth of a second. The event loop only creates the
    mapping, so that no connection waits for it.

    Args:
        build: Returns the columns; it may be called twice if two threads read at once.
    """

    def __init__(self, build: Callable[[], Mapping[str, Any]]) -> None:
        self._build = build
        self._built: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._columns()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns())

    def __len__(self) -> int:
        return len(self._columns())

    def _columns(self) -> Mapping[str, Any]:
        if self._built is None:
            self._built = self._build()
        return self._built


class Finding(NamedTuple):
    """A deviation from JIP-3; ``protocol.rules`` has the rules.

    Attributes:
        received_at: Unix microseconds.
        node: ``None`` if the connection did not identify its node.
        seq: The frame's number in the event log, ``None`` for a first message.
        event_id, number: ``None`` if the message is not an event.
        offset: In the message's content, in bytes.
        frame: The message's content.
    """

    rule: str
    received_at: int
    node: int | None
    session: int
    seq: int | None
    event_id: int | None
    number: int | None
    offset: int
    field: str
    expectation: str
    frame: bytes


@dataclass
class EventBatch:
    """Well-formed events in order of arrival, with the findings about their frames.

    An event without a slot or core inherits that of the pipeline it belongs to
    (``inherit_slots``, ``inherit_cores``), so that a search for a core finds whole pipelines.

    Attributes:
        columns: The events.
        contents: Timestamp, type and payload of each.
        clean: Whether each frame has exactly the declared layout, so that fields can be read
            at their offsets.
        faults: Findings about the bytes of these frames and of frames that are not events.
        implausible: The ``seq`` of each Dropped whose number cannot be true.
    """

    columns: EventColumns
    contents: Frames
    clean: BoolArray
    faults: Sequence[Finding] = ()
    implausible: Set[int] = frozenset()

    def __len__(self) -> int:
        return len(self.contents)

    @property
    def bytes(self) -> int:
        """Return the size of the buffer that holds the contents."""
        return len(self.contents.data)

    def take(self, indices: Array) -> EventBatch:
        """Return a copy of the events at these indices, with all findings."""
        contents, clean = self.contents.take(indices), self.clean[indices]
        return EventBatch(
            self.columns.take(indices), contents, clean, self.faults, self.implausible
        )

    @classmethod
    def join(cls, batches: Sequence[EventBatch]) -> EventBatch:
        """Return the events of several batches of one directory, in order; at least one batch."""
        if len(batches) == 1:
            return batches[0]
        return cls(
            EventColumns.join([batch.columns for batch in batches]),
            concatenate([batch.contents for batch in batches]),
            np.concatenate([batch.clean for batch in batches]),
            [fault for batch in batches for fault in batch.faults],
            frozenset().union(*(batch.implausible for batch in batches)),
        )

    def copy_inherited(self, part: EventBatch, indices: Array) -> None:
        """Copy the slots and cores of ``part``, which was taken at these indices."""
        for name in ("slot", "has_slot", "core", "has_core"):
            getattr(self.columns, name)[indices] = getattr(part.columns, name)

    def inherit_slots(self, indices: Sequence[int], slots: Sequence[int]) -> None:
        """Set the slots of those events that have none."""
        _fill(self.columns.slot, self.columns.has_slot, indices, slots)

    def inherit_cores(self, indices: Sequence[int], cores: Sequence[int]) -> None:
        """Set the cores of those events that have none."""
        _fill(self.columns.core, self.columns.has_core, indices, cores)


class DecodeContext(NamedTuple):
    """The part of a connection that the decoder needs.

    Attributes:
        version: The protocol version the node speaks.
        cores: The number of cores by the node's parameters, ``None`` if unknown.
        dialect: The dialect of JIP-3 that the node speaks.
        started_at: When the connection began, Unix microseconds; ``None`` if unknown.
        slot_seconds: The slot period by the node's parameters.
    """

    version: int
    cores: int | None
    dialect: Dialect = Dialect.STANDARD
    started_at: int | None = None
    slot_seconds: int = SLOT_SECONDS


def grow(array: Array, rows: int) -> Array:
    """Return the array with at least ``rows`` rows; added rows are zero.

    A third more than before at least, so that growing by steps copies few rows. Spare rows of
    large arrays take no memory until they are written.
    """
    before = len(array)
    if rows <= before:
        return array
    larger = np.zeros((max(rows, before + before // 3), *array.shape[1:]), array.dtype)
    larger[:before] = array
    return larger


def kind_mask(kinds: Iterable[int]) -> Array:
    """Return a boolean array by event type that is true for these."""
    mask = np.zeros(256, np.bool_)
    mask[list(kinds)] = True
    return mask


def _fill(column: Array, present: Array, indices: Sequence[int], values: Sequence[int]) -> None:
    rows = np.array(indices, np.intp)
    absent = ~present[rows]
    column[rows[absent]] = np.array(values, column.dtype)[absent]
    present[rows[absent]] = True
