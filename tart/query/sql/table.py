"""The declaration of a SQL table: columns, parts of the shards, merge. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from tart.query.core.event_ids import DIRECTORY_BITS


@dataclass(frozen=True)
class TableColumn:
    """A column.

    Attributes:
        name: Its name.
        type: Its DuckDB type.
        description: Meaning and unit.
    """

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True)
class Part:
    """The SELECT that computes a shard's part of a table.

    Attributes:
        sql: The SELECT; ``$name`` is the relation of an aggregate table of that name with the
            column ``directory``; ``$nodes`` has the ids of nodes by ``directory`` and ``node``;
            ``$node_documents`` has one row for each node of the shard.
        reads: The aggregate tables that it names (``aggregate.core.tables``).
        columns: Its columns, where they are not those of the table.
        documents: Whether it reads ``$node_documents``.
    """

    sql: str
    reads: tuple[str, ...] = ()
    columns: tuple[TableColumn, ...] = ()
    documents: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: Its name in lower case.
        description: One sentence about a row of it.
        columns: Its columns in order.
        merge: ``None`` if the rows of the shards are disjoint; otherwise the SELECT over
            ``partials``, the rows of all shards, whose result is the table. It returns the
            declared columns in their order.
        keys: With ``merge``, the columns that it does not change and by which it groups:
            conditions on them select the same rows before the merge as after it.
        part: The part of a shard; ``None`` of a view of the event log.
        example: A statement that reads it.
    """

    name: str
    description: str
    columns: tuple[TableColumn, ...]
    merge: str | None = None
    keys: frozenset[str] = frozenset()
    part: Part | None = None
    example: str = ""

    @cached_property
    def types(self) -> Mapping[str, str]:
        """The columns and their types, in order."""
        return MappingProxyType({column.name: column.type for column in self.columns})

    @cached_property
    def part_types(self) -> Mapping[str, str]:
        """The columns of a shard's part and their types, in order."""
        if self.part is None or not self.part.columns:
            return self.types
        return MappingProxyType({column.name: column.type for column in self.part.columns})


# Parts of the SELECT of an aggregate table.
SESSION_ID = f"(session::BIGINT << {DIRECTORY_BITS} | directory)"
WITH_NODES = "LEFT JOIN $nodes AS nodes USING (directory, node)"
NODE_ID = TableColumn("node_id", "VARCHAR", "Id of the node: 64 hex digits.")


def declare_columns(*columns: tuple[str, str, str] | TableColumn) -> tuple[TableColumn, ...]:
    """Return columns of names, types and descriptions."""
    return tuple(
        column if isinstance(column, TableColumn) else TableColumn(*column) for column in columns
    )
