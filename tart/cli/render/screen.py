"""Blocks of text that replace each other on a terminal. Pure.

A block takes the place of the one before: the cursor goes up by its lines, and the screen is
cleared from there. So lines are cut to the width, and blocks to the height, of the terminal.
"""

from __future__ import annotations

import re

from tart.text_width import display_width

_SEQUENCE = re.compile(r"(\x1b\[[0-9;]*m)")
_RESET = "\x1b[0m"


def fit(text: str, columns: int, rows: int) -> list[str]:
    """Return the lines of a block that fit a terminal; one row stays free for the cursor."""
    return [cut(line, columns) for line in text.split("\n")[: max(1, rows - 1)]]


def cut(line: str, columns: int) -> str:
    """Return a line of at most ``columns``; colours take none, and end where it is cut."""
    parts: list[str] = []
    room = columns
    for part in _SEQUENCE.split(line):
        if _SEQUENCE.fullmatch(part):
            parts.append(part)
        elif display_width(part) <= room:
            parts.append(part)
            room -= display_width(part)
        else:
            parts.append(_first_columns(part, room))
            return "".join(parts) + (_RESET if len(parts) > 1 else "")
    return "".join(parts)


def replace_block(before: int, lines: list[str]) -> str:
    """Return what is written to show lines in place of the ``before`` lines above the cursor."""
    up = f"\x1b[{before}A" if before else ""
    return f"\r{up}\x1b[J" + "".join(f"{line}\n" for line in lines)


def _first_columns(text: str, columns: int) -> str:
    while display_width(text) > columns:
        text = text[:-1]
    return text
