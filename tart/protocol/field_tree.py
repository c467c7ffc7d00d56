"""The fields of a message with the bytes that each was read from.

Pure. Built from the declarations that the decoder reads (``events``, ``node_information``), for
one message at a time: the decoder itself does not note offsets. Every byte of a message belongs
to exactly one leaf, in order: lengths, counts and tags are leaves of their own, bytes after the
last field are the leaf ``trailing``, and bytes that could not be read the leaf ``unread``.
Offsets count from the start of the message, after its length prefix, as those of deviations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tart.errors import DecodeError, NodeInformationError
from tart.protocol.byte_reader import Deviation, Reader, read_natural
from tart.protocol.decoding import (
    HEADER_BYTES,
    Reading,
    event_kind,
    read_event,
    specified_reading,
)
from tart.protocol.dialects import Dialect
from tart.protocol.node_information import (
    PARAMETER_LAYOUTS,
    TAIL,
    decode_node_information,
)
from tart.protocol.types import HASH, PEER_ID, TIMESTAMP, U8
from tart.protocol.wire import (
    Address,
    BigEndian,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    EventId,
    Integer,
    List,
    NaturalInteger,
    Option,
    PackedCoreBytes,
    String,
    Struct,
    Tuple,
    Type,
)

# A hostile list has a hundred thousand elements; those beyond this number are one leaf.
MAX_FIELDS = 4_000

# ``prefix`` is a length, count or tag; ``rest`` the elements of a list beyond MAX_FIELDS.
Role = Literal["value", "group", "prefix", "rest", "trailing", "unread"]


@dataclass
class Field:
    """A field of a message: a leaf with its bytes, or a group of fields.

    Attributes:
        name: Its name in the declaration; elements of a list have their index.
        type: Its type as JIP-3 writes it.
        offset: Of its first byte.
        length: In bytes; of a group that of its fields.
        role: Its part in the message.
        value: As the decoder returns it; ``None`` also of fields that were not read whole.
        kind: The wire type, if it has one.
    """

    name: str
    type: str
    offset: int
    length: int = 0
    role: Role = "value"
    value: Any = None
    kind: Type | None = None
    fields: list[Field] = field(default_factory=list)

    def leaves(self) -> Iterator[Field]:
        """Yield the leaves in order."""
        if self.role != "group":
            yield self
        for part in self.fields:
            yield from part.leaves()


@dataclass(frozen=True)
class FieldTree:
    """The fields of a message.

    Attributes:
        fields: The outermost fields, in order.
        deviations: Of the bytes from the specification, which did not keep them from being read.
        problem: Why the bytes could not be read to their end.
    """

    fields: list[Field]
    deviations: tuple[Deviation, ...] = ()
    problem: DecodeError | None = None

    def leaves(self) -> Iterator[Field]:
        """Yield all leaves in order; together they are the message."""
        for part in self.fields:
            yield from part.leaves()


def event_fields(
    content: bytes,
    *,
    version: int = 1,
    cores: int | None = None,
    dialect: Dialect = Dialect.STANDARD,
) -> FieldTree:
    """Return the fields of an event, also of one that cannot be decoded.

    Args:
        content: The message after its length prefix.
        version: The protocol version of the connection.
        cores: The node's core count; ``None`` if it did not send a valid one.
        dialect: The dialect of the node.
    """
    walk = _Walk(Reader(content))
    problem: DecodeError | None = None
    deviations: tuple[Deviation, ...] = ()
    try:
        walk.add("timestamp", TIMESTAMP)
        number = walk.add("event_type", U8).value
        payload = content[HEADER_BYTES:]
        event_kind(number)
        try:
            reading, decoded = read_event(
                number, payload, version=version, cores=cores, dialect=dialect
            )
            deviations = decoded.deviations
        except DecodeError as error:
            problem = error
            reading = specified_reading(number, payload, version=version, cores=cores)
        walk.follow(reading)
    except DecodeError as error:
        problem = problem or error
    walk.finish("trailing" if problem is None else "unread")
    return FieldTree(walk.fields, deviations, problem)


def node_information_fields(content: bytes) -> FieldTree:
    """Return the fields of the first message of a connection, also of an unreadable one."""
    walk = _Walk(Reader(content))
    try:
        node = decode_node_information(content)
    except NodeInformationError as error:
        return _unreadable_node_information(walk, str(error))
    rules = {deviation.rule for deviation in node.deviations}
    walk.reader.leb128 = "leb128_length" in rules
    walk.add("protocol_version", U8)
    if "parameters_prefixed" in rules:
        plain = Reader(content, offset=walk.reader.offset)
        walk.add_prefix("params length", plain)
    layout = PARAMETER_LAYOUTS.get(node.layout)
    if layout is not None:
        walk.add("params", layout)
    elif node.raw_parameters:
        walk.add("params", Bytes(len(node.raw_parameters)))
    for name, kind in TAIL.fields:
        walk.add(name, kind)
    walk.finish("trailing")
    return FieldTree(walk.fields, node.deviations)


def _unreadable_node_information(walk: _Walk, message: str) -> FieldTree:
    """Return the fields as far as they can be read with parameters of Gray Paper 0.7."""
    offset, path = 0, ""
    try:
        walk.add("protocol_version", U8)
        for name, kind in (("params", PARAMETER_LAYOUTS["gp-0.7"]), *TAIL.fields):
            offset = walk.reader.offset
            walk.add(name, kind)
        offset = walk.reader.offset
    except DecodeError as error:
        offset, path = error.offset, error.field
    walk.finish("unread")
    return FieldTree(walk.fields, (), DecodeError("node_information", offset, message, path))


class _Walk:
    """Reads fields one after the other and notes their bytes; keeps them if one cannot be read.

    Attributes:
        fields: The outermost fields that were read.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.fields: list[Field] = []
        self._cut = (0, 0)
        self._count = 0

    def follow(self, reading: Reading) -> None:
        """Read the fields of an event as one reading of its bytes has them."""
        self.reader.core_bytes = self.reader.core_bits = reading.core_bytes
        self.reader.leb128 = reading.leb128
        offset, size = reading.cut
        self._cut = HEADER_BYTES + offset, size
        for name, kind in reading.layout.fields:
            self.add(name, kind)

    def add(self, name: str, kind: Type) -> Field:
        """Read an outermost field."""
        return self._read(self.fields, name, kind)

    def add_prefix(self, name: str, reader: Reader) -> Field:
        """Read an outermost length with a reader of its own."""
        prefix = self._prefix(self.fields, name, reader)
        self.reader.offset = reader.offset
        return prefix

    def finish(self, role: Literal["trailing", "unread"]) -> None:
        """Make a leaf of the bytes after the last leaf."""
        for part in self.fields:
            _measure(part)
        last = self.fields[-1] if self.fields else None
        end = last.offset + last.length if last else 0
        rest = self.reader.data[end:]
        if rest:
            self.fields.append(Field(role, f"[u8; {len(rest)}]", end, len(rest), role, rest))

    def _read(self, into: list[Field], name: str, kind: Type) -> Field:
        try:
            return self._read_kind(into, name, kind)
        except DecodeError as error:
            raise error.inside(name) from None

    def _read_kind(self, into: list[Field], name: str, kind: Type) -> Field:
        match kind:
            case Struct():
                group = self._group(into, name, kind)
                values = {
                    part: self._read(group.fields, part, inner).value for part, inner in kind.fields
                }
                group.value = kind.value(values)
                return group
            case Tuple():
                group = self._group(into, name, kind)
                group.value = [
                    self._read_kind(group.fields, str(index), inner).value
                    for index, inner in enumerate(kind.inner)
                ]
                return group
            case List():
                return self._list(into, name, kind)
            case Option():
                return self._option(into, name, kind)
            case String():
                return self._string(into, name, kind)
            case CoreBytes() | CoreBits():
                return self._core_list(into, name, kind)
        return self._leaf(into, name, kind)

    def _leaf(self, into: list[Field], name: str, kind: Type) -> Field:
        start = self.reader.offset
        value = kind.read(self.reader)
        length = self.reader.offset - start
        leaf = Field(name, notation(kind), start, length, "value", value, kind)
        into.append(leaf)
        self._count += 1
        return leaf

    def _group(self, into: list[Field], name: str, kind: Type) -> Field:
        group = Field(name, notation(kind), self.reader.offset, role="group", kind=kind)
        into.append(group)
        return group

    def _prefix(self, into: list[Field], name: str, reader: Reader) -> Field:
        start = reader.offset
        value = read_natural(reader)
        kind = "LEB128" if reader.leb128 else "natural"
        prefix = Field(name, kind, start, reader.offset - start, "prefix", value)
        into.append(prefix)
        return prefix

    def _list(self, into: list[Field], name: str, kind: List) -> Field:
        group = self._group(into, name, kind)
        start = self.reader.offset
        count = self._prefix(group.fields, "count", self.reader).value
        if count * kind.inner.minimum > self.reader.remaining:
            # The error of ``List.read``, which checks before it reads an element.
            kind.read(self._at(start))
        values: list[Any] = []
        for index in range(count):
            if self._count >= MAX_FIELDS:
                values += self._rest(group, index, count, kind.inner)
                break
            values.append(self._read_kind(group.fields, str(index), kind.inner).value)
        group.value = values
        return group

    def _rest(self, group: Field, index: int, count: int, inner: Type) -> list[Any]:
        """Read the elements of a list from an index on as one leaf."""
        start = self.reader.offset
        values = [inner.read(self.reader) for _ in range(index, count)]
        name, length = f"{index} to {count - 1}", self.reader.offset - start
        group.fields.append(
            Field(name, f"{count - index} × {notation(inner)}", start, length, "rest")
        )
        return values

    def _option(self, into: list[Field], name: str, kind: Option) -> Field:
        start = self.reader.offset
        probe = self._at(start)
        (tag,) = probe.take(1)
        if tag > 1:
            kind.read(self._at(start))
        group = self._group(into, name, kind)
        group.fields.append(Field("tag", "0 or 1", start, 1, "prefix", tag))
        self.reader.offset += 1
        if tag:
            group.value = self._read_kind(group.fields, "some", kind.inner).value
        return group

    def _string(self, into: list[Field], name: str, kind: String) -> Field:
        group = self._group(into, name, kind)
        start = self.reader.offset
        self._prefix(group.fields, "length", self.reader)
        text_at = self.reader.offset
        whole = self._at(start)
        group.value = kind.read(whole)
        self.reader.offset = whole.offset
        if whole.offset > text_at:
            length = whole.offset - text_at
            group.fields.append(
                Field("text", f"[u8; {length}]", text_at, length, "value", group.value)
            )
        return group

    def _core_list(self, into: list[Field], name: str, kind: Type) -> Field:
        offset, size = self._cut
        if not size or self.reader.offset != offset:
            return self._leaf(into, name, kind)
        group = self._group(into, name, kind)
        prefix = self.reader.take(size)
        group.fields.append(Field("length", f"[u8; {size}]", offset, size, "prefix", prefix))
        group.value = self._leaf(group.fields, "values", kind).value
        return group

    def _at(self, offset: int) -> Reader:
        """Return another reader of the same bytes."""
        reader = self.reader
        return Reader(
            reader.data,
            core_bytes=reader.core_bytes,
            core_bits=reader.core_bits,
            leb128=reader.leb128,
            offset=offset,
        )


def _measure(group: Field) -> None:
    """Set the length of a group, and of all groups in it."""
    if group.role == "group":
        for part in group.fields:
            _measure(part)
        group.length = sum(each.length for each in group.fields)


def notation(kind: Type) -> str:
    """Return a type as JIP-3 writes it, such as ``Option<u32>``."""
    # By identity: a hash and a peer id have the same layout.
    for named, name in _NAMED_TYPES:
        if kind is named:
            return name
    write = next(write for each, write in _NOTATIONS.items() if isinstance(kind, each))
    return write(kind)


_NAMED_TYPES: tuple[tuple[Type, str], ...] = (
    (TIMESTAMP, "Timestamp (u64)"),
    (HASH, "Hash ([u8; 32])"),
    (PEER_ID, "Peer ID ([u8; 32])"),
)

# The first entry that fits counts: an event id is also an integer.
_NOTATIONS: Mapping[type[Type], Callable[[Any], str]] = {
    EventId: lambda kind: "Event ID (u64)",
    BigEndian: lambda kind: f"u{8 * kind.size}, big-endian",
    NaturalInteger: lambda kind: "natural",
    Integer: lambda kind: f"u{8 * kind.size}",
    Boolean: lambda kind: "bool",
    Enumeration: lambda kind: f"u8 ({kind.name})",
    Bytes: lambda kind: f"[u8; {kind.size}]",
    Address: lambda kind: "[u8; 16]",
    CoreBytes: lambda kind: "[u8; C]",
    CoreBits: lambda kind: "[u8; ceil(C/8)]",
    PackedCoreBytes: lambda kind: "a bit for each core",
    String: lambda kind: f"String<{kind.limit}>",
    Option: lambda kind: f"Option<{notation(kind.inner)}>",
    List: lambda kind: f"len++[{notation(kind.inner)}]",
    Tuple: lambda kind: " ++ ".join(notation(each) for each in kind.inner),
    Struct: lambda kind: kind.name,
}
