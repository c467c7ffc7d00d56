"""The state of one page on the screen: its rows, the cursor, the scroll position, the sort.

A page is one list: figures on top, then its tables one below the other. The cursor goes through
the rows of all tables and stays on the same row when a refresh moves it. Before it was moved it
stays at the top, so that a table sorted by a figure shows the largest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tart.dash.core import arrangement
from tart.dash.core.arrangement import Filter, Sort
from tart.dash.core.lines import Line, lead_lines
from tart.dash.core.model import Page, Row, Table
from tart.dash.core.table_lines import (
    columns_line,
    fit_columns,
    heading_line,
    natural_widths,
    row_line,
)


@dataclass(frozen=True, slots=True)
class _Section:
    """A table as it is shown.

    Attributes:
        table: The table.
        rows: The rows that are shown, in their order.
        sort: The sort.
        widths: Widths of the columns that are shown.
        start: The line of its heading in the document.
        first_index: The number of its first row among the rows of all tables.
    """

    table: Table
    rows: tuple[Row, ...]
    sort: Sort | None
    widths: list[int]
    start: int
    first_index: int

    @property
    def first_row_line(self) -> int:
        """The line of the first row; heading and titles stand above it."""
        return self.start + 2

    @property
    def end(self) -> int:
        """The line after its last one; without rows it is a heading alone."""
        return self.start + (2 + len(self.rows) if self.rows else 1)


class Listing:
    """One page on the screen.

    Attributes:
        filter: The rows that are shown.
    """

    def __init__(self) -> None:
        self.filter = Filter()
        self._page: Page | None = None
        self._width, self._height = 80, 20
        self._sorts: dict[str, Sort] = {}
        self._natural: dict[str, tuple[int, ...]] = {}
        self._sections: list[_Section] = []
        self._lead: list[Line] = []
        # Table and key of the row that the cursor follows; None: it stays at the top.
        self._anchor: tuple[str, str] | None = None
        self._index = 0
        self._top = 0

    # What is shown.

    @property
    def page(self) -> Page | None:
        """The page; ``None`` before the first answer."""
        return self._page

    @property
    def row(self) -> Row | None:
        """The row under the cursor; ``None`` if there is none."""
        section = self._section_of(self._index)
        return None if section is None else section.rows[self._index - section.first_index]

    @property
    def row_count(self) -> int:
        """The number of rows that are shown, of all tables."""
        return sum(len(section.rows) for section in self._sections)

    def show(self, page: Page) -> None:
        """Take a new page; cursor and scroll position stay on their row.

        Raises:
            Exception: The page cannot be shown, as with a cell too few; the one before stays.
        """
        before, self._page = self._page, page
        try:
            self._arrange()
        except Exception:
            self._page = before
            self._arrange()
            raise

    def resize(self, width: int, height: int) -> None:
        """Take the size of the screen, in columns and lines."""
        if (width, height) != (self._width, self._height):
            self._width, self._height = max(1, width), max(1, height)
            self._natural.clear()
            self._arrange()

    def set_filter(self, text: str) -> None:
        """Show the rows that pass a filter."""
        self.filter = Filter(text)
        self._arrange()

    # The cursor.

    def move(self, step: int) -> None:
        """Move the cursor by rows; without rows, scroll."""
        last = self.row_count - 1
        target = max(0, min(last, self._index + step))
        if last < 0 or target == self._index:
            self._scroll_to(self._top + step)
        else:
            self._select(target)

    def move_page(self, direction: int) -> None:
        """Move the cursor by a screen up (-1) or down (1)."""
        self.move(direction * max(1, self._view_height - 2))

    def move_table(self, step: int) -> None:
        """Move to the first row of the next (1) or the previous (-1) table that has rows."""
        starts = [section.first_index for section in self._sections if section.rows]
        section = self._section_of(self._index)
        if section is None:
            return
        target = starts.index(section.first_index) + step
        if step < 0 and self._index > section.first_index:
            target += 1
        if 0 <= target < len(starts):
            self._select(starts[target])
            chosen = self._section_of(self._index)
            self._scroll_to(0 if not self._index or chosen is None else chosen.start)

    def move_home(self) -> None:
        """Move to the first row; the cursor stays at the top from then on."""
        self._index, self._top, self._anchor = 0, 0, None

    def move_end(self) -> None:
        """Move to the last row."""
        if self.row_count:
            self._select(self.row_count - 1)
        self._scroll_to(self._document_height)

    # The sort.

    def sort_by_letter(self, letter: str) -> bool:
        """Sort by the next column whose title begins with a letter; false if there is none."""
        section = self._current_section()
        if section is None:
            return False
        sort = arrangement.sort_by_letter(section.table, letter, section.sort)
        if sort is not None:
            self._sort(section.table, sort)
        return sort is not None

    def sort_by_neighbour(self, step: int) -> None:
        """Sort by the column to the left (-1) or to the right (1) of the present one."""
        section = self._current_section()
        if section is not None:
            shown = len(section.widths)
            self._sort(
                section.table,
                arrangement.sort_by_neighbour(section.table, step, section.sort, shown),
            )

    def reverse_sort(self) -> None:
        """Reverse the order."""
        section = self._current_section()
        if section is not None and section.sort is not None:
            self._sort(section.table, arrangement.reverse(section.sort))

    def _sort(self, table: Table, sort: Sort) -> None:
        self._sorts[table.name] = sort
        self._arrange()

    # The document.

    def _arrange(self) -> None:
        """Compute what is shown from page, size, sort and filter."""
        if self._page is None:
            return
        screen_line = self._line_of(self._index) - self._top
        self._lead = lead_lines(self._page, self._width)
        self._sections = list(self._arranged(self._page))
        self._index = self._followed_index()
        if self._anchor is None:
            self._top = min(self._top, self._max_top) if not self.row_count else 0
        else:
            self._scroll_to(self._line_of(self._index) - screen_line)
            self._show_cursor()

    def _arranged(self, page: Page) -> Iterator[_Section]:
        start, first_index = (0 if self._lead_is_fixed else len(self._lead)), 0
        for table in page.tables:
            sort = self._sorts.get(table.name) or arrangement.initial_sort(table)
            rows = arrangement.arrange(table, sort, self.filter)
            natural = natural_widths(table, rows, sort, self._natural.get(table.name, ()))
            self._natural[table.name] = natural
            section = _Section(
                table=table,
                rows=rows,
                sort=sort,
                widths=fit_columns(table.columns, natural, self._width),
                start=start,
                first_index=first_index,
            )
            yield section
            start, first_index = section.end + 1, first_index + len(rows)

    def _followed_index(self) -> int:
        """Return where the row is now that the cursor follows, else the row at its place."""
        if self._anchor is None:
            return 0
        name, key = self._anchor
        for section in self._sections:
            if section.table.name == name:
                for number, row in enumerate(section.rows):
                    if row.key == key:
                        return section.first_index + number
        return max(0, min(self._index, self.row_count - 1))

    @property
    def _lead_is_fixed(self) -> bool:
        """True if figures stay on the screen while tables scroll: if they take less than half."""
        return len(self._lead) <= self._height // 2

    @property
    def _view_height(self) -> int:
        return self._height - (len(self._lead) if self._lead_is_fixed else 0)

    @property
    def _document_height(self) -> int:
        if self._sections:
            return self._sections[-1].end
        return 0 if self._lead_is_fixed else len(self._lead)

    @property
    def _max_top(self) -> int:
        return max(0, self._document_height - self._view_height)

    def _section_of(self, index: int) -> _Section | None:
        for section in self._sections:
            if section.first_index <= index < section.first_index + len(section.rows):
                return section
        return None

    def _current_section(self) -> _Section | None:
        section = self._section_of(self._index)
        return section or next(iter(self._sections), None)

    def _line_of(self, index: int) -> int:
        section = self._section_of(index)
        return 0 if section is None else section.first_row_line + index - section.first_index

    def _select(self, index: int) -> None:
        self._index = index
        section, row = self._section_of(index), self.row
        if section is not None and row is not None:
            self._anchor = (section.table.name, row.key)
        self._show_cursor()

    def _scroll_to(self, top: int) -> None:
        self._top = max(0, min(top, self._max_top))

    def _show_cursor(self) -> None:
        """Scroll as little as shows the cursor, and the titles above it."""
        section = self._section_of(self._index)
        if section is None:
            return
        cursor = self._line_of(self._index)
        # The titles take the first line where a row would be.
        above = section.start if self._index == section.first_index else cursor - 1
        if self._index == 0:
            above = 0
        if self._top > above:
            self._scroll_to(above)
        if cursor >= self._top + self._view_height:
            self._scroll_to(cursor - self._view_height + 1)

    # Lines.

    def lines(self) -> list[Line]:
        """Return the lines of the screen, as many as it is high."""
        lines = list(self._lead[: self._height]) if self._lead_is_fixed else []
        lines += self._document_lines(self._top, self._height - len(lines))
        return lines + [Line()] * (self._height - len(lines))

    def _document_lines(self, top: int, count: int) -> list[Line]:
        lines = []
        scrolled = [] if self._lead_is_fixed else self._lead
        for number in range(top, top + count):
            if number < len(scrolled):
                lines.append(scrolled[number])
            else:
                lines.append(self._table_line(number, is_first=number == top))
        return lines

    def _table_line(self, number: int, *, is_first: bool) -> Line:
        """Return a line of the document that belongs to a table, or is empty between two."""
        section = next((it for it in self._sections if it.start <= number < it.end), None)
        if section is None:
            return Line()
        if number == section.start:
            return heading_line(
                section.table,
                len(section.rows),
                section.sort,
                self.filter,
                len(section.widths),
                self._width,
            )
        position = number - section.first_row_line
        # While a table scrolls its titles stay at the top.
        if position < 0 or (is_first and position >= 0):
            return columns_line(section.table, section.widths, section.sort)
        return row_line(
            section.rows[position],
            section.table.columns,
            section.widths,
            cursor=section.first_index + position == self._index,
        )
