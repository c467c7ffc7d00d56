"""The figures of alerting itself: what health and ``/metrics`` show of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

# An evaluation that is this many intervals late is a fault, and a time beyond that in which the
# first one waits for shards, and each for its figures.
LATE_INTERVALS = 4
GRACE_SECONDS = 90.0
# The most sentences of a message.
_MAX_LISTED = 3


@dataclass(frozen=True)
class AlertingFigures:
    """The state of alerting.

    Labels are names of rules and channels, which the rule file bounds.

    Attributes:
        alerts: Numbers by state and severity; silenced and inhibited ones under these names.
        rules: Rules in force.
        seconds_since: Since the last evaluation, or since the start before the first.
        evaluations: Evaluations that came to an end.
        rule_seconds: Time that the evaluation of each rule took, all in all.
        rule_failures: Evaluations that gave no value, by rule.
        delivery_outcomes: Numbers by channel and outcome: delivered, failed, dead or superseded.
        queued: Messages that wait, by channel.
        dropped_messages: Messages given up because too many of their channel waited.
        problems: Sentences about what does not work.
    """

    alerts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    rules: int = 0
    interval_seconds: float = 30.0
    seconds_since: float = 0.0
    evaluations: int = 0
    rule_seconds: Mapping[str, float] = field(default_factory=dict)
    rule_failures: Mapping[str, int] = field(default_factory=dict)
    delivery_outcomes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    queued: Mapping[str, int] = field(default_factory=dict)
    store_failures: int = 0
    skipped_messages: int = 0
    dropped_messages: int = 0
    problems: tuple[str, ...] = ()

    @property
    def is_late(self) -> bool:
        """True if the rules are not evaluated any more."""
        return self.seconds_since > LATE_INTERVALS * self.interval_seconds + GRACE_SECONDS

    @property
    def fault(self) -> str:
        """The reason why alerting cannot be trusted; empty if it can."""
        if self.is_late:
            return f"rules have not been evaluated for {self.seconds_since:.0f} s"
        more = len(self.problems) - _MAX_LISTED
        listed = "; ".join(self.problems[:_MAX_LISTED])
        return f"{listed}; and {more} more" if more > 0 else listed

    @property
    def firing(self) -> int:
        """The number of alerts that fire, without silenced and inhibited ones."""
        return sum(count for (state, _), count in self.alerts.items() if state == "firing")


def alert_metrics(figures: AlertingFigures | None) -> Iterator[Metric]:
    """Yield the metrics of alerting."""
    if figures is None:
        return
    alerts = GaugeMetricFamily(
        "tart_alerts",
        "Alerts by state: firing and pending ones, and those that fire silenced or inhibited.",
        labels=["state", "severity"],
    )
    for (state, severity), count in sorted(figures.alerts.items()):
        alerts.add_metric([state, severity], count)
    yield alerts
    yield GaugeMetricFamily("tart_alert_rules", "Alerting rules in force.", value=figures.rules)
    yield GaugeMetricFamily(
        "tart_alert_evaluation_age_seconds",
        "Time since the rules were evaluated last.",
        value=figures.seconds_since,
    )
    yield GaugeMetricFamily(
        "tart_alert_problems", "Problems of alerting itself.", value=len(figures.problems)
    )
    yield from _counters(figures)
    yield from _deliveries(figures)


def _counters(figures: AlertingFigures) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "tart_alert_evaluations", "Evaluations of all rules.", value=figures.evaluations
    )
    yield CounterMetricFamily(
        "tart_alert_store_failures",
        "Failures to read or write the state of alerts.",
        value=figures.store_failures,
    )
    yield CounterMetricFamily(
        "tart_alert_stream_skipped",
        "States of the alerts that slow clients of the streams skipped.",
        value=figures.skipped_messages,
    )
    seconds = CounterMetricFamily(
        "tart_alert_evaluation_seconds", "Time to evaluate a rule.", labels=["rule"]
    )
    failures = CounterMetricFamily(
        "tart_alert_evaluation_failures", "Evaluations without a value.", labels=["rule"]
    )
    for rule, value in sorted(figures.rule_seconds.items()):
        seconds.add_metric([rule], value)
        failures.add_metric([rule], figures.rule_failures.get(rule, 0))
    yield from (seconds, failures)


def _deliveries(figures: AlertingFigures) -> Iterator[Metric]:
    outcomes = CounterMetricFamily(
        "tart_alert_deliveries",
        "Attempts to deliver a message by outcome: delivered or failed; and messages that were "
        "given up (dead) or replaced by a newer one (superseded).",
        labels=["channel", "outcome"],
    )
    for (channel, outcome), count in sorted(figures.delivery_outcomes.items()):
        outcomes.add_metric([channel, outcome], count)
    yield outcomes
    queued = GaugeMetricFamily(
        "tart_alert_deliveries_queued", "Messages that wait to be delivered.", labels=["channel"]
    )
    for channel, count in sorted(figures.queued.items()):
        queued.add_metric([channel], count)
    yield queued
    yield CounterMetricFamily(
        "tart_alert_deliveries_dropped",
        "Messages given up because too many of their channel waited.",
        value=figures.dropped_messages,
    )
