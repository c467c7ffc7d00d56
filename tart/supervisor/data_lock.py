"""Creates, checks and locks the data directory and the run directory.

The owner of a data directory is the holder of the lock on ``tart.lock`` in it, not the process
whose number a file contains: the kernel frees the lock when the last process that inherited it is
gone, also after ``kill -9``, and not before. ``run_dir`` is locked likewise when it lies elsewhere,
because the sockets in it are removed: under the lock they can only be left over from a server that
was killed.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tart.errors import ConfigError, StartupError
from tart.file_owner import inherit_owner
from tart.os_errors import reason

# The permissions to remove: writing for the group, and all for others.
_FORBIDDEN = 0o027
LOCK_NAME = "tart.lock"
AMONG_PACKAGES = (
    "is among the installed Python packages, where the next upgrade would delete it; set data_dir "
    "to a directory of its own"
)
_INSTALL_DIRECTORIES = frozenset({"site-packages", "dist-packages"})


class DirectoryInUse(StartupError):
    """Another tart holds the lock of a directory."""


@contextmanager
def lock_directories(data_dir: Path, run_dir: Path) -> Iterator[None]:
    """Make and lock both directories until this and every process forked inside end.

    A ``run_dir`` inside ``data_dir`` has no lock of its own; that of ``data_dir`` covers it.

    Raises:
        ConfigError: ``data_dir`` lies where Python packages are installed.
        DirectoryInUse: Another tart uses a directory.
        StartupError: A directory cannot be used.
    """
    if is_among_packages(data_dir):
        raise ConfigError(f"data_dir: {data_dir} {AMONG_PACKAGES}")
    with ExitStack() as held:
        held.callback(os.close, _lock(data_dir, "data_dir"))
        if not Path(os.path.realpath(run_dir)).is_relative_to(os.path.realpath(data_dir)):
            held.callback(os.close, _lock(run_dir, "run_dir"))
        else:
            _make(run_dir, "run_dir")
        _remove_sockets(run_dir)
        yield


def _lock(directory: Path, key: str) -> int:
    """Make and lock a directory; the returned descriptor holds the lock."""
    _make(directory, key)
    path = directory / LOCK_NAME
    try:
        is_new = not path.exists()
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        if is_new:
            inherit_owner(path)
    except OSError as error:
        raise StartupError(f"{key}: cannot write to {directory}: {reason(error)}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(lock, 32, 0).decode(errors="replace").strip()
        os.close(lock)
        raise DirectoryInUse(_in_use(directory, owner)) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def is_among_packages(directory: Path) -> bool:
    """Return whether a directory lies where Python packages are installed."""
    return bool(_INSTALL_DIRECTORIES & set(Path(os.path.realpath(directory)).parts))


def lock_owner(directory: Path) -> str | None:
    """Return the number of the process that holds a directory's lock; ``None`` if none does.

    Takes no lock, not for a moment, in which a server that starts would be refused.
    """
    path = directory / LOCK_NAME
    try:
        inode = path.stat().st_ino
        number = path.read_text("utf-8", "replace").strip()
        locks = Path("/proc/locks").read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    # proc(5): number, kind, mode, access, process, major:minor:inode, range. The device of some
    # file systems, as of btrfs, is another than that of stat.
    held = any(" FLOCK " in line and f":{inode} " in line for line in locks)
    return (number or "unknown") if held else None


def restrict_umask() -> None:
    """Make files that this process creates from now on accessible to its user and group only.

    New directories have such permissions anyway; an existing one may be open to all.
    """
    os.umask(os.umask(0o777) | _FORBIDDEN)


def _make(directory: Path, key: str) -> None:
    restrict_umask()
    try:
        if not directory.exists():
            directory.mkdir(mode=0o750, parents=True, exist_ok=True)
            inherit_owner(directory)
        try_writing(directory)
    except OSError as error:
        raise StartupError(f"{key}: cannot write to {directory}: {reason(error)}") from None


def try_writing(directory: Path) -> None:
    """Write a file without a name, which is gone at once.

    Permissions do not show a full or read-only disk; writing does.

    Raises:
        OSError: The directory cannot be written.
    """
    with tempfile.TemporaryFile(dir=directory) as trial:
        trial.write(b"tart")


def _in_use(directory: Path, owner: str) -> str:
    if owner.isdecimal() and not _alive(int(owner)):
        return (
            f"{directory} is still in use by child processes of a killed supervisor (pid {owner}); "
            "they are stopping, retry in a few seconds"
        )
    return describe_owner(owner or "unknown", directory)


def describe_owner(owner: str, directory: Path) -> str:
    """Return a sentence on a directory that a running tart uses."""
    return f"another tart (pid {owner}) uses {directory}; stop it, or name another directory"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove_sockets(run_dir: Path) -> None:
    for path in run_dir.iterdir():
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
