"""A cursor over a message's bytes, and the Gray Paper's natural numbers.

Pure. Missing bytes raise ``DecodeError``; bytes that the specification forbids but that can
still be understood are a ``Deviation``, which the reader records.
"""

from __future__ import annotations

from typing import NamedTuple

from tart.errors import DecodeError, EncodeError

# A hostile message could deviate in every element; its first deviations suffice.
MAX_DEVIATIONS = 16


class Deviation(NamedTuple):
    """Bytes that the specification forbids and that were understood all the same.

    Attributes:
        rule: Code of the violated rule.
        offset: Where the bytes are in the message.
        field: Path of the field.
        expectation: The valid form, in words.
    """

    rule: str
    offset: int
    field: str
    expectation: str


class Reader:
    """A cursor over one message.

    Args:
        data: The bytes to read.
        core_bytes: Size of ``bytes<C>``: the node's core count.
        core_bits: Size of ``bits<C>`` in bytes: ceil(C/8).
        leb128: Read lengths as LEB128 instead of Gray Paper naturals.
        offset: Where to start.
    """

    __slots__ = ("core_bits", "core_bytes", "data", "deviations", "leb128", "offset")

    def __init__(
        self,
        data: bytes,
        *,
        core_bytes: int = 0,
        core_bits: int = 0,
        leb128: bool = False,
        offset: int = 0,
    ) -> None:
        self.data = data
        self.offset = offset
        self.core_bytes = core_bytes
        self.core_bits = core_bits
        self.leb128 = leb128
        self.deviations: list[Deviation] = []

    @property
    def remaining(self) -> int:
        """Bytes not read yet."""
        return len(self.data) - self.offset

    def take(self, size: int) -> bytes:
        """Read the next ``size`` bytes; raise ``DecodeError`` if there are fewer."""
        end = self.offset + size
        if end > len(self.data):
            raise DecodeError("truncated", self.offset, f"{size} bytes, {self.remaining} are left")
        taken = self.data[self.offset : end]
        self.offset = end
        return taken

    def deviate(self, rule: str, offset: int, expectation: str) -> None:
        """Record a deviation; the structure being read fills in the field."""
        if len(self.deviations) < MAX_DEVIATIONS:
            self.deviations.append(Deviation(rule, offset, "", expectation))


# --- Natural numbers -------------------------------------------------------------


def encode_natural(value: int) -> bytes:
    """Encode a general natural number of the Gray Paper (serialization appendix, E without size).

    The number of leading one bits of the first byte is the number of bytes that follow;
    its other bits are the highest bits of the value.
    """
    if not 0 <= value < 1 << 64:
        raise EncodeError("", f"a natural below 2^64, not {value}")
    for following in range(8):
        if value < 1 << 7 * (following + 1):
            prefix = 0x100 - (0x100 >> following)
            first = prefix + (value >> 8 * following)
            rest = value & ((1 << 8 * following) - 1)
            return bytes([first]) + rest.to_bytes(following, "little")
    return b"\xff" + value.to_bytes(8, "little")


def read_natural(reader: Reader) -> int:
    """Read a general natural; a non-canonical encoding is a deviation."""
    if reader.leb128:
        return _read_leb128(reader)
    start = reader.offset
    first = reader.take(1)[0]
    following = 8 - (first ^ 0xFF).bit_length()
    value = int.from_bytes(reader.take(following), "little")
    if following < 8:
        value += (first & (0x7F >> following)) << 8 * following
    if following and value < 1 << 7 * following:
        reader.deviate("non_canonical_natural", start, "the shortest encoding")
    return value


def _read_leb128(reader: Reader) -> int:
    start, value = reader.offset, 0
    for position in range(10):
        byte = reader.take(1)[0]
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            if position:  # one-byte lengths have the same encoding
                reader.deviate("leb128_length", start, "a length as a Gray Paper natural")
            return value
    raise DecodeError("length_out_of_range", start, "a length below 2^64")
