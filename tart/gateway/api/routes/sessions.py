"""Routes of telemetry connections and of conformance to JIP-3. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.access.roles import Role
from tart.errors import BadQuery, NotFound
from tart.gateway.api.common import CURSOR, LIST_WINDOW, MAX_EVENT_ID, limit, window
from tart.gateway.api.parameters import Integer, NodeId, Parameter, Text
from tart.gateway.api.route import HTML, NODE, NODE_PREFIX, SHARD_ERRORS, Cache, Kind, Route
from tart.protocol.rules import RULES, SEVERITY_MEANINGS
from tart.query.answers.findings import ConformanceExamples, ConformanceMatrix
from tart.query.answers.messages import MessageFields
from tart.query.answers.sessions import Conformance, NodeConformance, Sessions
from tart.query.topics.conformance import RULE_PAGES, rule_page
from tart.suggestions import did_you_mean


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


@dataclass(frozen=True)
class BrokenRule(RuleCode):
    """The code of a rule by which findings are selected."""

    def read(self, text: str, name: str) -> str:
        """See ``Kind``."""
        if text not in RULES:
            hint = did_you_mean(text, RULES) or f"; {RULE_PAGES} lists them"
            raise BadQuery(f"{name} is not the code of a rule{hint}", name)
        return text


_SESSIONS = (
    "Connections that were open at any time of the window, the latest started first. They are "
    "stored for [aggregates] row_retention_days. outcome is open, closed, refused (the first "
    "message was not valid) or died (the shard was killed; ended_at is the time of the last "
    "message). Events are all messages after the first, decoded or not."
)
_PAGING = (*LIST_WINDOW, limit(50, "sessions"), CURSOR)
_CONFORMANCE = (
    "A finding is a rule that a node broke. Rules have stable codes and a page each (docs). "
    + " ".join(f"{name}: {meaning}" for name, meaning in SEVERITY_MEANINGS.items())
    + " Counts are kept by the hour, so a window begins with a whole hour. References to events "
    "that were dropped, shed, not decoded or long past are not reported, because they may be "
    "correct."
)

SESSION_ROUTES: tuple[Route, ...] = (
    Route(
        "sessions",
        "/api/sessions",
        "List connections of all nodes, newest first",
        _SESSIONS,
        parameters=_PAGING,
        answer=Sessions,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_sessions",
        "/api/nodes/{id}/sessions",
        "List connections of one node, newest first",
        _SESSIONS,
        parameters=(NODE, *_PAGING),
        answer=Sessions,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "session_fields",
        "/api/sessions/{session}/fields",
        "Get the first message of a connection byte by byte",
        "The node information that a connection began with, as /api/events/{id}/fields shows "
        "events; next is its first event. It is stored as long as events of the connection. A "
        "first message that could not be read has an event's id: it is in "
        "/api/events/{id}/fields.",
        parameters=(
            Parameter(
                "session",
                Integer(0, MAX_EVENT_ID),
                "Number of the session, as events and sessions have it.",
                where="path",
            ),
        ),
        answer=MessageFields,
        errors=(404, *SHARD_ERRORS),
    ),
    Route(
        "conformance",
        "/api/conformance",
        "List conformance findings for all nodes",
        f"{_CONFORMANCE} rules are over all nodes, with examples. unidentified lists findings of "
        "connections that never sent their node information.",
        parameters=window("24h"),
        answer=Conformance,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_conformance",
        "/api/nodes/{id}/conformance",
        "List conformance findings for one node",
        f"{_CONFORMANCE} Examples are the newest that are stored; three a day are stored for each "
        "rule. id is the event's id in /api/events, offset counts bytes of the message from its "
        "timestamp on, hex has its first 1,024 bytes.",
        parameters=(NODE, *window("24h")),
        answer=NodeConformance,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "conformance_matrix",
        "/api/conformance/matrix",
        "Get findings as a matrix of rules and nodes",
        f"{_CONFORMANCE} The same findings as /api/conformance, small enough for a thousand nodes. "
        "Implementations are those of the nodes' newest connections.",
        parameters=window("24h"),
        answer=ConformanceMatrix,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "conformance_examples",
        "/api/conformance/examples",
        "List messages that broke conformance rules, newest first",
        "Up to three messages a day are stored for each node and rule, the first to arrive. id is "
        "the event's id in /api/events, offset counts bytes of the message from its timestamp on, "
        "hex has its first 1,024 bytes, found those at offset. Rules about clocks, missing Status "
        "events and shed events have no examples, because no single message breaks them.",
        parameters=(
            Parameter("rule", BrokenRule(), "Only messages that broke this rule."),
            Parameter("node_id", NodeId(), f"Only messages of this node. {NODE_PREFIX}"),
            Parameter("implementation", Text(64), "Only messages of nodes of this implementation."),
            Parameter("version", Text(64), "Only messages of nodes of this version."),
            limit(50, "messages"),
            *window("24h"),
        ),
        answer=ConformanceExamples,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "rules",
        RULE_PAGES,
        "Get the list of conformance rules as a web page",
        "No key is needed: the page contains no data.",
        kind=Kind.PAGE,
        media_type=HTML,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "rule",
        rule_page("{code}"),
        "Get one conformance rule as a web page",
        "Explains what is wrong and what is right. No key is needed: the page contains no data.",
        parameters=(
            Parameter("code", RuleCode(), "Code of the rule, as in findings.", where="path"),
        ),
        kind=Kind.PAGE,
        media_type=HTML,
        errors=(404,),
        scattered=False,
        role=Role.ANYONE,
    ),
)
