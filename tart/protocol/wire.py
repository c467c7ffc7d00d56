"""The wire types of JIP-3 and their representation in Python.

Pure. A type can ``read`` a value from a ``Reader`` and ``write`` one to a ``bytearray``, and
has a ``size`` where that is fixed. This module does not know events.

Invariants of every type:

- Reading present and valid bytes returns a value; otherwise ``read`` raises ``DecodeError``
  with the rule, the offset and the expectation. No other exception leaves this module, and
  no allocation exceeds the bytes left to read.
- Bytes that the specification forbids but that can still be understood are a ``Deviation``:
  the value is returned and the reader records the deviation.
- ``read`` then ``write`` gives the same bytes, unless there was a deviation.

Python values: integers are ``int``; hashes and keys ``bytes``; strings ``str``;
lists and tuples ``list``; structures ``dict`` in declaration order; enumerations their
name, or the ``int`` if the name is unknown; options the value or ``None``;
IPv6 addresses text; ``bytes<C>`` and ``bits<C>`` lists of ``int``, one per byte.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, groupby
from typing import Any, NamedTuple

from tart.errors import DecodeError, EncodeError
from tart.protocol.byte_reader import Reader, encode_natural, read_natural


class Type:
    """One wire type.

    Attributes:
        size: Length of every value in bytes; ``None`` if it varies.
        minimum: Length of the shortest value.
    """

    size: int | None = None
    minimum: int = 0

    def read(self, reader: Reader) -> Any:
        """Read one value; raise ``DecodeError`` if it is not valid."""
        raise NotImplementedError

    def write(self, value: Any, out: bytearray) -> None:
        """Append one value; raise ``EncodeError`` if it does not fit."""
        raise NotImplementedError

    def bounded_bytes(self) -> tuple[tuple[int, int, str], ...]:
        """Return bytes with a limited range: (offset, highest valid value, rule)."""
        return ()


@dataclass(frozen=True)
class Integer(Type):
    """An unsigned integer of fixed width, little-endian."""

    size: int

    @property
    def minimum(self) -> int:  # type: ignore[override]
        return self.size

    def read(self, reader: Reader) -> int:
        return int.from_bytes(reader.take(self.size), "little")

    def write(self, value: Any, out: bytearray) -> None:
        if type(value) is not int or not 0 <= value < 1 << 8 * self.size:
            raise EncodeError("", f"an integer of {self.size} bytes, not {value!r}")
        out += value.to_bytes(self.size, "little")


@dataclass(frozen=True)
class BigEndian(Integer):
    """An unsigned integer of fixed width, big-endian: a deviation."""

    def read(self, reader: Reader) -> int:
        return int.from_bytes(reader.take(self.size), "big")

    def write(self, value: Any, out: bytearray) -> None:
        raise EncodeError("", "a little-endian integer")


@dataclass(frozen=True)
class NaturalInteger(Type):
    """An unsigned integer below 2^32 as a Gray Paper natural: a deviation."""

    minimum: int = 1

    def read(self, reader: Reader) -> int:
        start, deviations = reader.offset, len(reader.deviations)
        value = read_natural(reader)
        if value >= 1 << 32 or len(reader.deviations) > deviations:
            raise DecodeError("length_out_of_range", start, "a natural below 2^32")
        return value

    def write(self, value: Any, out: bytearray) -> None:
        raise EncodeError("", "an integer of fixed width")


# By size, the codes of Python's ``struct`` for integers.
_INTEGER_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True)
class EventId(Integer):
    """The id of an earlier event of the same connection.

    Attributes:
        refers_to: The event types that it may refer to; empty where the specification has not
            defined them yet (auditing).
    """

    size: int = 8
    refers_to: tuple[int, ...] = ()


@dataclass(frozen=True)
class Boolean(Type):
    """One byte, 0 or 1. Any other value is an error."""

    size: int = 1
    minimum: int = 1

    def read(self, reader: Reader) -> bool:
        byte = reader.take(1)[0]
        if byte > 1:
            raise DecodeError("bool_out_of_range", reader.offset - 1, f"0 or 1, not {byte}")
        return byte == 1

    def write(self, value: Any, out: bytearray) -> None:
        if value is not True and value is not False:
            raise EncodeError("", f"a bool, not {value!r}")
        out.append(value)

    def bounded_bytes(self) -> tuple[tuple[int, int, str], ...]:
        return ((0, 1, "bool_out_of_range"),)


@dataclass(frozen=True)
class Enumeration(Type):
    """One byte, an index into names. Unknown indices stay integers."""

    name: str
    names: tuple[str, ...]
    size: int = 1
    minimum: int = 1

    def read(self, reader: Reader) -> str | int:
        byte = reader.take(1)[0]
        if byte < len(self.names):
            return self.names[byte]
        reader.deviate(
            "unknown_enum_value",
            reader.offset - 1,
            f"{self.name} below {len(self.names)}",
        )
        return byte

    def write(self, value: Any, out: bytearray) -> None:
        if isinstance(value, str) and value in self.names:
            out.append(self.names.index(value))
        elif type(value) is int and 0 <= value < 256:
            out.append(value)
        else:
            raise EncodeError("", f"one of {', '.join(self.names)}, not {value!r}")

    def bounded_bytes(self) -> tuple[tuple[int, int, str], ...]:
        return ((0, len(self.names) - 1, "unknown_enum_value"),)


@dataclass(frozen=True)
class Bytes(Type):
    """Exactly ``size`` bytes."""

    size: int

    @property
    def minimum(self) -> int:  # type: ignore[override]
        return self.size

    def read(self, reader: Reader) -> bytes:
        return reader.take(self.size)

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, bytes) or len(value) != self.size:
            raise EncodeError("", f"{self.size} bytes, not {value!r}")
        out += value


class AddressText(str):
    """The text of an IP address that was read; ``octets`` gives its bytes.

    Example:
        >>> list(AddressText("127.0.0.1").octets())[-4:]
        [127, 0, 0, 1]
    """

    __slots__ = ()

    def octets(self) -> bytes:
        """Return the 16 bytes of the address as on the wire."""
        return address_octets(self)


def address_octets(text: str) -> bytes:
    """Return the 16 bytes of an IP address; an IPv4 address is mapped into IPv6.

    Raises:
        ValueError: The text is not an IP address.
    """
    address = ipaddress.ip_address(text)
    mapped = b"\0" * 10 + b"\xff\xff" if isinstance(address, ipaddress.IPv4Address) else b""
    return mapped + address.packed


@dataclass(frozen=True)
class Address(Type):
    """An IPv6 address, 16 bytes; a mapped IPv4 address reads as IPv4."""

    size: int = 16
    minimum: int = 16

    def read(self, reader: Reader) -> str:
        address = ipaddress.IPv6Address(reader.take(16))
        return AddressText(address.ipv4_mapped or address)

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, str) or "%" in value:
            raise EncodeError("", f"an IP address without zone, not {value!r}")
        try:
            out += address_octets(value)
        except ValueError:
            raise EncodeError("", f"an IP address, not {value!r}") from None


@dataclass(frozen=True)
class CoreBytes(Type):
    """``[u8; C]`` without a prefix: one byte per core. The reader has C."""

    def read(self, reader: Reader) -> list[int]:
        return list(reader.take(reader.core_bytes))

    def write(self, value: Any, out: bytearray) -> None:
        _write_octets(value, out)


@dataclass(frozen=True)
class PackedCoreBytes(Type):
    """A list by core with one bit for each core, the lowest first: a deviation."""

    def read(self, reader: Reader) -> list[int]:
        cores = reader.core_bytes
        bits = int.from_bytes(reader.take(-(-cores // 8)), "little")
        if bits >> cores:
            raise DecodeError("length_out_of_range", reader.offset - 1, f"bits of {cores} cores")
        return [bits >> core & 1 for core in range(cores)]

    def write(self, value: Any, out: bytearray) -> None:
        raise EncodeError("", "one byte for each core")


@dataclass(frozen=True)
class CoreBits(Type):
    """``[u8; ceil(C/8)]`` without a prefix; core i is bit i%8 (lowest first) of byte i//8."""

    def read(self, reader: Reader) -> list[int]:
        return list(reader.take(reader.core_bits))

    def write(self, value: Any, out: bytearray) -> None:
        _write_octets(value, out)


def _write_octets(value: Any, out: bytearray) -> None:
    if not isinstance(value, list | tuple | bytes):
        raise EncodeError("", f"a list of bytes, not {value!r}")
    try:
        out += bytes(value)
    except (TypeError, ValueError):
        raise EncodeError("", f"a list of bytes, not {value!r}") from None


@dataclass(frozen=True)
class String(Type):
    """A natural length, then that many bytes of UTF-8, at most ``limit``."""

    limit: int
    minimum: int = 1

    def read(self, reader: Reader) -> str:
        start = reader.offset
        length = read_natural(reader)
        raw = reader.take(length)
        if length > self.limit:
            reader.deviate("string_too_long", start, f"at most {self.limit} bytes, not {length}")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            reader.deviate("invalid_utf8", reader.offset - length + error.start, "UTF-8")
            return raw.decode(errors="replace")

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, str):
            raise EncodeError("", f"a string, not {value!r}")
        try:
            raw = value.encode()
        except UnicodeEncodeError:
            raise EncodeError("", "text that UTF-8 can encode") from None
        if len(raw) > self.limit:
            raise EncodeError("", f"at most {self.limit} bytes of UTF-8, not {len(raw)}")
        out += encode_natural(len(raw)) + raw


@dataclass(frozen=True)
class Option(Type):
    """One byte 0, or one byte 1 and then a value."""

    inner: Type
    minimum: int = 1

    def read(self, reader: Reader) -> Any:
        tag = reader.take(1)[0]
        if tag > 1:
            raise DecodeError("option_out_of_range", reader.offset - 1, f"0 or 1, not {tag}")
        return self.inner.read(reader) if tag else None

    def write(self, value: Any, out: bytearray) -> None:
        out.append(value is not None)
        if value is not None:
            self.inner.write(value, out)


@dataclass(frozen=True)
class List(Type):
    """A natural count, then that many elements."""

    inner: Type
    minimum: int = 1

    def read(self, reader: Reader) -> list[Any]:
        start = reader.offset
        count = read_natural(reader)
        # Checked before the loop: a count alone must not cause an allocation.
        if count * self.inner.minimum > reader.remaining:
            raise DecodeError(
                "truncated",
                start,
                f"{count} elements, {reader.remaining} bytes are left",
            )
        if isinstance(self.inner, Integer) and not isinstance(self.inner, BigEndian):
            # All at once: a list of u16 has the most values per byte.
            octets = reader.take(count * self.inner.size)
            return list(struct.unpack(f"<{count}{_INTEGER_CODES[self.inner.size]}", octets))
        plain = self._plain
        if plain is not None:
            octets = reader.take(count * plain.layout.size)
            return list(map(plain.value, plain.layout.iter_unpack(octets)))
        return [self.inner.read(reader) for _ in range(count)]

    @cached_property
    def _plain(self) -> _Plain | None:
        """The reader of an element, if it reads all values of one at once."""
        return _plain_values(self.inner) if self.inner.size else None

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, list | tuple):
            raise EncodeError("", f"a list, not {value!r}")
        out += encode_natural(len(value))
        for element in value:
            self.inner.write(element, out)


@dataclass(frozen=True)
class Tuple(Type):
    """One value of each type, in order."""

    inner: tuple[Type, ...]

    @cached_property
    def size(self) -> int | None:  # type: ignore[override]
        sizes = [each.size for each in self.inner]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def minimum(self) -> int:  # type: ignore[override]
        return sum(each.minimum for each in self.inner)

    def read(self, reader: Reader) -> list[Any]:
        return [each.read(reader) for each in self.inner]

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, list | tuple) or len(value) != len(self.inner):
            raise EncodeError("", f"{len(self.inner)} values, not {value!r}")
        for inner, part in zip(self.inner, value, strict=True):
            inner.write(part, out)


@dataclass(frozen=True)
class Struct(Type):
    """Named fields in order; an event's payload is one."""

    name: str
    fields: tuple[tuple[str, Type], ...]

    @cached_property
    def size(self) -> int | None:  # type: ignore[override]
        sizes = [each.size for _, each in self.fields]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @cached_property
    def minimum(self) -> int:  # type: ignore[override]
        return sum(each.minimum for _, each in self.fields)

    @cached_property
    def _plain(self) -> _Plain | None:
        """The reader of all fields at once, if none must be checked."""
        return _plain_values(self)

    @cached_property
    def _runs(self) -> tuple[tuple[Struct, _Plain | None], ...]:
        """The fields in order, as structures: runs of plain ones, and each of the others alone."""
        runs: list[tuple[Struct, _Plain | None]] = []
        for is_plain, group in groupby(self.fields, lambda field: bool(_struct_codes(field[1]))):
            for fields in [tuple(group)] if is_plain else [(field,) for field in group]:
                run = Struct(self.name, fields)
                runs.append((run, _plain_values(run) if is_plain else None))
        return tuple(runs)

    def read(self, reader: Reader) -> Any:
        value: dict[str, Any] = {}
        # A run is read at once if all its bytes are there; else field by field, for the error.
        for run, plain in self._runs:
            if plain is None or plain.layout.size > len(reader.data) - reader.offset:
                run._read_fields(reader, value)
            else:
                values = plain.layout.unpack_from(reader.data, reader.offset)
                reader.offset += plain.layout.size
                value.update(plain.value(values))
        return self.value(value)

    def _read_fields(self, reader: Reader, value: dict[str, Any]) -> None:
        """Read one field after another into a dictionary."""
        for name, field in self.fields:
            before = len(reader.deviations)
            try:
                value[name] = field.read(reader)
            except DecodeError as error:
                raise error.inside(name) from None
            for index in range(before, len(reader.deviations)):
                inner = reader.deviations[index]
                path = f"{name}.{inner.field}" if inner.field else name
                reader.deviations[index] = inner._replace(field=path)

    def read_plain(self, data: bytes) -> dict[str, Any] | None:
        """Return the fields of a structure of plain values that is exactly as long as the data.

        ``None`` for all others: ``read`` reads them, and these, too.
        """
        plain = self._plain
        if plain is None or plain.layout.size != len(data):
            return None
        fields: dict[str, Any] = plain.value(plain.layout.unpack(data))
        return fields

    def value(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the value of the structure whose fields have these values."""
        return fields

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, Mapping) or value.keys() != {n for n, _ in self.fields}:
            names = ", ".join(name for name, _ in self.fields)
            raise EncodeError("", f"the fields {names or '(none)'} of {self.name}")
        for name, field in self.fields:
            try:
                field.write(value[name], out)
            except EncodeError as error:
                raise error.inside(name) from None

    def bounded_bytes(self) -> tuple[tuple[int, int, str], ...]:
        """Return those of all fields up to the first of variable size."""
        bounded: list[tuple[int, int, str]] = []
        start = 0
        for _, field in self.fields:
            bounded += ((start + offset, top, rule) for offset, top, rule in field.bounded_bytes())
            if field.size is None:
                break
            start += field.size
        return tuple(bounded)

    def offset_of(self, wanted: str) -> int | None:
        """Return the offset of a field, also of a nested structure.

        ``None`` if there is no such field or a part of variable size precedes it.
        """
        offset = 0
        for name, field in self.fields:
            if name == wanted:
                return offset
            if isinstance(field, Struct) and (nested := field.offset_of(wanted)) is not None:
                return offset + nested
            if field.size is None:
                return None
            offset += field.size
        return None


class _Plain(NamedTuple):
    """Reads all values of a type at once.

    Attributes:
        layout: Unpacks the numbers and bytes of a value.
        value: Makes the value of them.
    """

    layout: struct.Struct
    value: Callable[[Sequence[Any]], Any]


def _plain_values(kind: Type) -> _Plain | None:
    """Return what reads a type at once, ``None`` if its values must be checked one by one.

    The function that makes the value is compiled from the declared names, as
    ``collections.namedtuple`` does it: a block has hundreds of costs of 19 values each, and the
    source of a dictionary makes one in a tenth of the time of a loop over fields.
    """
    codes = _struct_codes(kind)
    if codes is None:
        return None
    names: dict[str, Any] = {}
    source = _display(kind, count(), names)
    return _Plain(struct.Struct(f"<{codes}"), eval(f"lambda values: {source}", names))


def _display(kind: Type, places: Iterator[int], names: dict[str, Any]) -> str:
    """Return the source of a type's value; ``names`` gets the functions that it calls."""
    if isinstance(kind, Tuple):
        return "[" + ", ".join(_display(each, places, names) for each in kind.inner) + "]"
    if not isinstance(kind, Struct):
        return f"values[{next(places)}]"
    parts = (f"{name!r}: {_display(each, places, names)}" for name, each in kind.fields)
    source = "{" + ", ".join(parts) + "}"
    if type(kind).value is Struct.value:
        return source
    name = f"value{len(names)}"
    names[name] = kind.value
    return f"{name}({source})"


def _struct_codes(layout: Type) -> str | None:
    """Return the codes of Python's ``struct`` for a type whose bytes need no check."""
    if isinstance(layout, BigEndian):
        return None
    if isinstance(layout, Integer):
        return _INTEGER_CODES.get(layout.size)
    if isinstance(layout, Bytes):
        return f"{layout.size}s"
    if isinstance(layout, Tuple):
        codes = [_struct_codes(inner) for inner in layout.inner]
    elif isinstance(layout, Struct):
        codes = [_struct_codes(inner) for _, inner in layout.fields]
    else:
        return None
    return None if None in codes else "".join(map(str, codes))
