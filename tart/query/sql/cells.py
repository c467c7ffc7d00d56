"""CSV cells that a spreadsheet does not run as formulas.

Pure. Nodes choose their names and much of their text, and a spreadsheet runs a cell that begins
with one of a few characters (OWASP, CSV Injection; CWE-1236). Some spreadsheets skip invisible
characters first, or fold full-width forms to ASCII. Such text gets an apostrophe in front, which
spreadsheets read as "this is text". Numbers stay numbers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from tart.printable import replace_unprintable

_TRIGGERS = frozenset("=+-@")
# Each of these may begin a new cell where the text is pasted, whatever follows.
_BREAKS = ("\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|Infinity)")


def csv_cell(value: Any, formulas: bool = False) -> Any:
    """Return a value as a CSV cell; a value that is not text stays as it is.

    Args:
        value: The value of the cell.
        formulas: Leave text unchanged, for readers that do not run formulas.
    """
    if formulas or not isinstance(value, str) or not is_formula(value):
        return value
    return f"'{value}"


def is_formula(text: str) -> bool:
    """Return true if a spreadsheet may take the text for a formula."""
    if text.startswith(_BREAKS):
        return True
    first = next((character for character in text if not _is_invisible(character)), "")
    folded = unicodedata.normalize("NFKC", first)[:1]
    return folded in _TRIGGERS and _NUMBER.fullmatch(text) is None


def _is_invisible(character: str) -> bool:
    """Return true for spaces, control and format characters."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zs")


# Characters with a meaning in GitHub's Markdown, outside of words.
_MARKDOWN = re.compile(r"[\\`*\[\]<>|&~]")


def markdown_cell(value: Any) -> str:
    """Return a value as a cell of a Markdown table: one line, shown as it is; NULL as NULL.

    Args:
        value: A number, text, or ``None``.
    """
    if value is None:
        return "NULL"
    text = _MARKDOWN.sub(r"\\\g<0>", str(value))
    text = "<br>".join(text.splitlines())
    return replace_unprintable(text)
