"""The state machine of alerts: inactive, pending, firing, resolved.

Pure. ``advance`` takes the alerts of the last turn and the measurements of this one, and returns
the alerts of this turn and the transitions that led there. It decides by four observations of an
alert's condition:

- it holds, or it is clear (it has a value that does not fulfil it);
- its value is absent: all shards answered, and the figure has none; ``on_missing`` decides;
- it is unknown: an error, a shard without an answer, or no measurement. Nothing follows.

Time counts only between two turns that observed the same and were at most ``max_gap_us`` apart:
what happened while tart was down is not known.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum, auto

from tart.alerting.engine.model import (
    Alert,
    Condition,
    Measurement,
    State,
    StateName,
    Transition,
)
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, LabelSet, Rule

# The most alerts of one rule; further label sets are counted, and start none.
MAX_ALERTS_PER_RULE = 10_000
RULE_REMOVED, RULE_CHANGED, NO_VALUE, SEVERITY = (
    "rule removed",
    "rule changed",
    "no value",
    "severity",
)
_UNMEASURED = Measurement({}, is_complete=False, error="it was not measured")


@dataclass(frozen=True)
class Advance:
    """The result of a turn.

    Attributes:
        alerts: Of all rules, those that ended before and are still stored included.
        transitions: In the order of the rules.
        refused: By rule: label sets that started no alert because the rule has too many.
    """

    alerts: tuple[Alert, ...]
    transitions: tuple[Transition, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)


class _Observation(Enum):
    HOLDS = auto()
    CLEAR = auto()
    ABSENT = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class _Turn:
    """The values that are the same for all alerts of a turn."""

    now_us: int
    max_gap_us: int

    def gap(self, since_us: int) -> int:
        """Return the time that counts since an earlier turn; none after a longer pause.

        A clock that was set back counts nothing either.
        """
        gap = self.now_us - since_us
        return gap if 0 < gap <= self.max_gap_us else 0


def advance(
    rules: Iterable[Rule],
    alerts: Iterable[Alert],
    measurements: Mapping[Condition, Measurement],
    now_us: int,
    *,
    max_gap_us: int,
    max_alerts: int = MAX_ALERTS_PER_RULE,
) -> Advance:
    """Return the alerts after a turn.

    Args:
        rules: All rules in force.
        alerts: Of the last turn.
        measurements: By condition; a condition without one is unknown.
        now_us: The time that the measurements are of, Unix microseconds.
        max_gap_us: The longest time between two turns that counts; a few intervals.
        max_alerts: The most alerts of one rule.
    """
    turn = _Turn(now_us, max_gap_us)
    by_rule: dict[str, dict[LabelSet, Alert]] = defaultdict(dict)
    result = _Result()
    for alert in alerts:
        if alert.state is State.RESOLVED:
            result.add(alert)
        else:
            by_rule[alert.rule][alert.labels] = alert
    for rule in rules:
        present = by_rule.pop(rule.alert, {})
        measurement = measurements.get(rule.condition, _UNMEASURED)
        _advance_rule(rule, present, measurement, turn, max_alerts, result)
    for present in by_rule.values():
        for alert in present.values():
            result.end(alert, now_us, RULE_REMOVED)
    return Advance(tuple(result.alerts), tuple(result.transitions), result.refused)


def fingerprint(rule: str, labels: LabelSet) -> str:
    """Return what identifies the alert of a rule and a label set: 16 hex digits."""
    parts = [rule, *(part for pair in labels for part in pair)]
    # Lengths keep parts apart whatever they contain.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def condition_digest(condition: Condition) -> str:
    """Return what distinguishes a condition from others: 16 hex digits.

    A later release may add members: those without a value are left out.
    """
    members = ((member.name, getattr(condition, member.name)) for member in fields(condition))
    text = repr([(name, value) for name, value in members if value is not None])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class _Result:
    """The alerts and transitions of a turn as they are collected."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.transitions: list[Transition] = []
        self.refused: dict[str, int] = {}
        self.ids: set[str] = set()

    def add(self, alert: Alert) -> None:
        """Add an alert."""
        self.alerts.append(alert)
        self.ids.add(alert.id)

    def record(self, alert: Alert, previous: StateName, next_: StateName, reason: str = "") -> None:
        """Record a transition of this turn."""
        self.transitions.append(
            Transition(alert, previous, next_, alert.evaluated_us, reason=reason)
        )

    def end(self, alert: Alert, now_us: int, reason: str = "") -> None:
        """End an alert: one that fires is stored until its end was sent, a pending one is not."""
        if alert.state is State.FIRING:
            ended = replace(
                alert,
                state=State.RESOLVED,
                resolved_us=now_us,
                evaluated_us=now_us,
                reason=reason,
            )
            self.add(ended)
            self.record(ended, "firing", "resolved", reason)
        else:
            self.record(replace(alert, evaluated_us=now_us), "pending", "inactive", reason)


def _advance_rule(
    rule: Rule,
    present: dict[LabelSet, Alert],
    measurement: Measurement,
    turn: _Turn,
    max_alerts: int,
    result: _Result,
) -> None:
    digest = condition_digest(rule.condition)
    current: dict[LabelSet, Alert] = {}
    for labels, alert in present.items():
        if alert.condition == digest:
            current[labels] = alert
        else:
            result.end(alert, turn.now_us, RULE_CHANGED)
    for alert in current.values():
        observation, value = _observe(rule, measurement, alert.labels)
        _step(rule, alert, observation, value, turn, result)
    room = max_alerts - len(current)
    for labels in _candidates(rule, measurement):
        if labels in current:
            continue
        observation, value = _observe(rule, measurement, labels)
        if observation is not _Observation.HOLDS:
            continue
        if room > 0:
            room -= 1
            _start(rule, labels, value, digest, turn, result)
        else:
            result.refused[rule.alert] = result.refused.get(rule.alert, 0) + 1


def _candidates(rule: Rule, measurement: Measurement) -> Iterable[LabelSet]:
    """Return the label sets that may start an alert, in an order that is always the same."""
    if measurement.error is not None:
        return ()
    if rule.on_missing == "alert" and _is_single(rule.condition):
        return {(): None, **measurement.values}
    if isinstance(rule.condition, FigureCondition) and rule.on_missing != "alert":
        holds = rule.condition.holds
        # Of a thousand nodes few are in trouble: the others need no closer look.
        return sorted(
            labels
            for labels, value in measurement.values.items()
            if value is not None and holds(value)
        )
    return sorted(measurement.values)


def _is_single(condition: Condition) -> bool:
    """Return whether there is one value for the network or the server as a whole."""
    if not isinstance(condition, FigureCondition):
        return False
    figure = FIGURES.get(condition.figure)
    return condition.by is None and (figure is None or figure.label(None) is None)


def _observe(
    rule: Rule, measurement: Measurement, labels: LabelSet
) -> tuple[_Observation, float | None]:
    """Return what a measurement says of the condition for a label set, and the value."""
    if measurement.error is not None:
        return _Observation.UNKNOWN, None
    if isinstance(rule.condition, FigureCondition):
        value = measurement.values.get(labels)
        if value is not None and not math.isnan(value):
            return _compare(rule.condition, value, is_complete=measurement.is_complete), value
        if not measurement.is_complete:
            return _Observation.UNKNOWN, None
        return _missing(rule, is_known=labels in measurement.values or not labels), None
    # The rows of a statement are those for which the condition holds.
    if labels in measurement.values:
        return _Observation.HOLDS, measurement.values[labels]
    return (_Observation.CLEAR if measurement.is_complete else _Observation.UNKNOWN), None


def _compare(condition: FigureCondition, value: float, *, is_complete: bool) -> _Observation:
    """Compare a value with the threshold.

    Without all shards, a small value may be one that lacks their part, and so may be a part of a
    quotient: only a value that is too great says something.
    """
    holds = condition.holds(value)
    if is_complete or (holds and condition.above is not None and condition.against_us is None):
        return _Observation.HOLDS if holds else _Observation.CLEAR
    return _Observation.UNKNOWN


def _missing(rule: Rule, *, is_known: bool) -> _Observation:
    """Return what follows from a value that is absent though all shards answered.

    Args:
        rule: The rule.
        is_known: Whether the figure still names the label set, or has none at all. One that it
            does not name any more ends by itself.
    """
    match rule.on_missing:
        case "resolve":
            return _Observation.CLEAR
        case "alert" if is_known:
            return _Observation.HOLDS
    return _Observation.ABSENT


def _start(
    rule: Rule,
    labels: LabelSet,
    value: float | None,
    digest: str,
    turn: _Turn,
    result: _Result,
) -> None:
    mark = fingerprint(rule.alert, labels)
    started_us = turn.now_us
    # After the clock was set back, an earlier episode may have begun at the same time.
    while (alert_id := f"{mark}-{started_us}") in result.ids:
        started_us += 1
    alert = Alert(
        rule=rule.alert,
        labels=labels,
        state=State.PENDING,
        fingerprint=mark,
        id=alert_id,
        condition=digest,
        started_us=started_us,
        held_us=0,
        evaluated_us=turn.now_us,
        known_us=turn.now_us,
        true_us=turn.now_us,
        value=value,
        severity=rule.severity,
        missing_us=turn.now_us if value is None and _is_figure(rule) else None,
    )
    if rule.for_us <= 0:
        alert = replace(alert, state=State.FIRING, fired_us=turn.now_us)
    result.add(alert)
    result.record(alert, "inactive", "firing" if alert.state is State.FIRING else "pending")


def _is_figure(rule: Rule) -> bool:
    return isinstance(rule.condition, FigureCondition)


def _step(
    rule: Rule,
    alert: Alert,
    observation: _Observation,
    value: float | None,
    turn: _Turn,
    result: _Result,
) -> None:
    if alert.severity != rule.severity:
        alert = replace(alert, severity=rule.severity, evaluated_us=turn.now_us)
        result.record(alert, alert.state.value, alert.state.value, SEVERITY)
    match observation:
        case _Observation.HOLDS:
            _hold(rule, alert, value, turn, result)
        case _Observation.CLEAR:
            _clear(rule, alert, turn, result)
        case _Observation.ABSENT:
            _absent(rule, alert, turn, result)
        case _Observation.UNKNOWN:
            missing_us = turn.now_us if alert.missing_us is None else alert.missing_us
            result.add(replace(alert, evaluated_us=turn.now_us, missing_us=missing_us))


def _has_lasted(held_us: int, wanted_us: int) -> bool:
    """Return whether something has held for long enough.

    Turns come milliseconds early or late. Without the tolerance of one percent an alert whose time
    is two intervals would fire after two or after three, at random.
    """
    return held_us * 100 >= wanted_us * 99


def _hold(rule: Rule, alert: Alert, value: float | None, turn: _Turn, result: _Result) -> None:
    now_us = turn.now_us
    is_missing = value is None and _is_figure(rule)
    held_us = alert.held_us + turn.gap(alert.known_us) if alert.holds else alert.held_us
    alert = replace(
        alert,
        held_us=held_us,
        clear_us=0,
        absent_us=0,
        evaluated_us=now_us,
        known_us=now_us,
        true_us=now_us,
        holds=True,
        value=value,
        missing_us=(alert.missing_us or now_us) if is_missing else None,
    )
    if alert.state is State.PENDING and _has_lasted(alert.held_us, rule.for_us):
        alert = replace(alert, state=State.FIRING, fired_us=now_us)
        result.record(alert, "pending", "firing")
    result.add(alert)


def _clear(rule: Rule, alert: Alert, turn: _Turn, result: _Result) -> None:
    now_us = turn.now_us
    clear_us = 0 if alert.holds else alert.clear_us + turn.gap(alert.known_us)
    if alert.state is State.PENDING or _has_lasted(clear_us, rule.keep_firing_for_us):
        result.end(alert, now_us)
        return
    result.add(
        replace(
            alert,
            clear_us=clear_us,
            absent_us=0,
            evaluated_us=now_us,
            known_us=now_us,
            holds=False,
            missing_us=None,
        )
    )


def _absent(rule: Rule, alert: Alert, turn: _Turn, result: _Result) -> None:
    now_us = turn.now_us
    gap = 0 if alert.missing_us is None else turn.gap(alert.evaluated_us)
    absent_us = alert.absent_us + gap
    if absent_us >= rule.missing_limit_us:
        result.end(alert, now_us, NO_VALUE)
        return
    missing_us = now_us if alert.missing_us is None else alert.missing_us
    result.add(replace(alert, absent_us=absent_us, evaluated_us=now_us, missing_us=missing_us))
