"""Open a directory's files after any kind of stop.

A file that cannot be read does not keep the others from being served: it is quarantined, that
is, renamed together with its WALs, in its directory, and named in the server log and in health
until an operator removes it. Nothing is deleted. A lock of another process, a file of a newer
tart, and an error of the machine are not damage: then the shard stops and reports it.

Numbers that a quarantined file may have used are not used again: when the file is a current
segment, its successor begins far above the last known number, farther than any file can reach.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from tart.aggregate.flush import FlushState
from tart.errors import DamagedFile, StorageError
from tart.storage.aggregates.database import (
    AggregateFile,
    aggregate_file,
    check_layout,
    read_node_histories,
    read_nodes,
    read_open_sessions,
    read_sessions,
    read_state,
)
from tart.storage.aggregates.migrations import migrate as migrate_aggregates
from tart.storage.core.files import (
    LogFile,
    group_by_period,
    list_files,
    list_orphaned_wals,
    move_to_quarantine,
)
from tart.storage.log.damage import list_tables
from tart.storage.log.damage_report import DamageReport, report_damage
from tart.storage.log.database import Database, storage_error, sync_directory
from tart.storage.log.file_ranges import FRAME_TABLES
from tart.storage.log.migrations import migrate
from tart.storage.log.recovery import (
    NodeHistory,
    RecoveredState,
    count_missing,
    read_file,
    read_statements,
    read_unknown_sessions,
)
from tart.storage.log.startup_progress import ReportProgress, ignore_progress

log = logging.getLogger(__name__)

# More frames and connections than one file can hold; the numbers have room for thousands of
# such steps (sessions: 2^31, events: 2^45).
SEQUENCE_LEAP = 1 << 32
SESSION_LEAP = 1 << 20
_EVENTS_LOST = (
    "its events are not served. Restore it from a backup while tart is stopped, or remove it"
)
_AGGREGATES_LOST = (
    "aggregates are rebuilt from the events that are kept, and older ones are not served"
)


def open_directory(
    database: Database,
    root: Path,
    directory: int,
    *,
    own: bool,
    progress: ReportProgress = ignore_progress,
) -> tuple[list[LogFile], RecoveredState]:
    """Attach all readable files, for writing those of the newest period of an own directory.

    Args:
        database: The database to attach to.
        root: The data directory.
        directory: The number of the directory.
        own: Whether the directory is the shard's own, not an adopted one.
        progress: Called before each file is opened and read.

    Returns:
        The files, oldest first, and the state recovered from them.

    Raises:
        StorageError: A file cannot be opened, for a reason that is not in the file.
    """
    files, orphaned = list_files(root, directory), list_orphaned_wals(root, directory)
    newest = group_by_period(sorted([*files, *orphaned]))[-1] if own and (files or orphaned) else []
    for file in orphaned:
        quarantine(file, StorageError("the file is missing, only its WAL is there"))
    attached: list[LogFile] = []
    for file in files:
        progress(f"opening {directory:02d}/{file.path.name}", len(attached), len(files))
        if _attach(database, file, writable=file in newest):
            attached.append(file)
    state, files = _recover_state(database, directory, attached, progress)
    if lost := [file for file in newest if file not in files]:
        _replace_lost(database, lost, state)
        files = sorted([*files, *lost])
    if state.missing:
        log.error("%s: %d frames are missing", root / f"{directory:02d}", state.missing)
    return files, state


def quarantine(file: LogFile, reason: Exception, consequence: str = _EVENTS_LOST) -> None:
    """Rename a file and its WALs together; ``consequence`` tells the operator what that means."""
    name = move_to_quarantine(file, time.time())
    sync_directory(file.path.parent)
    log.error(
        "%s cannot be read, quarantined as %s with its WALs; %s. The reason: %s",
        file.path,
        name,
        consequence,
        reason,
    )


def _attach(database: Database, file: LogFile, *, writable: bool) -> bool:
    wal_bytes = sum(path.stat().st_size for path in file.paths()[:-1])
    try:
        _attach_migrated(database, file, writable)
    except DamagedFile as error:
        database.detach(file)
        quarantine(file, error)
        return False
    if database.damage(file) is not None:  # of its ``meta``
        log.error("%s is %s", file.path, damage_report(database, file).text)
    if wal_bytes:
        log.warning(
            "%s was not closed cleanly; checkpointing %d bytes of WAL", file.path, wal_bytes
        )
    return True


def _attach_migrated(database: Database, file: LogFile, writable: bool) -> None:
    attach = database.attach_writable if writable else database.attach_readable
    try:
        attach(file)
    except DamagedFile:
        raise
    except StorageError:
        if not migrate(database, file):
            raise
        attach(file)


def _recover_state(
    database: Database, directory: int, files: list[LogFile], progress: ReportProgress
) -> tuple[RecoveredState, list[LogFile]]:
    """Return the state in the files, and those of them that can be read."""
    with closing(database.cursor()) as cursor:
        while True:
            state = RecoveredState(directory)
            for number, file in enumerate(files):
                progress(
                    f"counting the events of {directory:02d}/{file.path.name}", number, len(files)
                )
                try:
                    read_file(cursor, database.readable(file), state)
                    if database.damage(file) is not None:
                        _skip_unreadable_numbers(cursor, file, state)
                except duckdb.Error as error:
                    reason = storage_error(file, error)
                    if not isinstance(reason, DamagedFile):
                        raise reason from None
                    if salvage_file(database, file) and database.has_readable_events(file):
                        break
                    database.detach(file)
                    quarantine(file, reason)
                    files = [other for other in files if other != file]
                    break
            else:
                readable = [database.readable(file) for file in files]
                for file in readable:
                    if file.salvaged:
                        read_unknown_sessions(cursor, file, state)
                state.missing = count_missing(cursor, readable)
                for file in readable:
                    _read_statements(cursor, file, state)
                return state, files


def salvage_file(database: Database, file: LogFile, *, thorough: bool = True) -> bool:
    """Find the damage of an attached file, and make all other rows readable.

    Args:
        database: The database.
        file: The file.
        thorough: See ``Database.salvage``.

    Returns:
        Whether damage was found that was not known; it is logged.
    """
    try:
        if not database.salvage(file, thorough=thorough):
            return False
        log.error("%s is %s", file.path, damage_report(database, file).text)
    except StorageError as error:
        log.error("%s is damaged, and its readable part is unknown: %s", file.path, error)
        return False
    return True


def damage_report(database: Database, file: LogFile) -> DamageReport:
    """Return the report of a damaged file.

    Raises:
        StorageError: Undamaged rows cannot be read either.
    """
    damage = database.damage(file)
    assert damage is not None
    with closing(database.cursor()) as cursor:
        try:
            return report_damage(cursor, file, damage)
        except duckdb.Error as error:
            raise storage_error(file, error) from None


def _skip_unreadable_numbers(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState
) -> None:
    """Skip the numbers that unreadable rows of a file may have used."""
    sequence = _maximum(cursor, file, "seq", FRAME_TABLES)
    if sequence is None:
        state.next_sequence += SEQUENCE_LEAP
    else:
        state.next_sequence = max(state.next_sequence, sequence + 1)
    session = _maximum(cursor, file, "session", ("sessions", "log"))
    if session is None:
        state.next_session += SESSION_LEAP
    else:
        state.next_session = max(state.next_session, session + 1)


def _maximum(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, column: str, tables: Sequence[str]
) -> int | None:
    """Return a column's maximum, which DuckDB knows without reading it; ``None`` if not."""
    statement = " UNION ALL ".join(
        f"SELECT max({column}) AS each FROM {file.catalog}.{table}" for table in tables
    )
    try:
        ((maximum,),) = cursor.execute(
            f"SELECT coalesce(max(each), -1) FROM ({statement})"
        ).fetchall()
    except duckdb.Error:
        return None
    return int(maximum)


def _read_statements(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, state: RecoveredState
) -> None:
    try:
        read_statements(cursor, file, state)
    except duckdb.Error as error:
        log.warning(
            "%s: the last statuses of nodes cannot be read; they are unknown until the nodes "
            "send the next: %s",
            file.path,
            error,
        )


def _replace_lost(database: Database, lost: list[LogFile], state: RecoveredState) -> None:
    """Create segments in place of lost ones that were written to."""
    state.next_sequence += SEQUENCE_LEAP
    state.next_session += SESSION_LEAP
    # Stored at once, so that the numbers stay reserved even if nothing is written today.
    numbers = {"next_sequence": state.next_sequence, "next_session": state.next_session}
    for file in lost:
        database.attach_writable(file)
        database.set_meta(file, numbers)


def open_aggregates(
    database: Database, root: Path, state: RecoveredState, *, log_is_complete: bool = False
) -> AggregateFile:
    """Attach a directory's aggregates; create them if there are none or they are unusable.

    Aggregates of another layout are unusable: they are rebuilt from the event log. The readable
    part of damaged ones is used, unless the event log has everything they were made from.
    Nodes and numbers that the event log has lost are added to ``state``.

    Args:
        database: The database to attach to.
        root: The data directory.
        state: The state recovered from the directory's event log.
        log_is_complete: The event log has every event since the first.
    """
    file = aggregate_file(root, state.directory)
    try:
        flushed, nodes, sessions, histories = _attach_aggregates(database, file)
    except DamagedFile as error:
        if log_is_complete or not _is_attached(database, file) or not salvage_file(database, file):
            quarantine_aggregates(database, file, error)
        flushed, nodes, sessions, histories = _attach_aggregates(database, file)
    state.node_histories = histories
    state.nodes = {**nodes, **state.nodes}
    if flushed.next_seq > state.next_sequence:
        log.error(
            "aggregates in %s include %d events missing from the event log, up to sequence %d",
            file.path,
            flushed.next_seq - state.next_sequence,
            flushed.next_seq - 1,
        )
        state.next_sequence = flushed.next_seq
    state.next_session = max(state.next_session, 1 + max(sessions, default=-1))
    return file


def quarantine_aggregates(database: Database, file: AggregateFile, error: Exception) -> None:
    """Quarantine aggregates: they are rebuilt."""
    database.detach(file)
    quarantine(file, error, _AGGREGATES_LOST)


def _is_attached(database: Database, file: AggregateFile) -> bool:
    with closing(database.cursor()) as cursor:
        return bool(list_tables(cursor, file))


def _attach_aggregates(
    database: Database, file: AggregateFile
) -> tuple[FlushState, dict[int, bytes], set[int], dict[int, NodeHistory]]:
    if not _is_attached(database, file):
        migrate_aggregates(database, file)
        database.attach_writable(file)
    file = database.readable(file)
    with closing(database.cursor()) as cursor:
        try:
            check_layout(cursor, file)
            sessions = read_sessions(cursor, file)
            sessions.update(summary.session for summary in read_open_sessions(cursor, file))
            return (
                read_state(cursor, file),
                read_nodes(cursor, file),
                sessions,
                read_node_histories(cursor, file),
            )
        except duckdb.Error as error:
            raise storage_error(file, error) from None
