"""Verification of a directory's files without changing a byte of them.

Every promise of the writer is checked row by row: sequence numbers without holes within a
directory, event ids without holes within a session (a Dropped jumps by its count), the two
segments of a period taken together; in each file a known node, session and peer for each row, and
a payload that still decodes. A file is read with its WAL in place; nothing is merged into it.
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
from tart.protocol.connection import EVENT_ID_MODULUS
from tart.protocol.events import EventKind
from tart.query.core.rfc3339 import rfc3339
from tart.storage.core.files import (
    LogFile,
    group_by_period,
    list_directories,
    list_files,
    list_quarantined,
)
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import SampledRow, log_rows_query, log_subquery
from tart.storage.log.damage_report import UnreadableEvents, report_damage
from tart.storage.log.database import Database, storage_error
from tart.storage.log.recovery import dropped_count, read_seq_runs
from tart.storage.log.sampled_table import read_sampled

SAMPLE = 1_000
_CHUNK = 10_000
# The share of the time that decoding takes of a file's verification.
_DECODING = 0.8

# Returns the fault of a payload, given its row and the node information of its session.
CheckPayload = Callable[[LogRow, bytes], str | None]
Cursor = duckdb.DuckDBPyConnection
# Is called with an amount that is done.
Advance = Callable[[float], None]


@dataclass
class Report:
    """The result of a verification.

    Attributes:
        findings: One sentence for each fault.
        files: The number of files.
        events: The number of well-formed events.
        decoded: The number of payloads that were checked.
        undecodable: Undecodable frames by rule; they are not faults of the files.
    """

    findings: list[str] = field(default_factory=list)
    files: int = 0
    events: int = 0
    decoded: int = 0
    undecodable: Counter[str] = field(default_factory=Counter)


class _FileProgress:
    """Progress of a file: shares of its size while its rows are read, the rest at its end.

    Args:
        size: The size of the file in bytes.
        advance: Is called with the bytes that are done.
    """

    def __init__(self, size: int, advance: Advance) -> None:
        self._remaining: float = size
        self._size = size
        self._advance = advance

    def add(self, share: float) -> None:
        """Count a share of the file."""
        amount = min(self._remaining, share * self._size)
        self._remaining -= amount
        self._advance(amount)

    def finish(self) -> None:
        """Count what remains of the file."""
        self._advance(self._remaining)
        self._remaining = 0


@dataclass
class _Expected:
    """The next numbers of a directory after the files read so far."""

    next_sequence: int | None = None
    next_ids: dict[int, tuple[int, ...]] = field(default_factory=dict)


def total_bytes(root: Path) -> int:
    """Return the size of all files that ``verify`` reads."""
    files = (file for number in list_directories(root) for file in list_files(root, number))
    return sum(file.path.stat().st_size for file in files)


def verify(
    root: Path, check_payload: CheckPayload, *, deep: bool, advance: Advance = lambda amount: None
) -> Report:
    """Check every directory of a data directory that no process uses.

    Args:
        root: The data directory.
        check_payload: Decodes a row.
        deep: Decode all rows, not only about ``SAMPLE`` of each file.
        advance: Is called with the bytes that were checked; they add up to ``total_bytes``.
    """
    report = Report()
    database = Database(StorageConfig())
    try:
        for directory in list_directories(root):
            for path in list_quarantined(root, directory):
                report.findings.append(f"{path}: damaged and in quarantine; it is not served")
            expected = _Expected()
            for segments in group_by_period(list_files(root, directory)):
                progress = [_FileProgress(file.path.stat().st_size, advance) for file in segments]
                _verify_period(
                    database, segments, expected, report, check_payload, progress, deep=deep
                )
                for file in progress:
                    file.finish()
    finally:
        database.close()
    return report


def _verify_period(
    database: Database,
    segments: list[LogFile],
    expected: _Expected,
    report: Report,
    check_payload: CheckPayload,
    progress: list[_FileProgress],
    *,
    deep: bool,
) -> None:
    """Check each segment of a period alone, then the numbers that go through both."""

    def check_alone(file: LogFile, progress: _FileProgress) -> Iterator[str]:
        database.attach_read_only_with_wal(file)
        yield from _check_damage(database, cursor, file, deep=deep)
        file = database.readable(file)
        yield from _check_references(cursor, file)
        yield from _check_payloads(cursor, file, report, check_payload, progress, deep=deep)
        _count_rows(cursor, file, report)

    def check_together(files: list[LogFile]) -> Iterator[str]:
        yield from _check_sequence(cursor, files, expected)
        yield from _check_event_ids(cursor, files, expected)

    report.files += len(segments)
    with closing(database.cursor()) as cursor:
        readable = [
            file
            for file, part in zip(segments, progress, strict=True)
            if _collect(report, [file], check_alone(file, part))
        ]
        if readable:
            files = list(map(database.readable, readable))
            _collect(report, readable, check_together(files))
    for file in segments:
        database.detach(file)


def _collect(report: Report, files: list[LogFile], findings: Iterator[str]) -> bool:
    """Add findings to the report; return whether the files could be read to the end."""
    names = " and ".join(str(file.path) for file in files)
    try:
        report.findings += [f"{names}: {finding}" for finding in findings]
    except StorageError as error:
        report.findings.append(f"{error}; nothing more of this file was checked")
        return False
    except duckdb.Error as error:
        reason = storage_error(files[0], error)
        report.findings.append(f"{reason}; nothing more of this file was checked")
        return False
    return True


def _check_damage(
    database: Database, cursor: Cursor, file: LogFile, *, deep: bool
) -> Iterator[str]:
    """Yield what damaged blocks make unreadable; the other checks see only readable rows."""
    if database.damage(file) is None and not database.salvage(file, thorough=deep):
        return
    damage = database.damage(file)
    assert damage is not None
    report = report_damage(cursor, file, damage)
    for events in report.ranges:
        yield f"damaged: {events.events} events cannot be read, {events.text}{_period(events)}"
    for part in report.other_parts():
        yield f"damaged: {part}"


def _period(events: UnreadableEvents) -> str:
    """Return the clause with the period in which events were received, if that is known."""
    if events.first_at is None or events.last_at is None:
        return ""
    return f", received from {rfc3339(events.first_at)} to {rfc3339(events.last_at)}"


def _frames(file: LogFile, columns: str) -> str:
    """Return the subquery of all frames, decodable or not."""
    return (
        f"(SELECT {columns} FROM {log_subquery(file.alias)} "
        f"UNION ALL SELECT {columns} FROM {file.alias}.undecodable)"
    )


def _check_sequence(cursor: Cursor, segments: list[LogFile], expected: _Expected) -> Iterator[str]:
    all_runs = read_seq_runs(cursor, segments)
    for run, all_frames in zip(
        read_seq_runs(cursor, segments, distinct=True), all_runs, strict=True
    ):
        # Numbers of a lost file before this run were skipped.
        begins = expected.next_sequence if run.begins is None else run.begins
        if run.frames != all_frames.frames:
            duplicates = all_frames.frames - run.frames
            yield f"{duplicates} sequence numbers are there more than once"
        missing = run.last - run.first + 1 - run.frames
        if missing:
            yield f"{missing} frames are missing between sequence {run.first} and {run.last}"
        if begins is not None and run.first > begins:
            skipped = run.first - begins
            yield f"{skipped} frames are missing before its first, sequence {run.first}"
        elif begins is not None and run.first < begins:
            yield f"its first frame has sequence {run.first}, which comes after {begins - 1}"
        expected.next_sequence = max(run.last + 1, begins or 0)


def _check_references(cursor: Cursor, file: LogFile) -> Iterator[str]:
    for column in ("node", "session"):
        ((count,),) = cursor.execute(
            f"SELECT count(*) FROM {_frames(file, column)} WHERE {column} IS NOT NULL AND {column} "
            f"NOT IN (SELECT {column} FROM {file.alias}.{column}s WHERE {column} IS NOT NULL)"
        ).fetchall()
        if count:
            yield f"{count} frames are of a {column} that the file does not know"
    ((count,),) = cursor.execute(
        f"SELECT count(*) FROM {log_subquery(file.alias)} WHERE peer IS NOT NULL "
        f"AND peer NOT IN (SELECT peer FROM {file.alias}.peers)"
    ).fetchall()
    if count:
        yield f"{count} events name a peer that the file does not know"


def _identified_frames(segments: list[LogFile]) -> str:
    """Return the subquery of all frames with an event id; ``body`` only of a Dropped."""
    parts = (
        "SELECT seq, session, event_id, "
        f"CASE WHEN type = {EventKind.DROPPED} THEN body END AS body "
        f"FROM {log_subquery(file.alias)} "
        f"UNION ALL SELECT seq, session, event_id, NULL FROM {file.alias}.undecodable "
        "WHERE event_id IS NOT NULL"
        for file in segments
    )
    return f"({' UNION ALL '.join(parts)})"


def _is_sampled(sampled: list[SampledRow], before: int | None, seq: int) -> bool:
    """Return whether sampling may have left out frames between two numbers."""
    return any(row.first_seq < seq and (before is None or row.last_seq > before) for row in sampled)


def _check_event_ids(cursor: Cursor, segments: list[LogFile], expected: _Expected) -> Iterator[str]:
    """Follow the ids of each session, in an order that DuckDB keeps, without holding the rows."""
    opened = {
        session
        for file in segments
        for (session,) in cursor.execute(
            f"SELECT session FROM {file.alias}.sessions WHERE what = 'opened'"
        ).fetchall()
    }
    sampled = read_sampled(cursor, segments)
    result = cursor.execute(
        "SELECT session, event_id, previous, jump, seq, before FROM (SELECT *, "
        "lag(event_id) OVER course AS previous, lag(body) OVER course AS jump, "
        "lag(seq) OVER course AS before, "
        f"row_number() OVER course AS number FROM {_identified_frames(segments)} "
        "WINDOW course AS (PARTITION BY session ORDER BY seq)) "
        "WHERE number = 1 OR jump IS NOT NULL OR event_id::HUGEINT != previous::HUGEINT + 1"
    )
    wrong: Counter[int] = Counter()
    while rows := result.fetchmany(_CHUNK):
        for session, event_id, previous, jump, seq, before in rows:
            if previous is None:
                first = 0 if session in opened else event_id
                expected_ids = expected.next_ids.get(session, (first,))
            else:
                expected_ids = _ids_after(previous, jump)
            if event_id not in expected_ids:
                lowest = min(expected_ids)
                wrong[session] += event_id < lowest or not _is_sampled(sampled, before, seq)
    for session, count in sorted(wrong.items()):
        if count:
            yield f"session {session}: {count} event ids do not follow the one before"
    expected.next_ids |= _next_ids(cursor, segments)


def _next_ids(cursor: Cursor, segments: list[LogFile]) -> dict[int, tuple[int, ...]]:
    """Return, for each session, the possible ids of its next event."""
    rows = cursor.execute(
        "SELECT session, arg_max(event_id, seq), "
        # A struct, because arg_max passes over values that are NULL.
        f"arg_max({{'body': body}}, seq) FROM {_identified_frames(segments)} GROUP BY session"
    ).fetchall()
    return {session: _ids_after(event_id, last["body"]) for session, event_id, last in rows}


def _ids_after(event_id: int, dropped: bytes | None) -> tuple[int, ...]:
    """Return the possible ids of the next event; ``dropped`` is the body of a Dropped.

    A Dropped whose number cannot be true takes one id.
    """
    following = ((event_id + 1) % EVENT_ID_MODULUS,)
    if dropped is None:
        return following
    return (*following, (event_id + dropped_count(dropped)) % EVENT_ID_MODULUS)


def _check_payloads(
    cursor: Cursor,
    file: LogFile,
    report: Report,
    check_payload: CheckPayload,
    progress: _FileProgress,
    *,
    deep: bool,
) -> Iterator[str]:
    information = dict(
        cursor.execute(f"SELECT session, node_information FROM {file.alias}.sessions").fetchall()
    )
    ((count,),) = cursor.execute(f"SELECT count(*) FROM {file.alias}.log").fetchall()
    interval = 1 if deep else max(1, count // SAMPLE)
    result = cursor.execute(log_rows_query(file.alias, f"seq % {interval} = 0"))
    faults: Counter[str] = Counter()
    while rows := result.fetchmany(_CHUNK):
        for row in map(LogRow._make, rows):
            report.decoded += 1
            if row.session in information and (
                fault := check_payload(row, information[row.session])
            ):
                faults[f"type {row.type}: {fault}"] += 1
        progress.add(_DECODING * len(rows) * interval / max(count, 1))
    for fault, times in sorted(faults.items()):
        yield f"{times} events do not decode any more, {fault}"


def _count_rows(cursor: Cursor, file: LogFile, report: Report) -> None:
    report.events += cursor.execute(f"SELECT count(*) FROM {file.alias}.log").fetchall()[0][0]
    report.undecodable.update(
        dict(
            cursor.execute(
                f"SELECT rule, count(*) FROM {file.alias}.undecodable GROUP BY rule"
            ).fetchall()
        )
    )
