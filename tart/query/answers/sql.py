"""Bodies and answers of SQL queries. Pure."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Number, Scattered
from tart.query.answers.int64 import ROWS, Wide


class SqlStatement(TypedDict):
    """Either query, or map with or without reduce."""

    query: NotRequired[
        Annotated[
            str | None,
            Meta(
                description="One SELECT over the tables of all shards, as if they were one "
                "database.",
                examples=[
                    "SELECT event_name, count(*) AS events FROM events "
                    "WHERE received_at > now() - INTERVAL 1 HOUR GROUP BY ALL ORDER BY events DESC"
                ],
                extra_json_schema={"x-either": True},
            ),
        ]
    ]
    map: NotRequired[
        Annotated[
            str | None,
            Meta(
                description="For experts: one SELECT that each shard runs over its own rows.",
                examples=["SELECT node_id, count(*) AS n FROM events GROUP BY node_id"],
                extra_json_schema={"x-either": True},
            ),
        ]
    ]
    reduce: NotRequired[
        Annotated[
            str | None,
            Meta(
                description="With map: one SELECT over the table partials, which has the rows "
                "that map returned on all shards.",
                examples=["SELECT node_id, sum(n) AS n FROM partials GROUP BY node_id"],
            ),
        ]
    ]


class SqlColumn(TypedDict):
    """A column of a result."""

    name: str
    type: Annotated[str, Meta(description="DuckDB's name of the type.")]


class SqlRead(TypedDict):
    """Rows of a table that were read from the shards for a statement that ran once."""

    table: str
    columns: list[str]
    rows: Count
    bytes: Count


class SqlExecution(TypedDict):
    """The execution of a statement."""

    split: Annotated[
        bool,
        Meta(description="Whether every shard ran a part of it, and only the results were sent."),
    ]
    shard_statement: Annotated[
        str | None, Meta(description="The SELECT that every shard ran; null if it was not split.")
    ]
    read: Annotated[
        list[SqlRead],
        Meta(description="What was read from the shards; empty if it was split."),
    ]
    elapsed_ms: Annotated[Number, Meta(description="With the time that it waited to be admitted.")]


class SqlTableColumn(TypedDict):
    """A column of a table."""

    name: str
    type: Annotated[str, Meta(description="DuckDB's name of the type.")]
    description: Annotated[str, Meta(description="Meaning and unit; may be empty.")]


class SqlResult(Scattered):
    """The rows of a result."""

    columns: list[SqlColumn]
    rows: Annotated[
        list[list[Any]],
        Meta(
            description="Values in the order of the columns. Bytes are hex and times RFC 3339; "
            "integers beyond 64 bits, and decimals that no double represents, are text. With "
            "int64=string so are all integers of a column whose type contains a 64-bit type."
        ),
        Wide(ROWS),
    ]
    row_count: Count
    execution: NotRequired[Annotated[SqlExecution, Meta(description="Present with explain=true.")]]


class SqlTable(TypedDict):
    """A table of SQL."""

    name: str
    description: Annotated[str, Meta(description="A sentence about a row of it.")]
    is_event_type: Annotated[bool, Meta(description="Whether it has the events of one type.")]
    columns: list[SqlTableColumn]
    example: Annotated[str, Meta(description="A statement that reads it.")]


class SqlTables(TypedDict):
    """The tables of SQL."""

    tables: list[SqlTable]
