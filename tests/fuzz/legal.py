"""Legal events of JIP-3, written from the field table alone.

Nothing here uses the code under test: what is sent, and so what must be stored, is known
without it. The table is ``tests/vectors/events.json``, which explains its own notation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

CORES = 3
DROPPED, STATUS, DISTRIBUTING = 0, 10, 126
HEADER = 9
_TABLE = Path(__file__).parents[1] / "vectors" / "events.json"
_SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "timestamp": 8, "event_id": 8, "bytes16": 16}
_HASHES = ("hash", "peer_id")
# Hashes and texts are of few, so that events speak of the same things.
_TEXTS = ("", "a", "timeout", "\0", "\x1b[31m", "\n", "ß\U0001f980", "=1+1", "'); --")


@cache
def table() -> dict[str, Any]:
    """The field table."""
    found: dict[str, Any] = json.loads(_TABLE.read_text())
    return found


@dataclass(frozen=True)
class Event:
    """One event type in one protocol version.

    Attributes:
        fields: Name and notation, in wire order.
        leads: Whether the payload begins with an Event ID.
        parents: The types that this Event ID may refer to; none where JIP-3 does not say.
    """

    number: int
    fields: tuple[tuple[str, str], ...]
    leads: bool
    parents: tuple[int, ...]


@cache
def events(version: int = 1) -> dict[int, Event]:
    """Every event type by number, as a protocol version writes it."""
    changes = table()["version_differences"].get(str(version), {})
    found = {}
    for row in table()["events"]:
        row = {**row, **changes.get(str(row["number"]), {})}
        fields = tuple((name, notation) for name, notation in row["fields"])
        leads = bool(fields) and fields[0][1] == "event_id"
        parents = tuple(row.get("refers_to", {}).get(fields[0][0], ())) if leads else ()
        found[row["number"]] = Event(row["number"], fields, leads, parents)
    return found


@cache
def children(version: int = 1) -> dict[int, tuple[int, ...]]:
    """By type, those that may refer to it."""
    known = events(version).values()
    return {at: tuple(e.number for e in known if at in e.parents) for at in events(version)}


@cache
def fixed_size(notation: str) -> int | None:
    """The bytes of a type of the table whose values all have the same, cores aside."""
    if notation in _SIZES:
        return _SIZES[notation]
    if notation in _HASHES:
        return 32
    if notation == "bool" or notation in table()["enums"]:
        return 1
    if notation in table()["structs"]:
        sizes = [fixed_size(each) for _, each in table()["structs"][notation]]
        return None if None in sizes else sum(size or 0 for size in sizes)
    return None


@cache
def offset_of(number: int, wanted: str, version: int = 1) -> int | None:
    """Where a payload has that field, in a structure or not; none after what varies in size."""
    offset, fields = 0, list(events(version)[number].fields)
    while fields:
        name, notation = fields.pop(0)
        if name == wanted:
            return offset
        inner = table()["structs"].get(notation)
        if inner is not None:
            fields = [*map(tuple, inner), *fields]
            continue
        size = fixed_size(notation)
        if size is None:
            return None
        offset += size
    return None


def natural(value: int) -> bytes:
    """A natural number as the Gray Paper writes it (appendix C, general natural)."""
    for more in range(8):
        if value < 1 << 7 * (more + 1):
            first = 256 - (1 << 8 - more) + (value >> 8 * more)
            return bytes([first]) + (value & (1 << 8 * more) - 1).to_bytes(more, "little")
    return b"\xff" + value.to_bytes(8, "little")


class Values:
    """Chooses the values of fields.

    Args:
        random: Where choices come from.
        kind: ``least``: zeros, and nothing in lists; ``most``: the highest values, and full
            lists; ``half``: the middle, where signed and unsigned part; ``any``.
        longest: The most elements of a list.
    """

    KINDS = ("least", "any", "half", "most")

    def __init__(self, random: Random, kind: str = "any", longest: int = 3) -> None:
        self._random = random
        self._kind = kind
        self._longest = longest

    def integer(self, size: int) -> bytes:
        """An unsigned integer of so many bytes."""
        top = (1 << 8 * size) - 1
        if self._kind == "any":
            edge = self._random.choice((0, 1, 5, top >> 1, (top >> 1) + 1, top - 1, top, None))
            value = self._random.getrandbits(8 * size) if edge is None else edge
        else:
            value = {"least": 0, "most": top, "half": (top >> 1) + 1}[self._kind]
        return value.to_bytes(size, "little")

    def octets(self, size: int) -> bytes:
        """A hash, a key, a list of bytes."""
        value = self.below(4)
        return bytes([(0, 1, 0x80, 0xFF)[value]]) * size

    def below(self, limit: int) -> int:
        """An index into names, a bool, or whether something is there."""
        if self._kind == "any":
            return self._random.randrange(limit)
        return {"least": 0, "most": limit - 1, "half": limit // 2}[self._kind]

    def length(self) -> int:
        """Of a list."""
        if self._kind == "any":
            return self._random.randint(0, self._longest)
        return {"least": 0, "most": self._longest, "half": 1}[self._kind]

    def text(self, limit: int) -> bytes:
        """UTF-8 of at most so many bytes."""
        if self._kind == "most":
            return "é".encode() * (limit // 2)
        return b"" if self._kind == "least" else self._random.choice(_TEXTS).encode()


def write(notation: str, values: Values, cores: int = CORES) -> bytes:
    """A value of a type of the table."""
    if notation in _SIZES:
        return values.integer(_SIZES[notation])
    if notation in _HASHES:
        return values.octets(32)
    if notation == "bool":
        return bytes([values.below(2)])
    if notation == "bytes<C>":
        return values.octets(cores)
    if notation == "bits<C>":
        return values.octets(-(-cores // 8))
    if notation in table()["enums"]:
        return bytes([values.below(len(table()["enums"][notation]))])
    if notation in table()["structs"]:
        return b"".join(write(each, values, cores) for _, each in table()["structs"][notation])
    name, inner = notation.removesuffix(">").split("<", 1)
    match name:
        case "string":
            raw = values.text(int(inner))
            return natural(len(raw)) + raw
        case "option":
            return b"\x01" + write(inner, values, cores) if values.below(2) else b"\0"
        case "list":
            length = values.length()
            return natural(length) + b"".join(write(inner, values, cores) for _ in range(length))
        case "tuple":
            return b"".join(write(each, values, cores) for each in inner.split(","))
    raise AssertionError(f"the field table does not explain {notation}")


def content(
    number: int,
    values: Values,
    *,
    ref: int = 0,
    timestamp: int = 0,
    version: int = 1,
    cores: int = CORES,
    dropped: int = 1,
) -> bytes:
    """An event's message, without its length.

    Args:
        ref: What it refers to, if it begins with an Event ID.
        timestamp: The node's clock, microseconds of the JAM Common Era.
        dropped: Of a Dropped, how many events it stands for.
    """
    event = events(version)[number]
    out = [timestamp.to_bytes(8, "little"), bytes([number])]
    fields = event.fields
    if event.leads:
        out.append(ref.to_bytes(8, "little"))
        fields = fields[1:]
    if number == DROPPED:
        last = values.integer(8)
        # Mostly a time that there can be; else the number moves no id.
        last = last[:6] + bytes(2) if last[0] % 4 else last
        return b"".join([*out, last, dropped.to_bytes(8, "little")])
    return b"".join([*out, *(write(notation, values, cores) for _, notation in fields)])


def framed(message: bytes) -> bytes:
    """A message as it goes on the wire."""
    return len(message).to_bytes(4, "little") + message
