"""The way of events from connections to the writer: gather, decode, count, batch, publish.

Every event passes here. Reading a connection only appends its bytes; ``split_received`` then
splits those of all connections into frames, and ``decode_received`` decodes, numbers and counts
them together: when a batch is flushed, or every few milliseconds while live events are
subscribed to. The batch that
is being filled and the bytes that wait for the writer are bounded: at their limit ``Backpressure``
stops the listener's reading, so TCP carries the pressure to the nodes and nothing is dropped.

Runs on the event loop only; the writer's thread reports back through the loop.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from tart.aggregate.columnar.live_counters import LiveCounters
from tart.aggregate.core.event_batch import Contexts
from tart.aggregate.keyed.sessions import CLOSED, REFUSED
from tart.config.schema import StorageConfig, TelemetryConfig
from tart.errors import PeerRefused, ProtocolError
from tart.pacing import Pace
from tart.protocol.connection import Connection
from tart.protocol.dropped_events import elapsed_since
from tart.shard.decode.batch_decoder import DecodedBatch, FrameRuns, decode_in_parts
from tart.shard.decode.received_frames import FRAME_BYTES, SHORTEST_FRAME, ReceivedFrames
from tart.shard.ingest.aggregator import Aggregator
from tart.shard.ingest.live_batch import LiveBatch
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.log_sampler import LogSampler
from tart.shard.ingest.status_changes import StatusChanges
from tart.shard.state.backpressure import Backpressure
from tart.shard.state.commit_cadence import CommitCadence
from tart.shard.state.limits import RATE
from tart.shard.state.nodes import Node, Nodes, Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.aggregates.session_recovery import undecodable_finding
from tart.storage.core.batch import ROW_OVERHEAD, Batch
from tart.storage.core.schema import NodeRow, SessionRow, UndecodableRow
from tart.units import SECOND_US

# The longest delay of live events: while there are subscriptions, events do not wait for the flush.
LIVE_SECONDS = 0.010
# While decoding for subscribers takes more than a tenth of the time, events wait as long as this
# for others: about three times what decoding a few events costs.
_LIVE_REST_SECONDS = 0.003
# The longest that a query waits for a commit; then it is answered without the newest events.
_COMMIT_WAIT_SECONDS = 0.25
# The size of what is stored of an unreadable first message; it may be a mebibyte of anything.
_REFUSED_BYTES = 4096


def _now_us() -> int:
    return time.time_ns() // 1000


@dataclass
class IngestStatistics:
    """Totals since this process started.

    Attributes:
        commit_timeouts: Queries of the event log answered without events whose commit took too
            long.
    """

    events: int = 0
    bytes: int = 0
    dropped_by_nodes: int = 0
    commit_timeouts: int = 0
    shed: Counter[str] = field(default_factory=Counter)
    undecodable: Counter[str] = field(default_factory=Counter)
    deviations: Counter[str] = field(default_factory=Counter)
    protocol_errors: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Numbering:
    """The numbers that a directory's events and connections get next.

    Attributes:
        directory: The directory that this shard writes.
        sequence: The ``seq`` of the next frame.
        session: The number of the next connection.
        peers: The numbers of peer ids.
    """

    directory: int
    sequence: int
    session: int
    peers: PeerDictionary


class Ingest:
    """Takes events from connections to the writer.

    Args:
        storage: The settings of batches.
        telemetry: The settings of nodes and their rates.
        numbering: Where the directory's numbering continues.
        nodes: The shard's nodes.
        counters: Counts by second.
        streams: Subscriptions to live events.
        aggregator: Counts every batch. Its ``isolation`` records failures of all work that is
            derived from events; none of them raises here, and the event log comes first.
        backpressure: Gets the state of the buffer.
        write: Hands a batch to the writer.
        node_changed: Called when a node connects or disconnects.
        clock: The present, Unix microseconds; the time of reception of what is received. ``None``
            is the server's clock.
    """

    def __init__(
        self,
        storage: StorageConfig,
        telemetry: TelemetryConfig,
        numbering: Numbering,
        *,
        nodes: Nodes,
        counters: LiveCounters,
        streams: Streams,
        aggregator: Aggregator,
        backpressure: Backpressure,
        write: Callable[[Batch], None],
        node_changed: Callable[[Session], None],
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._config = storage
        self._telemetry = telemetry
        self._shedding = telemetry.shed
        self._peer_ids = frozenset(map(_peer_id, telemetry.peer_ids))
        self._directory = numbering.directory
        self._sequence = self._committed = self._first_sequence = numbering.sequence
        self._session = numbering.session
        self._peers = numbering.peers
        self._nodes = nodes
        self._counters = counters
        self._streams = streams
        self._write = write
        self._node_changed = node_changed
        self._now_us = clock or _now_us
        self._batch = Batch()
        self._received = ReceivedFrames(telemetry.max_frame_bytes)
        self._cadence = CommitCadence(
            storage.flush_seconds,
            storage.quiet_flush_seconds,
            storage.flush_rows,
            storage.flush_bytes,
        )
        # The unsplit bytes at which the time of the flush is decided again.
        self._schedule_at = self._next_schedule()
        self._flush_timer: asyncio.TimerHandle | None = None
        self._flush_at = math.inf
        self._decode_timer: asyncio.TimerHandle | None = None
        self._live_pace = Pace(LIVE_SECONDS, _LIVE_REST_SECONDS)
        self._waiting_bytes = 0
        self._waiting_rows = 0
        # Batches handed to the writer and committed; the last one handed over that was late.
        self._handed = 0
        self._done = 0
        self._late = 0
        self._commits = asyncio.Event()
        self.aggregator = aggregator
        aggregator.before_long_count = self._hand_over_decoded
        self._status = StatusChanges(counters, aggregator.isolation, self._count_dropped)
        self.best_slots = self._status.best_slots
        self.backpressure = backpressure
        self._sampler = LogSampler(storage)
        self.sampling = self._sampler.sampling
        self.statistics = IngestStatistics()

    @property
    def pending(self) -> tuple[int, int]:
        """The numbers of events and bytes received and not committed."""
        self.split_received()
        return (
            self._waiting_rows + self._batch.rows + len(self._received),
            self._waiting_bytes + self._batch.bytes,
        )

    @property
    def sequences(self) -> tuple[int, int]:
        """The ``seq`` after the last committed frame, and after the last decoded one."""
        return self._committed, self._sequence

    def open_session(self, address: str) -> Session:
        """Begin a connection, whose node is not known yet."""
        number = self._session
        self._session += 1
        connection = Connection(self._telemetry.max_frame_bytes)
        return Session(number, self._directory, address, self._now_us(), connection)

    def receive(self, session: Session, data: bytes) -> None:
        """Take bytes of a connection.

        Runs for every read of every node: what can wait for ``split_received``, does. Then
        ``session.on_split`` is called.
        """
        now_us = self._now_us()
        if session.node is None or self._shedding:
            self._receive_at_once(session, data, now_us)
            return
        unsplit = self._received.add_read(session, data, now_us)
        if (
            unsplit >= self._schedule_at
            or self._flush_timer is None
            or (self._streams.listening and self._decode_timer is None)
        ):
            # A batch without a timer may not be open yet.
            if not self._batch.opened_at:
                self._touch(now_us)
            self._schedule()

    def _receive_at_once(self, session: Session, data: bytes, now_us: int) -> None:
        """Take the bytes of a node that is not known yet, or may exceed its rate: split now."""
        self.split_received()
        connection = session.connection
        frames = connection.receive_frames(data)
        session.bytes += len(data)
        self.statistics.bytes += len(data)
        if session.node is None and connection.node is not None:
            if self._peer_ids and connection.node.peer_id not in self._peer_ids:
                connection.error = PeerRefused(connection.node.peer_id)
                _report_split(session, 0)
                return
            self._identify(session, now_us)
        received, excess = len(frames), None
        if self._shedding and received:
            bucket = _node(session).bucket
            assert bucket is not None
            admitted = bucket.take_up_to(received, time.monotonic())
            excess = frames.cut(admitted)
        if len(frames):
            self._touch(now_us)
            self._received.add_frames(session, frames, now_us)
            self._batch.bytes += len(data)
            self._schedule()
        if excess:
            self._shed(session, excess.contents(), now_us)
        if connection.error is not None:
            self._refuse(session, connection.error, now_us)
        _report_split(session, received)

    def split_received(self) -> None:
        """Split all bytes received into frames; limits and errors of the protocol apply here."""
        if not self._received.has_reads:
            return
        self.statistics.bytes += self._received.unsplit_bytes
        split = self._received.split()
        self._batch.bytes += split.size
        before = None
        for broken in split.broken:
            # What was read before the error gets its sequence numbers before it.
            self._received.add_split(split, before, broken)
            before = broken
            self._refuse(broken.session, broken.error, broken.received_at)
        self._received.add_split(split, before)
        self._schedule_at = self._next_schedule()
        for session, events in split.sessions:
            _report_split(session, events)

    def close_session(self, session: Session, reason: str | None) -> None:
        """Record the end of a connection."""
        if session.node is None:
            return
        now_us = self._now_us()
        self.decode_received()
        self._record(session, "closed", now_us, reason)
        self.aggregator.end_session(session.summary(now_us, CLOSED, reason))
        self._nodes.end_session(session, now_us)
        self._notify(session)

    def decode_received(self) -> None:
        """Decode, number, count and publish all frames received, together.

        Until then only the counts of the shard and of the session include them.
        """
        for decoded in self._decode():
            self._derive(decoded)

    def _decode(self) -> list[DecodedBatch]:
        """Decode all frames received into the batch; ``_derive`` must follow for each part."""
        if self._decode_timer is not None:
            self._decode_timer.cancel()
            self._decode_timer = None
        self.split_received()
        if not len(self._received):
            return []
        frames, runs = self._received.take()
        isolation = self.aggregator.isolation
        with isolation.guard("statistics", events=len(frames)):
            self._count_received(runs, len(frames))
        parts = decode_in_parts(frames, runs, self._sequence, self._peers, isolation)
        for decoded in parts:
            self._add(decoded)
        return parts

    def _decode_live(self) -> None:
        """Decode what was received for subscribers, and time it: its pace follows its cost."""
        began = time.thread_time()
        self.decode_received()
        # Now, and not after what the loop has to read meanwhile.
        self._streams.flush()
        self._live_pace.record(time.thread_time() - began, time.monotonic())

    def _add(self, decoded: DecodedBatch) -> None:
        """Add decoded frames to the batch, with the slots and cores that events inherit."""
        events = len(decoded.log)
        self._sequence += events + len(decoded.undecodable)
        self._batch.bytes += (events + len(decoded.undecodable)) * ROW_OVERHEAD
        self._batch.peers += decoded.new_peers
        self._batch.undecodable += [row for _, row in decoded.undecodable]
        if not events:
            return
        if self.sampling.active:
            # A sample is a copy: it must have the slots and cores already.
            self.aggregator.inherit(decoded.events)
            self._sampler.add(decoded, self._batch)
        else:
            self._batch.log.append(decoded.log)
            self.aggregator.inherit(decoded.events)

    def _derive(self, decoded: DecodedBatch) -> None:
        """Derive counts, status and live events from decoded frames that the batch has."""
        isolation, events = self.aggregator.isolation, len(decoded.log)
        contexts: Contexts = {}
        if events or decoded.events.faults:
            contexts = self.aggregator.add(decoded.events, contexts=self._streams.listening)
        with isolation.guard("statistics", events=events):
            self._count_decoded(decoded)
        for change in decoded.status_changes:
            with isolation.guard("status", events=1, session=change.session.number):
                self._status.apply(change)
        if self._streams.listening and events:
            with isolation.guard("live", events=events):
                self._publish(decoded, contexts)

    def _count_decoded(self, decoded: DecodedBatch) -> None:
        """Count decoded frames by node and by rule."""
        if len(decoded.log):
            rows = np.array([owner.identity.node_row for owner in decoded.owners])
            self._nodes.event_counts.add(rows[decoded.owner_of], decoded.log.type)
            self._counters.add(decoded.log.received_at, decoded.log.type)
        for session, row in decoded.undecodable:
            self._count_undecodable(session, row)
        for session, deviations in decoded.deviations:
            for deviation in deviations:
                self._count_deviation(session, deviation.rule)

    def flush_aggregates(self) -> None:
        """Hand the aggregates' rows to the writer, behind the events that they count."""
        # No event waits until the rows are made.
        self.flush()
        now_us = self._now_us()
        with self.aggregator.isolation.guard("flush"):
            self._batch.flush = self.aggregator.take_flush(self._sequence, now_us)
        if self._batch.flush is not None:
            self._touch(now_us)
            self.flush()

    def flush(self) -> None:
        """Hand the batch to the writer, unless it is empty; then derive what waits.

        Counting takes longer than a commit may wait. So it follows here, where nothing is read
        and not handed over yet; events that arrive meanwhile wait in the kernel.
        """
        self._cancel_flush()
        parts = self._decode()
        self._hand_over()
        for decoded in parts:
            self._derive(decoded)
        self.aggregator.count_if_due()

    def _hand_over_decoded(self) -> None:
        """Hand the batch to the writer before long work, unless it waits for reads' decoding."""
        if not self._received:
            self._cancel_flush()
            self._hand_over()

    def _hand_over(self) -> None:
        """Hand the batch to the writer, unless it is empty."""
        batch, self._batch = self._batch, Batch()
        # A connection refused meanwhile has set a timer for the batch that ends here.
        self._cancel_flush()
        self._first_sequence = self._sequence
        if not batch:
            return
        # An error of the protocol may have handed over a batch in the midst of a split.
        batch.touch(time.monotonic(), self._now_us())
        batch.through = self._sequence
        self._handed += 1
        if self._cadence.is_late((time.monotonic() - batch.opened_at) / 2, batch.rows):
            self._late = self._handed
        self._waiting_bytes += batch.bytes
        self._waiting_rows += batch.rows
        if self._waiting_bytes >= self._config.pending_bytes:
            self.backpressure.set_buffer_full(True)
        self._sampler.update(self.backpressure.buffer_full, time.monotonic())
        self._write(batch)

    def record_commit(self, batch: Batch) -> None:
        """Record that a batch is in its file."""
        self._committed = batch.through
        self._waiting_bytes -= batch.bytes
        self._waiting_rows -= batch.rows
        self._sampler.update(self.backpressure.buffer_full, time.monotonic())
        if self._waiting_bytes <= self._config.pending_bytes // 2:
            self.backpressure.set_buffer_full(False)
        self._done += 1
        self._commits.set()
        self._commits.clear()

    async def commit_for_query(self) -> None:
        """Commit what came more than ``flush_seconds`` ago, so that a query finds it.

        Waits for the commit, at most ``_COMMIT_WAIT_SECONDS`` and not while the writer has no
        space. While many events come they are committed at once, and a query does not wait.
        """
        waiting = self._batch or self._received
        age, rows = time.monotonic() - self._batch.opened_at, self._rows + self._received.expected
        if waiting and self._cadence.is_late(age, rows):
            self.flush()
            self._late = self._handed
        if not self.backpressure.reading_allowed:
            return
        wanted = self._late
        try:
            async with asyncio.timeout(_COMMIT_WAIT_SECONDS):
                while self._done < wanted:
                    await self._commits.wait()
        except TimeoutError:
            self.statistics.commit_timeouts += 1

    def _identify(self, session: Session, now_us: int) -> None:
        """Record that a connection's node information has come."""
        information = session.connection.node
        assert information is not None
        session.node = self._nodes.node(information.peer_id)
        session.node.limit_rate(self._telemetry.events_per_second, self._telemetry.burst_events)
        session.node_number, is_new = self._nodes.assign_number(
            self._directory, information.peer_id
        )
        self._nodes.add_session(session)
        session.node.joined_at = now_us
        for deviation in information.deviations:
            self._count_deviation(session, deviation.rule)
        self._touch(now_us)
        if is_new:
            self._batch.nodes.append(NodeRow(session.node_number, information.peer_id))
        self._record(session, "opened", session.opened_at, None)
        self.aggregator.check_handshake(session)
        self._notify(session)

    def _shed(self, session: Session, frames: list[bytes], now_us: int) -> None:
        """Drop frames beyond a node's rate: they are counted, and take their event ids."""
        node = _node(session)
        # Earlier frames get their event ids when they are decoded.
        self.decode_received()
        elapsed_us = elapsed_since(session.opened_at, now_us)
        for claimed in session.connection.skip(frames, elapsed_us):
            self._count_dropped(session, claimed)
        for counter in (self.statistics.shed, session.shed, node.shed):
            counter[RATE] += len(frames)
        self.statistics.events += len(frames)
        node.last_seen = now_us

    def _refuse(self, session: Session, error: ProtocolError, now_us: int) -> None:
        """Store the bytes that ended a connection, so that the node's author can see them."""
        self.statistics.protocol_errors[error.rule] += 1
        self.decode_received()
        self._touch(now_us)
        row = UndecodableRow(
            seq=self._sequence,
            received_at=now_us,
            node=session.node_number,
            session=session.number,
            event_id=None,
            type=None,
            rule=error.rule,
            field="",
            byte_offset=0,
            expectation=str(error),
            frame=error.frame[:_REFUSED_BYTES],
        )
        self._sequence += 1
        self._batch.undecodable.append(row)
        self._batch.bytes += ROW_OVERHEAD + len(row.frame)
        self.aggregator.add_findings([undecodable_finding(row)])
        if session.node is None:
            self._record(session, "refused", now_us, str(error))
            self.aggregator.end_session(session.summary(now_us, REFUSED, str(error)))
        else:
            session.undecodable += 1
            session.node.undecodable += 1
        self._schedule()

    def _count_received(self, runs: FrameRuns, events: int) -> None:
        """Count frames in the second in which they were read."""
        for session, length, received_at in zip(*runs.columns, strict=True):
            session.events += length
            session.last_at = received_at
            _node(session).last_seen = received_at
        seconds, lengths = np.array(runs.times) // SECOND_US, np.array(runs.lengths)
        rows = np.array([owner.identity.node_row for owner in runs.owners])
        # In order of arrival, whatever the clock does.
        starts = np.flatnonzero(np.diff(seconds, prepend=-1)).tolist()
        for start, end in pairwise([*starts, len(runs)]):
            second = self._counters.at(int(seconds[start]))
            second.add_received(rows[start:end], int(lengths[start:end].sum()))
        self.statistics.events += events

    def _count_undecodable(self, session: Session, row: UndecodableRow) -> None:
        self.statistics.undecodable[row.rule] += 1
        session.undecodable += 1
        if session.node is not None:
            session.node.undecodable += 1

    def _count_deviation(self, session: Session, rule: str) -> None:
        self.statistics.deviations[rule] += 1
        session.deviations[rule] += 1
        if session.node is not None:
            session.node.deviations[rule] += 1

    def _count_dropped(self, session: Session, events: int) -> None:
        node = _node(session)
        node.dropped_events += events
        node.dropped_messages += 1
        session.dropped += events
        self.statistics.dropped_by_nodes += events

    def _publish(self, decoded: DecodedBatch, contexts: Contexts) -> None:
        """Offer the events of a batch to the subscriptions."""
        batch = LiveBatch(
            decoded,
            self._directory,
            self._nodes.session_owners,
            contexts,
            self.aggregator.isolation,
        )
        self._streams.publish(batch.rows, batch.ids, batch.encode)

    def _notify(self, session: Session) -> None:
        """Tell the gateway that a node has connected or disconnected."""
        with self.aggregator.isolation.guard("notification", session=session.number):
            self._node_changed(session)

    def _record(self, session: Session, what: str, happened_at: int, reason: str | None) -> None:
        """Add a change of a connection to the batch."""
        self._touch(self._now_us())
        self._batch.sessions.append(
            SessionRow(
                session=session.number,
                happened_at=happened_at,
                what=what,
                node=session.node_number,
                address=session.address,
                node_information=session.connection.node_content,
                counters=None if what == "opened" else json.dumps(session.counters()),
                reason=reason,
            )
        )
        self._batch.bytes += ROW_OVERHEAD + len(session.connection.node_content)
        self._schedule()

    def _touch(self, now_us: int) -> None:
        self._batch.touch(time.monotonic(), now_us)

    def _schedule(self) -> None:
        """Flush the batch now if it is due, else set the timer for it."""
        if self._received.unsplit_bytes >= self._bytes_until_full():
            self.split_received()
        now, rows = time.monotonic(), self._rows + self._received.expected
        size = self._batch.bytes + self._received.unsplit_bytes
        seconds = self._cadence.seconds_left(now - self._batch.opened_at, rows, size)
        if not seconds:
            self.flush()
            return
        loop = asyncio.get_running_loop()
        self._schedule_at = self._next_schedule()
        if now + seconds < self._flush_at:
            self._cancel_flush()
            self._flush_timer = loop.call_later(seconds, self.flush)
            self._flush_at = now + seconds
        if self._decode_timer is None and self._received and self._streams.listening:
            delay = self._live_pace.delay(now)
            self._decode_timer = loop.call_later(delay, self._decode_live)

    @property
    def _rows(self) -> int:
        """The number of decoded frames of the batch."""
        # Each has one sequence number; adding up the batch's parts takes longer the more there are.
        return self._sequence - self._first_sequence

    def _bytes_until_full(self) -> int:
        """Return how many bytes may wait unsplit: in shorter frames they would fill the batch."""
        rows = max(0, self._config.flush_rows - self._rows - len(self._received))
        return min(rows * SHORTEST_FRAME, max(0, self._config.flush_bytes - self._batch.bytes))

    def _next_schedule(self) -> int:
        """Return how many bytes may wait until the time of the flush is decided again."""
        rows, split = self._rows, len(self._received)
        following = self._cadence.next_rows(rows + self._received.expected) - rows - split
        return min(following * FRAME_BYTES, self._bytes_until_full())

    def _cancel_flush(self) -> None:
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        self._flush_at = math.inf


def _report_split(session: Session, events: int) -> None:
    if session.on_split is not None:
        session.on_split(events)


def _node(session: Session) -> Node:
    assert session.node is not None
    return session.node


def _peer_id(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
