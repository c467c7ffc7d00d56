"""The capture format: what nodes sent, byte for byte, with its timing.

Pure. Written by ``tart record`` and ``GET /api/events/export?format=capture``, played back
by ``tart replay``. A capture can be written and read as a stream, and a reader can tell
whether it was cut short:

- one line of JSON, ``{"format": "tart-capture", "version": 2}``;
- records: length of what follows as u32, kind as u8, session as u64, time of receipt in
  Unix microseconds as i64, then bytes; numbers are little-endian;
- a record of kind ``END``, whose session is the number of records before it.

A session is one connection of a node. Its records are, in this order:

- ``OPENED``: the first message, whatever it is, as on the wire: length as u32, then content.
  A session that began before the capture is opened like any other;
- ``EVENT_ID``: the id of the session's next event as u64, where the events before it are not
  in the capture. Without it, ids follow from the records. Not sent by the node;
- ``FRAME``: each later message, in the form of ``OPENED``;
- ``RAW``: bytes that are not a message: a message that never ended, or everything from an
  invalid length on. They have no length prefix, and no ``FRAME`` follows. A session without
  a complete first message begins with ``RAW``;
- ``CLOSED``: the connection ended. No bytes. Without it the session was still open when the
  capture ended, or its end is not known.

So the bytes of a session's records, concatenated, are what its node sent. A session number
may be used again once its session is closed. A connection on which nothing was sent is not
in the capture, and neither are bytes from servers: JIP-3 servers send nothing.

Version 1 has no ``EVENT_ID``, ``RAW`` or ``CLOSED``; it is the same otherwise.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tart.errors import CaptureError

HEADER = b'{"format": "tart-capture", "version": 2}\n'
OPENED, FRAME, END, RAW, CLOSED, EVENT_ID = range(6)
# The largest JIP-3 frame that tart accepts with its length prefix, and room to grow.
MAX_RECORD = 2 << 20

EVENT_ID_BYTES = 8

_VERSIONS = {1: (OPENED, FRAME), 2: (OPENED, FRAME, RAW, CLOSED, EVENT_ID)}
_MAX_HEADER = 1024
_NOT_A_CAPTURE = (
    "is not a capture of tart; 'tart record' and /api/events/export?format=capture make captures"
)
# How files of programs that compress begin, and what unpacks them.
_COMPRESSED = (
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "unzstd"),
    (b"\xfd7zXZ\0", "xz", "unxz"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"PK\x03\x04", "zip", "unzip"),
)
_LENGTH = struct.Struct("<I")
_RECORD_HEAD = struct.Struct("<BQq")
# The bytes of a record before those that were on the wire.
RECORD_HEAD_BYTES = _LENGTH.size + _RECORD_HEAD.size


class Record(NamedTuple):
    """One record of a session.

    Attributes:
        kind: ``OPENED``, ``FRAME``, ``RAW``, ``CLOSED`` or ``EVENT_ID``.
        session: Number of the connection; unique among open sessions.
        received_at: Unix microseconds.
        content: The message without its length prefix; for ``RAW`` the bytes.
    """

    kind: int
    session: int
    received_at: int
    content: bytes = b""

    @property
    def wire_bytes(self) -> bytes:
        """The bytes that the node sent."""
        if self.kind in (OPENED, FRAME):
            return _LENGTH.pack(len(self.content)) + self.content
        return b"" if self.kind == EVENT_ID else self.content


def encode_record(record: Record) -> bytes:
    """Return a record's bytes."""
    octets = record.content if record.kind == EVENT_ID else record.wire_bytes
    return _encode(record.kind, record.session, record.received_at, octets)


def encode_end(records: int) -> bytes:
    """Return the end of a capture of that many records."""
    return _encode(END, records, 0, b"")


def _encode(kind: int, session: int, received_at: int, octets: bytes) -> bytes:
    head = _RECORD_HEAD.pack(kind, session, received_at)
    return _LENGTH.pack(len(head) + len(octets)) + head + octets


class CaptureReader:
    """Parses a capture from arbitrarily cut reads.

    Attributes:
        complete: Whether the end of the capture was read.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._kinds: tuple[int, ...] = ()
        self._records = 0
        # By open session, the kind of its last record.
        self._open: dict[int, int] = {}
        self.complete = False

    @property
    def missing(self) -> str | None:
        """Why the data so far is not a whole capture, as a predicate; ``None`` if it is one."""
        if self.complete:
            return None
        if self._kinds:
            return "was cut short: it has no end"
        return "is empty" if not self._buffer else _NOT_A_CAPTURE

    def receive_data(self, data: bytes) -> list[Record]:
        """Return every record completed by ``data``.

        Raises:
            CaptureError: The data is not a valid capture.
        """
        self._buffer += data
        if not self._kinds and not self._read_header():
            return []
        return list(self._read_records())

    def _read_header(self) -> bool:
        for magic, form, program in _COMPRESSED:
            if self._buffer.startswith(magic):
                raise CaptureError(f"is {form} data, not a capture: unpack it with {program}")
        line, newline, rest = self._buffer.partition(b"\n")
        if len(line) > _MAX_HEADER:
            raise CaptureError(_NOT_A_CAPTURE)
        if not newline:
            return False
        try:
            header = json.loads(line)
            version = header["version"]
            if header["format"] != "tart-capture":
                raise ValueError
        except (ValueError, TypeError, KeyError):
            raise CaptureError(_NOT_A_CAPTURE) from None
        if not isinstance(version, int) or version not in _VERSIONS:
            raise CaptureError(
                f"is a capture of version {version!r:.20}, and this release reads versions 1 and 2"
            )
        self._kinds, self._buffer = _VERSIONS[version], rest
        return True

    def _read_records(self) -> Iterator[Record]:
        end = 0
        while len(self._buffer) - end >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, end)
            if not _RECORD_HEAD.size <= length <= MAX_RECORD:
                raise _damage(f"invalid record length {length}")
            start = end + _LENGTH.size
            if len(self._buffer) < start + length:
                break
            end = start + length
            record = self._read_record(self._buffer[start:end])
            if record is not None:
                yield record
        self._buffer = self._buffer[end:]

    def _read_record(self, octets: bytes) -> Record | None:
        kind, session, received_at = _RECORD_HEAD.unpack_from(octets)
        content = octets[_RECORD_HEAD.size :]
        if self.complete:
            raise _damage("data follows the end of the capture")
        if kind == END:
            if session != self._records or content:
                raise _damage(f"the end announces {session} records, but {self._records} were read")
            self.complete = True
            return None
        if kind not in self._kinds:
            raise _damage(f"unknown record kind {kind}")
        self._check_order(kind, session)
        self._records += 1
        return Record(kind, session, received_at, _read_content(kind, content))

    def _check_order(self, kind: int, session: int) -> None:
        """Check that a record of this kind may follow the session's last one."""
        before = self._open.get(session)
        if (kind in (FRAME, CLOSED, EVENT_ID) and before is None) or (
            kind == OPENED and before is not None
        ):
            raise _damage(f"session {session} is not opened once, before its frames")
        if kind in (FRAME, EVENT_ID) and before == RAW:
            raise _damage(f"session {session} has a frame after raw bytes")
        if kind == CLOSED:
            del self._open[session]
        else:
            self._open[session] = kind


def _damage(text: str) -> CaptureError:
    return CaptureError(f"is damaged: {text}")


def _read_content(kind: int, octets: bytes) -> bytes:
    if kind == RAW:
        return octets
    if kind == EVENT_ID:
        if len(octets) != EVENT_ID_BYTES:
            raise _damage(f"an event id has {EVENT_ID_BYTES} bytes, not {len(octets)}")
        return octets
    if kind == CLOSED:
        if octets:
            raise _damage("the record that closes a session has content")
        return b""
    if octets[: _LENGTH.size] != _LENGTH.pack(max(0, len(octets) - _LENGTH.size)):
        raise _damage("a message's length prefix does not match its size")
    return octets[_LENGTH.size :]
