"""Errors of SQL statements for a terminal: a sentence, the line, and carets below the word.

Pure. The place is the word that the server's message names, or the line and the carets at the end
of a message of DuckDB.
"""

from __future__ import annotations

import re

from tart.printable import replace_unprintable
from tart.text_width import display_width

# "LINE 2: …", a line of the statement that may be cut, and a line with carets.
_PLACE = re.compile(
    r"\s*\n+LINE (?P<line>\d+): (?P<text>[^\n]*)\n(?P<indent> *)(?P<carets>\^+)\s*$"
)
_KINDS = re.compile(r"^(?:[A-Z][A-Za-z]+ )*Error: ")


# The wrong word in the server's own messages (``query.sql.statement_errors``).
_WORD = re.compile(
    r'^(?:syntax error at "(?P<near>[^"]+)"'
    r"|there is no (?:column|table|function|type) (?P<name>[^\s;(]+)"
    r"|the column (?P<grouped>\S+) )"
)


def render_sql_error(message: str, statement: str = "") -> str:
    """Return a message as a sentence, and below it the line with carets if the place is known.

    Args:
        message: The server's message.
        statement: The statement; a word of the message that is in it once is the place.
    """
    place = _PLACE.search(message)
    sentence = message[: place.start()] if place else message
    lines = [" ".join(_KINDS.sub("", sentence).split())]
    if place is not None:
        prefix = len(f"LINE {place['line']}: ")
        lines.append("  " + _shown(place["text"]))
        lines.append("  " + " " * max(0, len(place["indent"]) - prefix) + place["carets"])
    else:
        lines += _marked(lines[0], statement)
    return "\n".join(lines)


def _marked(message: str, statement: str) -> list[str]:
    """Return the line of the word that a message names, and carets; nothing if it is ambiguous."""
    named = _WORD.match(message)
    if named is None:
        return []
    word = named["near"] or named["name"] or named["grouped"]
    places = list(re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", statement, re.IGNORECASE))
    if len(places) != 1:
        return []
    first, last = places[0].span()
    begin = statement.rfind("\n", 0, first) + 1
    line = statement[begin:].partition("\n")[0]
    indent = display_width(_shown(statement[begin:first]))
    return ["  " + _shown(line), "  " + " " * indent + "^" * (last - first)]


def _shown(text: str) -> str:
    return replace_unprintable(text.replace("\t", " "))
