"""Splits a byte stream into length-prefixed messages, within a limit.

Pure. JIP-3, "Wire protocol": each message is preceded by its length as u32,
little-endian. One call takes the bytes of a read and returns the complete messages; only
the incomplete tail is buffered, so memory is bounded by the limit.
"""

from __future__ import annotations

from struct import Struct

from tart.errors import FrameTooLong

LENGTH_BYTES = 4
_LENGTH = Struct("<I")

# A legal WorkPackageReceived with 3,072 imports is 104 KB; ten times that is generous and
# bounds the memory of one connection.
DEFAULT_MAX_FRAME = 1 << 20


def frame(content: bytes) -> bytes:
    """Return a message with its length prefix."""
    return len(content).to_bytes(LENGTH_BYTES, "little") + content


class SplitRead:
    """The frames that one read completed.

    Args:
        data: The bytes that they are in.
        starts: The position of each frame's first byte.
        ends: The position after each frame's last byte.
    """

    __slots__ = ("data", "ends", "starts")

    def __init__(self, data: bytes, starts: list[int], ends: list[int]) -> None:
        self.data = data
        self.starts = starts
        self.ends = ends

    def __len__(self) -> int:
        return len(self.starts)

    def contents(self) -> list[bytes]:
        """Return the content of each frame."""
        data = self.data
        return [data[start:end] for start, end in zip(self.starts, self.ends, strict=True)]

    def cut(self, index: int) -> SplitRead:
        """Remove the frames from ``index`` on, and return them."""
        rest = SplitRead(self.data, self.starts[index:], self.ends[index:])
        del self.starts[index:], self.ends[index:]
        return rest


class FrameBuffer:
    """Reassembles messages from arbitrarily cut reads.

    Args:
        max_frame: Longest content accepted, in bytes.

    Attributes:
        error: A length beyond the limit; no more messages are returned then.
        resumes: Whether bytes must go through ``resume`` before another function splits them. An
            attribute, for it is read for every read of every node.
    """

    def __init__(self, max_frame: int = DEFAULT_MAX_FRAME) -> None:
        self._max_frame = max_frame
        self._tail = bytearray()
        self._wanted = LENGTH_BYTES
        self.error: FrameTooLong | None = None
        self.resumes = False

    @property
    def buffered(self) -> int:
        """Number of bytes buffered of the incomplete message."""
        return len(self._tail)

    @property
    def unfinished(self) -> bytes:
        """The bytes received of the incomplete message, including its length."""
        return bytes(self._tail)

    def receive_data(self, data: bytes) -> list[bytes]:
        """Return every message completed by ``data``, in order.

        A length beyond the limit sets ``error``; the messages before it are returned.
        """
        data, ends = self._complete(data)
        messages, start = [], LENGTH_BYTES
        for end in ends:
            messages.append(data[start:end])
            start = end + LENGTH_BYTES
        return messages

    def split(self, data: bytes) -> SplitRead:
        """Return the positions of every message completed by ``data``, in order.

        The rest is as in ``receive_data``.
        """
        data, ends = self._complete(data)
        starts = [LENGTH_BYTES, *[end + LENGTH_BYTES for end in ends[:-1]]] if ends else []
        return SplitRead(data, starts, ends)

    def _complete(self, data: bytes) -> tuple[bytes, list[int]]:
        """Return the bytes of the messages that ``data`` completes, and the end of each."""
        if self.error:
            return b"", []
        if self._tail:
            self._tail += data
            # A slow sender must not cause a parse of the tail for each byte.
            if len(self._tail) < self._wanted:
                return b"", []
            data = bytes(self._tail)
        ends, consumed = self._split(data)
        if consumed < len(data):
            self._tail = bytearray(data[consumed:])
        elif self._tail:
            self._tail = bytearray()
        self.resumes = bool(self._tail) or self.error is not None
        return data, ends

    def resume(self, pieces: list[bytes]) -> list[bytes]:
        """Return the bytes that another function is to split: the unfinished message and these.

        Bytes that it leaves incomplete go back with ``suspend``. While the message is incomplete
        the bytes are only buffered, and the result is empty: a slow sender must not cause a copy
        of the buffer for each byte.
        """
        if self.error:
            return []
        if not self._tail:
            return pieces
        self._tail += b"".join(pieces)
        if len(self._tail) < self._wanted:
            return []
        data, self._tail, self.resumes = bytes(self._tail), bytearray(), False
        return [data]

    def suspend(self, data: bytes) -> None:
        """Buffer an incomplete message, or set ``error`` if its length is beyond the limit."""
        _, consumed = self._split(data)
        self._tail = bytearray(data[consumed:])
        self.resumes = bool(self._tail) or self.error is not None

    def _split(self, data: bytes) -> tuple[list[int], int]:
        """Return the end of each message, and of all of them."""
        ends: list[int] = []
        # Hot path, every event of every node: attributes are looked up once.
        length_at, append, longest = _LENGTH.unpack_from, ends.append, self._max_frame
        start, last = 0, len(data) - LENGTH_BYTES
        while start <= last:
            (length,) = length_at(data, start)
            end = start + LENGTH_BYTES + length
            if end > last + LENGTH_BYTES or length > longest:
                if length > longest:
                    self.error = FrameTooLong(length, longest, data[start : start + 64])
                    return ends, len(data)
                self._wanted = LENGTH_BYTES + length
                return ends, start
            append(end)
            start = end
        self._wanted = LENGTH_BYTES
        return ends, start
