"""The line at the bottom in which a filter or the name of a view is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from tart.dash.core.navigation import common_prefix


class Prompt(Input):
    """An input of one line; Tab completes, Esc leaves it.

    Args:
        complete: Returns what a text may become; the first is taken if Tab cannot tell more.
    """

    DEFAULT_CSS = """
    Prompt, Prompt:focus, Prompt:ansi {
        height: 1; border: none; padding: 0; width: 1fr; background: ansi_default;
        background-tint: transparent 0%;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "leave", "Leave"),
        ("tab", "complete", "Complete"),
        ("shift+tab", "complete", "Complete"),
    ]

    class Left(Message):
        """The user leaves the prompt without an answer."""

    class Candidates(Message):
        """Completions among which the user may choose.

        Attributes:
            text: What they begin with.
            candidates: What it may become.
        """

        def __init__(self, text: str, candidates: list[str]) -> None:
            super().__init__()
            self.text = text
            self.candidates = candidates

    def __init__(self, complete: Callable[[str], list[str]], **options: Any) -> None:
        super().__init__(select_on_focus=False, **options)
        self._complete = complete

    def action_leave(self) -> None:
        """Leave the prompt."""
        self.post_message(self.Left())

    def action_complete(self) -> None:
        """Complete as far as it is certain, and name the candidates."""
        candidates = self._complete(self.value)
        completed = common_prefix(candidates)
        if len(completed) > len(self.value):
            self.value = completed
            self.cursor_position = len(completed)
        self.post_message(self.Candidates(self.value, candidates))
