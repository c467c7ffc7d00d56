"""What becomes of a node's events: gathered, digested, batched, offered to listeners.

The one place every event passes. Reading a connection only cuts frames and puts them
aside; ``digest`` then judges, numbers and counts those of all connections together, at
the flush, or every few milliseconds while somebody listens. The batch being filled and
the bytes waiting for the writer are bounded: when they exceed their limit the listener is
asked to stop reading, so TCP carries the pressure to the nodes and nothing is dropped.

Runs on the event loop only; the writer's thread reports back through it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tart.aggregate.columnar.live_counters import (
    BEST_BLOCK_CHANGED,
    FINALIZED_BLOCK_CHANGED,
    LiveCounters,
    add_bounded,
)
from tart.aggregate.core.event_batch import Contexts
from tart.aggregate.keyed.sessions import CLOSED, REFUSED
from tart.aggregate.rules.conformance_checks import handshake_findings
from tart.config.schema import StorageConfig
from tart.errors import PeerRefused, ProtocolError
from tart.protocol.connection import Connection
from tart.protocol.decoding import DROPPED, decode_event
from tart.protocol.references import Context
from tart.query.core.catalog import event_api_id
from tart.query.core.filters import FilterInput
from tart.query.core.live_event import live_event
from tart.shard.decode.batch_decoder import DecodedBatch, FrameRun, StatusChange, decode_in_parts
from tart.shard.encoding.event_json import to_json
from tart.shard.ingest.aggregator import Aggregator
from tart.shard.ingest.live_streams import Streams
from tart.shard.state import node_statements
from tart.shard.state.limits import RATE
from tart.shard.state.nodes import Node, Nodes, Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.aggregates.session_recovery import undecodable_finding
from tart.storage.core.batch import ROW_OVERHEAD, Batch
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import NodeRow, SessionRow, UndecodableRow

# While somebody listens, events are not kept waiting for the flush.
LIVE_SECONDS = 0.010
_BLOCK_EVENTS = (BEST_BLOCK_CHANGED, FINALIZED_BLOCK_CHANGED)
# Of an unreadable first message so much is kept; it may be a mebibyte of anything.
_KEPT_OF_REFUSED = 4096


@dataclass
class IngestStatistics:
    """Totals since this process started."""

    events: int = 0
    bytes: int = 0
    dropped_by_nodes: int = 0
    pauses: int = 0
    shed: Counter[str] = field(default_factory=Counter)
    undecodable: Counter[str] = field(default_factory=Counter)
    deviations: Counter[str] = field(default_factory=Counter)
    protocol_errors: Counter[str] = field(default_factory=Counter)


class Ingest:
    """Takes events from connections to the writer.

    Args:
        directory: where this shard's events go.
        next_sequence, next_session: where the directory's numbering goes on.
        peers: the numbers it gave to peer ids.
        aggregation: told of every batch; its ``isolation`` counts what fails of all that is
            derived from events. Nothing of that raises here, and the log is made first.
        write: hands a batch to the writer.
        node_changed: called when a node connects or disconnects.
    """

    def __init__(
        self,
        config: StorageConfig,
        directory: int,
        nodes: Nodes,
        counters: LiveCounters,
        streams: Streams,
        *,
        next_sequence: int,
        next_session: int,
        peers: PeerDictionary,
        aggregation: Aggregator,
        write: Callable[[Batch], None],
        node_changed: Callable[[Session], None],
    ) -> None:
        self._config = config
        self._directory = directory
        self._nodes = nodes
        self._counters = counters
        self._streams = streams
        self._sequence = self._committed = next_sequence
        self._session = next_session
        self._peers = peers
        self.aggregation = aggregation
        self._write = write
        self._node_changed = node_changed
        self._batch = Batch()
        self._frames: list[bytes] = []
        self._runs: list[FrameRun] = []
        self._timer: asyncio.TimerHandle | None = None
        self._decode_timer: asyncio.TimerHandle | None = None
        self._waiting_bytes = 0
        self._waiting_rows = 0
        self._buffer_full = False
        self._short_of = ""
        self.reading_allowed = True
        self.paused_for = ""
        self.reading_changed: Callable[[bool], None] = lambda allowed: None
        # Where shedding is wanted: how many of so many frames of a session may stay.
        self.admit: Callable[[Session, int], int] | None = None
        # Peer ids that may send; empty: all.
        self.only: frozenset[bytes] = frozenset()
        self.statistics = IngestStatistics()

    @property
    def pending(self) -> tuple[int, int]:
        """(events, bytes) received and not committed."""
        return (
            self._waiting_rows + self._batch.rows + len(self._frames),
            self._waiting_bytes + self._batch.bytes,
        )

    @property
    def numbers(self) -> tuple[int, int]:
        """The ``seq`` after the last that was committed, and that after the last given."""
        return self._committed, self._sequence

    def begin(self, address: str, max_frame: int) -> Session:
        """A node connected; nobody knows yet which."""
        number = self._session
        self._session += 1
        return Session(number, self._directory, address, _now_us(), Connection(max_frame))

    def receive(self, session: Session, data: bytes) -> int:
        """Bytes of a connection; afterwards ``session.connection.error`` may be set.

        Runs for every read of every node: what can wait for the digest, does.

        Returns:
            How many events they completed.
        """
        now = _now_us()
        connection = session.connection
        frames = connection.receive_frames(data)
        session.bytes += len(data)
        self.statistics.bytes += len(data)
        if session.node is None and connection.node is not None:
            if self.only and connection.node.peer_id not in self.only:
                connection.error = PeerRefused(connection.node.peer_id)
                return 0
            self._open(session, now)
        received, excess = len(frames), None
        if self.admit is not None and frames:
            admitted = self.admit(session, received)
            frames, excess = frames[:admitted], frames[admitted:]
        if frames:
            if not self._frames:
                self._touch(now)
            self._frames += frames
            self._runs.append(FrameRun(session, len(frames), now))
            self._batch.bytes += len(data)
            if (
                self._timer is None
                or len(self._frames) >= self._config.flush_rows
                or self._batch.bytes >= self._config.flush_bytes
                or self._streams.listening
            ):
                self._schedule()
        if excess:
            self._shed(session, excess, now)
        if connection.error is not None:
            self._refuse(session, connection.error, now)
        return received

    def end(self, session: Session, reason: str | None) -> None:
        """A connection is over."""
        if session.node is None:
            return
        now = _now_us()
        self.decode_received()
        self._record(session, "closed", now, reason)
        self.aggregation.end(session.summary(now, CLOSED, reason))
        self._nodes.end_session(session, now)
        self._tell_of(session)

    def decode_received(self) -> None:
        """Judge, number, count and publish what was received: all of it, together.

        Until then its events show in no count but the shard's and the session's.
        """
        if self._decode_timer is not None:
            self._decode_timer.cancel()
            self._decode_timer = None
        if not self._frames:
            return
        frames, self._frames = self._frames, []
        runs, self._runs = self._runs, []
        isolation = self.aggregation.isolation
        with isolation.guard("statistics", events=len(frames)):
            self._count(runs, len(frames))
        for found in decode_in_parts(frames, runs, self._sequence, self._peers, isolation):
            self._take(found)

    def _take(self, found: DecodedBatch) -> None:
        """Put what was digested into the batch; then derive from it what people look at."""
        isolation, events = self.aggregation.isolation, len(found.log)
        self._sequence += events + len(found.undecodable)
        self._batch.bytes += (events + len(found.undecodable)) * ROW_OVERHEAD
        self._batch.peers += found.new_peers
        self._batch.undecodable += [row for _, row in found.undecodable]
        if events:
            self._batch.log.append(found.log)
        contexts: Contexts = {}
        if events or found.events.faults:
            # Slots and cores that events inherit are filled into the columns of the batch.
            contexts = self.aggregation.add(found.events, contexts=self._streams.listening)
        with isolation.guard("statistics", events=events):
            self._tally(found)
        for change in found.status_changes:
            with isolation.guard("status", events=1, session=change.session.number):
                self._note_status(change)
        if self._streams.listening and events:
            with isolation.guard("live", events=events):
                self._publish(found, contexts)

    def _tally(self, found: DecodedBatch) -> None:
        """Count what was found, by node and by rule."""
        if len(found.log):
            rows = np.array([_row_of(owner) for owner in found.owners])
            self._nodes.event_counts.add(rows[found.owner_of], found.log.type)
            self._counters.add(found.log.received_at, found.log.type)
        for session, row in found.undecodable:
            self._count_undecodable(session, row)
        for session, deviations in found.deviations:
            for deviation in deviations:
                self._count_deviation(session, deviation.rule)

    def aggregate(self) -> None:
        """Send off what the aggregates gathered, behind the events it is of."""
        self.decode_received()
        now = _now_us()
        with self.aggregation.isolation.guard("flush"):
            self._batch.flush = self.aggregation.take(self._sequence, now)
        if self._batch.flush is not None:
            self._touch(now)
            self.flush()

    def flush(self) -> None:
        """Hand over what has gathered, however little."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.decode_received()
        if not self._batch:
            return
        batch, self._batch = self._batch, Batch()
        batch.through = self._sequence
        self._waiting_bytes += batch.bytes
        self._waiting_rows += batch.rows
        if self._waiting_bytes >= self._config.pending_bytes:
            self._buffer_full = True
            self._decide_on_reading()
        self._write(batch)

    def committed(self, batch: Batch) -> None:
        """A batch is in its file."""
        self._committed = batch.through
        self._waiting_bytes -= batch.bytes
        self._waiting_rows -= batch.rows
        if self._buffer_full and self._waiting_bytes <= self._config.pending_bytes // 2:
            self._buffer_full = False
            self._decide_on_reading()

    def short_of(self, what: str) -> None:
        """There is no room in ``disk`` or ``memory``; nothing: there is again."""
        self._short_of = what
        self._decide_on_reading()

    def _open(self, session: Session, now: int) -> None:
        information = session.connection.node
        assert information is not None
        session.node = self._nodes.node(information.peer_id)
        session.node_number, is_new = self._nodes.assign_number(
            self._directory, information.peer_id
        )
        self._nodes.add_session(session)
        for deviation in information.deviations:
            self._count_deviation(session, deviation.rule)
        self._touch(now)
        if is_new:
            self._batch.nodes.append(NodeRow(session.node_number, information.peer_id))
        self._record(session, "opened", session.opened_at, None)
        with self.aggregation.isolation.guard("findings", session=session.number):
            self.aggregation.find(
                handshake_findings(
                    information,
                    session.opened_at,
                    session.node_number,
                    session.number,
                    session.connection.node_content,
                )
            )
        self._tell_of(session)

    def _shed(self, session: Session, frames: list[bytes], now: int) -> None:
        """Drop what is beyond a node's rate: it is counted, and takes its event ids."""
        node = session.node
        assert node is not None
        # The ids of what came before are given in the digest.
        self.decode_received()
        for claimed in session.connection.skip(frames):
            self._note_dropped(session, node, claimed)
        for counter in (self.statistics.shed, session.shed, node.shed):
            counter[RATE] += len(frames)
        self.statistics.events += len(frames)
        node.last_seen = now

    def _refuse(self, session: Session, error: ProtocolError, now: int) -> None:
        """Keep what ended the connection, so that its author can be told."""
        self.statistics.protocol_errors[error.rule] += 1
        self.decode_received()
        self._touch(now)
        row = UndecodableRow(
            self._next_sequence(),
            now,
            session.node_number,
            session.number,
            None,
            None,
            error.rule,
            "",
            0,
            str(error),
            error.frame[:_KEPT_OF_REFUSED],
        )
        self._batch.undecodable.append(row)
        self._batch.bytes += ROW_OVERHEAD + len(row.frame)
        self.aggregation.find([undecodable_finding(row)])
        if session.node is None:
            self._record(session, "refused", now, str(error))
            self.aggregation.end(session.summary(now, REFUSED, str(error)))
        else:
            session.undecodable += 1
            session.node.undecodable += 1
        self._schedule()

    def _count(self, runs: list[FrameRun], events: int) -> None:
        """Count what was read, in the second it was read in."""
        second = self._counters.at(runs[0].received_at // 1_000_000)
        for session, length, received_at in runs:
            if received_at // 1_000_000 != second.second:
                second = self._counters.at(received_at // 1_000_000)
            node = session.node
            assert node is not None
            second.events += length
            second.active |= 1 << node.row
            node.last_seen = received_at
            session.events += length
            session.last_at = received_at
        self.statistics.events += events

    def _tell_of(self, session: Session) -> None:
        """Tell the gateway that a node has come or gone."""
        with self.aggregation.isolation.guard("notification", session=session.number):
            self._node_changed(session)

    def _count_undecodable(self, session: Session, row: UndecodableRow) -> None:
        self.statistics.undecodable[row.rule] += 1
        session.undecodable += 1
        if session.node is not None:
            session.node.undecodable += 1

    def _note_status(self, change: StatusChange) -> None:
        """Follow what a node says of itself: blocks, sync, and what it dropped."""
        session, node, payload = change.session, change.session.node, change.payload
        assert node is not None
        if change.type in node_statements.STATEMENT_TYPES:
            session.add_statement(change.type, change.received_at, change.timestamp, payload)
        if change.type in _BLOCK_EVENTS:
            second = self._counters.at(change.received_at // 1_000_000)
            if change.type == BEST_BLOCK_CHANGED:
                second.best_events += 1
                add_bounded(second.best, payload[4:36])
            else:
                second.finalized_events += 1
                add_bounded(second.finalized, payload[4:36])
        elif change.type == DROPPED:
            self._note_dropped(session, node, decode_event(DROPPED, payload).fields["num"])

    def _note_dropped(self, session: Session, node: Node, number: int) -> None:
        node.dropped_events += number
        node.dropped_messages += 1
        session.dropped += number
        self.statistics.dropped_by_nodes += number

    def _publish(self, found: DecodedBatch, contexts: Contexts) -> None:
        isolation = self.aggregation.isolation
        for at, row in enumerate(found.log.rows()):
            known = contexts.get(at)
            with isolation.guard("live", events=1, session=row.session):
                self._offer(row, None if known is None else Context(*known))

    def _offer(self, row: LogRow, context: Context | None) -> None:
        owner = self._nodes.session_owners[self._directory, row.session]
        about = None if context is None else context.chain_hash
        self._streams.offer(
            FilterInput(owner.node_id, row.type, row.slot, row.core, row.payload, about),
            event_api_id(self._directory, row.seq),
            partial(_live, row, self._directory, owner, context),
        )

    def _record(self, session: Session, what: str, at: int, reason: str | None) -> None:
        self._touch(_now_us())
        self._batch.sessions.append(
            SessionRow(
                session.number,
                at,
                what,
                session.node_number,
                session.address,
                session.connection.node_content,
                None if what == "opened" else json.dumps(session.counters()),
                reason,
            )
        )
        self._batch.bytes += ROW_OVERHEAD + len(session.connection.node_content)
        self._schedule()

    def _count_deviation(self, session: Session, rule: str) -> None:
        self.statistics.deviations[rule] += 1
        session.deviations[rule] += 1
        if session.node is not None:
            session.node.deviations[rule] += 1

    def _next_sequence(self) -> int:
        sequence = self._sequence
        self._sequence = sequence + 1
        return sequence

    def _touch(self, now: int) -> None:
        self._batch.touch(time.monotonic(), now)

    def _schedule(self) -> None:
        """Make sure the batch leaves: now if it is full, else when it is old enough."""
        rows = self._batch.rows + len(self._frames)
        if rows >= self._config.flush_rows or self._batch.bytes >= self._config.flush_bytes:
            self.flush()
            return
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._timer = loop.call_later(self._config.flush_seconds, self.flush)
        if self._decode_timer is None and self._frames and self._streams.listening:
            self._decode_timer = loop.call_later(LIVE_SECONDS, self.decode_received)

    def _decide_on_reading(self) -> None:
        self.paused_for = self._short_of or ("buffer" if self._buffer_full else "")
        allowed = not self.paused_for
        if allowed != self.reading_allowed:
            self.statistics.pauses += not allowed
            self.reading_allowed = allowed
            self.reading_changed(allowed)


def _live(*event: Any) -> dict[str, Any]:
    return live_event(to_json(*event))


def _row_of(session: Session) -> int:
    assert session.node is not None
    return session.node.row


def _now_us() -> int:
    return time.time_ns() // 1000
