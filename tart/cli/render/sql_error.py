"""Errors of SQL statements for a terminal: a sentence, the line, and carets below the word.

Pure. DuckDB ends the message of an error whose place it knows with the line and carets; the
server sends the message unchanged.
"""

from __future__ import annotations

import re

# "LINE 2: …", a line of the statement that may be cut, and a line with carets.
_PLACE = re.compile(
    r"\s*\n+LINE (?P<line>\d+): (?P<text>[^\n]*)\n(?P<indent> *)(?P<carets>\^+)\s*$"
)
_KINDS = re.compile(r"^(?:[A-Z][A-Za-z]+ )*Error: ")


def render_sql_error(message: str) -> str:
    """Return a message as a sentence, and below it the line with carets if it is known."""
    place = _PLACE.search(message)
    sentence = message[: place.start()] if place else message
    lines = [" ".join(_KINDS.sub("", sentence).split())]
    if place is not None:
        prefix = len(f"LINE {place['line']}: ")
        text = place["text"].replace("\t", " ")
        lines.append("  " + "".join(c if c.isprintable() else "\ufffd" for c in text))
        lines.append("  " + " " * max(0, len(place["indent"]) - prefix) + place["carets"])
    return "\n".join(lines)
