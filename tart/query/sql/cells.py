"""Cells of CSV that no spreadsheet takes for a formula.

Pure. Nodes choose their names and much of what they say; a spreadsheet runs a cell that begins
with one of a few characters (OWASP, CSV Injection; CWE-1236), and some look past what cannot
be seen, or fold full-width forms to ASCII. Such text gets an apostrophe in front, which
spreadsheets take for "this is text". Numbers stay numbers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_TRIGGERS = frozenset("=+-@")
# Whatever follows, these may begin a new cell where they are pasted.
_BREAKS = ("\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def csv_cell(value: Any, formulas: bool = False) -> Any:
    """A value as a cell of CSV; what is no text stays as it is.

    Args:
        formulas: leave text as it is, whoever reads it.
    """
    if formulas or not isinstance(value, str) or not is_formula(value):
        return value
    return f"'{value}"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula."""
    if text.startswith(_BREAKS):
        return True
    first = next((each for each in text if not _unseen(each)), "")
    folded = unicodedata.normalize("NFKC", first)[:1]
    return folded in _TRIGGERS and _NUMBER.fullmatch(text) is None


def _unseen(character: str) -> bool:
    """Whether it takes no ink: space, control or format character."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zs")
