"""The tables of a shard's files, and how batches become Arrow columns.

Pure. One file holds one directory's events of one period and everything needed to read
them: the numbers it gave to nodes, the connections they came on, what could not be
understood. So a file can be copied, adopted or deleted on its own.

- Rows are only appended. There is no key and no index: both cost and neither is needed.
- ``ref`` is the Event ID a payload starts with, ``body`` the rest: ``ref ‖ body`` is the
  payload, byte for byte. Kept apart they compress to a third.
- ``seq`` numbers all frames of a directory in order of arrival, across its files.
- A change of these tables needs a new ``SCHEMA_VERSION`` and a migration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

SCHEMA_VERSION = 1

DDL = (
    "CREATE TABLE {file}.meta (key VARCHAR, value VARCHAR)",
    "CREATE TABLE {file}.log (seq BIGINT, received_at TIMESTAMP, timestamp UBIGINT, "
    "node INTEGER, session INTEGER, event_id UBIGINT, type UTINYINT, ref UBIGINT, "
    "slot UINTEGER, core USMALLINT, body BLOB)",
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


_TIME = pa.timestamp("us")
SCHEMAS: dict[str, pa.Schema] = {
    "log": pa.schema(
        [
            ("seq", pa.int64()),
            ("received_at", _TIME),
            ("timestamp", pa.uint64()),
            ("node", pa.int32()),
            ("session", pa.int32()),
            ("event_id", pa.uint64()),
            ("type", pa.uint8()),
            ("ref", pa.uint64()),
            ("slot", pa.uint32()),
            ("core", pa.uint16()),
            ("body", pa.binary()),
        ]
    ),
    "nodes": pa.schema([("node", pa.int32()), ("peer_id", pa.binary())]),
    "sessions": pa.schema(
        [
            ("session", pa.int32()),
            ("happened_at", _TIME),
            ("what", pa.string()),
            ("node", pa.int32()),
            ("address", pa.string()),
            ("node_information", pa.binary()),
            ("counters", pa.string()),
            ("reason", pa.string()),
        ]
    ),
    "undecodable": pa.schema(
        [
            ("seq", pa.int64()),
            ("received_at", _TIME),
            ("node", pa.int32()),
            ("session", pa.int32()),
            ("event_id", pa.uint64()),
            ("type", pa.uint8()),
            ("rule", pa.string()),
            ("field", pa.string()),
            ("byte_offset", pa.uint32()),
            ("expectation", pa.string()),
            ("frame", pa.binary()),
        ]
    ),
}


def to_arrow(table: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows of one of the tables as Arrow columns; ``rows`` must not be empty."""
    schema = SCHEMAS[table]
    columns = [
        pa.array(column, each.type)
        for column, each in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)
