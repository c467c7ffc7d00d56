"""What a directory's files say about its past, read once when a shard starts.

Numbers go on where they stopped: the sequence of frames, the sessions, the nodes. Counts
per node and type are taken from the log itself, so they are true after any kind of stop.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tart.storage.files import LogFile

if TYPE_CHECKING:
    import duckdb

DROPPED = 0


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


@dataclass
class Past:
    """One directory's history.

    Attributes:
        next_sequence: the number the next frame gets.
        next_session: the number the next connection gets.
        missing: sequence numbers between the first and the last that no frame has.
        nodes: number to peer id.
        sessions: number to connection.
        counts: per node number, events by type.
        last_seen: per node number, the last ``received_at``.
        dropped: per node number, (events, messages) of Dropped.
        undecodable: per node number, frames that could not be understood.
    """

    directory: int
    next_sequence: int = 0
    next_session: int = 0
    missing: int = 0
    nodes: dict[int, bytes] = field(default_factory=dict)
    sessions: dict[int, StoredSession] = field(default_factory=dict)
    counts: dict[int, Counter[int]] = field(default_factory=dict)
    last_seen: dict[int, int] = field(default_factory=dict)
    dropped: dict[int, tuple[int, int]] = field(default_factory=dict)
    undecodable: Counter[int] = field(default_factory=Counter)


def read_past(cursor: duckdb.DuckDBPyConnection, directory: int, files: list[LogFile]) -> Past:
    """Read one directory's files, oldest first.

    Raises:
        duckdb.Error: a file cannot be read; ``read_file`` tells which.
    """
    past = Past(directory)
    for file in files:
        read_file(cursor, file, past)
    return past


def read_file(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: Past) -> None:
    """Add what one file knows to what is known from those before it."""
    _read_nodes_and_sessions(cursor, file, past)
    _note_missing(cursor, file, past)
    _read_counts(cursor, file, past)
    _read_leap(cursor, file, past)


def _note_missing(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: Past) -> None:
    """Every frame has the number after that of the one before: a hole is a loss."""
    ((count, first, last),) = cursor.execute(
        f"SELECT count(*), min(seq), max(seq) FROM (SELECT seq FROM {file.alias}.log "
        f"UNION ALL SELECT seq FROM {file.alias}.undecodable)"
    ).fetchall()
    if count:
        before = first - past.next_sequence if past.next_sequence else 0
        past.missing += max(0, before) + last - first + 1 - count


def _read_leap(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: Past) -> None:
    """Numbers that a file of unknown content may have used are not used again."""
    found = dict(cursor.execute(f"SELECT key, value FROM {file.alias}.meta").fetchall())
    past.next_sequence = max(past.next_sequence, int(found.get("next_sequence", 0)))
    past.next_session = max(past.next_session, int(found.get("next_session", 0)))


def _read_nodes_and_sessions(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: Past) -> None:
    past.nodes |= dict(cursor.execute(f"SELECT node, peer_id FROM {file.alias}.nodes").fetchall())
    rows = cursor.execute(
        "SELECT session, epoch_us(happened_at), what, node, address, node_information, counters "
        f"FROM {file.alias}.sessions ORDER BY rowid"
    ).fetchall()
    for session, at, what, node, address, hello, counters in rows:
        past.next_session = max(past.next_session, session + 1)
        stored = past.sessions.setdefault(session, StoredSession(session, node, address, hello, at))
        if what in ("closed", "refused"):
            stored.ended_at = at
            stored.counters = json.loads(counters or "{}")


def _read_counts(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: Past) -> None:
    rows = cursor.execute(
        "SELECT node, type, count(*), max(seq), epoch_us(max(received_at)) "
        f"FROM {file.alias}.log GROUP BY node, type"
    ).fetchall()
    for node, number, count, sequence, seen in rows:
        past.counts.setdefault(node, Counter())[number] += count
        past.next_sequence = max(past.next_sequence, sequence + 1)
        past.last_seen[node] = max(past.last_seen.get(node, 0), seen)
    _read_dropped(cursor, file, past)
    rows = cursor.execute(
        f"SELECT node, count(*), max(seq) FROM {file.alias}.undecodable GROUP BY node"
    ).fetchall()
    for node, count, sequence in rows:
        past.next_sequence = max(past.next_sequence, sequence + 1)
        if node is not None:
            past.undecodable[node] += count


def _read_dropped(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: Past) -> None:
    """Sum up Dropped's ``num``: after the timestamp, or alone where that is missing."""
    rows = cursor.execute(
        f"SELECT node, body FROM {file.alias}.log WHERE type = {DROPPED}"
    ).fetchall()
    for node, body in rows:
        events, messages = past.dropped.get(node, (0, 0))
        number = int.from_bytes(body[8:16] or body, "little")
        past.dropped[node] = (events + number, messages + 1)
