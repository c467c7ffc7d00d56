"""The reference of event types, built from their declarations. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tart.protocol.events import EVENTS, EventKind
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
from tart.query.answers import event_types as answers
from tart.query.core.event_names import GROUP_TYPES, view_name

# Units by the end of a field's name.
_UNITS = {
    "_ns": "nanoseconds",
    "timestamp": "microseconds since 2025-01-01T12:00:00Z",
    "gas": "gas",
    "gas_used": "gas",
    "gas_limit": "gas",
    "size": "bytes",
    "size_bytes": "bytes",
    "lengths": "bytes",
}


def event_reference() -> answers.EventTypes:
    """Return the reference of all event types, in ascending order."""
    kinds = [EVENTS[number] for number in sorted(EVENTS)]
    return {
        "event_types": [_event(kind) for kind in kinds],
        "groups": {name: list(numbers) for name, numbers in GROUP_TYPES.items()},
        "structures": [
            {"name": name, "fields": _fields(structure)}
            for name, structure in _structures(kinds).items()
        ],
    }


def _event(kind: EventKind) -> answers.EventTypeReference:
    return {
        "number": kind.number,
        "name": kind.variant,
        "title": kind.title,
        "group": kind.group,
        "groups": [name for name, numbers in GROUP_TYPES.items() if kind.number in numbers],
        "view": view_name(kind.variant),
        "fields": _fields(kind.fields),
        "fields_of_version_0": None if kind.version_0 is None else _fields(kind.version_0),
        "referred_to_by": [
            other.number for other in EVENTS.values() if kind.number in _references(other)
        ],
    }


def _references(kind: EventKind) -> set[int]:
    return {
        number
        for _, field in kind.fields.fields
        if isinstance(field, EventId)
        for number in field.refers_to
    }


def _fields(structure: Struct) -> list[answers.EventField]:
    return [
        {
            "name": name,
            "type": type_name(field),
            "unit": unit_of(name, field),
            "refers_to": list(field.refers_to) if isinstance(field, EventId) else [],
        }
        for name, field in structure.fields
    ]


def unit_of(name: str, field: Type | None) -> str | None:
    """Return the unit of a number by the name of its field; ``None`` for others."""
    if not isinstance(field, Integer):
        return None
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), None)


def type_name(field: Type) -> str:
    """Return the name of a type as the reference writes it."""
    write = next(write for kind, write in _NAMES.items() if isinstance(field, kind))
    return write(field)


# The first entry that fits counts: an event id is also an integer.
_NAMES: Mapping[type[Type], Callable[[Any], str]] = {
    EventId: lambda field: "event id (u64)",
    Integer: lambda field: f"u{8 * field.size}",
    Boolean: lambda field: "bool",
    Enumeration: lambda field: " | ".join(field.names),
    Bytes: lambda field: f"{field.size} bytes",
    Address: lambda field: "IP address",
    CoreBytes: lambda field: "a byte for each core",
    CoreBits: lambda field: "a bit for each core",
    String: lambda field: f"text of at most {field.limit} bytes",
    Option: lambda field: f"{type_name(field.inner)} or null",
    List: lambda field: f"list of {type_name(field.inner)}",
    Tuple: lambda field: f"({', '.join(map(type_name, field.inner))})",
    Struct: lambda field: field.name,
    Type: lambda field: type(field).__name__,
}


def _structures(kinds: list[EventKind]) -> dict[str, Struct]:
    """Return the structures inside events by name."""
    structures: dict[str, Struct] = {}
    waiting: list[Type] = [field for kind in kinds for _, field in kind.fields.fields]
    while waiting:
        field = waiting.pop(0)
        if isinstance(field, Struct):
            structures.setdefault(field.name, field)
        waiting.extend(_parts(field))
    return dict(sorted(structures.items()))


def _parts(field: Type) -> Iterator[Type]:
    match field:
        case Struct():
            yield from (inner for _, inner in field.fields)
        case List() | Option():
            yield field.inner
        case Tuple():
            yield from field.inner
