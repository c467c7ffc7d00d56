"""Many frames of many connections at once: judged, numbered, turned into columns.

Pure. The batch's way through the protocol: ``protocol.columnar`` reads and judges all
frames together, and only those it is not sure of go through ``check_event`` one by one.
What comes out is what ``protocol.connection.Connection.receive_data`` would have said of
the same bytes; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tart.aggregate.core.event_batch import EventBatch, Finding
from tart.aggregate.core.isolation import Failure, Isolation
from tart.errors import DecodeError
from tart.protocol.byte_reader import Deviation
from tart.protocol.columnar import PEER_BYTES, REF_BYTES, U64, Columns, Int, Mask, read_columns
from tart.protocol.connection import EVENT_ID_MODULUS, Connection
from tart.protocol.decoding import DROPPED, HEADER_BYTES, check_event, decode_event
from tart.protocol.events import EVENTS, leading_reference
from tart.shard.state.node_statements import SYNC
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import NONE, PeerDictionary
from tart.storage.aggregates.session_recovery import finding_of
from tart.storage.core.log_columns import LogColumns
from tart.storage.core.schema import PeerRow, UndecodableRow

STAGE = "digest"

# By connection the last event id, and the one that follows.
EventIds = dict[Connection, tuple[int, int]]


class Run(NamedTuple):
    """Frames that one read brought, next to one another in the batch.

    Attributes:
        session: whose they are.
        length: how many.
        received_at: when, Unix microseconds.
    """

    session: Session
    length: int
    received_at: int


class Said(NamedTuple):
    """What a node said of itself: its status, a block, its sync, or that it dropped events.

    Attributes:
        received_at: Unix microseconds; ``timestamp``: the node's clock, JCE microseconds.
    """

    session: Session
    number: int
    payload: bytes
    received_at: int
    timestamp: int


@dataclass(frozen=True)
class DecodedBatch:
    """A batch's frames, sorted.

    Attributes:
        log: the good ones in columns.
        owners: the sessions of the batch, and by number whose each row of ``log`` is.
        undecodable: the others, with their session and reason.
        deviations: what good ones did not do as specified.
        said: status events that change what we know of a node, in order.
        peers: the numbers given to peer ids that came for the first time.
        faults: what is wrong with the bytes of any of them.
        contents, clean: of each row of ``log``, the frame, and whether it is exactly as
            specified.
    """

    log: LogColumns
    owners: list[Session]
    owner_of: Int
    undecodable: list[tuple[Session, UndecodableRow]]
    deviations: list[tuple[Session, tuple[Deviation, ...]]]
    said: list[Said]
    peers: list[PeerRow]
    faults: list[Finding]
    contents: list[bytes]
    clean: Mask

    def event_batch(self) -> EventBatch:
        """The good ones, for the aggregates; slots and cores they fill in go to ``log``."""
        log = self.log
        return EventBatch(
            log.seq,
            log.received_at,
            log.timestamp,
            log.node,
            log.session,
            log.event_id,
            log.type,
            log.ref,
            log.has_ref,
            log.slot,
            log.has_slot,
            log.core,
            log.has_core,
            self.clean,
            self.contents,
            self.faults,
        )


@dataclass
class _Verdicts:
    """What checking one by one found."""

    keep: Mask
    errors: list[tuple[int, DecodeError]]
    deviations: list[tuple[int, tuple[Deviation, ...]]]


def digest(
    frames: list[bytes], runs: list[Run], first_sequence: int, peers: PeerDictionary
) -> DecodedBatch:
    """Judge and number frames.

    Args:
        frames: contents, in order of arrival; not empty.
        runs: whose they are, in the same order; their lengths add up to all frames.
        first_sequence: the sequence of the first; each takes one.
        peers: the directory's numbers of peer ids; new ones are given.

    Advances ``next_event_id`` of the runs' connections. If this raises, it has changed
    nothing.
    """
    known = len(peers.ids)
    try:
        found, ids = _digest(frames, runs, first_sequence, peers)
    except Exception:
        peers.forget(known)
        raise
    for connection, (last, following) in ids.items():
        connection.last_event_id, connection.next_event_id = last, following
    return found


def digest_in_parts(
    frames: list[bytes],
    runs: list[Run],
    first_sequence: int,
    peers: PeerDictionary,
    isolation: Isolation,
) -> list[DecodedBatch]:
    """Like ``digest``, and if that raises, in halves, until what it cannot take is alone.

    A frame that it cannot take, which is a fault of tart, is kept as it came.
    """
    try:
        isolation.enter(STAGE)
        return [digest(frames, runs, first_sequence, peers)]
    except Exception as error:
        if len(frames) == 1:
            session = runs[0].session
            isolation.record(Failure(STAGE, error, 1, session.number, _number_of(frames[0])))
            return [_unread(frames[0], runs[0], first_sequence)]
    middle = len(frames) // 2
    first, second = _split(runs, middle)
    return [
        *digest_in_parts(frames[:middle], first, first_sequence, peers, isolation),
        *digest_in_parts(frames[middle:], second, first_sequence + middle, peers, isolation),
    ]


def _split(runs: list[Run], frames: int) -> tuple[list[Run], list[Run]]:
    """The runs of the first frames, and those of the others."""
    first: list[Run] = []
    for at, run in enumerate(runs):
        if frames <= run.length:
            rest = [run._replace(length=run.length - frames)] if frames < run.length else []
            return [*first, run._replace(length=frames)], [*rest, *runs[at + 1 :]]
        first.append(run)
        frames -= run.length
    return first, []


def _unread(frame: bytes, run: Run, sequence: int) -> DecodedBatch:
    """A frame that is only kept, with its event id."""
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
        type=_number_of(frame),
        rule="server_failure",
        field="",
        byte_offset=0,
        expectation="a server that can process it: this is a fault of tart, not of the node",
        frame=frame,
    )
    return DecodedBatch(
        log=LogColumns.empty(),
        owners=[session],
        owner_of=np.zeros(0, np.int64),
        undecodable=[(session, row)],
        deviations=[],
        said=[],
        peers=[],
        faults=[finding_of(row)],
        contents=[],
        clean=np.zeros(0, np.bool_),
    )


def _digest(
    frames: list[bytes], runs: list[Run], first_sequence: int, peers: PeerDictionary
) -> tuple[DecodedBatch, EventIds]:
    columns = read_columns(frames)
    owners, lengths, times = zip(*runs, strict=True)
    counts = np.array(lengths)
    run_of = np.repeat(np.arange(len(runs)), counts)
    verdicts = _judge(frames, owners, run_of, columns)
    event_ids, ids = _event_ids(frames, owners, counts, run_of, columns, verdicts.keep)
    sequences = np.arange(first_sequence, first_sequence + len(frames))
    known = len(peers.ids)
    peer = _peers(frames, columns, verdicts.keep, peers)
    has_peer = peer != NONE
    body_start = columns.body_start + PEER_BYTES * has_peer
    log = LogColumns(
        seq=sequences,
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
        body=[
            frame[at:end]
            for frame, at, end in zip(
                frames, body_start.tolist(), columns.body_end.tolist(), strict=True
            )
        ],
    )
    said = _said(frames, runs, run_of, columns, verdicts.keep)
    undecodable = [
        (owners[run_of[at]], _kept(frames[at], log, at, error)) for at, error in verdicts.errors
    ]
    deviations = [(owners[run_of[at]], each) for at, each in verdicts.deviations]
    faults = _faults(frames, log, verdicts)
    contents, clean = frames, columns.clean
    if verdicts.errors:
        good = np.flatnonzero(verdicts.keep)
        log, run_of, clean = log.take(good), run_of[good], clean[good]
        contents = [frames[at] for at in good.tolist()]
    new = [PeerRow(at, peers.ids[at]) for at in range(known, len(peers.ids))]
    found = DecodedBatch(
        log=log,
        owners=list(owners),
        owner_of=run_of,
        undecodable=undecodable,
        deviations=deviations,
        said=said,
        peers=new,
        faults=faults,
        contents=contents,
        clean=clean,
    )
    return found, ids


def _judge(
    frames: list[bytes], owners: Sequence[Session], run_of: Int, columns: Columns
) -> _Verdicts:
    """Check one by one what the columns are not sure of."""
    found = _Verdicts(np.ones(len(frames), np.bool_), [], [])
    for at in np.flatnonzero(~columns.clean).tolist():
        session, content = owners[run_of[at]], frames[at]
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
            )
        except DecodeError as error:
            found.keep[at] = False
            found.errors.append((at, error.with_traceback(None)))
            continue
        if deviations:
            found.deviations.append((at, deviations))
        _settle_reference(columns, at, content, version)
    return found


def _settle_reference(columns: Columns, at: int, content: bytes, version: int) -> None:
    """Whether a payload starts with an Event ID may depend on the connection's version."""
    event = EVENTS[content[HEADER_BYTES - 1]]
    if event.version_0 is not None:
        leads = leading_reference(event.layout(version)) is not None
        has_ref = leads and len(content) >= HEADER_BYTES + REF_BYTES
        columns.has_ref[at] = has_ref
        columns.body_start[at] = HEADER_BYTES + REF_BYTES * has_ref


def _peers(frames: list[bytes], columns: Columns, keep: Mask, peers: PeerDictionary) -> Int:
    """The number of the peer id that each good frame has before its body, or ``NONE``."""
    found = np.full(len(frames), NONE, np.int64)
    rows = np.flatnonzero(columns.has_peer & keep)
    places = zip(rows.tolist(), columns.body_start[rows].tolist(), strict=True)
    found[rows] = peers.numbers([frames[row][at : at + PEER_BYTES] for row, at in places])
    return found


def _event_ids(
    frames: list[bytes],
    owners: Sequence[Session],
    counts: Int,
    run_of: Int,
    columns: Columns,
    keep: Mask,
) -> tuple[U64, EventIds]:
    """Each frame's implicit id; every frame takes one, a Dropped of N stands for N.

    Returns:
        The ids, and of each connection its last one and the one that follows.
    """
    advance = np.ones(len(frames), np.uint64)
    for at in np.flatnonzero((columns.number == DROPPED) & keep).tolist():
        advance[at] = decode_event(DROPPED, frames[at][HEADER_BYTES:]).fields["num"]
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


def _said(
    frames: list[bytes], runs: list[Run], run_of: Int, columns: Columns, keep: Mask
) -> list[Said]:
    about = (columns.number <= SYNC) & keep
    said = []
    for at in np.flatnonzero(about).tolist():
        run, frame = runs[run_of[at]], frames[at]
        number = frame[HEADER_BYTES - 1]
        at_node = int(columns.timestamp[at])
        said.append(Said(run.session, number, frame[HEADER_BYTES:], run.received_at, at_node))
    return said


def _faults(frames: list[bytes], log: LogColumns, verdicts: _Verdicts) -> list[Finding]:
    """What is wrong with the bytes of frames, each thing by itself."""
    wrong: list[tuple[int, DecodeError | Deviation]] = [*verdicts.errors]
    wrong += [(at, each) for at, deviations in verdicts.deviations for each in deviations]
    return [
        Finding(
            each.rule,
            int(log.received_at[at]),
            int(log.node[at]),
            int(log.session[at]),
            int(log.seq[at]),
            int(log.event_id[at]),
            _number_of(frames[at]),
            each.offset,
            each.field,
            each.expectation,
            frames[at],
        )
        for at, each in wrong
    ]


def _number_of(frame: bytes) -> int | None:
    return frame[HEADER_BYTES - 1] if len(frame) >= HEADER_BYTES else None


def _kept(frame: bytes, log: LogColumns, at: int, error: DecodeError) -> UndecodableRow:
    """The row of a frame that cannot be understood."""
    return UndecodableRow(
        int(log.seq[at]),
        int(log.received_at[at]),
        int(log.node[at]),
        int(log.session[at]),
        int(log.event_id[at]),
        _number_of(frame),
        error.rule,
        error.field,
        error.offset,
        error.expectation,
        frame,
    )
