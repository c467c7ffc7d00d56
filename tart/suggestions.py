"""Names that are not known, and the known one that was probably meant. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from tart.errors import BadQuery

# Of an unknown name, so many characters are repeated.
_SHOWN = 60
_LEAST_ALIKE = 0.5


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the nearest known name; empty if none is near."""
    nearest = difflib.get_close_matches(name[:_SHOWN], list(known), 1, _LEAST_ALIKE)
    return f"; did you mean {nearest[0]}?" if nearest else ""


def only_known(given: Iterable[str], known: Collection[str], what: str, where: str = "") -> None:
    """Refuse names that are not among the known ones: they would be ignored.

    Args:
        what: what has these names, for the sentence: ``/api/events`` or ``a filter of type Node``.
        where: what stands before the name in ``BadQuery.parameter``: ``filter.``

    Raises:
        BadQuery: naming the first that is not known, and the nearest that is.
    """
    for name in given:
        if name not in known:
            shown = name[:_SHOWN]
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            hint = did_you_mean(name, known) or f"; {takes}"
            raise BadQuery(f"{what} has no {shown or 'empty name'}{hint}", f"{where}{shown}")
