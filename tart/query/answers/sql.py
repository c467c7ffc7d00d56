"""Bodies and answers of SQL queries. Pure."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Scattered
from tart.query.answers.int64 import ROWS, Wide


class SqlStatement(TypedDict):
    """A query: one statement for each shard, and one that combines their results."""

    map: Annotated[str, Meta(description="One SELECT over the views.")]
    reduce: NotRequired[
        Annotated[str | None, Meta(description="One SELECT over the table partials.")]
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
