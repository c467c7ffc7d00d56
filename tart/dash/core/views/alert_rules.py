"""The view of alerting rules with their last values, and of the channels of their messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.dash.core.cells import duration_cell, missing_cell, words
from tart.dash.core.format import UNKNOWN, age_cell, duration, number, number_cell, plain, text_cell
from tart.dash.core.model import (
    Answers,
    Cell,
    Column,
    Figure,
    Page,
    Place,
    Request,
    Row,
    Table,
    Tone,
    View,
)
from tart.dash.core.views.alerts import SEVERITIES

if TYPE_CHECKING:
    from tart.client._generated.answers import AlertChannel, AlertRule, AlertRules

_STATES: Mapping[str, Tone] = {"firing": "warning", "failing": "bad", "inactive": "good"}

_RULES = (
    Column("state", "State"),
    Column("alert", "Rule", width=24),
    Column("condition", "Condition", least=36),
    Column("value", "Worst", "right"),
    Column("firing", "Firing", "right", descending=True),
    Column("pending", "Pending", "right", descending=True),
    Column("severity", "Severity"),
    Column("for", "For", "right"),
    Column("fired", "Fired", "right"),
    Column("took", "Took", "right", descending=True),
    Column("error", "Error", least=30),
)
_CHANNELS = (
    Column("name", "Channel"),
    Column("type", "Type"),
    Column("queued", "Queued", "right", descending=True),
    Column("delivered", "Delivered", "right", descending=True),
    Column("failed", "Failed", "right", descending=True),
    Column("dead", "Given up", "right", descending=True),
    Column("newest", "Newest", "right"),
    Column("error", "Error", least=30),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (Request("rules", "alert_rules", every_seconds=2),)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all rules."""
    answer: AlertRules = answers["rules"]
    enabled = [rule for rule in answer["rules"] if rule["enabled"]]
    off = [rule for rule in answer["rules"] if not rule["enabled"]]
    channels = answer["channels"]
    return Page(
        title="Alert rules",
        figures=_figures(enabled, channels),
        tables=(
            Table(
                "Rules",
                _RULES,
                tuple(_rule_row(rule, now) for rule in enabled),
                "" if enabled else "No rule is in force.",
            ),
            Table(
                "Channels",
                _CHANNELS,
                tuple(_channel_row(channel, now) for channel in channels),
                ""
                if channels
                else "None: alerts are shown here alone. docs/alerts.md has channels.",
            ),
            Table(
                "Off",
                _RULES,
                tuple(_rule_row(rule, now) for rule in off),
                "The rule file enables them by name." if off else "none",
            ),
        ),
        notes=tuple(_notes(answer)),
    )


def _notes(answer: AlertRules) -> Sequence[str]:
    errors = answer["errors"]
    if not errors:
        return ()
    mistakes = plural(len(errors), "mistake")
    first = f"The rule file has {mistakes}; the rules before it are in force."
    return (first, *map(plain, errors))


def _figures(rules: Sequence[AlertRule], channels: Sequence[AlertChannel]) -> tuple[Figure, ...]:
    counts = {
        state: sum(rule["state"] == state for rule in rules)
        for state in ("firing", "pending", "failing")
    }
    dead = sum(channel["dead"] for channel in channels)
    queued = sum(channel["queued"] for channel in channels)
    return (
        Figure("Rules", number(len(rules)), len(rules)),
        *(
            Figure(
                state.capitalize(), number(count), count, _STATES.get(state, "") if count else ""
            )
            for state, count in counts.items()
        ),
        Figure("Channels", number(len(channels)), len(channels), "" if channels else "warning"),
        Figure("Queued", number(queued), queued),
        Figure("Given up", number(dead), dead, "bad" if dead else ""),
    )


def _rule_row(rule: AlertRule, now: datetime) -> Row:
    worst = rule["values"][0]["value"] if rule["values"] else None
    state = rule["state"] if rule["enabled"] else "off"
    cells = (
        text_cell(state, _STATES.get(state, "dim")),
        text_cell(rule["alert"]),
        text_cell(condition_text(rule)),
        number_cell(None if worst is None else round(worst, 3)),
        number_cell(rule["firing"], "warning" if rule["firing"] else "dim"),
        number_cell(rule["pending"], "" if rule["pending"] else "dim"),
        text_cell(rule["severity"], SEVERITIES.get(rule["severity"], "")),
        Cell(duration(rule["for_seconds"]), rule["for_seconds"]),
        age_cell(rule["last_fired_at"], now),
        duration_cell(rule["evaluation_ms"]),
        missing_cell("") if rule["last_error"] is None else text_cell(rule["last_error"], "bad"),
    )
    return Row(rule["alert"], cells, Place("alerts"))


def condition_text(rule: AlertRule) -> str:
    """Return a rule's condition in words."""
    if rule["figure"] is None:
        return rule["sql"] or "a statement of SQL"
    limit, word = rule["above"], "above"
    if limit is None:
        limit, word = rule["below"], "below"
    # As it is written in the rule file.
    bound = UNKNOWN if limit is None else f"{limit:g}"
    unit = f" {rule['unit']}" if rule["unit"] not in (None, "share") else ""
    by = f" by {rule['by']}" if rule["by"] else ""
    against = rule["against_seconds"]
    ratio = "" if against is None else f" times that {duration(against)} before"
    return f"{words(rule['figure'])}{by} {word} {bound}{unit}{ratio}"


def _channel_row(channel: AlertChannel, now: datetime) -> Row:
    error = channel["last_error"]
    cells = (
        text_cell(channel["name"]),
        text_cell(channel["type"]),
        number_cell(channel["queued"]),
        number_cell(channel["delivered"]),
        number_cell(channel["failed"], "warning" if channel["failed"] else ""),
        number_cell(channel["dead"], "bad" if channel["dead"] else ""),
        age_cell(channel["last_delivered_at"], now),
        missing_cell("") if error is None else text_cell(error, "warning"),
    )
    return Row(channel["name"], cells)


VIEW = View(
    name="alert-rules",
    aliases=("channels", "thresholds"),
    title="",
    requests=requests,
    page=page,
)
