"""The thread that writes: one transaction for each batch, in order.

The event loop hands over batches and never waits. This thread takes the segment for the batch
(``segments``), appends all rows in one transaction, and reports the commit. Checkpoints run on a
second thread with a cursor of its own.

- A segment has the nodes, the peers and the open connections that its events need, so it can
  be read alone (``core.segment_dictionaries``).
- While there is no space, on the disk or in memory, the writer keeps and retries a batch, and
  later batches wait.
- Any other failure ends writing and is reported to ``on_failure``; later batches are ignored.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue

import duckdb

from tart.aggregate.core.isolation import Isolation
from tart.background_tasks import Background
from tart.config.schema import StorageConfig
from tart.errors import DamagedFile, NoRoom, OutOfMemory, StorageError
from tart.storage.core.arrow import ArrowTable
from tart.storage.core.batch import Batch
from tart.storage.core.files import LogFile
from tart.storage.core.latency_histogram import LatencyHistogram
from tart.storage.core.log_columns import concatenate
from tart.storage.core.schema import TABLES, encode_log, encode_rows
from tart.storage.core.segment_dictionaries import DictionaryBackfill, TableRows
from tart.storage.core.tail_cache import TailCache
from tart.storage.log.checkpoints import Checkpoints
from tart.storage.log.database import Database, storage_error
from tart.storage.log.recovery import RecoveredState
from tart.storage.log.sampled_ranges import SampledRanges
from tart.storage.log.sampled_table import insert_sampled
from tart.storage.log.segments import ActiveSegments

log = logging.getLogger(__name__)

# The delay between two tries without space; it doubles from the first to the second.
_RETRY_SECONDS = (0.1, 5.0)


@dataclass
class WriterStatistics:
    """Counters of the writer; written by its thread, read from others.

    Attributes:
        shortage: The resource without space, ``disk`` or ``memory``; empty if there is none.
        commit_seconds: Histogram of the time from the first row of a batch to its commit.
        write_seconds: Histogram of the time of each write.
    """

    batches: int = 0
    events: int = 0
    shortage: str = ""
    commit_seconds: LatencyHistogram = field(default_factory=LatencyHistogram)
    write_seconds: LatencyHistogram = field(default_factory=LatencyHistogram)


@dataclass(frozen=True)
class WriterCallbacks:
    """The functions that a writer calls.

    Attributes:
        on_commit: Called on the writer's thread after each commit.
        on_attach: Called with each segment that is started, on the thread that starts it.
        on_failure: Called once, on the writer's thread, with the reason that ended writing.
        wait_for_readers: Waits until the queries that run now have ended, at most for the
            given seconds.
        salvage: See ``QueryThreads``.
    """

    on_commit: Callable[[Batch], None]
    on_attach: Callable[[LogFile], None]
    on_failure: Callable[[Exception], None]
    wait_for_readers: Callable[[float], bool]
    salvage: Callable[[Exception], bool]


class Writer:
    """Appends batches to the segments of one directory.

    Args:
        database: The database to write to.
        config: The settings.
        root: The data directory.
        recovered: The state of the directory, whose nodes and peers go into new segments.
        attached: The segments of the newest period, already attached; none if there is no file.
        callbacks: The functions to call.
        isolation: Counts failures of the work that follows a commit.
        background: Counts rounds of checkpoints that fail.
        first_checkpoint_seconds: The time until the first round of checkpoints.

    Attributes:
        segments: The segments of the newest period.
        checkpoints: The thread that checkpoints them.
        statistics: Counters.
        tail: The events committed last.
        sampled: What sampling left out of the shard's logs.
    """

    def __init__(
        self,
        database: Database,
        config: StorageConfig,
        root: Path,
        recovered: RecoveredState,
        *,
        attached: Sequence[LogFile],
        callbacks: WriterCallbacks,
        isolation: Isolation,
        background: Background,
        first_checkpoint_seconds: float,
    ) -> None:
        self._database = database
        self._callbacks = callbacks
        self._backfill = DictionaryBackfill(recovered.nodes, recovered.peers)
        self._isolation = isolation
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self.segments = ActiveSegments(
            database,
            root,
            recovered.directory,
            config.file_hours,
            attached=attached,
            on_attach=callbacks.on_attach,
        )
        self.checkpoints = Checkpoints(
            database,
            self.segments,
            config.checkpoint_seconds,
            callbacks.wait_for_readers,
            background,
            first_checkpoint_seconds,
        )
        self._stopping = threading.Event()
        self._inserts = _PreparedInserts()
        # The segment that must be re-attached before the next write.
        self._to_reattach: LogFile | None = None
        self.statistics = WriterStatistics()
        self.tail = TailCache()
        self.sampled = SampledRanges()
        self._thread = threading.Thread(target=self._run, name="writer")

    def start(self) -> None:
        """Start the threads of the writer and of the checkpoints."""
        self._thread.start()
        self.checkpoints.start()

    def put(self, batch: Batch) -> None:
        """Hand over a batch; the caller limits the bytes of the batches that wait."""
        self._queue.put(batch)

    def stop(self) -> None:
        """Write the batches that wait, checkpoint, and end the threads. Blocks."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()
        self.checkpoints.stop()

    def uses(self, file: LogFile) -> bool:
        """Return whether events go to the segment, or rows of it are only in its WAL."""
        return file in self.segments or self.checkpoints.is_dirty(file)

    def is_checkpointed(self, file: LogFile) -> bool:
        """Return whether all committed rows of a segment are in its file."""
        return file != self.segments.current and not self.checkpoints.is_dirty(file)

    def _run(self) -> None:
        cursor = self._database.cursor()
        try:
            while (batch := self._queue.get()) is not None:
                if batch.has_rows:
                    self._store(cursor, batch)
                self._callbacks.on_commit(batch)
        except Exception as error:
            # The boundary of this thread: no error leaves a writer that can go on, and a shard
            # that goes on receiving must know.
            log.error("writing stopped: %s", error)
            self._callbacks.on_failure(error)
        finally:
            cursor.close()

    def _store(self, cursor: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        """Write a batch, with as many tries as it takes, and count it."""
        started = time.monotonic()
        self._retry_without_space(partial(self._write, cursor, batch))
        done = time.monotonic()
        self.statistics.batches += 1
        self.statistics.events += batch.rows
        self.sampled.add(batch.sampled)
        self.statistics.write_seconds.add(done - started)
        self.statistics.commit_seconds.add(done - batch.opened_at)
        if batch.log:
            with self._isolation.guard("latest"):
                size = sum(log.memory_bytes for log in batch.log)
                self.tail.add(batch.log, size)

    def _write(self, cursor: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        """Try once to write a batch; a failed try changes nothing."""
        with self.segments.write_lock:
            if self._to_reattach is not None:
                self._reattach(self._to_reattach)
            file = self.segments.segment_for(batch.received_at)
            if not self._backfill.knows(file):
                self._backfill.add_file(
                    file,
                    nodes=self._read_numbers(cursor, file, "node"),
                    peers=self._read_numbers(cursor, file, "peer"),
                )
            self._commit(cursor, file, batch, self._backfill.rows_for(file, batch))
            self._backfill.mark_written(file, batch)
            self.checkpoints.mark_dirty(file)

    def _read_numbers(
        self, cursor: duckdb.DuckDBPyConnection, file: LogFile, column: str
    ) -> set[int]:
        """Read the numbers that a segment has; none if no batch was written to it."""
        while True:
            alias = self._database.readable(file).alias
            try:
                rows = cursor.execute(f"SELECT {column} FROM {alias}.{column}s").fetchall()
            except duckdb.Error as error:
                # The segment gets those rows again that are damaged.
                if alias == file.catalog and self._callbacks.salvage(error):
                    continue
                raise storage_error(file, error) from None
            return {number for (number,) in rows}

    def _commit(
        self, cursor: duckdb.DuckDBPyConnection, file: LogFile, batch: Batch, rows: TableRows
    ) -> None:
        try:
            self._append(cursor, file, batch, rows)
        except duckdb.Error as error:
            # A failed COMMIT has ended its transaction, a failed INSERT has not. Without the
            # rollback the next try could not begin one.
            with suppress(duckdb.Error):
                cursor.rollback()
            reason = storage_error(file, error)
            if isinstance(reason, OutOfMemory):
                self._to_reattach = file
                # If this fails, the next try begins with it.
                with suppress(OutOfMemory):
                    self._reattach(file)
            raise reason from None

    def _reattach(self, file: LogFile) -> None:
        """Re-attach a segment: after a commit without memory its columns may be misaligned.

        ``database`` describes what DuckDB does then.
        """
        self._inserts.invalidate()
        try:
            self.checkpoints.reattach(file)
        except DamagedFile:
            raise
        except StorageError as error:
            raise OutOfMemory(f"not attached again yet: {error}") from None
        self._to_reattach = None

    def _retry_without_space(self, step: Callable[[], None]) -> None:
        """Run a step, again after each failure for lack of space."""
        delay, longest = _RETRY_SECONDS
        while True:
            try:
                step()
            except NoRoom as error:
                if self._stopping.is_set():
                    raise
                if not self.statistics.shortage:
                    log.error("cannot commit, retrying: %s", error)
                self.statistics.shortage = error.what
                self._stopping.wait(delay)
                delay = min(2 * delay, longest)
                continue
            if self.statistics.shortage:
                self.statistics.shortage = ""
                log.warning("commits resumed")
            return

    def _append(
        self, cursor: duckdb.DuckDBPyConnection, file: LogFile, batch: Batch, rows: TableRows
    ) -> None:
        self._inserts.prepare(cursor, file)
        tables = {table: encode_rows(table, rows[table]) for table in rows if rows[table]}
        if batch.log:
            batch.log = [concatenate(batch.log)]
            tables["log"] = encode_log(batch.log[0])
        # One statement is a transaction, and costs a fifth less than one with BEGIN and COMMIT.
        several = len(tables) > 1 or bool(batch.sampled)
        if several:
            cursor.begin()
        for table, columns in tables.items():
            self._inserts.insert(table, columns)
        if batch.sampled:
            insert_sampled(cursor, file, batch.sampled)
        if several:
            cursor.commit()


class _InsertSource:
    """The relation that a prepared INSERT reads: each run scans the columns set before it."""

    def __init__(self, table: str) -> None:
        self.columns = encode_rows(table, [])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.columns.__arrow_c_stream__(requested_schema)


class _PreparedInserts:
    """A prepared INSERT for each table of the current segment.

    Preparing once per segment halves the cost of a commit: otherwise DuckDB plans the statement
    and reads the registered object's schema each time.
    """

    def __init__(self) -> None:
        self._sources = {table: _InsertSource(table) for table in TABLES}
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._file: LogFile | None = None

    def prepare(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        """Prepare the statements for a segment, unless they are."""
        if cursor is not self._cursor:
            for table, source in self._sources.items():
                cursor.register(f"source_{table}", source)
            self._cursor = cursor
        if file != self._file:
            for table in self._sources:
                cursor.execute(
                    f"PREPARE insert_{table} AS "
                    f"INSERT INTO {file.catalog}.{table} SELECT * FROM source_{table}"
                )
            self._file = file

    def invalidate(self) -> None:
        """Prepare the statements again before the next use, for a re-attached segment."""
        self._file = None

    def insert(self, table: str, columns: ArrowTable) -> None:
        """Append columns to a table of the segment."""
        assert self._cursor is not None
        self._sources[table].columns = columns
        self._cursor.execute(f"EXECUTE insert_{table}")
