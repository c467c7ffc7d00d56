"""Which files there are: one directory per shard, two files per period.

``shards/00/2026-11-21.duckdb`` is directory 0 on that day (UTC);
``2026-11-21T06.duckdb`` where a period is shorter than a day. ``2026-11-21.1.duckdb`` is
the same period's other segment: events go to one of the two while the other is checkpointed,
and the next time the other way round. A directory whose number has no worker is adopted,
read-only, by the worker of that number modulo the shard count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from tart.query.core.catalog import DIRECTORY_BITS
from tart.storage.core.schema import DDL, SCHEMA_VERSION
from tart.units import HOUR_US, SECOND_US

# What is counted of a directory's events, beside its files of events.
AGGREGATES = "aggregates.duckdb"
# Where DuckDB puts what does not fit into memory; gone when the shard is.
SPILL = ".spill"
# What comes after the name of a damaged file, before the time it was found so.
QUARANTINED = ".corrupt-"

_DIRECTORY = re.compile(r"\d{2,3}")
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}))?(?:\.(1))?\.duckdb")


@dataclass(frozen=True, order=True)
class LogFile:
    """One file: ``directory`` is its shard's number, ``period`` its start in Unix µs.

    ``segment`` tells the two files of a period apart. ``salvaged`` says that a part of it is
    damaged, and that it is to be read by views of the rest (``database``); it is the same file.
    """

    directory: int
    period: int
    path: Path
    segment: int = 0
    salvaged: bool = field(default=False, compare=False)

    @property
    def catalog(self) -> str:
        """Its name inside DuckDB."""
        segment = f"_{self.segment}" if self.segment else ""
        return f"f{self.directory:02d}_{self.period // HOUR_US}{segment}"

    @property
    def salvage_catalog(self) -> str:
        """The name of what has views of its tables, where a part of it is damaged."""
        return f"readable_{self.catalog}"

    @property
    def alias(self) -> str:
        """The name inside DuckDB to read it by."""
        return self.salvage_catalog if self.salvaged else self.catalog

    @property
    def ddl(self) -> tuple[str, ...]:
        """What makes its tables, but for the name of the file."""
        return DDL

    @property
    def schema_version(self) -> int:
        """Of these tables."""
        return SCHEMA_VERSION

    @property
    def row_group(self) -> int:
        """Rows of a table that DuckDB packs together.

        With so many, columns of 8 and 16 bits fill whole blocks: the log takes 8 % less than
        with DuckDB's own 122,880.
        """
        return 516_096

    @property
    def block_bytes(self) -> int:
        """What DuckDB gives away at a time: each table takes a block, a large one many.

        Half of DuckDB's own: a file's small tables take half a mebibyte and the log no more.
        """
        return 128 << 10

    @property
    def wal(self) -> Path:
        """Where DuckDB keeps what is committed and not yet in the file."""
        return self.path.with_name(self.path.name + ".wal")

    @property
    def draft(self) -> LogFile:
        """What it is called until it has its tables."""
        return replace(self, path=self.path.with_suffix(".new"))

    def has_wal(self) -> bool:
        """Whether a log is beside it; a checkpoint cut short leaves ``.wal.checkpoint``."""
        return any(self.path.parent.glob(f"{self.path.name}.wal*"))

    def paths(self) -> list[Path]:
        """What belongs together on the disk: the logs first, the file itself last."""
        return [*sorted(self.path.parent.glob(f"{self.path.name}.wal*")), self.path]


def period_start(received_at: int, hours: int) -> int:
    """Start of the period a moment belongs to; both Unix microseconds."""
    return received_at - received_at % (hours * HOUR_US)


def first_segment(root: Path, directory: int, period: int, hours: int) -> LogFile:
    """The first file of that directory and period, whether or not it exists."""
    start = datetime.fromtimestamp(period // SECOND_US, UTC)
    name = start.strftime("%Y-%m-%d" if hours == 24 else "%Y-%m-%dT%H")
    return LogFile(directory, period, root / f"{directory:02d}" / f"{name}.duckdb")


def other_segment(file: LogFile) -> LogFile:
    """The other file of the same period, whether or not it exists."""
    if file.segment:
        name = file.path.name.replace(".1.duckdb", ".duckdb")
        return replace(file, path=file.path.with_name(name), segment=0)
    return replace(file, path=file.path.with_suffix(".1.duckdb"), segment=1)


def group_by_period(files: Iterable[LogFile]) -> list[list[LogFile]]:
    """The segments of each period together, in the order given; a directory's, sorted."""
    return [list(segments) for _, segments in groupby(files, key=lambda file: file.period)]


def list_files(root: Path, directory: int) -> list[LogFile]:
    """A directory's files, oldest first."""
    paths = (root / f"{directory:02d}").glob("*.duckdb")
    return sorted(file for path in paths if (file := named(directory, path)))


def list_orphaned_wals(root: Path, directory: int) -> list[LogFile]:
    """The files of which only a log is there, oldest first."""
    logs = (root / f"{directory:02d}").glob("*.duckdb.wal*")
    paths = {path.with_name(f"{path.name.partition('.duckdb')[0]}.duckdb") for path in logs}
    return sorted(file for path in paths if not path.exists() and (file := named(directory, path)))


def named(directory: int, path: Path) -> LogFile | None:
    """The file of a directory that a path is the name of, if it is one of ours."""
    match = _NAME.fullmatch(path.name)
    # A name that only looks like a date is not one of ours.
    with suppress(ValueError):
        if match:
            moment = datetime.fromisoformat(f"{match[1]}T{match[2] or '00'}:00:00+00:00")
            period = int(moment.timestamp()) * SECOND_US
            return LogFile(directory, period, path, int(match[3] or 0))
    return None


def move_to_quarantine(file: LogFile, now: float) -> str:
    """Rename a file and its logs together, as far as they are there; the file's new name.

    Args:
        now: Unix seconds.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{file.path.name}{QUARANTINED}{stamp}"
    for path in file.paths():
        with suppress(FileNotFoundError):
            path.rename(path.with_name(path.name.replace(file.path.name, name, 1)))
    return name


def quarantined(root: Path, directory: int) -> list[Path]:
    """What was found damaged in a directory and has not been taken away since."""
    return sorted((root / f"{directory:02d}").glob(f"*.duckdb{QUARANTINED}*"))


def list_directories(root: Path) -> list[int]:
    """The numbers of all directories there are."""
    found = []
    for path in sorted(root.glob("*")):
        if path.is_dir() and _DIRECTORY.fullmatch(path.name):
            directory = int(path.name)
            if path.name == f"{directory:02d}" and directory < 1 << DIRECTORY_BITS:
                found.append(directory)
    return found


def adopted(root: Path, shard: int, count: int) -> Iterator[int]:
    """Directories without a worker of their own that this shard answers for."""
    for directory in list_directories(root):
        if directory >= count and directory % count == shard:
            yield directory
