"""Well-formed events as NumPy columns. Pure.

The columns that the event log and the aggregates share. ``storage.core.log_columns`` adds the
parts of a payload that only the event log needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
BoolArray = npt.NDArray[np.bool_]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
UInt8Array = npt.NDArray[np.uint8]
UInt16Array = npt.NDArray[np.uint16]
UInt32Array = npt.NDArray[np.uint32]
UInt64Array = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class EventColumns:
    """Events in order of arrival, in columns of equal length.

    A column that may have no value has a mask beside it, ``has_…``, which is true where it has.

    Attributes:
        seq: The event's number in its directory.
        received_at: Unix microseconds.
        timestamp: The node's clock, JCE microseconds.
        node: The directory's number of the node.
        session: The directory's number of the connection.
        event_id: The implicit Event ID of JIP-3.
        type: The event type.
        ref: The Event ID that the payload starts with.
        slot: The slot that the event, or an event that it refers to, names.
        core: The core, likewise.
    """

    seq: Int64Array
    received_at: Int64Array
    timestamp: UInt64Array
    node: Int32Array
    session: Int32Array
    event_id: UInt64Array
    type: UInt8Array
    ref: UInt64Array
    has_ref: BoolArray
    slot: UInt32Array
    has_slot: BoolArray
    core: UInt16Array
    has_core: BoolArray

    def __len__(self) -> int:
        return len(self.seq)

    @staticmethod
    def join(parts: Sequence[EventColumns]) -> EventColumns:
        """Return the rows of several columns as one; columns of subclasses are left out."""
        return EventColumns(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in array_types(EventColumns)
            }
        )

    def take(self, indices: Array) -> EventColumns:
        """Return only the rows at these indices, in columns of their own."""
        arrays = {name: getattr(self, name)[indices] for name in array_types(EventColumns)}
        return EventColumns(**arrays)


def view(column: Array) -> memoryview:
    """Return a column as a view: its elements are Python numbers, at a third of the cost.

    Views read native numbers only: a column of declared byte order, or of bytes that are not
    aligned, is copied.
    """
    native: Any = np.require(column, column.dtype.newbyteorder("="), ["C", "A"])
    return memoryview(native)


@cache
def array_types(columns: type[EventColumns]) -> dict[str, Any]:
    """Return the NumPy type of each array of a class of columns, as its fields declare it."""
    hints = get_type_hints(columns)
    return {
        each.name: get_args(get_args(hints[each.name])[1])[0]
        for each in fields(columns)
        if get_origin(hints[each.name]) is np.ndarray
    }
