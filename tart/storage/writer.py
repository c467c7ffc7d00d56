"""The one thread that writes: batches in, commits out, in order.

The event loop hands over batches and never waits; this thread opens the file of the
batch's period, appends everything in one transaction, and reports back. Checkpoints run
on a second thread with a cursor of their own, so no commit waits for one.

- A batch goes to one file. Time going back does not: events of a clock that was set
  back go to the newest file, their ``received_at`` unchanged. When they have filled a
  period there, the one after it begins: a file named after a wrong clock ends, too.
- A new file starts with the nodes and the connections that are open: it can be read
  without the one before.
- Without room on the disk a batch is kept and tried again until there is; meanwhile those
  behind it wait. A checkpoint that could not end for want of room is not begun.
- Any other failure ends writing and is handed to ``failed``; later batches are refused.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import duckdb

from tart.aggregate.histogram import Histogram
from tart.config import StorageConfig
from tart.errors import DiskFull, StorageError
from tart.storage.arrow import Table
from tart.storage.batch import Batch
from tart.storage.database import Database, storage_error
from tart.storage.files import LogFile, file_for, period_of
from tart.storage.schema import SCHEMAS, SessionRow, joined, to_arrow

log = logging.getLogger(__name__)

_HOUR_US = 3_600_000_000
# Between two tries to write to a full disk; doubles from the first to the second.
_RETRY_SECONDS = (0.1, 5.0)
# What a checkpoint needs on the disk beside the log's size.
_CHECKPOINT_ROOM = 1 << 20
_QUESTIONS_SECONDS = 60.0

Result = TypeVar("Result")


@dataclass
class WriterStatistics:
    """What the writer has done; read from other threads, written by its own."""

    batches: int = 0
    events: int = 0
    checkpoints: int = 0
    checkpoint_failures: int = 0
    checkpoint_seconds: float = 0.0
    disk_full: bool = False
    commit_seconds: Histogram = field(default_factory=Histogram)
    write_seconds: Histogram = field(default_factory=Histogram)


class Writer:
    """Appends batches to the files of one directory.

    Args:
        opened: the newest file, already attached, or ``None`` if there is none yet.
        nodes, sessions: what the newest file knows, to be carried into the next.
        committed: called on the writer's thread after each commit.
        attached: called on the writer's thread with each file it starts.
        failed: called once, on the writer's thread, with the reason writing ended.
        unread: waits until whoever reads a file now has ended; seconds are its limit.
    """

    def __init__(
        self,
        database: Database,
        config: StorageConfig,
        root: Path,
        directory: int,
        *,
        opened: LogFile | None,
        nodes: dict[int, bytes],
        committed: Callable[[Batch], None],
        attached: Callable[[LogFile], None],
        failed: Callable[[Exception], None],
        unread: Callable[[float], bool] = lambda seconds: True,
    ) -> None:
        self._database = database
        self._config = config
        self._root = root
        self._directory = directory
        self._file = opened
        self._nodes = dict(nodes)
        self._sessions: dict[int, SessionRow] = {}
        self._committed = committed
        self._attached = attached
        self._failed = failed
        self._unread = unread
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        # The file that has every node and open session, known or written by us.
        self._complete: LogFile | None = None
        # Unix µs of the first event that came with a clock behind the file's name.
        self._behind_since: int | None = None
        self._stopping = threading.Event()
        self._stop = threading.Event()
        # Held while a file is checkpointed or attached anew: one excludes the other.
        self.attachments = threading.Lock()
        self._inserts = _Inserts()
        self._dirty: set[LogFile] = set()
        self._dirty_lock = threading.Lock()
        self.statistics = WriterStatistics()
        self._threads = [
            threading.Thread(target=self._write_all, name="writer"),
            threading.Thread(target=self._checkpoint_often, name="checkpoints"),
        ]

    def start(self) -> None:
        """Start both threads."""
        for thread in self._threads:
            thread.start()

    def put(self, batch: Batch) -> None:
        """Hand over a batch; how many may wait is the caller's to bound, in bytes."""
        self._queue.put(batch)

    def stop(self) -> None:
        """Write what was handed over, checkpoint, end the threads. Blocks."""
        self._stopping.set()
        self._queue.put(None)
        self._threads[0].join()
        self._stop.set()
        self._threads[1].join()

    def uses(self, file: LogFile) -> bool:
        """Whether events go to it, or what is in its log is not in the file yet."""
        with self._dirty_lock:
            return file == self._file or file in self._dirty

    def _write_all(self) -> None:
        cursor = self._database.cursor()
        try:
            while (batch := self._queue.get()) is not None:
                started = time.monotonic()
                self._write(cursor, batch)
                done = time.monotonic()
                self.statistics.batches += 1
                self.statistics.events += batch.rows
                self.statistics.write_seconds.add(done - started)
                self.statistics.commit_seconds.add(done - batch.opened_at)
                self._committed(batch)
        except Exception as error:
            # The boundary of this thread: whatever broke, nothing more can be written, and
            # a shard that goes on receiving must be told.
            log.error("writing stopped: %s", error)
            self._failed(error)
        finally:
            cursor.close()

    def _write(self, cursor: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        file = self._patiently(lambda: self._file_of(batch))
        rows = self._rows(cursor, file, batch)
        self._patiently(lambda: self._commit(cursor, file, batch, rows))
        self._complete = file
        with self._dirty_lock:
            self._dirty.add(file)

    def _rows(
        self, cursor: duckdb.DuckDBPyConnection, file: LogFile, batch: Batch
    ) -> dict[str, Sequence[tuple[Any, ...]]]:
        """What goes to the small tables; asked once for each batch."""
        still_open = list(self._sessions.values()) if file != self._complete else []
        self._remember(batch)
        rows: dict[str, Sequence[tuple[Any, ...]]] = {
            "nodes": batch.nodes,
            "sessions": batch.sessions,
            "undecodable": batch.undecodable,
        }
        if file != self._complete:
            rows["nodes"] = self._nodes_missing_in(cursor, file)
            carried = [
                row._replace(what="continued", happened_at=batch.received_at) for row in still_open
            ]
            rows["sessions"] = [*carried, *batch.sessions]
        return rows

    def _commit(
        self,
        cursor: duckdb.DuckDBPyConnection,
        file: LogFile,
        batch: Batch,
        rows: dict[str, Sequence[tuple[Any, ...]]],
    ) -> None:
        try:
            self._append(cursor, file, batch, rows)
        except duckdb.Error as error:
            # A commit that failed has ended its transaction, an insert has not.
            with suppress(duckdb.Error):
                cursor.rollback()
            if "has been invalidated" in str(error):
                self._attach_again(file)
            raise storage_error(file, error) from None

    def _attach_again(self, file: LogFile) -> None:
        """A checkpoint ran out of room, after which DuckDB lets nobody use the file."""
        with self.attachments:
            for _ in range(int(_QUESTIONS_SECONDS)):
                try:
                    self._database.attach_again(file)
                except StorageError as error:
                    reason = error
                    self._unread(1.0)
                    self._stopping.wait(0.05)
                else:
                    self._inserts = _Inserts()
                    log.warning("%s: attached again after a checkpoint without room", file.path)
                    return
            raise reason

    def _patiently(self, step: Callable[[], Result]) -> Result:
        """Do something that needs the disk, again and again while that is full."""
        delay, longest = _RETRY_SECONDS
        while True:
            try:
                result = step()
            except DiskFull as error:
                if self._stopping.is_set():
                    raise
                if not self.statistics.disk_full:
                    log.error("no room to write, trying again until there is: %s", error)
                self.statistics.disk_full = True
                self._stopping.wait(delay)
                delay = min(2 * delay, longest)
                continue
            if self.statistics.disk_full:
                self.statistics.disk_full = False
                log.warning("there is room to write again")
            return result

    def _append(
        self,
        cursor: duckdb.DuckDBPyConnection,
        file: LogFile,
        batch: Batch,
        rows: dict[str, Sequence[tuple[Any, ...]]],
    ) -> None:
        self._inserts.use(cursor, file)
        cursor.begin()
        for table, some in rows.items():
            if some:
                self._inserts.insert(table, to_arrow(table, some))
        if batch.log:
            self._inserts.insert("log", joined(batch.log).to_arrow())
        cursor.commit()

    def _nodes_missing_in(
        self, cursor: duckdb.DuckDBPyConnection, file: LogFile
    ) -> list[tuple[int, bytes]]:
        """Nodes a file does not have: all if it is new, or if we died before its first batch."""
        known = {
            node for (node,) in cursor.execute(f"SELECT node FROM {file.alias}.nodes").fetchall()
        }
        return [(node, peer_id) for node, peer_id in self._nodes.items() if node not in known]

    def _remember(self, batch: Batch) -> None:
        self._nodes.update(batch.nodes)
        for row in batch.sessions:
            if row.what == "opened":
                self._sessions[row.session] = row
            else:
                self._sessions.pop(row.session, None)

    def _file_of(self, batch: Batch) -> LogFile:
        """The file a batch goes to, started if need be."""
        hours = self._config.file_hours
        period = period_of(batch.received_at, hours)
        if self._file is not None and period <= self._file.period:
            if not self._has_filled_a_period(batch.received_at, period):
                return self._file
            period = self._file.period + hours * _HOUR_US
        file = file_for(self._root, self._directory, period, hours)
        self._database.attach_writable(file)
        self._file, self._behind_since = file, batch.received_at
        self._attached(file)
        log.info("events go to %s", file.path)
        return file

    def _has_filled_a_period(self, received_at: int, period: int) -> bool:
        """Whether events whose clock is behind the file's name have come for a whole one."""
        assert self._file is not None
        if period == self._file.period:
            self._behind_since = None
            return False
        if self._behind_since is None or received_at < self._behind_since:
            self._behind_since = received_at
        return received_at - self._behind_since >= self._config.file_hours * _HOUR_US

    def _checkpoint_often(self) -> None:
        cursor = self._database.cursor()
        try:
            while not self._stop.wait(self._config.checkpoint_seconds):
                self._checkpoint(cursor)
            self._checkpoint(cursor)
        finally:
            cursor.close()

    def _checkpoint(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Move what was committed from the logs into the files; a failure is tried again."""
        with self._dirty_lock:
            dirty = sorted(self._dirty)
        for file in dirty:
            self._checkpoint_file(cursor, file)

    def _checkpoint_file(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        started = time.monotonic()
        try:
            with self.attachments:
                with self._dirty_lock:
                    if file not in self._dirty:
                        return
                    self._dirty.remove(file)
                _must_have_room(file)
                cursor.execute(f"CHECKPOINT {file.alias}")
        except (duckdb.Error, DiskFull) as error:
            with self._dirty_lock:
                self._dirty.add(file)
            self.statistics.checkpoint_failures += 1
            log.warning("checkpoint of %s failed: %s", file.path, error)
            return
        self.statistics.checkpoints += 1
        self.statistics.checkpoint_seconds += time.monotonic() - started


def _must_have_room(file: LogFile) -> None:
    """A checkpoint that runs out of room leaves the file unusable until attached again."""
    with suppress(OSError):
        needed = file.wal.stat().st_size + _CHECKPOINT_ROOM
        free = shutil.disk_usage(file.path.parent).free
        if free < needed:
            raise DiskFull(f"it needs up to {needed} bytes, the disk has {free}")


class _Feed:
    """What a prepared INSERT reads: each run scans the columns it holds then."""

    def __init__(self, table: str) -> None:
        self.columns = to_arrow(table, [])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.columns.__arrow_c_stream__(requested_schema)


class _Inserts:
    """A prepared INSERT for each table of the file in use.

    Preparing once per file halves the cost of a commit: DuckDB plans a statement and
    looks at a registered object's schema each time otherwise.
    """

    def __init__(self) -> None:
        self._feeds = {table: _Feed(table) for table in SCHEMAS}
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
                    f"INSERT INTO {file.alias}.{table} SELECT * FROM feed_{table}"
                )
            self._file = file

    def insert(self, table: str, columns: Table) -> None:
        """Append columns to a table of that file."""
        assert self._cursor is not None
        self._feeds[table].columns = columns
        self._cursor.execute(f"EXECUTE insert_{table}")
