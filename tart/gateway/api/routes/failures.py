"""Routes of failure groups: failures of one type and template, over nodes and versions.

Pure; part of ``api.contract``.
"""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.common import TYPES, limit, window
from tart.gateway.api.parameters import Choice, EventTypes, Fingerprint, NodeId, Parameter, Text
from tart.gateway.api.route import BYTES, NODE_PREFIX, SHARD_ERRORS, Cache, Route
from tart.query.answers import failures as answers

_STATES = ("open", "resolved", "ignored", "regressed")
_SORTS = ("count", "last_seen", "first_seen", "nodes")
_FINGERPRINT = Parameter("fingerprint", Fingerprint(), "Fingerprint of the group.", where="path")

FAILURE_ROUTES: tuple[Route, ...] = (
    Route(
        "failures",
        "/api/failures",
        "List failure groups: the same failure of many nodes, with its state",
        "A group is an event type and a template: the reason with placeholders for numbers, "
        "hashes, addresses, peer ids, paths, quoted text and durations. It has the failures of the "
        "window; groups without any are left out. new counts groups that were first seen in the "
        "window. Which discards are failures is as in /api/analytics/failure-rates. first_seen, "
        "last_seen and the state outlive the events and the aggregates; the groups that were "
        "there when the server started for the first time are not new. With node_id and "
        "implementation, figures are those of these nodes; an implementation's nodes are those "
        "that had it at some time of the window. The window is in whole minutes.",
        parameters=(
            *window("24h"),
            Parameter("state", Choice(_STATES), "Groups in this state."),
            Parameter("event_types", EventTypes(), TYPES, aliases=("type", "event_type")),
            Parameter(
                "node_id", NodeId(), f"Failures of this node. {NODE_PREFIX}", aliases=("node",)
            ),
            Parameter(
                "implementation",
                Text(200),
                "Failures of nodes of this implementation, by the name that they give.",
            ),
            Parameter("sort", Choice(_SORTS), "The order, the greatest first.", "count"),
            limit(100, "groups"),
        ),
        answer=answers.Failures,
        errors=SHARD_ERRORS,
        cache=Cache.BRIEF,
    ),
    Route(
        "failure",
        "/api/failures/{fingerprint}",
        "Get a failure group: nodes, reasons, samples, breadcrumbs and outcomes",
        "Samples are the newest failures of different nodes that are still stored, each with "
        "events of its connection before it and what came of it. Figures are those of the window; "
        "a group without a failure in it has counts of 0.",
        parameters=(_FINGERPRINT, *window("24h"), BYTES),
        answer=answers.FailureDetails,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.BRIEF,
    ),
    Route(
        "set_failure_state",
        "/api/failures/{fingerprint}/state",
        "Set the state of a failure group",
        "resolved: a failure that arrives later makes it regressed. ignored: it is neither new nor "
        "regressed, whatever arrives. open: neither. The audit log has each change.",
        parameters=(_FINGERPRINT,),
        answer=answers.FailureStateSet,
        body=answers.FailureStateChange,
        method="POST",
        errors=(404, 413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.OPERATOR,
    ),
)
