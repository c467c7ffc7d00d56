"""A shard's storage as one thing: its files, its writer, its readers, their keeper.

The shard opens it after the fork, hands it batches, asks it questions, and closes it
last. ``files`` lists what may be read, newest first; the writer adds to it when a new
period begins, the keeper takes from it what is no longer kept.
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
from tart.background_tasks import Background
from tart.config.schema import AggregatesConfig, StorageConfig
from tart.errors import DamagedFile, StorageError
from tart.storage.aggregates.database import AggregateFile, AggregateWriter
from tart.storage.aggregates.rebuild import catch_up
from tart.storage.core.batch import Batch
from tart.storage.core.files import (
    QUARANTINED,
    SPILL,
    LogFile,
    adopted,
    group_by_period,
    named,
    quarantined,
)
from tart.storage.failure_log import FailureLog
from tart.storage.log.database import Database, blamed, bytes_on_disk, storage_error, sync
from tart.storage.log.file_ranges import FRAME_TABLES, read_file_ranges
from tart.storage.log.losses import DamageReport
from tart.storage.log.query_threads import QueryThreads
from tart.storage.log.recovery import RecoveredState
from tart.storage.log.startup_progress import ReportProgress, ignore_progress
from tart.storage.log.writer import Writer, WriterCallbacks
from tart.storage.maintenance import Maintenance
from tart.storage.open_directory import (
    damage_report,
    open_aggregates,
    open_directory,
    salvage,
    set_aggregates_aside,
)

log = logging.getLogger(__name__)

# Each time another part of the files may turn out to be damaged.
_TRIES = 8
# Between two looks at everything.
_SURVEY_SECONDS = 60.0
# A round of checkpoints is waited for, a backup is not.
_TURN_SECONDS = 5.0


class Store:
    """Opens a shard's directory and the ones it adopts.

    Args:
        root: the data directory.
        shard: this shard's number, which is its own directory's.
        count: how many shards there are now.
        on_commit: called on the writer's thread after each commit.
        failed: called on the writer's thread if writing has ended for good.
        on_shortage: called on the keeper's thread with ``disk`` or ``memory`` when there is no
            room in it, and with nothing when there is again.
        on_sessions_deleted: called on the keeper's thread with a directory and the sessions that no
            file names any more.
        progress: called in between with how far the start is; may raise to end it.
        start_maintenance: whether the keeper begins at once; else it is the caller's to start, when
            aggregates are up to the log.

    Raises:
        StorageError: a file cannot be opened or was written by another version.
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
        on_shortage: Callable[[str], None] = lambda what: None,
        on_sessions_deleted: Callable[[int, set[int]], None] = lambda directory, sessions: None,
        progress: ReportProgress = ignore_progress,
        start_maintenance: bool = True,
    ) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._on_sessions_deleted = on_sessions_deleted
        self._progress = progress
        self._database = Database(config, root / f"{shard:02d}" / SPILL)
        self.failures = FailureLog()
        self.background = Background()
        self.directory = shard
        self.directories = [shard, *adopted(root, shard, count)]
        self._files: dict[int, list[LogFile]] = {}
        self._aggregates: dict[int, AggregateFile] = {}
        # What is damaged of files; read from other threads.
        self._damage_reports: dict[LogFile, DamageReport] = {}
        # Held while somebody finds out what is damaged.
        self._surveying = threading.Lock()
        self._survey_again_at = 0.0
        self.aggregate_writer: AggregateWriter | None = None
        self.recovered: dict[int, RecoveredState] = {}
        try:
            for directory in self.directories:
                self._files[directory], self.recovered[directory] = open_directory(
                    self._database, root, directory, own=directory == shard, progress=progress
                )
                self._aggregates[directory] = open_aggregates(
                    self._database, root, self.recovered[directory], whole=self._is_whole(directory)
                )
        except BaseException:
            self._database.close()
            raise
        self.query_threads = QueryThreads(self._database, self.salvage_after)
        self.writer = Writer(
            self._database,
            config,
            root,
            self.recovered[shard],
            attached=(group_by_period(self._files[shard]) or [[]])[-1],
            callbacks=WriterCallbacks(
                on_commit=on_commit,
                on_attach=self._attached,
                on_failure=on_failure,
                wait_for_readers=self.query_threads.wait_for_running,
                salvage=self.salvage_after,
            ),
            isolation=self.failures.isolation,
            background=self.background,
        )
        self.maintenance = Maintenance(self, config, root, count, on_shortage)
        for file in self.attached_files():
            if self._database.damage(file) is not None:
                self._note(file)
        self.writer.start()
        if start_maintenance:
            self.maintenance.start()

    def catch_up(
        self, directory: int, decode_context: Callable[[int], DecodeContext]
    ) -> FlushState:
        """Bring a directory's aggregates up to its log; before anything is written.

        What is damaged is left out. Aggregates that cannot be written are made anew.

        Args:
            decode_context: the decode context of a session, by its number.
        """
        past = self.recovered[directory]
        for _ in range(_TRIES):
            file = self._database.readable(self._aggregates[directory])
            try:
                return catch_up(
                    self._database,
                    file,
                    self.files(directory)[::-1],
                    past.nodes,
                    past.sessions,
                    decode_context,
                    past.next_sequence,
                    self.failures.isolation,
                    self._progress,
                )
            except duckdb.Error as error:
                reason = storage_error(file, error)
                if not isinstance(reason, DamagedFile):
                    raise reason from None
                if not self.salvage_after(error, alone=True):
                    set_aggregates_aside(self._database, file, reason)
                    self._aggregates[directory] = open_aggregates(self._database, self._root, past)
        raise StorageError(f"directory {directory:02d}: more and more of it is damaged")

    def salvage_after(self, error: Exception, *, alone: bool = False) -> bool:
        """Whether an error is damage of files of which the rest can be read now.

        What is found is logged, once, and told by ``losses``.

        Args:
            alone: nobody writes to the file it is about but who asks.
        """
        files = self.attached_files()
        if not isinstance(error, duckdb.Error) or not files:
            return False
        if not isinstance(storage_error(files[0], error), DamagedFile):
            return False
        with self._still(alone) as still:
            suspects = blamed(files, error) if still else []
            now = time.monotonic()
            # An error that says not where it is has every block of every file be looked at.
            if len(suspects) > 1 and now < self._survey_again_at:
                return False
            for file in suspects:
                if salvage(self._database, file, thorough=len(suspects) == 1):
                    self._note(file)
            if len(suspects) > 1:
                self._survey_again_at = now + _SURVEY_SECONDS
            return any(self._database.damage(file) is not None for file in suspects)

    @contextmanager
    def _still(self, alone: bool) -> Iterator[bool]:
        """Keep files from being checkpointed and detached; whether that could be had."""
        attach_lock = self.writer.checkpoints.attach_lock
        with self._surveying:
            if alone:
                yield True
                return
            held = attach_lock.acquire(timeout=_TURN_SECONDS)
            try:
                yield held
            finally:
                if held:
                    attach_lock.release()

    def _all(self) -> list[LogFile]:
        with self._lock:
            return [file for files in self._files.values() for file in files]

    def _note(self, file: LogFile) -> None:
        """Remember what a damaged file costs."""
        try:
            self._damage_reports[file] = damage_report(self._database, file)
        except StorageError as error:
            log.error("what is lost of %s cannot be progress: %s", file.path, error)
            self._damage_reports[file] = DamageReport((), 0, {})

    @property
    def aggregates(self) -> dict[int, AggregateFile]:
        """The aggregates of each directory, as they are to be read."""
        return {at: self._database.readable(file) for at, file in self._aggregates.items()}

    def damaged_files(self) -> list[dict[str, Any]]:
        """What cannot be read of the files that are damaged, for health."""
        return [
            found.as_json(str(file.path.relative_to(self._root)))
            for file, found in sorted(self._damage_reports.items(), key=lambda each: each[0].path)
        ]

    def missing_frames(self) -> int:
        """Frames that were not there when the shard started, but for those of ``damaged``."""
        known = sum(found.events for found in list(self._damage_reports.values()))
        return max(0, sum(past.missing for past in self.recovered.values()) - known)

    def attached_files(self) -> list[LogFile]:
        """All files that are in use, aggregates among them."""
        return [*self._all(), *self._aggregates.values()]

    def vanished_files(self) -> list[str]:
        """Files that somebody deleted or replaced, as paths inside the data directory."""
        return sorted(str(file.path.relative_to(self._root)) for file in self.maintenance.vanished)

    def unreadable_aggregates(self) -> list[list[Any]]:
        """The same of aggregates: their rows may be of any time."""
        return [
            [str(file.path.relative_to(self._root)), sum(found.others.values()), None, None]
            for file, found in list(self._damage_reports.items())
            if isinstance(file, AggregateFile)
        ]

    def unreadable_events(self, start_us: int | None, end_us: int | None) -> list[list[Any]]:
        """Events of a window that cannot be read: [file, how many, first µs, last µs].

        Of a file that was put aside nobody knows how many there are; it was written to from
        the beginning of its period on.
        """
        aside = [
            [path, None, first, last]
            for path, first, last in self._put_aside()
            if (end_us is None or first <= end_us) and (start_us is None or last >= start_us)
        ]
        return aside + [
            [str(file.path.relative_to(self._root)), each.events, each.first_at, each.last_at]
            for file, found in list(self._damage_reports.items())
            for each in found.stretches
            if (end_us is None or each.first_at is None or each.first_at <= end_us)
            and (start_us is None or each.last_at is None or each.last_at >= start_us)
        ]

    def start_aggregate_writer(
        self,
        config: AggregatesConfig,
        written: Callable[[int], None],
        failed: Callable[[Exception], None],
    ) -> AggregateWriter:
        """Start the writer of the shard's own aggregates; see ``AggregateWriter``."""
        self.aggregate_writer = AggregateWriter(
            self._database,
            config,
            self._aggregates[self.directory],
            written,
            failed,
            self.failures.isolation,
            partial(self.salvage_after, alone=True),
        )
        return self.aggregate_writer

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of the caller's own."""
        return self._database.cursor()

    def files(self, directory: int) -> list[LogFile]:
        """A directory's files, newest first.

        A question asks for them and reads them in one go: a file is not deleted before
        the questions that began when it was listed have ended.
        """
        with self._lock:
            return [self._database.readable(each) for each in self._files.get(directory, [])][::-1]

    def _put_aside(self) -> Iterator[tuple[str, int, int]]:
        """Files of events that were put aside: the path, from when, when written last."""
        for directory in self.directories:
            for path in quarantined(self._root, directory):
                file = named(directory, path.with_name(path.name.partition(QUARANTINED)[0]))
                with suppress(FileNotFoundError):
                    if file is not None and path.suffix != ".wal":
                        written = path.stat().st_mtime_ns // 1000
                        yield str(path.relative_to(self._root)), file.period, written

    def quarantined_files(self) -> list[str]:
        """Damaged files that are still there, as paths inside the data directory."""
        return [
            str(path.relative_to(self._root))
            for directory in self.directories
            for path in quarantined(self._root, directory)
        ]

    def disk_usage(self) -> tuple[int, int, int]:
        """(files, bytes they take, bytes free on their disk)."""
        count, size = bytes_on_disk(self._root, self.directories)
        return count, size, shutil.disk_usage(self._root).free

    def drop(self, segments: Sequence[LogFile], seconds: float) -> bool:
        """Delete the files of a period; ``False`` if they are in use for longer than that."""
        rotation_lock = self.writer.checkpoints.rotation_lock
        if not rotation_lock.acquire(timeout=_TURN_SECONDS):
            return False
        try:
            return self._drop(segments, seconds)
        finally:
            rotation_lock.release()

    def _drop(self, segments: Sequence[LogFile], seconds: float) -> bool:
        directory, folder = segments[0].directory, segments[0].path.parent
        with self.writer.checkpoints.attach_lock:
            gone = not set(segments) <= set(self.files(directory))
            if gone or any(map(self.writer.uses, segments)):
                return False
            sessions = self._only_in([self._database.readable(file) for file in segments])
            with self._lock:
                kept = [each for each in self._files[directory] if each not in segments]
                self._files[directory] = kept
            if not self.query_threads.wait_for_running(seconds):
                with self._lock:
                    self._files[directory] = sorted([*self._files[directory], *segments])
                return False
            for file in segments:
                self._damage_reports.pop(file, None)
                self._database.detach(file)
                for path in file.paths():
                    path.unlink(missing_ok=True)
            sync(folder)
        if directory != self.directory and not self._files[directory]:
            self.directories = [each for each in self.directories if each != directory]
            # Something else may lie in it; then it is not ours to remove.
            with suppress(OSError):
                folder.rmdir()
        self._on_sessions_deleted(directory, sessions)
        return True

    def close(self) -> None:
        """Write what is left, checkpoint, close everything. Blocks."""
        self.maintenance.stop()
        self.writer.stop()
        if self.aggregate_writer is not None:
            self.aggregate_writer.stop()
        self.query_threads.close()
        self._database.close()

    def _is_whole(self, directory: int) -> bool:
        """Whether the log has every event since its first."""
        files = self.files(directory)
        with closing(self._database.cursor()) as cursor:
            ranges = read_file_ranges(cursor, files, FRAME_TABLES)
        begins = min((each.first for each in ranges), default=None)
        sound = not any(file.salvaged for file in files)
        return begins == 0 and sound and not self.recovered[directory].missing

    def _only_in(self, segments: Sequence[LogFile]) -> set[int]:
        """The sessions that no other file of the directory names; none if nobody can tell."""
        try:
            return self._named_only_in(segments)
        except duckdb.Error as error:
            if not self.salvage_after(error, alone=True):
                log.error("%s: what only it knows is not forgotten: %s", segments[0].path, error)
                return set()
        return self._named_only_in([self._database.readable(file) for file in segments])

    def _named_only_in(self, segments: Sequence[LogFile]) -> set[int]:
        others = [each for each in self.files(segments[0].directory) if each not in segments]
        named, rest = (
            " UNION ALL ".join(f"SELECT session FROM {file.alias}.sessions" for file in files)
            for files in (segments, others)
        )
        with closing(self._database.cursor()) as cursor:
            rows = cursor.execute(f"({named}) EXCEPT ({rest})" if rest else named).fetchall()
        return {session for (session,) in rows}

    def _attached(self, file: LogFile) -> None:
        with self._lock:
            self._files[file.directory] = sorted([*self._files[file.directory], file])
