"""A page of the dashboard as text, for ``tart dash --once``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tart.dash.core.arrangement import Filter, arrange, initial_sort
from tart.dash.core.lines import Line, Paint, lead_lines
from tart.dash.core.model import Page, Table
from tart.dash.core.table_lines import (
    columns_line,
    fit_columns,
    heading_line,
    natural_widths,
    row_line,
)
from tart.style import Style

# Figures stand below one another in at most this width, however wide the output is.
_FIGURES_WIDTH = 100


def render_page(page: Page, width: int, style: Style) -> Iterator[str]:
    """Yield the lines of a page.

    Args:
        page: The page.
        width: Columns of the output.
        style: The colours of the output.
    """
    paints = _paints(style)
    yield style.bold(page.title)
    for line in lead_lines(page, min(width, _FIGURES_WIDTH)):
        yield _text(line, paints)
    for number, table in enumerate(page.tables):
        if number:
            yield ""
        for line in _table_lines(table, width):
            yield _text(line, paints)


def _table_lines(table: Table, width: int) -> Iterator[Line]:
    sort = initial_sort(table)
    rows = arrange(table, sort, Filter())
    widths = fit_columns(table.columns, natural_widths(table, rows, sort), width)
    yield heading_line(table, len(rows), sort, Filter(), len(widths), width)
    if rows:
        yield columns_line(table, widths, sort)
    for row in rows:
        yield row_line(row, table.columns, widths, cursor=False)


def _paints(style: Style) -> dict[Paint, Callable[[str], str]]:
    return {
        "good": style.good,
        "warning": style.warning,
        "bad": style.error,
        "dim": style.dim,
        "strong": style.bold,
        "heading": style.bold,
        "columns": style.dim,
    }


def _text(line: Line, paints: dict[Paint, Callable[[str], str]]) -> str:
    """Return a line with its paints, without spaces at its end."""
    spans = list(line.spans)
    while spans and not spans[-1].text.strip():
        spans.pop()
    texts = [span.text for span in spans]
    if texts:
        texts[-1] = texts[-1].rstrip()
    return "".join(
        paints[span.paint](text) if span.paint in paints else text
        for span, text in zip(spans, texts, strict=True)
    )
