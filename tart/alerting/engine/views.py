"""Alerts with the texts of their rules, as messages, the API and the pages show them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import quote

from tart.alerting.engine.model import Alert, AlertView
from tart.alerting.rules.durations import format_duration
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, Rule, RuleFile
from tart.alerting.rules.templates import format_value, render

View: TypeAlias = Callable[[Alert], AlertView]

# Of a node's id, as the pages show it.
_SHORT = 8
_LABEL_IN_PAGE = re.compile(r"\{(\w+)\}")


def all_labels(alert: Alert, rule: Rule | None) -> Mapping[str, str]:
    """Return the labels that matchers and messages see.

    Args:
        alert: The alert.
        rule: ``None`` if the rule file does not have it any more.
    """
    added = {} if rule is None else rule.labels
    return {
        **added,
        **dict(alert.labels),
        "alertname": alert.rule,
        "severity": alert.severity,
    }


def views(file: RuleFile) -> View:
    """Return the function that adds the texts of a rule file to an alert."""
    rules = {rule.alert: rule for rule in file.rules}

    def view(alert: Alert) -> AlertView:
        rule = rules.get(alert.rule)
        labels = all_labels(alert, rule)
        annotations = {} if rule is None else rule.annotations
        texts = {name: render(text, labels, alert.value) for name, text in annotations.items()}
        page = "#/alerts" if rule is None else rule.page
        return AlertView(
            alert,
            labels,
            texts,
            texts.get("summary") or describe(alert, rule),
            _url(file.external_url, page, labels),
        )

    return view


def describe(alert: Alert, rule: Rule | None) -> str:
    """Return a sentence about an alert whose rule has no summary."""
    labels = ", ".join(
        f"{name} {value[:_SHORT] if name == 'node' else value}" for name, value in alert.labels
    )
    subject = f"{alert.rule} ({labels})" if labels else alert.rule
    if rule is None or not isinstance(rule.condition, FigureCondition):
        return subject if alert.value is None else f"{subject}: {format_value(alert.value)}"
    condition = rule.condition
    limit, word = (
        (condition.below, "below") if condition.above is None else (condition.above, "above")
    )
    figure = FIGURES.get(condition.figure)
    unit = "" if figure is None else figure.unit
    if condition.against_us is not None:
        unit = f"times that of {format_duration(condition.against_us)} before"
    value = "unknown" if alert.value is None else _amount(alert.value, unit)
    return f"{subject}: {condition.figure} is {value}, {word} {_amount(limit or 0.0, unit)}"


def _amount(value: float, unit: str) -> str:
    """Return a value of a figure as people read it."""
    formatter = {"share": "humanizePercentage", "seconds": "humanizeDuration"}.get(unit)
    if formatter is not None:
        return render(f"{{{{ $value | {formatter} }}}}", {}, value)
    return f"{format_value(value)} {unit}".rstrip()


def _url(external_url: str, page: str, labels: Mapping[str, str]) -> str:
    if not external_url:
        return ""
    if any(not labels.get(name) for name in _LABEL_IN_PAGE.findall(page)):
        page = "#/alerts"
    path = _LABEL_IN_PAGE.sub(lambda match: quote(labels.get(match[1], ""), safe=""), page)
    return f"{external_url.rstrip('/')}/{path}"
