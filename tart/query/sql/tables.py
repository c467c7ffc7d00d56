"""The SQL tables: the one declaration of what a statement of a user may read.

Pure. Each shard has a part of a table's rows. Where no row of one shard belongs together with a
row of another (``merge`` is ``None``) the table is the union of the parts. Otherwise ``merge``
is a SELECT over the union of the parts, which is called ``partials``: for example a sum by key.
Statements over the first kind may be split, and never those over the second.

The views of the event log (``query.sql.views``) are tables of the first kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from tart.query.sql.views import VIEWS, View


@dataclass(frozen=True)
class TableColumn:
    """A column.

    Attributes:
        name: Its name.
        type: Its DuckDB type, in the parts of the shards and in the merged table.
        description: Meaning and unit.
    """

    name: str
    type: str
    description: str = ""


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
    """

    name: str
    description: str
    columns: tuple[TableColumn, ...]
    merge: str | None = None
    keys: frozenset[str] = frozenset()

    @cached_property
    def types(self) -> Mapping[str, str]:
        """The columns and their types, in order."""
        return MappingProxyType({column.name: column.type for column in self.columns})


def _of_view(view: View) -> Table:
    columns = tuple(TableColumn(column.name, column.type) for column in view.columns)
    return Table(view.name, "", columns)


TABLES: Mapping[str, Table] = MappingProxyType(
    {view.name: _of_view(view) for view in VIEWS.values()}
)
