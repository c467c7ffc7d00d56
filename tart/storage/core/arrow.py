"""NumPy columns as something DuckDB can scan: the Arrow C stream interface.

Pure. nanoarrow puts buffers together without copying them and DuckDB reads them through
``__arrow_c_stream__`` (the Arrow PyCapsule interface). A tenth of pyarrow's size and
memory, and all that is needed to hand over columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import nanoarrow as na
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Kind(NamedTuple):
    """A column's type: Arrow's, and NumPy's where it is a number."""

    arrow: Any
    numpy: Any = None


INT32 = Kind(na.int32(), np.int32)
INT64 = Kind(na.int64(), np.int64)
UINT8 = Kind(na.uint8(), np.uint8)
UINT16 = Kind(na.uint16(), np.uint16)
UINT32 = Kind(na.uint32(), np.uint32)
UINT64 = Kind(na.uint64(), np.uint64)
# 128 bits, as DuckDB's HUGEINT; Arrow has no such integer, but a decimal without a fraction.
INT128 = Kind(na.decimal128(38, 0))
TIME = Kind(na.timestamp("us"), np.int64)
BYTES = Kind(na.large_binary())
TEXT = Kind(na.large_string())


class Table:
    """Columns of equal length under their names."""

    def __init__(self, columns: Mapping[str, Any], length: int) -> None:
        schema = na.struct({name: column.schema for name, column in columns.items()})
        self._array = na.c_array_from_buffers(
            schema, length, [None], children=list(columns.values())
        )
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Arrow PyCapsule interface; each call gives a stream of its own."""
        stream: object = na.ArrayStream(self._array).__arrow_c_stream__(requested_schema)
        return stream


def numbers(kind: Kind, values: Array, valid: Array | None = None) -> Any:
    """A column of numbers; NULL where ``valid`` is false."""
    values = np.ascontiguousarray(values, kind.numpy)
    return na.c_array_from_buffers(kind.arrow, len(values), [_bitmap(valid), values])


def octets(kind: Kind, values: Sequence[bytes], valid: Array | None = None) -> Any:
    """A column of bytes, or of text in UTF-8; NULL where ``valid`` is false."""
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=offsets[1:])
    buffers = [_bitmap(valid), offsets, b"".join(values)]
    return na.c_array_from_buffers(kind.arrow, len(values), buffers)


def column(kind: Kind, values: Sequence[Any]) -> Any:
    """A column of Python values, ``None`` for NULL; an integer out of range raises."""
    valid = None
    if None in values:
        valid = np.array([value is not None for value in values])
    if kind is INT128:
        parts = b"".join((value or 0).to_bytes(16, "little", signed=True) for value in values)
        return na.c_array_from_buffers(kind.arrow, len(values), [_bitmap(valid), parts])
    if kind.numpy is not None:
        return numbers(kind, np.array([value or 0 for value in values], kind.numpy), valid)
    encoded = [value.encode() if isinstance(value, str) else value or b"" for value in values]
    return octets(kind, encoded, valid)


def _bitmap(valid: Array | None) -> Array | None:
    return None if valid is None else np.packbits(valid, bitorder="little")
