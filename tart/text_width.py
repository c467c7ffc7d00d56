"""Columns of a terminal that text takes.

Pure. An East Asian wide character takes two columns, a combining one none.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

ELLIPSIS = "…"


def display_width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return _wide_width(text)


@lru_cache(4096)
def _wide_width(text: str) -> int:
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def cut_text(text: str, width: int) -> str:
    """Return a text that takes at most a width, with an ellipsis where it was cut."""
    if display_width(text) <= width:
        return text
    taken, used = [], 0
    for character in text:
        used += _character_width(character)
        if used > width - 1:
            break
        taken.append(character)
    return "".join(taken) + ELLIPSIS


def pad_text(text: str, width: int, *, right: bool = False) -> str:
    """Return a text that takes exactly a width, cut or padded.

    Args:
        text: The text.
        width: Columns of the terminal, at least one.
        right: Whether the text is aligned to the right.
    """
    shown = cut_text(text, width)
    space = " " * (width - display_width(shown))
    return space + shown if right else shown + space
