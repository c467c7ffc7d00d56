"""Values that the evaluation, the state of alerts, storage and delivery exchange.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from tart.alerting.rules.model import FigureCondition, LabelSet, Severity, SqlCondition

Condition: TypeAlias = FigureCondition | SqlCondition
# Names of states in transitions: those of ``State``, and ``inactive``.
StateName: TypeAlias = Literal["inactive", "pending", "firing", "resolved"]


@dataclass(frozen=True)
class Measurement:
    """The values of a condition's figure or statement at one time.

    Attributes:
        values: By label set; ``None`` if the value is not known. Of a statement, its rows.
        is_complete: Whether all shards answered: else nothing follows from a label set that is
            absent, and nothing ends.
        error: Why there is no value at all; ``None`` if there are values.
    """

    values: Mapping[LabelSet, float | None]
    is_complete: bool = True
    error: str | None = None


class State(StrEnum):
    """The state of an alert; an inactive one is not stored."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Alert:
    """The state of one alert: of a rule and a label set.

    Attributes:
        rule: Name of the rule.
        labels: Of the measurement.
        state: Pending, firing, or resolved (stored until its end was sent).
        fingerprint: 16 hex digits of rule and labels: the same whenever it comes back.
        id: Of this episode: ``fingerprint-started_us``; every message about it has it.
        condition: Digest of the rule's condition; the alert ends when that changes.
        started_us: When the condition held first, Unix microseconds.
        held_us: How long it has held while tart evaluated: down time does not count.
        clear_us: How long it has not held since, likewise; counts to ``keep_firing_for``.
        absent_us: How long the figure has had no value, likewise.
        evaluated_us: When its rule was evaluated last, whatever came of it.
        known_us: When the figure had a value last.
        true_us: When the condition held last.
        value: Of that time.
        holds: Whether the condition held when the figure had a value last.
        fired_us: When it began to fire; ``None`` while it is pending.
        resolved_us: When it ended.
        missing_us: Since when the value has not been known; ``None`` if it is known.
        reason: Why it ended, if not because its condition does not hold any more.
    """

    rule: str
    labels: LabelSet
    state: State
    fingerprint: str
    id: str
    condition: str
    started_us: int
    held_us: int
    evaluated_us: int
    known_us: int
    true_us: int
    value: float | None
    severity: Severity = "warning"
    holds: bool = True
    clear_us: int = 0
    absent_us: int = 0
    fired_us: int | None = None
    resolved_us: int | None = None
    missing_us: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Transition:
    """A change of the state of an alert: one row of the history.

    Attributes:
        alert: After it.
        previous: The state before it.
        next: The state after it; the same as before when the severity changed.
        at_us: Unix microseconds.
        reason: Why, if not by the condition: ``severity``, ``rule removed``, ``rule changed``,
            ``no value``.
    """

    alert: Alert
    previous: StateName
    next: StateName
    at_us: int
    reason: str = ""


@dataclass(frozen=True)
class Group:
    """The knowledge of a channel about the alerts of one rule.

    Attributes:
        channel: Name of the channel.
        key: The name of the rule.
        started_us: When the first of its alerts was to be sent: ``group_wait`` counts from there.
        sequence: The number of its messages.
        sent_us: When the last message was made; ``None`` before the first.
        announced: Severities by id of the alerts that the channel knows as firing.
    """

    channel: str
    key: str
    started_us: int
    sequence: int = 0
    sent_us: int | None = None
    announced: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(frozen=True)
class Silence:
    """A time in which matching alerts send nothing, made by an operator.

    Attributes:
        id: 16 hex digits.
        matchers: As text: ``node="…"``, ``alertname=~"Node.*"``; all must match.
        starts_us: Unix microseconds.
        ends_us: Unix microseconds; that of its deletion if it was ended early.
        author: Who made it.
        reason: Why.
        created_us: Unix microseconds.
    """

    id: str
    matchers: tuple[str, ...]
    starts_us: int
    ends_us: int
    author: str
    reason: str
    created_us: int


@dataclass(frozen=True)
class AlertView:
    """An alert as messages, the API and the pages show it: with its rule's texts.

    Attributes:
        labels: All, with ``alertname`` and ``severity``.
        annotations: With the templates filled in.
        summary: The sentence: the annotation ``summary``, or one made of figure and threshold.
        url: Of the page that shows more; empty without ``external_url``.
    """

    alert: Alert
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    summary: str
    url: str = ""


@dataclass(frozen=True)
class Notification:
    """A message that is due to one channel about one group of alerts.

    Attributes:
        id: The same for every attempt to send it, and after a restart: ``webhook-id``.
        channel: Name of the channel.
        group_key: Rule, or rule and further labels, whose alerts share messages.
        status: ``firing`` while one of its alerts fires.
        alerts: The worst ones, at most ``MAX_ALERTS``.
        truncated: How many more there are.
        firing: How many of all fire.
        resolved: How many of all have ended since the last message.
        created_us: Unix microseconds.
        reason: ``new``, ``changed``, ``resolved``, ``repeat`` or ``test``.
    """

    id: str
    channel: str
    group_key: str
    status: Literal["firing", "resolved"]
    alerts: tuple[AlertView, ...]
    truncated: int
    firing: int
    resolved: int
    created_us: int
    reason: Literal["new", "changed", "resolved", "repeat", "test"]
    group_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A message in the form of its channel: what a sender sends.

    Attributes:
        kind: ``http``, ``smtp``, ``command`` or ``apprise``.
        url: Of HTTP; never logged whole, since it may contain a token.
        body: Bytes of the request, of the e-mail (RFC 5322), or of the command's standard input.
        details: What else the kind needs (method, recipients, arguments, environment).
    """

    kind: Literal["http", "smtp", "command", "apprise"]
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)


# The most alerts of one message.
MAX_ALERTS = 10
