"""The files of the data directory: one directory per shard, two segments per period.

``shards/00/2026-11-21.duckdb`` is a segment of directory 0 on that day (UTC);
``2026-11-21T06.duckdb`` where a period is shorter than a day. ``2026-11-21.1.duckdb`` is the
second segment of the same period: events go to one of the two while the other is checkpointed,
in alternation. A directory whose number has no worker is adopted, read-only, by the worker of
that number modulo the shard count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

from tart.errors import StorageError
from tart.os_errors import reason
from tart.query.core.event_ids import DIRECTORY_BITS
from tart.storage.core import earlier_schema
from tart.storage.core.schema import DDL, SCHEMA_VERSION
from tart.units import HOUR_US, SECOND_US

# The aggregates of a directory, beside its segments.
AGGREGATES = "aggregates.duckdb"
# The suffix of skip indexes.
INDEX = ".index"
# The directory for DuckDB's data that does not fit the memory; it ends with the shard.
SPILL = ".spill"
# What follows the name of a quarantined file, before the time at which it was quarantined.
QUARANTINED = ".corrupt-"

_DIRECTORY = re.compile(r"\d{2,3}")
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}))?(?:\.(1))?\.duckdb")


@dataclass(frozen=True, order=True)
class LogFile:
    """A segment of the event log.

    Attributes:
        directory: The number of the shard's directory.
        period: The start of the period, Unix microseconds.
        path: The path of the file.
        segment: The number of the segment in its period, 0 or 1.
        salvaged: Whether views of the tables are to be read (``database``): a part of the file is
            damaged, or it is of an earlier schema version. The file is the same.
    """

    directory: int
    period: int
    path: Path
    segment: int = 0
    salvaged: bool = field(default=False, compare=False)

    @property
    def catalog(self) -> str:
        """The name of the attached file in DuckDB."""
        segment = f"_{self.segment}" if self.segment else ""
        return f"f{self.directory:02d}_{self.period // HOUR_US}{segment}"

    @property
    def salvage_catalog(self) -> str:
        """The name of the database with views of the tables; see ``salvaged``."""
        return f"readable_{self.catalog}"

    @property
    def alias(self) -> str:
        """The name in DuckDB to read the file by."""
        return self.salvage_catalog if self.salvaged else self.catalog

    @property
    def ddl(self) -> tuple[str, ...]:
        """The statements that create the tables, to be formatted with the catalog's name."""
        return DDL

    @property
    def schema_version(self) -> int:
        """The version of the tables."""
        return SCHEMA_VERSION

    def conversion(self, version: str) -> Mapping[str, str] | None:
        """Return what to select from the tables of an earlier schema version.

        Args:
            version: The version of the file's tables.

        Returns:
            The select list of each table; ``None`` if rows of that version cannot be converted.
        """
        return earlier_schema.convert(version)

    @property
    def row_group(self) -> int:
        """The rows of a table that DuckDB compresses together.

        With this number, columns of 8 and 16 bits fill whole blocks: the event log takes 8 % less
        space than with DuckDB's default of 122,880.
        """
        return 516_096

    @property
    def block_bytes(self) -> int:
        """The size of a block: each table takes at least one.

        Half of DuckDB's default: a file's small tables take half a mebibyte, and the table of
        events no more than otherwise.
        """
        return 128 << 10

    @property
    def wal(self) -> Path:
        """The path of the WAL: rows that are committed and not yet in the file."""
        return self.path.with_name(self.path.name + ".wal")

    @property
    def index(self) -> Path:
        """The path of the skip index, which is derived from the file (``core.skip_index``)."""
        return self.path.with_name(f"{self.path.name}{INDEX}")

    @property
    def draft(self) -> LogFile:
        """The file under the name it has until its tables are complete."""
        return replace(self, path=self.path.with_suffix(".new"))

    def has_wal(self) -> bool:
        """Return whether a WAL is beside the file, or a checkpoint's ``.wal.checkpoint``."""
        return any(self.path.parent.glob(f"{self.path.name}.wal*"))

    def paths(self) -> list[Path]:
        """Return the paths that belong together: the WALs first, the file itself last."""
        return [*sorted(self.path.parent.glob(f"{self.path.name}.wal*")), self.path]


@dataclass(frozen=True)
class SmallTablesFile(LogFile):
    """A file of many small tables, attached and quarantined as segments are."""

    def conversion(self, version: str) -> None:
        """Return None: rows of an earlier version are migrated, or not read."""

    @property
    def row_group(self) -> int:
        """DuckDB's default: most of these tables are small."""
        return 122_880

    @property
    def block_bytes(self) -> int:
        """The size of a block: small, because there are many tables; less compresses badly."""
        return 64 << 10


def period_start(received_at: int, hours: int) -> int:
    """Return the start of the period of a moment; both Unix microseconds."""
    return received_at - received_at % (hours * HOUR_US)


def first_segment(root: Path, directory: int, period: int, hours: int) -> LogFile:
    """Return the first segment of a period, whether or not it exists."""
    start = datetime.fromtimestamp(period // SECOND_US, UTC)
    name = start.strftime("%Y-%m-%d" if hours == 24 else "%Y-%m-%dT%H")
    return LogFile(directory, period, root / f"{directory:02d}" / f"{name}.duckdb")


def other_segment(file: LogFile) -> LogFile:
    """Return the other segment of the same period, whether or not it exists."""
    if file.segment:
        name = file.path.name.replace(".1.duckdb", ".duckdb")
        return replace(file, path=file.path.with_name(name), segment=0)
    return replace(file, path=file.path.with_suffix(".1.duckdb"), segment=1)


def group_by_period(files: Iterable[LogFile]) -> list[list[LogFile]]:
    """Return the segments of each period together, in the order given.

    Args:
        files: The files of one directory, sorted.
    """
    return [list(segments) for _, segments in groupby(files, key=lambda file: file.period)]


def list_files(root: Path, directory: int) -> list[LogFile]:
    """Return the segments of a directory, oldest first."""
    paths = _matching(root / f"{directory:02d}", "*.duckdb")
    return sorted(file for path in paths if (file := parse_path(directory, path)))


def list_orphaned_wals(root: Path, directory: int) -> list[LogFile]:
    """Return the segments of which only a WAL exists, oldest first."""
    wals = _matching(root / f"{directory:02d}", "*.duckdb.wal*")
    paths = {path.with_name(f"{path.name.partition('.duckdb')[0]}.duckdb") for path in wals}
    return sorted(
        file for path in paths if not path.exists() and (file := parse_path(directory, path))
    )


def parse_path(directory: int, path: Path) -> LogFile | None:
    """Return the segment with this path, or ``None`` if the name is not a segment's."""
    match = _NAME.fullmatch(path.name)
    # A name may only look like a date.
    with suppress(ValueError):
        if match:
            start = datetime.fromisoformat(f"{match[1]}T{match[2] or '00'}:00:00+00:00")
            period = int(start.timestamp()) * SECOND_US
            return LogFile(directory, period, path, int(match[3] or 0))
    return None


def move_to_quarantine(file: LogFile, now: float) -> str:
    """Rename a file and its WALs together, as far as they exist; return the file's new name.

    Args:
        file: The file.
        now: Unix seconds.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{file.path.name}{QUARANTINED}{stamp}"
    file.index.unlink(missing_ok=True)
    for path in file.paths():
        with suppress(FileNotFoundError):
            path.rename(path.with_name(path.name.replace(file.path.name, name, 1)))
    return name


def list_quarantined(root: Path, directory: int) -> list[Path]:
    """Return the quarantined files of a directory."""
    return _matching(root / f"{directory:02d}", f"*.duckdb{QUARANTINED}*")


def list_directories(root: Path) -> list[int]:
    """Return the numbers of all directories."""
    numbers = []
    for path in _matching(root, "*"):
        if path.is_dir() and _DIRECTORY.fullmatch(path.name):
            directory = int(path.name)
            if path.name == f"{directory:02d}" and directory < 1 << DIRECTORY_BITS:
                numbers.append(directory)
    return numbers


def _matching(folder: Path, pattern: str) -> list[Path]:
    """Return the paths in a folder that match, sorted; none if it does not exist.

    Raises:
        StorageError: It may not be read, which ``glob`` alone takes for an empty folder.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StorageError(f"{folder}: cannot be read: {reason(error)}") from None
    return sorted(folder / name for name in names if fnmatchcase(name, pattern))


def list_adopted(root: Path, shard: int, count: int) -> Iterator[int]:
    """Yield the directories without a worker that this shard serves."""
    for directory in list_directories(root):
        if directory >= count and directory % count == shard:
            yield directory
