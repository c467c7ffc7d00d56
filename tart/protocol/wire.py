"""The wire types of JIP-3: what each looks like in bytes and in Python.

Pure. A type knows how to ``read`` a value from a ``Reader`` and how to
``write`` one to a ``bytearray``; it knows its size where that is fixed.
Nothing here knows events.

Rules every type obeys:

- Reading bytes that are there and allowed returns a value; anything else raises
  ``DecodeError`` with the rule, the offset and what was expected. No other
  exception leaves this module, and no allocation exceeds the bytes left to read.
- What the specification forbids but a reader can still understand is a
  ``Deviation``: the value is returned and the reader remembers the deviation.
- ``read`` then ``write`` gives the same bytes, unless there was a deviation.

Python values: integers are ``int``; hashes and keys ``bytes``; strings ``str``;
lists and tuples ``list``; structures ``dict`` in declaration order; enums their
name, or the ``int`` where the name is not known; options the value or ``None``;
IPv6 addresses text; ``bytes<C>`` and ``bits<C>`` lists of ``int``, one per byte.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tart.errors import DecodeError, EncodeError
from tart.protocol.byte_reader import Reader, encode_natural, read_natural


class Type:
    """One wire type. ``size`` is its length in bytes where every value has the same."""

    size: int | None = None
    minimum: int = 0

    def read(self, reader: Reader) -> Any:
        """Read one value; raises ``DecodeError``."""
        raise NotImplementedError

    def write(self, value: Any, out: bytearray) -> None:
        """Append one value; raises ``EncodeError`` if it does not fit."""
        raise NotImplementedError

    def bounded_bytes(self) -> tuple[tuple[int, int, str], ...]:
        """Bytes with a limited range: (offset, highest good value, rule)."""
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


# The letters of Python's ``struct`` for integers of so many bytes.
_INTEGER_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True)
class EventId(Integer):
    """The id of an earlier event of the same connection.

    ``refers_to`` holds the numbers of the event types it may point at; empty where
    the specification has not defined them yet (auditing).
    """

    size: int = 8
    refers_to: tuple[int, ...] = ()


@dataclass(frozen=True)
class Boolean(Type):
    """One byte, 0 or 1. Anything else is an error: there is no third truth."""

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


@dataclass(frozen=True)
class Address(Type):
    """An IPv6 address, 16 bytes; IPv4 arrives mapped and reads as IPv4."""

    size: int = 16
    minimum: int = 16

    def read(self, reader: Reader) -> str:
        address = ipaddress.IPv6Address(reader.take(16))
        return str(address.ipv4_mapped or address)

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, str) or "%" in value:
            raise EncodeError("", f"an IP address without zone, not {value!r}")
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            raise EncodeError("", f"an IP address, not {value!r}") from None
        if isinstance(address, ipaddress.IPv4Address):
            out += b"\0" * 10 + b"\xff\xff"
        out += address.packed


@dataclass(frozen=True)
class CoreBytes(Type):
    """``[u8; C]``, no prefix: one byte per core. The reader knows C."""

    def read(self, reader: Reader) -> list[int]:
        return list(reader.take(reader.core_bytes))

    def write(self, value: Any, out: bytearray) -> None:
        _write_octets(value, out)


@dataclass(frozen=True)
class CoreBits(Type):
    """``[u8; ceil(C/8)]``, no prefix; core i is bit i%8 (lowest first) of byte i//8."""

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
            at = reader.offset - length + error.start
            reader.deviate("invalid_utf8", at, "UTF-8")
            return raw.decode(errors="replace")

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, str):
            raise EncodeError("", f"a string, not {value!r}")
        try:
            raw = value.encode()
        except UnicodeEncodeError:
            raise EncodeError("", "text that UTF-8 can carry") from None
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
        # Checked before the loop: a count alone must not make us allocate.
        if count * self.inner.minimum > reader.remaining:
            raise DecodeError(
                "truncated",
                start,
                f"{count} elements, {reader.remaining} bytes are left",
            )
        if isinstance(self.inner, Integer):
            # At once: a message full of u16 is the most values its bytes can make.
            octets = reader.take(count * self.inner.size)
            return list(struct.unpack(f"<{count}{_INTEGER_CODES[self.inner.size]}", octets))
        return [self.inner.read(reader) for _ in range(count)]

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
        for each, part in zip(self.inner, value, strict=True):
            each.write(part, out)


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
    def _plain(self) -> struct.Struct | None:
        """How to read it at once, if its values are just what stands there."""
        letters = _letters(self)
        return None if letters is None else struct.Struct(f"<{letters}")

    def read(self, reader: Reader) -> Any:
        plain = self._plain
        if plain is not None and reader.remaining >= plain.size:
            values = plain.unpack_from(reader.data, reader.offset)
            reader.offset += plain.size
            return self._named(iter(values))
        value = {}
        for name, each in self.fields:
            before = len(reader.deviations)
            try:
                value[name] = each.read(reader)
            except DecodeError as error:
                raise error.inside(name) from None
            for at in range(before, len(reader.deviations)):
                inner = reader.deviations[at]
                path = f"{name}.{inner.field}" if inner.field else name
                reader.deviations[at] = inner._replace(field=path)
        return value

    def _named(self, values: Iterator[Any]) -> dict[str, Any]:
        return {
            name: each._named(values) if isinstance(each, Struct) else next(values)
            for name, each in self.fields
        }

    def write(self, value: Any, out: bytearray) -> None:
        if not isinstance(value, Mapping) or value.keys() != {n for n, _ in self.fields}:
            names = ", ".join(name for name, _ in self.fields)
            raise EncodeError("", f"the fields {names or '(none)'} of {self.name}")
        for name, each in self.fields:
            try:
                each.write(value[name], out)
            except EncodeError as error:
                raise error.inside(name) from None

    def bounded_bytes(self) -> tuple[tuple[int, int, str], ...]:
        """Of all fields up to the first of variable size."""
        found: list[tuple[int, int, str]] = []
        offset = 0
        for _, each in self.fields:
            found += ((offset + at, top, rule) for at, top, rule in each.bounded_bytes())
            if each.size is None:
                break
            offset += each.size
        return tuple(found)

    def offset_of(self, wanted: str) -> int | None:
        """Where the field of that name starts, looked for in nested structures too.

        ``None`` if there is none or something of variable size comes before it.
        """
        offset = 0
        for name, each in self.fields:
            if name == wanted:
                return offset
            if isinstance(each, Struct) and (nested := each.offset_of(wanted)) is not None:
                return offset + nested
            if each.size is None:
                return None
            offset += each.size
        return None


def _letters(each: Type) -> str | None:
    """Of Python's ``struct``: how to read a type whose value is just what stands there."""
    if isinstance(each, Integer):
        return _INTEGER_CODES.get(each.size)
    if isinstance(each, Bytes):
        return f"{each.size}s"
    # Some structures read themselves in a way of their own.
    if type(each) is not Struct:
        return None
    letters = [_letters(inner) for _, inner in each.fields]
    return None if None in letters else "".join(map(str, letters))
