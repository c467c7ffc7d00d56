"""The server's side of a telemetry connection: node information, then events with implicit ids.

Pure, in the style of h11: ``receive_data`` takes the bytes of a read and returns events.
JIP-3 servers send nothing to a node, so there is no ``send``.

Rules:

- The first message is node information; without it nothing else can be decoded, so its
  failure ends the connection (``error``). Every later message is an event.
- The first event has id 0. Each event takes one id, decodable or not, because the node
  counted it (JIP-3, "Event IDs"). After a Dropped event of N the next id is its own plus N:
  it stands for N events, unless N cannot be true (``dropped_events``).
- Errors are stored without their traceback, whose frames would keep the bytes alive.
- Once ``error`` is set nothing more is decoded. Earlier events are returned.
"""

from __future__ import annotations

from typing import NamedTuple

from tart.errors import DecodeError, NodeInformationError, ProtocolError
from tart.protocol.byte_reader import Deviation
from tart.protocol.decoding import HEADER_BYTES, check_event
from tart.protocol.dropped_events import dropped_events, ids_taken
from tart.protocol.events import EventKind
from tart.protocol.framing import DEFAULT_MAX_FRAME, FrameBuffer, SplitRead
from tart.protocol.node_information import NodeInformation, decode_node_information

# Ids are u64 on the wire, where later events refer to them.
EVENT_ID_MODULUS = 1 << 64
# Plain values: looking up a member of an enumeration costs as much as checking an event.
_DROPPED = EventKind.DROPPED.number
_DROPPED_BYTE = bytes([_DROPPED])


class ReceivedEvent(NamedTuple):
    """One event as received; offsets in errors and deviations count from the content's start.

    Attributes:
        event_id: Its implicit id on this connection.
        number: The event type; ``None`` if the frame is too short.
        timestamp: The node's timestamp, microseconds of the JAM Common Era; ``None`` if the
            frame is too short.
        content: The content of the frame, byte for byte.
        error: Why it cannot be decoded; ``None`` for a valid event.
        deviations: Violations of the specification that did not prevent decoding.
    """

    event_id: int
    number: int | None
    timestamp: int | None
    content: bytes
    error: DecodeError | None
    deviations: tuple[Deviation, ...]

    @property
    def payload(self) -> bytes:
        """The bytes after timestamp and event type."""
        return self.content[HEADER_BYTES:]


class Connection:
    """The receiving end of one telemetry connection.

    Args:
        max_frame: Longest message accepted, in bytes.

    Attributes:
        frames: The bytes of an incomplete message.
        node: The node information, once it was received.
        node_content: Its bytes.
        next_event_id: Id of the next event.
        last_event_id: Id of the last event; ``None`` before the first.
        error: The error that ended the connection.
    """

    def __init__(self, max_frame: int = DEFAULT_MAX_FRAME) -> None:
        self.frames = FrameBuffer(max_frame)
        self.node: NodeInformation | None = None
        self.node_content = b""
        self.next_event_id = 0
        self.last_event_id: int | None = None
        self.error: ProtocolError | None = None

    @property
    def buffered(self) -> int:
        """Bytes buffered of an incomplete message."""
        return self.frames.buffered

    def receive_data(self, data: bytes) -> list[ReceivedEvent]:
        """Return the events completed by ``data``; ``node`` is set before the first of them."""
        return [self.decode(content) for content in self.receive_frames(data).contents()]

    def receive_frames(self, data: bytes) -> SplitRead:
        """Return the events completed by ``data`` without decoding them.

        For callers that decode the events of many connections together
        (``protocol.columnar``) and then update ``next_event_id`` and ``last_event_id``.
        """
        if self.error:
            return SplitRead(b"", [], [])
        read = self.frames.split(data)
        self.error = self.frames.error
        if self.node is None and len(read):
            events = read.cut(1)
            (first,) = read.contents()
            try:
                self.node = decode_node_information(first)
            except NodeInformationError as error:
                self.error = error.with_traceback(None)
                return SplitRead(b"", [], [])
            self.node_content = first
            return events
        return read

    def skip(self, contents: list[bytes], elapsed_us: int | None = None) -> list[int]:
        """Assign ids to events that are not decoded.

        Args:
            contents: The events.
            elapsed_us: The time since the start of the connection, if it is known.

        Returns:
            The number of dropped events that each Dropped event among them announces.
        """
        dropped = []
        for content in contents:
            if content[HEADER_BYTES - 1 : HEADER_BYTES] == _DROPPED_BYTE:
                event = self.decode(content, elapsed_us)
                number = dropped_events(content, elapsed_us)
                if event.error is None and number is not None:
                    dropped.append(number)
            else:
                self.last_event_id = self.next_event_id
                self.next_event_id = (self.next_event_id + 1) % EVENT_ID_MODULUS
        return dropped

    def decode(self, content: bytes, elapsed_us: int | None = None) -> ReceivedEvent:
        """Decode one frame's content, which takes the next event id.

        Args:
            content: Timestamp, event type and payload.
            elapsed_us: The time since the start of the connection, if it is known.
        """
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
            deviations = check_event(
                number, payload, version=version, cores=cores, dialect=self.node.dialect
            )
        except DecodeError as error:
            error = error.with_traceback(None)
            return ReceivedEvent(event_id, number, timestamp, content, error, ())
        if number == _DROPPED:
            self.next_event_id = (event_id + ids_taken(content, elapsed_us)) % EVENT_ID_MODULUS
        return ReceivedEvent(event_id, number, timestamp, content, None, deviations)
