"""What a directory's files say about its past, read once when a shard starts.

Numbers go on where they stopped: the sequence of frames, the sessions, the nodes. Counts
per node and type are taken from the log itself, so they are true after any kind of stop.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_rows_query

if TYPE_CHECKING:
    import duckdb

DROPPED = 0
# What a node says of itself and holds until it says otherwise: status, best and finalized
# block, sync.
STATEMENTS = (10, 11, 12, 13)
# A part of a file that DuckDB passes over as a whole has so many rows.
_ROWS_TOGETHER = 500_000


@dataclass
class StoredSession:
    """One connection as the files tell it; times are Unix microseconds."""

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
    """What the aggregates know of a node's connections; times are Unix microseconds."""

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
    """One directory's history.

    Attributes:
        next_sequence: the number the next frame gets.
        next_session: the number the next connection gets.
        missing: sequence numbers between the first and the last that no frame has.
        nodes: number to peer id.
        peers: number to peer id, of those that nodes spoke of.
        sessions: number to connection.
        counts: per node number, events by type.
        last_seen: per node number, the last ``received_at`` of a frame.
        dropped: per node number, (events, messages) of Dropped.
        undecodable: per node number, frames that could not be understood.
        opened: connections whose beginning a file has.
        remembered: per node number, what the aggregates know, which are kept longer.
        latest: per node number and type, of the types in ``STATEMENTS``, the newest ``seq``.
        statements: those events.
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


def read_file(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState) -> None:
    """Add what one file knows to what is known from those before it."""
    _read_nodes_and_sessions(cursor, file, past)
    _read_counts(cursor, file, past)
    _read_leap(cursor, file, past)


def read_strangers(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState) -> None:
    """Connections of which a file has events and none has a row any more.

    For files that are damaged, when all were read.
    """
    rows = cursor.execute(
        "SELECT session, any_value(node), epoch_us(min(received_at)) "
        f"FROM {file.alias}.log GROUP BY session"
    ).fetchall()
    for session, node, at in rows:
        past.next_session = max(past.next_session, session + 1)
        past.sessions.setdefault(session, StoredSession(session, node, "", b"", at))


def read_statements(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState) -> None:
    """Read what a file has of what each node said of itself last.

    Once ``read_file`` has read all files: of each node and type that is one event.

    Raises:
        duckdb.Error: the file cannot be read.
    """
    for wanted in _near(sorted(past.latest.values())):
        listed = ", ".join(map(str, wanted))
        within = f"seq >= {wanted[0]} AND seq <= {wanted[-1]} AND seq IN ({listed})"
        rows = cursor.execute(log_rows_query(file.alias, within)).fetchall()
        past.statements += map(LogRow._make, rows)


def _near(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Ascending numbers in runs, each over a range that is read at once."""
    run: list[int] = []
    for number in numbers:
        if run and number - run[0] >= _ROWS_TOGETHER:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


@dataclass(frozen=True)
class Stretch:
    """Numbers of some files that should follow one another without a hole.

    Attributes:
        begins: where they begin, if that is known: numbers below it are left out.
        frames: how many have them.
    """

    begins: int | None
    frames: int
    first: int
    last: int


def stretches(
    cursor: duckdb.DuckDBPyConnection, segments: Sequence[LogFile], *, once: bool = False
) -> list[Stretch]:
    """The numbers of the frames of some files: one stretch, and one after each leap.

    Args:
        once: frames with one number count once.
    """
    count = f"count({'DISTINCT seq' if once else '*'})"
    numbers = " UNION ALL ".join(
        f"SELECT seq FROM {file.alias}.{table}"
        for file in segments
        for table in ("log", "undecodable")
    )
    leaps = sorted(
        {
            int(found["next_sequence"])
            for found in _meta(cursor, segments)
            if "next_sequence" in found
        }
    )
    found = []
    for begins, end in zip([None, *leaps], [*leaps, None], strict=True):
        above = "true" if begins is None else f"seq >= {begins}"
        below = "true" if end is None else f"seq < {end}"
        ((frames, first, last),) = cursor.execute(
            f"SELECT {count}, min(seq), max(seq) FROM ({numbers}) WHERE {above} AND {below}"
        ).fetchall()
        if frames:
            found.append(Stretch(begins, frames, first, last))
    return found


def count_missing(cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile]) -> int:
    """Every frame has the number after that of the one before: a hole is a loss.

    Args:
        files: a directory's.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    # All together: files may have each other's names, and lose nothing by that.
    missing = 0
    for each in stretches(cursor, files) if files else ():
        before = 0 if each.begins is None else max(0, each.first - each.begins)
        missing += before + each.last - each.first + 1 - each.frames
    return missing


def _read_leap(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState) -> None:
    """Numbers that a file of unknown content may have used are not used again."""
    (found,) = _meta(cursor, [file])
    past.next_sequence = max(past.next_sequence, int(found.get("next_sequence", 0)))
    past.next_session = max(past.next_session, int(found.get("next_session", 0)))


def _meta(cursor: duckdb.DuckDBPyConnection, files: Sequence[LogFile]) -> list[dict[str, str]]:
    return [
        dict(cursor.execute(f"SELECT key, value FROM {file.alias}.meta").fetchall())
        for file in files
    ]


def _read_nodes_and_sessions(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState
) -> None:
    past.nodes |= dict(cursor.execute(f"SELECT node, peer_id FROM {file.alias}.nodes").fetchall())
    past.peers |= dict(cursor.execute(f"SELECT peer, peer_id FROM {file.alias}.peers").fetchall())
    rows = cursor.execute(
        "SELECT session, epoch_us(happened_at), what, node, address, node_information, counters, "
        "reason "
        f"FROM {file.alias}.sessions"
    ).fetchall()
    for session, at, what, node, address, hello, counters, reason in rows:
        past.next_session = max(past.next_session, session + 1)
        stored = past.sessions.setdefault(session, StoredSession(session, node, address, hello, at))
        if what == "opened":
            stored.started_at = at
            past.opened.add(session)
        elif session not in past.opened:
            stored.started_at = min(stored.started_at, at)
        if what in ("closed", "refused"):
            stored.ended_at, stored.refused, stored.reason = at, what == "refused", reason
            stored.counters = json.loads(counters or "{}")


def _read_counts(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState) -> None:
    rows = cursor.execute(
        "SELECT node, type, count(*), max(seq), epoch_us(max(received_at)) "
        f"FROM {file.alias}.log GROUP BY node, type"
    ).fetchall()
    for node, number, count, sequence, seen in rows:
        past.counts.setdefault(node, Counter())[number] += count
        past.next_sequence = max(past.next_sequence, sequence + 1)
        past.last_seen[node] = max(past.last_seen.get(node, 0), seen)
        if number in STATEMENTS:
            past.latest[node, number] = max(past.latest.get((node, number), -1), sequence)
    _read_dropped(cursor, file, past)
    rows = cursor.execute(
        "SELECT node, count(*), max(seq), epoch_us(max(received_at)) "
        f"FROM {file.alias}.undecodable GROUP BY node"
    ).fetchall()
    for node, count, sequence, seen in rows:
        past.next_sequence = max(past.next_sequence, sequence + 1)
        if node is not None:
            past.undecodable[node] += count
            past.last_seen[node] = max(past.last_seen.get(node, 0), seen)


def _read_dropped(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState) -> None:
    """Sum up Dropped's ``num``: after the timestamp, or alone where that is missing."""
    rows = cursor.execute(
        f"SELECT node, body FROM {file.alias}.log WHERE type = {DROPPED}"
    ).fetchall()
    for node, body in rows:
        events, messages = past.dropped.get(node, (0, 0))
        number = int.from_bytes(body[8:16] or body, "little")
        past.dropped[node] = (events + number, messages + 1)
