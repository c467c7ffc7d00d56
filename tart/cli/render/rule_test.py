"""Texts and documents of ``tart alerts test``: transitions of alerts, and a summary by rule.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tart.alerting.engine.model import AlertView, State
from tart.alerting.rules.model import FigureCondition, Rule
from tart.alerting.rules.templates import format_value
from tart.amounts import duration_text, plural
from tart.cli.render.documents import RuleTestDocument, TestedRule, TestedTransition
from tart.printable import replace_unprintable
from tart.query.core.rfc3339 import server_time
from tart.units import SECOND_US

# Hex digits of a node's id in a line of text; JSON has all.
_SHOWN_DIGITS = 12


@dataclass(frozen=True)
class ShownChange:
    """A transition with its texts.

    Attributes:
        at_us: Unix microseconds.
        previous: The state before it.
        next: The state after it.
        reason: Why, if not by the condition.
        inhibited_by: The alert that explains it, and holds its messages back.
    """

    view: AlertView
    at_us: int
    previous: str
    next: str
    reason: str = ""
    inhibited_by: str | None = None


@dataclass
class RuleTest:
    """The outcome of a test.

    Attributes:
        tested: The rules that were evaluated.
        left_out: Rules that a capture cannot test, and why.
        changes: All transitions in order of time.
        errors: By rule, why it could not be evaluated; the last reason.
        started_us: The time of the first bytes, Unix microseconds.
        ended_us: The time of the last bytes.
        turns: Evaluations.
        pauses: Long times without events, which were skipped.
        events: Messages in the capture.
    """

    tested: Sequence[Rule]
    left_out: Sequence[tuple[Rule, str]] = ()
    changes: list[ShownChange] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    started_us: int | None = None
    ended_us: int | None = None
    turns: int = 0
    pauses: int = 0
    events: int = 0

    @property
    def fired(self) -> Counter[str]:
        """The number of times that each rule fired, also while its messages were held back."""
        return Counter(
            change.view.alert.rule
            for change in self.changes
            if change.next == State.FIRING and change.previous != State.FIRING
        )


def transition_line(change: ShownChange) -> str:
    """Return a transition as one line."""
    alert = change.view.alert
    labels = " ".join(f"{name}={_short(value)}" for name, value in alert.labels)
    value = "-" if alert.value is None else format_value(alert.value)
    why = f"  ({change.reason})" if change.reason else ""
    held = f"  (inhibited by {change.inhibited_by})" if change.inhibited_by else ""
    state = f"{change.next:<8}"
    parts = [server_time(change.at_us)[:19] + "Z", state, alert.rule, labels, f"value {value}"]
    return replace_unprintable("  ".join(part for part in parts if part) + why + held)


def summary(test: RuleTest) -> str:
    """Return the summary: which rules fired how often, and which never."""
    fired = test.fired
    lines = [_played(test)]
    if fired:
        lines += ["", "Fired:"]
        lines += [f"  {name}  {number:,} ×" for name, number in _by_number(fired)]
    never = [rule.alert for rule in test.tested if rule.alert not in fired]
    if never:
        lines += ["", f"Never fired: {', '.join(never)}"]
    if test.errors:
        lines += ["", "Not evaluated:"]
        lines += [f"  {name}: {error}" for name, error in sorted(test.errors.items())]
    if test.left_out:
        lines += ["", f"Not tested: {_left_out(test)}"]
    return "\n".join(replace_unprintable(line) for line in lines)


def document(test: RuleTest) -> RuleTestDocument:
    """Return the outcome as a JSON document."""
    fired = test.fired
    return {
        "events": test.events,
        "started_at": None if test.started_us is None else server_time(test.started_us),
        "ended_at": None if test.ended_us is None else server_time(test.ended_us),
        "evaluations": test.turns,
        "skipped_pauses": test.pauses,
        "transitions": [_transition(change) for change in test.changes],
        "rules": [_rule(rule, fired, test) for rule in test.tested],
        "not_tested": [{"alert": rule.alert, "reason": reason} for rule, reason in test.left_out],
    }


def _played(test: RuleTest) -> str:
    length_us = 0 if test.started_us is None else (test.ended_us or 0) - test.started_us
    pauses = f", {plural(test.pauses, 'long pause')} skipped" if test.pauses else ""
    return (
        f"{plural(test.events, 'event')} of {duration_text(length_us / SECOND_US)}, "
        f"{plural(test.turns, 'evaluation')} of {plural(len(test.tested), 'rule')}{pauses}"
    )


def _by_number(fired: Counter[str]) -> list[tuple[str, int]]:
    return sorted(fired.items(), key=lambda item: (-item[1], item[0]))


def _left_out(test: RuleTest) -> str:
    by_reason: dict[str, list[str]] = {}
    for rule, reason in test.left_out:
        by_reason.setdefault(reason, []).append(rule.alert)
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def _short(value: str) -> str:
    is_id = len(value) == 64 and all(digit in "0123456789abcdef" for digit in value)
    return f"{value[:_SHOWN_DIGITS]}…" if is_id else value


def _transition(change: ShownChange) -> TestedTransition:
    alert = change.view.alert
    return {
        "at": server_time(change.at_us),
        "alert": alert.rule,
        "labels": dict(change.view.labels),
        "from": change.previous,
        "to": change.next,
        "severity": alert.severity,
        "value": alert.value,
        "summary": change.view.summary,
        "reason": change.reason,
        "inhibited_by": change.inhibited_by,
    }


def _rule(rule: Rule, fired: Counter[str], test: RuleTest) -> TestedRule:
    condition = rule.condition
    return {
        "alert": rule.alert,
        "figure": condition.figure if isinstance(condition, FigureCondition) else None,
        "fired": fired[rule.alert],
        "error": test.errors.get(rule.alert),
    }
