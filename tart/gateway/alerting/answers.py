"""Answers about alerts, from the values that the evaluation and the store give. Pure."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tart.alerting.engine.model import (
    Alert,
    AlertView,
    Condition,
    Measurement,
    Notification,
    Silence,
    State,
)
from tart.alerting.engine.silences import FILE_AUTHOR
from tart.alerting.engine.views import View, views
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import (
    SEVERITIES,
    Channel,
    FigureCondition,
    LabelSet,
    Rule,
    RuleFile,
    SqlCondition,
)
from tart.query.answers.alerts import (
    ActiveAlert,
    AlertChannel,
    AlertCounts,
    AlertRule,
    AlertRuleValue,
    AlertSubject,
    AlertTransition,
)
from tart.query.answers.alerts import Delivery as DeliveryAnswer
from tart.query.answers.alerts import Silence as SilenceAnswer
from tart.query.core.rfc3339 import server_time
from tart.units import SECOND_US

if TYPE_CHECKING:
    from tart.alert_store import ChannelDeliveries, Delivery, HistoryRecord

# The most values that are shown of a rule.
MAX_VALUES = 10
# The most silences that are shown of an alert: operators may have a thousand that match it.
MAX_SILENCES = 10
_RuleState: TypeAlias = Literal["firing", "pending", "inactive", "failing", "unknown"]
_STATES = (State.FIRING, State.PENDING, State.RESOLVED)


@dataclass(frozen=True)
class ShownAlert:
    """An alert as answers show it.

    Attributes:
        silenced_by: Ids of the silences and maintenance windows that match it.
        inhibited_by: Name of the rule whose alert explains it.
    """

    rule: Rule
    view: AlertView
    silenced_by: tuple[str, ...] = ()
    inhibited_by: str | None = None

    @property
    def is_quiet(self) -> bool:
        """True if it is silenced or inhibited."""
        return bool(self.silenced_by) or self.inhibited_by is not None

    @property
    def is_active(self) -> bool:
        """True if it fires and nothing holds its messages back."""
        return self.view.alert.state is State.FIRING and not self.is_quiet


@dataclass(frozen=True)
class Outcome:
    """The outcome of the last evaluation, as answers need it.

    Attributes:
        alerts: All, in the order of answers.
        at_us: The time that it is of, Unix microseconds; ``None`` before the first evaluation.
        since_us: Of the first evaluation of this process.
        answered: Shards that answered.
        measurements: By condition.
        silences: All that are known, maintenance windows included.
        silenced: Ids of silences by id of the alert.
        refused: Label sets by rule that started no alert.
    """

    alerts: tuple[ShownAlert, ...] = ()
    at_us: int | None = None
    since_us: int | None = None
    answered: int = 0
    measurements: Mapping[Condition, Measurement] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    silenced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)


def show_alerts(
    file: RuleFile,
    alerts: Iterable[Alert],
    silenced: Mapping[str, tuple[str, ...]],
    inhibited: Mapping[str, str],
) -> tuple[ShownAlert, ...]:
    """Return alerts with the texts of their rules, in the order of answers."""
    rules = {rule.alert: rule for rule in file.rules}
    view = views(file)
    return order(
        ShownAlert(
            # Of a rule that the file does not have any more, until its end was sent.
            rules.get(alert.rule) or Rule(alert.rule, SqlCondition("")),
            view(alert),
            silenced.get(alert.id, ()),
            inhibited.get(alert.id),
        )
        for alert in alerts
    )


def with_silences(
    outcome: Outcome, silenced: Mapping[str, tuple[str, ...]], silences: tuple[Silence, ...]
) -> Outcome:
    """Return an outcome with other silences."""
    alerts = tuple(
        replace(shown, silenced_by=silenced.get(shown.view.alert.id, ()))
        for shown in outcome.alerts
    )
    return replace(outcome, alerts=alerts, silenced=silenced, silences=silences)


def order(alerts: Iterable[ShownAlert]) -> tuple[ShownAlert, ...]:
    """Return alerts in the order of answers.

    By state, those that send messages before those that are silenced or inhibited, the worst
    first, then the newest.
    """
    return tuple(
        sorted(
            alerts,
            key=lambda shown: (
                _STATES.index(shown.view.alert.state),
                shown.is_quiet,
                SEVERITIES.index(shown.view.alert.severity),
                -shown.view.alert.started_us,
                shown.view.alert.fingerprint,
            ),
        )
    )


def matches(
    shown: ShownAlert,
    state: str | None = None,
    severity: str | None = None,
    node: str | None = None,
) -> bool:
    """Return whether an alert passes the filters of a request; ``None`` filters nothing."""
    alert = shown.view.alert
    return (
        (state is None or alert.state == state)
        and (severity is None or alert.severity == severity)
        and (node is None or shown.view.labels.get("node") == node)
    )


def count(alerts: Sequence[ShownAlert]) -> AlertCounts:
    """Return the numbers of alerts by state and severity."""
    firing = [shown for shown in alerts if shown.view.alert.state is State.FIRING]
    active = Counter(shown.view.alert.severity for shown in firing if shown.is_active)
    return {
        "firing": active.total(),
        "pending": sum(shown.view.alert.state is State.PENDING for shown in alerts),
        "silenced": sum(bool(shown.silenced_by) for shown in firing),
        "inhibited": sum(shown.inhibited_by is not None for shown in firing),
        "by_severity": {severity: active[severity] for severity in SEVERITIES},
    }


def count_by_state(alerts: Iterable[ShownAlert]) -> dict[tuple[str, str], int]:
    """Return the numbers of alerts by state and severity; all combinations are there.

    Those that fire silenced or inhibited are counted under these names alone.
    """
    counts: dict[tuple[str, str], int] = dict.fromkeys(
        (
            (state, severity)
            for state in ("firing", "pending", "silenced", "inhibited")
            for severity in SEVERITIES
        ),
        0,
    )
    for shown in alerts:
        alert = shown.view.alert
        state: str = alert.state
        if alert.state is State.FIRING and not shown.is_active:
            state = "silenced" if shown.silenced_by else "inhibited"
        if alert.state is not State.RESOLVED:
            counts[state, alert.severity] += 1
    return counts


def active_alert(shown: ShownAlert) -> ActiveAlert:
    """Return an alert as ``/api/alerts`` shows it."""
    rule, view, alert = shown.rule, shown.view, shown.view.alert
    condition = rule.condition if isinstance(rule.condition, FigureCondition) else None
    return {
        "id": alert.id,
        "fingerprint": alert.fingerprint,
        "alert": alert.rule,
        "state": alert.state.value,
        "severity": alert.severity,
        "scope": rule.scope,
        "labels": dict(view.labels),
        "annotations": dict(view.annotations),
        "summary": view.summary,
        "figure": None if condition is None else condition.figure,
        "unit": None if condition is None else unit_of(condition),
        "value": _finite(alert.value),
        "above": None if condition is None else condition.above,
        "below": None if condition is None else condition.below,
        "since": server_time(alert.started_us),
        "fired_at": time_or_null(alert.fired_us),
        "resolved_at": time_or_null(alert.resolved_us),
        "missing_since": time_or_null(alert.missing_us),
        "silenced_by": list(shown.silenced_by[:MAX_SILENCES]),
        "inhibited_by": shown.inhibited_by,
        "about": subject(rule, alert.labels),
        "page": page_of(rule, view.labels),
        "is_builtin": rule.is_builtin,
    }


def unit_of(condition: FigureCondition) -> str | None:
    """Return the unit of a condition's values; a ratio of two windows has none."""
    figure = FIGURES.get(condition.figure)
    return None if figure is None or condition.against_us is not None else figure.unit


def subject(rule: Rule, labels: Iterable[tuple[str, str]]) -> AlertSubject:
    """Return what an alert is about: the label that tells the rule's alerts apart."""
    known = dict(labels)
    by = rule.condition.by if isinstance(rule.condition, FigureCondition) else None
    for name in (by, "node", *known):
        if name is not None and name in known:
            return {"kind": name, "id": known[name]}
    return {"kind": "server" if rule.scope == "server" else "network", "id": ""}


def page_of(rule: Rule, labels: Mapping[str, str]) -> str:
    """Return the hash route of the page that shows more, with labels in place of their names."""
    page = rule.page
    for name, value in labels.items():
        page = page.replace(f"{{{name}}}", value)
    return "#/alerts" if "{" in page else page


def time_or_null(unix_us: int | None) -> str | None:
    """Return a time as text."""
    return None if unix_us is None else server_time(unix_us)


# --- Rules and channels ------------------------------------------------------------------------


@dataclass(frozen=True)
class RuleFigures:
    """The knowledge about one rule beside its declaration.

    Attributes:
        measurement: Of the last evaluation; ``None`` before it.
        seconds: How long that took.
        last_fired_us: When an alert of it began to fire last.
    """

    measurement: Measurement | None = None
    seconds: float | None = None
    last_fired_us: int | None = None


def rule_answer(
    rule: Rule,
    alerts: Sequence[ShownAlert],
    figures: RuleFigures,
    *,
    is_enabled: bool,
    shows_sql: bool,
) -> AlertRule:
    """Return a rule as ``/api/alerts/rules`` shows it.

    Args:
        rule: The rule.
        alerts: Its alerts.
        figures: Of its last evaluation.
        is_enabled: Whether it is evaluated.
        shows_sql: Whether the caller may see the statement and what it selects.
    """
    condition = rule.condition
    figure = condition if isinstance(condition, FigureCondition) else FigureCondition("")
    sql = None if isinstance(condition, FigureCondition) else condition.statement
    firing = sum(shown.view.alert.state is State.FIRING for shown in alerts)
    pending = sum(shown.view.alert.state is State.PENDING for shown in alerts)
    measurement = figures.measurement
    error = None if measurement is None else measurement.error
    return {
        "alert": rule.alert,
        "figure": figure.figure or None,
        "unit": unit_of(figure),
        "by": figure.by,
        "above": figure.above,
        "below": figure.below,
        "window_seconds": _seconds(figure.window_us),
        "against_seconds": _seconds(figure.against_us),
        "sql": sql if shows_sql else None,
        "for_seconds": rule.for_us / SECOND_US,
        "keep_firing_for_seconds": rule.keep_firing_for_us / SECOND_US,
        "severity": rule.severity,
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
        "channels": list(rule.channels),
        "on_missing": rule.on_missing,
        "is_builtin": rule.is_builtin,
        "enabled": is_enabled,
        "state": _rule_state(firing, pending, measurement),
        "firing": firing,
        "pending": pending,
        "values": _worst(rule, measurement),
        "last_error": error if error is None or sql is None or shows_sql else "the statement fails",
        "evaluation_ms": None if figures.seconds is None else round(figures.seconds * 1000, 3),
        "last_fired_at": time_or_null(figures.last_fired_us),
    }


def _rule_state(firing: int, pending: int, measurement: Measurement | None) -> _RuleState:
    if firing:
        return "firing"
    if measurement is None:
        return "unknown"
    if measurement.error is not None:
        return "failing"
    return "pending" if pending else "inactive"


def _worst(rule: Rule, measurement: Measurement | None) -> list[AlertRuleValue]:
    """Return the values of a measurement that are nearest to the threshold or beyond it."""
    if measurement is None:
        return []
    is_below = isinstance(rule.condition, FigureCondition) and rule.condition.below is not None
    sign = 1.0 if is_below else -1.0

    def rank(item: tuple[LabelSet, float | None]) -> tuple[bool, float]:
        value = item[1]
        return (True, 0.0) if value is None else (False, sign * value)

    worst = heapq.nsmallest(MAX_VALUES, measurement.values.items(), key=rank)
    return [{"labels": dict(labels), "value": _finite(value)} for labels, value in worst]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def channel_answer(
    channel: Channel, deliveries: ChannelDeliveries, *, shows_errors: bool
) -> AlertChannel:
    """Return a channel as ``/api/alerts/rules`` shows it."""
    return {
        "name": channel.name,
        "type": channel.type,
        "send_resolved": channel.send_resolved,
        "min_severity": channel.min_severity,
        "queued": deliveries.queued,
        "delivered": deliveries.delivered,
        "failed": deliveries.failed,
        "dead": deliveries.dead,
        "last_error": deliveries.last_error if shows_errors else None,
        "last_delivered_at": time_or_null(deliveries.last_delivered_us),
    }


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / SECOND_US


# --- History, silences, messages ---------------------------------------------------------------


def transition_answer(record: HistoryRecord, view: View) -> AlertTransition:
    """Return a change of a state as ``/api/alerts/history`` shows it."""
    transition = record.transition
    shown = view(transition.alert)
    return {
        "id": record.number,
        "alert_id": transition.alert.id,
        "alert": transition.alert.rule,
        "labels": dict(shown.labels),
        "severity": transition.alert.severity,
        "from": transition.previous,
        "to": transition.next,
        "at": server_time(transition.at_us),
        "value": _finite(transition.alert.value),
        "summary": shown.summary,
        "why": transition.reason,
    }


def silence_answer(silence: Silence, alerts: int, now_us: int) -> SilenceAnswer:
    """Return a silence or a maintenance window as ``/api/alerts/silences`` shows it.

    Args:
        silence: The silence.
        alerts: How many alerts it matches.
        now_us: Unix microseconds.
    """
    return {
        "id": silence.id,
        "matchers": list(silence.matchers),
        "starts_at": server_time(silence.starts_us),
        "ends_at": server_time(silence.ends_us),
        "author": "" if is_of_file(silence) else silence.author,
        "reason": silence.reason,
        "state": _silence_state(silence, now_us),
        "source": "file" if is_of_file(silence) else "api",
        "alerts": alerts,
    }


def is_of_file(silence: Silence) -> bool:
    """Return whether a silence is a maintenance window of the rule file."""
    return silence.author == FILE_AUTHOR


def _silence_state(silence: Silence, now_us: int) -> Literal["pending", "active", "expired"]:
    if silence.ends_us <= now_us:
        return "expired"
    return "active" if silence.starts_us <= now_us else "pending"


def delivery_answer(delivery: Delivery, resting_us: int = 0) -> DeliveryAnswer:
    """Return a message as ``/api/alerts/deliveries`` shows it.

    Args:
        delivery: The message.
        resting_us: When its channel continues after failures; 0 if it does not rest.
    """
    notification = delivery.notification
    next_us = max(delivery.next_us, resting_us) if delivery.state == "queued" else None
    return {
        "id": notification.id,
        "number": delivery.number,
        "channel": notification.channel,
        "group": notification.group_key,
        "status": notification.status,
        "reason": notification.reason,
        "state": delivery.state,
        "alerts": len(notification.alerts) + notification.truncated,
        "summary": notification.alerts[0].summary if notification.alerts else "",
        "created_at": server_time(notification.created_us),
        "attempts": delivery.attempts,
        "next_attempt_at": time_or_null(next_us),
        "delivered_at": time_or_null(
            delivery.finished_us if delivery.state == "delivered" else None
        ),
        "last_error": delivery.error,
    }


def test_notification(channel: str, now_us: int) -> Notification:
    """Return a message that says that a channel works."""
    labels = {"alertname": "TestMessage", "severity": "info"}
    alert = Alert(
        rule="TestMessage",
        labels=(),
        state=State.FIRING,
        fingerprint="0" * 16,
        id=f"test-{now_us}",
        condition="",
        started_us=now_us,
        held_us=0,
        evaluated_us=now_us,
        known_us=now_us,
        true_us=now_us,
        value=None,
        severity="info",
        fired_us=now_us,
    )
    summary = f"This is a test of the channel {channel}: nothing is wrong."
    return Notification(
        id=f"test-{now_us}",
        channel=channel,
        group_key="TestMessage",
        status="firing",
        alerts=(AlertView(alert, labels, {"summary": summary}, summary),),
        truncated=0,
        firing=1,
        resolved=0,
        created_us=now_us,
        reason="test",
        group_labels={"alertname": "TestMessage"},
    )


# --- jamtart's message -------------------------------------------------------------------------

# The member of ``details`` that jamtart has for a type of alert.
_JAMTART_DETAILS = {
    "dropped_events": "dropped_count",
    "undecodable_events": "undecodable",
    "node_behind": "slots_behind",
    "node_inactive": "silent_seconds",
    "high_failure_rate": "rate",
}


def jamtart_alert(shown: ShownAlert) -> dict[str, Any]:
    """Return an alert as jamtart's WebSocket message ``alert`` has it."""
    alert = shown.view.alert
    kind = shown.rule.jamtart_type or alert.rule
    details: dict[str, Any] = {k: v for k, v in alert.labels if k != "node"}
    value = _finite(alert.value)
    if value is not None and value.is_integer():
        details[_JAMTART_DETAILS.get(kind, "value")] = int(value)
    else:
        details[_JAMTART_DETAILS.get(kind, "value")] = value
    node = dict(alert.labels).get("node")
    return {
        "severity": alert.severity,
        "type": kind,
        "message": shown.view.summary,
        "timestamp": server_time(alert.started_us),
        **({} if node is None else {"node_id": node}),
        "details": details,
    }
