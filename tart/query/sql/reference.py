"""The reference of SQL as blocks of text, from the declarations of tables and formats.

Pure. ``gateway.api.sql_page`` writes the blocks as HTML, ``render_markdown`` as ``docs/sql.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tart.query.answers.sql import SqlTable, SqlTableColumn, SqlTables
from tart.query.sql.formats import SQL_FORMATS
from tart.query.sql.table import Table
from tart.query.sql.tables import TABLES
from tart.query.sql.views import COMMON, is_event_view

PATH = "/api/docs/sql"
DEFAULT_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Heading:
    """A heading; ``level`` 1 is that of the page."""

    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; text in backticks is code."""

    text: str


@dataclass(frozen=True)
class Listing:
    """Lines of code."""

    text: str


@dataclass(frozen=True)
class Grid:
    """A table; text in backticks is code."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Listing | Grid

_INTRODUCTION = """
`POST /api/sql` with `{"query": "SELECT …"}` and `tart sql "SELECT …"` run one SELECT over all
shards, as if they were one database. It is DuckDB's SQL, without access to files, network and
settings. `SELECT table_name FROM information_schema.tables` lists the tables, `DESCRIBE nodes`
the columns of one; so do `tart sql --tables` and `tart sql --describe nodes`.
"""
_SPLIT = """
Filters, projections, LIMIT with ORDER BY, and the aggregates count, sum, min, max and avg of one
table are computed by each shard for its own rows, and only the results are sent and merged.
Every other statement (joins, windows, subqueries, DISTINCT in an aggregate) is run once, over the
columns that it names and the rows that comparisons with constants in WHERE select; so compare
`created_at`, `hour` or another time with a constant.
"""
_TIMES = """
Times are TIMESTAMP in UTC, whatever the time zone of the server or of the client; `NOW()` and a
literal with an offset are converted. Integers are exact; sums of nodes' numbers are HUGEINT, with
up to 39 digits.
"""
_BYTES = """
Hashes and peer ids are BLOB, and results show them as `0x01ab…`. Compare them with that text, with
all its digits: `hash = '0x01ab…'`, or `hash = unhex('01ab…')`. A comparison with text that is not
hexadecimal is refused. `node_id` is text, 64 digits without 0x; a node id with 0x is found, too,
and a peer id may be compared with a node id, as below. Digits at the beginning of a hash are found
by `hex(hash) LIKE '01AB%'`; `hex` writes capital letters.
"""
_QUOTES = """
Text has single quotes: `event_name = 'Authored'`. The columns `from` and `to` are keywords of SQL
and need double ones: `"from".ipv6`.
"""
_PEERS_EXAMPLE = (
    "SELECT c.received_at, c.node_id, n.node_id AS peer, n.node_name AS peer_name "
    "FROM connected_in AS c JOIN nodes AS n ON c.peer_id = n.node_id "
    "WHERE c.received_at > NOW() - INTERVAL '1 hour' LIMIT 10"
)
_ERRORS: tuple[tuple[str, str, str], ...] = (
    ("400 `bad_parameter`", "The request is wrong: `param` names the member.", "Correct it."),
    (
        "422 `sql`",
        "The statement is not one SELECT, names something that does not exist, or fails; the "
        "message has the word, and often what it should be.",
        "Correct the statement.",
    ),
    (
        "422 `sql`, with a limit in the message",
        "It reads or returns more than a limit.",
        "Compare a time with a constant, name fewer columns, aggregate, or add a LIMIT.",
    ),
    (
        "429 `too_many_statements`",
        "Ten statements of this key, or of this address without a key, run or wait already.",
        "Retry when one of them has ended.",
    ),
    (
        "503 `too_many_statements`",
        "More statements run and wait than the server admits.",
        "Retry after the seconds of `Retry-After`.",
    ),
    (
        "504 `deadline`",
        "It did not end within its time; the message says how to narrow it.",
        "Narrow it, or raise `api.sql_seconds`.",
    ),
    ("401, 403", "The key is missing, or its role is below operator.", "Use another key."),
)
_COMMON_HEADING = "Columns of every event"


def blocks(limits: Iterable[tuple[str, str]], url: str = DEFAULT_URL) -> Iterator[Block]:
    """Yield the whole reference.

    Args:
        limits: Names and values of the limits of a statement.
        url: Address of the server.
    """
    yield Heading("SQL", 1)
    yield Paragraph(_joined(_INTRODUCTION))
    yield Listing('tart sql "SELECT node_id, event_count FROM nodes"')
    if url != DEFAULT_URL:
        yield Paragraph(f"`{url.lstrip('$')}` is the address of this server, as in the browser.")
    yield Listing(
        f"curl {url}/api/sql -H 'Content-Type: application/json' \\\n"
        '     -d \'{"query": "SELECT node_id, event_count FROM nodes"}\''
    )
    yield Paragraph(_joined(_SPLIT))
    yield Paragraph(_joined(_TIMES))
    yield Paragraph(_joined(_BYTES))
    yield Listing(_PEERS_EXAMPLE)
    yield Paragraph(_joined(_QUOTES))
    yield Heading("Formats", 2)
    yield Paragraph(
        "`?format=` or the Accept header selects the format of `/api/sql`, `--format` or the "
        "suffix of `-o FILE` that of `tart sql`. A result that lacks a shard names it in json and "
        "in the header `X-Tart-Shards`; in the other formats it also breaks off before its end."
    )
    yield Grid(
        ("Format", "Media type", "Contents"),
        tuple(
            (f"`{name}`", f"`{form.media_type}`", form.description)
            for name, form in SQL_FORMATS.items()
        ),
    )
    yield Heading("Limits", 2)
    yield Grid(("Limit", "Value"), tuple(limits))
    yield Heading("Errors", 2)
    yield Grid(("Status and code", "Meaning", "Way out"), _ERRORS)
    yield Heading("Tables", 2)
    own = [table for name, table in TABLES.items() if not is_event_view(name)]
    for table in own:
        yield from _table(table)
    yield Heading("Tables of event types", 2)
    yield Paragraph(
        "Each event type of JIP-3 has a table with its rows of `events`: the columns below, then "
        "the fields of the event under their names in JSON. A field that is named like one of "
        "these columns has an underscore behind it. `DESCRIBE` shows all."
    )
    yield Grid(
        (_COMMON_HEADING, "Type", "Meaning"),
        tuple(
            (f"`{column.name}`", f"`{column.type}`", column.description)
            for column in TABLES["best_block_changed"].columns[: len(COMMON)]
        ),
    )
    yield Grid(
        ("Table", "Event", "Fields"),
        tuple(_event_row(table) for name, table in TABLES.items() if is_event_view(name)),
    )


def sql_tables() -> SqlTables:
    """Return all tables with their columns."""
    return SqlTables(tables=[sql_table(table) for table in TABLES.values()])


def sql_table(table: Table) -> SqlTable:
    """Return a table with its columns."""
    return SqlTable(
        name=table.name,
        description=table.description,
        is_event_type=is_event_view(table.name),
        columns=[
            SqlTableColumn(name=column.name, type=column.type, description=column.description)
            for column in table.columns
        ],
        example=table.example,
    )


def _joined(text: str) -> str:
    return " ".join(text.split())


def _table(table: Table) -> Iterator[Block]:
    yield Heading(table.name, 3)
    yield Paragraph(table.description)
    yield Grid(
        ("Column", "Type", "Meaning"),
        tuple(
            (f"`{column.name}`", f"`{column.type}`", column.description) for column in table.columns
        ),
    )
    yield Listing(table.example)


def _event_row(table: Table) -> tuple[str, str, str]:
    fields = table.columns[len(COMMON) :]
    return (
        f"`{table.name}`",
        table.description.removeprefix("The event ").removesuffix(". Fields as in JIP-3."),
        ", ".join(f"`{column.name}` {_short(column.type)}" for column in fields),
    )


def _short(kind: str) -> str:
    return "STRUCT" + "[]" * kind.endswith("[]") if kind.startswith("STRUCT") else kind


def render_markdown(content: Iterable[Block]) -> str:
    """Return blocks as a Markdown document."""
    lines: list[str] = []
    for block in content:
        match block:
            case Heading():
                lines += [f"{'#' * block.level} {block.text}", ""]
            case Paragraph():
                lines += [block.text, ""]
            case Listing():
                lines += ["```", block.text, "```", ""]
            case Grid():
                lines += [_markdown_row(block.head), _markdown_row(("---",) * len(block.head))]
                lines += [*map(_markdown_row, block.rows), ""]
    return "\n".join(lines)


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
