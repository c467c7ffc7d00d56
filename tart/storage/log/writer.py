"""The one thread that writes: batches in, commits out, in order.

The event loop hands over batches and never waits; this thread asks ``segments`` for the
batch's file, appends everything in one transaction, and reports back. Checkpoints run on
a second thread with a cursor of their own, and of files that have no turn.

- A file has the nodes, the peers and the open connections its events need: it can be read
  without the others (``carried``).
- Without room, on the disk or in memory, a batch is kept and tried again until there is;
  meanwhile those behind it wait.
- Any other failure ends writing and is handed to ``failed``; later batches are refused.
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
from tart.storage.core.segment_dictionaries import DictionaryBackfill, Rows
from tart.storage.core.tail_cache import TailCache
from tart.storage.log.checkpoints import Checkpoints
from tart.storage.log.database import Database, storage_error
from tart.storage.log.segments import ActiveSegments

log = logging.getLogger(__name__)

# Between two tries to write without room; doubles from the first to the second.
_RETRY_SECONDS = (0.1, 5.0)


@dataclass
class WriterStatistics:
    """What the writer has done; read from other threads, written by its own.

    Attributes:
        short_of: what there is no room in, ``disk`` or ``memory``; empty: nothing.
    """

    batches: int = 0
    events: int = 0
    short_of: str = ""
    commit_seconds: LatencyHistogram = field(default_factory=LatencyHistogram)
    write_seconds: LatencyHistogram = field(default_factory=LatencyHistogram)


class Writer:
    """Appends batches to the files of one directory.

    Args:
        opened: the files of the newest period, already attached; none if there are none.
        nodes, peers: the numbers the files know, to be carried into the next.
        on_commit: called on the writer's thread after each commit.
        attached: called with each file that is started, on the thread that does.
        failed: called once, on the writer's thread, with the reason writing ended.
        isolation: counts what fails of work that follows a commit.
        background: counts rounds of checkpoints that fail.
        unread: waits until whoever reads a file now has ended; seconds are its limit.
        salvage_after: see ``Reader``.

    Attributes:
        tail: what was committed last.
    """

    def __init__(
        self,
        database: Database,
        config: StorageConfig,
        root: Path,
        directory: int,
        *,
        opened: Sequence[LogFile],
        nodes: dict[int, bytes],
        peers: dict[int, bytes],
        on_commit: Callable[[Batch], None],
        attached: Callable[[LogFile], None],
        on_failure: Callable[[Exception], None],
        isolation: Isolation,
        background: Background,
        unread: Callable[[float], bool] = lambda seconds: True,
        salvage_after: Callable[[Exception], bool] = lambda error: False,
    ) -> None:
        self._database = database
        self._salvage_after = salvage_after
        self._carried = DictionaryBackfill(nodes, peers)
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._isolation = isolation
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self.segments = ActiveSegments(
            database, root, directory, config.file_hours, opened=opened, attached=attached
        )
        seconds = config.checkpoint_seconds
        self.checkpoints = Checkpoints(database, self.segments, seconds, unread, background)
        self._stopping = threading.Event()
        self._inserts = _Inserts()
        # Not to be written to before it is attached again.
        self._spoilt: LogFile | None = None
        self.statistics = WriterStatistics()
        self.tail = TailCache()
        self._thread = threading.Thread(target=self._write_all, name="writer")

    def start(self) -> None:
        """Start both threads."""
        self._thread.start()
        self.checkpoints.start()

    def put(self, batch: Batch) -> None:
        """Hand over a batch; how many may wait is the caller's to bound, in bytes."""
        self._queue.put(batch)

    def stop(self) -> None:
        """Write what was handed over, checkpoint, end the threads. Blocks."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join()
        self.checkpoints.stop()

    def uses(self, file: LogFile) -> bool:
        """Whether events go to it, or what is in its log is not in the file yet."""
        return file in self.segments or file in self.checkpoints

    def _write_all(self) -> None:
        cursor = self._database.cursor()
        try:
            while (batch := self._queue.get()) is not None:
                started = time.monotonic()
                self._patiently(partial(self._write, cursor, batch))
                done = time.monotonic()
                self.statistics.batches += 1
                self.statistics.events += batch.rows
                self.statistics.write_seconds.add(done - started)
                self.statistics.commit_seconds.add(done - batch.opened_at)
                if batch.log:
                    with self._isolation.guard("latest"):
                        self.tail.add(batch.log, batch.bytes)
                self._on_commit(batch)
        except Exception as error:
            # The boundary of this thread: whatever broke, nothing more can be written, and
            # a shard that goes on receiving must be told.
            log.error("writing stopped: %s", error)
            self._on_failure(error)
        finally:
            cursor.close()

    def _write(self, cursor: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        """One try; if it fails everything is as before."""
        with self.segments.writing:
            if self._spoilt is not None:
                self._mend(self._spoilt)
            file = self.segments.file_of(batch.received_at)
            if not self._carried.knows(file):
                self._carried.begin(
                    file, self._numbers(cursor, file, "node"), self._numbers(cursor, file, "peer")
                )
            self._commit(cursor, file, batch, self._carried.rows(file, batch))
            self._carried.written(file, batch)
            self.checkpoints.add(file)

    def _numbers(self, cursor: duckdb.DuckDBPyConnection, file: LogFile, what: str) -> set[int]:
        """The numbers a file has; none if it is new or we died before its first batch."""
        while True:
            place = self._database.readable(file).alias
            try:
                rows = cursor.execute(f"SELECT {what} FROM {place}.{what}s").fetchall()
            except duckdb.Error as error:
                # What is damaged is given to the file once more.
                if place == file.catalog and self._salvage_after(error):
                    continue
                raise storage_error(file, error) from None
            return {number for (number,) in rows}

    def _commit(
        self, cursor: duckdb.DuckDBPyConnection, file: LogFile, batch: Batch, rows: Rows
    ) -> None:
        try:
            self._append(cursor, file, batch, rows)
        except duckdb.Error as error:
            # A commit that failed has ended its transaction, an insert has not.
            with suppress(duckdb.Error):
                cursor.rollback()
            reason = storage_error(file, error)
            if isinstance(reason, OutOfMemory):
                self._spoilt = file
                # If it fails now, the next try begins with it.
                with suppress(OutOfMemory):
                    self._mend(file)
            raise reason from None

    def _mend(self, file: LogFile) -> None:
        """See ``database``: what a commit without memory leaves must not be written to."""
        self._inserts.forget()
        try:
            self.checkpoints.reattach(file)
        except DamagedFile:
            raise
        except StorageError as error:
            raise OutOfMemory(f"not attached again yet: {error}") from None
        self._spoilt = None

    def _patiently(self, step: Callable[[], None]) -> None:
        """Do something that needs room, again and again while there is none."""
        delay, longest = _RETRY_SECONDS
        while True:
            try:
                step()
            except NoRoom as error:
                if self._stopping.is_set():
                    raise
                if not self.statistics.short_of:
                    log.error("no room to write, trying again until there is: %s", error)
                self.statistics.short_of = error.what
                self._stopping.wait(delay)
                delay = min(2 * delay, longest)
                continue
            if self.statistics.short_of:
                self.statistics.short_of = ""
                log.warning("there is room to write again")
            return

    def _append(
        self, cursor: duckdb.DuckDBPyConnection, file: LogFile, batch: Batch, rows: Rows
    ) -> None:
        self._inserts.use(cursor, file)
        cursor.begin()
        for table, some in rows.items():
            if some:
                self._inserts.insert(table, encode_rows(table, some))
        if batch.log:
            batch.log = [concatenate(batch.log)]
            self._inserts.insert("log", encode_log(batch.log[0]))
        cursor.commit()


class _Feed:
    """What a prepared INSERT reads: each run scans the columns it holds then."""

    def __init__(self, table: str) -> None:
        self.columns = encode_rows(table, [])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.columns.__arrow_c_stream__(requested_schema)


class _Inserts:
    """A prepared INSERT for each table of the file in use.

    Preparing once per file halves the cost of a commit: DuckDB plans a statement and
    looks at a registered object's schema each time otherwise.
    """

    def __init__(self) -> None:
        self._feeds = {table: _Feed(table) for table in TABLES}
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._file: LogFile | None = None

    def use(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        """Prepare for a file, unless it is the one in use."""
        if cursor is not self._cursor:
            for table, feed in self._feeds.items():
                cursor.register(f"feed_{table}", feed)
            self._cursor = cursor
        if file != self._file:
            for table in self._feeds:
                cursor.execute(
                    f"PREPARE insert_{table} AS "
                    f"INSERT INTO {file.catalog}.{table} SELECT * FROM feed_{table}"
                )
            self._file = file

    def forget(self) -> None:
        """Prepare anew before the next use: the file is attached again."""
        self._file = None

    def insert(self, table: str, columns: ArrowTable) -> None:
        """Append columns to a table of that file."""
        assert self._cursor is not None
        self._feeds[table].columns = columns
        self._cursor.execute(f"EXECUTE insert_{table}")
