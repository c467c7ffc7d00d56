"""A batch: the rows of one call of ``ChainStore.write``, and what they change in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tart.chain.core.changes import PutBlock
from tart.chain.store.files import ChainFile
from tart.chain.store.rows import FileRows
from tart.query.chain_queries.chain import BlockStatus, StoredService

# The file of a block, and its number in the file.
Place: TypeAlias = tuple[ChainFile, int]


@dataclass
class Batch:
    """Changes on their way into the files.

    Attributes:
        current: The file of new blocks.
        rows: What is to be inserted, by file.
        blocks: The number of each new block in ``current``, and the block.
        places: Of the new blocks, by hash.
        statuses: The place of a block and its new status.
        reorganisations: The number of new ones in ``current``; likewise ``undecodable``.
        accounts: Those that changed, by service.
        parameters: The new ones; None if they did not change.
    """

    current: ChainFile
    rows: dict[ChainFile, FileRows] = field(default_factory=dict)
    blocks: list[tuple[int, PutBlock]] = field(default_factory=list)
    places: dict[bytes, Place] = field(default_factory=dict)
    statuses: list[tuple[Place, BlockStatus]] = field(default_factory=list)
    reorganisations: int = 0
    undecodable: int = 0
    accounts: dict[int, StoredService] = field(default_factory=dict)
    parameters: Mapping[str, int] | None = None

    def add(self, file: ChainFile, table_rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
        """Add rows of a file.

        Raises:
            ValueError: A value does not fit its column; no row was added.
        """
        self.rows.setdefault(file, FileRows()).add(table_rows)
