"""A recording of what nodes sent: many connections, byte for byte, with their timing.

Pure. Made by ``tart record`` and by ``GET /api/events/export?format=capture``, played back
by ``tart replay``. It can be written and read as a stream, and tells when it has been cut
short:

- one line of JSON, ``{"format": "tart-capture", "version": 2}``;
- records: length of what follows as u32, kind as u8, session as u64, time of receipt in
  Unix microseconds as i64, then bytes; numbers are little-endian;
- a record of kind ``END``, whose session is the number of records before it.

A session is one connection of a node. What it sent is, in this order:

- ``OPENED``: its first message, whatever that is, as it came on the wire: its length as
  u32, then its content. A session that began before the capture is opened like any other;
- ``EVENT_ID``: the id of the session's next event as u64, where events before it are not in
  the capture. Without it ids follow from what is there. Nothing that a node sent;
- ``FRAME``: each message after it, likewise;
- ``RAW``: bytes that are no message: those of one that never ended, or, after a length that
  no message has, everything. No length is put before them, and no ``FRAME`` follows. A
  session without a whole first message begins so;
- ``CLOSED``: the connection ended. No bytes. Without it the session was still open when the
  capture ended, or its end is not known.

So the bytes of a session's records, one after another, are what its node sent. A number may
be given again once its session is closed, a connection on which nothing was sent is not
there, and nor is what servers say: JIP-3 has nothing for them to say.

Version 1 had no ``EVENT_ID``, ``RAW`` nor ``CLOSED``, and is the same otherwise.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tart.errors import CaptureError

HEADER = b'{"format": "tart-capture", "version": 2}\n'
OPENED, FRAME, END, RAW, CLOSED, EVENT_ID = range(6)
# A frame of JIP-3 as tart takes it, with its length, and room to grow.
MAX_RECORD = 2 << 20

EVENT_ID_BYTES = 8

_VERSIONS = {1: (OPENED, FRAME), 2: (OPENED, FRAME, RAW, CLOSED, EVENT_ID)}
_LONGEST_HEADER = 1024
_LENGTH = struct.Struct("<I")
_HEAD = struct.Struct("<BQq")


class Record(NamedTuple):
    """One thing that happened.

    Attributes:
        kind: ``OPENED``, ``FRAME``, ``RAW``, ``CLOSED`` or ``EVENT_ID``.
        session: which connection; unique among those that are open.
        received_at: Unix microseconds.
        content: the message without the length before it; of ``RAW`` the bytes.
    """

    kind: int
    session: int
    received_at: int
    content: bytes = b""

    @property
    def sent(self) -> bytes:
        """The bytes that the node sent."""
        if self.kind in (OPENED, FRAME):
            return _LENGTH.pack(len(self.content)) + self.content
        return b"" if self.kind == EVENT_ID else self.content


def record(each: Record) -> bytes:
    """A record's bytes."""
    octets = each.content if each.kind == EVENT_ID else each.sent
    return _packed(each.kind, each.session, each.received_at, octets)


def end(records: int) -> bytes:
    """What comes last, after so many records."""
    return _packed(END, records, 0, b"")


def _packed(kind: int, session: int, received_at: int, octets: bytes) -> bytes:
    head = _HEAD.pack(kind, session, received_at)
    return _LENGTH.pack(len(head) + len(octets)) + head + octets


class CaptureReader:
    """Takes a capture apart, from arbitrarily cut reads.

    Attributes:
        complete: whether the end was there; until then more must come.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._kinds: tuple[int, ...] = ()
        self._records = 0
        # Those that are open, and the kind of the record that came last.
        self._open: dict[int, int] = {}
        self.complete = False

    def receive_data(self, data: bytes) -> list[Record]:
        """Every record completed by ``data``; ``CaptureError`` if it is none of ours."""
        self._buffer += data
        if not self._kinds and not self._begin():
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
            version = header["version"] if header["format"] == "tart-capture" else None
        except (ValueError, TypeError, KeyError):
            raise CaptureError("this is no capture: its first line is no header") from None
        if not isinstance(version, int) or version not in _VERSIONS:
            raise CaptureError(f"a capture of version 1 or 2 is expected, not {line[:80]!r}")
        self._kinds, self._buffer = _VERSIONS[version], rest
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
        content = octets[_HEAD.size :]
        if self.complete:
            raise CaptureError("something follows the end")
        if kind == END:
            if session != self._records or content:
                raise CaptureError(f"{session} records were written, {self._records} are here")
            self.complete = True
            return None
        if kind not in self._kinds:
            raise CaptureError(f"a record of the unknown kind {kind}")
        self._follow(kind, session)
        self._records += 1
        return Record(kind, session, received_at, _content(kind, content))

    def _follow(self, kind: int, session: int) -> None:
        """See that the record may come now."""
        before = self._open.get(session)
        if (kind in (FRAME, CLOSED, EVENT_ID) and before is None) or (
            kind == OPENED and before is not None
        ):
            raise CaptureError(f"session {session} is not opened once, before its frames")
        if kind in (FRAME, EVENT_ID) and before == RAW:
            raise CaptureError(f"session {session} has a frame after bytes that are none")
        if kind == CLOSED:
            del self._open[session]
        else:
            self._open[session] = kind


def _content(kind: int, octets: bytes) -> bytes:
    if kind == RAW:
        return octets
    if kind == EVENT_ID:
        if len(octets) != EVENT_ID_BYTES:
            raise CaptureError(f"an event id of {len(octets)} bytes cannot be")
        return octets
    if kind == CLOSED:
        if octets:
            raise CaptureError("a session's end has bytes")
        return b""
    if octets[: _LENGTH.size] != _LENGTH.pack(max(0, len(octets) - _LENGTH.size)):
        raise CaptureError("a message's length is not that of its bytes")
    return octets[_LENGTH.size :]
