"""A shard's storage as one thing: its files, its writer, its readers, their keeper.

The shard opens it after the fork, hands it batches, asks it questions, and closes it
last. ``files`` lists what may be read, newest first; the writer adds to it when a new
period begins, the keeper takes from it what is no longer kept.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from tart.config import StorageConfig
from tart.storage.batch import Batch
from tart.storage.database import Database, bytes_on_disk, sync
from tart.storage.files import LogFile, adopted, quarantined
from tart.storage.keeper import Keeper
from tart.storage.opening import open_directory
from tart.storage.reader import Reader
from tart.storage.recovery import Past
from tart.storage.writer import Writer


class Store:
    """Opens a shard's directory and the ones it adopts.

    Args:
        root: the data directory.
        shard: this shard's number, which is its own directory's.
        count: how many shards there are now.
        committed: called on the writer's thread after each commit.
        failed: called on the writer's thread if writing has ended for good.
        disk_full: called on the keeper's thread when the disk is nearly full, and when it
            has room again.
        forgotten: called on the keeper's thread with a directory and the sessions that no
            file names any more.

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
        disk_full: Callable[[bool], None] = lambda full: None,
        forgotten: Callable[[int, set[int]], None] = lambda directory, sessions: None,
    ) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._forgotten = forgotten
        self._database = Database(config)
        self.directory = shard
        self.directories = [shard, *adopted(root, shard, count)]
        self._files: dict[int, list[LogFile]] = {}
        self.past: dict[int, Past] = {}
        try:
            for directory in self.directories:
                self._files[directory], self.past[directory] = open_directory(
                    self._database, root, directory, own=directory == shard
                )
        except BaseException:
            self._database.close()
            raise
        self.reader = Reader(self._database)
        self.writer = Writer(
            self._database,
            config,
            root,
            shard,
            opened=self._files[shard][-1] if self._files[shard] else None,
            nodes=self.past[shard].nodes,
            committed=committed,
            attached=self._attached,
            failed=failed,
            unread=self.reader.wait_for_running,
        )
        self.keeper = Keeper(self, config, root, count, disk_full)
        self.writer.start()
        self.keeper.start()

    def files(self, directory: int) -> list[LogFile]:
        """A directory's files, newest first.

        A question asks for them and reads them in one go: a file is not deleted before
        the questions that began when it was listed have ended.
        """
        with self._lock:
            return list(reversed(self._files.get(directory, [])))

    def quarantined(self) -> list[str]:
        """Damaged files that are still there, as paths inside the data directory."""
        return [
            str(path.relative_to(self._root))
            for directory in self.directories
            for path in quarantined(self._root, directory)
        ]

    def disk(self) -> tuple[int, int, int]:
        """(files, bytes they take, bytes free on their disk)."""
        count, size = bytes_on_disk(self._root, self.directories)
        return count, size, shutil.disk_usage(self._root).free

    def drop(self, file: LogFile, seconds: float) -> bool:
        """Delete a file; ``False`` if it is written to or read for longer than that."""
        with self.writer.attachments:
            if self.writer.uses(file):
                return False
            sessions = self._only_in(file)
            with self._lock:
                self._files[file.directory].remove(file)
            if not self.reader.wait_for_running(seconds):
                with self._lock:
                    self._files[file.directory] = sorted([*self._files[file.directory], file])
                return False
            self._database.detach(file)
            for path in file.together():
                path.unlink(missing_ok=True)
            sync(file.path.parent)
        if file.directory != self.directory and not self._files[file.directory]:
            self.directories = [each for each in self.directories if each != file.directory]
            # Something else may lie in it; then it is not ours to remove.
            with suppress(OSError):
                file.path.parent.rmdir()
        self._forgotten(file.directory, sessions)
        return True

    def close(self) -> None:
        """Write what is left, checkpoint, close everything. Blocks."""
        self.keeper.stop()
        self.writer.stop()
        self.reader.close()
        self._database.close()

    def _only_in(self, file: LogFile) -> set[int]:
        """The sessions that no other file of the directory names."""
        others = [each for each in self.files(file.directory) if each != file]
        rest = " ".join(f"EXCEPT SELECT session FROM {each.alias}.sessions" for each in others)
        with closing(self._database.cursor()) as cursor:
            rows = cursor.execute(f"SELECT session FROM {file.alias}.sessions {rest}").fetchall()
        return {session for (session,) in rows}

    def _attached(self, file: LogFile) -> None:
        with self._lock:
            self._files[file.directory].append(file)
