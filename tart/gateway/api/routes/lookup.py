"""The route of the search. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import Cache, Route
from tart.query.answers.lookup import Lookup
from tart.query.topics.lookup import MAX_CANDIDATES, MAX_TEXT


@dataclass(frozen=True)
class SearchText:
    """Any text, of which the beginning is read."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        return text[: MAX_TEXT * 4]

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "examples": ["b5af…42e8", "10031944", "BlockAnnounced"]}


LOOKUP_ROUTES: tuple[Route, ...] = (
    Route(
        "lookup",
        "/api/search",
        "Find what a text names",
        "Reads a node's id or its first four digits, the name of an implementation, a hash of a "
        "block, work-package, work-report, erasure root or anchor, a slot, a core, an event's id, "
        "the number or name of an event type, a group of them, or the code of a rule, and returns "
        "candidates, the most likely first. A word before it restricts the kind: slot 12, core 12, "
        "event 12, type 12. Hashes may be shortened to eight digits or more, as b5af…42e8 or its "
        "first digits; shortened ones are searched for in the last 24 hours. Any text is "
        "accepted: one that names nothing has no candidates, a hint and perhaps a suggestion. "
        "Events are not searched; /api/events does that.",
        parameters=(
            Parameter("q", SearchText(), "The text.", ""),
            Parameter(
                "limit",
                Integer(1, MAX_CANDIDATES, (True, True)),
                f"Maximum number of candidates; clamped to 1 to {MAX_CANDIDATES}.",
                "10",
            ),
        ),
        answer=Lookup,
        cache=Cache.BRIEF,
    ),
)
