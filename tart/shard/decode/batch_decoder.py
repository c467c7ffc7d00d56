"""Decode and validate a batch of frames of many connections into columns.

Pure. ``protocol.columnar`` reads and validates all frames together; only frames that it cannot
call clean go through ``check_event`` one by one. Frames get sequence numbers and event ids here.
The result equals what ``protocol.connection.Connection.receive_data`` makes of the same bytes; a
property test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


class FrameRun(NamedTuple):
    """Frames that one read brought, next to one another in the batch.

    Attributes:
        session: The connection that was read.
        length: The number of frames.
        received_at: When it was read, Unix microseconds.
    """

    session: Session
    length: int
    received_at: int


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
    frames: Frames, runs: list[FrameRun], first_sequence: int, peers: PeerDictionary
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
    runs: list[FrameRun],
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
            session = runs[0].session
            isolation.record(Failure(STAGE, error, 1, session.number, _type_of(frames[0])))
            return [_keep_as_received(frames[0], runs[0], first_sequence)]
    middle = len(frames) // 2
    first, second = _split_runs(runs, middle)
    return [
        *decode_in_parts(frames[:middle], first, first_sequence, peers, isolation),
        *decode_in_parts(frames[middle:], second, first_sequence + middle, peers, isolation),
    ]


def _split_runs(runs: list[FrameRun], frames: int) -> tuple[list[FrameRun], list[FrameRun]]:
    """Return the runs of the first ``frames`` frames, and those of the others."""
    first: list[FrameRun] = []
    for index, run in enumerate(runs):
        if frames <= run.length:
            rest = [run._replace(length=run.length - frames)] if frames < run.length else []
            return [*first, run._replace(length=frames)], [*rest, *runs[index + 1 :]]
        first.append(run)
        frames -= run.length
    return first, []


def _keep_as_received(frame: bytes, run: FrameRun, sequence: int) -> DecodedBatch:
    """Return a batch in which the frame is undecodable by a fault of tart."""
    session = run.session
    connection = session.connection
    event_id = connection.next_event_id
    connection.last_event_id = event_id
    connection.next_event_id = (event_id + 1) % EVENT_ID_MODULUS
    row = UndecodableRow(
        seq=sequence,
        received_at=run.received_at,
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
    frames: Frames, runs: list[FrameRun], first_sequence: int, peers: PeerDictionary
) -> tuple[DecodedBatch, EventIds]:
    columns = read_columns(frames)
    owners, lengths, times = zip(*runs, strict=True)
    counts = np.array(lengths)
    run_of = np.repeat(np.arange(len(runs)), counts)
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
        received_at=np.array(times)[run_of],
        timestamp=columns.timestamp,
        node=np.array([owner.node_number or 0 for owner in owners], np.int32)[run_of],
        session=np.array([owner.number for owner in owners], np.int32)[run_of],
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
        owners=list(owners),
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
    runs: list[FrameRun],
    run_of: Int,
    columns: Columns,
    well_formed: Mask,
) -> dict[int, int | None]:
    """Return, by index, the number of events for which each Dropped stands, if it can be true."""
    dropped = {}
    for index in np.flatnonzero((columns.number == _DROPPED) & well_formed).tolist():
        run = runs[run_of[index]]
        elapsed_us = elapsed_since(run.session.opened_at, run.received_at)
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
    bases: list[int] = []
    after: EventIds = {}
    ends = np.add.reduceat(advance, starts).tolist()
    lasts = (before[starts + counts - 1] - before[starts]).tolist()
    for owner, taken, last in zip(owners, ends, lasts, strict=True):
        connection = owner.connection
        known = after.get(connection)
        base = connection.next_event_id if known is None else known[1]
        bases.append(base)
        after[connection] = (base + last) % EVENT_ID_MODULUS, (base + taken) % EVENT_ID_MODULUS
    ids: U64 = (np.array(bases, np.uint64) - before[starts])[run_of] + before
    return ids, after


def _status_changes(
    frames: Frames,
    runs: list[FrameRun],
    run_of: Int,
    columns: Columns,
    well_formed: Mask,
    dropped: Mapping[int, int | None],
) -> list[StatusChange]:
    changes = []
    for index in np.flatnonzero((columns.number <= _LAST_STATUS_CHANGE) & well_formed).tolist():
        run, frame = runs[run_of[index]], frames[index]
        changes.append(
            StatusChange(
                session=run.session,
                type=frame[HEADER_BYTES - 1],
                payload=frame[HEADER_BYTES:],
                received_at=run.received_at,
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
