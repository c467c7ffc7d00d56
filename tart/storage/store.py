"""A shard's storage as one thing: its files, its writer, its readers.

The shard opens it after the fork, hands it batches, asks it questions, and closes it
last. ``files`` lists what may be read, newest first; the writer adds to it when a new
period begins.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from tart.config import StorageConfig
from tart.storage.batch import Batch
from tart.storage.database import Database, bytes_on_disk
from tart.storage.files import LogFile, adopted, existing
from tart.storage.reader import Reader
from tart.storage.recovery import Past, read_past
from tart.storage.writer import Writer


class Store:
    """Opens a shard's directory and the ones it adopts.

    Args:
        root: the data directory.
        shard: this shard's number, which is its own directory's.
        count: how many shards there are now.
        committed: called on the writer's thread after each commit.
        failed: called on the writer's thread if writing has ended for good.

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
        committed: Callable[[Batch], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._database = Database(config)
        self.directory = shard
        self.directories = [shard, *adopted(root, shard, count)]
        self._files = {directory: existing(root, directory) for directory in self.directories}
        newest = self._files[shard][-1] if self._files[shard] else None
        try:
            self._attach_all(newest)
            self.past = self._read_past()
        except BaseException:
            self._database.close()
            raise
        self.reader = Reader(self._database)
        self.writer = Writer(
            self._database,
            config,
            root,
            shard,
            opened=newest,
            nodes=self.past[shard].nodes,
            committed=committed,
            attached=self._attached,
            failed=failed,
        )
        self.writer.start()

    def files(self, directory: int) -> list[LogFile]:
        """A directory's files, newest first."""
        with self._lock:
            return list(reversed(self._files[directory]))

    def disk(self) -> tuple[int, int, int]:
        """(files, bytes they take, bytes free on their disk)."""
        count, size = bytes_on_disk(self._root, self.directories)
        return count, size, shutil.disk_usage(self._root).free

    def close(self) -> None:
        """Write what is left, checkpoint, close everything. Blocks."""
        self.writer.stop()
        self.reader.close()
        self._database.close()

    def _attach_all(self, newest: LogFile | None) -> None:
        for file in (each for files in self._files.values() for each in files):
            if file == newest:
                self._database.attach_writable(file)
            else:
                self._database.attach_readable(file)

    def _read_past(self) -> dict[int, Past]:
        cursor = self._database.cursor()
        try:
            return {
                directory: read_past(cursor, directory, files)
                for directory, files in self._files.items()
            }
        finally:
            cursor.close()

    def _attached(self, file: LogFile) -> None:
        with self._lock:
            self._files[file.directory].append(file)
