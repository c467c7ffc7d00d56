"""The help: every key and every view, over the page."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.events import Key, Resize
from textual.screen import ModalScreen

from tart.dash.core.keys import help_lines
from tart.dash.core.lines import Line, line
from tart.dash.core.views.table import VIEWS, tabs
from tart.dash.widgets import Lines

_STEPS = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -10, "pagedown": 10, "space": 10}


class HelpScreen(ModalScreen[None]):
    """The help; arrows scroll, any other key closes it."""

    CSS = """
    HelpScreen { background: ansi_default; align: left top; }
    #help { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._top = 0
        self._all = help_lines(VIEWS, tabs())

    def compose(self) -> ComposeResult:
        """Return the widgets."""
        yield Lines("help")

    def on_mount(self) -> None:
        """Show the beginning."""
        self._show()

    def on_resize(self, event: Resize) -> None:
        """Show what fits."""
        self._show()

    def on_key(self, event: Key) -> None:
        """Scroll, or close."""
        event.stop()
        event.prevent_default()
        if event.key in _STEPS:
            self._top += _STEPS[event.key]
            self._show()
        else:
            self.dismiss()

    def _show(self) -> None:
        room = max(1, self.size.height - 1)
        self._top = max(0, min(self._top, len(self._all) - room))
        shown = self._all[self._top : self._top + room]
        rest = len(self._all) - self._top - len(shown)
        foot = f"↓ {rest} more lines; any other key closes" if rest else "any key closes"
        lines = [*shown, *[Line()] * (room - len(shown)), line((foot, "dim"))]
        self.query_one("#help", Lines).set_lines(lines)
