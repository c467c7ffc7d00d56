"""Answers of routes that have a list as a table of CSV, besides JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tart.errors import BadQuery
from tart.gateway.handlers.windows import Values
from tart.gateway.http.responses import Answer
from tart.query.sql.csv_table import csv_table
from tart.query.sql.formats import SQL_FORMATS


def in_format(
    answer: Answer,
    values: Values,
    row_type: type,
    rows: Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]],
    *,
    formulas: bool,
) -> Answer:
    """Return an answer in the format that a request asks for.

    Args:
        answer: In JSON.
        values: The parameters, with ``format``.
        row_type: The TypedDict of the rows.
        rows: Returns the rows of the table, given the body of the answer.
        formulas: ``api.csv_formulas``.

    Raises:
        BadQuery: The request is for CSV and for an earlier window, which has no place in a table.
    """
    if values["format"] != "csv":
        return answer
    if values.get("compare") is not None:
        raise BadQuery("CSV has one window; leave out compare, or ask for json", "compare")

    def table() -> bytes:
        return csv_table(row_type, rows(answer.make_body()), formulas=formulas)

    return replace(answer, body=table, media_type=SQL_FORMATS["csv"].media_type, form="csv")
