"""The storage of a shard: its files, its writer, its query threads, its maintenance.

The shard opens it after the fork, hands it batches, runs queries on it, and closes it last.
``files`` lists the files that may be read, newest first; the writer adds a file when a segment is
started, maintenance removes those that are deleted.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.flush import FlushState
from tart.background_tasks import Background, first_delay
from tart.config.schema import AggregatesConfig, StorageConfig
from tart.errors import DamagedFile, StorageError
from tart.storage.aggregates.database import AggregateFile, AggregateWriter
from tart.storage.aggregates.merged_relations import StatementCounts
from tart.storage.aggregates.rebuild import catch_up
from tart.storage.aggregates.stored_rows import StoredRows
from tart.storage.core.batch import Batch
from tart.storage.core.files import (
    QUARANTINED,
    SPILL,
    LogFile,
    group_by_period,
    list_adopted,
    list_quarantined,
    parse_path,
)
from tart.storage.failure_log import FailureLog
from tart.storage.log.damage_report import DamageReport
from tart.storage.log.database import (
    Database,
    bytes_on_disk,
    storage_error,
    suspect_files,
    sync_directory,
)
from tart.storage.log.file_ranges import FRAME_TABLES, read_file_ranges
from tart.storage.log.query_threads import QueryThreads
from tart.storage.log.recovery import RecoveredState
from tart.storage.log.skip_indexes import SkipIndexes
from tart.storage.log.startup_progress import ReportProgress, ignore_progress
from tart.storage.log.writer import Writer, WriterCallbacks
from tart.storage.maintenance import INTERVAL_SECONDS, Maintenance
from tart.storage.open_directory import (
    damage_report,
    open_aggregates,
    open_directory,
    quarantine_aggregates,
    salvage_file,
)

log = logging.getLogger(__name__)

# Tries of a rebuild: each may find damage in another part of the files.
_TRIES = 8
# The interval between two surveys of every block of every file.
_SURVEY_SECONDS = 60.0
# The wait for a round of checkpoints; a backup takes longer.
_LOCK_SECONDS = 5.0
# Changes of a directory within this time may have one time of modification.
_SAME_TIME_NS = 100_000_000


class Store:
    """The files of a shard's directory and of the directories that it adopts.

    Args:
        config: The settings.
        root: The data directory.
        shard: The number of this shard, which is that of its own directory.
        count: The number of shards now.
        on_commit: Called on the writer's thread after each commit.
        on_failure: Called on the writer's thread when writing has ended for good.
        on_shortage: Called on the maintenance thread with ``disk`` or ``memory`` when that is
            exhausted, and with an empty string when it suffices again.
        on_sessions_deleted: Called on the maintenance thread with a directory and the sessions
            that no file names any more.
        progress: Called with the progress of the start; may raise to end it.
        start_maintenance: Whether maintenance begins at once; else the caller starts it when
            the aggregates have caught up with the event log.
        maintenance_interval: Seconds between two rounds of maintenance.

    Attributes:
        directory: The number of the shard's own directory.
        directories: The numbers of all directories, the own one first.
        recovered: The state of each directory at the start.
        writer: Writes the own directory.
        aggregate_writer: Writes the own directory's aggregates, once it is started.
        query_threads: Run queries.
        skip_indexes: Find the rows that a search need not read.
        maintenance: Deletes expired periods and watches the disk.
        failures: Failures of derived work.
        background: Failures of background tasks.

    Raises:
        StorageError: A file cannot be opened or was written by another version.
    """

    def __init__(
        self,
        config: StorageConfig,
        root: Path,
        shard: int,
        count: int,
        *,
        on_commit: Callable[[Batch], None],
        on_failure: Callable[[Exception], None],
        on_shortage: Callable[[str], None] = lambda resource: None,
        on_sessions_deleted: Callable[[int, set[int]], None] = lambda directory, sessions: None,
        progress: ReportProgress = ignore_progress,
        start_maintenance: bool = True,
        maintenance_interval: float = INTERVAL_SECONDS,
    ) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._on_sessions_deleted = on_sessions_deleted
        self._progress = progress
        self._database = Database(config, root / f"{shard:02d}" / SPILL)
        self.failures = FailureLog()
        self.statements = StatementCounts()
        self.stored_rows = StoredRows()
        self.background = Background()
        self.skip_indexes = SkipIndexes()
        self.directory = shard
        self.directories = [shard, *list_adopted(root, shard, count)]
        self._files: dict[int, list[LogFile]] = {}
        self._aggregates: dict[int, AggregateFile] = {}
        # By directory, the time of its last change and its quarantined files.
        self._quarantined: dict[int, tuple[int, list[Path]]] = {}
        # Read from other threads.
        self._damage_reports: dict[LogFile, DamageReport] = {}
        # Held while a thread surveys files for damage.
        self._survey_lock = threading.Lock()
        self._survey_again_at = 0.0
        self.aggregate_writer: AggregateWriter | None = None
        self.recovered: dict[int, RecoveredState] = {}
        try:
            for directory in self.directories:
                self._open_directory(directory)
        except BaseException:
            self._database.close()
            raise
        self.query_threads = QueryThreads(self._database, self.salvage)
        self.writer = Writer(
            self._database,
            config,
            root,
            self.recovered[shard],
            attached=(group_by_period(self._files[shard]) or [[]])[-1],
            callbacks=WriterCallbacks(
                on_commit=on_commit,
                on_attach=self._add_file,
                on_failure=on_failure,
                wait_for_readers=self.query_threads.wait_for_running,
                salvage=self.salvage,
            ),
            isolation=self.failures.isolation,
            background=self.background,
            first_checkpoint_seconds=first_delay(config.checkpoint_seconds, shard % count, count),
        )
        for state in self.recovered.values():
            self.writer.sampled.add(state.sampled)
        self.maintenance = Maintenance(self, config, root, count, on_shortage, maintenance_interval)
        for file in self.attached_files():
            if self._database.damage(file) is not None:
                self._record_damage(file)
        self.writer.start()
        if start_maintenance:
            self.maintenance.start()

    def _open_directory(self, directory: int) -> None:
        self._files[directory], self.recovered[directory] = open_directory(
            self._database,
            self._root,
            directory,
            own=directory == self.directory,
            progress=self._progress,
        )
        self._aggregates[directory] = open_aggregates(
            self._database,
            self._root,
            self.recovered[directory],
            log_is_complete=self._is_complete(directory),
        )

    def catch_up(
        self, directory: int, decode_context: Callable[[int], DecodeContext]
    ) -> FlushState:
        """Bring a directory's aggregates up to its event log, before anything is written.

        Unreadable events are left out. Aggregates that cannot be written are rebuilt.

        Args:
            directory: The number of the directory.
            decode_context: Returns how to decode the events of a session.
        """
        recovered = self.recovered[directory]
        for _ in range(_TRIES):
            file = self._database.readable(self._aggregates[directory])
            try:
                return catch_up(
                    self._database,
                    file,
                    self.files(directory)[::-1],
                    recovered,
                    decode_context,
                    self.failures.isolation,
                    self._progress,
                )
            except duckdb.Error as error:
                reason = storage_error(file, error)
                if not isinstance(reason, DamagedFile):
                    raise reason from None
                if not self.salvage(error, exclusive=True):
                    quarantine_aggregates(self._database, file, reason)
                    self._aggregates[directory] = open_aggregates(
                        self._database, self._root, recovered
                    )
        raise StorageError(f"directory {directory:02d}: more and more of it is damaged")

    def salvage(self, error: Exception, *, exclusive: bool = False) -> bool:
        """Make the undamaged part of files readable after an error that may mean damage.

        New damage is logged once, and reported by ``damaged_files``.

        Args:
            error: The error.
            exclusive: No other thread writes to the file that the error is about.

        Returns:
            Whether the error is damage of a file whose other rows can be read now.
        """
        files = self.attached_files()
        if not isinstance(error, duckdb.Error) or not files:
            return False
        if not isinstance(storage_error(files[0], error), DamagedFile):
            return False
        with self._prevent_checkpoints(exclusive) as held:
            suspects = suspect_files(files, error) if held else []
            now = time.monotonic()
            # An error that does not name a block has every block of every file read.
            if len(suspects) > 1 and now < self._survey_again_at:
                return False
            for file in suspects:
                if salvage_file(self._database, file, thorough=len(suspects) == 1):
                    self._record_damage(file)
            if len(suspects) > 1:
                self._survey_again_at = now + _SURVEY_SECONDS
            return any(self._database.damage(file) is not None for file in suspects)

    @contextmanager
    def _prevent_checkpoints(self, exclusive: bool) -> Iterator[bool]:
        """Keep files from being checkpointed and detached; yield whether that succeeded."""
        lock = self.writer.checkpoints.attach_lock
        with self._survey_lock:
            if exclusive:
                yield True
                return
            held = lock.acquire(timeout=_LOCK_SECONDS)
            try:
                yield held
            finally:
                if held:
                    lock.release()

    def _record_damage(self, file: LogFile) -> None:
        try:
            self._damage_reports[file] = damage_report(self._database, file)
        except StorageError as error:
            log.error("the unreadable part of %s is unknown: %s", file.path, error)
            self._damage_reports[file] = DamageReport()

    @property
    def aggregates(self) -> dict[int, AggregateFile]:
        """The aggregates of each directory, with the alias to read them by."""
        return {
            directory: self._database.readable(file) for directory, file in self._aggregates.items()
        }

    def damaged_files(self) -> list[dict[str, Any]]:
        """Return the unreadable part of each damaged file, for health."""
        return [
            report.as_json(self._relative(file.path))
            for file, report in sorted(self._damage_reports.items(), key=lambda item: item[0].path)
        ]

    def missing_frames(self) -> int:
        """Return the number of frames that were lost at the start, without those of damage."""
        known = sum(report.events for report in list(self._damage_reports.values()))
        return max(0, sum(state.missing for state in self.recovered.values()) - known)

    def attached_files(self) -> list[LogFile]:
        """Return all files that are in use, aggregates among them."""
        with self._lock:
            log_files = [file for files in self._files.values() for file in files]
        return [*log_files, *self._aggregates.values()]

    def vanished_files(self) -> list[str]:
        """Return the files that were deleted or replaced while in use, as relative paths."""
        return sorted(self._relative(file.path) for file in self.maintenance.vanished)

    def unreadable_aggregates(self) -> list[list[Any]]:
        """Return [file, rows, None, None] of damaged aggregates: the rows may be of any time."""
        return [
            [self._relative(file.path), report.rows, None, None]
            for file, report in list(self._damage_reports.items())
            if isinstance(file, AggregateFile)
        ]

    def unreadable_events(self, start_us: int | None, end_us: int | None) -> list[list[Any]]:
        """Return the events of a window that cannot be read: [file, events, first µs, last µs].

        The number of events of a quarantined file is unknown (``None``); it was written to from
        the beginning of its period on.
        """

        def overlaps(first_us: int | None, last_us: int | None) -> bool:
            before_end = end_us is None or first_us is None or first_us <= end_us
            after_start = start_us is None or last_us is None or last_us >= start_us
            return before_end and after_start

        quarantined = [
            [path, None, first_us, last_us]
            for path, first_us, last_us in self._quarantined_periods()
            if overlaps(first_us, last_us)
        ]
        return quarantined + [
            [self._relative(file.path), events.events, events.first_at, events.last_at]
            for file, report in list(self._damage_reports.items())
            for events in report.ranges
            if overlaps(events.first_at, events.last_at)
        ]

    def start_aggregate_writer(
        self,
        config: AggregatesConfig,
        on_flush: Callable[[int], None],
        on_failure: Callable[[Exception], None],
    ) -> AggregateWriter:
        """Start the writer of the shard's own aggregates; see ``AggregateWriter``."""
        self.aggregate_writer = AggregateWriter(
            self._database,
            config,
            self._aggregates[self.directory],
            on_flush,
            on_failure,
            self.failures.isolation,
            partial(self.salvage, exclusive=True),
        )
        return self.aggregate_writer

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor for the caller to close."""
        return self._database.cursor()

    def files(self, directory: int) -> list[LogFile]:
        """Return a directory's files, newest first.

        A query lists and reads them in one call: a file is not deleted before the queries have
        ended that began when it was listed.
        """
        with self._lock:
            files = self._files.get(directory, [])
            return [self._database.readable(file) for file in files][::-1]

    def _quarantined_periods(self) -> Iterator[tuple[str, int, int]]:
        """Yield path, start of the period and last write of quarantined segments, in µs."""
        for directory in self.directories:
            for path in self._list_quarantined(directory):
                name = path.name.partition(QUARANTINED)[0]
                file = parse_path(directory, path.with_name(name))
                with suppress(FileNotFoundError):
                    if file is not None and path.suffix != ".wal":
                        written_us = path.stat().st_mtime_ns // 1000
                        yield self._relative(path), file.period, written_us

    def quarantined_files(self) -> list[str]:
        """Return the quarantined files, as relative paths."""
        return [
            self._relative(path)
            for directory in self.directories
            for path in self._list_quarantined(directory)
        ]

    def _list_quarantined(self, directory: int) -> list[Path]:
        """Return the quarantined files of a directory, listed again when it has changed.

        Every search of the event log asks for them.
        """
        try:
            changed_ns = (self._root / f"{directory:02d}").stat().st_mtime_ns
        except FileNotFoundError:
            return []
        known = self._quarantined.get(directory)
        if known is None or known[0] != changed_ns:
            known = changed_ns, list_quarantined(self._root, directory)
            # The time of a change that follows at once may be the same.
            if time.time_ns() - changed_ns > _SAME_TIME_NS:
                self._quarantined[directory] = known
        return known[1]

    def disk_usage(self) -> tuple[int, int, int]:
        """Return the number of files, the bytes they take, and the bytes free on the disk."""
        count, size = bytes_on_disk(self._root, self.directories)
        return count, size, shutil.disk_usage(self._root).free

    def delete_period(self, segments: Sequence[LogFile], seconds: float) -> bool:
        """Delete the segments of a period; return false if they are in use for that long."""
        lock = self.writer.checkpoints.rotation_lock
        if not lock.acquire(timeout=_LOCK_SECONDS):
            return False
        try:
            return self._delete_period(segments, seconds)
        finally:
            lock.release()

    def _delete_period(self, segments: Sequence[LogFile], seconds: float) -> bool:
        directory, folder = segments[0].directory, segments[0].path.parent
        with self.writer.checkpoints.attach_lock:
            gone = not set(segments) <= set(self.files(directory))
            if gone or any(map(self.writer.uses, segments)):
                return False
            sessions = self._sessions_only_in([self._database.readable(file) for file in segments])
            with self._lock:
                self._files[directory] = [
                    file for file in self._files[directory] if file not in segments
                ]
            if not self.query_threads.wait_for_running(seconds):
                with self._lock:
                    self._files[directory] = sorted([*self._files[directory], *segments])
                return False
            for file in segments:
                self._damage_reports.pop(file, None)
                self._database.detach(file)
                self.skip_indexes.forget(file)
                for path in file.paths():
                    path.unlink(missing_ok=True)
            sync_directory(folder)
        if directory != self.directory and not self._files[directory]:
            self.directories = [other for other in self.directories if other != directory]
            # The directory may hold other files, which are not the shard's to delete.
            with suppress(OSError):
                folder.rmdir()
        self._on_sessions_deleted(directory, sessions)
        return True

    def close(self) -> None:
        """Write the batches that wait, checkpoint, close everything. Blocks."""
        self.maintenance.stop()
        self.writer.stop()
        if self.aggregate_writer is not None:
            self.aggregate_writer.stop()
        self.query_threads.close()
        self._database.close()

    def _relative(self, path: Path) -> str:
        return str(path.relative_to(self._root))

    def _is_complete(self, directory: int) -> bool:
        """Return whether the event log has every event since the first."""
        files = self.files(directory)
        with closing(self._database.cursor()) as cursor:
            ranges = read_file_ranges(cursor, files, FRAME_TABLES)
        begins = min((sequences.first for sequences in ranges), default=None)
        undamaged = not any(file.salvaged for file in files)
        return begins == 0 and undamaged and not self.recovered[directory].missing

    def _sessions_only_in(self, segments: Sequence[LogFile]) -> set[int]:
        """Return the sessions that no other file of the directory names; none if unreadable."""
        try:
            return self._read_sessions_only_in(segments)
        except duckdb.Error as error:
            if not self.salvage(error, exclusive=True):
                log.error(
                    "%s: its sessions stay in memory, they cannot be read: %s",
                    segments[0].path,
                    error,
                )
                return set()
        return self._read_sessions_only_in([self._database.readable(file) for file in segments])

    def _read_sessions_only_in(self, segments: Sequence[LogFile]) -> set[int]:
        others = [file for file in self.files(segments[0].directory) if file not in segments]
        own_sessions, other_sessions = (
            " UNION ALL ".join(f"SELECT session FROM {file.alias}.sessions" for file in files)
            for files in (segments, others)
        )
        statement = own_sessions
        if other_sessions:
            statement = f"({own_sessions}) EXCEPT ({other_sessions})"
        with closing(self._database.cursor()) as cursor:
            rows = cursor.execute(statement).fetchall()
        return {session for (session,) in rows}

    def _add_file(self, file: LogFile) -> None:
        with self._lock:
            self._files[file.directory] = sorted([*self._files[file.directory], file])
