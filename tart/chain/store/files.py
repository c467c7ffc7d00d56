"""The files of the chain: ``chain/2026-11-30.duckdb``, and their tables.

A file has the blocks that arrived on one day (UTC), and all that is stored of them. It can be
read alone. Rows are only appended. A block has a number in its file; the other tables name it by
this number. A status that changes is one more row of ``statuses``.

Numbers of the chain that JIP-2 carries as naturals are 64 bits wide here, whatever the width that
the Gray Paper expects of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

from tart.errors import StorageError
from tart.os_errors import reason
from tart.query.chain_queries.chain import BlockStatus
from tart.rpc.model import CoreRecord, ServiceRecord, ValidatorRecord
from tart.storage.core.files import QUARANTINED, SmallTablesFile
from tart.storage.core.schema import META, create_statements
from tart.units import DAY_US, SECOND_US

# The folder in the data directory.
CHAIN = "chain"
SCHEMA_VERSION = 1
# In ``meta``, where a shard's files have the number of their directory.
_DIRECTORY = -1
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.duckdb")

# The codes of statuses.
STATUS_CODES: Mapping[BlockStatus, int] = MappingProxyType({"best": 0, "final": 1, "fork": 2})
STATUSES: tuple[BlockStatus, ...] = ("best", "final", "fork")

# A figure of the statistics is a column.
VALIDATOR_COLUMNS = ValidatorRecord._fields
CORE_COLUMNS = CoreRecord._fields
SERVICE_COLUMNS = ServiceRecord._fields
_BLOCK = {"number": "UINTEGER", "slot": "UINTEGER"}
TABLES: Mapping[str, Mapping[str, str]] = {
    # ``guarantors`` and ``assurers`` are bitmaps, bit i of byte i / 8 for validator i, or null.
    "blocks": {
        "number": "UINTEGER",
        "hash": "BLOB",
        "slot": "UINTEGER",
        "parent": "BLOB",
        "status": "UTINYINT",
        "seen_at": "TIMESTAMP",
        "epoch": "UINTEGER",
        "validators": "UINTEGER",
        "author": "UINTEGER",
        "tickets": "UBIGINT",
        "preimages": "UBIGINT",
        "preimage_octets": "UBIGINT",
        "guarantors": "BLOB",
        "assurers": "BLOB",
        "reports": "UINTEGER",
        "irregularity": "VARCHAR",
        # Whether ``increments`` has what the block adds, because the columns above cannot say it.
        "has_increments": "UTINYINT",
    },
    "statuses": {"number": "UINTEGER", "change": "BIGINT", "status": "UTINYINT"},
    "cores": {**_BLOCK, "core": "UINTEGER", **dict.fromkeys(CORE_COLUMNS, "UBIGINT")},
    "services": {**_BLOCK, "service": "UINTEGER", **dict.fromkeys(SERVICE_COLUMNS, "UBIGINT")},
    "increments": {
        **_BLOCK,
        "epoch": "UINTEGER",
        "validator": "UINTEGER",
        **dict.fromkeys(VALIDATOR_COLUMNS, "UBIGINT"),
    },
    # The final figures of an epoch, as the block ``number`` of a later epoch has them.
    "epochs": {
        "number": "UINTEGER",
        "epoch": "UINTEGER",
        "validator": "UINTEGER",
        **dict.fromkeys(VALIDATOR_COLUMNS, "UBIGINT"),
    },
    "reorganisations": {
        "happened_at": "TIMESTAMP",
        "from_hash": "BLOB",
        "from_slot": "UINTEGER",
        "to_hash": "BLOB",
        "to_slot": "UINTEGER",
        # Hashes one after the other.
        "left_hashes": "BLOB",
        "common_slot": "UINTEGER",
    },
    # Each state that was read, the newest last; a new file begins with all known ones.
    "accounts": {
        "change": "BIGINT",
        "service": "UINTEGER",
        "at_slot": "UINTEGER",
        "code_hash": "BLOB",
        **dict.fromkeys(("balance", "min_item_gas", "min_memo_gas", "octets", "items"), "UBIGINT"),
        **dict.fromkeys(("created_slot", "last_accumulation_slot", "parent_service"), "UINTEGER"),
        "name": "VARCHAR",
    },
    # Likewise; a row with an empty name begins a new set.
    "parameters": {"change": "BIGINT", "name": "VARCHAR", "value": "UBIGINT"},
    "undecodable": {
        "hash": "BLOB",
        "slot": "UINTEGER",
        "received_at": "TIMESTAMP",
        "reason": "VARCHAR",
        "statistics": "BLOB",
    },
}
LAYOUT: Mapping[str, Mapping[str, str]] = {"meta": META, **TABLES}
_DDL = create_statements(LAYOUT)


@dataclass(frozen=True)
class ChainFile(SmallTablesFile):
    """The chain's blocks of one day; attached and quarantined as segments are."""

    @property
    def catalog(self) -> str:
        """The name of the attached file in DuckDB."""
        return f"c{self.period // DAY_US}"

    @property
    def ddl(self) -> tuple[str, ...]:
        """The statements that create the tables, to be formatted with the catalog's name."""
        return _DDL

    @property
    def schema_version(self) -> int:
        """The version of the tables."""
        return SCHEMA_VERSION


def day_file(folder: Path, moment_us: int) -> ChainFile:
    """Return the file of the day of a moment, whether or not it exists.

    Args:
        folder: The folder of the chain's files.
        moment_us: Unix microseconds.
    """
    start = moment_us - moment_us % DAY_US
    day = datetime.fromtimestamp(start // SECOND_US, UTC).strftime("%Y-%m-%d")
    return ChainFile(_DIRECTORY, start, folder / f"{day}.duckdb")


def parse_path(path: Path) -> ChainFile | None:
    """Return the file with this path, or None if the name is not one of the chain's."""
    match = _NAME.fullmatch(path.name)
    # A name may only look like a date.
    with suppress(ValueError):
        if match:
            start = datetime.combine(date.fromisoformat(match[1]), datetime.min.time(), UTC)
            return ChainFile(_DIRECTORY, int(start.timestamp()) * SECOND_US, path)
    return None


def latest_statuses(alias: str) -> str:
    """Return a subquery of the blocks whose status has changed: ``number`` and ``changed``.

    Args:
        alias: The name of the file in DuckDB.
    """
    return (
        f"(SELECT number, arg_max(status, change) AS changed FROM {alias}.statuses GROUP BY number)"
    )


def size_of(path: Path) -> int:
    """Return the size of a file in bytes; 0 if it does not exist."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def list_files(folder: Path) -> list[ChainFile]:
    """Return the files of a folder, oldest first; none if it does not exist.

    Raises:
        StorageError: The folder may not be read.
    """
    return sorted(file for name in _names(folder) if (file := parse_path(folder / name)))


def list_orphaned_wals(folder: Path) -> list[ChainFile]:
    """Return the files of which only a WAL exists, oldest first."""
    wals = (name for name in _names(folder) if ".duckdb.wal" in name)
    paths = {folder / f"{name.partition('.duckdb')[0]}.duckdb" for name in wals}
    return sorted(file for path in paths if not path.exists() and (file := parse_path(path)))


def list_quarantined(folder: Path) -> list[Path]:
    """Return the quarantined files of a folder."""
    return sorted(folder / name for name in _names(folder) if f".duckdb{QUARANTINED}" in name)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StorageError(f"{folder}: cannot be read: {reason(error)}") from None
