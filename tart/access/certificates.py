"""The validity of X.509 certificates in PEM files. Pure.

Python's ``ssl`` loads a certificate but does not say when it expires. The two times stand at a
fixed place of the DER encoding (RFC 5280, 4.1), so a general parser is not needed.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import NamedTuple

_PEM = re.compile(
    r"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)"
    r"-----END (?:TRUSTED |X509 )?CERTIFICATE-----",
    re.DOTALL,
)
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_LONG_LENGTH = 0x80
_TIME_BYTES = 15
# RFC 5280, 4.1.2.5.1: years of two digits are 1950 to 2049.
_FIRST_YEAR = 50


class Validity(NamedTuple):
    """The times between which a certificate is valid."""

    begins: datetime
    ends: datetime


def read_validities(pem: str) -> list[Validity]:
    """Return the validity of each certificate in a PEM file, the server's own first.

    Raises:
        ValueError: A certificate cannot be read.
    """
    validities = []
    for match in _PEM.finditer(pem):
        try:
            der = base64.b64decode("".join(match[1].split()), validate=True)
            validities.append(_read_validity(der))
        except (binascii.Error, IndexError, ValueError):
            raise ValueError("a certificate in it cannot be read") from None
    return validities


def _read_validity(der: bytes) -> Validity:
    certificate = _content(der, 0, _SEQUENCE)
    fields = _content(certificate, 0, _SEQUENCE)
    position = 0
    # The version is left out of certificates of version 1.
    skipped = ("version",) * (fields[0] == _VERSION) + ("serial number", "signature", "issuer")
    for _ in skipped:
        position = _end(fields, position)
    validity = _content(fields, position, _SEQUENCE)
    return Validity(_read_time(validity, 0), _read_time(validity, _end(validity, 0)))


def _read_time(data: bytes, position: int) -> datetime:
    start, end = _bounds(data, position)
    text = data[start:end].decode("ascii")
    if data[position] == _UTC_TIME:
        text = ("20" if int(text[:2]) < _FIRST_YEAR else "19") + text
    elif data[position] != _GENERALIZED_TIME:
        raise ValueError("not a time")
    if len(text) != _TIME_BYTES:
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _content(data: bytes, position: int, tag: int) -> bytes:
    if data[position] != tag:
        raise ValueError("another type")
    start, end = _bounds(data, position)
    return data[start:end]


def _end(data: bytes, position: int) -> int:
    return _bounds(data, position)[1]


def _bounds(data: bytes, position: int) -> tuple[int, int]:
    """Return where the content of the value at ``position`` begins and ends (X.690, 8.1.3)."""
    length, start = data[position + 1], position + 2
    if length & _LONG_LENGTH:
        count = length & ~_LONG_LENGTH
        length = int.from_bytes(data[start : start + count])
        start += count
    if start + length > len(data):
        raise ValueError("cut short")
    return start, start + length
