"""Bytes that other implementations of JIP-3 wrote, and what they mean.

The README beside this file says where each file is from. Here they become values that
tests iterate over; ``flat`` and ``flat_values`` bring what we decode into the files'
convention, so that the two can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tart.protocol.types import WORK_PACKAGE_HASH_BIT, ImportSpecification
from tart.protocol.wire import Address, CoreBits, Enumeration, List, Option, Struct, Tuple, Type

DIRECTORY = Path(__file__).parent
FIELD_TABLE = "events.json"
LENGTH_BYTES = 4


@dataclass(frozen=True)
class EventVector:
    """One event message.

    Attributes:
        source: The file it is from.
        content: Timestamp, number and payload, without the frame's length.
        protocol_version: What the node's information said.
        cores: The network's core count C, where the file tells it.
        conformant: Whether the bytes are as JIP-3 wants them.
        deviation: What its collector found wrong, for one that is not.
        title: Its heading in JIP-3, for a conformant one.
        timestamp: Microseconds, for a conformant one.
        values: The fields in wire order, for a conformant one; see ``flat_values``.
    """

    source: str
    description: str
    content: bytes
    protocol_version: int
    cores: int | None
    conformant: bool
    deviation: str
    title: str
    timestamp: int
    values: list[Any]

    @property
    def number(self) -> int:
        """The event type in the message."""
        return self.content[8]

    @property
    def payload(self) -> bytes:
        """The bytes after timestamp and number."""
        return self.content[9:]

    def __str__(self) -> str:
        return f"{self.source}: {self.description}"


@dataclass(frozen=True)
class NodeVector:
    """One node information message; ``expected`` as the files name its fields."""

    source: str
    description: str
    content: bytes
    conformant: bool
    expected: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.source}: {self.description}"


@dataclass(frozen=True)
class StreamVector:
    """All bytes of one connection.

    Attributes:
        data: Frames as they came over TCP.
        messages: ``event_id, timestamp_us, discriminator, event, values`` of each event;
            empty where the file does not tell.
        next_event_id: The id an event after the last would have, where it tells.
    """

    source: str
    description: str
    data: bytes
    conformant: bool
    messages: list[dict[str, Any]]
    next_event_id: int | None

    def __str__(self) -> str:
        return f"{self.source}: {self.description}"


@dataclass(frozen=True)
class NaturalVector:
    """One length prefix: a Gray Paper natural where conformant, LEB128 where not."""

    source: str
    data: bytes
    value: int
    conformant: bool

    def __str__(self) -> str:
        return f"{self.source}: {self.value}"


@cache
def field_table() -> dict[str, Any]:
    """Every event, structure and enumeration of JIP-3, in a notation it explains itself."""
    table: dict[str, Any] = json.loads((DIRECTORY / FIELD_TABLE).read_text())
    return table


def event_vectors(*, conformant: bool = True) -> list[EventVector]:
    """All events that are as JIP-3 wants them, or all that are not."""
    found = []
    for source, entry in _entries("event"):
        expected = entry.get("expected", {})
        vector = EventVector(
            source=source,
            description=entry["description"],
            content=_content(entry),
            protocol_version=entry.get("protocol_version", 0),
            cores=entry.get("cores"),
            conformant=_conformant(entry),
            deviation=entry.get("deviation", ""),
            title=expected.get("event", ""),
            timestamp=expected.get("timestamp_us", 0),
            values=expected.get("values", []),
        )
        if vector.conformant is conformant:
            found.append(vector)
    return found


def node_vectors() -> list[NodeVector]:
    """All node information messages, deviating ones too."""
    return [
        NodeVector(
            source, entry["description"], _content(entry), _conformant(entry), entry["expected"]
        )
        for source, entry in _entries("node_info")
    ]


def stream_vectors() -> list[StreamVector]:
    """All connections, deviating ones too."""
    return [
        StreamVector(
            source=source,
            description=entry["description"],
            data=bytes.fromhex(entry["hex"]),
            conformant=_conformant(entry),
            messages=[each for each in entry.get("expected_messages", ()) if "event_id" in each],
            next_event_id=entry.get("next_event_id"),
        )
        for source, entry in _entries("stream")
    ]


def natural_vectors() -> list[NaturalVector]:
    """All length prefixes, deviating ones too."""
    return [
        NaturalVector(source, _content(entry), int(entry["value"]), _conformant(entry))
        for source, entry in _entries("natural")
    ]


def flat_values(layout: Type, value: Any) -> list[Any]:
    """A decoded value as the files write it: everything inside, in one list.

    Nested structures are sometimes lists and sometimes not in the files, so both sides
    are compared flat.
    """
    return flat(_convention(layout, value))


def flat(value: Any) -> list[Any]:
    """The leaves of nested lists."""
    if not isinstance(value, list):
        return [value]
    return [leaf for each in value for leaf in flat(each)]


def _convention(layout: Type, value: Any) -> Any:
    """Bytes as hex, enumerations as their byte, addresses as 16 bytes, structs as lists."""
    match layout:
        case ImportSpecification():
            ((kind, root),) = value["root_identifier"].items()
            bit = WORK_PACKAGE_HASH_BIT if kind == "WorkPackageHash" else 0
            return [root.hex(), value["export_index"] | bit]
        case Struct(fields=fields):
            return [_convention(each, value[name]) for name, each in fields]
        case Tuple(inner=types):
            return [_convention(each, part) for each, part in zip(types, value, strict=True)]
        case List(inner=each):
            return [_convention(each, element) for element in value]
        case Option(inner=each):
            return None if value is None else _convention(each, value)
        case Enumeration(names=names):
            return names.index(value) if isinstance(value, str) else value
        case Address():
            out = bytearray()
            layout.write(value, out)
            return out.hex()
        case CoreBits():
            return bytes(value).hex()
    return value.hex() if isinstance(value, bytes) else value


@cache
def _files() -> dict[str, list[dict[str, Any]]]:
    return {
        path.name: json.loads(path.read_text())["vectors"]
        for path in sorted(DIRECTORY.glob("*.json"))
        if path.name != FIELD_TABLE
    }


def _entries(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, vectors in _files().items():
        for entry in vectors:
            # A few tell of bytes that could not be made, in words only.
            if entry["kind"] == kind and "hex" in entry:
                yield name, entry


def _content(entry: dict[str, Any]) -> bytes:
    data = bytes.fromhex(entry["hex"])
    return data[LENGTH_BYTES:] if entry["framed"] else data


def _conformant(entry: dict[str, Any]) -> bool:
    """The bytes are; a few files add a sentence about a timestamp's epoch or a placeholder."""
    word = entry["conformant"]
    return bool(word is True or str(word).startswith("bytes yes"))
