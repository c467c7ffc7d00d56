"""Escaping and shortening of text for the markup of each service.

Pure. A table maps a character to its escape, so that a text is shortened between characters of the
original, and no escape is cut in two. Lengths are in UTF-16 code units, as Telegram counts them:
no service counts more for a character.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Table: TypeAlias = Mapping[int, str]

ELLIPSIS = "…"
# An invisible character that separates "@" from a name: without it "@everyone" in the name of a
# node would notify people.
_JOINER = "\u2060"

NONE: Table = {}
# https://docs.slack.dev/messaging/formatting-message-text: "<!channel>" and "<@U1>" are commands.
SLACK: Table = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@" + _JOINER})
# https://core.telegram.org/bots/api#html-style
TELEGRAM: Table = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "@": "@" + _JOINER}
)
# Markdown, masked links, mentions and custom emoji.
DISCORD: Table = str.maketrans(
    {each: "\\" + each for each in r"\*_~`|>#-[]()<:"} | {"@": "@" + _JOINER}
)
HTML: Table = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
# Text whose markup only its receiver knows: apprise finds commands of Slack even if escaped.
UNKNOWN: Table = str.maketrans({"@": "@" + _JOINER, "<": "‹", ">": "›", "&": "＆"})


def length(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def fit(text: str, limit: int, table: Table = NONE) -> str:
    """Return a text escaped and, if it is too long, shortened with an ellipsis.

    Args:
        text: The text, not escaped.
        limit: The greatest length of the result in UTF-16 code units.
        table: The escapes.
    """
    escaped = text.translate(table)
    if length(escaped) <= limit:
        return escaped
    taken: list[str] = []
    room = limit - len(ELLIPSIS)
    for character in text:
        escape = character.translate(table)
        room -= length(escape)
        if room < 0:
            break
        taken.append(escape)
    return "".join(taken).rstrip() + ELLIPSIS if limit > 0 else ""


def take_blocks(blocks: Iterable[str], limit: int, separator: str) -> tuple[list[str], int]:
    """Return the first blocks that fit together, and how many do not.

    Args:
        blocks: Escaped texts; none is cut.
        limit: The greatest length of all with separators between them.
        separator: The text between two of them.
    """
    taken: list[str] = []
    room = limit
    left = list(blocks)
    while left:
        room -= length(left[0]) + length(separator) * bool(taken)
        if room < 0:
            break
        taken.append(left.pop(0))
    return taken, len(left)
