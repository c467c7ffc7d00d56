"""Bodies and answers about alerts: what holds, rules, history, silences and messages. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Count, Counters, Number, Time

AlertState = Annotated[
    Literal["pending", "firing", "resolved"],
    Meta(
        description="pending: the condition holds, but not for as long as the rule demands; "
        "firing: for long enough; resolved: it has ended, and the messages about that are on "
        "their way. Later versions may have more states."
    ),
]
AlertSeverity = Literal["critical", "warning", "info"]
Labels = dict[str, str]
# May be negative, unlike a Number.
Value = Annotated[float | None, Meta(description="Null while the value is not known.")]


class AlertSubject(TypedDict):
    """The subject of an alert."""

    kind: Annotated[
        str,
        Meta(
            description="network, server, or the name of the label that tells the rule's alerts "
            "apart: node, core, implementation, pipeline, version …"
        ),
    ]
    id: Annotated[str, Meta(description="Value of that label; empty for network and server.")]


class ActiveAlert(TypedDict):
    """An alert: a rule's condition that holds for one set of labels."""

    id: Annotated[
        str,
        Meta(description="Of this episode: the same until it ends, also in messages and history."),
    ]
    fingerprint: Annotated[
        str, Meta(description="16 hex digits of rule and labels: the same whenever it comes back.")
    ]
    alert: Annotated[str, Meta(description="Name of the rule.")]
    state: AlertState
    severity: AlertSeverity
    scope: Annotated[
        Literal["network", "server", "member"],
        Meta(description="The network, this server, or a member of the network, such as a node."),
    ]
    labels: Annotated[Labels, Meta(description="All, alertname and severity included.")]
    annotations: Labels
    summary: Annotated[str, Meta(description="One sentence: what is wrong, with its numbers.")]
    figure: Annotated[str | None, Meta(description="Of /api/docs/figures; null for SQL.")]
    unit: Annotated[str | None, Meta(description="Of value, above and below.")]
    value: Value
    above: Annotated[float | None, Meta(description="It holds while the value is greater.")]
    below: Annotated[float | None, Meta(description="It holds while the value is smaller.")]
    since: Annotated[Time, Meta(description="When the condition held first.")]
    fired_at: Annotated[Time | None, Meta(description="Null while it is pending.")]
    resolved_at: Time | None
    missing_since: Annotated[
        Time | None, Meta(description="Since when the figure has had no value; null if it has one.")
    ]
    silenced_by: Annotated[
        list[str],
        Meta(
            description="Ids of silences and maintenance windows, at most ten: it sends no message."
        ),
    ]
    inhibited_by: Annotated[
        str | None, Meta(description="Name of the rule that explains it: it sends no message.")
    ]
    about: AlertSubject
    page: Annotated[str, Meta(description="Hash route of the web page that shows more.")]
    is_builtin: bool


class AlertCounts(TypedDict):
    """Alerts by state; silenced and inhibited ones are in neither firing nor by_severity."""

    firing: Count
    pending: Count
    silenced: Annotated[Count, Meta(description="Firing, with a silence.")]
    inhibited: Annotated[Count, Meta(description="Firing, explained by another.")]
    by_severity: Annotated[
        Counters, Meta(description="Of those that fire: critical, warning and info.")
    ]


class Alerts(TypedDict):
    """The alerts as of the last evaluation."""

    alerts: Annotated[
        list[ActiveAlert],
        Meta(
            description="Firing ones first, then pending ones; of each, those that are silenced "
            "or inhibited last; then worst first, then newest first."
        ),
    ]
    has_more: Annotated[
        bool, Meta(description="More alerts pass the filters than are listed: see limit.")
    ]
    counts: Annotated[AlertCounts, Meta(description="Of all alerts, whatever is filtered.")]
    problems: Annotated[
        list[str],
        Meta(
            description="Sentences: rules that could not be evaluated, mistakes of the rule file, "
            "messages that could not be delivered. Empty if all is well."
        ),
    ]
    evaluated_at: Annotated[
        Time | None, Meta(description="When the rules were evaluated last; null before the first.")
    ]
    evaluated_since: Annotated[
        Time | None,
        Meta(description="When this gateway evaluated them first; the history goes further back."),
    ]
    interval_seconds: Annotated[Number, Meta(description="Time between two evaluations.")]
    shards_answered: Annotated[
        Count, Meta(description="Of the last evaluation: without all shards nothing is resolved.")
    ]
    shards_total: Count


class AlertRuleValue(TypedDict):
    """A value of a rule's figure."""

    labels: Labels
    value: Value


class AlertRule(TypedDict):
    """A rule as it is in force, with its last values."""

    alert: str
    figure: Annotated[str | None, Meta(description="Of /api/docs/figures; null for SQL.")]
    unit: str | None
    by: Annotated[str | None, Meta(description="The label that tells its alerts apart.")]
    above: float | None
    below: float | None
    window_seconds: Amount
    against_seconds: Annotated[
        Amount,
        Meta(description="The value is divided by that of the window that ended this long before."),
    ]
    sql: Annotated[
        str | None,
        Meta(description="The statement; null for figures, and for callers who may not use SQL."),
    ]
    for_seconds: Number
    keep_firing_for_seconds: Number
    severity: AlertSeverity
    labels: Labels
    annotations: Annotated[Labels, Meta(description="Templates.")]
    channels: Annotated[list[str], Meta(description="Names of the channels of its messages.")]
    on_missing: Annotated[
        Literal["keep", "resolve", "alert"],
        Meta(description="What follows if the figure has no value and all shards answered."),
    ]
    is_builtin: bool
    enabled: Annotated[
        bool,
        Meta(
            description="False for rules that are not evaluated: built-in ones that the file "
            "disables, or that are off until it enables them."
        ),
    ]
    state: Annotated[
        Literal["firing", "pending", "inactive", "failing", "unknown"],
        Meta(
            description="Of its worst alert; failing if it could not be evaluated, unknown if "
            "it has not been."
        ),
    ]
    firing: Count
    pending: Count
    values: Annotated[
        list[AlertRuleValue], Meta(description="The worst ten of the last evaluation.")
    ]
    last_error: Annotated[str | None, Meta(description="Why it could not be evaluated last.")]
    evaluation_ms: Amount
    last_fired_at: Time | None


class AlertChannel(TypedDict):
    """A receiver of messages, without its settings: they may have secrets."""

    name: str
    type: str
    send_resolved: bool
    min_severity: AlertSeverity
    queued: Count
    delivered: Annotated[Count, Meta(description="Of the last 30 days; so are failed and dead.")]
    failed: Annotated[Count, Meta(description="Attempts that failed.")]
    dead: Annotated[Count, Meta(description="Messages that are not tried again.")]
    last_error: Annotated[str | None, Meta(description="Has no secret. Null for viewers.")]
    last_delivered_at: Time | None


class AlertRules(TypedDict):
    """All rules and channels."""

    rules: list[AlertRule]
    channels: list[AlertChannel]
    file: Annotated[
        str | None,
        Meta(description="Path of the rule file; null without one, and for others than admins."),
    ]
    loaded_at: Time | None
    errors: Annotated[
        list[str],
        Meta(description="Mistakes of the file as it is now: the rules above stay in force."),
    ]


class ReloadRules(TypedDict):
    """Nothing: the file is read again."""


_StateChange = TypedDict(
    "_StateChange",
    {
        "from": Annotated[str, Meta(description="State before: inactive, pending or firing.")],
        "to": Annotated[
            str,
            Meta(
                description="State after: pending, firing, resolved, or inactive if it never fired."
            ),
        ],
    },
)


class AlertTransition(_StateChange):
    """A change of an alert's state."""

    id: Annotated[Count, Meta(description="Number of the change: for before.")]
    alert_id: Annotated[str, Meta(description="Of the episode: id of /api/alerts.")]
    alert: Annotated[str, Meta(description="Name of the rule.")]
    labels: Labels
    severity: AlertSeverity
    at: Time
    value: Value
    summary: str
    why: Annotated[
        str,
        Meta(
            description="Empty if the condition changed; else no value, rule changed, rule "
            "removed, or severity."
        ),
    ]


class AlertHistory(TypedDict):
    """Changes of the states of alerts, newest first."""

    history: list[AlertTransition]
    has_more: bool


class Silence(TypedDict):
    """A time in which matching alerts send no messages; their states go on."""

    id: str
    matchers: Annotated[
        list[str],
        Meta(description='All must match: node="…", alertname=~"Node.*"; != and !~ exclude.'),
    ]
    starts_at: Time
    ends_at: Time
    author: Annotated[str, Meta(description="Empty for maintenance windows of the rule file.")]
    reason: str
    state: Annotated[
        Literal["pending", "active", "expired"],
        Meta(description="Whether it has begun, and has ended. Ended ones are listed for 30 days."),
    ]
    source: Annotated[
        Literal["api", "file"],
        Meta(description="file for maintenance windows of the rule file, which end there."),
    ]
    alerts: Annotated[Count, Meta(description="Alerts that it silences now.")]


class Silences(TypedDict):
    """All silences and maintenance windows, the newest first."""

    silences: list[Silence]


class NewSilence(TypedDict):
    """The silence to create; ends_at or duration is required."""

    matchers: Annotated[
        list[str],
        Meta(
            min_length=1,
            max_length=20,
            description='Matchers of labels, all of which must match: alertname="NodeSilent", '
            'node=~"ab.*".',
        ),
    ]
    ends_at: NotRequired[Time]
    duration: NotRequired[
        Annotated[str, Meta(description="Time from its start to its end, such as 2h.")]
    ]
    starts_at: NotRequired[Annotated[Time, Meta(description="Now, if it is left out.")]]
    author: NotRequired[
        Annotated[str, Meta(max_length=100, description="The caller's key, if it is left out.")]
    ]
    reason: Annotated[
        str, Meta(min_length=1, max_length=500, description="Why: shown with the alerts.")
    ]


class EndedSilence(TypedDict):
    """The id of a silence that was ended."""

    id: str
    ended: bool


class Delivery(TypedDict):
    """A message to a channel."""

    id: Annotated[
        str, Meta(description="The same for every attempt: the webhook-id of signed messages.")
    ]
    number: Annotated[Count, Meta(description="In the order of creation: for before.")]
    channel: str
    group: Annotated[str, Meta(description="Of the alerts that share messages.")]
    status: Literal["firing", "resolved"]
    reason: Annotated[str, Meta(description="new, changed, resolved, repeat or test.")]
    state: Annotated[
        Literal["queued", "delivered", "dead", "superseded"],
        Meta(
            description="dead: it is not tried again, unless somebody asks for that. superseded: "
            "a newer message of its group is sent instead."
        ),
    ]
    alerts: Annotated[Count, Meta(description="Alerts that it is about.")]
    summary: Annotated[str, Meta(description="Of its worst alert.")]
    created_at: Time
    attempts: Count
    next_attempt_at: Annotated[Time | None, Meta(description="Null unless it is queued.")]
    delivered_at: Time | None
    last_error: str | None


class Deliveries(TypedDict):
    """Messages of the last days, newest first; none has a secret."""

    deliveries: list[Delivery]
    has_more: bool


class RetryDelivery(TypedDict):
    """Nothing: the message is tried again at once."""


class RetriedDelivery(TypedDict):
    """The id of a message that is tried again."""

    id: str
    queued: bool


class SendTest(TypedDict):
    """The channel that a message is sent to, to see that it arrives."""

    channel: Annotated[str, Meta(description="Name of the channel.")]


class TestMessage(TypedDict):
    """The outcome of a message that was sent to see that it arrives."""

    channel: str
    id: str
    delivered: bool
    error: Annotated[str | None, Meta(description="Why it was not delivered.")]
    elapsed_ms: Annotated[Number, Meta(description="Until it was delivered, or had failed.")]


class ReloadedRules(TypedDict):
    """The outcome of reading the rule file again."""

    reloaded: Annotated[bool, Meta(description="False: the rules before stay in force.")]
    rules: Annotated[Count, Meta(description="Rules in force, built-in ones included.")]
    channels: Count
    errors: Annotated[list[str], Meta(description="Mistakes of the file, with their lines.")]
    loaded_at: Time | None
