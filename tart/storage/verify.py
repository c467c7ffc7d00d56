"""Checking a directory's files without changing a byte of them.

What the writer promises is looked up row by row: sequence numbers without holes within a
directory, event ids without holes within a session (a Dropped jumps by what it says), a
node and a session known for each row, and a payload that still decodes. A file is read
with its write-ahead log as it lies there; nothing is put into it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tart.config import StorageConfig
from tart.errors import StorageError
from tart.storage.database import Database, storage_error
from tart.storage.files import LogFile, directories, existing, quarantined
from tart.storage.recovery import DROPPED
from tart.storage.schema import LogRow

SAMPLE = 1_000
_CHUNK = 10_000
_MODULUS = 1 << 64

# What is wrong with a payload, given its row and what its node said first.
Complaint = Callable[[LogRow, bytes], str | None]
Cursor = duckdb.DuckDBPyConnection


@dataclass
class Report:
    """What was found.

    Attributes:
        findings: one sentence for each thing that is wrong.
        undecodable: frames kept as they came, by rule; that is no fault of the files.
    """

    findings: list[str] = field(default_factory=list)
    files: int = 0
    events: int = 0
    decoded: int = 0
    undecodable: Counter[str] = field(default_factory=Counter)


@dataclass
class _Course:
    """Where a directory's numbers stand after the files read so far."""

    next_sequence: int | None = None
    next_ids: dict[int, int] = field(default_factory=dict)


def verify(root: Path, complaint: Complaint, *, deep: bool) -> Report:
    """Check every directory of a data directory that no process uses.

    Args:
        complaint: decodes a row.
        deep: decode all rows, not about ``SAMPLE`` of each file.
    """
    report = Report()
    database = Database(StorageConfig())
    try:
        for directory in directories(root):
            for path in quarantined(root, directory):
                report.findings.append(f"{path}: damaged and in quarantine; it is not served")
            course = _Course()
            for file in existing(root, directory):
                _verify_file(database, file, course, report, complaint, deep=deep)
    finally:
        database.close()
    return report


def _verify_file(
    database: Database,
    file: LogFile,
    course: _Course,
    report: Report,
    complaint: Complaint,
    *,
    deep: bool,
) -> None:
    report.files += 1
    try:
        database.attach_untouched(file)
        with closing(database.cursor()) as cursor:
            found = [
                *_sequence(cursor, file, course),
                *_strangers(cursor, file),
                *_event_ids(cursor, file, course),
                *_payloads(cursor, file, report, complaint, deep=deep),
            ]
            _count(cursor, file, report)
        report.findings += [f"{file.path}: {each}" for each in found]
    except StorageError as error:
        report.findings.append(f"{error}; nothing more of this file was checked")
    except duckdb.Error as error:
        reason = storage_error(file, error)
        report.findings.append(f"{reason}; nothing more of this file was checked")
    finally:
        database.detach(file)


def _frames(file: LogFile, columns: str) -> str:
    """Both tables that hold frames, as one."""
    return (
        f"(SELECT {columns} FROM {file.alias}.log "
        f"UNION ALL SELECT {columns} FROM {file.alias}.undecodable)"
    )


def _sequence(cursor: Cursor, file: LogFile, course: _Course) -> Iterator[str]:
    meta = dict(cursor.execute(f"SELECT key, value FROM {file.alias}.meta").fetchall())
    if "next_sequence" in meta:  # the file before it was lost, its numbers are left out
        course.next_sequence = int(meta["next_sequence"])
    ((count, distinct, first, last),) = cursor.execute(
        f"SELECT count(*), count(DISTINCT seq), min(seq), max(seq) FROM {_frames(file, 'seq')}"
    ).fetchall()
    if not count:
        return
    if distinct != count:
        yield f"{count - distinct} sequence numbers are there more than once"
    missing = last - first + 1 - distinct
    if missing:
        yield f"{missing} frames are missing between sequence {first} and {last}"
    expected = course.next_sequence
    if expected is not None and first > expected:
        yield f"{first - expected} frames are missing before its first, sequence {first}"
    elif expected is not None and first < expected:
        yield f"its first frame has sequence {first}, which comes after {expected - 1}"
    course.next_sequence = max(last + 1, expected or 0)


def _strangers(cursor: Cursor, file: LogFile) -> Iterator[str]:
    for what in ("node", "session"):
        ((count,),) = cursor.execute(
            f"SELECT count(*) FROM {_frames(file, what)} WHERE {what} IS NOT NULL "
            f"AND {what} NOT IN (SELECT {what} FROM {file.alias}.{what}s WHERE {what} IS NOT NULL)"
        ).fetchall()
        if count:
            yield f"{count} frames are of a {what} that the file does not know"


def _event_ids(cursor: Cursor, file: LogFile, course: _Course) -> Iterator[str]:
    """Follow each session's ids; in an order DuckDB keeps, without holding the rows."""
    begun = {
        session
        for (session,) in cursor.execute(
            f"SELECT session FROM {file.alias}.sessions WHERE what = 'opened'"
        ).fetchall()
    }
    rows = cursor.execute(
        "SELECT session, event_id, previous, jump FROM (SELECT *, "
        "lag(event_id) OVER course AS previous, lag(body) OVER course AS jump, "
        "row_number() OVER course AS number FROM ("
        "SELECT seq, session, event_id, "
        f"CASE WHEN type = {DROPPED} THEN body END AS body FROM {file.alias}.log "
        f"UNION ALL SELECT seq, session, event_id, NULL FROM {file.alias}.undecodable "
        "WHERE event_id IS NOT NULL) WINDOW course AS (PARTITION BY session ORDER BY seq)) "
        "WHERE number = 1 OR jump IS NOT NULL OR event_id::HUGEINT != previous::HUGEINT + 1"
    )
    wrong: Counter[int] = Counter()
    while found := rows.fetchmany(_CHUNK):
        for session, event_id, previous, jump in found:
            if previous is None:
                expected = course.next_ids.get(session, 0 if session in begun else event_id)
            else:
                expected = (previous + _step(jump)) % _MODULUS
            wrong[session] += event_id != expected
    for session, count in sorted(wrong.items()):
        if count:
            yield f"session {session}: {count} event ids do not follow the one before"
    course.next_ids |= _last_ids(cursor, file)


def _last_ids(cursor: Cursor, file: LogFile) -> dict[int, int]:
    """For each session, the id its next event will have."""
    rows = cursor.execute(
        "SELECT session, arg_max(event_id, seq), "
        # A struct, because arg_max passes over values that are NULL.
        "arg_max({'body': body}, seq) FROM (SELECT seq, session, event_id, "
        f"CASE WHEN type = {DROPPED} THEN body END AS body FROM {file.alias}.log "
        f"UNION ALL SELECT seq, session, event_id, NULL FROM {file.alias}.undecodable "
        "WHERE event_id IS NOT NULL) GROUP BY session"
    ).fetchall()
    return {
        session: (event_id + _step(last["body"])) % _MODULUS for session, event_id, last in rows
    }


def _step(dropped: bytes | None) -> int:
    """What the id after this event is higher by; ``dropped`` is a Dropped's body."""
    if dropped is None:
        return 1
    return int.from_bytes(dropped[8:16] or dropped, "little")


def _payloads(
    cursor: Cursor, file: LogFile, report: Report, complaint: Complaint, *, deep: bool
) -> Iterator[str]:
    hellos = dict(
        cursor.execute(f"SELECT session, node_information FROM {file.alias}.sessions").fetchall()
    )
    ((count,),) = cursor.execute(f"SELECT count(*) FROM {file.alias}.log").fetchall()
    every = 1 if deep else max(1, count // SAMPLE)
    columns = ", ".join(
        f"epoch_us({name})" if name == "received_at" else name for name in LogRow._fields
    )
    rows = cursor.execute(
        f"SELECT {columns} FROM {file.alias}.log WHERE seq % {every} = 0 ORDER BY seq"
    )
    wrong: Counter[str] = Counter()
    while found := rows.fetchmany(_CHUNK):
        for each in found:
            row = LogRow(*each)
            report.decoded += 1
            if row.session in hellos and (why := complaint(row, hellos[row.session])):
                wrong[f"type {row.type}: {why}"] += 1
    for why, times in sorted(wrong.items()):
        yield f"{times} events do not decode any more, {why}"


def _count(cursor: Cursor, file: LogFile, report: Report) -> None:
    report.events += cursor.execute(f"SELECT count(*) FROM {file.alias}.log").fetchall()[0][0]
    report.undecodable.update(
        dict(
            cursor.execute(
                f"SELECT rule, count(*) FROM {file.alias}.undecodable GROUP BY rule"
            ).fetchall()
        )
    )
