"""The SQL tables as text: the list of all, and the columns of one. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tart.errors import ConfigError
from tart.query.sql.table import Table
from tart.query.sql.tables import TABLES
from tart.query.sql.views import is_event_view
from tart.suggestions import did_you_mean

_EXAMPLE = (
    "SELECT node_id, count(*) AS events FROM events "
    "WHERE created_at > NOW() - INTERVAL '10 minutes' GROUP BY node_id"
)


def render_tables(width: int) -> Iterator[str]:
    """Yield a line for each table, the views by event type together, and an example."""
    views = [name for name in TABLES if is_event_view(name)]
    others = {name: table for name, table in TABLES.items() if name not in views}
    longest = max(map(len, others))
    for name, table in others.items():
        text = textwrap.shorten(table.description, max(20, width - longest - 2), placeholder=" …")
        yield f"{name.ljust(longest)}  {text}"
    yield ""
    yield f"and one for each of the {len(views)} event types, with its fields:"
    yield from textwrap.wrap(", ".join(sorted(views)), width, initial_indent="  ",
                             subsequent_indent="  ", break_on_hyphens=False)  # fmt: skip
    yield ""
    yield "tart sql --describe TABLE shows the columns of one. An example:"
    yield f'  tart sql "{_EXAMPLE}"'


def find_table(name: str) -> Table:
    """Return the table of a name.

    Raises:
        ConfigError: There is no such table.
    """
    table = TABLES.get(name.lower())
    if table is None:
        hint = did_you_mean(name.lower(), TABLES) or "; 'tart sql' lists the tables"
        raise ConfigError(f"there is no table {name or 'without a name'}{hint}")
    return table


def render_description(table: Table, width: int) -> Iterator[str]:
    """Yield the columns of a table with types and descriptions, and an example."""
    yield from textwrap.wrap(f"{table.name}: {table.description}", width)
    yield ""
    names = max(len(column.name) for column in table.columns)
    kinds = min(24, max(len(column.type) for column in table.columns))
    for column in table.columns:
        head = f"{column.name.ljust(names)}  {column.type.ljust(kinds)}  "
        indent = " " * (names + kinds + 4)
        text = column.description or "Field of the event."
        lines = textwrap.wrap(text, max(20, width - len(indent)))
        if len(head) > len(indent):
            yield head.rstrip()
            yield from (indent + line for line in lines)
            continue
        yield head + lines[0]
        yield from (indent + line for line in lines[1:])
    yield ""
    yield f'tart sql "{table.example}"'
