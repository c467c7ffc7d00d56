"""A recording of what nodes sent: many connections, byte for byte, with their timing.

Pure. Made by ``GET /api/events/export?format=capture``, to be played back. A capture can
be written and read as a stream, and tells when it has been cut short:

- one line of JSON, ``{"format": "tart-capture", "version": 1}``;
- records: length of what follows as u32, kind as u8, session as u64, time of receipt in
  Unix microseconds as i64, then bytes; numbers are little-endian;
- a record of kind ``END``, whose session is the number of records before it.

``OPENED`` has the node information message of a session and comes before the session's
first ``FRAME``; a session that began before the capture is opened like any other. Bytes
are the message as it came on the wire: its length as u32, then its content. Only what
nodes sent is there; they are told nothing in JIP-3.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tart.errors import CaptureError

HEADER = b'{"format": "tart-capture", "version": 1}\n'
OPENED, FRAME, END = 0, 1, 2
# A frame of JIP-3 as tart takes it, with its length, and room to grow.
MAX_RECORD = 2 << 20

_LONGEST_HEADER = 1024
_LENGTH = struct.Struct("<I")
_HEAD = struct.Struct("<BQq")


@dataclass(frozen=True)
class Record:
    """One thing that happened.

    Attributes:
        kind: ``OPENED`` or ``FRAME``.
        session: which connection; unique within a capture.
        received_at: Unix microseconds.
        content: the message without the length before it.
    """

    kind: int
    session: int
    received_at: int
    content: bytes


def record(each: Record) -> bytes:
    """A record's bytes."""
    return _packed(each.kind, each.session, each.received_at, _wired(each.content))


def end(records: int) -> bytes:
    """What comes last, after so many records."""
    return _packed(END, records, 0, b"")


def _packed(kind: int, session: int, received_at: int, message: bytes) -> bytes:
    head = _HEAD.pack(kind, session, received_at)
    return _LENGTH.pack(len(head) + len(message)) + head + message


def _wired(content: bytes) -> bytes:
    return _LENGTH.pack(len(content)) + content


class CaptureReader:
    """Takes a capture apart, from arbitrarily cut reads.

    Attributes:
        complete: whether the end was there; until then more must come.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._begun = False
        self._records = 0
        self._opened: set[int] = set()
        self.complete = False

    def receive_data(self, data: bytes) -> list[Record]:
        """Every record completed by ``data``; ``CaptureError`` if it is none of ours."""
        self._buffer += data
        if not self._begun and not self._begin():
            return []
        return list(self._take())

    def _begin(self) -> bool:
        line, newline, rest = self._buffer.partition(b"\n")
        if len(line) > _LONGEST_HEADER:
            raise CaptureError("this is no capture: it has no header line")
        if not newline:
            return False
        try:
            header = json.loads(line)
            known = header["format"] == "tart-capture" and header["version"] == 1
        except (ValueError, TypeError, KeyError):
            raise CaptureError("this is no capture: its first line is no header") from None
        if not known:
            raise CaptureError(f"a capture of version 1 is expected, not {line[:80]!r}")
        self._begun, self._buffer = True, rest
        return True

    def _take(self) -> Iterator[Record]:
        at = 0
        while len(self._buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, at)
            if not _HEAD.size <= length <= MAX_RECORD:
                raise CaptureError(f"a record of {length} bytes cannot be")
            if len(self._buffer) - at < _LENGTH.size + length:
                break
            start = at + _LENGTH.size
            at = start + length
            found = self._record(self._buffer[start:at])
            if found is not None:
                yield found
        self._buffer = self._buffer[at:]

    def _record(self, octets: bytes) -> Record | None:
        kind, session, received_at = _HEAD.unpack_from(octets)
        message = octets[_HEAD.size :]
        if self.complete:
            raise CaptureError("something follows the end")
        if kind == END:
            if session != self._records or message:
                raise CaptureError(f"{session} records were written, {self._records} are here")
            self.complete = True
            return None
        if kind not in (OPENED, FRAME):
            raise CaptureError(f"a record of the unknown kind {kind}")
        if message[: _LENGTH.size] != _LENGTH.pack(max(0, len(message) - _LENGTH.size)):
            raise CaptureError("a message's length is not that of its bytes")
        if (kind == OPENED) == (session in self._opened):
            raise CaptureError(f"session {session} is not opened once, before its frames")
        self._opened.add(session)
        self._records += 1
        return Record(kind, session, received_at, message[_LENGTH.size :])
