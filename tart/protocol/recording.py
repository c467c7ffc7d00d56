"""What nodes send, as records of a capture: the bookkeeping of ``tart record``.

Pure: bytes and times in, bytes of a capture out. Whatever a node sends is in the capture,
message by message as long as there are messages. ``RAW`` are:

- the beginning of a message that never ended, when its connection ends;
- everything from a length on that exceeds the limit, for where the next message begins
  nobody knows then;
- everything of a connection from the moment on at which the unfinished messages of all
  would exceed ``max_unfinished``: memory is bounded, and nothing is lost.
"""

from __future__ import annotations

from tart.protocol.capture import CLOSED, FRAME, HEADER, OPENED, RAW, Record, end, record
from tart.protocol.framing import DEFAULT_MAX_FRAME, LENGTH_BYTES, FrameBuffer

MAX_UNFINISHED = 64 << 20


class Recording:
    """A capture in the making.

    Args:
        max_frame: longest message that is taken for one, in bytes.
        max_unfinished: of messages that have not ended, of all connections, in bytes.

    Attributes:
        sessions: connections on which something was sent.
        frames: messages, the first of each connection included.
        octets: bytes that nodes sent.
        raw: connections whose bytes could not be, or not all be, told apart as messages.
        unfinished: bytes of messages that have not ended.
    """

    def __init__(
        self, max_frame: int = DEFAULT_MAX_FRAME, max_unfinished: int = MAX_UNFINISHED
    ) -> None:
        self.max_frame = max_frame
        self.max_unfinished = max_unfinished
        self.sessions = self.frames = self.octets = self.raw = self.unfinished = 0
        self._records = 0
        self._numbers = 0

    @property
    def begin(self) -> bytes:
        """What comes first."""
        return HEADER

    def end(self) -> bytes:
        """What comes last."""
        return end(self._records)

    def session(self) -> SessionRecording:
        """A node has connected."""
        return SessionRecording(self)

    def number(self) -> int:
        """Of a session; they are numbered in the order of their first records."""
        self._numbers += 1
        return self._numbers - 1

    def written(self, each: Record) -> bytes:
        """A record's bytes, counted."""
        self._records += 1
        self.frames += each.kind in (OPENED, FRAME)
        return record(each)


class SessionRecording:
    """One connection of a capture in the making.

    Attributes:
        fault: why its bytes are not told apart as messages any more, a sentence.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._frames = FrameBuffer(recording.max_frame)
        self._number: int | None = None
        self._counted = 0
        self._heard = False
        self.fault: str | None = None

    def received(self, data: bytes, now: int) -> bytes:
        """Records of what the node has sent, at ``now`` in Unix microseconds."""
        if not data:
            return b""
        recording = self._recording
        recording.octets += len(data)
        recording.sessions += not self._heard
        self._heard = True
        if self.fault:
            return self._raw(data, now)
        before = self._frames.buffered
        messages = self._frames.receive_data(data)
        found = b"".join([self._message(each, now) for each in messages])
        if self._frames.error:
            used = sum(LENGTH_BYTES + len(each) for each in messages) - before
            # Of the length itself, what came with an earlier read.
            rest = self._frames.error.frame[:-used] + data if used < 0 else data[used:]
            found += self._raw(rest, now)
            self._give_up(str(self._frames.error))
        self._count(self._frames.buffered)
        if recording.unfinished > recording.max_unfinished:
            found += self._raw(self._frames.unfinished, now)
            self._give_up(f"more than {recording.max_unfinished} bytes of unfinished messages")
        return found

    def left(self, now: int) -> bytes:
        """Records of what remains when the recording ends before the connection does."""
        unfinished = b"" if self.fault else self._frames.unfinished
        self._count(0)
        if not unfinished:
            return b""
        self._recording.raw += 1
        self._frames = FrameBuffer(self._recording.max_frame)
        return self._raw(unfinished, now)

    def closed(self, now: int) -> bytes:
        """Records of the connection's end."""
        found = self.left(now)
        if self._number is None:
            return found
        return found + self._recording.written(Record(CLOSED, self._number, now))

    def _message(self, content: bytes, now: int) -> bytes:
        return self._written(OPENED if self._number is None else FRAME, content, now)

    def _raw(self, data: bytes, now: int) -> bytes:
        return self._written(RAW, data, now)

    def _written(self, kind: int, content: bytes, now: int) -> bytes:
        if self._number is None:
            self._number = self._recording.number()
        return self._recording.written(Record(kind, self._number, now, content))

    def _give_up(self, fault: str) -> None:
        self.fault = fault
        self._recording.raw += 1
        self._count(0)
        self._frames = FrameBuffer(self._recording.max_frame)

    def _count(self, unfinished: int) -> None:
        self._recording.unfinished += unfinished - self._counted
        self._counted = unfinished
