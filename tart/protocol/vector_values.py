"""Values and events in the JSON of the reference vectors (``vectors/README.md``).

Pure. 64-bit integers are decimal text, bytes hex without a prefix, everything else as in ``wire``.
"""

from __future__ import annotations

from typing import Any

from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EventKind
from tart.protocol.framing import frame
from tart.protocol.types import ImportSpecification
from tart.protocol.wire import (
    Address,
    Bytes,
    CoreBits,
    CoreBytes,
    Integer,
    List,
    Option,
    Struct,
    Tuple,
    Type,
)

_WIDE_BYTES = 8


def vector_value(layout: Type, value: Any) -> Any:
    """Return a value of a wire type as the vectors have it."""
    match layout:
        case ImportSpecification():
            ((kind, root),) = value["root_identifier"].items()
            return {"root_identifier": {kind: root.hex()}, "export_index": value["export_index"]}
        case Struct(fields=fields):
            return {name: vector_value(inner, value[name]) for name, inner in fields}
        case Tuple(inner=types):
            return [vector_value(inner, part) for inner, part in zip(types, value, strict=True)]
        case List(inner=inner):
            return [vector_value(inner, part) for part in value]
        case Option(inner=inner):
            return None if value is None else vector_value(inner, value)
        case Integer(size=size) if size == _WIDE_BYTES:
            return str(value)
        case Bytes() | CoreBytes() | CoreBits():
            return bytes(value).hex()
        case Address():
            # Read addresses are a subclass of text.
            return str(value)
    return value


def event_vector(
    kind: EventKind, version: int, cores: int | None, content: bytes, fields: dict[str, Any]
) -> dict[str, Any]:
    """Return an event as a member of ``events`` of the vectors; ``case`` is for its author.

    Args:
        kind: The event type.
        version: The protocol version of the connection.
        cores: The node's core count, if it is known.
        content: The message after its length prefix.
        fields: The decoded payload.
    """
    return {
        "event": kind.variant,
        "number": kind.number,
        "case": "",
        "protocol_versions": [0, 1] if kind.version_0 is None else [version],
        "cores": cores,
        "timestamp": str(int.from_bytes(content[: HEADER_BYTES - 1], "little")),
        "fields": vector_value(kind.layout(version), fields),
        "hex": frame(content).hex(),
    }
