"""What an emitter knows, without I/O: ids, the buffer, what was dropped.

Pure, after h11's manner: the asyncio and the threaded emitter are thin shells around one
of these. Time is an argument: the clock that is given.

Rules:

- **Ids are counted when events are emitted**, from 0 on for each connection. What is
  emitted while there is no connection waits for the next and has the ids it will have
  there; so an id is right from the start and never changes.
- **What does not fit is dropped**, the newest first, for what was emitted before may be
  on its way. A dropped event keeps its id. The next that fits, or the end of what waits,
  is preceded by a Dropped event in exactly their place: timestamp of the first, timestamp
  of the last, how many (JIP-3, "Dropped"); so the receiver's ids go on right.
- **What waits when a connection ends is lost**, unless nothing of it had been handed out:
  its ids belong to the connection. JIP-3 has no acknowledgement, so nobody knows how much
  of what was handed out arrived.
- **References never cross connections**, nor point at what was dropped: an event that
  would is not sent, nor is any that refers to it.
- **Nothing raises** but in strict mode, and nothing waits.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tart.client.core.encoders import layouts
from tart.errors import EncodeError
from tart.protocol.encoding import encode_first_message
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.node_information import NodeInformation

# Holds a second of a busy node's events; see ``TelemetryEmitter``.
DEFAULT_BUFFER = 1 << 20

# Length, timestamp of the first, number 0, timestamp of the last, how many.
_DROPPED = struct.Struct("<IQBQQ")
DROPPED_BYTES = _DROPPED.size


class EventId(NamedTuple):
    """What an emitted event is called by the events that refer to it.

    Attributes:
        connection: the connection it belongs to, from 1 on; 0 for an event that was
            refused or emitted while telemetry was off.
        number: its id there, as the telemetry server counts it too.
        event_type: its type's number.
        sent: whether it is on its way. Refer to one that is not, and that event is not
            sent either.
    """

    connection: int
    number: int
    event_type: int
    sent: bool


class Dropped(NamedTuple):
    """A series of events that did not fit.

    Attributes:
        connection: the connection they would have been sent on.
        first_id: the id of the first.
        first_timestamp: of the first, ``last_timestamp``: of the last; microseconds of
            the JAM Common Era.
        num: how many.
    """

    connection: int
    first_id: int
    first_timestamp: int
    last_timestamp: int
    num: int


@dataclass(frozen=True)
class Statistics:
    """What an emitter has done so far; counts are of events unless they say otherwise.

    ``sent + dropped + lost + waiting`` is every event that was given an id.

    Attributes:
        connected: whether there is a connection now.
        connections: how many there were; ``failures``: attempts that gave none.
        sent: handed to a connection; ``bytes_sent``: their bytes, with all others.
        waiting: not handed out yet; ``waiting_bytes``: the buffer's content.
        dropped: did not fit into the buffer.
        lost: waited when their connection ended.
        refused: referred to an event that was not sent, or not on this connection.
        invalid: had an argument that its type cannot carry.
        discarded: emitted while telemetry was off.
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
        information: who the node is; its protocol version and core count decide layouts.
        clock: microseconds of the JAM Common Era.
        buffer_bytes: bytes that may wait; an event beyond is dropped.
        strict: raise ``EncodeError`` on arguments that do not fit and on references of
            the wrong type, for a node's tests.

    Attributes:
        enabled: while false, every event is discarded.
        connection: number of the connection that events are emitted for.
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
        self._layouts = layouts(information.protocol_version, information.cores)
        self._clock = clock
        self._limit = buffer_bytes
        self._strict = strict
        self._next = 0
        self._buffer = bytearray()
        self._waiting = 0
        self._run: Dropped | None = None
        self._ended_runs: list[Dropped] = []
        self._handed_out = False
        self._connected = False
        self._connections = self._failures = 0
        self._sent = self._bytes_sent = self._dropped = self._lost = 0
        self._refused = self._invalid = self._discarded = 0

    # --- The host's side ---------------------------------------------------------

    def emit(self, event_type: int, values: Sequence[Any]) -> EventId:
        """Take an event: its type's number and its fields in order, references as ids."""
        if not self.enabled:
            self._discarded += 1
            return EventId(0, 0, event_type, False)
        refers_to, frame_of = self._layouts[event_type]
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
            frame = frame_of(timestamp, values)
        except Exception as error:  # whatever the host hands in must not come back to it
            return self._not_encoded(event_type, error)
        number = self._next
        self._next = number + 1
        buffer = self._buffer
        if self._run or len(buffer) + len(frame) > self._limit:
            return self._beyond(event_type, number, timestamp, frame)
        buffer += frame
        self._waiting += 1
        return EventId(self.connection, number, event_type, True)

    def _not_encoded(self, event_type: int, error: Exception) -> EventId:
        self._invalid += 1
        if not self._strict:
            return EventId(0, 0, event_type, False)
        if isinstance(error, EncodeError):
            raise error
        raise EncodeError("", f"arguments of event {event_type}: {error!r}") from error

    def _beyond(self, event_type: int, number: int, timestamp: int, frame: bytes) -> EventId:
        """An event that does not fit, or the first that does after some that did not."""
        run = self._run
        fits = len(self._buffer) + DROPPED_BYTES + len(frame) <= self._limit
        if run and fits:
            self._end_run(run)
            self._buffer += frame
            self._waiting += 1
            return EventId(self.connection, number, event_type, True)
        self._dropped += 1
        if run:
            self._run = run._replace(last_timestamp=timestamp, num=run.num + 1)
        else:
            self._run = Dropped(self.connection, number, timestamp, timestamp, 1)
        return EventId(self.connection, number, event_type, False)

    def _end_run(self, run: Dropped) -> None:
        """Put the Dropped event where the run happened: behind all that waits."""
        length = DROPPED_BYTES - LENGTH_BYTES
        self._buffer += _DROPPED.pack(length, run.first_timestamp, 0, run.last_timestamp, run.num)
        self._forget_run(run)

    def _forget_run(self, run: Dropped) -> None:
        self._ended_runs.append(run)
        self._run = None

    # --- The connection's side ---------------------------------------------------

    @property
    def has_waiting(self) -> bool:
        """Whether ``take`` would give anything."""
        return bool(self._buffer or self._run)

    def connected(self) -> bytes:
        """A connection is there: its first frame."""
        self._connected = True
        self._handed_out = False
        self._connections += 1
        self._bytes_sent += len(self._hello)
        return self._hello

    def take(self) -> bytearray:
        """All that waits, for the present connection; then nothing waits."""
        if self._run:
            self._end_run(self._run)
        taken, self._buffer = self._buffer, bytearray()
        if taken:
            self._handed_out = True
            self._sent += self._waiting
            self._bytes_sent += len(taken)
            self._waiting = 0
        return taken

    def disconnected(self) -> int:
        """The connection has ended.

        Returns:
            How many events waited and are lost with it.
        """
        self._connected = False
        if not self._handed_out:
            return 0
        lost = self._waiting
        if self._run:
            self._forget_run(self._run)
        self._lost += lost
        self._waiting = self._next = 0
        self._buffer = bytearray()
        self._handed_out = False
        self.connection += 1
        return lost

    def failed(self) -> None:
        """An attempt to connect gave no connection."""
        self._failures += 1

    def ended_runs(self) -> list[Dropped]:
        """The series of dropped events that ended since this was asked last."""
        ended, self._ended_runs = self._ended_runs, []
        return ended

    def statistics(self) -> Statistics:
        """Everything counted."""
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
