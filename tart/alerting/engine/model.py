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
        state: Pending, firing, or resolved (kept until its end was sent).
        fingerprint: 16 hex digits of rule and labels: the same whenever it comes back.
        id: Of this episode: ``fingerprint-started_us``; every message about it has it.
        started_us: When the condition held first, Unix microseconds.
        held_us: How long it has held while tart evaluated: down time does not count.
        evaluated_us: When it was evaluated last.
        true_us: When the condition held last.
        value: Of that time.
        fired_us: When it began to fire; ``None`` while it is pending.
        resolved_us: When it ended.
        missing_us: Since when the figure has had no value; ``None`` if it has one.
    """

    rule: str
    labels: LabelSet
    state: State
    fingerprint: str
    id: str
    started_us: int
    held_us: int
    evaluated_us: int
    true_us: int
    value: float | None
    severity: Severity = "warning"
    fired_us: int | None = None
    resolved_us: int | None = None
    missing_us: int | None = None


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
