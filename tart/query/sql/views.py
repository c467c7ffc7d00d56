"""The SQL views of the event log: one per event type, and those of all events and sessions.

Pure: names, columns and types, and for each column the SQL expression that computes it from a
row of the event log. A view has its event's variant as name: ``BestBlockChanged`` becomes
``best_block_changed``. Its columns are ``COMMON``, then the event's fields under their JSON
names, typed:

- integers as unsigned ones of their width, Booleans as BOOLEAN, text as VARCHAR;
- hashes and keys as BLOB: they compare and group at a third of the cost of hex text. A
  literal is ``unhex('01ab…')``, ``hex(column)`` makes text of one;
- enumerations as the name, or the number where it has none;
- a field that is named like a column of ``COMMON`` gets an underscore: ``id_``;
- structures as STRUCT, tuples as STRUCT with ``_0``, ``_1``, lists as LIST.

A SQL expression cuts a field at a fixed offset out of the bytes: 10 million rows per second and
thread for a field of 4 bytes, and only for the columns a statement reads. An Arrow function would
need pyarrow and is half as fast. Rows that do not have the expected layout (``irregular``) and
fields behind a list or a text go through ``tart_decode``, which is the plain decoder: 0.3 µs per
call in DuckDB 2.0, 50 µs in 1.5.6, plus the decoding itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.protocol.optional_fields import (
    PEER_BYTES,
    REF_BYTES,
    SHARD_INDEX_BYTES,
    optional_fields,
)
from tart.protocol.types import IMPORT_SPEC
from tart.protocol.wire import (
    Address,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    Integer,
    List,
    Option,
    Struct,
    Tuple,
    Type,
)
from tart.query.core.event_ids import DIRECTORY_BITS
from tart.query.core.event_names import view_name
from tart.units import JCE_US

_INTEGERS = {1: "UTINYINT", 2: "USMALLINT", 4: "UINTEGER", 8: "UBIGINT"}
# 9999-12-31T23:59:59.999999Z, the last time of RFC 3339, in JCE microseconds.
JCE_LAST_US = 253_402_300_800_000_000 - 1 - JCE_US
# Prefix of an IPv4 address mapped to IPv6; the plain decoder writes other addresses.
_MAPPED = b"\0" * 10 + b"\xff\xff"


@dataclass(frozen=True)
class Column:
    """One column: its name, its DuckDB type and the SQL expression that computes it."""

    name: str
    type: str
    sql: str


@dataclass(frozen=True)
class View:
    """One view.

    Attributes:
        name: Name of the view.
        columns: Its columns, in order.
        source: The table of a file that it reads.
        number: The event type it is limited to.
        irregular: SQL condition that selects the rows for the plain decoder.
        renamed: Columns that are others under another name.
    """

    name: str
    columns: tuple[Column, ...]
    source: str = "log"
    number: int | None = None
    irregular: str = "false"
    renamed: Mapping[str, str] = field(default_factory=dict)


def quote_identifier(name: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _id(column: str) -> str:
    return f"({column}::BIGINT << {DIRECTORY_BITS} | directory)"


def quote_text(text: str) -> str:
    """Quote text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def node_time(column: str) -> str:
    """Return SQL of the TIMESTAMP of JCE microseconds; NULL after the year 9999."""
    return (
        f"CASE WHEN {column} <= {JCE_LAST_US} THEN make_timestamp({column}::BIGINT + {JCE_US}) END"
    )


def text_by_number(column: str, texts: Mapping[int, str]) -> str:
    """Return SQL that maps numbers to text; NULL for other numbers."""
    listed = ", ".join(
        quote_text(texts[number]) if number in texts else "NULL" for number in range(max(texts) + 1)
    )
    return f"[{listed}][{column}::INTEGER + 1]"


def event_name(column: str) -> str:
    """Return SQL of the name of an event type; NULL for a type of another release."""
    return text_by_number(column, {number: event.variant for number, event in EVENTS.items()})


# Columns of every event. ``directory`` is a constant of the file, ``node_id`` comes from a join.
COMMON = (
    Column("id", "BIGINT", _id("seq")),
    Column("node_id", "VARCHAR", "node_id"),
    Column("session", "BIGINT", _id("session")),
    Column("event_id", "UBIGINT", "event_id"),
    Column("received_at", "TIMESTAMP", "received_at"),
    Column("timestamp", "TIMESTAMP", node_time("timestamp")),
    Column("timestamp_us", "UBIGINT", "timestamp"),
    Column("ref", "UBIGINT", "ref"),
)


def column_name(field: str) -> str:
    """Return the column of an event's field."""
    return f"{field}_" if field in {column.name for column in COMMON} else field


# --- Types ------------------------------------------------------------------------------


def duckdb_type(kind: Type) -> str:
    """Return the DuckDB type of a field in its view."""
    match kind:
        case Integer():
            return _INTEGERS[kind.size]
        case Boolean():
            return "BOOLEAN"
        case Bytes():
            return "BLOB"
        case CoreBytes() | CoreBits():
            return "UTINYINT[]"
        case List():
            return f"{duckdb_type(kind.inner)}[]"
        case Option():
            return duckdb_type(kind.inner)
        case Struct() | Tuple():
            members = ", ".join(
                f"{quote_identifier(name)} {duckdb_type(each)}" for name, each in _members(kind)
            )
            return f"STRUCT({members})"
        case _:
            return "VARCHAR"


def _members(kind: Struct | Tuple) -> Iterator[tuple[str, Type]]:
    if kind is IMPORT_SPEC:
        roots = tuple((name, Bytes(32)) for name in ("SegmentsRoot", "WorkPackageHash"))
        yield "root_identifier", Struct("", roots)
        yield "export_index", Integer(2)
    elif isinstance(kind, Struct):
        yield from kind.fields
    else:
        yield from ((f"_{place}", inner) for place, inner in enumerate(kind.inner))


# --- From the output of the plain decoder -----------------------------------------------


def view_value(kind: Type, value: Any) -> Any:
    """Return a decoded value in the JSON form that ``_from_json`` reads."""
    if value is None:
        return None
    match kind:
        case Bytes():
            return value.hex()
        case List():
            return [view_value(kind.inner, each) for each in value]
        case Option():
            return view_value(kind.inner, value)
        case Enumeration():
            return str(value)
        case Tuple():
            return {f"_{at}": view_value(each, value[at]) for at, each in enumerate(kind.inner)}
        case Struct():
            return {name: view_value(each, value.get(name)) for name, each in _members(kind)}
        case _:
            return value


def _structure(kind: Type) -> Any:
    """Return a type in the form that DuckDB's ``from_json`` takes, bytes as text."""
    match kind:
        case List():
            return [_structure(kind.inner)]
        case Option():
            return _structure(kind.inner)
        case CoreBytes() | CoreBits():
            return ["UTINYINT"]
        case Struct() | Tuple():
            return {name: _structure(each) for name, each in _members(kind)}
        case Bytes():
            return "VARCHAR"
        case _:
            return duckdb_type(kind)


def _has_bytes(kind: Type) -> bool:
    match kind:
        case List() | Option():
            return _has_bytes(kind.inner)
        case Struct() | Tuple():
            return any(_has_bytes(each) for _, each in _members(kind))
        case _:
            return isinstance(kind, Bytes)


def _unhex(kind: Type, sql: str, depth: int = 0) -> str:
    """Return an expression that converts hex text to bytes wherever the type has bytes."""
    if not _has_bytes(kind):
        return sql
    match kind:
        case List():
            inner = _unhex(kind.inner, f"e{depth}", depth + 1)
            return f"list_transform({sql}, lambda e{depth}: {inner})"
        case Option():
            return _unhex(kind.inner, sql, depth)
        case Struct() | Tuple():
            members = [(quote_identifier(name), inner) for name, inner in _members(kind)]
            parts = ", ".join(
                f"{name} := {_unhex(inner, f'({sql}).{name}', depth)}" for name, inner in members
            )
            return f"struct_pack({parts})"
        case _:
            return f"unhex({sql})"


def _from_json(name: str, kind: Type, text: str) -> str:
    structure = json.dumps({name: _structure(kind)}).replace("'", "''")
    return _unhex(kind, f"from_json({text}, '{structure}').{quote_identifier(name)}")


# --- From the bytes ---------------------------------------------------------------------


def _octets(offset: int, size: int) -> str:
    return f"body[{offset + 1}:{offset + size}]"


def _integer(offset: int, size: int) -> str:
    """Return the expression for a little-endian integer.

    The bytes are read as big-endian bits, then reversed.
    """
    bits = f"{_octets(offset, size)}::BIT::UBIGINT"
    reversed_bytes = []
    for byte in range(size):
        shift = 8 * (size - 1 - 2 * byte)
        mask = 255 << 8 * byte
        operator = "<<" if shift >= 0 else ">>"
        reversed_bytes.append(f"((({bits}) & {mask}) {operator} {abs(shift)})")
    return f"({' | '.join(reversed_bytes)})::{_INTEGERS[size]}"


def _blob(octets: bytes) -> str:
    return "'" + "".join(f"\\x{octet:02X}" for octet in octets) + "'::BLOB"


def _fixed(kind: Type, offset: int) -> str | None:
    """Return the expression for a value at an offset of the body; ``None`` without one."""
    match kind:
        case Integer():
            return _integer(offset, kind.size)
        case Bytes():
            return _octets(offset, kind.size)
        case Boolean():
            return f"({_octets(offset, 1)} = {_blob(bytes([1]))})"
        case Enumeration():
            cases = " ".join(
                f"WHEN {_blob(bytes([index]))} THEN '{name}'"
                for index, name in enumerate(kind.names)
            )
            return f"CASE {_octets(offset, 1)} {cases} ELSE {_integer(offset, 1)}::VARCHAR END"
        case Address():
            bytes_ = ", ".join(_integer(offset + place, 1) for place in range(12, 16))
            return f"concat_ws('.', {bytes_})"
        case Struct() if kind.size is not None and kind is not IMPORT_SPEC:
            parts = []
            for name, inner in kind.fields:
                parts.append(f"{quote_identifier(name)} := {_fixed(inner, offset)}")
                offset += inner.size or 0
            return f"struct_pack({', '.join(parts)})"
        case _:
            return None


def _address_offsets(layout: Struct, offset: int) -> Iterator[int]:
    """Yield the offsets of the addresses in the fixed part of a body."""
    for _, kind in layout.fields:
        if isinstance(kind, Struct):
            yield from _address_offsets(kind, offset)
        elif isinstance(kind, Address):
            yield offset
        if kind.size is None:
            return
        offset += kind.size


def _event_view(event: EventKind) -> View:
    parts = optional_fields(event)
    cut = REF_BYTES * ("ref" in parts) + PEER_BYTES * ("peer" in parts)
    prefix, columns = 0, []
    # With two layouts, only the connection's protocol version tells which one holds.
    offset = None if event.version_0 else 0
    for name, kind in event.fields.fields:
        fast = None
        if offset is not None and kind.size is not None:
            fast = _fast(event, name, kind, offset, cut)
            prefix = offset = offset + kind.size
        else:
            offset = None
        columns.append(_field(name, kind, fast))
    irregular = _irregular(event, parts, prefix - cut)
    return View(
        view_name(event.variant), (*COMMON, *columns), number=event.number, irregular=irregular
    )


def _fast(event: EventKind, name: str, kind: Type, offset: int, cut: int) -> str | None:
    """Return the expression for a top-level field at an offset of the payload."""
    layout = event.fields
    if offset == 0 and leading_reference(layout) is kind:
        return "ref"
    if offset < cut:
        return "peer_id"
    if name in ("slot", "core") and layout.offset_of(name) == offset:
        return name
    if (name, kind) == layout.fields[-1] == ("shard", Integer(2)):
        return "shard_index"
    return _fixed(kind, offset - cut)


def _field(name: str, kind: Type, fast: str | None) -> Column:
    # Where a layout depends on the version (Dropped), a fixed field may be elsewhere in a row.
    if fast is None:
        sql = _from_json(name, kind, "decoded")
    else:
        slow = _from_json(name, kind, "irregular")
        sql = f"CASE WHEN irregular IS NULL THEN {fast} ELSE {slow} END"
    return Column(column_name(name), duckdb_type(kind), sql)


def _irregular(event: EventKind, parts: tuple[str, ...], prefix: int) -> str:
    """Return the condition for rows without the layout that the expressions expect."""
    layout = event.fields
    expected = [f"{part} IS NOT NULL" for part in parts]
    if layout.size is not None and event.version_0 is None:
        prefix -= SHARD_INDEX_BYTES * ("shard_index" in parts)
        expected.append(f"octet_length(body) = {prefix}")
    else:
        expected.append(f"octet_length(body) >= {max(0, prefix)}")
    expected += (
        f"{_octets(offset, 12)} = {_blob(_MAPPED)}" for offset in _address_offsets(layout, 0)
    )
    return f"NOT ({' AND '.join(expected)})"


# --- The views --------------------------------------------------------------------------


def _little_endian(name: str, size: int) -> str:
    """Return the expression for a number's bytes, lowest first; empty where it is NULL."""
    bytes_ = " | ".join(
        f"(({name}::UBIGINT & {255 << 8 * byte}) "
        f"{'<<' if 2 * byte < size - 1 else '>>'} {abs(8 * (size - 1 - 2 * byte))})"
        for byte in range(size)
    )
    return f"coalesce(unhex(printf('%0{2 * size}x', {bytes_})), ''::BLOB)"


_PAYLOAD = " || ".join(
    (
        _little_endian("ref", REF_BYTES),
        "coalesce(peer_id, ''::BLOB)",
        "body",
        _little_endian("shard_index", SHARD_INDEX_BYTES),
    )
)
_DATA = (
    "tart_event_data(type, directory::INTEGER, session, timestamp, ref, peer_id, body, shard_index)"
)
_EVENTS = View(
    "events",
    (
        *COMMON,
        Column("type", "UTINYINT", "type"),
        Column("slot", "UINTEGER", "slot"),
        Column("core", "USMALLINT", "core"),
        Column("peer", "BLOB", "peer_id"),
        Column("shard", "USMALLINT", "shard_index"),
        Column("payload", "BLOB", _PAYLOAD),
        Column("created_at", "TIMESTAMP", "received_at"),
        Column("event_type", "UTINYINT", "type"),
        Column("event_name", "VARCHAR", event_name("type")),
        Column("node_name", "VARCHAR", "tart_node_name(directory::INTEGER, session)"),
        Column("data", "JSON", _DATA),
    ),
    renamed={"created_at": "received_at", "event_type": "type"},
)
_UNDECODABLE = View(
    "undecodable",
    (
        Column("id", "BIGINT", _id("seq")),
        Column("node_id", "VARCHAR", "node_id"),
        Column("session", "BIGINT", _id("session")),
        Column("event_id", "UBIGINT", "event_id"),
        Column("received_at", "TIMESTAMP", "received_at"),
        Column("type", "UTINYINT", "type"),
        Column("rule", "VARCHAR", "rule"),
        Column("field", "VARCHAR", "field"),
        Column("byte_offset", "UINTEGER", "byte_offset"),
        Column("expectation", "VARCHAR", "expectation"),
        Column("frame", "BLOB", "frame"),
    ),
    source="undecodable",
)
_SESSION_LOG = View(
    "session_log",
    (
        Column("session", "BIGINT", _id("session")),
        Column("node_id", "VARCHAR", "node_id"),
        Column("happened_at", "TIMESTAMP", "happened_at"),
        Column("what", "VARCHAR", "what"),
        Column("address", "VARCHAR", "address"),
        Column("reason", "VARCHAR", "reason"),
        Column("counters", "VARCHAR", "counters"),
        Column("node_information", "BLOB", "node_information"),
    ),
    source="sessions",
)


def _guarantees() -> View:
    """Return the view of GuaranteeBuilt (105) with the members of its outline as columns."""
    built = _event_view(EventKind.GUARANTEE_BUILT)
    outline = next(column.sql for column in built.columns if column.name == "outline")
    columns = (
        *COMMON,
        Column("core", "USMALLINT", "core"),
        Column("slot", "UINTEGER", f"({outline}).slot"),
        Column("report_hash", "BLOB", f"({outline}).work_report_hash"),
        Column("guarantors", "USMALLINT[]", f"({outline}).guarantors"),
    )
    return View("guarantees", columns, number=built.number, irregular=built.irregular)


def is_event_view(name: str) -> bool:
    """Return true for the view of an event type that has its fields as columns."""
    number = VIEWS[name].number if name in VIEWS else None
    return number is not None and name == view_name(EVENTS[number].variant)


VIEWS: Mapping[str, View] = MappingProxyType(
    {
        view.name: view
        for view in (
            _EVENTS,
            _UNDECODABLE,
            _SESSION_LOG,
            _guarantees(),
            *(_event_view(event) for event in EVENTS.values()),
        )
    }
)
