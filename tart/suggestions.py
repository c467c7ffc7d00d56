"""Suggestions of a known name for an unknown one. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from tart.errors import BadQuery

# The maximum length of an unknown name in a message.
_SHOWN = 60
_MIN_SIMILARITY = 0.55


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the most similar known name; ``None`` if none is similar."""
    names = list(known)
    folded = name[:_SHOWN].casefold()
    for candidate in names:
        if candidate.casefold() == folded:
            return candidate
    matches = difflib.get_close_matches(name[:_SHOWN], names, 1, _MIN_SIMILARITY)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence with the most similar known name; empty if none is similar."""
    similar = nearest(name, known)
    return "" if similar is None else f"; did you mean {similar}?"


def reject_unknown(
    given: Iterable[str], known: Collection[str], what: str, where: str = ""
) -> None:
    """Reject unknown names, which would otherwise be ignored.

    Args:
        given: The names of a request.
        known: The accepted names.
        what: The owner of the names, for the message: ``/api/events``, ``a filter of type Node``.
        where: The prefix of the name in ``BadQuery.parameter``: ``filter.``

    Raises:
        BadQuery: Names the first unknown name, and the most similar known one.
    """
    for name in given:
        if name not in known:
            shown = name[:_SHOWN]
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            hint = did_you_mean(name, known) or f"; {takes}"
            raise BadQuery(f"{what} has no {shown or 'empty name'}{hint}", f"{where}{shown}")
