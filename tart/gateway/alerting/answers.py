"""Answers about alerts, from the values that the evaluation and the store give. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tart.alerting.engine.model import AlertView, State
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import SEVERITIES, FigureCondition, Rule
from tart.query.answers.alerts import ActiveAlert, AlertCounts, AlertSubject
from tart.query.core.rfc3339 import server_time

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
    def is_active(self) -> bool:
        """True if it fires and nothing holds its messages back."""
        return (
            self.view.alert.state is State.FIRING
            and not self.silenced_by
            and self.inhibited_by is None
        )


@dataclass(frozen=True)
class Evaluation:
    """The outcome of the last evaluation, and what the service knows beside it.

    Attributes:
        alerts: All, in the order of answers.
        evaluated_us: Unix microseconds; ``None`` before the first evaluation.
        since_us: Of the first evaluation of this process.
        answered: Shards that answered.
    """

    alerts: tuple[ShownAlert, ...] = ()
    evaluated_us: int | None = None
    since_us: int | None = None
    answered: int = 0
    problems: tuple[str, ...] = field(default=())


def order(alerts: Iterable[ShownAlert]) -> tuple[ShownAlert, ...]:
    """Return alerts in the order of answers: by state, the worst first, then the newest."""
    return tuple(
        sorted(
            alerts,
            key=lambda shown: (
                _STATES.index(shown.view.alert.state),
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
        "value": alert.value,
        "above": None if condition is None else condition.above,
        "below": None if condition is None else condition.below,
        "since": server_time(alert.started_us),
        "fired_at": time_or_null(alert.fired_us),
        "resolved_at": time_or_null(alert.resolved_us),
        "missing_since": time_or_null(alert.missing_us),
        "silenced_by": list(shown.silenced_by),
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
