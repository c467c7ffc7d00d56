"""What aggregates are made from: a batch of good events, and who said them.

Pure. The shard's digest makes it from what has just arrived; after a crash it is made
again from the log, so that nothing is counted that is not stored, and nothing stored is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
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
    """Events in order of arrival, one element each.

    ``slot`` and ``core`` are filled in where an event has none of its own and one it
    refers to has: that is how a search for a core finds the whole pipeline.

    Attributes:
        node: the directory's number of the node.
        session: of the connection, likewise.
        number: event type.
        clean: exactly as specified, so that fields are where the declaration says.
        contents: timestamp, number and payload of each.
        faults: what is wrong with the bytes of some, and of frames that are no events.
    """

    seq: Array
    received_at: Array
    timestamp: Array
    node: Array
    session: Array
    event_id: Array
    number: Array
    ref: Array
    has_ref: Array
    slot: Array
    has_slot: Array
    core: Array
    has_core: Array
    clean: Array
    contents: Sequence[bytes]
    faults: Sequence[Finding] = ()

    def __len__(self) -> int:
        return len(self.contents)

    @cached_property
    def times(self) -> list[int]:
        """``received_at``, for those that look at one after the other."""
        found: list[int] = self.received_at.tolist()
        return found

    @cached_property
    def sound(self) -> list[bool]:
        """``clean``, likewise."""
        found: list[bool] = self.clean.tolist()
        return found

    def part(self, rows: Array) -> EventBatch:
        """The events at these indices, with columns of their own; all the faults."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        contents = [self.contents[at] for at in rows.tolist()]
        return EventBatch(**columns, contents=contents, faults=self.faults)

    def learn_from(self, part: EventBatch, rows: Array) -> None:
        """Take over the slots and cores that a part has been filled in."""
        for name in ("slot", "has_slot", "core", "has_core"):
            getattr(self, name)[rows] = getattr(part, name)

    def learn_slots(self, rows: Sequence[int], slots: Sequence[int]) -> None:
        """Fill in inherited slots, where an event has none."""
        _learn(self.slot, self.has_slot, rows, slots)

    def learn_cores(self, rows: Sequence[int], cores: Sequence[int]) -> None:
        """Fill in inherited cores, where an event has none."""
        _learn(self.core, self.has_core, rows, cores)


_COLUMNS = tuple(
    each.name for each in fields(EventBatch) if each.name not in ("contents", "faults")
)


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
