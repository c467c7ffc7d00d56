"""The places that were opened, and completion of what is written after ``:``."""

from __future__ import annotations

from collections.abc import Iterable

from tart.dash.core.model import Place
from tart.dash.core.views.table import BY_NAME, VIEWS, tabs

_MAX_HISTORY = 50
QUIT = ("q", "quit", "exit")


class History:
    """The places that Esc goes back to; bounded, the oldest are forgotten.

    Attributes:
        place: The present place.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._earlier: list[Place] = []

    def open(self, place: Place) -> None:
        """Go to a place from which ``back`` returns."""
        if place != self.place:
            self._earlier = [*self._earlier, self.place][-_MAX_HISTORY:]
            self.place = place

    def switch(self, place: Place) -> None:
        """Go to a place as a tab does: nothing is before it."""
        self._earlier.clear()
        self.place = place

    def back(self) -> bool:
        """Go to the place before; false at the first one, which stays."""
        if not self._earlier:
            return False
        self.place = self._earlier.pop()
        return True

    def neighbour(self, step: int) -> Place:
        """Return the place of the tab ``step`` further; of a view without one the nearest tab."""
        names = [view.name for view in tabs()]
        if self.place.view in names:
            return Place(names[(names.index(self.place.view) + step) % len(names)])
        earlier = [place.view for place in self._earlier if place.view in names]
        index = names.index(earlier[-1]) if earlier else -1 if step > 0 else 0
        return Place(names[(index + step) % len(names)])


def completions(text: str, arguments: Iterable[str]) -> list[str]:
    """Return what a text after ``:`` may become, the likeliest first.

    Args:
        text: What was written.
        arguments: Arguments that the present page knows, such as node ids.
    """
    name, separator, begun = text.lstrip().partition(" ")
    if not separator:
        names = [*BY_NAME, *(alias for view in VIEWS for alias in view.aliases), "quit"]
        return [known for known in names if known.startswith(name.lower())]
    view = BY_NAME.get(name.lower())
    if view is None or not view.argument:
        return []
    return [f"{name} {known}" for known in sorted(set(arguments)) if known.startswith(begun)]


def common_prefix(words: list[str]) -> str:
    """Return the longest beginning that all words share."""
    if not words:
        return ""
    first, last = min(words), max(words)
    for index, character in enumerate(first):
        if last[index] != character:
            return first[:index]
    return first
