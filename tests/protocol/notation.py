"""The field table's notation, read as our types: what each declaration should equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tart.protocol.types import ImportSpecification
from tart.protocol.wire import (
    Address,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    EventId,
    Integer,
    List,
    Option,
    String,
    Struct,
    Tuple,
    Type,
)
from tests.vectors import field_table

SCALARS: dict[str, Type] = {
    "u8": Integer(1),
    "u16": Integer(2),
    "u32": Integer(4),
    "u64": Integer(8),
    "bool": Boolean(),
    "hash": Bytes(32),
    "peer_id": Bytes(32),
    "timestamp": Integer(8),
    "bytes16": Address(),
    "bytes<C>": CoreBytes(),
    "bits<C>": CoreBits(),
}


def type_of(notation: str, refers_to: Sequence[int] = ()) -> Type:
    """The type that the table means by its notation."""
    table = field_table()
    if notation == "event_id":
        return EventId(refers_to=tuple(refers_to))
    if notation in SCALARS:
        return SCALARS[notation]
    if notation in table["enums"]:
        return Enumeration(notation, tuple(table["enums"][notation]))
    if notation in table["structs"]:
        kind = ImportSpecification if notation == "ImportSpec" else Struct
        return kind(notation, fields_of(table["structs"][notation]))
    name, inner = notation.removesuffix(">").split("<", 1)
    match name:
        case "string":
            return String(int(inner))
        case "option":
            return Option(type_of(inner))
        case "list":
            return List(type_of(inner))
        case "tuple":
            return Tuple(tuple(type_of(each) for each in inner.split(",")))
    raise AssertionError(f"the field table does not explain {notation}")


def fields_of(
    rows: Sequence[Sequence[str]], refers_to: dict[str, Any] | None = None
) -> tuple[tuple[str, Type], ...]:
    """Named fields from the table's rows."""
    references = refers_to or {}
    return tuple((name, type_of(notation, references.get(name, ()))) for name, notation in rows)
