"""NumPy columns as tables that DuckDB scans through the Arrow C stream interface.

Pure. nanoarrow assembles buffers without copying them, and DuckDB reads them through
``__arrow_c_stream__`` (the Arrow PyCapsule interface). nanoarrow has a tenth of pyarrow's size
and memory, and suffices to hand over columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nanoarrow as na
import numpy as np
import numpy.typing as npt

from tart.protocol.frames import Frames

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class ColumnType:
    """A column's type in DuckDB and in Arrow.

    Attributes:
        numpy: NumPy's type, of numbers that NumPy has.
    """

    sql: str
    arrow: Any
    numpy: Any = None


INT32 = ColumnType("INTEGER", na.int32(), np.int32)
INT64 = ColumnType("BIGINT", na.int64(), np.int64)
UINT8 = ColumnType("UTINYINT", na.uint8(), np.uint8)
UINT16 = ColumnType("USMALLINT", na.uint16(), np.uint16)
UINT32 = ColumnType("UINTEGER", na.uint32(), np.uint32)
UINT64 = ColumnType("UBIGINT", na.uint64(), np.uint64)
# Arrow has no integer of 128 bits, but a decimal without a fraction.
INT128 = ColumnType("HUGEINT", na.decimal128(38, 0))
TIME = ColumnType("TIMESTAMP", na.timestamp("us"), np.int64)
BYTES = ColumnType("BLOB", na.large_binary())
TEXT = ColumnType("VARCHAR", na.large_string())
COLUMN_TYPES: Mapping[str, ColumnType] = {
    each.sql: each
    for each in (INT32, INT64, UINT8, UINT16, UINT32, UINT64, INT128, TIME, BYTES, TEXT)
}


class ArrowTable:
    """Named columns of equal length."""

    def __init__(self, columns: Mapping[str, Any], length: int) -> None:
        schema = na.struct({name: column.schema for name, column in columns.items()})
        self._array = na.c_array_from_buffers(
            schema, length, [None], children=list(columns.values())
        )
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a new Arrow C stream at each call (the Arrow PyCapsule interface)."""
        stream: object = na.ArrayStream(self._array).__arrow_c_stream__(requested_schema)
        return stream


def number_column(kind: ColumnType, values: Array, valid: Array | None = None) -> Any:
    """Return an Arrow column of numbers; NULL where ``valid`` is false."""
    values = np.ascontiguousarray(values, kind.numpy)
    return na.c_array_from_buffers(kind.arrow, len(values), [_bitmap(valid), values])


def binary_column(kind: ColumnType, values: Sequence[bytes], valid: Array | None = None) -> Any:
    """Return an Arrow column of bytes, or of UTF-8 text; NULL where ``valid`` is false."""
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=offsets[1:])
    buffers = [_bitmap(valid), offsets, b"".join(values)]
    return na.c_array_from_buffers(kind.arrow, len(values), buffers)


def frames_column(kind: ColumnType, values: Frames) -> Any:
    """Return an Arrow column of bytes that are in one buffer already."""
    values = values.compact()
    offsets = np.append(0, values.ends)
    return na.c_array_from_buffers(kind.arrow, len(values), [None, offsets, values.data])


def column(kind: ColumnType, values: Sequence[Any]) -> Any:
    """Return an Arrow column of Python values, ``None`` for NULL.

    Raises:
        OverflowError: An integer is out of the type's range.
    """
    valid = None
    if None in values:
        valid = np.array([value is not None for value in values])
    if kind is INT128:
        parts = b"".join((value or 0).to_bytes(16, "little", signed=True) for value in values)
        return na.c_array_from_buffers(kind.arrow, len(values), [_bitmap(valid), parts])
    if kind.numpy is not None:
        return number_column(kind, np.array([value or 0 for value in values], kind.numpy), valid)
    encoded = [value.encode() if isinstance(value, str) else value or b"" for value in values]
    return binary_column(kind, encoded, valid)


def _bitmap(valid: Array | None) -> Array | None:
    return None if valid is None else np.packbits(valid, bitorder="little")
