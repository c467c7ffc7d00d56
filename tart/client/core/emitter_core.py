"""The state of an emitter, without I/O: event ids, the buffer, dropped events.

Pure, in the style of h11: the asyncio and the threaded emitter are thin shells around an
``EmitterCore``. Time comes from a clock argument.

Rules:

- **Ids are assigned when events are emitted**, from 0 on for each connection. Events emitted
  without a connection wait for the next one and have the ids they will have there; an id
  is final from the start.
- **Events that do not fit are dropped**, the newest first, because earlier ones may be on
  their way. A dropped event keeps its id. A Dropped event takes the place of a series of
  them, before the next event that fits or at the end of the buffer: timestamp of the first,
  timestamp of the last, count (JIP-3, "Dropped"). So the receiver's ids stay correct.
- **Events that wait when a connection ends are lost**, unless none was handed out: their ids
  belong to the connection. JIP-3 has no acknowledgement, so how many of the handed out
  events arrived is unknown.
- **References never cross connections**, and never name a dropped event: such an event is not
  sent, and neither is an event that refers to it.
- **Nothing raises** except in strict mode, and nothing waits.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tart.client.core.encoders import build_encoders
from tart.errors import EncodeError
from tart.protocol.encoding import encode_first_message
from tart.protocol.events import EventKind
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.node_information import NodeInformation

# Holds a second of a busy node's events; see ``TelemetryEmitter``.
DEFAULT_BUFFER = 1 << 20

# Length, timestamp of the first, event type 0, timestamp of the last, count.
_DROPPED = struct.Struct("<IQBQQ")
DROPPED_BYTES = _DROPPED.size


class EventId(NamedTuple):
    """A reference to an emitted event, for events that refer to it.

    Attributes:
        connection: Number of its connection, from 1 on; 0 for an event that was refused or
            emitted while telemetry was off.
        number: Its id on that connection, which the telemetry server derives as well.
        event_type: Number of its type.
        sent: Whether it will be sent. An event that refers to an unsent one is not sent
            either.
    """

    connection: int
    number: int
    event_type: int
    sent: bool


class Dropped(NamedTuple):
    """A series of dropped events.

    Attributes:
        connection: Number of the connection that they belong to.
        first_id: Id of the first.
        first_timestamp: Timestamp of the first, microseconds of the JAM Common Era.
        last_timestamp: Timestamp of the last.
        num: Number of events.
    """

    connection: int
    first_id: int
    first_timestamp: int
    last_timestamp: int
    num: int


@dataclass(frozen=True)
class Statistics:
    """Counters of an emitter; they count events unless stated otherwise.

    ``sent + dropped + lost + waiting`` is the number of events that got an id.

    Attributes:
        connected: Whether a connection is established now.
        connections: Connections established.
        failures: Failed attempts to connect.
        sent: Events handed to a connection.
        bytes_sent: All bytes handed to connections.
        waiting: Events in the buffer.
        waiting_bytes: Bytes in the buffer.
        dropped: Events that did not fit into the buffer.
        lost: Events that waited when their connection ended.
        refused: Events that referred to an event that was not sent on this connection.
        invalid: Events with an argument that its type cannot represent.
        discarded: Events emitted while telemetry was off.
    """

    connected: bool
    connections: int
    failures: int
    sent: int
    bytes_sent: int
    waiting: int
    waiting_bytes: int
    dropped: int
    lost: int
    refused: int
    invalid: int
    discarded: int


class EmitterCore:
    """The state of one emitter.

    Args:
        information: The node information; its protocol version and core count determine the
            layout of events.
        clock: Returns microseconds of the JAM Common Era.
        buffer_bytes: Size of the buffer; events beyond are dropped.
        strict: Raise ``EncodeError`` for arguments that do not fit and for references of the
            wrong type; for a node's tests.

    Attributes:
        version: Protocol version of the connection.
        enabled: While false, every event is discarded.
        connection: Number of the connection that events are emitted for.
    """

    def __init__(
        self,
        information: NodeInformation,
        clock: Callable[[], int],
        *,
        buffer_bytes: int = DEFAULT_BUFFER,
        strict: bool = False,
    ) -> None:
        self.version = information.protocol_version
        self.enabled = True
        self.connection = 1
        self._hello = encode_first_message(information)
        self._encoders = build_encoders(information.protocol_version, information.cores)
        self._clock = clock
        self._limit = buffer_bytes
        self._strict = strict
        self._next = 0
        self._buffer = bytearray()
        self._waiting = 0
        # The series of dropped events that is open, and those that ended.
        self._series: Dropped | None = None
        self._ended_series: list[Dropped] = []
        self._handed_out = False
        self._connected = False
        self._connections = self._failures = 0
        self._sent = self._bytes_sent = self._dropped = self._lost = 0
        self._refused = self._invalid = self._discarded = 0

    # --- The host's side ---------------------------------------------------------

    def emit(self, event_type: int, values: Sequence[Any]) -> EventId:
        """Encode an event and put it into the buffer.

        Args:
            event_type: Number of its type.
            values: Its fields in order; references are ids.
        """
        if not self.enabled:
            self._discarded += 1
            return EventId(0, 0, event_type, False)
        refers_to, encode = self._encoders[event_type]
        try:
            if refers_to:
                reference: EventId = values[0]
                if reference.connection != self.connection or not reference.sent:
                    self._refused += 1
                    return EventId(0, 0, event_type, False)
                if reference.event_type not in refers_to:
                    raise EncodeError("", f"an event of type {refers_to} to refer to")
                values = (reference.number, *values[1:])
            timestamp = self._clock()
            frame = encode(timestamp, values)
        except Exception as error:  # an argument must never make the host fail
            return self._reject(event_type, error)
        number = self._next
        self._next = number + 1
        buffer = self._buffer
        if self._series or len(buffer) + len(frame) > self._limit:
            return self._emit_beyond(event_type, number, timestamp, frame)
        buffer += frame
        self._waiting += 1
        return EventId(self.connection, number, event_type, True)

    def _reject(self, event_type: int, error: Exception) -> EventId:
        self._invalid += 1
        if not self._strict:
            return EventId(0, 0, event_type, False)
        if isinstance(error, EncodeError):
            raise error
        raise EncodeError("", f"arguments of event {event_type}: {error!r}") from error

    def _emit_beyond(self, event_type: int, number: int, timestamp: int, frame: bytes) -> EventId:
        """Drop an event that does not fit, or take the first that fits after dropped ones."""
        series = self._series
        fits = len(self._buffer) + DROPPED_BYTES + len(frame) <= self._limit
        if series and fits:
            self._write_dropped(series)
            self._buffer += frame
            self._waiting += 1
            return EventId(self.connection, number, event_type, True)
        self._dropped += 1
        if series:
            self._series = series._replace(last_timestamp=timestamp, num=series.num + 1)
        else:
            self._series = Dropped(self.connection, number, timestamp, timestamp, 1)
        return EventId(self.connection, number, event_type, False)

    def _write_dropped(self, series: Dropped) -> None:
        """Write the Dropped event of a series to the end of the buffer."""
        self._buffer += _DROPPED.pack(
            DROPPED_BYTES - LENGTH_BYTES,
            series.first_timestamp,
            EventKind.DROPPED.number,
            series.last_timestamp,
            series.num,
        )
        self._end_series(series)

    def _end_series(self, series: Dropped) -> None:
        self._ended_series.append(series)
        self._series = None

    # --- The connection's side ---------------------------------------------------

    @property
    def has_data(self) -> bool:
        """True if ``data_to_send`` would return anything."""
        return bool(self._buffer or self._series)

    def connection_made(self) -> bytes:
        """Record that a connection was established; return its first frame."""
        self._connected = True
        self._handed_out = False
        self._connections += 1
        self._bytes_sent += len(self._hello)
        return self._hello

    def data_to_send(self) -> bytearray:
        """Empty the buffer and return its content, for the present connection."""
        if self._series:
            self._write_dropped(self._series)
        data, self._buffer = self._buffer, bytearray()
        if data:
            self._handed_out = True
            self._sent += self._waiting
            self._bytes_sent += len(data)
            self._waiting = 0
        return data

    def connection_lost(self) -> int:
        """Record that the connection ended; return the number of events lost with it."""
        self._connected = False
        if not self._handed_out:
            return 0
        lost = self._waiting
        if self._series:
            self._end_series(self._series)
        self._lost += lost
        self._waiting = self._next = 0
        self._buffer = bytearray()
        self._handed_out = False
        self.connection += 1
        return lost

    def connection_failed(self) -> None:
        """Record that an attempt to connect failed."""
        self._failures += 1

    def take_dropped(self) -> list[Dropped]:
        """Return the series of dropped events that ended since the last call."""
        ended, self._ended_series = self._ended_series, []
        return ended

    def statistics(self) -> Statistics:
        """Return the counters."""
        return Statistics(
            connected=self._connected,
            connections=self._connections,
            failures=self._failures,
            sent=self._sent,
            bytes_sent=self._bytes_sent,
            waiting=self._waiting,
            waiting_bytes=len(self._buffer),
            dropped=self._dropped,
            lost=self._lost,
            refused=self._refused,
            invalid=self._invalid,
            discarded=self._discarded,
        )
