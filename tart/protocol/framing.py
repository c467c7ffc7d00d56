"""Length-prefixed messages out of a byte stream, within a limit.

Pure. JIP-3, "Wire protocol": each message is preceded by its length as u32,
little-endian. One call takes whatever a read brought and gives every message that is
complete; only the unfinished tail is kept, so memory is bounded by the limit.
"""

from __future__ import annotations

from struct import Struct

from tart.errors import FrameTooLong

LENGTH_BYTES = 4
_LENGTH = Struct("<I")

# A legal event 94 with 3,072 imports is 104 KB; ten times that is generous and keeps
# what one connection can make us hold small.
DEFAULT_MAX_FRAME = 1 << 20


def frame(content: bytes) -> bytes:
    """One message as it goes on the wire."""
    return len(content).to_bytes(LENGTH_BYTES, "little") + content


class FrameBuffer:
    """Reassembles messages from arbitrarily cut reads.

    Args:
        max_frame: longest content accepted, in bytes.
    """

    def __init__(self, max_frame: int = DEFAULT_MAX_FRAME) -> None:
        self._max_frame = max_frame
        self._tail = bytearray()
        self._wanted = LENGTH_BYTES
        self.error: FrameTooLong | None = None

    @property
    def buffered(self) -> int:
        """Bytes of the unfinished message."""
        return len(self._tail)

    @property
    def unfinished(self) -> bytes:
        """What has come of the unfinished message, its length included."""
        return bytes(self._tail)

    def receive_data(self, data: bytes) -> list[bytes]:
        """Every message completed by ``data``, in order.

        A length beyond the limit sets ``error`` after the messages before it; from
        then on nothing more comes out.
        """
        if self.error:
            return []
        if self._tail:
            self._tail += data
            # Bytes trickling in must not make us re-parse the tail for each of them.
            if len(self._tail) < self._wanted:
                return []
            data = bytes(self._tail)
        messages, consumed = self._split(data)
        if consumed < len(data):
            self._tail = bytearray(data[consumed:])
        elif self._tail:
            self._tail = bytearray()
        return messages

    def _split(self, data: bytes) -> tuple[list[bytes], int]:
        messages: list[bytes] = []
        # Every event of every node passes here: nothing is looked up twice.
        length_at, append, longest = _LENGTH.unpack_from, messages.append, self._max_frame
        start, last = 0, len(data) - LENGTH_BYTES
        while start <= last:
            content = start + LENGTH_BYTES
            (length,) = length_at(data, start)
            end = content + length
            if end > last + LENGTH_BYTES or length > longest:
                if length > longest:
                    self.error = FrameTooLong(length, longest, data[start : start + 64])
                    return messages, len(data)
                self._wanted = LENGTH_BYTES + length
                return messages, start
            append(data[content:end])
            start = end
        self._wanted = LENGTH_BYTES
        return messages, start
