"""Well-formed events of a directory, as rows and as columns.

Pure. ``LogRow`` and ``LogColumns`` hold what an event means; ``schema`` says how the event log
stores it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from tart.protocol.columnar import REF_BYTES, SHARD_INDEX_BYTES

Array = npt.NDArray[Any]
BoolArray = npt.NDArray[np.bool_]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
UInt8Array = npt.NDArray[np.uint8]
UInt16Array = npt.NDArray[np.uint16]
UInt32Array = npt.NDArray[np.uint32]
UInt64Array = npt.NDArray[np.uint64]


class LogRow(NamedTuple):
    """One well-formed event; times are Unix microseconds, ``peer`` is a peer id."""

    seq: int
    received_at: int
    timestamp: int
    node: int
    session: int
    event_id: int
    type: int
    ref: int | None
    peer: bytes | None
    slot: int | None
    core: int | None
    shard_index: int | None
    body: bytes

    @property
    def payload(self) -> bytes:
        """The bytes after the timestamp and the event type, as the node sent them."""
        ref = b"" if self.ref is None else self.ref.to_bytes(REF_BYTES, "little")
        payload = ref + (self.peer or b"") + self.body
        if self.shard_index is None:
            return payload
        return payload + self.shard_index.to_bytes(SHARD_INDEX_BYTES, "little")


@dataclass(frozen=True)
class LogColumns:
    """Well-formed events in columns of equal length: those of ``LogRow``.

    A column that may have no value has a mask beside it, ``has_…``, which is true where it has.

    Attributes:
        peer: The peer's number, an index into ``peers``.
        peers: All peer ids of the directory by number.
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
    peer: Int64Array
    has_peer: BoolArray
    slot: UInt32Array
    has_slot: BoolArray
    core: UInt16Array
    has_core: BoolArray
    shard_index: UInt16Array
    has_shard_index: BoolArray
    peers: Sequence[bytes]
    body: list[bytes]

    @classmethod
    def empty(cls) -> LogColumns:
        """Return columns without rows."""
        arrays = {name: np.zeros(0, dtype) for name, dtype in _dtypes().items()}
        return cls(**arrays, peers=(), body=[])

    @classmethod
    def from_rows(cls, rows: Sequence[LogRow], peers: Sequence[bytes] = ()) -> LogColumns:
        """Return rows as columns.

        Args:
            rows: The rows, at least one.
            peers: The peer ids that the rows name.
        """
        values = dict(zip(LogRow._fields, zip(*rows, strict=True), strict=True))
        values["peer"] = tuple(
            None if peer is None else peers.index(peer) for peer in values["peer"]
        )
        arrays = {}
        for name, dtype in _dtypes().items():
            if name.startswith("has_"):
                present = [value is not None for value in values[name.removeprefix("has_")]]
                arrays[name] = np.array(present, dtype)
            else:
                arrays[name] = np.array([value or 0 for value in values[name]], dtype)
        return cls(**arrays, peers=peers, body=list(values["body"]))

    def __len__(self) -> int:
        return len(self.body)

    def take(self, indices: Array) -> LogColumns:
        """Return only the rows at these indices."""
        arrays = {name: getattr(self, name)[indices] for name in _dtypes()}
        body = [self.body[index] for index in indices.tolist()]
        return LogColumns(**arrays, peers=self.peers, body=body)

    def rows(self) -> Iterator[LogRow]:
        """Return all rows in order, equal to those that the event log will return."""
        columns = [self._values(name) for name in LogRow._fields]
        return map(LogRow._make, zip(*columns, strict=True))

    def _values(self, name: str) -> list[Any]:
        if name == "body":
            return self.body
        values: list[Any] = getattr(self, name).tolist()
        mask = f"has_{name}"
        if mask not in _dtypes():
            return values
        masked = zip(getattr(self, mask).tolist(), values, strict=True)
        if name == "peer":
            return [self.peers[value] if present else None for present, value in masked]
        return [value if present else None for present, value in masked]


def concatenate(parts: Sequence[LogColumns]) -> LogColumns:
    """Return the rows of several ``LogColumns`` of one directory as one."""
    if len(parts) == 1:
        return parts[0]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _dtypes()}
    body = [body for part in parts for body in part.body]
    return LogColumns(**arrays, peers=parts[-1].peers, body=body)


@cache
def _dtypes() -> dict[str, Any]:
    """Return the NumPy type of each array of ``LogColumns``, as its fields declare it."""
    hints = get_type_hints(LogColumns)
    names = [each.name for each in fields(LogColumns) if each.name not in ("peers", "body")]
    return {name: get_args(get_args(hints[name])[1])[0] for name in names}
