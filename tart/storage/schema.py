"""The tables of a shard's files, and how batches become Arrow columns.

Pure. One file holds one directory's events of one period and everything needed to read
them: the numbers it gave to nodes, the connections they came on, what could not be
understood. So a file can be copied, adopted or deleted on its own.

- Rows are only appended. There is no key and no index: both cost and neither is needed.
- ``ref`` is the Event ID a payload starts with, ``shard_index`` the index of an erasure
  shard it ends with, ``body`` the rest: ``ref ‖ body ‖ shard_index`` is the payload, byte
  for byte. Kept apart they compress: without them the bodies of a full network's events
  are few and come again and again.
- ``seq`` numbers all frames of a directory in order of arrival, across its files.
- A change of these tables needs a new ``SCHEMA_VERSION`` and a migration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from tart.storage.arrow import (
    BYTES,
    INT32,
    INT64,
    TEXT,
    TIME,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    Array,
    Kind,
    Table,
    column,
    numbers,
    octets,
)

SCHEMA_VERSION = 1

DDL = (
    "CREATE TABLE {file}.meta (key VARCHAR, value VARCHAR)",
    "CREATE TABLE {file}.log (seq BIGINT, received_at TIMESTAMP, timestamp UBIGINT, "
    "node INTEGER, session INTEGER, event_id UBIGINT, type UTINYINT, ref UBIGINT, "
    "slot UINTEGER, core USMALLINT, shard_index USMALLINT, body BLOB)",
    "CREATE TABLE {file}.nodes (node INTEGER, peer_id BLOB)",
    "CREATE TABLE {file}.sessions (session INTEGER, happened_at TIMESTAMP, what VARCHAR, "
    "node INTEGER, address VARCHAR, node_information BLOB, counters VARCHAR, reason VARCHAR)",
    "CREATE TABLE {file}.undecodable (seq BIGINT, received_at TIMESTAMP, node INTEGER, "
    "session INTEGER, event_id UBIGINT, type UTINYINT, rule VARCHAR, field VARCHAR, "
    "byte_offset UINTEGER, expectation VARCHAR, frame BLOB)",
)


class LogRow(NamedTuple):
    """One good event; times are Unix microseconds."""

    seq: int
    received_at: int
    timestamp: int
    node: int
    session: int
    event_id: int
    type: int
    ref: int | None
    slot: int | None
    core: int | None
    shard_index: int | None
    body: bytes


class NodeRow(NamedTuple):
    """The number a directory gave to a node."""

    node: int
    peer_id: bytes


class SessionRow(NamedTuple):
    """Something that happened to a connection: opened, continued, closed or refused.

    ``continued`` repeats an open connection in the next period's file; ``counters`` is
    JSON, cumulative, on ``closed``.
    """

    session: int
    happened_at: int
    what: str
    node: int | None
    address: str
    node_information: bytes
    counters: str | None
    reason: str | None


class UndecodableRow(NamedTuple):
    """A frame that could not be understood, kept as it came."""

    seq: int
    received_at: int
    node: int | None
    session: int
    event_id: int | None
    type: int | None
    rule: str
    field: str
    byte_offset: int
    expectation: str
    frame: bytes


# Every table's columns in order; the types are those of ``DDL``.
SCHEMAS: Mapping[str, Mapping[str, Kind]] = {
    "log": {
        "seq": INT64,
        "received_at": TIME,
        "timestamp": UINT64,
        "node": INT32,
        "session": INT32,
        "event_id": UINT64,
        "type": UINT8,
        "ref": UINT64,
        "slot": UINT32,
        "core": UINT16,
        "shard_index": UINT16,
        "body": BYTES,
    },
    "nodes": {"node": INT32, "peer_id": BYTES},
    "sessions": {
        "session": INT32,
        "happened_at": TIME,
        "what": TEXT,
        "node": INT32,
        "address": TEXT,
        "node_information": BYTES,
        "counters": TEXT,
        "reason": TEXT,
    },
    "undecodable": {
        "seq": INT64,
        "received_at": TIME,
        "node": INT32,
        "session": INT32,
        "event_id": UINT64,
        "type": UINT8,
        "rule": TEXT,
        "field": TEXT,
        "byte_offset": UINT32,
        "expectation": TEXT,
        "frame": BYTES,
    },
}
_MASKED = ("ref", "slot", "core", "shard_index")


@dataclass(frozen=True)
class LogColumns:
    """Good events in columns, one element each; the ``log`` table's, with masks for NULL."""

    seq: Array
    received_at: Array
    timestamp: Array
    node: Array
    session: Array
    event_id: Array
    type: Array
    ref: Array
    has_ref: Array
    slot: Array
    has_slot: Array
    core: Array
    has_core: Array
    shard_index: Array
    has_shard_index: Array
    body: list[bytes]

    def __len__(self) -> int:
        return len(self.body)

    def take(self, rows: Array) -> LogColumns:
        """Only the rows at these indices."""
        picked = {
            each.name: getattr(self, each.name)[rows]
            for each in fields(self)
            if each.name != "body"
        }
        return LogColumns(**picked, body=[self.body[at] for at in rows.tolist()])

    def row(self, at: int) -> LogRow:
        """One row, as it will be read back."""
        values = {
            name: int(getattr(self, name)[at]) if self._has(name, at) else None
            for name in LogRow._fields
            if name != "body"
        }
        return LogRow(**values, body=self.body[at])  # type: ignore[arg-type]

    def _has(self, name: str, at: int) -> bool:
        return name not in _MASKED or bool(getattr(self, f"has_{name}")[at])

    def to_arrow(self) -> Table:
        """As something DuckDB can scan."""
        kinds = SCHEMAS["log"]
        columns = {
            name: numbers(kinds[name], getattr(self, name), getattr(self, f"has_{name}", None))
            for name in kinds
            if name != "body"
        }
        return Table(columns | {"body": octets(BYTES, self.body)}, len(self))


def joined(parts: Sequence[LogColumns]) -> LogColumns:
    """Several runs of columns as one."""
    if len(parts) == 1:
        return parts[0]
    stacked = {
        each.name: np.concatenate([getattr(part, each.name) for part in parts])
        for each in fields(LogColumns)
        if each.name != "body"
    }
    return LogColumns(**stacked, body=[body for part in parts for body in part.body])


def to_columns(rows: Sequence[LogRow]) -> LogColumns:
    """Rows as columns."""
    kinds = SCHEMAS["log"]
    by_name = dict(zip(LogRow._fields, zip(*rows, strict=True), strict=True))
    columns = {
        name: np.array([value or 0 for value in values], kinds[name].numpy)
        for name, values in by_name.items()
        if name != "body"
    }
    masks = {
        f"has_{name}": np.array([value is not None for value in by_name[name]]) for name in _MASKED
    }
    return LogColumns(**columns, **masks, body=list(by_name["body"]))


def to_arrow(table: str, rows: Sequence[tuple[Any, ...]]) -> Table:
    """Rows of one of the tables as Arrow columns."""
    kinds = SCHEMAS[table]
    values = list(zip(*rows, strict=True)) or [()] * len(kinds)
    columns = {
        name: column(kind, each) for (name, kind), each in zip(kinds.items(), values, strict=True)
    }
    return Table(columns, len(rows))
