"""The tables of an event log's segment, and how events are encoded in them.

Pure. A segment holds the events of one directory and one period, and everything needed to
read them: the numbers of nodes and peers, the connections, and the undecodable frames. So a
segment can be copied, adopted or deleted alone.

- Each table is declared once, by the class of its rows: columns in order, Python types for
  mypy, DuckDB and Arrow types by annotation. ``DDL`` and ``TABLES`` derive from these classes.
- Rows are only appended. There is no key and no index: both cost and neither is needed.
- ``ref ‖ peer id ‖ body ‖ shard_index`` is the payload of an event, byte for byte: the Event ID
  that a payload starts with, the peer id that comes next (stored as a number), the rest, and the
  erasure shard's index at the end. Separate columns compress: without them the bodies of a full
  network's events are few and repeat.
- ``seq`` numbers all frames of a directory in order of arrival, across its segments.
- A change of these tables needs a new ``SCHEMA_VERSION`` and a migration. So does a change of
  ``usual_parts``.

The stored columns of ``log`` differ from those of ``LogRow``; only this module knows how.
Numbers that grow with another number are stored as deltas modulo 2^64. A part that a payload
lacks is stored as a number that compresses to nothing, not as NULL; the event's type says that
the number has no meaning (``parts`` has the exceptions). This saves 4 of 14 bytes an event.
``log_subquery`` decodes the columns, ``log_rows_query`` selects rows for ``LogRow``; ``decode_log``
decodes what ``stored_rows_query`` selects, in NumPy, because planning the expressions of the other
two takes DuckDB 4 ms, more than reading a page of events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args, get_type_hints

import numpy as np

from tart.protocol.columnar import optional_fields_by_type
from tart.protocol.events import EventKind
from tart.protocol.optional_fields import OPTIONAL_FIELDS
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
    ArrowTable,
    ColumnType,
    column,
    frames_column,
    number_column,
)
from tart.storage.core.log_columns import LogColumns, LogRow
from tart.units import JCE_US

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 2

Blob = Annotated[bytes, BYTES]
Int32 = Annotated[int, INT32]
Int64 = Annotated[int, INT64]
Text = Annotated[str, TEXT]
Timestamp = Annotated[int, TIME]  # Unix microseconds
UInt8 = Annotated[int, UINT8]
UInt16 = Annotated[int, UINT16]
UInt32 = Annotated[int, UINT32]
UInt64 = Annotated[int, UINT64]


class MetaRow(NamedTuple):
    """A fact about the file, such as its schema version."""

    key: Text
    value: Text


class EncodedLogRow(NamedTuple):
    """A well-formed event as stored; ``LOG_COLUMNS`` has the inverse of each encoding.

    Attributes:
        sent_after: ``timestamp`` less ``received_at``, modulo 2^64.
        node_ahead: ``node`` less ``session``: both are numbered as nodes connect.
        id_ahead: The lower half of ``event_id`` less ``seq``.
        id_far: The upper half, which hardly ever changes: a repeated number costs its width.
        parts: Bits by which the event's parts differ from the usual ones of its type.
        peer_or_back: The number of the named peer in ``peers``; of an event that names none
            ``event_id`` less ``ref``, modulo 2^64.
        last_target: For events with both, the place of the event that they refer to among those
            of the directory: ``seq`` less (``event_id`` less ``ref``), modulo 2^64; of this event
            or of the last one with both. Many in a row refer to one event, one for each peer.
        last_slot: The slot of this event or of the last one that has a slot.
        last_core: Likewise the core.
        last_shard: Likewise the erasure shard's index.
    """

    seq: Int64
    received_at: Timestamp
    sent_after: Int64
    node_ahead: Int32
    session: Int32
    id_ahead: Int32
    id_far: Int32
    type: UInt8
    parts: UInt8
    peer_or_back: Int64
    last_target: Int64
    last_slot: UInt32
    last_core: UInt16
    last_shard: UInt16
    body: Blob


class NodeRow(NamedTuple):
    """The number of a node in a directory."""

    node: Int32
    peer_id: Blob


class PeerRow(NamedTuple):
    """The number of a peer that nodes name, in a directory."""

    peer: Int32
    peer_id: Blob


class SessionRow(NamedTuple):
    """A change of a connection: opened, continued, closed or refused.

    ``continued`` repeats an open connection in a segment that began after it; ``counters`` is
    JSON, cumulative, on ``closed`` and ``refused``.
    """

    session: Int32
    happened_at: Timestamp
    what: Text
    node: Int32 | None
    address: Text
    node_information: Blob
    counters: Text | None
    reason: Text | None


class UndecodableRow(NamedTuple):
    """A frame that could not be decoded, kept as received."""

    seq: Int64
    received_at: Timestamp
    node: Int32 | None
    session: Int32
    event_id: UInt64 | None
    type: UInt8 | None
    rule: Text
    field: Text
    byte_offset: UInt32
    expectation: Text
    frame: Blob


class SampledRow(NamedTuple):
    """Frames of a batch that the log left out by sampling (``shard.state.sampling``).

    The table exists only in files that have such rows; it belongs to no schema version.

    Attributes:
        first_seq: The first number of a frame that was left out.
        last_seq: The last one; frames between them may be stored.
        first_at: When the first one was received.
    """

    first_seq: Int64
    last_seq: Int64
    events: Int64
    first_at: Timestamp
    last_at: Timestamp


def columns_of(row: type[Any]) -> Mapping[str, ColumnType]:
    """Return the columns, in order, that a row class declares."""
    hints = get_type_hints(row, include_extras=True)
    return {name: _column_type(hint) for name, hint in hints.items()}


def _column_type(hint: Any) -> ColumnType:
    (kind,) = [
        each
        for part in (hint, *get_args(hint))
        for each in getattr(part, "__metadata__", ())
        if isinstance(each, ColumnType)
    ]
    return kind


def create_statements(tables: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Return the statements that create tables in the file ``{file}``.

    Args:
        tables: The columns of each table with their SQL types.
    """
    return tuple(
        f"CREATE TABLE {{file}}.{table} "
        f"({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
        for table, columns in tables.items()
    )


# The tables that batches are appended to, with their columns in order.
TABLES: Mapping[str, Mapping[str, ColumnType]] = {
    table: columns_of(row)
    for table, row in {
        "log": EncodedLogRow,
        "nodes": NodeRow,
        "peers": PeerRow,
        "sessions": SessionRow,
        "undecodable": UndecodableRow,
    }.items()
}
META = {name: kind.sql for name, kind in columns_of(MetaRow).items()}
DDL = create_statements(
    {
        "meta": META,
        **{
            table: {name: kind.sql for name, kind in columns.items()}
            for table, columns in TABLES.items()
        },
    }
)

SAMPLED = "sampled"
_SAMPLED_COLUMNS = {name: kind.sql for name, kind in columns_of(SampledRow).items()}
(SAMPLED_DDL,) = (
    statement.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
    for statement in create_statements({SAMPLED: _SAMPLED_COLUMNS})
)

# Types that nearly always inherit slot or core from the event that they refer to.
_INHERITED: Mapping[EventKind, Sequence[str]] = {
    EventKind.SENDING_GUARANTEE: ("slot", "core"),
    EventKind.GUARANTEE_SENT: ("slot", "core"),
    EventKind.SENDING_SEGMENT_SHARD_REQUEST: ("core",),
    EventKind.SEGMENT_SHARD_REQUEST_SENT: ("core",),
}


def usual_parts() -> Array:
    """Return, for each event type, the ``OPTIONAL_FIELDS`` its events usually have, as bits."""
    usual = optional_fields_by_type()
    for kind, parts in _INHERITED.items():
        for part in parts:
            usual[kind] |= 1 << OPTIONAL_FIELDS.index(part)
    return usual


_USUAL_PARTS = usual_parts()

# --- Decoding, in SQL -----------------------------------------------------------------

_U64 = (1 << 64) - 1
_EVENT_ID = f"(id_far::HUGEINT * {1 << 32} + id_ahead + seq)"


def part_condition(part: str) -> str:
    """Return the condition that type and ``parts`` say that the payload has a part."""
    bit = OPTIONAL_FIELDS.index(part)
    usual = "".join(str(parts >> bit & 1) for parts in _USUAL_PARTS.tolist())
    return f"xor(get_bit('{usual}'::BIT, type::INTEGER), ((parts >> {bit}) & 1)::INTEGER) = 1"


def _part(name: str, value: str) -> str:
    """Return a part of the payload: NULL where it is absent."""
    return f"CASE WHEN {part_condition(name)} THEN {value} END"


_REF_BACK = (
    f"CASE WHEN {part_condition('peer')} THEN seq::HUGEINT - last_target ELSE peer_or_back END"
)


# The columns of ``LogRow`` as expressions of those that are stored; ``peer`` is a number.
# HUGEINT holds every intermediate result, where UBIGINT would overflow.
LOG_COLUMNS: Mapping[str, str] = {
    "seq": "seq",
    "received_at": "received_at",
    "timestamp": (f"((sent_after::HUGEINT + epoch_us(received_at) - {JCE_US}) & {_U64})::UBIGINT"),
    "node": "(node_ahead + session)",
    "session": "session",
    "event_id": f"({_EVENT_ID} & {_U64})::UBIGINT",
    "type": "type",
    "ref": _part("ref", f"(({_EVENT_ID} - {_REF_BACK}) & {_U64})::UBIGINT"),
    "peer": _part("peer", "peer_or_back"),
    "slot": _part("slot", "last_slot"),
    "core": _part("core", "last_core"),
    "shard_index": _part("shard_index", "last_shard"),
    "body": "body",
    # For conditions: DuckDB compares a stored column before it computes others, and knows its range
    # in each row group, so that it skips the groups that cannot have a slot.
    "last_slot": "last_slot",
    "last_core": "last_core",
}
_STORED_TIME = {"received_at": "epoch_us(received_at) AS received_at"}
# The columns of ``LogRow``, selected from ``log_subquery`` joined with ``peers``.
LOG_SELECT = ", ".join(
    {"received_at": "epoch_us(received_at)", "peer": "peer_id"}.get(name, name)
    for name in LogRow._fields
)


def log_subquery(file: str) -> str:
    """Return the decoded event log of an attached file, for a FROM clause.

    Its columns are ``LOG_COLUMNS``; DuckDB computes only those that the statement uses.
    """
    columns = ", ".join(f"{value} AS {name}" for name, value in LOG_COLUMNS.items())
    return f"(SELECT {columns} FROM {file}.log)"


def log_rows_query(file: str, where: str = "true", last: int | None = None) -> str:
    """Return the statement that selects rows for ``LogRow``, in order of ``seq``.

    Args:
        file: The attached file.
        where: A condition on the columns of ``log_subquery``.
        last: Select only this many rows with the greatest ``seq``, newest first.
    """
    order = "ORDER BY seq" if last is None else "ORDER BY seq DESC"
    limit = "" if last is None else f"{order} LIMIT {last}"
    rows = f"SELECT * FROM {log_subquery(file)} WHERE {where} {limit}"
    return f"SELECT {LOG_SELECT} FROM ({rows}) LEFT JOIN {file}.peers USING (peer) {order}"


def stored_rows_query(
    file: str, where: str = "true", *, first: int | None = None, last: int | None = None
) -> str:
    """Return the statement that selects rows for ``decode_log``; see ``log_rows_query``.

    DuckDB plans it in a quarter of the time: only expressions that the condition names are bound.

    Args:
        file: The attached file.
        where: A condition on the columns of ``log_subquery``.
        first: Select only this many rows with the smallest ``seq``.
        last: Select only this many rows with the greatest ``seq``, newest first.
    """
    words = set(re.findall(r"\w+", where))
    decoded = "".join(
        f", {value} AS {name}"
        for name, value in LOG_COLUMNS.items()
        if name in words and name not in TABLES["log"]
    )
    order = "ORDER BY seq" if last is None else f"ORDER BY seq DESC LIMIT {last}"
    if first is not None:
        order += f" LIMIT {first}"
    columns = ", ".join({**{name: name for name in TABLES["log"]}, **_STORED_TIME}.values())
    return f"SELECT {columns} FROM (SELECT *{decoded} FROM {file}.log) WHERE {where} {order}"


def decode_log(stored: Mapping[str, Array]) -> dict[str, Array]:
    """Decode rows of the table ``log``: ``LOG_COLUMNS`` in NumPy, the inverse of ``encode_log``.

    Args:
        stored: The columns of ``stored_rows_query``.

    Returns:
        The columns of ``LogRow``, and those that say which parts a payload has, as in
        ``LogColumns``; ``peer`` is a number.
    """
    seq = stored["seq"].astype(np.int64)
    received = stored["received_at"].astype(np.int64)
    event_id = _event_ids(stored, seq)
    kinds = stored["type"]
    has = {f"has_{part}": has_part(part, kinds, stored["parts"]) for part in OPTIONAL_FIELDS}
    return {
        "seq": seq,
        "received_at": received,
        "timestamp": (stored["sent_after"] + (received - JCE_US)).view(np.uint64),
        "node": stored["node_ahead"] + stored["session"],
        "session": stored["session"],
        "event_id": event_id,
        "type": kinds,
        "ref": event_id - _ref_back(stored, seq, has["has_peer"]).view(np.uint64),
        "peer": stored["peer_or_back"],
        "slot": stored["last_slot"],
        "core": stored["last_core"],
        "shard_index": stored["last_shard"],
        "body": stored["body"],
        **has,
    }


def has_part(name: str, kinds: Array, parts: Array) -> Array:
    """Return which events have one of ``OPTIONAL_FIELDS``, by the columns type and parts."""
    bit = 1 << OPTIONAL_FIELDS.index(name)
    there: Array = ((_USUAL_PARTS[kinds] ^ parts) & bit).astype(np.bool_)
    return there


def undecodable_rows_query(file: str, where: str = "true") -> str:
    """Return the statement that selects rows for ``UndecodableRow``; see ``log_rows_query``."""
    columns = "* REPLACE (epoch_us(received_at) AS received_at)"
    return f"SELECT {columns} FROM {file}.undecodable WHERE {where}"


def read_log_numbers(
    cursor: duckdb.DuckDBPyConnection, file: str, where: str
) -> tuple[Array, Array, Array, Array, Array]:
    """Read columns of numbers as arrays, much faster than ``log_rows_query``.

    Args:
        cursor: The cursor to read with.
        file: The attached file.
        where: A condition on ``seq``, ``session`` and ``type``.

    Returns:
        ``seq``, ``session``, ``event_id``, ``type``, and ``ref``; of events without a reference
        ``ref`` is their ``event_id``.
    """
    columns = cursor.execute(
        "SELECT seq, session, id_far, id_ahead, type, parts, peer_or_back, last_target "
        f"FROM {file}.log WHERE {where}"
    ).fetchnumpy()
    seq, kinds = columns["seq"].astype(np.int64), columns["type"]
    event_id = _event_ids(columns, seq)
    has_ref, has_peer = (has_part(name, kinds, columns["parts"]) for name in ("ref", "peer"))
    back = np.where(has_ref, _ref_back(columns, seq, has_peer), 0)
    return (
        seq,
        columns["session"].astype(np.int64),
        event_id,
        kinds,
        event_id - back.view(np.uint64),
    )


def _event_ids(stored: Mapping[str, Array], seq: Array) -> Array:
    ids: Array = seq + stored["id_ahead"] + (stored["id_far"].astype(np.int64) << 32)
    return ids.view(np.uint64)


def _ref_back(stored: Mapping[str, Array], seq: Array, has_peer: Array) -> Array:
    """Return ``event_id`` less ``ref``, modulo 2^64, of rows that have a reference."""
    back: Array = np.where(has_peer, seq - stored["last_target"], stored["peer_or_back"])
    return back


# --- Encoding, in NumPy ---------------------------------------------------------------


def encode_log(log: LogColumns) -> ArrowTable:
    """Encode events as rows of the table ``log``: the inverse of ``LOG_COLUMNS``."""
    parts = [
        getattr(log, f"has_{part}").astype(np.uint8) << bit
        for bit, part in enumerate(OPTIONAL_FIELDS)
    ]
    received = (log.received_at - JCE_US).astype(np.uint64)
    ahead = _delta(log.event_id, log.seq.astype(np.uint64))
    back = np.where(log.has_ref, _delta(log.event_id, log.ref), 0)
    stored: dict[str, Array] = {
        "seq": log.seq,
        "received_at": log.received_at,
        "sent_after": _delta(log.timestamp, received),
        "node_ahead": log.node - log.session,
        "session": log.session,
        "id_ahead": ahead.astype(np.int32),
        "id_far": (ahead - ahead.astype(np.int32)) >> 32,
        "type": log.type,
        "parts": np.bitwise_or.reduce(parts) ^ _USUAL_PARTS[log.type],
        "peer_or_back": np.where(log.has_peer, log.peer, back),
        "last_target": _forward_fill(log.seq - back, log.has_ref & log.has_peer),
        "last_slot": _forward_fill(log.slot, log.has_slot),
        "last_core": _forward_fill(log.core, log.has_core),
        "last_shard": _forward_fill(log.shard_index, log.has_shard_index),
    }
    columns = {
        name: frames_column(kind, log.body) if name == "body" else number_column(kind, stored[name])
        for name, kind in TABLES["log"].items()
    }
    return ArrowTable(columns, len(log))


def encode_rows(table: str, rows: Sequence[tuple[Any, ...]]) -> ArrowTable:
    """Encode rows of any other table."""
    kinds = TABLES[table]
    values = list(zip(*rows, strict=True)) or [()] * len(kinds)
    columns = {
        name: column(kind, each) for (name, kind), each in zip(kinds.items(), values, strict=True)
    }
    return ArrowTable(columns, len(rows))


def _delta(values: Array, base: Array) -> Array:
    """Return ``values - base`` modulo 2^64, as signed numbers: small where the two are near."""
    return (values - base).view(np.int64)


def _forward_fill(values: Array, valid: Array) -> Array:
    """Replace absent values by the one before, or by the first: repeated numbers compress."""
    latest = np.maximum.accumulate(np.where(valid, np.arange(len(values)), np.argmax(valid)))
    return values[latest]
