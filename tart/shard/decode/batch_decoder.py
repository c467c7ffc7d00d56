"""Decode and validate a batch of frames of many connections into columns.

Pure. ``protocol.columnar`` reads and validates all frames together; only frames that it cannot
call clean go through ``check_event`` one by one. Frames get sequence numbers and event ids here.
The result equals what ``protocol.connection.Connection.receive_data`` makes of the same bytes; a
property test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_batch import EventBatch, Finding
from tart.aggregate.core.isolation import Failure, Isolation
from tart.errors import DecodeError
from tart.protocol.byte_reader import Deviation
from tart.protocol.columnar import (
    U64,
    Columns,
    Int,
    Mask,
    mark_dialect,
    read_columns,
    set_dialect_columns,
)
from tart.protocol.connection import EVENT_ID_MODULUS, Connection
from tart.protocol.decoding import DIALECT_TYPES, HEADER_BYTES, check_event, decode_event
from tart.protocol.dialects import Dialect
from tart.protocol.dropped_events import dropped_events, elapsed_since
from tart.protocol.events import EVENTS, EventKind, leading_reference
from tart.protocol.frames import Frames
from tart.protocol.optional_fields import PEER_BYTES, REF_BYTES
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import NONE, PeerDictionary
from tart.storage.aggregates.session_recovery import undecodable_finding
from tart.storage.core.log_columns import LogColumns
from tart.storage.core.schema import PeerRow, UndecodableRow

STAGE = "decode"
# Events about the node itself have the lowest numbers: Dropped, Status, blocks, sync.
_LAST_STATUS_CHANGE = int(EventKind.SYNC_STATUS_CHANGED)
_DROPPED = int(EventKind.DROPPED)

# The last event id of each connection, and its next one.
EventIds = dict[Connection, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class FrameRuns:
    """The reads that brought the frames of a batch, in order; lists of equal length.

    A run is the frames of one read. Reads are many, so they are columns here: an object for each
    would cost as much as decoding its frames.

    Attributes:
        owners: The connection of each run.
        lengths: Its number of frames, at least one.
        times: When it was read, Unix microseconds.
    """

    owners: list[Session] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.owners)

    @property
    def columns(self) -> tuple[list[Session], list[int], list[int]]:
        """The columns."""
        return self.owners, self.lengths, self.times

    def add(self, owner: Session, length: int, received_at: int) -> None:
        """Add a run."""
        self.owners.append(owner)
        self.lengths.append(length)
        self.times.append(received_at)

    def extend(self, runs: FrameRuns) -> None:
        """Add the runs of another batch, behind these."""
        self.owners.extend(runs.owners)
        self.lengths.extend(runs.lengths)
        self.times.extend(runs.times)

    def __getitem__(self, index: slice) -> FrameRuns:
        return FrameRuns(self.owners[index], self.lengths[index], self.times[index])

    def without_empty(self) -> FrameRuns:
        """Return the runs that have frames."""
        return FrameRuns(
            list(compress(self.owners, self.lengths)),
            [length for length in self.lengths if length],
            list(compress(self.times, self.lengths)),
        )

    def split(self, frames: int) -> tuple[FrameRuns, FrameRuns]:
        """Return the runs of the first ``frames`` frames, and those of the others."""
        for index, length in enumerate(self.lengths):
            if frames <= length:
                first, rest = self[: index + 1], self[index:]
                first.lengths[-1] = frames
                rest.lengths[0] = length - frames
                return first, rest if frames < length else rest[1:]
            frames -= length
        return self, FrameRuns()


class StatusChange(NamedTuple):
    """An event about the node itself: status, best or final block, sync, dropped events.

    Attributes:
        received_at: Unix microseconds.
        timestamp: The node's clock, JCE microseconds.
        dropped: The number of events for which a Dropped stands, if it can be true.
    """

    session: Session
    type: int
    payload: bytes
    received_at: int
    timestamp: int
    dropped: int | None = None


@dataclass(frozen=True)
class DecodedBatch:
    """The frames of a batch, sorted by what they are.

    Attributes:
        log: The well-formed events, as the event log stores them.
        events: The same events, as the aggregates count them. Slots and cores that aggregates
            fill in appear in ``log``: the columns are the same.
        owners: The connections of the batch.
        owner_of: The index into ``owners`` of each row of ``log``.
        undecodable: The other frames, with their connections.
        deviations: What well-formed events did not do as specified, with their connections.
        status_changes: Events that change what is known of a node, in order of arrival.
        new_peers: Peer ids that got a number with this batch.
    """

    log: LogColumns
    events: EventBatch
    owners: list[Session]
    owner_of: Int
    undecodable: list[tuple[Session, UndecodableRow]]
    deviations: list[tuple[Session, tuple[Deviation, ...]]]
    status_changes: list[StatusChange]
    new_peers: list[PeerRow]


@dataclass
class _Checked:
    """The result of checking unclean frames one by one, by index in the batch."""

    well_formed: Mask
    errors: list[tuple[int, DecodeError]]
    deviations: list[tuple[int, tuple[Deviation, ...]]]


def decode_batch(
    frames: Frames, runs: FrameRuns, first_sequence: int, peers: PeerDictionary
) -> DecodedBatch:
    """Decode, validate and number frames.

    Advances the event ids of the runs' connections. A call that raises has changed nothing.

    Args:
        frames: The frames' contents in order of arrival; at least one.
        runs: The connections they came on, in the same order; their lengths add up to the
            number of frames.
        first_sequence: The sequence number of the first frame; each frame takes one.
        peers: The directory's numbers of peer ids; new peer ids get a number.
    """
    known_peers = len(peers.ids)
    try:
        decoded, event_ids = _decode(frames, runs, first_sequence, peers)
    except Exception:
        peers.truncate(known_peers)
        raise
    for connection, (last, following) in event_ids.items():
        connection.last_event_id, connection.next_event_id = last, following
    return decoded


def decode_in_parts(
    frames: Frames,
    runs: FrameRuns,
    first_sequence: int,
    peers: PeerDictionary,
    isolation: Isolation,
) -> list[DecodedBatch]:
    """Decode frames as ``decode_batch`` does; if it raises, decode halves until it does not.

    A frame that makes ``decode_batch`` raise, which is a fault of tart, is kept as received.
    """
    try:
        isolation.enter(STAGE)
        return [decode_batch(frames, runs, first_sequence, peers)]
    except Exception as error:
        if len(frames) == 1:
            session = runs.owners[0]
            isolation.record(Failure(STAGE, error, 1, session.number, _type_of(frames[0])))
            return [_keep_as_received(frames[0], runs, first_sequence)]
    middle = len(frames) // 2
    first, second = runs.split(middle)
    return [
        *decode_in_parts(frames[:middle], first, first_sequence, peers, isolation),
        *decode_in_parts(frames[middle:], second, first_sequence + middle, peers, isolation),
    ]


def _keep_as_received(frame: bytes, runs: FrameRuns, sequence: int) -> DecodedBatch:
    """Return a batch in which the only frame is undecodable by a fault of tart."""
    session = runs.owners[0]
    connection = session.connection
    event_id = connection.next_event_id
    connection.last_event_id = event_id
    connection.next_event_id = (event_id + 1) % EVENT_ID_MODULUS
    row = UndecodableRow(
        seq=sequence,
        received_at=runs.times[0],
        node=session.node_number,
        session=session.number,
        event_id=event_id,
        type=_type_of(frame),
        rule="server_failure",
        field="",
        byte_offset=0,
        expectation="a server that can process it: this is a fault of tart, not of the node",
        frame=frame,
    )
    log = LogColumns.empty()
    return DecodedBatch(
        log=log,
        events=EventBatch(log, Frames.of([]), np.zeros(0, np.bool_), [undecodable_finding(row)]),
        owners=[session],
        owner_of=np.zeros(0, np.int64),
        undecodable=[(session, row)],
        deviations=[],
        status_changes=[],
        new_peers=[],
    )


def _decode(
    frames: Frames, runs: FrameRuns, first_sequence: int, peers: PeerDictionary
) -> tuple[DecodedBatch, EventIds]:
    columns = read_columns(frames)
    owners, counts = runs.owners, np.array(runs.lengths)
    run_of = np.repeat(np.arange(len(runs)), counts)
    numbers, nodes, _, dialects = zip(*[owner.identity for owner in owners], strict=True)
    if any(dialects):
        _mark_dialects(owners, run_of, columns)
    checked = _check_unclean(frames, owners, run_of, columns)
    well_formed = checked.well_formed
    dropped = _check_dropped(frames, runs, run_of, columns, well_formed)
    event_ids, ids_after = _number_events(len(frames), owners, counts, run_of, dropped)
    known_peers = len(peers.ids)
    peer = _number_peers(frames, columns, well_formed, peers)
    has_peer = peer != NONE
    body_start = columns.body_start + PEER_BYTES * has_peer
    log = LogColumns(
        seq=np.arange(first_sequence, first_sequence + len(frames)),
        received_at=np.array(runs.times)[run_of],
        timestamp=columns.timestamp,
        node=np.array(nodes, np.int32)[run_of],
        session=np.array(numbers, np.int32)[run_of],
        event_id=event_ids,
        type=columns.number,
        ref=columns.ref,
        has_ref=columns.has_ref,
        peer=peer,
        has_peer=has_peer,
        slot=columns.slot,
        has_slot=columns.has_slot,
        core=columns.core,
        has_core=columns.has_core,
        shard_index=columns.shard_index,
        has_shard_index=columns.has_shard_index,
        peers=peers.ids,
        body=Frames(frames.data, frames.starts + body_start, frames.starts + columns.body_end),
    )
    undecodable = [
        (owners[run_of[index]], _undecodable_row(frames[index], log, index, error))
        for index, error in checked.errors
    ]
    status_changes = _status_changes(frames, runs, run_of, columns, well_formed, dropped)
    deviations = [(owners[run_of[index]], found) for index, found in checked.deviations]
    faults = _faults(frames, log, checked)
    implausible = frozenset(
        first_sequence + index for index, number in dropped.items() if number is None
    )
    contents, clean = frames, columns.clean
    if checked.errors:
        good = np.flatnonzero(well_formed)
        log, run_of, clean = log.take(good), run_of[good], clean[good]
        contents = frames.take(good)
    decoded = DecodedBatch(
        log=log,
        events=EventBatch(log, contents, clean, faults, implausible),
        owners=owners,
        owner_of=run_of,
        undecodable=undecodable,
        deviations=deviations,
        status_changes=status_changes,
        new_peers=[
            PeerRow(number, peers.ids[number]) for number in range(known_peers, len(peers.ids))
        ],
    )
    return decoded, ids_after


def _mark_dialects(owners: Sequence[Session], run_of: Int, columns: Columns) -> None:
    """Mark the frames of nodes whose dialect may read them in another way."""
    for run, owner in enumerate(owners):
        information = owner.connection.node
        if information is not None and information.dialect is not Dialect.STANDARD:
            mark_dialect(columns, np.flatnonzero(run_of == run), information.dialect)


def _check_unclean(
    frames: Frames, owners: Sequence[Session], run_of: Int, columns: Columns
) -> _Checked:
    """Check frames one by one that ``columns`` does not call clean."""
    checked = _Checked(np.ones(len(frames), np.bool_), [], [])
    for index in np.flatnonzero(~columns.clean).tolist():
        session, content = owners[run_of[index]], frames[index]
        information = session.connection.node
        assert information is not None
        version = information.protocol_version
        try:
            if len(content) < HEADER_BYTES:
                expected = "a timestamp and an event number"
                raise DecodeError("truncated", len(content), expected)
            deviations = check_event(
                content[HEADER_BYTES - 1],
                content[HEADER_BYTES:],
                version=version,
                cores=information.cores,
                dialect=information.dialect,
            )
        except DecodeError as error:
            checked.well_formed[index] = False
            checked.errors.append((index, error.with_traceback(None)))
            continue
        if deviations:
            checked.deviations.append((index, deviations))
        _set_reference(columns, index, content, version)
        if content[HEADER_BYTES - 1] in DIALECT_TYPES[information.dialect]:
            fields = decode_event(
                content[HEADER_BYTES - 1],
                content[HEADER_BYTES:],
                version=version,
                cores=information.cores,
                dialect=information.dialect,
            ).fields
            set_dialect_columns(columns, index, fields)
    return checked


def _set_reference(columns: Columns, index: int, content: bytes, version: int) -> None:
    """Set whether a payload starts with an Event ID where that depends on the version."""
    event = EVENTS[content[HEADER_BYTES - 1]]
    if event.version_0 is not None:
        leads = leading_reference(event.layout(version)) is not None
        has_ref = leads and len(content) >= HEADER_BYTES + REF_BYTES
        columns.has_ref[index] = has_ref
        columns.body_start[index] = HEADER_BYTES + REF_BYTES * has_ref


def _number_peers(
    frames: Frames, columns: Columns, well_formed: Mask, peers: PeerDictionary
) -> Int:
    """Return the number of the peer id before each event's body, or ``NONE``."""
    numbers = np.full(len(frames), NONE, np.int64)
    rows = np.flatnonzero(columns.has_peer & well_formed)
    numbers[rows] = peers.numbers(frames.data, frames.starts[rows] + columns.body_start[rows])
    return numbers


def _check_dropped(
    frames: Frames,
    runs: FrameRuns,
    run_of: Int,
    columns: Columns,
    well_formed: Mask,
) -> dict[int, int | None]:
    """Return, by index, the number of events for which each Dropped stands, if it can be true."""
    dropped = {}
    for index in np.flatnonzero((columns.number == _DROPPED) & well_formed).tolist():
        run = run_of[index]
        elapsed_us = elapsed_since(runs.owners[run].opened_at, runs.times[run])
        dropped[index] = dropped_events(frames[index], elapsed_us)
    return dropped


def _number_events(
    frames: int,
    owners: Sequence[Session],
    counts: Int,
    run_of: Int,
    dropped: Mapping[int, int | None],
) -> tuple[U64, EventIds]:
    """Return the implicit event id of each frame, and the ids of each connection afterwards.

    Every frame takes one id; a Dropped event of N stands for N.
    """
    advance = np.ones(frames, np.uint64)
    for index, number in dropped.items():
        advance[index] = 1 if number is None else number
    before = np.cumsum(advance) - advance
    starts = np.cumsum(counts) - counts
    taken = np.add.reduceat(advance, starts)
    last = before[starts + counts - 1] - before[starts]
    connections = [owner.connection for owner in owners]
    if len(set(map(id, connections))) == len(connections):
        base: U64 = np.array([each.next_event_id for each in connections], np.uint64)
        # Sums of 64 bits wrap as event ids do.
        pairs = zip((base + last).tolist(), (base + taken).tolist(), strict=True)
        return (base - before[starts])[run_of] + before, dict(zip(connections, pairs, strict=True))
    bases, after = _number_runs(connections, last.tolist(), taken.tolist())
    ids: U64 = (np.array(bases, np.uint64) - before[starts])[run_of] + before
    return ids, after


def _number_runs(
    connections: Sequence[Connection], lasts: Sequence[int], taken: Sequence[int]
) -> tuple[list[int], EventIds]:
    """Number the runs of a batch in which a connection may have several.

    Args:
        connections: The connection of each run.
        lasts: The ids from a run's first event to its last.
        taken: The ids that a run takes.

    Returns:
        The id of each run's first event, and the ids of each connection afterwards.
    """
    bases: list[int] = []
    after: EventIds = {}
    for connection, last, ids in zip(connections, lasts, taken, strict=True):
        known = after.get(connection)
        base = connection.next_event_id if known is None else known[1]
        bases.append(base)
        after[connection] = (base + last) % EVENT_ID_MODULUS, (base + ids) % EVENT_ID_MODULUS
    return bases, after


def _status_changes(
    frames: Frames,
    runs: FrameRuns,
    run_of: Int,
    columns: Columns,
    well_formed: Mask,
    dropped: Mapping[int, int | None],
) -> list[StatusChange]:
    changes = []
    for index in np.flatnonzero((columns.number <= _LAST_STATUS_CHANGE) & well_formed).tolist():
        run, frame = run_of[index], frames[index]
        changes.append(
            StatusChange(
                session=runs.owners[run],
                type=frame[HEADER_BYTES - 1],
                payload=frame[HEADER_BYTES:],
                received_at=runs.times[run],
                timestamp=int(columns.timestamp[index]),
                dropped=dropped.get(index),
            )
        )
    return changes


def _faults(frames: Frames, log: LogColumns, checked: _Checked) -> list[Finding]:
    """Return a finding for each error and each deviation in the bytes of frames."""
    wrong: list[tuple[int, DecodeError | Deviation]] = [*checked.errors]
    wrong += [(index, each) for index, deviations in checked.deviations for each in deviations]
    return [
        Finding(
            fault.rule,
            int(log.received_at[index]),
            int(log.node[index]),
            int(log.session[index]),
            int(log.seq[index]),
            int(log.event_id[index]),
            _type_of(frames[index]),
            fault.offset,
            fault.field,
            fault.expectation,
            frames[index],
        )
        for index, fault in wrong
    ]


def _type_of(frame: bytes) -> int | None:
    return frame[HEADER_BYTES - 1] if len(frame) >= HEADER_BYTES else None


def _undecodable_row(
    frame: bytes, log: LogColumns, index: int, error: DecodeError
) -> UndecodableRow:
    return UndecodableRow(
        seq=int(log.seq[index]),
        received_at=int(log.received_at[index]),
        node=int(log.node[index]),
        session=int(log.session[index]),
        event_id=int(log.event_id[index]),
        type=_type_of(frame),
        rule=error.rule,
        field=error.field,
        byte_offset=error.offset,
        expectation=error.expectation,
        frame=frame,
    )
