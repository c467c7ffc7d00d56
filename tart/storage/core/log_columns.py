"""Well-formed events of a directory, as rows and as columns.

Pure. ``LogRow`` and ``LogColumns`` hold what an event means; ``schema`` says how the event log
stores it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tart.aggregate.core.event_columns import (
    Array,
    BoolArray,
    EventColumns,
    Int64Array,
    UInt16Array,
    array_types,
)
from tart.protocol import frames
from tart.protocol.frames import Frames
from tart.protocol.optional_fields import REF_BYTES, SHARD_INDEX_BYTES


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
        return join_payload(self.ref, self.peer, self.body, self.shard_index)


def join_payload(
    ref: int | None, peer: bytes | None, body: bytes, shard_index: int | None
) -> bytes:
    """Return the payload whose parts these are: the inverse of their separation."""
    payload = (peer or b"") + body
    if ref is not None:
        payload = ref.to_bytes(REF_BYTES, "little") + payload
    if shard_index is not None:
        payload += shard_index.to_bytes(SHARD_INDEX_BYTES, "little")
    return payload


@dataclass(frozen=True, eq=False)
class LogColumns(EventColumns):
    """Events with all parts of their payloads: the columns of ``LogRow``.

    Attributes:
        peer: The number of the named peer, an index into ``peers``.
        shard_index: The erasure shard's index that the payload ends with.
        peers: All peer ids of the directory by number.
        body: The rest of each payload.
    """

    peer: Int64Array
    has_peer: BoolArray
    shard_index: UInt16Array
    has_shard_index: BoolArray
    peers: Sequence[bytes]
    body: Frames

    @property
    def memory_bytes(self) -> int:
        """The memory that the columns take, with the whole buffer of the bodies."""
        arrays = sum(getattr(self, name).nbytes for name in array_types(LogColumns))
        body = len(self.body.data) + self.body.starts.nbytes + self.body.ends.nbytes
        return int(arrays + body)

    @classmethod
    def empty(cls) -> LogColumns:
        """Return columns without rows."""
        arrays = {name: np.zeros(0, dtype) for name, dtype in array_types(LogColumns).items()}
        return cls(**arrays, peers=(), body=Frames.of([]))

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
        for name, dtype in array_types(LogColumns).items():
            if name.startswith("has_"):
                present = [value is not None for value in values[name.removeprefix("has_")]]
                arrays[name] = np.array(present, dtype)
            else:
                arrays[name] = np.array([value or 0 for value in values[name]], dtype)
        return cls(**arrays, peers=peers, body=Frames.of(values["body"]))

    def take(self, indices: Array) -> LogColumns:
        """Return only the rows at these indices."""
        arrays = {name: getattr(self, name)[indices] for name in array_types(LogColumns)}
        return LogColumns(**arrays, peers=self.peers, body=self.body.take(indices))

    def rows(self) -> Iterator[LogRow]:
        """Return all rows in order, equal to those that the event log will return."""
        columns = [self._values(name) for name in LogRow._fields]
        return map(LogRow._make, zip(*columns, strict=True))

    def _values(self, name: str) -> list[Any]:
        if name == "body":
            return list(self.body)
        values: list[Any] = getattr(self, name).tolist()
        mask = f"has_{name}"
        if mask not in array_types(LogColumns):
            return values
        masked = zip(getattr(self, mask).tolist(), values, strict=True)
        if name == "peer":
            return [self.peers[value] if present else None for present, value in masked]
        return [value if present else None for present, value in masked]


def concatenate(parts: Sequence[LogColumns]) -> LogColumns:
    """Return the rows of several ``LogColumns`` of one directory as one.

    The bodies get a buffer of their own, so that no batch of received bytes stays in memory.
    """
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in array_types(LogColumns)
    }
    body = frames.concatenate([part.body for part in parts])
    return LogColumns(**arrays, peers=parts[-1].peers, body=body)
