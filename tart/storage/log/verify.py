"""Checking a directory's files without changing a byte of them.

What the writer promises is looked up row by row: sequence numbers without holes within a
directory, event ids without holes within a session (a Dropped jumps by what it says), the
two segments of a period taken together; in each file a node, a session and a peer known for
each row, and a payload that still decodes. A file is read with its write-ahead log as it
lies there; nothing is put into it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tart.config.schema import StorageConfig
from tart.errors import StorageError
from tart.query.core.rfc3339 import rfc3339
from tart.storage.core.files import (
    LogFile,
    group_by_period,
    list_directories,
    list_files,
    quarantined,
)
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_rows_query, log_subquery
from tart.storage.log.database import Database, storage_error
from tart.storage.log.losses import Stretch as LostEvents
from tart.storage.log.losses import losses
from tart.storage.log.recovery import DROPPED, stretches

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
        for directory in list_directories(root):
            for path in quarantined(root, directory):
                report.findings.append(f"{path}: damaged and in quarantine; it is not served")
            course = _Course()
            for segments in group_by_period(list_files(root, directory)):
                _verify_period(database, segments, course, report, complaint, deep=deep)
    finally:
        database.close()
    return report


def _verify_period(
    database: Database,
    segments: list[LogFile],
    course: _Course,
    report: Report,
    complaint: Complaint,
    *,
    deep: bool,
) -> None:
    """Check each file of a period alone, then what goes through all of them."""

    def alone(file: LogFile) -> Iterator[str]:
        database.attach_read_only_with_wal(file)
        yield from _damage(database, cursor, file, deep=deep)
        file = database.readable(file)
        yield from _strangers(cursor, file)
        yield from _payloads(cursor, file, report, complaint, deep=deep)
        _count(cursor, file, report)

    def together(segments: list[LogFile]) -> Iterator[str]:
        yield from _sequence(cursor, segments, course)
        yield from _event_ids(cursor, segments, course)

    report.files += len(segments)
    with closing(database.cursor()) as cursor:
        sound = [file for file in segments if _note(report, [file], alone(file))]
        if sound:
            _note(report, sound, together(list(map(database.readable, sound))))
    for file in segments:
        database.detach(file)


def _note(report: Report, files: list[LogFile], findings: Iterator[str]) -> bool:
    """Note what is found in some files; whether they could be read to the end."""
    names = " and ".join(str(file.path) for file in files)
    try:
        report.findings += [f"{names}: {each}" for each in findings]
    except StorageError as error:
        report.findings.append(f"{error}; nothing more of this file was checked")
        return False
    except duckdb.Error as error:
        reason = storage_error(files[0], error)
        report.findings.append(f"{reason}; nothing more of this file was checked")
        return False
    return True


def _damage(database: Database, cursor: Cursor, file: LogFile, *, deep: bool) -> Iterator[str]:
    """What lies in damaged blocks; the rest is checked as if it were all."""
    if database.damage(file) is None and not database.salvage(file, thorough=deep):
        return
    damage = database.damage(file)
    assert damage is not None
    found = losses(cursor, file, damage)
    for each in found.stretches:
        yield f"damaged: {each.events} events cannot be read, {each.text}{_when(each)}"
    if found.bare:
        yield f"damaged: the slot or core of {found.bare} events cannot be read"
    for table, rows in found.others.items():
        yield f"damaged: {rows} rows of {table} cannot be read"


def _when(stretch: LostEvents) -> str:
    """When they were received, as far as that is known."""
    if stretch.first_at is None or stretch.last_at is None:
        return ""
    return f", received from {rfc3339(stretch.first_at)} to {rfc3339(stretch.last_at)}"


def _frames(file: LogFile, columns: str) -> str:
    """Both tables that hold frames, as one."""
    return (
        f"(SELECT {columns} FROM {log_subquery(file.alias)} "
        f"UNION ALL SELECT {columns} FROM {file.alias}.undecodable)"
    )


def _sequence(cursor: Cursor, segments: list[LogFile], course: _Course) -> Iterator[str]:
    every = stretches(cursor, segments)
    for stretch, all_frames in zip(stretches(cursor, segments, once=True), every, strict=True):
        distinct, first, last = stretch.frames, stretch.first, stretch.last
        # Where a file before it was lost its numbers are left out.
        expected = course.next_sequence if stretch.begins is None else stretch.begins
        if distinct != all_frames.frames:
            yield f"{all_frames.frames - distinct} sequence numbers are there more than once"
        missing = last - first + 1 - distinct
        if missing:
            yield f"{missing} frames are missing between sequence {first} and {last}"
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
    ((count,),) = cursor.execute(
        f"SELECT count(*) FROM {log_subquery(file.alias)} WHERE peer IS NOT NULL "
        f"AND peer NOT IN (SELECT peer FROM {file.alias}.peers)"
    ).fetchall()
    if count:
        yield f"{count} events name a peer that the file does not know"


def _identified(segments: list[LogFile]) -> str:
    """Every frame that has an event id; ``body`` of a Dropped only."""
    parts = (
        "SELECT seq, session, event_id, "
        f"CASE WHEN type = {DROPPED} THEN body END AS body FROM {log_subquery(file.alias)} "
        f"UNION ALL SELECT seq, session, event_id, NULL FROM {file.alias}.undecodable "
        "WHERE event_id IS NOT NULL"
        for file in segments
    )
    return f"({' UNION ALL '.join(parts)})"


def _event_ids(cursor: Cursor, segments: list[LogFile], course: _Course) -> Iterator[str]:
    """Follow each session's ids; in an order DuckDB keeps, without holding the rows."""
    begun = {
        session
        for file in segments
        for (session,) in cursor.execute(
            f"SELECT session FROM {file.alias}.sessions WHERE what = 'opened'"
        ).fetchall()
    }
    rows = cursor.execute(
        "SELECT session, event_id, previous, jump FROM (SELECT *, "
        "lag(event_id) OVER course AS previous, lag(body) OVER course AS jump, "
        f"row_number() OVER course AS number FROM {_identified(segments)} "
        "WINDOW course AS (PARTITION BY session ORDER BY seq)) "
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
    course.next_ids |= _last_ids(cursor, segments)


def _last_ids(cursor: Cursor, segments: list[LogFile]) -> dict[int, int]:
    """For each session, the id its next event will have."""
    rows = cursor.execute(
        "SELECT session, arg_max(event_id, seq), "
        # A struct, because arg_max passes over values that are NULL.
        f"arg_max({{'body': body}}, seq) FROM {_identified(segments)} GROUP BY session"
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
    rows = cursor.execute(log_rows_query(file.alias, f"seq % {every} = 0"))
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
