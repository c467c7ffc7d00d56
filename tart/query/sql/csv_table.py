"""Lists of JSON objects as tables of CSV (RFC 4180, as the CSV of SQL results).

Pure. A member that is an object has a column for each of its own members, named with a dot; a list
is JSON text. Null is an empty cell. The columns come from the declared type, so that every table of
a route has the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_type_hints, is_typeddict

from tart import json_encoding
from tart.query.sql.cells import csv_cell


def columns_of(row_type: type, prefix: str = "") -> Iterator[str]:
    """Yield the names of the columns of a table.

    Args:
        row_type: The TypedDict of the rows.
        prefix: What stands before each name.
    """
    for name, member in get_type_hints(row_type).items():
        if is_typeddict(member):
            yield from columns_of(member, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def csv_table(row_type: type, rows: Iterable[Mapping[str, Any]], *, formulas: bool) -> bytes:
    """Return rows as CSV with a header line.

    Args:
        row_type: The TypedDict of the rows.
        rows: JSON objects.
        formulas: Leave text unchanged that a spreadsheet would run as a formula.
    """
    columns = list(columns_of(row_type))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(csv_cell(_value(row, column), formulas) for column in columns)
    return out.getvalue().encode()


def _value(row: Mapping[str, Any], column: str) -> Any:
    """Return the value of a cell: text, a number, or None."""
    value: Any = row
    for name in column.split("."):
        value = value[name]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return json_encoding.dumps(value).decode()
    return value
