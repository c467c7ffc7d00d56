"""What aggregates are made from: a batch of good events, and who said them.

Pure. The shard's digest makes it from what has just arrived; after a crash it is made
again from the log, so that nothing is counted that is not stored, and nothing stored is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.core.event_columns import Array, BoolArray, EventColumns

# Columns of one table by name, all of one length.
Rows = Mapping[str, Any]
# Of events by index in their batch: the root's event id and the hash of what it is about.
Contexts = dict[int, tuple[int, bytes | None]]


class LazyColumns(Mapping[str, Any]):
    """Columns that are made when somebody looks at them, once, on whatever thread that is.

    The event loop only says what they are made of: making the rows of a flush takes a
    tenth of a second, for which no connection should wait.
    """

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._columns()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns())

    def __len__(self) -> int:
        return len(self._columns())

    def _columns(self) -> Mapping[str, Any]:
        if self._made is None:
            # Two threads may both make them: they are the same.
            self._made = self._make()
        return self._made


class Finding(NamedTuple):
    """Something that is not as it should be; ``protocol.rules`` has the rules.

    Attributes:
        received_at: Unix microseconds.
        node: ``None`` of a connection that never said whose it is.
        seq: of the frame in the log, ``None`` of a first message.
        event_id, number: ``None`` of what is no event.
        offset: in the message's content, in bytes.
        frame: that content.
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
    """Well-formed events in order of arrival, one element each, and what is wrong with any.

    ``slot`` and ``core`` are filled in where an event has none of its own and one that it
    refers to has: that is how a search for a core finds the whole pipeline.

    Attributes:
        columns: The events.
        contents: Timestamp, type and payload of each.
        clean: Whether each is exactly as specified, so that its fields are where the
            declaration says.
        faults: Findings about the bytes of these events, and of frames that are not events.
    """

    columns: EventColumns
    contents: Sequence[bytes]
    clean: BoolArray
    faults: Sequence[Finding] = ()

    def __len__(self) -> int:
        return len(self.contents)

    @cached_property
    def times(self) -> list[int]:
        """``received_at``, for those that look at one after the other."""
        found: list[int] = self.columns.received_at.tolist()
        return found

    @cached_property
    def sound(self) -> list[bool]:
        """``clean``, likewise."""
        found: list[bool] = self.clean.tolist()
        return found

    def part(self, rows: Array) -> EventBatch:
        """Return the events at these indices, with columns of their own; all the faults."""
        contents = [self.contents[row] for row in rows.tolist()]
        return EventBatch(self.columns.take(rows), contents, self.clean[rows], self.faults)

    def learn_from(self, part: EventBatch, rows: Array) -> None:
        """Take over the slots and cores that a part has been filled in."""
        for name in ("slot", "has_slot", "core", "has_core"):
            getattr(self.columns, name)[rows] = getattr(part.columns, name)

    def learn_slots(self, rows: Sequence[int], slots: Sequence[int]) -> None:
        """Fill in inherited slots, where an event has none."""
        _learn(self.columns.slot, self.columns.has_slot, rows, slots)

    def learn_cores(self, rows: Sequence[int], cores: Sequence[int]) -> None:
        """Fill in inherited cores, where an event has none."""
        _learn(self.columns.core, self.columns.has_core, rows, cores)


class DecodeContext(NamedTuple):
    """What is needed to read what a connection says."""

    version: int
    cores: int | None


def grow(array: Array, rows: int) -> Array:
    """The array with at least so many rows; new ones are zero."""
    if rows <= len(array):
        return array
    more = np.zeros((max(rows, 2 * len(array)) - len(array), *array.shape[1:]), array.dtype)
    return np.concatenate([array, more])


def kind_mask(numbers: Iterable[int]) -> Array:
    """An array by event type: true for these."""
    mask = np.zeros(256, np.bool_)
    mask[list(numbers)] = True
    return mask


def _learn(column: Array, present: Array, rows: Sequence[int], values: Sequence[int]) -> None:
    at = np.array(rows, np.intp)
    absent = ~present[at]
    column[at[absent]] = np.array(values, column.dtype)[absent]
    present[at[absent]] = True
