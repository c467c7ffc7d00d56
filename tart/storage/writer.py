"""The one thread that writes: batches in, commits out, in order.

The event loop hands over batches and never waits; this thread opens the file of the
batch's period, appends everything in one transaction, and reports back. Checkpoints run
on a second thread with a cursor of their own, so no commit waits for one.

- A batch goes to one file. Time going back does not: events of a clock that was set
  back go to the newest file, their ``received_at`` unchanged.
- A new file starts with the nodes and the connections that are open: it can be read
  without the one before.
- The first failure ends writing and is handed to ``failed``; later batches are refused.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb

from tart.aggregate.histogram import Histogram
from tart.config import StorageConfig
from tart.storage.arrow import Table
from tart.storage.batch import Batch
from tart.storage.database import Database
from tart.storage.files import LogFile, file_for, period_of
from tart.storage.schema import SessionRow, joined, to_arrow

log = logging.getLogger(__name__)


@dataclass
class WriterStatistics:
    """What the writer has done; read from other threads, written by its own."""

    batches: int = 0
    events: int = 0
    checkpoints: int = 0
    checkpoint_failures: int = 0
    checkpoint_seconds: float = 0.0
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
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        # The file that has every node and open session, known or written by us.
        self._complete: LogFile | None = None
        self._stop = threading.Event()
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
        self._queue.put(None)
        self._threads[0].join()
        self._stop.set()
        self._threads[1].join()

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
        file = self._file_of(batch)
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
        cursor.begin()
        for table, some in rows.items():
            if some:
                _insert(cursor, file, table, to_arrow(table, some))
        if batch.log:
            _insert(cursor, file, "log", joined(batch.log).to_arrow())
        cursor.commit()
        self._complete = file
        with self._dirty_lock:
            self._dirty.add(file)

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
            return self._file
        file = file_for(self._root, self._directory, period, hours)
        self._database.attach_writable(file)
        self._file = file
        self._attached(file)
        log.info("events go to %s", file.path)
        return file

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
            dirty, self._dirty = self._dirty, set()
        for file in sorted(dirty):
            self._checkpoint_file(cursor, file)

    def _checkpoint_file(self, cursor: duckdb.DuckDBPyConnection, file: LogFile) -> None:
        started = time.monotonic()
        try:
            cursor.execute(f"CHECKPOINT {file.alias}")
        except duckdb.Error as error:
            with self._dirty_lock:
                self._dirty.add(file)
            self.statistics.checkpoint_failures += 1
            log.warning("checkpoint of %s failed: %s", file.path, error)
            return
        self.statistics.checkpoints += 1
        self.statistics.checkpoint_seconds += time.monotonic() - started


def _insert(cursor: duckdb.DuckDBPyConnection, file: LogFile, table: str, columns: Table) -> None:
    cursor.register("batch", columns)
    cursor.execute(f"INSERT INTO {file.alias}.{table} SELECT * FROM batch")
    cursor.unregister("batch")
