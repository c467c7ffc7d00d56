"""The routes about connections, and about what nodes said otherwise than specified.

Pure; part of ``contract``.
"""

from __future__ import annotations

from tart.gateway.parameters import CursorText, Duration, Integer, Parameter, Time
from tart.gateway.route import ASKED, NODE, Cache, Route

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
    "[aggregates] rows_days. outcome is open, closed, refused (its first message could not be "
    "read) or died (the shard was killed: ended_at is when it was last heard). events are all "
    "after the first message, understood or not."
)
_CONFORMANCE = (
    "Findings are held against rules with stable codes: error (JIP-3 forbids it, readers get it "
    "wrong), warning (JIP-3 leaves room, or something is most likely wrong) and info (allowed). "
    "Counts are by the hour, so a window begins with a whole one; findings about clocks count "
    "hours, status_missing connections. What may be right is not found: references to what "
    "was dropped, shed, not understood or is long past."
)

SESSION_ROUTES: tuple[Route, ...] = (
    Route(
        "sessions",
        "/api/sessions",
        "Connections of all nodes, newest first",
        _SESSIONS,
        parameters=_PAGING,
        schema="Sessions",
        errors=ASKED,
    ),
    Route(
        "node_sessions",
        "/api/nodes/{id}/sessions",
        "Connections of one node, newest first",
        _SESSIONS,
        parameters=(NODE, *_PAGING),
        schema="Sessions",
        errors=(404, *ASKED),
    ),
    Route(
        "conformance",
        "/api/conformance",
        "What every node said otherwise than JIP-3 has it",
        f"{_CONFORMANCE} rules are over all nodes, with examples; unidentified is what "
        "connections said that never told whose they are.",
        parameters=_WINDOW,
        schema="Conformance",
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
        schema="NodeConformance",
        errors=(404, *ASKED),
        cache=Cache.AGGREGATED,
    ),
)
