"""Colours of a terminal: whether a stream has them, and the marks that switch them. Pure.

Off without a terminal, with ``NO_COLOR`` set and not empty (no-color.org), and with ``TERM=dumb``;
``FORCE_COLOR`` switches them on where a terminal cannot be detected, as in the logs of CI.
Colours repeat what the text says, so that nothing is lost without them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, TextIO


class Style:
    """Text in colours, or as it is; a plain class, because every command loads it.

    Attributes:
        enabled: Whether colours are written.
    """

    __slots__ = ("enabled",)

    def __init__(self, *, enabled: bool) -> None:
        self.enabled: Final = enabled

    def error(self, text: str) -> str:
        """Return text of an error, or of a state that is bad."""
        return self._in("1;31", text)

    def warning(self, text: str) -> str:
        """Return text of a warning."""
        return self._in("33", text)

    def good(self, text: str) -> str:
        """Return text of a state that is as it should be."""
        return self._in("32", text)

    def dim(self, text: str) -> str:
        """Return text of less weight."""
        return self._in("2", text)

    def bold(self, text: str) -> str:
        """Return text of more weight."""
        return self._in("1", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled and text else text


PLAIN = Style(enabled=False)


def style_for(stream: TextIO | None, environ: Mapping[str, str]) -> Style:
    """Return the style of a stream.

    Args:
        stream: The stream; ``None`` if the process started without it.
        environ: The variables of the process.
    """
    if stream is None or environ.get("NO_COLOR"):
        return PLAIN
    if environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return Style(enabled=True)
    return Style(enabled=environ.get("TERM") != "dumb" and is_terminal(stream))


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal, also of one that is missing or closed."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False
