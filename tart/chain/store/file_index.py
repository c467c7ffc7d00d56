"""The index of a file: the facts about its blocks that are kept in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tart.chain.core.changes import KnownBlock, PutBlock
from tart.chain.store.files import LAYOUT, STATUS_CODES, STATUSES, ChainFile, latest_statuses
from tart.errors import DamagedFile
from tart.query.chain_queries.chain import BlockStatus, StoredService


@dataclass
class FileIndex:
    """Facts about the rows of a file.

    Attributes:
        next_number: Of the next block.
        first_slot: The lowest slot of the blocks; None without blocks. Likewise the last.
        missing: Blocks without statistics.
        forks: Numbers of blocks that are not on the chain.
    """

    next_number: int = 0
    first_slot: int | None = None
    last_slot: int | None = None
    blocks: int = 0
    missing: int = 0
    reorganisations: int = 0
    undecodable: int = 0
    forks: set[int] = field(default_factory=set)

    def add(self, change: PutBlock, number: int) -> None:
        """Count a block that was stored."""
        slot = change.block.slot
        self.next_number = max(self.next_number, number + 1)
        self.first_slot = slot if self.first_slot is None else min(self.first_slot, slot)
        self.last_slot = slot if self.last_slot is None else max(self.last_slot, slot)
        self.blocks += 1
        self.missing += change.block.reports is None
        self.set_status(number, change.block.status)

    def set_status(self, number: int, status: BlockStatus) -> None:
        """Remember whether a block is on the chain."""
        if status == "fork":
            self.forks.add(number)
        else:
            self.forks.discard(number)

    def has_slot(self, slot: int) -> bool:
        """Return whether a block of a slot may be in the file."""
        if self.first_slot is None or self.last_slot is None:
            return False
        return self.first_slot <= slot <= self.last_slot


def check_layout(cursor: Any, file: ChainFile) -> None:
    """Check that a file has the tables of this release: rows are inserted by position.

    Raises:
        DamagedFile: A table lacks a column, or has others.
    """
    stored: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in cursor.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? ORDER BY table_name, column_index",
        [file.catalog],
    ).fetchall():
        stored.setdefault(table, []).append((name, kind))
    for table, columns in LAYOUT.items():
        if stored.get(table) != list(columns.items()):
            raise DamagedFile(f"{file.path}: its table {table} is not that of this release")


def read_index(cursor: Any, alias: str) -> FileIndex:
    """Return the index of a file.

    Args:
        cursor: The cursor to read with.
        alias: The name of the file in DuckDB.
    """
    number, first, last, blocks, missing = cursor.execute(
        "SELECT coalesce(max(number) + 1, 0), min(slot), max(slot), count(*), "
        f"count(*) FILTER (reports IS NULL) FROM {alias}.blocks"
    ).fetchone()
    forks = cursor.execute(
        f"SELECT number FROM {alias}.blocks LEFT JOIN {latest_statuses(alias)} "
        f"USING (number) WHERE coalesce(changed, status) = {STATUS_CODES['fork']}"
    ).fetchall()
    (reorganisations,) = cursor.execute(f"SELECT count(*) FROM {alias}.reorganisations").fetchone()
    (undecodable,) = cursor.execute(f"SELECT count(*) FROM {alias}.undecodable").fetchone()
    return FileIndex(
        next_number=number,
        first_slot=first,
        last_slot=last,
        blocks=blocks,
        missing=missing,
        reorganisations=reorganisations,
        undecodable=undecodable,
        forks={number for (number,) in forks},
    )


def read_last_change(cursor: Any, alias: str) -> int:
    """Return the greatest number of a change in a file; 0 if it has none."""
    (last,) = cursor.execute(
        f"SELECT coalesce(max(change), 0) FROM (SELECT change FROM {alias}.statuses UNION ALL "
        f"SELECT change FROM {alias}.accounts UNION ALL SELECT change FROM {alias}.parameters)"
    ).fetchone()
    return int(last)


def read_newest_blocks(cursor: Any, alias: str, limit: int) -> list[KnownBlock]:
    """Return at most ``limit`` blocks of a file, those with the highest slots, newest first."""
    selected = cursor.execute(
        f"SELECT hash, slot, parent, coalesce(changed, status) FROM {alias}.blocks "
        f"LEFT JOIN {latest_statuses(alias)} USING (number) ORDER BY slot DESC LIMIT {limit:d}"
    ).fetchall()
    return [KnownBlock(key, slot, parent, STATUSES[code]) for key, slot, parent, code in selected]


def read_accounts(cursor: Any, alias: str) -> dict[int, StoredService]:
    """Return the newest state of each service account in a file, by service."""
    names = (
        "service",
        "at_slot",
        "code_hash",
        "balance",
        "min_item_gas",
        "min_memo_gas",
        "octets",
        "items",
        "created_slot",
        "last_accumulation_slot",
        "parent_service",
        "name",
    )
    selected = cursor.execute(
        f"SELECT {', '.join(names)} FROM {alias}.accounts "
        "QUALIFY row_number() OVER (PARTITION BY service ORDER BY change DESC) = 1"
    ).fetchall()
    accounts = {}
    for row in selected:
        values = dict(zip(names, row, strict=True))
        values["code_hash"] = values["code_hash"].hex()
        accounts[row[0]] = StoredService(**values)
    return accounts


def read_parameters(cursor: Any, alias: str) -> dict[str, int]:
    """Return the newest parameters of the chain in a file; empty if it has none."""
    selected = cursor.execute(
        f"SELECT name, value FROM {alias}.parameters "
        f"WHERE change = (SELECT max(change) FROM {alias}.parameters) AND name <> ''"
    ).fetchall()
    return dict(selected)
