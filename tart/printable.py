"""Text from outside, as of nodes, without characters that a reader does not see.

Pure. Control characters move a terminal's cursor, format characters change the direction of text,
and tag characters spell text that only a model reads.
"""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\ufffd"
# Control, format, private, unassigned and surrogate characters; separators of lines, paragraphs.
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})


def replace_unprintable(text: str) -> str:
    """Return the text with ``REPLACEMENT`` for each character that is not printable."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else REPLACEMENT for each in text)


def printable_lines(text: str) -> str:
    """Return text of several lines likewise.

    Surrogates stay, as of the name of a file that is not UTF-8: the stream escapes them.
    """
    if text.isprintable():
        return text
    return "".join(each if _is_shown(each) else REPLACEMENT for each in text)


def _is_shown(character: str) -> bool:
    return character.isprintable() or character == "\n" or "\ud800" <= character <= "\udfff"


def remove_hidden(text: str) -> str:
    """Return the text without hidden characters; spaces of all kinds stay."""
    if text.isprintable():
        return text
    return "".join(each for each in text if unicodedata.category(each) not in _HIDDEN)
