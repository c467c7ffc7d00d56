"""Lines of a page: its figures, sparklines and notes, as text with a paint for each span."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tart.dash.core.model import Figure, Page, Spark
from tart.printable import replace_unprintable
from tart.text_width import cut_text, display_width, pad_text

Paint = Literal[
    "", "good", "warning", "bad", "dim", "strong", "heading", "columns", "spark", "selected"
]
GAP = "  "
_BLOCKS = "▁▂▃▄▅▆▇█"
# Between two figures of a line.
_FIGURE_GAP = "   "
_MAX_LABEL = 24


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one paint."""

    text: str
    paint: Paint = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen.

    Attributes:
        spans: Its text.
        is_cursor: Whether the cursor is on it.
    """

    spans: tuple[Span, ...] = ()
    is_cursor: bool = False

    @property
    def text(self) -> str:
        """The text without paints."""
        return "".join(span.text for span in self.spans)


def line(*parts: tuple[str, Paint]) -> Line:
    """Return a line of texts with their paints."""
    return Line(tuple(Span(text, paint) for text, paint in parts if text))


def lead_lines(page: Page, width: int) -> list[Line]:
    """Return the lines above a page's tables: figures, sparklines and notes.

    Args:
        page: The page.
        width: Columns of the terminal.
    """
    lines = [*figure_lines(page.figures, width), *(spark_line(it, width) for it in page.sparks)]
    for note in page.notes:
        lines += note_lines(note, width)
    return [*lines, Line()] if lines and page.tables else lines


def figure_lines(figures: Sequence[Figure], width: int) -> list[Line]:
    """Return figures in a grid, labels and values aligned in columns.

    The widest grid that fits is taken; figures follow one another along the lines.
    """
    if not figures:
        return []
    cells = [(replace_unprintable(it.label), replace_unprintable(it.text)) for it in figures]
    for columns in range(len(cells), 0, -1):
        widths = [_grid_widths(cells[index::columns]) for index in range(columns)]
        total = sum(label + value + 1 for label, value in widths) + len(_FIGURE_GAP) * (columns - 1)
        if total <= width:
            break
    return [
        _figure_line(figures[start : start + columns], widths, width)
        for start in range(0, len(figures), columns)
    ]


def _grid_widths(cells: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Return the widths of the labels and of the values of one column of the grid."""
    cells = list(cells)
    label = min(_MAX_LABEL, max(display_width(label) for label, _ in cells))
    return label, max(1, *(display_width(value) for _, value in cells))


def _figure_line(figures: Sequence[Figure], widths: Sequence[tuple[int, int]], width: int) -> Line:
    parts: list[tuple[str, Paint]] = []
    for figure, (label_width, value_width) in zip(figures, widths, strict=False):
        value_width = min(value_width, max(1, width - label_width - 1))
        label = pad_text(replace_unprintable(figure.label), label_width)
        value = pad_text(replace_unprintable(figure.text), value_width)
        parts += [(f"{label} ", "dim"), (value, figure.tone or "strong"), (_FIGURE_GAP, "")]
    return line(*parts[:-1])


def spark_line(spark: Spark, width: int) -> Line:
    """Return a sparkline; the newest values are those that fit."""
    label, text = replace_unprintable(spark.label), replace_unprintable(spark.text)
    room = max(0, width - display_width(label) - display_width(text) - 2)
    blocks = spark_blocks(spark.values[-room:] if room else ())
    return line((f"{label} ", "dim"), (blocks, "spark"), (f" {text}", "strong"))


def spark_blocks(values: Sequence[float | None]) -> str:
    """Return one block for each value, as high as its share of the largest."""
    largest = max((value for value in values if value is not None), default=0.0)
    return "".join(_block(value, largest) for value in values)


def _block(value: float | None, largest: float) -> str:
    if value is None:
        return " "
    share = value / largest if largest > 0 else 0.0
    return _BLOCKS[max(0, min(len(_BLOCKS) - 1, round(share * (len(_BLOCKS) - 1))))]


def note_lines(note: str, width: int) -> list[Line]:
    """Return a note, wrapped, with a mark in front."""
    wrapped = textwrap.wrap(replace_unprintable(note), max(10, width - 2))
    return [
        line(("! " if index == 0 else "  ", "warning"), (cut_text(part, width - 2), "warning"))
        for index, part in enumerate(wrapped)
    ]
