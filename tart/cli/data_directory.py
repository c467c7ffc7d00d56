"""Recognition of tart's data directories, so that no command works on another directory.

A command that is given a mistyped directory would else create a lock in it, report that nothing is
wrong with no file, or make a key that no server reads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tart.cli import installation
from tart.config.load import load
from tart.errors import ConfigError
from tart.file_owner import owner_name
from tart.os_errors import reason
from tart.suggestions import nearest
from tart.supervisor.data_lock import LOCK_NAME

CONTROL = "control.sqlite"
_SHARD = re.compile(r"\d{2,3}")
# Files of a shard: segments, aggregates, their WALs, and quarantined ones.
_SHARD_FILE = ".duckdb"
# The most entries of a directory that are looked at.
_MAX_ENTRIES = 1_000


def is_data_directory(path: Path) -> bool:
    """Return whether a directory is one of tart's.

    It is if it has the lock of a server, a database of keys, or a shard's directory with files.
    A number alone is not enough for a shard: other programs have directories of months.

    Raises:
        OSError: The directory cannot be read.
    """
    if any((path / name).is_file() for name in (LOCK_NAME, CONTROL)):
        return True
    return any(map(_is_shard, _entries(path)))


def require_data_directory(path: Path) -> Path:
    """Return a directory that is one of tart's; nothing is created or changed.

    Raises:
        ConfigError: It is not, or it cannot be read; the text says which directory may be meant.
    """
    try:
        if is_data_directory(path):
            return path
        if not path.is_dir():
            raise NotADirectoryError
    except FileNotFoundError:
        raise ConfigError(f"data_dir: {path} does not exist{_way_out(path)}") from None
    except NotADirectoryError:
        raise ConfigError(f"data_dir: {path} is not a directory{_way_out(path)}") from None
    except OSError as error:
        raise ConfigError(f"data_dir: {path} cannot be read: {explain(error, path)}") from None
    kind = "is empty" if not any(_entries(path)) else "is no data directory of tart"
    raise ConfigError(f"data_dir: {path} {kind}{_way_out(path)}")


def explain(error: OSError, path: Path) -> str:
    """Return why a file or directory cannot be used, and who can use it."""
    text = reason(error)
    if not isinstance(error, PermissionError):
        return text
    for visible in (path, *path.parents):
        # The owner of the first of them that the user can see is who decides.
        with suppress(OSError):
            owner = owner_name(visible)
            return f"{text}; only {' and '.join(dict.fromkeys((owner, 'root')))} can"
    return text


def _way_out(path: Path) -> str:
    """Return the end of a sentence: the directory that may be meant, or how to name one."""
    candidates = list(dict.fromkeys(_candidates(path)))
    if candidates:
        likely = nearest(path.name, [candidate.name for candidate in candidates])
        chosen = next((each for each in candidates if each.name == likely), candidates[0])
        return f"; did you mean {chosen}?"
    return "; name the directory with --data-dir, or the file of its settings with --config"


def _candidates(path: Path) -> Iterator[Path]:
    """Yield data directories that may be meant: of the installation, around the path, inside."""
    around = (*_installed(), path.parent, *_directories(path), *_directories(path.parent))
    for candidate in around:
        with suppress(OSError):
            if candidate != path and is_data_directory(candidate):
                yield candidate


def _installed() -> Iterator[Path]:
    """Yield the data directory of the installed tart, if there is one."""
    with suppress(ConfigError, OSError):
        settings = installation.installed_settings(installation.ROOT)
        if settings.exists():
            yield load(settings).data_path


def _directories(path: Path) -> list[Path]:
    with suppress(OSError):
        return [entry for entry in _entries(path) if entry.is_dir()]
    return []


def _entries(path: Path) -> list[Path]:
    with os.scandir(path) as entries:
        return sorted(path / entry.name for entry in islice(entries, _MAX_ENTRIES))


def _is_shard(path: Path) -> bool:
    if not _SHARD.fullmatch(path.name) or not path.is_dir():
        return False
    try:
        return any(_SHARD_FILE in file.name for file in _entries(path))
    except PermissionError:
        return True  # the command that reads it names the reason
    except OSError:
        return False
