"""Opening a directory's files after whatever ended the last run.

A file that cannot be read does not keep the others from being served: it is put in
quarantine, that is, renamed together with its logs, in its directory, and named in the
log and in health until somebody takes it away. Nothing is deleted. What another process
holds, what a newer tart wrote, and what the machine refuses is not damage: there the shard
stops and says so.

Numbers that a file in quarantine may have used are not used again: when it is the one
that was written to, its successor begins so far above the last known that no file can
have filled the space between.
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
    read_nodes,
    read_open_sessions,
    read_remembered,
    read_sessions,
    read_state,
)
from tart.storage.aggregates.migrations import upgrade
from tart.storage.core.files import (
    LogFile,
    group_by_period,
    list_files,
    list_orphaned_wals,
    move_to_quarantine,
)
from tart.storage.log.damage import tables_of
from tart.storage.log.database import Database, storage_error, sync
from tart.storage.log.file_ranges import FRAME_TABLES
from tart.storage.log.losses import DamageReport, losses
from tart.storage.log.recovery import (
    NodeHistory,
    RecoveredState,
    count_missing,
    read_file,
    read_statements,
    read_strangers,
)
from tart.storage.log.startup_progress import ReportProgress, ignore_progress

log = logging.getLogger(__name__)

# Frames and connections that one file cannot hold; the numbers have room for thousands
# of such steps (sessions: 2^31, events: 2^45).
SEQUENCE_LEAP = 1 << 32
SESSION_LEAP = 1 << 20
_EVENTS = (
    "its events are not served. Restore it from a backup while tart is stopped, or take it away"
)
_FIGURES = "figures are made again from the events that are kept, and older ones are not served"


def open_directory(
    database: Database,
    root: Path,
    directory: int,
    *,
    own: bool,
    progress: ReportProgress = ignore_progress,
) -> tuple[list[LogFile], RecoveredState]:
    """Attach what can be read, the newest period for writing if the directory is ``own``.

    Args:
        progress: called before each file is opened and read.

    Returns:
        The files, oldest first, and what they know.

    Raises:
        StorageError: a file cannot be opened, for a reason that is not in the file.
    """
    files, missing = list_files(root, directory), list_orphaned_wals(root, directory)
    newest = group_by_period(sorted([*files, *missing]))[-1] if own and (files or missing) else []
    for file in missing:
        quarantine(file, StorageError("the file is missing, only its log is there"))
    opened: list[LogFile] = []
    for file in files:
        progress(f"opening {directory:02d}/{file.path.name}", len(opened), len(files))
        if _opens(database, file, writable=file in newest):
            opened.append(file)
    past, files = _read(database, directory, opened, progress)
    if lost := [file for file in newest if file not in files]:
        _succeed(database, lost, past)
        files = sorted([*files, *lost])
    if past.missing:
        log.error(
            "%s: %d frames are missing between those that are there",
            root / f"{directory:02d}",
            past.missing,
        )
    return files, past


def quarantine(file: LogFile, reason: Exception, lost: str = _EVENTS) -> None:
    """Rename a file and its logs, together; ``lost`` says what that means to the operator."""
    name = move_to_quarantine(file, time.time())
    sync(file.path.parent)
    log.error(
        "%s cannot be read and is now %s, logs alike; %s. The reason: %s",
        *(file.path, name, lost, reason),
    )


def _opens(database: Database, file: LogFile, *, writable: bool) -> bool:
    log_bytes = sum(path.stat().st_size for path in file.paths()[:-1])
    attach = database.attach_writable if writable else database.attach_readable
    try:
        attach(file)
    except DamagedFile as error:
        database.detach(file)
        quarantine(file, error)
        return False
    if database.damage(file) is not None:  # its ``meta`` is
        log.error("%s is %s", file.path, damage_report(database, file).text)
    if log_bytes:
        log.warning("%s was not closed: %d bytes of its log are put into it", file.path, log_bytes)
    return True


def _read(
    database: Database, directory: int, files: list[LogFile], progress: ReportProgress
) -> tuple[RecoveredState, list[LogFile]]:
    """What the files know, and those of them that can be read."""
    with closing(database.cursor()) as cursor:
        while True:
            past = RecoveredState(directory)
            for at, file in enumerate(files):
                progress(f"counting the events of {directory:02d}/{file.path.name}", at, len(files))
                try:
                    read_file(cursor, database.readable(file), past)
                    if database.damage(file) is not None:
                        _go_beyond(cursor, file, past)
                except duckdb.Error as error:
                    reason = storage_error(file, error)
                    if not isinstance(reason, DamagedFile):
                        raise reason from None
                    if salvage(database, file) and database.has_rest(file):
                        break
                    database.detach(file)
                    quarantine(file, reason)
                    files = [each for each in files if each != file]
                    break
            else:
                every = [database.readable(file) for file in files]
                for file in every:
                    if file.salvaged:
                        read_strangers(cursor, file, past)
                past.missing = count_missing(cursor, every)
                for file in every:
                    _read_statements(cursor, file, past)
                return past, files


def salvage(database: Database, file: LogFile, *, thorough: bool = True) -> bool:
    """Find out what is damaged of an attached file, and keep away from that.

    Whether something is known now that was not; it is logged then.

    Args:
        thorough: see ``Database.salvage``.
    """
    try:
        if not database.salvage(file, thorough=thorough):
            return False
        log.error("%s is %s", file.path, damage_report(database, file).text)
    except StorageError as error:
        log.error("%s is damaged, and what of it cannot be progress: %s", file.path, error)
        return False
    return True


def damage_report(database: Database, file: LogFile) -> DamageReport:
    """What cannot be read of a file that is damaged.

    Raises:
        StorageError: what is sound cannot be read either.
    """
    damage = database.damage(file)
    assert damage is not None
    with closing(database.cursor()) as cursor:
        try:
            return losses(cursor, file, damage)
        except duckdb.Error as error:
            raise storage_error(file, error) from None


def _go_beyond(cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState) -> None:
    """Numbers that lie in what is damaged of a file are not used again."""
    sequence = _greatest(cursor, file, "seq", FRAME_TABLES)
    if sequence is None:
        past.next_sequence += SEQUENCE_LEAP
    else:
        past.next_sequence = max(past.next_sequence, sequence + 1)
    session = _greatest(cursor, file, "session", ("sessions", "log"))
    if session is None:
        past.next_session += SESSION_LEAP
    else:
        past.next_session = max(past.next_session, session + 1)


def _greatest(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, column: str, tables: Sequence[str]
) -> int | None:
    """What a file has at most, which DuckDB knows without reading it; ``None`` if not."""
    statement = " UNION ALL ".join(
        f"SELECT max({column}) AS each FROM {file.catalog}.{table}" for table in tables
    )
    try:
        ((found,),) = cursor.execute(
            f"SELECT coalesce(max(each), -1) FROM ({statement})"
        ).fetchall()
    except duckdb.Error:
        return None
    return int(found)


def _read_statements(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, past: RecoveredState
) -> None:
    try:
        read_statements(cursor, file, past)
    except duckdb.Error as error:
        log.warning(
            "%s: what nodes said of themselves last cannot be read there, so it is not known "
            "until they say it again: %s",
            *(file.path, error),
        )


def _succeed(database: Database, lost: list[LogFile], past: RecoveredState) -> None:
    """Begin files in the place of those that were written to and are lost."""
    past.next_sequence += SEQUENCE_LEAP
    past.next_session += SESSION_LEAP
    # Named at once, so that the numbers stay reserved even if nothing is written today.
    numbers = {"next_sequence": past.next_sequence, "next_session": past.next_session}
    for file in lost:
        database.attach_writable(file)
        database.note(file, numbers)


def open_aggregates(
    database: Database, root: Path, past: RecoveredState, *, whole: bool = False
) -> AggregateFile:
    """Attach a directory's aggregates, made anew if there are none or they are no use.

    Those of another layout are none: the log has what they were made from. Of damaged ones
    what can be read is used, unless all that they were made from is there.
    What they know of nodes and numbers that the log has lost is added to ``past``.

    Args:
        whole: the log has every event since its first.
    """
    file = aggregate_file(root, past.directory)
    try:
        state, nodes, sessions, remembered = _attach_aggregates(database, file)
    except DamagedFile as error:
        if whole or not _is_attached(database, file) or not salvage(database, file):
            set_aggregates_aside(database, file, error)
        state, nodes, sessions, remembered = _attach_aggregates(database, file)
    past.node_histories = remembered
    past.nodes = {**nodes, **past.nodes}
    if state.through > past.next_sequence:
        log.error(
            "%s counts %d events that the log has lost, up to sequence %d",
            *(file.path, state.through - past.next_sequence, state.through - 1),
        )
        past.next_sequence = state.through
    past.next_session = max(past.next_session, 1 + max(sessions, default=-1))
    return file


def set_aggregates_aside(database: Database, file: AggregateFile, error: Exception) -> None:
    """Put aggregates in quarantine: they are made again."""
    database.detach(file)
    quarantine(file, error, _FIGURES)


def _is_attached(database: Database, file: AggregateFile) -> bool:
    with closing(database.cursor()) as cursor:
        return bool(tables_of(cursor, file))


def _attach_aggregates(
    database: Database, file: AggregateFile
) -> tuple[FlushState, dict[int, bytes], set[int], dict[int, NodeHistory]]:
    if not _is_attached(database, file):
        upgrade(database, file)
        database.attach_writable(file)
    file = database.readable(file)
    with closing(database.cursor()) as cursor:
        try:
            check_layout(cursor, file)
            sessions = read_sessions(cursor, file)
            sessions.update(each.session for each in read_open_sessions(cursor, file))
            known = read_state(cursor, file), read_nodes(cursor, file)
            return *known, sessions, read_remembered(cursor, file)
        except duckdb.Error as error:
            raise storage_error(file, error) from None
