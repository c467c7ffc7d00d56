"""The state of a directory, read from its files once when a shard starts.

Numbers go on where they stopped: the sequence of frames, the sessions, the nodes. Counts
per node and type are taken from the event log itself, so they are true after any kind of stop.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tart.protocol.dropped_events import dropped_events, elapsed_since
from tart.protocol.events import EventKind
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import SampledRow, log_rows_query, log_subquery
from tart.storage.log.sampled_table import read_sampled

if TYPE_CHECKING:
    import duckdb

# The events that set a state of a node until the next of the same type.
STATEMENTS = (
    EventKind.STATUS,
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.SYNC_STATUS_CHANGED,
)
_DROPPED_BYTE = bytes([EventKind.DROPPED])
# About the rows of a row group, which DuckDB skips as a whole.
_ROWS_TOGETHER = 500_000


@dataclass
class StoredSession:
    """A connection in the event log; times are Unix microseconds."""

    session: int
    node: int | None
    address: str
    node_information: bytes
    started_at: int
    ended_at: int | None = None
    counters: dict[str, Any] = field(default_factory=dict)
    refused: bool = False
    reason: str | None = None


class NodeHistory(NamedTuple):
    """The connections of a node in the aggregates; times are Unix microseconds."""

    first_at: int
    started_at: int
    last_at: int
    ended_at: int
    address: str
    events: int
    undecodable: int
    dropped: int


@dataclass
class RecoveredState:
    """The state of a directory.

    Attributes:
        directory: The number of the directory.
        next_sequence: The number of the next frame.
        next_session: The number of the next connection.
        missing: Sequence numbers between the first and the last that no frame has.
        nodes: Peer ids by node number.
        peers: Peer ids by peer number, of the peers that nodes named.
        sessions: Connections by number.
        counts: By node number, events by type.
        last_seen: By node number, the last ``received_at`` of a frame.
        dropped: By node number, (events, messages) of Dropped.
        undecodable: By node number, frames that could not be decoded.
        opened: Connections whose beginning a file has.
        node_histories: By node number, the connections in the aggregates, which are kept longer.
        latest: By node number and type, of the types in ``STATEMENTS``, the newest ``seq``.
        statements: The events of ``latest``.
        sampled: What sampling left out of the log.
    """

    directory: int
    next_sequence: int = 0
    next_session: int = 0
    missing: int = 0
    nodes: dict[int, bytes] = field(default_factory=dict)
    peers: dict[int, bytes] = field(default_factory=dict)
    sessions: dict[int, StoredSession] = field(default_factory=dict)
    counts: dict[int, Counter[int]] = field(default_factory=dict)
    last_seen: dict[int, int] = field(default_factory=dict)
    dropped: dict[int, tuple[int, int]] = field(default_factory=dict)
    undecodable: Counter[int] = field(default_factory=Counter)
    opened: set[int] = field(default_factory=set, repr=False, compare=False)
    node_histories: dict[int, NodeHistory] = field(default_factory=dict)
    latest: dict[tuple[int, int], int] = field(default_factory=dict, repr=False, compare=False)
    statements: list[LogRow] = field(default_factory=list)
    sampled: list[SampledRow] = field(default_factory=list)


def read_file(cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState) -> None:
    """Add a file to the state recovered from the files before it."""
    _read_nodes_and_sessions(cursor, file, state)
    _read_counts(cursor, file, state)
    for row in read_sampled(cursor, [file]):
        state.next_sequence = max(state.next_sequence, row.last_seq + 1)
        state.sampled.append(row)
    _read_leap(cursor, file, state)


def read_unknown_sessions(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState
) -> None:
    """Add connections of which a file has events and no file has a row any more.

    For damaged files, after ``read_file`` of all.
    """
    rows = cursor.execute(
        "SELECT session, any_value(node), epoch_us(min(received_at)) "
        f"FROM {log_subquery(file.alias)} GROUP BY session"
    ).fetchall()
    for session, node, first_at in rows:
        state.next_session = max(state.next_session, session + 1)
        state.sessions.setdefault(session, StoredSession(session, node, "", b"", first_at))


def read_statements(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState
) -> None:
    """Read the events of ``state.latest`` that a file has.

    After ``read_file`` of all files.

    Raises:
        duckdb.Error: The file cannot be read.
    """
    for sequences in _group_nearby(sorted(state.latest.values())):
        listed = ", ".join(map(str, sequences))
        within = f"seq >= {sequences[0]} AND seq <= {sequences[-1]} AND seq IN ({listed})"
        rows = cursor.execute(log_rows_query(file.alias, within)).fetchall()
        state.statements += map(LogRow._make, rows)


def _group_nearby(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield ascending numbers in groups, each over a range that is read at once."""
    group: list[int] = []
    for number in numbers:
        if group and number - group[0] >= _ROWS_TOGETHER:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


@dataclass(frozen=True)
class SeqRun:
    """Sequence numbers of some files that should follow one another without a hole.

    Attributes:
        begins: Where they begin, if that is known: numbers below it were skipped.
        frames: The number of frames that have them, those included that sampling left out.
        first: The first number.
        last: The last number.
    """

    begins: int | None
    frames: int
    first: int
    last: int


def read_seq_runs(
    cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile], *, distinct: bool = False
) -> list[SeqRun]:
    """Return the sequence numbers of some files: one run, and one after each leap.

    Args:
        cursor: The cursor to read with.
        files: The files.
        distinct: Count frames with the same number once.
    """
    count = f"count({'DISTINCT seq' if distinct else '*'})"
    numbers = " UNION ALL ".join(
        f"SELECT seq FROM {file.alias}.{table}"
        for file in files
        for table in ("log", "undecodable")
    )
    leaps = sorted(
        {int(meta["next_sequence"]) for meta in _meta(cursor, files) if "next_sequence" in meta}
    )
    sampled = read_sampled(cursor, files)
    runs = []
    for begins, end in zip([None, *leaps], [*leaps, None], strict=True):
        above = "true" if begins is None else f"seq >= {begins}"
        below = "true" if end is None else f"seq < {end}"
        ((frames, first, last),) = cursor.execute(
            f"SELECT {count}, min(seq), max(seq) FROM ({numbers}) WHERE {above} AND {below}"
        ).fetchall()
        left_out = [
            row
            for row in sampled
            if (begins is None or row.first_seq >= begins) and (end is None or row.first_seq < end)
        ]
        if frames or left_out:
            runs.append(_seq_run(begins, frames, first, last, left_out))
    return runs


def _seq_run(
    begins: int | None,
    frames: int,
    first: int | None,
    last: int | None,
    left_out: Sequence[SampledRow],
) -> SeqRun:
    """Return a run of frames, those included that sampling left out."""
    known = [number for number in (first, last) if number is not None]
    known += [number for row in left_out for number in (row.first_seq, row.last_seq)]
    left_out_frames = sum(row.events for row in left_out)
    return SeqRun(begins, frames + left_out_frames, min(known), max(known))


def count_missing(cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile]) -> int:
    """Return the number of lost frames: each has the number after that of the one before.

    Args:
        cursor: The cursor to read with.
        files: All files of a directory.

    Raises:
        duckdb.Error: A file cannot be read.
    """
    # All files together: renamed files may have each other's names without a loss.
    missing = 0
    for run in read_seq_runs(cursor, files) if files else ():
        skipped = 0 if run.begins is None else max(0, run.first - run.begins)
        missing += skipped + run.last - run.first + 1 - run.frames
    return missing


def _read_leap(cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState) -> None:
    """Skip the numbers that a lost file may have used."""
    (meta,) = _meta(cursor, [file])
    state.next_sequence = max(state.next_sequence, int(meta.get("next_sequence", 0)))
    state.next_session = max(state.next_session, int(meta.get("next_session", 0)))


def _meta(cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile]) -> list[dict[str, str]]:
    return [
        dict(cursor.execute(f"SELECT key, value FROM {file.alias}.meta").fetchall())
        for file in files
    ]


def _read_nodes_and_sessions(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState
) -> None:
    state.nodes |= dict(cursor.execute(f"SELECT node, peer_id FROM {file.alias}.nodes").fetchall())
    state.peers |= dict(cursor.execute(f"SELECT peer, peer_id FROM {file.alias}.peers").fetchall())
    rows = cursor.execute(
        "SELECT session, epoch_us(happened_at), what, node, address, node_information, counters, "
        "reason "
        f"FROM {file.alias}.sessions"
    ).fetchall()
    for session, happened_at, what, node, address, information, counters, reason in rows:
        state.next_session = max(state.next_session, session + 1)
        stored = state.sessions.setdefault(
            session, StoredSession(session, node, address, information, happened_at)
        )
        if what == "opened":
            stored.started_at = happened_at
            state.opened.add(session)
        elif session not in state.opened:
            stored.started_at = min(stored.started_at, happened_at)
        if what in ("closed", "refused"):
            stored.ended_at, stored.refused, stored.reason = happened_at, what == "refused", reason
            stored.counters = json.loads(counters or "{}")


def _read_counts(cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState) -> None:
    rows = cursor.execute(
        "SELECT node, type, count(*), max(seq), epoch_us(max(received_at)) "
        f"FROM {log_subquery(file.alias)} GROUP BY node, type"
    ).fetchall()
    for node, kind, count, sequence, last_at in rows:
        state.counts.setdefault(node, Counter())[kind] += count
        state.next_sequence = max(state.next_sequence, sequence + 1)
        state.last_seen[node] = max(state.last_seen.get(node, 0), last_at)
        if kind in STATEMENTS:
            state.latest[node, kind] = max(state.latest.get((node, kind), -1), sequence)
    _read_dropped(cursor, file, state)
    rows = cursor.execute(
        "SELECT node, count(*), max(seq), epoch_us(max(received_at)) "
        f"FROM {file.alias}.undecodable GROUP BY node"
    ).fetchall()
    for node, count, sequence, last_at in rows:
        state.next_sequence = max(state.next_sequence, sequence + 1)
        if node is not None:
            state.undecodable[node] += count
            state.last_seen[node] = max(state.last_seen.get(node, 0), last_at)


def _read_dropped(cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState) -> None:
    """Sum up the numbers of Dropped that can be true."""
    rows = cursor.execute(
        "SELECT node, session, epoch_us(received_at), timestamp, body "
        f"FROM {log_subquery(file.alias)} WHERE type = {EventKind.DROPPED}"
    ).fetchall()
    for node, session, received_at, timestamp, body in rows:
        stored = state.sessions.get(session)
        elapsed_us = elapsed_since(stored.started_at if stored else None, received_at)
        number = dropped_events(timestamp.to_bytes(8, "little") + _DROPPED_BYTE + body, elapsed_us)
        if number is not None:
            events, messages = state.dropped.get(node, (0, 0))
            state.dropped[node] = (events + number, messages + 1)


def dropped_count(body: bytes) -> int:
    """Return ``num`` of a Dropped: after the timestamp, or alone where that is missing."""
    return int.from_bytes(body[8:16] or body, "little")
