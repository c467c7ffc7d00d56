"""SQL results as text for a terminal: a table that fits its width, or one value a line.

Pure. Text of nodes is shown without its control characters, which a terminal would obey, and is
measured in columns of the terminal: an East Asian wide character takes two, a combining one none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tart.printable import replace_unprintable
from tart.text_width import display_width, pad_text

# Separates columns.
_GAP = "  "
# The width below which no column is cut, and to which a column is cut before others are left out.
_NARROW = 10
# The width to which a cell is cut first; a node id and a hash with 0x fit.
_COMFORTABLE = 66
_NULL = "NULL"
_NUMBER_TYPES = frozenset(
    [
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
        "BIGNUM",
        "FLOAT",
        "DOUBLE",
    ]
)

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """The size of a table.

    Attributes:
        width: Columns of the terminal; ``None`` cuts nothing.
        max_rows: Rows that are shown; ``None`` shows all.
    """

    width: int | None = None
    max_rows: int | None = None


def cell_text(value: Any) -> str:
    """Return a value as one line without control characters; NULL as ``NULL``."""
    if value is None:
        return _NULL
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return replace_unprintable(text)


def is_number_type(kind: str) -> bool:
    """Return true for a type whose values are aligned to the right."""
    return kind in _NUMBER_TYPES or (kind.startswith("DECIMAL(") and kind.endswith(")"))


def render_table(result: Json, layout: Layout) -> Iterator[str]:
    """Yield the lines of a table, and a last line with what was left out.

    Args:
        result: The JSON answer of ``/api/sql``.
        layout: The size of the table.
    """
    columns = result["columns"]
    rows = result["rows"][: layout.max_rows]
    lines = [
        [cell_text(column["name"]) for column in columns],
        *([cell_text(value) for value in row] for row in rows),
    ]
    natural = [max(map(display_width, column)) for column in zip(*lines, strict=True)]
    widths = fit_widths(natural, layout.width)
    numbers = [is_number_type(column["type"]) for column in columns][: len(widths)]
    head, *body = lines
    yield _line(head, widths, numbers)
    yield _GAP.join("-" * width for width in widths)
    for line in body:
        yield _line(line, widths, numbers)
    yield _footer(result, len(rows), natural, widths)


def fit_widths(natural: Sequence[int], width: int | None) -> list[int]:
    """Return the widths of the columns that are shown; those on the right are left out first.

    Args:
        natural: The widths of the columns uncut.
        width: Columns of the terminal; ``None`` cuts nothing.
    """
    if width is None:
        return list(natural)
    widths = [min(each, _COMFORTABLE) for each in natural]
    smallest = [min(each, _NARROW) for each in widths]
    while len(smallest) > 1 and _total(smallest) > width:
        smallest.pop()
    widths = widths[: len(smallest)]
    # The widest column is cut first, to the next narrower one at a time.
    while (excess := _total(widths) - width) > 0 and widths != smallest:
        widest = max(each for each, least in zip(widths, smallest, strict=True) if each > least)
        index = widths.index(widest)
        narrower = max((each for each in widths if each < widest), default=0)
        widths[index] = max(smallest[index], min(widest - 1, max(narrower, widest - excess)))
    if len(widths) == 1:
        widths[0] = max(1, min(widths[0], width))
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    parts = (
        pad_text(text, width, right=number)
        for text, width, number in zip(cells, widths, numbers, strict=False)
    )
    return _GAP.join(parts).rstrip()


def _footer(result: Json, rows: int, natural: Sequence[int], widths: Sequence[int]) -> str:
    columns, notes = len(result["columns"]), _row_notes(result, rows)
    if len(widths) < columns:
        notes.append(
            f"{len(widths)} of {columns} columns are shown; --wide or --vertical shows all"
        )
    elif any(shown < full for shown, full in zip(widths, natural, strict=True)):
        notes.append("values are cut; --wide or --vertical shows them whole")
    return f"({'; '.join(notes)})"


def render_vertical(result: Json, layout: Layout) -> Iterator[str]:
    """Yield a line for each value, with a line above each row."""
    names = [cell_text(column["name"]) for column in result["columns"]]
    width = max(map(display_width, names), default=0)
    rows = result["rows"][: layout.max_rows]
    for number, row in enumerate(rows, 1):
        yield f"-- row {number} --"
        for name, value in zip(names, row, strict=True):
            padding = " " * (width - display_width(name))
            yield f"{name}{padding}  {cell_text(value)}"
    yield f"({'; '.join(_row_notes(result, len(rows)))})"


def _row_notes(result: Json, rows: int) -> list[str]:
    total = result["row_count"]
    notes = [f"{total} row{'' if total == 1 else 's'}"]
    if rows < total:
        notes.append(f"the first {rows} are shown; --rows 0 shows all")
    return notes


def join_lines(lines: Iterable[str]) -> str:
    """Return lines as text that ends in a line break."""
    return "".join(f"{line}\n" for line in lines)
