"""Widgets that show the lines of ``core``: only what changed is drawn again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tart.dash.core.lines import Line, Paint

# The 16 colours of the terminal, which the user has chosen; without colours the text says the same.
_STYLES: dict[Paint, Style] = {
    "": Style(),
    "good": Style(color="green"),
    "warning": Style(color="yellow"),
    "bad": Style(color="red", bold=True),
    "dim": Style(dim=True),
    "strong": Style(bold=True),
    "heading": Style(bold=True),
    "columns": Style(bold=True, underline=True),
    "spark": Style(color="cyan"),
    "selected": Style(bold=True, reverse=True),
}
_CURSOR = Style(reverse=True)
_STALE = Style(dim=True)


class Lines(Widget):
    """Lines of text. ``is_stale`` dims all of them."""

    DEFAULT_CSS = "Lines { height: 1; width: 1fr; background: ansi_default; }"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}
        self._is_stale = False

    @property
    def text(self) -> str:
        """The text that is shown, for tests."""
        return "\n".join(line.text.rstrip() for line in self._lines)

    def set_lines(self, lines: Sequence[Line], *, is_stale: bool = False) -> None:
        """Show lines; those that are as before are not drawn again."""
        before, self._lines = self._lines, list(lines)
        whole = is_stale != self._is_stale
        self._is_stale = is_stale
        width = self.size.width
        for number in range(max(len(before), len(lines))):
            old = before[number] if number < len(before) else None
            new = lines[number] if number < len(lines) else None
            if whole or old != new:
                self._strips.pop(number, None)
                self.refresh(Region(0, number, width, 1))

    def on_resize(self) -> None:
        """Draw all lines again."""
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget, as textual asks for it."""
        width = self.size.width
        strip = self._strips.get(y)
        if strip is None or strip.cell_length != width:
            line = self._lines[y] if y < len(self._lines) else Line()
            strip = self._strips[y] = _strip(line, width, is_stale=self._is_stale)
        return strip


def _strip(line: Line, width: int, *, is_stale: bool) -> Strip:
    over = Style()
    if is_stale:
        over += _STALE
    if line.is_cursor:
        over += _CURSOR
    segments = [Segment(span.text, _STYLES[span.paint] + over) for span in line.spans]
    return Strip(segments).adjust_cell_length(width, over if line.is_cursor else None)
