"""The rows of a table that are shown, and their order: filter and sort."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tart.dash.core.model import Column, Row, Table, Value


@dataclass(frozen=True, slots=True)
class Sort:
    """The column by which a table is sorted."""

    key: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A text that cells contain, in any case; ``!`` in front shows the rows without it.

    Attributes:
        text: As the user wrote it; empty shows all.
    """

    text: str = ""

    @property
    def is_active(self) -> bool:
        """True if it leaves anything out."""
        return bool(self._needle)

    @property
    def _needle(self) -> str:
        return self.text.removeprefix("!").strip().casefold()

    def apply(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Return the rows that pass."""
        needle, inverted = self._needle, self.text.startswith("!")
        if not needle:
            return tuple(rows)
        return tuple(row for row in rows if (needle in _searched(row)) != inverted)


def _searched(row: Row) -> str:
    """Return the text of a row's cells; of those that are cut, such as ids, also the whole."""
    texts = [cell.text for cell in row.cells]
    texts += [cell.value for cell in row.cells if isinstance(cell.value, str)]
    return "\0".join(texts).casefold()


def arrange(table: Table, sort: Sort | None, shown: Filter) -> tuple[Row, ...]:
    """Return the rows of a table that pass a filter, sorted."""
    rows = shown.apply(table.rows)
    if sort is None:
        return rows
    index = column_index(table.columns, sort.key)
    if index is None:
        return rows
    known = [row for row in rows if row.cells[index].value is not None]
    unknown = [row for row in rows if row.cells[index].value is None]
    known.sort(key=lambda row: _order(row.cells[index].value), reverse=sort.descending)
    # What is not known is last in either order.
    return (*known, *unknown)


def _order(value: Value) -> tuple[bool, float | str]:
    """Return a key that puts numbers before texts, whatever a column mixes."""
    return (True, value.casefold()) if isinstance(value, str) else (False, value or 0)


def column_index(columns: Sequence[Column], key: str) -> int | None:
    """Return the position of a column; ``None`` if there is none."""
    return next((index for index, column in enumerate(columns) if column.key == key), None)


def initial_sort(table: Table) -> Sort | None:
    """Return the sort that a table has at first."""
    return None if table.sort is None else Sort(key=table.sort[0], descending=table.sort[1])


def sort_by(table: Table, key: str, present: Sort | None) -> Sort:
    """Return the sort by a column; by the present column it is reversed."""
    if present is not None and present.key == key:
        return reverse(present)
    column = next(column for column in table.columns if column.key == key)
    return Sort(key=key, descending=column.descending)


def reverse(sort: Sort) -> Sort:
    """Return the opposite order."""
    return Sort(key=sort.key, descending=not sort.descending)


def sort_by_letter(table: Table, letter: str, present: Sort | None) -> Sort | None:
    """Return the sort by the next column whose title begins with a letter.

    The same letter goes through all such columns, and reverses the order if there is only one.
    ``None`` if no column begins so.
    """
    keys = [
        column.key
        for column in table.columns
        if column.title.casefold().startswith(letter.casefold())
    ]
    if not keys:
        return None
    if present is None or present.key not in keys:
        return sort_by(table, keys[0], None)
    return sort_by(table, keys[(keys.index(present.key) + 1) % len(keys)], present)


def sort_by_neighbour(table: Table, step: int, present: Sort | None, shown: int) -> Sort:
    """Return the sort by the column to the left (-1) or right (1) of the present one.

    Args:
        table: The table.
        step: -1 or 1.
        present: The present sort.
        shown: The number of columns that are shown; others are not reached.
    """
    columns = table.columns[: max(1, shown)]
    index = None if present is None else column_index(columns, present.key)
    if index is None:
        index = -1 if step > 0 else 0
    return sort_by(table, columns[(index + step) % len(columns)].key, None)
