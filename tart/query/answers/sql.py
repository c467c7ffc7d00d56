"""Bodies and answers of SQL queries. Pure."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Scattered
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
