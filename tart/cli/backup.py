"""``tart backup``: copies all data of a running or a stopped server.

A backup is a directory like the data directory, complete in itself and named after the time
it was started, with a ``backup.json`` beside the files: their sizes and digests, and where
each shard's events end. Files that an earlier backup in the same directory has, unchanged, are
hard-linked instead of copied: sealed days take their space once.

While the server runs, its shards freeze files for the backup, one shard after the other
(``storage.backup_snapshot``). Events arrive all the while; a backup has exactly those up to
its shard's freeze. The chain process freezes its files at the end, and writes none of them while
they are copied. Without a running server the files are copied as they are.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import logging
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tart import __version__
from tart.backup_record import BACKUP_RECORD, write_backup_record
from tart.chain.store.files import CHAIN
from tart.cli.arguments import add_config, add_data_dir
from tart.cli.data_directory import CONTROL, require_data_directory
from tart.cli.installation import load_settings
from tart.cli.json_output import add_json, print_json
from tart.cli.named_files import unreadable, unwritable
from tart.cli.progress import Progress
from tart.cli.render.documents import BackupDocument, DamagedFile
from tart.cli.render.progress_line import BYTES
from tart.config.schema import Config
from tart.control_store import make_private
from tart.errors import ConfigError, StartupError, StorageError, TartError
from tart.ipc.messages import (
    CHAIN_SOCKET,
    REPLIES,
    BackupStep,
    Failure,
    FreezeAggregates,
    FreezeFiles,
    FrozenFiles,
    MessageBuffer,
    Recovering,
    Released,
    ReleaseFiles,
    RotateSegments,
    Welcome,
    encode,
)
from tart.os_errors import reason
from tart.storage.core.files import INDEX
from tart.supervisor.data_lock import LOCK_NAME, DirectoryInUse, lock_directories, restrict_umask
from tart.units import SECOND_US

log = logging.getLogger(__name__)

MANIFEST = "backup.json"
FORMAT = 1
_SHARD_TIMEOUT_SECONDS = 300.0
_CHUNK_BYTES = 1 << 20
# The end of the name of a backup that is being made, and has a lock.
_UNFINISHED = ".unfinished"
# Files of a shard's directory that are not copied with it.
_EXCLUDED = (LOCK_NAME, CONTROL)

Json = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "target",
        type=Path,
        metavar="DIR",
        help="directory in which a timestamped backup is created",
    )
    parser.add_argument(
        "--copy",
        action="store_true",
        help="copy all files; otherwise unchanged ones are hard links to the earlier backup",
    )
    add_config(parser, installed=True)
    add_data_dir(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Create a backup and return the exit code.

    Raises:
        ConfigError: The settings are not valid, or the directory is none of tart's.
        StartupError: The disk is full, or a shard does not answer.
    """
    target: Path = arguments.target
    config = load_settings(arguments)
    root = require_data_directory(config.data_path)
    now = datetime.now(UTC)
    name = now.strftime("%Y-%m-%dT%H-%M-%SZ")
    final, draft = target / name, target / f".{name}{_UNFINISHED}"
    begun_at = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    started = time.monotonic()
    restrict_umask()
    _make_target(target, root)
    try:
        with (
            _make_draft(draft),
            Progress("backup", _total_bytes(root), unit=BYTES) as progress,
        ):
            previous = None if arguments.copy else _newest_backup(target)
            files = _BackupFiles(root, draft, previous, progress.advance)
            ends = _copy_all(config, files)
            _copy_control(config.control_path, draft)
            files.register(draft / CONTROL)
            manifest = {
                "format": FORMAT,
                "version": __version__,
                "begun_at": begun_at,
                "directories": {str(number): {"end": end} for number, end in ends.items()},
                "files": files.entries,
            }
            (draft / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
            os.sync()
            draft.rename(final)
        _record(root, int(now.timestamp()) * SECOND_US, final)
    except OSError as error:
        raise StartupError(f"{final}: backup failed: {reason(error)}") from None
    document: BackupDocument = {
        "path": str(final),
        "begun_at": begun_at,
        "files": len(files.entries),
        "copied_bytes": files.copied,
        "linked_bytes": files.linked,
        "linked_to": str(previous[0]) if previous is not None and files.linked else None,
        "damaged": files.damaged,
        "seconds": round(time.monotonic() - started, 3),
    }
    if arguments.json:
        print_json(document)
    else:
        print(_summary(document))
    return 0


def _record(root: Path, begun_us: int, final: Path) -> None:
    """Tell the server of the backup; who may only read the data directory cannot."""
    try:
        write_backup_record(root, begun_us, final.resolve())
    except OSError as error:
        log.warning(
            "%s is complete, but the server does not know of it (its figure backup_age_hours): "
            "%s cannot be written: %s",
            final,
            root / BACKUP_RECORD,
            reason(error),
        )


def _make_target(target: Path, root: Path) -> None:
    """Make the directory of all backups, unless it is there.

    Args:
        target: The directory.
        root: The data directory.

    Raises:
        ConfigError: It cannot be made, or would be lost with the data.
        StartupError: The disk is full.
    """
    if target.exists() and not target.is_dir():
        raise ConfigError(f"{target}: is a file; name the directory of the backups")
    if Path(os.path.realpath(target)).is_relative_to(os.path.realpath(root)):
        raise ConfigError(
            f"{target}: lies in the data directory, with which it would be lost; name another one"
        )
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise unwritable(target, error) from None


def _summary(backup: BackupDocument) -> str:
    damaged = [
        f"{file['file']} is damaged and was copied unchanged: {file['events']} of its events "
        "cannot be read; 'tart verify' lists them"
        for file in backup["damaged"]
    ]
    total = (
        f"{backup['path']}: {backup['files']} files, {backup['copied_bytes'] >> 20} MiB copied, "
        f"{backup['linked_bytes'] >> 20} MiB unchanged, in {backup['seconds']:.1f} s"
    )
    linked = []
    if backup["linked_to"] is not None:
        linked.append(
            f"unchanged files are hard links to {backup['linked_to']}: the data is on this disk "
            "once; 'tart backup --copy' makes a backup that shares nothing"
        )
    return "\n".join((*damaged, total, *linked))


@contextmanager
def _make_draft(draft: Path) -> Iterator[None]:
    """Make the directory of a backup, and remove it at the end unless it was renamed.

    Drafts of processes that were killed are removed: only a process that lives holds the lock.
    """
    for abandoned in draft.parent.glob(f".*{_UNFINISHED}"):
        with suppress(OSError), _lock(abandoned):  # locked, or another user's
            shutil.rmtree(abandoned)
    draft.mkdir(mode=0o750)
    with _lock(draft):
        try:
            yield
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """Hold the lock of a directory.

    Raises:
        BlockingIOError: Another process holds it.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


class _BackupFiles:
    """The files of a backup being made.

    Args:
        root: The data directory.
        draft: The directory of the backup.
        previous: An earlier backup, and the files of its manifest.
        advance: Is called with each number of bytes that are in the backup.

    Attributes:
        entries: The manifest's entry of each file, by path.
        copied: Bytes that were copied.
        linked: Bytes of files that were linked to the earlier backup.
        damaged: Files that are damaged and were copied unchanged.
    """

    def __init__(
        self,
        root: Path,
        draft: Path,
        previous: tuple[Path, Json] | None,
        advance: Callable[[float], None],
    ) -> None:
        self._root = root
        self._draft = draft
        self._previous = previous
        self._advance = advance
        self.damaged: list[DamagedFile] = []
        self.entries: Json = {}
        self.copied = 0
        self.linked = 0

    def add(self, path: Path) -> None:
        """Copy a file of the data directory, or link it to the earlier backup."""
        name = str(path.relative_to(self._root))
        destination = self._draft / name
        destination.parent.mkdir(mode=0o750, exist_ok=True)
        status = path.stat()
        if not self._link(name, status, destination):
            self._add_entry(name, status, copy_file(path, destination, self._advance))

    def _link(self, name: str, status: os.stat_result, destination: Path) -> bool:
        """Link a file to the earlier backup; return False if that has another or none."""
        if self._previous is None or (known := self._previous[1].get(name)) is None:
            return False
        if (known["bytes"], known["mtime_ns"]) != (status.st_size, status.st_mtime_ns):
            return False
        earlier = self._previous[0] / name
        try:
            if earlier.stat().st_size != status.st_size:
                return False  # the earlier backup is damaged
            os.link(earlier, destination)
        except OSError:
            return False  # the file system has no hard links, or the earlier backup lacks it
        self.entries[name] = known
        self.linked += status.st_size
        self._advance(status.st_size)
        return True

    def register(self, path: Path) -> None:
        """Add the entry of a file that is in the backup already."""
        if path.exists():
            self._add_entry(path.name, path.stat(), _digest(path))

    def _add_entry(self, name: str, status: os.stat_result, digest: str) -> None:
        self.copied += status.st_size
        self.entries[name] = {
            "bytes": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "digest": digest,
        }


def _copy_all(config: Config, files: _BackupFiles) -> dict[int, int | None]:
    """Copy all files of events and aggregates; return the end of each directory, where known."""
    root = config.data_path
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_directories(root, config.run_path))
        except DirectoryInUse:
            return _copy_running(config, files)
        for path in sorted(_data_files(root)):
            files.add(path)
        return {}


def _data_files(root: Path) -> Iterator[Path]:
    """Yield the files of all directories that belong to a backup."""
    for folder in root.iterdir():
        if folder.is_dir() and (folder.name.isdecimal() or folder.name == CHAIN):
            yield from _files_of(folder)


def _files_of(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_file() and path.name not in _EXCLUDED and path.suffix != INDEX:
            yield path


def _total_bytes(root: Path) -> int:
    """Return the size of all files, for the progress; those of a running server change."""
    total = 0
    for path in (*_data_files(root), root / CONTROL):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _copy_running(config: Config, files: _BackupFiles) -> dict[int, int | None]:
    """Copy the files of a running server, shard by shard; return the end of each directory."""
    ends: dict[int, int | None] = {}
    paths = sorted(path for path in config.run_path.glob("*.sock") if path.name != CHAIN_SOCKET)
    if not paths:
        raise StartupError(
            f"{config.data_path} is in use, but no shard listens in {config.run_path}"
        )
    for path in paths:
        with _connect(path) as shard:
            for step in (FreezeAggregates(1), FreezeFiles(1), RotateSegments(1)):
                frozen = shard.freeze(step)
                for name in frozen.paths:
                    files.add(Path(name))
            if not shard.release():
                raise StartupError(
                    f"shard {shard.number} released its files before they were copied; try again"
                )
            ends[shard.number] = frozen.end
            files.damaged += [
                {"file": damage["file"], "events": damage["events"]} for damage in frozen.damaged
            ]
    _copy_chain(config, files)
    return ends


def _copy_chain(config: Config, files: _BackupFiles) -> None:
    """Copy the files of the chain; as they are if no process writes to them.

    Raises:
        StartupError: The chain process does not answer.
    """
    path = config.run_path / CHAIN_SOCKET
    try:
        with _connect(path, "the chain process") as chain:
            for name in chain.freeze(FreezeFiles(1)).paths:
                files.add(Path(name))
            if not chain.release():
                raise StartupError(
                    "the chain process released its files before they were copied; try again"
                )
    except (FileNotFoundError, ConnectionRefusedError):
        if config.rpc.urls:
            raise StartupError(
                f"{path}: the chain process does not listen; try again once it is back"
            ) from None
        folder = config.data_path / CHAIN
        for stored in sorted(_files_of(folder)) if folder.is_dir() else ():
            files.add(stored)


class _Shard:
    """A connection to the control socket of a shard, or of the chain process.

    Args:
        connection: The connected socket.
        name: The name of the process in errors; by its number if it is empty.
    """

    def __init__(self, connection: socket.socket, name: str = "") -> None:
        self._connection = connection
        self._buffer = MessageBuffer(REPLIES)
        welcome = self._receive()
        assert isinstance(welcome, Welcome)
        self.number = welcome.shard
        self._name = name or f"shard {self.number}"

    def freeze(self, step: BackupStep) -> FrozenFiles:
        """Take a step of a backup and return which files may be copied now.

        Raises:
            StartupError: The files cannot be frozen, or the shard is gone.
        """
        reply = self._request(step)
        assert isinstance(reply, FrozenFiles)
        return reply

    def release(self) -> bool:
        """End the backup; ``True`` if all files were frozen until now."""
        reply = self._request(ReleaseFiles(1))
        assert isinstance(reply, Released)
        return reply.intact

    def _request(self, step: BackupStep) -> Welcome | FrozenFiles | Released:
        self._connection.sendall(encode(step))
        reply = self._receive()
        if isinstance(reply, Failure):
            raise StartupError(f"{self._name}: {reply.message}")
        return reply

    def _receive(self) -> Welcome | FrozenFiles | Released | Failure:
        while True:
            data = self._connection.recv(_CHUNK_BYTES)
            if not data:
                raise StartupError("a process closed the connection; try again once it is back")
            for message in self._buffer.receive_data(data):
                if isinstance(message, Recovering):
                    raise StartupError(
                        f"shard {message.shard} is recovering ({message.progress}) and cannot be "
                        "backed up yet; try again later"
                    )
                if isinstance(message, Welcome | FrozenFiles | Released | Failure):
                    return message


@contextmanager
def _connect(path: Path, name: str = "") -> Iterator[_Shard]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SHARD_TIMEOUT_SECONDS)
        try:
            connection.connect(str(path))
            yield _Shard(connection, name)
        except TimeoutError:
            raise StartupError(f"{path}: {name or 'the shard'} does not answer") from None


def _copy_control(source: Path, draft: Path) -> None:
    """Copy the database of keys, audit log and nodes consistently, also while it is written."""
    if not source.exists():
        return
    make_private(draft / CONTROL)
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as origin,
            closing(sqlite3.connect(draft / CONTROL)) as copy,
        ):
            origin.backup(copy)
    except sqlite3.Error as error:
        raise StorageError(f"{source}: cannot be copied: {reason(error)}") from None


def copy_file(source: Path, destination: Path, advance: Callable[[float], None]) -> str:
    """Copy a file with its times and permissions; return the digest of its content.

    Args:
        source: The file.
        destination: The copy, which must not exist.
        advance: Is called with each number of bytes that were copied.
    """
    digest = hashlib.blake2b(digest_size=32)
    with source.open("rb") as origin, open(destination, "xb", opener=_open_private) as copy:
        os.fchmod(copy.fileno(), source.stat().st_mode & 0o777)
        while chunk := origin.read(_CHUNK_BYTES):
            digest.update(chunk)
            copy.write(chunk)
            advance(len(chunk))
        copy.flush()
        os.fsync(copy.fileno())
    status = source.stat()
    os.utime(destination, ns=(status.st_atime_ns, status.st_mtime_ns))
    return digest.hexdigest()


def _open_private(path: str, flags: int) -> int:
    """Open a file that no other user may open before it has its permissions."""
    return os.open(path, flags, 0o600)


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def _newest_backup(target: Path) -> tuple[Path, Json] | None:
    """Return the newest complete backup in a directory, and the files of its manifest."""
    for path in sorted(target.glob(f"*/{MANIFEST}"), reverse=True):
        if not path.parent.name.startswith("."):
            with suppress(TartError):  # one that cannot be read: an older one, or copies
                return path.parent, read_manifest(path.parent)["files"]
    return None


def read_manifest(backup: Path) -> Mapping[str, Any]:
    """Read the manifest of a backup.

    Raises:
        ConfigError: The directory is not a backup that this release can read.
    """
    try:
        manifest: Json = json.loads((backup / MANIFEST).read_text())
    except FileNotFoundError:
        newest = max(backup.glob(f"[!.]*/{MANIFEST}"), default=None)
        hint = f"; did you mean {newest.parent}?" if newest else ""
        raise ConfigError(
            f"{backup}: is not a backup of tart: it has no {MANIFEST}{hint}"
        ) from None
    except (OSError, UnicodeError) as error:
        raise unreadable(backup / MANIFEST, error) from None
    except ValueError:
        raise ConfigError(f"{backup / MANIFEST}: is not JSON; the backup is damaged") from None
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ConfigError(f"{backup}: is not a backup of tart: {MANIFEST} is of another kind")
    if manifest["format"] != FORMAT:
        raise ConfigError(
            f"{backup}: is a backup of format {manifest['format']}, this release knows {FORMAT}"
        )
    if not _has_files(manifest):
        raise ConfigError(f"{backup / MANIFEST}: lacks files or their sizes; the backup is damaged")
    return manifest


def _has_files(manifest: Mapping[str, Any]) -> bool:
    """Return whether a manifest lists files with their sizes and digests."""
    try:
        return isinstance(manifest["begun_at"], str) and all(
            isinstance(entry["bytes"], int) and isinstance(entry["digest"], str)
            for entry in manifest["files"].values()
        )
    except (KeyError, TypeError, AttributeError):
        return False
