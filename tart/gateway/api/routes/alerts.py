"""Routes of alerts: what holds, rules, history, silences and messages. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.common import limit
from tart.gateway.api.parameters import Choice, Integer, NodeId, Parameter, Text, Time
from tart.gateway.api.route import EVENT_STREAM, NODE_PREFIX, Cache, Kind, Route
from tart.query.answers.alerts import (
    AlertHistory,
    AlertRules,
    Alerts,
    Deliveries,
    EndedSilence,
    NewSilence,
    ReloadedRules,
    ReloadRules,
    RetriedDelivery,
    RetryDelivery,
    SendTest,
    Silence,
    Silences,
    TestMessage,
)
from tart.query.answers.anomalies import Anomalies

MAX_NAME = 100
_NODE = Parameter("node", NodeId(), f"Only of a node: whose label node has this id. {NODE_PREFIX}")
_FILTERS = (
    Parameter("state", Choice(("pending", "firing", "resolved")), "Only alerts in this state."),
    Parameter("severity", Choice(("critical", "warning", "info")), "Only of this severity."),
    _NODE,
)
_BEFORE = Integer(1, (1 << 53) - 1)

ALERT_ROUTES: tuple[Route, ...] = (
    Route(
        "alerts",
        "/api/alerts",
        "Get the alerts",
        "What is wrong now, by the rules of /api/alerts/rules: each with its state, value, times, "
        "a sentence, and what it is about. Silenced and inhibited alerts are listed, too: they "
        "send no message. Rules are evaluated every interval_seconds; SubscribeAlerts of the "
        "WebSocket and /api/alerts/stream send the alerts when they change.",
        parameters=(limit(1000, "alerts"), *_FILTERS),
        answer=Alerts,
        cache=Cache.LIVE,
        scattered=False,
    ),
    Route(
        "anomalies",
        "/api/anomalies",
        "Get what differs: nodes from the other nodes, the network from its past",
        "Scores of the last whole minute, computed once a minute. A node is compared with all "
        "nodes, and those of its implementation and version, in the same minutes; a figure of "
        "the network with its own history of up to 1,000 minutes, by the phase of the epoch. A "
        "score is no alert: the figures node_anomaly_score and network_anomaly_score are for "
        "rules. Minutes in which a shard did not answer or came back are left out.",
        parameters=(_NODE, limit(100, "nodes")),
        answer=Anomalies,
        cache=Cache.LIVE,
        scattered=False,
    ),
    Route(
        "alert_stream",
        "/api/alerts/stream",
        "Stream /api/alerts as server-sent events",
        "An event called alerts with the answer of /api/alerts, at most 200 alerts: at once, and "
        "whenever alerts, silences or problems change. A client that does not keep up skips "
        "answers.",
        kind=Kind.EVENT_STREAM,
        media_type=EVENT_STREAM,
        errors=(503,),
        scattered=False,
        token=True,
    ),
    Route(
        "alert_rules",
        "/api/alerts/rules",
        "List the alerting rules, with their last values, and the channels",
        "Built-in rules and those of the rule file (setting alerts.file), as they are in force. "
        "Settings and secrets of channels are never returned.",
        answer=AlertRules,
        cache=Cache.LIVE,
        scattered=False,
    ),
    Route(
        "reload_alert_rules",
        "/api/alerts/rules/reload",
        "Read the rule file again",
        "Like SIGHUP. A file with mistakes changes nothing: the answer lists them, and the rules "
        "before stay in force.",
        answer=ReloadedRules,
        body=ReloadRules,
        method="POST",
        errors=(413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ADMIN,
    ),
    Route(
        "alert_history",
        "/api/alerts/history",
        "List changes of the states of alerts, newest first",
        "Each change from inactive to pending, firing and resolved, with the value at that time.",
        parameters=(
            limit(100, "changes"),
            Parameter("before", _BEFORE, "Only changes with lower numbers."),
            Parameter("alert", Text(MAX_NAME), "Only of the rule with this name."),
            _NODE,
            Parameter("start", Time(), "Only changes from this time on."),
            Parameter("end", Time(), "Only changes before this time."),
        ),
        answer=AlertHistory,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
    ),
    Route(
        "silences",
        "/api/alerts/silences",
        "List silences and maintenance windows",
        "A silenced alert keeps its state and sends no message.",
        answer=Silences,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
    ),
    Route(
        "create_silence",
        "/api/alerts/silences",
        "Silence alerts for a time",
        "Takes effect at once. It ends by itself at ends_at, and with DELETE; alerts that still "
        "fire then send their messages.",
        answer=Silence,
        body=NewSilence,
        method="POST",
        errors=(409, 413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        success=201,
        role=Role.OPERATOR,
    ),
    Route(
        "end_silence",
        "/api/alerts/silences/{id}",
        "End a silence",
        "Takes effect at once. Maintenance windows of the rule file end in the file (409).",
        parameters=(Parameter("id", Text(MAX_NAME), "Id of the silence.", where="path"),),
        answer=EndedSilence,
        method="DELETE",
        errors=(404, 409, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.OPERATOR,
    ),
    Route(
        "deliveries",
        "/api/alerts/deliveries",
        "List messages to channels, newest first",
        "All that are stored, with their attempts and errors; never a secret.",
        parameters=(
            limit(100, "messages"),
            Parameter("before", _BEFORE, "Only messages with lower numbers."),
            Parameter("channel", Text(MAX_NAME), "Only to the channel with this name."),
            Parameter(
                "state",
                Choice(("queued", "delivered", "dead", "superseded")),
                "Only messages in this state.",
            ),
        ),
        answer=Deliveries,
        errors=(503,),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.OPERATOR,
    ),
    Route(
        "retry_delivery",
        "/api/alerts/deliveries/{id}/retry",
        "Send a dead message again",
        "It is tried at once, and then like a new one. 409 if it is not dead.",
        parameters=(Parameter("id", Text(MAX_NAME), "Id of the message.", where="path"),),
        answer=RetriedDelivery,
        body=RetryDelivery,
        method="POST",
        errors=(404, 409, 413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.OPERATOR,
    ),
    Route(
        "send_test",
        "/api/alerts/send-test",
        "Send a message to a channel, to see that it arrives",
        "Tried once; the answer says why it was not delivered.",
        answer=TestMessage,
        body=SendTest,
        method="POST",
        errors=(404, 413, 415, 503),
        cache=Cache.LIVE,
        scattered=False,
        role=Role.OPERATOR,
    ),
)
