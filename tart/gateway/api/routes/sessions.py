"""The routes about connections, and about what nodes said otherwise than specified.

Pure; part of ``contract``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.access.roles import Role
from tart.errors import NotFound
from tart.gateway.api.parameters import CursorText, Duration, Integer, Parameter, Time
from tart.gateway.api.route import ASKED, HTML, NODE, Cache, Kind, Route
from tart.protocol.rules import RULES, SEVERITY_MEANINGS
from tart.query.answers.sessions import Conformance, NodeConformance, Sessions
from tart.query.topics.conformance import RULE_PAGES, rule_page


@dataclass(frozen=True)
class RuleCode:
    """The code of a rule."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``; ``NotFound`` if there is no such rule."""
        if text not in RULES:
            raise NotFound(f"there is no such rule; {RULE_PAGES} lists them", name)
        return text

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "enum": list(RULES)}


_START = Parameter("start", Time(), "First moment of the window.", aliases=("start_time",))
_END = Parameter("end", Time(), "Last moment of the window.", aliases=("end_time",))
_PAGING = (
    Parameter(
        "duration",
        Duration(),
        "Length of the window, which ends now; start and end take precedence.",
    ),
    _START,
    _END,
    Parameter("limit", Integer(1, 1000, (True, True)), "How many; moved into 1 to 1000.", "50"),
    Parameter(
        "cursor",
        CursorText(),
        "next_cursor of an earlier answer: continue there, in the same window.",
    ),
)
_WINDOW = (
    Parameter(
        "duration",
        Duration(),
        "Length of the window, which ends now and begins with a whole hour; start and end "
        "take precedence.",
        "24h",
    ),
    _START,
    _END,
)
_SESSIONS = (
    "Those that were open at any time of the window, the latest started first; kept for "
    "[aggregates] row_retention_days. outcome is open, closed, refused (its first message could "
    "not be read) or died (the shard was killed: ended_at is when it was last heard). events are "
    "all after the first message, understood or not."
)
_CONFORMANCE = (
    "Findings are held against rules with stable codes, each with a page of its own (docs). "
    + " ".join(f"{name}: {meaning}" for name, meaning in SEVERITY_MEANINGS.items())
    + " Counts are by the hour, so a window begins with a whole one. What may be right is not "
    "found: references to what was dropped, shed, not understood or is long past."
)


SESSION_ROUTES: tuple[Route, ...] = (
    Route(
        "sessions",
        "/api/sessions",
        "Connections of all nodes, newest first",
        _SESSIONS,
        parameters=_PAGING,
        schema=Sessions,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_sessions",
        "/api/nodes/{id}/sessions",
        "Connections of one node, newest first",
        _SESSIONS,
        parameters=(NODE, *_PAGING),
        schema=Sessions,
        errors=(404, *ASKED),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "conformance",
        "/api/conformance",
        "What every node said otherwise than JIP-3 has it",
        f"{_CONFORMANCE} rules are over all nodes, with examples; unidentified is what "
        "connections said that never told whose they are.",
        parameters=_WINDOW,
        schema=Conformance,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_conformance",
        "/api/nodes/{id}/conformance",
        "What one node said otherwise than JIP-3 has it",
        f"{_CONFORMANCE} Examples are the newest that were kept, three a day of each rule: "
        "id is the event's in /api/events, offset counts bytes of the message from its "
        "timestamp on, hex has its first 1,024 bytes.",
        parameters=(NODE, *_WINDOW),
        schema=NodeConformance,
        errors=(404, *ASKED),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "rules",
        RULE_PAGES,
        "What nodes are judged by, as a page",
        "Needs no key, for it holds no data.",
        kind=Kind.PAGE,
        media_type=HTML,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "rule",
        rule_page("{code}"),
        "One rule: what is wrong, and what would be right, as a page",
        "Needs no key, for it holds no data.",
        parameters=(
            Parameter("code", RuleCode(), "Code of the rule, as findings have it.", where="path"),
        ),
        kind=Kind.PAGE,
        media_type=HTML,
        errors=(404,),
        scattered=False,
        role=Role.ANYONE,
    ),
)
