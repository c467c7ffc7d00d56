"""The tables of a shard's files, and how batches become Arrow columns.

Pure. One file holds one directory's events of one period and everything needed to read
them: the numbers it gave to nodes, the connections they came on, what could not be
understood. So a file can be copied, adopted or deleted on its own.

- Rows are only appended. There is no key and no index: both cost and neither is needed.
- ``ref`` is the Event ID a payload starts with, ``peer`` the number of the peer id that
  comes next, ``shard_index`` the index of an erasure shard it ends with, ``body`` the rest:
  ``ref ‖ peer id ‖ body ‖ shard_index`` is the payload, byte for byte. Kept apart they
  compress: without them the bodies of a full network's events are few and come again and
  again.
- ``seq`` numbers all frames of a directory in order of arrival, across its files.
- A change of these tables needs a new ``SCHEMA_VERSION`` and a migration. So does a change
  of which types usually have which parts (``usual_parts``).

What the log holds is not what its readers see; only this module knows the difference.
Numbers that run along with others are stored as their distance from them, modulo 2^64,
and a part that a payload does not have is no NULL but a number that costs nothing, with
its type saying that it means nothing (``parts`` has the exceptions). That saves 4 of 14
bytes an event. ``log_of`` gives the log as it is meant, ``rows_of`` the rows for ``LogRow``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tart.protocol.columnar import PARTS, REF_BYTES, SHARD_INDEX_BYTES, parts_of_types
from tart.protocol.types import JCE_UNIX_SECONDS
from tart.storage.core.arrow import (
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

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 1

DDL = (
    "CREATE TABLE {file}.meta (key VARCHAR, value VARCHAR)",
    "CREATE TABLE {file}.log (seq BIGINT, received_at TIMESTAMP, sent_after BIGINT, "
    "node INTEGER, session INTEGER, id_ahead INTEGER, id_far INTEGER, type UTINYINT, "
    "parts UTINYINT, ref_back BIGINT, peer_number INTEGER, last_slot UINTEGER, "
    "last_core USMALLINT, last_shard USMALLINT, body BLOB)",
    "CREATE TABLE {file}.nodes (node INTEGER, peer_id BLOB)",
    "CREATE TABLE {file}.peers (peer INTEGER, peer_id BLOB)",
    "CREATE TABLE {file}.sessions (session INTEGER, happened_at TIMESTAMP, what VARCHAR, "
    "node INTEGER, address VARCHAR, node_information BLOB, counters VARCHAR, reason VARCHAR)",
    "CREATE TABLE {file}.undecodable (seq BIGINT, received_at TIMESTAMP, node INTEGER, "
    "session INTEGER, event_id UBIGINT, type UTINYINT, rule VARCHAR, field VARCHAR, "
    "byte_offset UINTEGER, expectation VARCHAR, frame BLOB)",
)


class LogRow(NamedTuple):
    """One good event; times are Unix microseconds, ``peer`` is the id itself."""

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


def payload_of(row: LogRow) -> bytes:
    """The bytes after timestamp and number, as the node sent them."""
    ref = b"" if row.ref is None else row.ref.to_bytes(REF_BYTES, "little")
    if row.shard_index is None:
        return ref + (row.peer or b"") + row.body
    return (
        ref + (row.peer or b"") + row.body + row.shard_index.to_bytes(SHARD_INDEX_BYTES, "little")
    )


class NodeRow(NamedTuple):
    """The number a directory gave to a node."""

    node: int
    peer_id: bytes


class PeerRow(NamedTuple):
    """The number a directory gave to a peer that nodes speak of."""

    peer: int
    peer_id: bytes


class SessionRow(NamedTuple):
    """Something that happened to a connection: opened, continued, closed or refused.

    ``continued`` repeats an open connection in the next period's file; ``counters`` is
    JSON, cumulative, on ``closed`` and ``refused``.
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
        "sent_after": INT64,
        "node": INT32,
        "session": INT32,
        "id_ahead": INT32,
        "id_far": INT32,
        "type": UINT8,
        "parts": UINT8,
        "ref_back": INT64,
        "peer_number": INT32,
        "last_slot": UINT32,
        "last_core": UINT16,
        "last_shard": UINT16,
        "body": BYTES,
    },
    "nodes": {"node": INT32, "peer_id": BYTES},
    "peers": {"peer": INT32, "peer_id": BYTES},
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
_MASKED = ("ref", "peer", "slot", "core", "shard_index")
# Types that nearly always take slot or core from what they refer to:
# SendingGuarantee, GuaranteeSent, and two of segments.
_INHERITED = {106: ("slot", "core"), 108: ("slot", "core"), 162: ("core",), 165: ("core",)}


def usual_parts() -> Array:
    """For each type, the parts its events usually have: a bit for each of ``PARTS``."""
    usual = parts_of_types()
    for number, parts in _INHERITED.items():
        for part in parts:
            usual[number] |= 1 << PARTS.index(part)
    return usual


_USUAL_PARTS = usual_parts()
# ``LogRow``'s columns of numbers.
_NUMBERS = {
    "seq": np.int64,
    "received_at": np.int64,
    "timestamp": np.uint64,
    "node": np.int32,
    "session": np.int32,
    "event_id": np.uint64,
    "type": np.uint8,
    "ref": np.uint64,
    "peer": np.int32,
    "slot": np.uint32,
    "core": np.uint16,
    "shard_index": np.uint16,
}

# --- What readers see -----------------------------------------------------------------

_U64 = (1 << 64) - 1
_JCE_US = JCE_UNIX_SECONDS * 1_000_000
# In two halves, of which the upper one hardly ever changes: a repeated number costs its width.
_EVENT_ID = f"(id_far::HUGEINT * {1 << 32} + id_ahead + seq)"


def _part(name: str, value: str) -> str:
    """A part of the payload: NULL where the type has none, unless ``parts`` says otherwise."""
    bit = PARTS.index(name)
    usual = "".join(str(parts >> bit & 1) for parts in _USUAL_PARTS.tolist())
    has = f"xor(get_bit('{usual}'::BIT, type::INTEGER), ((parts >> {bit}) & 1)::INTEGER) = 1"
    return f"CASE WHEN {has} THEN {value} END"


# The log's columns as they are meant, each from those that are stored; ``peer`` is a number.
# HUGEINT holds every intermediate result, where UBIGINT would overflow.
COLUMNS: Mapping[str, str] = {
    "seq": "seq",
    "received_at": "received_at",
    "timestamp": (f"((sent_after::HUGEINT + epoch_us(received_at) - {_JCE_US}) & {_U64})::UBIGINT"),
    "node": "node",
    "session": "session",
    "event_id": f"({_EVENT_ID} & {_U64})::UBIGINT",
    "type": "type",
    "ref": _part("ref", f"(({_EVENT_ID} - ref_back) & {_U64})::UBIGINT"),
    "peer": _part("peer", "peer_number"),
    "slot": _part("slot", "last_slot"),
    "core": _part("core", "last_core"),
    "shard_index": _part("shard_index", "last_shard"),
    "body": "body",
    # Of the row or of one before it. For conditions: DuckDB knows its range in each part of
    # a file and passes over those that cannot have a slot.
    "last_slot": "last_slot",
}
# What ``LogRow`` takes, of ``log_of`` joined with ``peers``.
LOG_SELECT = ", ".join(
    {"received_at": "epoch_us(received_at)", "peer": "peer_id"}.get(name, name)
    for name in LogRow._fields
)


def log_of(file: str) -> str:
    """The log of an attached file as it is meant, to stand in a FROM clause.

    Its columns are those of ``COLUMNS``; DuckDB computes only what is used of them.
    """
    columns = ", ".join(f"{value} AS {name}" for name, value in COLUMNS.items())
    return f"(SELECT {columns} FROM {file}.log)"


def rows_of(file: str, where: str = "true", last: int | None = None) -> str:
    """The statement whose rows make ``LogRow``: in order of ``seq``, or the last ones of them.

    Args:
        where: a condition on the columns of ``log_of``.
        last: so many at most, the newest first.
    """
    order = "ORDER BY seq" if last is None else "ORDER BY seq DESC"
    limit = "" if last is None else f"{order} LIMIT {last}"
    rows = f"SELECT * FROM {log_of(file)} WHERE {where} {limit}"
    return f"SELECT {LOG_SELECT} FROM ({rows}) LEFT JOIN {file}.peers USING (peer) {order}"


def numbers_of(
    cursor: duckdb.DuckDBPyConnection, file: str, where: str
) -> tuple[Array, Array, Array, Array, Array]:
    """Columns of the log that are numbers, as arrays; much faster than ``rows_of``.

    Args:
        where: a condition on ``seq``, ``session`` and ``type``.

    Returns:
        ``seq``, ``session``, ``event_id``, ``type``, and ``ref`` of those that have one; of
        the others ``event_id``.
    """
    found = cursor.execute(
        f"SELECT seq, session, id_far, id_ahead, type, ref_back FROM {file}.log WHERE {where}"
    ).fetchnumpy()
    seq = found["seq"].astype(np.int64)
    ahead = found["id_ahead"].astype(np.int64) + seq
    event_id = (ahead + (found["id_far"].astype(np.int64) << 32)).view(np.uint64)
    ref = event_id - found["ref_back"].astype(np.int64).view(np.uint64)
    return seq, found["session"].astype(np.int64), event_id, found["type"], ref


# --- What the writer stores -----------------------------------------------------------


@dataclass(frozen=True)
class LogColumns:
    """Good events in columns, one element each: ``LogRow``'s, with masks for ``None``.

    Attributes:
        peer: the number of a peer id, which ``peers`` has at that place.
        peers: the directory's ids by number; more than these events name.
    """

    seq: Array
    received_at: Array
    timestamp: Array
    node: Array
    session: Array
    event_id: Array
    type: Array
    ref: Array
    has_ref: Array
    peer: Array
    has_peer: Array
    slot: Array
    has_slot: Array
    core: Array
    has_core: Array
    shard_index: Array
    has_shard_index: Array
    peers: Sequence[bytes]
    body: list[bytes]

    def __len__(self) -> int:
        return len(self.body)

    def take(self, rows: Array) -> LogColumns:
        """Only the rows at these indices."""
        picked = {name: getattr(self, name)[rows] for name in _arrays()}
        return LogColumns(**picked, peers=self.peers, body=[self.body[at] for at in rows.tolist()])

    def rows(self) -> Iterator[LogRow]:
        """All rows in order, as they will be read back."""
        columns = [self._values(name) for name in LogRow._fields]
        return map(LogRow._make, zip(*columns, strict=True))

    def _values(self, name: str) -> list[Any]:
        if name == "body":
            return self.body
        values: list[Any] = getattr(self, name).tolist()
        if name not in _MASKED:
            return values
        masked = zip(getattr(self, f"has_{name}").tolist(), values, strict=True)
        if name == "peer":
            return [self.peers[value] if has else None for has, value in masked]
        return [value if has else None for has, value in masked]

    def to_arrow(self) -> Table:
        """As something DuckDB can scan: what ``COLUMNS`` undoes."""
        kinds = SCHEMAS["log"]
        parts = [
            getattr(self, f"has_{part}").astype(np.uint8) << at for at, part in enumerate(PARTS)
        ]
        received = (self.received_at - _JCE_US).astype(np.uint64)
        ahead = _distance(self.event_id, self.seq.astype(np.uint64))
        stored: dict[str, Array] = {
            "seq": self.seq,
            "received_at": self.received_at,
            "sent_after": _distance(self.timestamp, received),
            "node": self.node,
            "session": self.session,
            "id_ahead": ahead.astype(np.int32),
            "id_far": (ahead - ahead.astype(np.int32)) >> 32,
            "type": self.type,
            "parts": np.bitwise_or.reduce(parts) ^ _USUAL_PARTS[self.type],
            "ref_back": np.where(self.has_ref, _distance(self.event_id, self.ref), 0),
            "peer_number": np.where(self.has_peer, self.peer, 0),
            "last_slot": _carried(self.slot, self.has_slot),
            "last_core": _carried(self.core, self.has_core),
            "last_shard": _carried(self.shard_index, self.has_shard_index),
        }
        columns = {name: numbers(kinds[name], values) for name, values in stored.items()}
        columns["body"] = octets(BYTES, self.body)
        return Table({name: columns[name] for name in kinds}, len(self))


def joined(parts: Sequence[LogColumns]) -> LogColumns:
    """Several runs of columns of one directory as one."""
    if len(parts) == 1:
        return parts[0]
    stacked = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _arrays()}
    return LogColumns(
        **stacked, peers=parts[-1].peers, body=[body for part in parts for body in part.body]
    )


def to_columns(rows: Sequence[LogRow], peers: Sequence[bytes] = ()) -> LogColumns:
    """Rows as columns; ``peers`` has the ids that they name."""
    by_name = dict(zip(LogRow._fields, zip(*rows, strict=True), strict=True))
    by_name["peer"] = tuple(None if each is None else peers.index(each) for each in by_name["peer"])
    columns = {
        name: np.array(
            [value or 0 for value in values],
            _NUMBERS[name],
        )
        for name, values in by_name.items()
        if name != "body"
    }
    masks = {
        f"has_{name}": np.array([value is not None for value in by_name[name]]) for name in _MASKED
    }
    return LogColumns(**columns, **masks, peers=peers, body=list(by_name["body"]))


def no_log_columns() -> LogColumns:
    """Columns without rows."""
    arrays = {name: np.zeros(0, _NUMBERS.get(name, np.bool_)) for name in _arrays()}
    return LogColumns(**arrays, peers=(), body=[])


@cache
def _arrays() -> tuple[str, ...]:
    """The columns of ``LogColumns`` that are arrays."""
    return tuple(each.name for each in fields(LogColumns) if each.name not in ("peers", "body"))


def _distance(values: Array, behind: Array) -> Array:
    """``values - behind`` modulo 2^64, small where they are near, whichever is ahead."""
    return (values - behind).view(np.int64)


def _carried(values: Array, valid: Array) -> Array:
    """Where there is no value, the one before it, or the first: repeating costs nothing."""
    latest = np.maximum.accumulate(np.where(valid, np.arange(len(values)), np.argmax(valid)))
    return values[latest]


def to_arrow(table: str, rows: Sequence[tuple[Any, ...]]) -> Table:
    """Rows of one of the tables as Arrow columns."""
    kinds = SCHEMAS[table]
    values = list(zip(*rows, strict=True)) or [()] * len(kinds)
    columns = {
        name: column(kind, each) for (name, kind), each in zip(kinds.items(), values, strict=True)
    }
    return Table(columns, len(rows))
