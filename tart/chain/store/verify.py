"""Verification of the chain's files without changing a byte of them.

Each file is read with its WAL in place. Damage is found as in a shard's files; beyond that the
blocks must have numbers and hashes of their own, and every other row must belong to a block of the
file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tart.chain.store.files import CHAIN, ChainFile, list_files, list_quarantined
from tart.config.schema import StorageConfig
from tart.errors import StorageError
from tart.storage.log.database import Database, storage_error

# Tables whose rows name a block by its number.
_OF_BLOCKS = ("statuses", "cores", "services", "increments", "epochs")


@dataclass
class Report:
    """The result of a verification.

    Attributes:
        findings: One sentence for each fault.
        files: The number of files.
        blocks: The number of blocks.
    """

    findings: list[str] = field(default_factory=list)
    files: int = 0
    blocks: int = 0


def total_bytes(root: Path) -> int:
    """Return the size of the files that ``verify`` reads."""
    return sum(file.path.stat().st_size for file in list_files(root / CHAIN))


def verify(
    root: Path, *, deep: bool, advance: Callable[[float], None] = lambda amount: None
) -> Report:
    """Check the chain's files of a data directory that no process uses.

    Args:
        root: The data directory.
        deep: Read every value, not only the blocks' checksums.
        advance: Is called with the bytes that were checked.
    """
    report = Report()
    folder = root / CHAIN
    for path in list_quarantined(folder):
        report.findings.append(f"{path}: damaged and in quarantine; it is not served")
    files = list_files(folder)
    if not files:
        return report
    database = Database(StorageConfig())
    try:
        for file in files:
            _verify_file(database, file, report, deep=deep)
            advance(file.path.stat().st_size)
    finally:
        database.close()
    return report


def _verify_file(database: Database, file: ChainFile, report: Report, *, deep: bool) -> None:
    report.files += 1
    try:
        database.attach_read_only_with_wal(file)
        with closing(database.cursor()) as cursor:
            if database.salvage(file, thorough=deep):
                report.findings.append(f"{file.path}: damaged: some of its rows cannot be read")
            alias = database.readable(file).alias
            report.findings += [f"{file.path}: {finding}" for finding in _check(cursor, alias)]
            (blocks,) = cursor.execute(f"SELECT count(*) FROM {alias}.blocks").fetchall()[0]
            report.blocks += blocks
    except (StorageError, duckdb.Error) as error:
        reason = storage_error(file, error) if isinstance(error, duckdb.Error) else error
        report.findings.append(f"{reason}; nothing more of this file was checked")
    finally:
        database.detach(file)


def _check(cursor: Any, alias: str) -> Iterator[str]:
    for column in ("number", "hash"):
        (twice,) = cursor.execute(
            f"SELECT count({column}) - count(DISTINCT {column}) FROM {alias}.blocks"
        ).fetchall()[0]
        if twice:
            yield f"{twice} blocks have the {column} of another one"
    for table in _OF_BLOCKS:
        (lost,) = cursor.execute(
            f"SELECT count(*) FROM {alias}.{table} WHERE number NOT IN "
            f"(SELECT number FROM {alias}.blocks WHERE number IS NOT NULL)"
        ).fetchall()[0]
        if lost:
            yield f"{lost} rows of {table} are of no block of the file"
