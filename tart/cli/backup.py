"""``tart backup`` and ``tart restore``.

A backup is a directory like the data directory, complete in itself, named after the moment
it was begun, with a ``backup.json`` beside the files: their sizes and digests, and how far
each shard's events go. Files that an earlier backup in the same place has already, unchanged,
are linked, not copied: sealed days take their room once.

While tart runs, its shards are asked over their sockets to hold files still, one shard after
the other (``storage.backup_snapshot``): events come in all the while, and a backup has
exactly those up to its shard's turn. Without a running tart the files are copied where they lie.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tart import __version__
from tart.config.load import load
from tart.config.schema import Config
from tart.errors import StartupError, StorageError
from tart.ipc.messages import (
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
from tart.supervisor.data_lock import LOCK_NAME, claimed, keep_private

MANIFEST = "backup.json"
FORMAT = 1
_CONTROL = "control.sqlite"
_PATIENCE_SECONDS = 300.0
_CHUNK = 1 << 20
# Of a data directory, what is no data.
_LEFT_OUT = (LOCK_NAME, _CONTROL)

Json = dict[str, Any]


def backup(path: Path | None, data_dir: str | None, target: Path) -> int:
    """Make a backup below ``target``; returns the exit code.

    Raises:
        ConfigError: the settings cannot be used.
        StartupError: there is no data, or no room for it, or a shard does not answer.
    """
    config = load(path, environ=os.environ, flags={"data_dir": data_dir})
    root = config.data_path
    if not root.is_dir():
        raise StartupError(f"data_dir: {root} is not there")
    now = datetime.now(UTC)
    name = now.strftime("%Y-%m-%dT%H-%M-%SZ")
    final, draft = target / name, target / f".{name}.unfinished"
    started = time.monotonic()
    keep_private()
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o750)
        draft.mkdir(mode=0o750)
        copies = _Copies(root, draft, _newest(target))
        ends = _copy_all(config, copies)
        _copy_control(config.control_path, draft)
        copies.note(draft / _CONTROL)
        manifest = {
            "format": FORMAT,
            "version": __version__,
            "begun_at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "directories": {str(number): {"end": end} for number, end in ends.items()},
            "files": copies.files,
        }
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        os.sync()
        draft.rename(final)
    except OSError as error:
        raise StartupError(f"{final}: no backup: {error.strerror or error}") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    print(
        f"{final}: {len(copies.files)} files, {copies.copied >> 20} MiB copied, "
        f"{copies.linked >> 20} MiB as before, in {time.monotonic() - started:.1f} s"
    )
    return 0


def restore(path: Path | None, data_dir: str | None, source: Path) -> int:
    """Put a backup where the settings have the data; returns the exit code.

    Raises:
        ConfigError: the settings cannot be used.
        StartupError: it is no whole backup, or there is data already.
    """
    config = load(path, environ=os.environ, flags={"data_dir": data_dir})
    root = config.data_path
    manifest = _manifest(source)
    with claimed(root, config.run_path):
        # README.md and .gitignore lie in the default directory of a checkout.
        there = [each.name for each in root.iterdir() if each.is_dir() or each.name == _CONTROL]
        if found := sorted(set(there) - {config.run_path.name}):
            raise StartupError(f"data_dir: {root} has data already: {', '.join(found)}")
        owner = root.stat()
        for name, expected in manifest["files"].items():
            destination = root / name
            destination.parent.mkdir(mode=0o750, exist_ok=True)
            if _copied(source / name, destination) != expected["digest"]:
                raise StartupError(f"{source / name}: is not what was backed up; give it up")
            if os.geteuid() == 0:
                for each in (destination.parent, destination):
                    os.chown(each, owner.st_uid, owner.st_gid)
    print(f"{root}: {len(manifest['files'])} files restored from {manifest['begun_at']}")
    return 0


class _Copies:
    """Files on their way into a backup.

    Args:
        before: an earlier backup, and its files.
    """

    def __init__(self, root: Path, draft: Path, before: tuple[Path, Json] | None) -> None:
        self._root = root
        self._draft = draft
        self._before = before
        self.files: Json = {}
        self.copied = 0
        self.linked = 0

    def take(self, path: Path) -> None:
        """Copy a file of the data directory, or link what an earlier backup has of it."""
        name = str(path.relative_to(self._root))
        destination = self._draft / name
        destination.parent.mkdir(mode=0o750, exist_ok=True)
        found = path.stat()
        known = self._before[1].get(name) if self._before else None
        if known and (known["bytes"], known["mtime_ns"]) == (found.st_size, found.st_mtime_ns):
            assert self._before is not None
            os.link(self._before[0] / name, destination)
            self.files[name] = known
            self.linked += found.st_size
            return
        digest = _copied(path, destination)
        self.copied += found.st_size
        self.files[name] = {
            "bytes": found.st_size,
            "mtime_ns": found.st_mtime_ns,
            "digest": digest,
        }

    def note(self, path: Path) -> None:
        """A file that was put into the backup by other means."""
        if path.exists():
            found, digest = path.stat(), _digest(path)
            self.copied += found.st_size
            self.files[path.name] = {
                "bytes": found.st_size,
                "mtime_ns": found.st_mtime_ns,
                "digest": digest,
            }


def _copy_all(config: Config, copies: _Copies) -> dict[int, int | None]:
    """All files of events and figures; how far each directory's events go, where known."""
    root = config.data_path
    with ExitStack() as held:
        try:
            held.enter_context(claimed(root, config.run_path))
        except StartupError:
            return _copy_running(config, copies)
        for folder in sorted(root.iterdir()):
            if folder.is_dir() and folder.name.isdecimal():
                for path in sorted(folder.iterdir()):
                    if path.is_file() and path.name not in _LEFT_OUT:
                        copies.take(path)
        return {}


def _copy_running(config: Config, copies: _Copies) -> dict[int, int | None]:
    """From a running tart, shard by shard."""
    ends: dict[int, int | None] = {}
    paths = sorted(config.run_path.glob("*.sock"))
    if not paths:
        raise StartupError(
            f"{config.data_path} is in use, but no shard listens in {config.run_path}"
        )
    for path in paths:
        with _shard(path) as shard:
            for step in (FreezeAggregates(1), FreezeFiles(1), RotateSegments(1)):
                frozen = shard.freeze(step)
                for name in frozen.paths:
                    copies.take(Path(name))
            if not shard.release():
                raise StartupError(f"shard {shard.number} was held for too long; try again")
            ends[shard.number] = frozen.end
            for damaged in frozen.damaged:
                print(
                    f"{damaged['file']} is copied as it is, damaged: {damaged['events']} events "
                    "of it cannot be read; 'tart verify' says which"
                )
    return ends


class _Shard:
    """The backup's end of a shard's socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = MessageBuffer(REPLIES)
        welcome = self._received()
        assert isinstance(welcome, Welcome)
        self.number = welcome.shard

    def freeze(self, step: BackupStep) -> FrozenFiles:
        """Take a step of a backup and return which files may be copied now.

        Raises:
            StartupError: the files cannot be frozen, or the shard is gone.
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
        reply = self._received()
        if isinstance(reply, Failure):
            raise StartupError(f"shard {self.number}: {reply.message}")
        return reply

    def _received(self) -> Welcome | FrozenFiles | Released | Failure:
        while True:
            data = self._connection.recv(_CHUNK)
            if not data:
                raise StartupError("a shard is gone; try again when it is back")
            for message in self._buffer.receive_data(data):
                if isinstance(message, Recovering):
                    raise StartupError(
                        f"shard {message.shard} starts and cannot be copied yet: "
                        f"{message.progress}; try again when it is there"
                    )
                if isinstance(message, Welcome | FrozenFiles | Released | Failure):
                    return message


@contextmanager
def _shard(path: Path) -> Iterator[_Shard]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE_SECONDS)
        try:
            connection.connect(str(path))
            yield _Shard(connection)
        except TimeoutError:
            raise StartupError(f"{path}: the shard does not answer") from None


def _copy_control(source: Path, draft: Path) -> None:
    """Keys, audit log and nodes, in one piece whoever writes."""
    if not source.exists():
        return
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as origin,
            closing(sqlite3.connect(draft / _CONTROL)) as copy,
        ):
            origin.backup(copy)
    except sqlite3.Error as error:
        raise StorageError(f"{source}: cannot be copied: {error}") from None
    (draft / _CONTROL).chmod(0o600)


def _copied(source: Path, destination: Path) -> str:
    """Copy a file with its time; the digest of what was written."""
    digest = hashlib.blake2b(digest_size=32)
    with source.open("rb") as origin, destination.open("xb") as copy:
        os.fchmod(copy.fileno(), source.stat().st_mode & 0o777)
        while chunk := origin.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    found = source.stat()
    os.utime(destination, ns=(found.st_atime_ns, found.st_mtime_ns))
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def _newest(target: Path) -> tuple[Path, Json] | None:
    """The newest whole backup in a place."""
    for path in sorted(target.glob(f"*/{MANIFEST}"), reverse=True):
        if not path.parent.name.startswith("."):
            return path.parent, _manifest(path.parent)["files"]
    return None


def _manifest(source: Path) -> Mapping[str, Any]:
    try:
        manifest: Json = json.loads((source / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise StartupError(f"{source}: is no backup of tart: {error}") from None
    if manifest.get("format") != FORMAT:
        raise StartupError(
            f"{source}: is a backup of format {manifest.get('format')}, this release knows {FORMAT}"
        )
    return manifest
