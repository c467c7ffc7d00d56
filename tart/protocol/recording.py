"""Turns the bytes of live connections into records of a capture, for ``tart record``.

Pure: bytes and times in, bytes of a capture out. Everything a node sends is in the capture,
message by message as long as its stream is aligned to messages. These bytes become ``RAW``:

- the beginning of a message that never ended, when its connection ends;
- everything from a length on that exceeds the limit, because the start of the next message
  is unknown then;
- everything of a connection from the moment on at which the incomplete messages of all
  connections would exceed ``max_incomplete``: memory is bounded, and nothing is lost.
"""

from __future__ import annotations

from tart.protocol.capture import (
    CLOSED,
    FRAME,
    HEADER,
    OPENED,
    RAW,
    Record,
    encode_end,
    encode_record,
)
from tart.protocol.framing import DEFAULT_MAX_FRAME, LENGTH_BYTES, FrameBuffer

MAX_INCOMPLETE = 64 << 20


class Recording:
    """A capture being written.

    Args:
        max_frame: Longest message accepted, in bytes.
        max_incomplete: Limit of the incomplete messages of all connections, in bytes.

    Attributes:
        sessions: Connections on which something was sent.
        frames: Messages, including the first of each connection.
        octets: Bytes that nodes sent.
        raw: Connections with bytes that could not be split into messages.
        incomplete: Bytes of messages that have not ended.
    """

    header = HEADER

    def __init__(
        self, max_frame: int = DEFAULT_MAX_FRAME, max_incomplete: int = MAX_INCOMPLETE
    ) -> None:
        self.max_frame = max_frame
        self.max_incomplete = max_incomplete
        self.sessions = self.frames = self.octets = self.raw = self.incomplete = 0
        self._records = 0
        self._numbers = 0

    def end(self) -> bytes:
        """Return the end of the capture."""
        return encode_end(self._records)

    def open_session(self) -> SessionRecording:
        """Start recording a new connection."""
        return SessionRecording(self)

    def next_number(self) -> int:
        """Number a session; sessions are numbered in the order of their first records."""
        self._numbers += 1
        return self._numbers - 1

    def encode(self, record: Record) -> bytes:
        """Encode a record and count it."""
        self._records += 1
        self.frames += record.kind in (OPENED, FRAME)
        return encode_record(record)


class SessionRecording:
    """One connection of a capture being written.

    Attributes:
        fault: Why its bytes are recorded raw from now on; ``None`` while they are aligned.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._frames = FrameBuffer(recording.max_frame)
        self._number: int | None = None
        self._buffered = 0
        self._has_data = False
        self.fault: str | None = None

    def receive_data(self, data: bytes, now_us: int) -> bytes:
        """Return the records of a read.

        Args:
            data: What the node sent.
            now_us: Time of receipt in Unix microseconds.
        """
        if not data:
            return b""
        recording = self._recording
        recording.octets += len(data)
        recording.sessions += not self._has_data
        self._has_data = True
        if self.fault:
            return self._encode(RAW, data, now_us)
        before = self._frames.buffered
        messages = self._frames.receive_data(data)
        records = b"".join([self._encode_message(each, now_us) for each in messages])
        if self._frames.error:
            used = sum(LENGTH_BYTES + len(each) for each in messages) - before
            # The bytes of the length itself that came with an earlier read.
            rest = self._frames.error.frame[:-used] + data if used < 0 else data[used:]
            records += self._encode(RAW, rest, now_us)
            self._set_fault(str(self._frames.error))
        self._set_buffered(self._frames.buffered)
        if recording.incomplete > recording.max_incomplete:
            records += self._encode(RAW, self._frames.unfinished, now_us)
            self._set_fault(f"more than {recording.max_incomplete} bytes of incomplete messages")
        return records

    def flush(self, now_us: int) -> bytes:
        """Return what remains when the recording ends before the connection does."""
        unfinished = b"" if self.fault else self._frames.unfinished
        self._set_buffered(0)
        if not unfinished:
            return b""
        self._recording.raw += 1
        self._frames = FrameBuffer(self._recording.max_frame)
        return self._encode(RAW, unfinished, now_us)

    def close(self, now_us: int) -> bytes:
        """Return the last records of a connection that ended."""
        records = self.flush(now_us)
        if self._number is None:
            return records
        return records + self._recording.encode(Record(CLOSED, self._number, now_us))

    def _encode_message(self, content: bytes, now_us: int) -> bytes:
        return self._encode(OPENED if self._number is None else FRAME, content, now_us)

    def _encode(self, kind: int, content: bytes, now_us: int) -> bytes:
        if self._number is None:
            self._number = self._recording.next_number()
        return self._recording.encode(Record(kind, self._number, now_us, content))

    def _set_fault(self, fault: str) -> None:
        self.fault = fault
        self._recording.raw += 1
        self._set_buffered(0)
        self._frames = FrameBuffer(self._recording.max_frame)

    def _set_buffered(self, size: int) -> None:
        self._recording.incomplete += size - self._buffered
        self._buffered = size
