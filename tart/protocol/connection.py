"""One node's conversation: node information first, then events with implicit ids.

Pure, after h11's manner: ``receive_data`` takes what a read brought and returns what
it means. The server says nothing to a node (JIP-3), so there is no ``send``.

Rules:

- The first message is node information; without it nothing else can be read, so its
  failure ends the connection (``error``). Every later message is an event.
- The first event has id 0; each event takes one id, understood or not, because the
  node counted it (JIP-3, "Event IDs"). After a Dropped event of N the next id is its
  own plus N: it stands for N events.
- Errors are kept without their traceback: its frames would keep the bytes alive.
- Once ``error`` is set nothing more is read. What came before it is returned.
"""

from __future__ import annotations

from typing import NamedTuple

from tart.errors import DecodeError, NodeInformationError, ProtocolError
from tart.protocol.byte_reader import Deviation
from tart.protocol.decoding import DROPPED, HEADER_BYTES, check_event, decode_event
from tart.protocol.framing import DEFAULT_MAX_FRAME, FrameBuffer
from tart.protocol.node_information import NodeInformation, decode_node_information

# Ids are u64 on the wire, where later events refer to them.
EVENT_ID_MODULUS = 1 << 64
_DROPPED = bytes([DROPPED])


class ReceivedEvent(NamedTuple):
    """One event as it arrived.

    Attributes:
        event_id: its implicit id on this connection.
        number: the event type, ``None`` if the frame is too short to say.
        timestamp: the node's claim, microseconds of the JAM Common Era, or ``None``.
        content: the whole frame content, byte for byte.
        error: why it cannot be understood, ``None`` for a good event.
        deviations: what was understood although it is not as specified.

    Offsets in error and deviations count from the start of ``content``.
    """

    event_id: int
    number: int | None
    timestamp: int | None
    content: bytes
    error: DecodeError | None
    deviations: tuple[Deviation, ...]

    @property
    def payload(self) -> bytes:
        """The bytes after timestamp and number."""
        return self.content[HEADER_BYTES:]


class Connection:
    """The receiving end of one telemetry connection.

    Args:
        max_frame: longest message accepted, in bytes.
    """

    def __init__(self, max_frame: int = DEFAULT_MAX_FRAME) -> None:
        self._frames = FrameBuffer(max_frame)
        self.node: NodeInformation | None = None
        self.node_content = b""
        self.next_event_id = 0
        # Of the last event that came; ``None`` before the first.
        self.last_event_id: int | None = None
        self.error: ProtocolError | None = None

    @property
    def buffered(self) -> int:
        """Bytes held of an unfinished message."""
        return self._frames.buffered

    def receive_data(self, data: bytes) -> list[ReceivedEvent]:
        """The events completed by ``data``; ``node`` is set before the first of them."""
        return [self.decode(content) for content in self.receive_frames(data)]

    def receive_frames(self, data: bytes) -> list[bytes]:
        """The contents of the events completed by ``data``, unread.

        For whoever reads many connections' events together (``protocol.columnar``), and
        then sees to ``next_event_id`` and ``last_event_id``.
        """
        if self.error:
            return []
        messages = self._frames.receive_data(data)
        self.error = self._frames.error
        if self.node is None and messages:
            try:
                self.node = decode_node_information(messages[0])
            except NodeInformationError as error:
                self.error = error.with_traceback(None)
                return []
            self.node_content = messages.pop(0)
        return messages

    def skip(self, contents: list[bytes]) -> list[int]:
        """Let events that nobody will read take their ids.

        Returns:
            What each Dropped event among them says was dropped.
        """
        claims = []
        for content in contents:
            if content[HEADER_BYTES - 1 : HEADER_BYTES] == _DROPPED:
                event = self.decode(content)
                if event.error is None:
                    claims.append(decode_event(DROPPED, event.payload).fields["num"])
            else:
                self.last_event_id = self.next_event_id
                self.next_event_id = (self.next_event_id + 1) % EVENT_ID_MODULUS
        return claims

    def decode(self, content: bytes) -> ReceivedEvent:
        """Decode one frame's content, which takes the next event id."""
        event_id = self.last_event_id = self.next_event_id
        self.next_event_id = (event_id + 1) % EVENT_ID_MODULUS
        if len(content) < HEADER_BYTES:
            error = DecodeError("truncated", len(content), "a timestamp and an event number")
            return ReceivedEvent(event_id, None, None, content, error, ())
        timestamp = int.from_bytes(content[:8], "little")
        number = content[8]
        payload = content[HEADER_BYTES:]
        assert self.node is not None
        version, cores = self.node.protocol_version, self.node.cores
        try:
            deviations = check_event(number, payload, version=version, cores=cores)
        except DecodeError as error:
            error = error.with_traceback(None)
            return ReceivedEvent(event_id, number, timestamp, content, error, ())
        if number == DROPPED:
            dropped = decode_event(number, payload, version=version).fields["num"]
            self.next_event_id = (event_id + dropped) % EVENT_ID_MODULUS
        return ReceivedEvent(event_id, number, timestamp, content, None, deviations)
