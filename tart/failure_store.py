"""Failure groups and their states in ``control.sqlite``.

First seen and state outlive the events and the aggregates. The gateway alone writes; each write
opens the file and is one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import NamedTuple

from tart.control_store import SCHEMA_VERSION, make_private
from tart.errors import StorageError
from tart.os_errors import reason
from tart.query.core.failure_states import FailureGroup, FailureState

_WAIT_SECONDS = 5.0
_CREATE = """
    CREATE TABLE IF NOT EXISTS failure_groups (
        fingerprint TEXT PRIMARY KEY,
        event_type INTEGER NOT NULL,
        template TEXT NOT NULL,
        first_seen INTEGER NOT NULL,
        last_seen INTEGER NOT NULL,
        first_node TEXT NOT NULL,
        first_version TEXT,
        is_baseline INTEGER NOT NULL,
        state TEXT NOT NULL,
        changed_at INTEGER,
        changed_by TEXT,
        comment TEXT NOT NULL,
        resolved_at INTEGER,
        resolved_version TEXT,
        regressed_at INTEGER,
        regressed_version TEXT,
        regressed_node TEXT
    ) STRICT;
    CREATE TABLE IF NOT EXISTS failure_scan (
        row INTEGER PRIMARY KEY CHECK (row = 1),
        began_at INTEGER NOT NULL,
        covered_until INTEGER,
        evicted INTEGER NOT NULL
    ) STRICT;
"""
_COLUMNS = tuple(each.name for each in fields(FailureGroup))


class ScanProgress(NamedTuple):
    """The progress of the scan for failure groups.

    Attributes:
        began_at: When the first scan of all began, Unix microseconds: groups that were there
            before are not new.
        covered_until: All failures that arrived before this time have been seen, on all shards;
            ``None`` until all shards have answered once.
        evicted: Groups that were deleted because there were too many.
    """

    began_at: int
    covered_until: int | None = None
    evicted: int = 0


@contextmanager
def open_failure_store(path: Path) -> Iterator[FailureStore]:
    """Open the store in ``control.sqlite``, which is created if it does not exist.

    Only the thread that opens the store may use it.

    Raises:
        StorageError: The file cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(path)
        database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise StorageError(
                    f"{path} has schema {version}, this release knows {SCHEMA_VERSION}: "
                    "use the release that wrote it, or a newer one"
                )
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_CREATE)
            yield FailureStore(database)
        finally:
            database.close()
    except (sqlite3.Error, OSError) as error:
        raise StorageError(
            f"{path}: failure groups cannot be read or written: {reason(error)}"
        ) from None


class FailureStore:
    """The tables of failure groups in an open ``control.sqlite``."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def groups(self) -> list[FailureGroup]:
        """Return all groups."""
        rows = self._database.execute(f"SELECT {', '.join(_COLUMNS)} FROM failure_groups")
        return [_group(dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    def progress(self) -> ScanProgress | None:
        """Return the progress of the scan; ``None`` before the first."""
        row = self._database.execute(
            "SELECT began_at, covered_until, evicted FROM failure_scan"
        ).fetchone()
        return None if row is None else ScanProgress(*row)

    def save(
        self,
        groups: Iterable[FailureGroup],
        removed: Iterable[str] = (),
        progress: ScanProgress | None = None,
    ) -> None:
        """Store groups, delete those with the fingerprints, and store the progress, all or none."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            places = ", ".join("?" * len(_COLUMNS))
            self._database.executemany(
                f"INSERT OR REPLACE INTO failure_groups ({', '.join(_COLUMNS)}) VALUES ({places})",
                [_values(group) for group in groups],
            )
            self._database.executemany(
                "DELETE FROM failure_groups WHERE fingerprint = ?",
                [(fingerprint,) for fingerprint in removed],
            )
            if progress is not None:
                self._database.execute(
                    "INSERT OR REPLACE INTO failure_scan VALUES (1, ?, ?, ?)", progress
                )
            self._database.execute("COMMIT")
        except BaseException:
            # A full disk may have ended the transaction already.
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def _values(group: FailureGroup) -> tuple[object, ...]:
    return tuple(
        str(value) if isinstance(value, FailureState) else value for value in astuple(group)
    )


def _group(row: dict[str, object]) -> FailureGroup:
    values = {
        **row,
        "is_baseline": bool(row["is_baseline"]),
        "state": FailureState(str(row["state"])),
    }
    return FailureGroup(**values)  # type: ignore[arg-type]
