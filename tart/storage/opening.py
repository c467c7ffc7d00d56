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
from contextlib import closing
from pathlib import Path

import duckdb

from tart.aggregate.flush import State
from tart.errors import DamagedFile
from tart.storage.aggregates import (
    AggregateFile,
    aggregate_file,
    check_layout,
    read_nodes,
    read_open_sessions,
    read_remembered,
    read_sessions,
    read_state,
)
from tart.storage.database import Database, storage_error, sync
from tart.storage.files import QUARANTINED, LogFile, by_period, existing
from tart.storage.progress import Told, unheard
from tart.storage.recovery import Past, Remembered, count_missing, read_file

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
    database: Database, root: Path, directory: int, *, own: bool, told: Told = unheard
) -> tuple[list[LogFile], Past]:
    """Attach what can be read, the newest period for writing if the directory is ``own``.

    Args:
        told: called before each file is opened and read.

    Returns:
        The files, oldest first, and what they know.

    Raises:
        StorageError: a file cannot be opened, for a reason that is not in the file.
    """
    files = existing(root, directory)
    newest = by_period(files)[-1] if own and files else []
    opened = []
    for file in files:
        told(f"opening {directory:02d}/{file.path.name}", len(opened), len(files))
        if _opens(database, file, writable=file in newest):
            opened.append(file)
    past, files = _read(database, directory, opened, told)
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
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    name = f"{file.path.name}{QUARANTINED}{stamp}"
    for path in file.together():
        path.rename(path.with_name(path.name.replace(file.path.name, name, 1)))
    sync(file.path.parent)
    log.error(
        "%s cannot be read and is now %s, logs alike; %s. The reason: %s",
        *(file.path, name, lost, reason),
    )


def _opens(database: Database, file: LogFile, *, writable: bool) -> bool:
    log_bytes = sum(path.stat().st_size for path in file.together()[:-1])
    attach = database.attach_writable if writable else database.attach_readable
    try:
        attach(file)
    except DamagedFile as error:
        database.detach(file)
        quarantine(file, error)
        return False
    if log_bytes:
        log.warning("%s was not closed: %d bytes of its log are put into it", file.path, log_bytes)
    return True


def _read(
    database: Database, directory: int, files: list[LogFile], told: Told
) -> tuple[Past, list[LogFile]]:
    """What the files know, and those of them that can be read."""
    with closing(database.cursor()) as cursor:
        while True:
            past = Past(directory)
            for at, file in enumerate(files):
                told(f"counting the events of {directory:02d}/{file.path.name}", at, len(files))
                try:
                    read_file(cursor, file, past)
                except duckdb.Error as error:
                    reason = storage_error(file, error)
                    if not isinstance(reason, DamagedFile):
                        raise reason from None
                    database.detach(file)
                    quarantine(file, reason)
                    files = [each for each in files if each != file]
                    break
            else:
                past.missing = count_missing(cursor, files)
                return past, files


def _succeed(database: Database, lost: list[LogFile], past: Past) -> None:
    """Begin files in the place of those that were written to and are lost."""
    past.next_sequence += SEQUENCE_LEAP
    past.next_session += SESSION_LEAP
    # Named at once, so that the numbers stay reserved even if nothing is written today.
    numbers = {"next_sequence": past.next_sequence, "next_session": past.next_session}
    for file in lost:
        database.attach_writable(file)
        database.note(file, numbers)


def open_aggregates(database: Database, root: Path, past: Past) -> AggregateFile:
    """Attach a directory's aggregates, made anew if there are none or they are damaged.

    Those of another layout are no use either: the log has what they were made from.
    What they know of nodes and numbers that the log has lost is added to ``past``.
    """
    file = aggregate_file(root, past.directory)
    try:
        state, nodes, sessions, remembered = _attach_aggregates(database, file)
    except DamagedFile as error:
        database.detach(file)
        quarantine(file, error, _FIGURES)
        state, nodes, sessions, remembered = _attach_aggregates(database, file)
    past.remembered = remembered
    past.nodes = {**nodes, **past.nodes}
    past.next_sequence = max(past.next_sequence, state.through)
    past.next_session = max(past.next_session, 1 + max(sessions, default=-1))
    return file


def _attach_aggregates(
    database: Database, file: AggregateFile
) -> tuple[State, dict[int, bytes], set[int], dict[int, Remembered]]:
    database.attach_writable(file)
    with closing(database.cursor()) as cursor:
        try:
            check_layout(cursor, file)
            sessions = read_sessions(cursor, file)
            sessions.update(each.session for each in read_open_sessions(cursor, file))
            known = read_state(cursor, file), read_nodes(cursor, file)
            return *known, sessions, read_remembered(cursor, file)
        except duckdb.Error as error:
            raise storage_error(file, error) from None
