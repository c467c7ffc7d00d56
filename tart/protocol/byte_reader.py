"""A cursor over a message's bytes, and the Gray Paper's natural numbers.

Pure. What is not there raises ``DecodeError``; what the specification forbids but can still
be understood is a ``Deviation``, which the reader remembers.
"""

from __future__ import annotations

from typing import NamedTuple

from tart.errors import DecodeError, EncodeError

# A hostile message could deviate in every element; its first deviations tell all.
MAX_DEVIATIONS = 16


class Deviation(NamedTuple):
    """Something the specification forbids and we understood all the same."""

    rule: str
    offset: int
    field: str
    expectation: str


class Reader:
    """A cursor over one message.

    Args:
        data: the bytes to read.
        core_bytes: elements of ``bytes<C>``: the node's core count.
        core_bits: bytes of ``bits<C>``: ceil(C/8).
        leb128: read lengths as LEB128 instead of Gray Paper naturals.
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
        """The next ``size`` bytes; ``DecodeError`` if there are fewer."""
        end = self.offset + size
        if end > len(self.data):
            raise DecodeError("truncated", self.offset, f"{size} bytes, {self.remaining} are left")
        taken = self.data[self.offset : end]
        self.offset = end
        return taken

    def deviate(self, rule: str, offset: int, expectation: str) -> None:
        """Remember a deviation; the structure being read fills in the field."""
        if len(self.deviations) < MAX_DEVIATIONS:
            self.deviations.append(Deviation(rule, offset, "", expectation))


# --- Natural numbers -------------------------------------------------------------


def encode_natural(value: int) -> bytes:
    """The Gray Paper's general natural number (serialization appendix, E without size).

    The number of leading one bits of the first byte tells how many bytes follow;
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
    """Read a general natural; one longer than need be is a deviation."""
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
            if position:  # shorter ones look the same
                reader.deviate("leb128_length", start, "a length as a Gray Paper natural")
            return value
    raise DecodeError("length_out_of_range", start, "a length below 2^64")
