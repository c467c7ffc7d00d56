"""Event batches of a simulated network, of any size, and their aggregates."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext, EventBatch, Rows
from tart.aggregate.core.event_columns import EventColumns
from tart.aggregate.core.tables import TABLES, columns
from tart.aggregate.keyed.counters import minute_start
from tart.aggregate.keyed.sessions import CLOSED, SessionSummary
from tart.protocol.columnar import read_columns
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.frames import Frames
from tart.protocol.node_information import decode_node_information
from tart.simulate.model.in_memory import Played, Session, play_troubled
from tart.units import JCE_US

# The delay of each event: from its timestamp to ``received_at``.
DELAY_US = 1_000


@cache
def troubled_network(seed: int = 1) -> Played:
    """Return a network with many faults."""
    return play_troubled(30, seed=seed)


def decode_contexts(played: Played) -> dict[int, DecodeContext]:
    """Return the decode context of each session."""
    nodes = [decode_node_information(each.hello[4:]) for each in played.sessions]
    return {
        number: DecodeContext(node.protocol_version, node.cores)
        for number, node in enumerate(nodes)
    }


def event_batches(played: Played, size: int) -> list[EventBatch]:
    """Return all events, ``size`` at a time; within a batch they are sorted by session."""
    session_of = {
        id(emission): at
        for at, session in enumerate(played.sessions)
        for emission in session.emissions
    }
    contexts = decode_contexts(played)
    batches = []
    for start in range(0, len(played.emissions), size):
        part = played.emissions[start : start + size]
        part = sorted(part, key=lambda each: session_of[id(each)])
        frames = [each.frame[4:] for each in part]
        sessions = [session_of[id(each)] for each in part]
        columns = read_columns(Frames.of(frames))
        leads = [
            leading_reference(EVENTS[number].layout(contexts[session].version)) is not None
            for number, session in zip(columns.number.tolist(), sessions, strict=True)
        ]
        batches.append(
            EventBatch(
                EventColumns(
                    seq=np.arange(start, start + len(part)),
                    received_at=columns.timestamp.astype(np.int64) + JCE_US + DELAY_US,
                    timestamp=columns.timestamp,
                    node=np.array([each.node for each in part], np.int32),
                    session=np.array(sessions, np.int32),
                    event_id=np.array([each.event_id for each in part], np.uint64),
                    type=columns.number,
                    ref=columns.ref,
                    has_ref=np.array(leads),
                    slot=columns.slot,
                    has_slot=columns.has_slot,
                    core=columns.core,
                    has_core=columns.has_core,
                ),
                Frames.of(frames),
                columns.clean,
            )
        )
    return batches


def connection_batch(*events: tuple[int, int, bytes], first: int = 0) -> EventBatch:
    """Return a batch of events of one connection of protocol version 1.

    Args:
        events: Timestamp, type and payload of each.
        first: The event id of the first.
    """
    times = np.array([at for at, _, _ in events])
    frames = [at.to_bytes(8, "little") + bytes([number]) + rest for at, number, rest in events]
    columns = read_columns(Frames.of(frames))
    leads = [leading_reference(EVENTS[number].fields) is not None for _, number, _ in events]
    none, ids = np.zeros(len(events), np.int32), np.arange(first, first + len(events))
    return EventBatch(
        EventColumns(
            seq=ids,
            received_at=times + JCE_US,
            timestamp=columns.timestamp,
            node=none,
            session=none,
            event_id=ids.astype(np.uint64),
            type=columns.number,
            ref=columns.ref,
            has_ref=np.array(leads),
            slot=columns.slot,
            has_slot=columns.has_slot,
            core=columns.core,
            has_core=columns.has_core,
        ),
        Frames.of(frames),
        columns.clean,
    )


def aggregate(played: Played, size: int = 500) -> Aggregates:
    """Return the aggregates of all events; all connections have ended."""
    aggregates = Aggregates(decode_contexts(played).__getitem__)
    for batch in event_batches(played, size):
        aggregates.add(batch)
    aggregates.end_all_sessions()
    for number, session in enumerate(played.sessions):
        aggregates.record_session(session_summary(number, session))
    return aggregates


def session_summary(number: int, session: Session) -> SessionSummary:
    """Return the row of a played connection, which the node has closed."""
    times = [each.timestamp + JCE_US + DELAY_US for each in session.emissions]
    information = decode_node_information(session.hello[4:])
    last = session.emissions[-1].event_id if times else None
    return SessionSummary(
        ended_at=times[-1] if times else JCE_US,
        started_at=times[0] if times else JCE_US,
        node=session.node,
        session=number,
        address="192.0.2.1:4",
        outcome=CLOSED,
        reason="closed by the node",
        protocol_version=information.protocol_version,
        params_layout=information.layout,
        last_at=times[-1] if times else None,
        last_event_id=last,
        next_event_id=0 if last is None else last + 1,
        events=len(times),
        bytes=len(session.data),
        dropped=0,
        undecodable=0,
        shed=0,
        deviations="{}",
    )


def all_rows(aggregates: Aggregates) -> dict[str, Rows]:
    """Return the rows of every table; of ``role_events`` one that no event of JIP-3 makes yet."""
    found = {table: aggregates.rows(table, include_open=False) for table in TABLES}
    assert not len(next(iter(found["role_events"].values())))
    bucket = minute_start(found["heads"]["bucket"][0])
    row = (bucket, 0, 200, 1, None, 3, bucket + 5, None)
    return found | {"role_events": columns("role_events", [row])}


def rows(aggregates: Aggregates, table: str) -> list[dict]:
    """Return a table's rows as objects."""
    found = aggregates.rows(table, include_open=False)
    columns = [each.tolist() if hasattr(each, "tolist") else each for each in found.values()]
    return [dict(zip(found, row, strict=True)) for row in zip(*columns, strict=True)]


def sum_by(found: list[dict], *keys: str, value: str = "count") -> Counter:
    """Return the sum of a value of rows by keys."""
    total: Counter = Counter()
    for row in found:
        total[tuple(row[key] for key in keys)] += row[value]
    return total
