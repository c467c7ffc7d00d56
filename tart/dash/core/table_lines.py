"""Lines of a table that fit a width: its columns, and one line for each row."""

from __future__ import annotations

from collections.abc import Sequence

from tart.dash.core.arrangement import Filter, Sort, column_index
from tart.dash.core.lines import GAP, Line, Paint, Span, line
from tart.dash.core.model import Cell, Column, Row, Table
from tart.printable import replace_unprintable
from tart.text_width import cut_text, display_width, pad_text

_UP, _DOWN = "↑", "↓"
# The width to which most texts are cut before columns are left out.
_NARROW = 24


def natural_widths(
    table: Table, rows: Sequence[Row], sort: Sort | None, before: Sequence[int] = ()
) -> tuple[int, ...]:
    """Return the widths that columns need for their titles and cells.

    Args:
        table: The table.
        rows: The rows.
        sort: The sort, whose column has an arrow.
        before: The widths of the last refresh: columns grow, but do not jump to and fro.
    """
    widths = [
        display_width(column.title if _has_arrow_in_gap(index, column) else _title(column, sort))
        for index, column in enumerate(table.columns)
    ]
    for index, least in enumerate(before[: len(widths)]):
        widths[index] = max(widths[index], least)
    for index, column in enumerate(table.columns):
        longest = max((display_width(row.cells[index].text) for row in rows), default=0)
        widths[index] = max(1, widths[index], longest)
        if column.width is not None:
            widths[index] = min(widths[index], max(column.width, 1))
    return tuple(widths)


def fit_columns(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """Return the widths of the columns that are shown; the last ones are left out first.

    Texts are cut to their ``least`` width before a column is left out; numbers are never cut. The
    last text that is shown may be narrower, where nothing behind it is shown.

    Args:
        columns: The columns.
        natural: Their widths uncut.
        width: Columns of the terminal.
    """
    least = [
        min(full, column.least or _NARROW) if column.align == "left" else full
        for column, full in zip(columns, natural, strict=True)
    ]
    count = len(least)
    while count > 1 and _total(least[:count]) > width:
        count -= 1
    widths = least[:count]
    if count < len(least) and columns[count].align == "left":
        # A text that asks for more is better cut than missing.
        room = width - _total(widths) - len(GAP)
        widths += [room] if room >= _NARROW else []
    count = len(widths)
    widths[0] = max(1, min(widths[0], width))
    spare = width - _total(widths)
    for index in range(count):
        more = min(spare, natural[index] - widths[index])
        if more > 0:
            widths[index] += more
            spare -= more
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _title(column: Column, sort: Sort | None) -> str:
    if sort is None or sort.key != column.key:
        return column.title
    arrow = _DOWN if sort.descending else _UP
    return f"{arrow}{column.title}" if column.align == "right" else f"{column.title}{arrow}"


def heading_line(
    table: Table, shown: int, sort: Sort | None, filtered: Filter, columns: int, width: int
) -> Line:
    """Return the line above a table: name, count, filter, and what its columns do not show.

    Args:
        table: The table.
        shown: The number of rows that pass the filter.
        sort: The sort.
        filtered: The filter.
        columns: The number of columns that are shown.
        width: Columns of the terminal.
    """
    total = len(table.rows)
    parts: list[str] = []
    if filtered.is_active:
        parts.append(f"{shown:,} of {total:,} with /{filtered.text}")
    elif total:
        parts.append(f"{total:,}")
    index = None if sort is None else column_index(table.columns, sort.key)
    if sort is not None and index is not None and index >= columns:
        arrow = _DOWN if sort.descending else _UP
        parts.append(f"sorted by {table.columns[index].title} {arrow}")
    if table.note and (total == 0 or table.note != f"{total:,}"):
        parts.append(table.note)
    text = cut_text(replace_unprintable(" · ".join(parts)), max(1, width - len(table.name) - 2))
    return line((table.name, "heading"), (f"  {text}" if text else "", "dim"))


def columns_line(table: Table, widths: Sequence[int], sort: Sort | None) -> Line:
    """Return the line of the titles of the columns that are shown."""
    text = ""
    for index, (column, size) in enumerate(zip(table.columns, widths, strict=False)):
        title, gap = _title(column, sort), GAP if index else ""
        if _has_arrow_in_gap(index, column) and display_width(title) > size:
            size, gap = size + 1, gap[1:]
        text += gap + pad_text(title, size, right=column.align == "right")
    return line((text, "columns"))


def _has_arrow_in_gap(index: int, column: Column) -> bool:
    """Return whether an arrow may take a space before the column: a sort then hides no column."""
    return index > 0 and column.align == "right"


def row_line(row: Row, columns: Sequence[Column], widths: Sequence[int], *, cursor: bool) -> Line:
    """Return the line of a row.

    Args:
        row: The row.
        columns: The columns of its table.
        widths: The widths of the columns that are shown.
        cursor: Whether the cursor is on it.
    """
    spans: list[Span] = []
    paint: Paint = ""
    text = ""
    for cell, column, size in zip(row.cells, columns, widths, strict=False):
        shown = _cell_text(cell, column, size)
        if cell.tone != paint and text:
            spans.append(Span(text + GAP, paint))
            text = shown
        else:
            text = f"{text}{GAP}{shown}" if text else shown
        paint = cell.tone
    spans.append(Span(text, paint))
    return Line(tuple(spans), is_cursor=cursor)


def _cell_text(cell: Cell, column: Column, size: int) -> str:
    return pad_text(replace_unprintable(cell.text), size, right=column.align == "right")
