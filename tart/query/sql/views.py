"""The tables that SQL sees: one view per event type, and what surrounds them.

Pure: names, columns and types, and for each column the expression that computes it from a
row of the log. A view is named after its event's variant: ``BestBlockChanged`` becomes
``best_block_changed``. Its columns are ``COMMON`` and then the event's fields under their
names in JSON, typed:

- integers as unsigned ones of their width, Booleans as BOOLEAN, text as VARCHAR;
- hashes and keys as BLOB: they compare and group at a third of the cost of hex text. A
  literal is ``unhex('01ab…')``, ``hex(column)`` makes text of one;
- enumerations as the name, or the number where it has none;
- a field that is named like a column of ``COMMON`` gets an underscore: ``id_``;
- structures as STRUCT, tuples as STRUCT with ``_0``, ``_1``, lists as LIST.

A field at a fixed place is cut out of the bytes by a SQL expression: 10 million rows a
second and thread for one of 4 bytes, and only for the columns that are asked for. An Arrow
function would need pyarrow and is half as fast. Rows that are not as the layout says
(``irregular``) and fields behind a list or a text go through ``tart_decode``, which is the plain
decoder: 0.3 µs for the call in DuckDB 2.0, 50 µs in 1.5.6, and what decoding takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tart.protocol.columnar import PARTS, parts_of_types
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.protocol.types import IMPORT_SPEC, JCE_UNIX_SECONDS
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
from tart.query.core.catalog import DIRECTORY_BITS

_REF_BYTES = 8
_PEER_BYTES = 32
_SHARD_BYTES = 2
_PARTS_OF_TYPES = parts_of_types().tolist()
_INTEGERS = {1: "UTINYINT", 2: "USMALLINT", 4: "UINTEGER", 8: "UBIGINT"}
_JCE_US = JCE_UNIX_SECONDS * 1_000_000
# The last time RFC 3339 can write, 9999-12-31T23:59:59.999999Z, in JCE microseconds.
_LAST_JCE_US = 253_402_300_800_000_000 - 1 - _JCE_US
# An IPv4 address as IPv6 starts with this; others are written by the plain decoder.
_MAPPED = b"\0" * 10 + b"\xff\xff"


@dataclass(frozen=True)
class Column:
    """One column: its DuckDB type, and the expression that computes it."""

    name: str
    type: str
    sql: str


@dataclass(frozen=True)
class View:
    """One table.

    Attributes:
        source: the table of a file it is made of.
        number: the event type it is limited to.
        irregular: the rows whose fields must be decoded one by one; a condition.
    """

    name: str
    columns: tuple[Column, ...]
    source: str = "log"
    number: int | None = None
    irregular: str = "false"


def quote_identifier(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _id(of: str) -> str:
    return f"({of}::BIGINT << {DIRECTORY_BITS} | directory)"


_TIMESTAMP = (
    f"CASE WHEN timestamp <= {_LAST_JCE_US} THEN make_timestamp(timestamp::BIGINT + {_JCE_US}) END"
)

# What every event has. ``directory`` is a constant of the file, ``node_id`` is joined.
COMMON = (
    Column("id", "BIGINT", _id("seq")),
    Column("node_id", "VARCHAR", "node_id"),
    Column("session", "BIGINT", _id("session")),
    Column("event_id", "UBIGINT", "event_id"),
    Column("received_at", "TIMESTAMP", "received_at"),
    Column("timestamp", "TIMESTAMP", _TIMESTAMP),
    Column("timestamp_us", "UBIGINT", "timestamp"),
    Column("ref", "UBIGINT", "ref"),
)


def column_name(field: str) -> str:
    """The column of an event's field."""
    return f"{field}_" if field in {each.name for each in COMMON} else field


def view_name(variant: str) -> str:
    """``BestBlockChanged`` as ``best_block_changed``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", variant).lower()


# --- Types ------------------------------------------------------------------------------


def duckdb_type(kind: Type) -> str:
    """The DuckDB type a field has in its view."""
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
        yield from ((f"_{at}", each) for at, each in enumerate(kind.inner))


# --- From what the plain decoder says ---------------------------------------------------


def view_value(kind: Type, value: Any) -> Any:
    """A decoded value as the JSON that ``_from_json`` takes apart again."""
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
    """``kind`` as ``from_json`` wants it, bytes as text."""
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


def _unhexed(kind: Type, sql: str, depth: int = 0) -> str:
    """The same value with text made bytes where the type has bytes."""
    if not _has_bytes(kind):
        return sql
    match kind:
        case List():
            inner = _unhexed(kind.inner, f"e{depth}", depth + 1)
            return f"list_transform({sql}, lambda e{depth}: {inner})"
        case Option():
            return _unhexed(kind.inner, sql, depth)
        case Struct() | Tuple():
            members = [(quote_identifier(name), inner) for name, inner in _members(kind)]
            parts = ", ".join(
                f"{name} := {_unhexed(inner, f'({sql}).{name}', depth)}" for name, inner in members
            )
            return f"struct_pack({parts})"
        case _:
            return f"unhex({sql})"


def _from_json(name: str, kind: Type, text: str) -> str:
    structure = json.dumps({name: _structure(kind)}).replace("'", "''")
    return _unhexed(kind, f"from_json({text}, '{structure}').{quote_identifier(name)}")


# --- From the bytes ---------------------------------------------------------------------


def _octets(at: int, size: int) -> str:
    return f"body[{at + 1}:{at + size}]"


def _integer(at: int, size: int) -> str:
    """Little-endian bytes as a number: read as big-endian bits, then turned round."""
    bits = f"{_octets(at, size)}::BIT::UBIGINT"
    turned = []
    for byte in range(size):
        shift = 8 * (size - 1 - 2 * byte)
        mask = 255 << 8 * byte
        if shift >= 0:
            turned.append(f"((({bits}) & {mask}) << {shift})")
        else:
            turned.append(f"((({bits}) & {mask}) >> {-shift})")
    return f"({' | '.join(turned)})::{_INTEGERS[size]}"


def _blob(octets: bytes) -> str:
    return "'" + "".join(f"\\x{each:02X}" for each in octets) + "'::BLOB"


def _fixed(kind: Type, at: int) -> str | None:
    """The expression for a value that starts at that byte of the body, if there is one."""
    match kind:
        case Integer():
            return _integer(at, kind.size)
        case Bytes():
            return _octets(at, kind.size)
        case Boolean():
            return f"({_octets(at, 1)} = {_blob(bytes([1]))})"
        case Enumeration():
            cases = " ".join(
                f"WHEN {_blob(bytes([index]))} THEN '{name}'"
                for index, name in enumerate(kind.names)
            )
            return f"CASE {_octets(at, 1)} {cases} ELSE {_integer(at, 1)}::VARCHAR END"
        case Address():
            return f"concat_ws('.', {', '.join(_integer(at + each, 1) for each in range(12, 16))})"
        case Struct() if kind.size is not None and kind is not IMPORT_SPEC:
            parts = []
            for name, each in kind.fields:
                parts.append(f"{quote_identifier(name)} := {_fixed(each, at)}")
                at += each.size or 0
            return f"struct_pack({', '.join(parts)})"
        case _:
            return None


def _addresses(layout: Struct, at: int) -> Iterator[int]:
    """Where the addresses of a fixed part are, in the body."""
    for _, each in layout.fields:
        if isinstance(each, Struct):
            yield from _addresses(each, at)
        elif isinstance(each, Address):
            yield at
        if each.size is None:
            return
        at += each.size


def _event_view(event: EventKind) -> View:
    parts = [name for at, name in enumerate(PARTS) if _PARTS_OF_TYPES[event.number] >> at & 1]
    cut = _REF_BYTES * ("ref" in parts) + _PEER_BYTES * ("peer" in parts)
    prefix, columns = 0, []
    # Which of two layouts holds is the connection's to know.
    at = None if event.version_0 else 0
    for name, kind in event.fields.fields:
        fast = None
        if at is not None and kind.size is not None:
            fast = _fast(event, name, kind, at, cut)
            prefix = at = at + kind.size
        else:
            at = None
        columns.append(_field(name, kind, fast))
    irregular = _irregular(event, parts, prefix - cut)
    return View(
        view_name(event.variant), (*COMMON, *columns), number=event.number, irregular=irregular
    )


def _fast(event: EventKind, name: str, kind: Type, at: int, cut: int) -> str | None:
    """The expression for a top-level field at that byte of the payload."""
    layout = event.fields
    if at == 0 and leading_reference(layout) is kind:
        return "ref"
    if at < cut:
        return "peer_id"
    if name in ("slot", "core") and layout.offset_of(name) == at:
        return name
    if (name, kind) == layout.fields[-1] == ("shard", Integer(2)):
        return "shard_index"
    return _fixed(kind, at - cut)


def _field(name: str, kind: Type, fast: str | None) -> Column:
    # Dropped's layout is among them: what is fixed may be told otherwise in a row.
    if fast is None:
        sql = _from_json(name, kind, "decoded")
    else:
        slow = _from_json(name, kind, "irregular")
        sql = f"CASE WHEN irregular IS NULL THEN {fast} ELSE {slow} END"
    return Column(column_name(name), duckdb_type(kind), sql)


def _irregular(event: EventKind, parts: list[str], prefix: int) -> str:
    """Which rows are not laid out as the expressions expect, as far as those go."""
    layout = event.fields
    expected = [f"{part} IS NOT NULL" for part in parts]
    if layout.size is not None and event.version_0 is None:
        prefix -= _SHARD_BYTES * ("shard_index" in parts)
        expected.append(f"octet_length(body) = {prefix}")
    else:
        expected.append(f"octet_length(body) >= {max(0, prefix)}")
    expected += (f"{_octets(at, 12)} = {_blob(_MAPPED)}" for at in _addresses(layout, 0))
    return f"NOT ({' AND '.join(expected)})"


# --- All of them ------------------------------------------------------------------------


def _turned(name: str, size: int) -> str:
    """A number's bytes, lowest first; nothing where it is NULL."""
    bytes_ = " | ".join(
        f"(({name}::UBIGINT & {255 << 8 * byte}) "
        f"{'<<' if 2 * byte < size - 1 else '>>'} {abs(8 * (size - 1 - 2 * byte))})"
        for byte in range(size)
    )
    return f"coalesce(unhex(printf('%0{2 * size}x', {bytes_})), ''::BLOB)"


_PAYLOAD = " || ".join(
    (_turned("ref", _REF_BYTES), "coalesce(peer_id, ''::BLOB)", "body", _turned("shard_index", 2))
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
    ),
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
_SESSIONS = View(
    "sessions",
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
_NODES = View(
    "nodes",
    (Column("node_id", "VARCHAR", "node_id"), Column("directory", "INTEGER", "directory")),
    source="nodes",
)

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        each.name: each
        for each in (
            _EVENTS,
            _UNDECODABLE,
            _SESSIONS,
            _NODES,
            *(_event_view(event) for event in EVENTS.values()),
        )
    }
)
