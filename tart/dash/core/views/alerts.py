"""The view of alerts: what is wrong now and since when, and what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.dash.core.cells import id_cell
from tart.dash.core.format import (
    UNKNOWN,
    age,
    age_cell,
    duration,
    number,
    parse_time,
    plain,
    text_cell,
)
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

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        Alerts,
        NetworkAlert,
    )

# Worst first.
_SEVERITIES: Mapping[str, Tone] = {"critical": "bad", "warning": "warning", "info": "dim"}

_NOW = (
    Column("severity", "Severity"),
    Column("since", "Since", "right"),
    Column("message", "Alert", least=60),
    Column("about", "About", width=9),
    Column("rule", "Rule"),
)
_ENDED = (
    Column("severity", "Severity"),
    Column("ended_at", "Ended", "right"),
    Column("lasted", "Lasted", "right", descending=True),
    Column("message", "Alert", least=60),
    Column("about", "About", width=9),
    Column("rule", "Rule"),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (Request("alerts", "alerts", every_seconds=1),)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all alerts."""
    answer: Alerts = answers["alerts"]
    return Page(
        title="Alerts",
        figures=_figures(answer, now),
        tables=(
            Table(
                "Now",
                _NOW,
                tuple(_row(alert, _now_cells(alert, now)) for alert in answer["alerts"]),
                _note(answer),
            ),
            Table(
                "Ended",
                _ENDED,
                tuple(_row(alert, _ended_cells(alert, now)) for alert in answer["ended"]),
                _ended_note(answer),
            ),
        ),
        notes=tuple(_notes(answer)),
    )


def _note(answer: Alerts) -> str:
    if answer["alerts"]:
        return ""
    if answer["evaluated_at"] is None:
        return "No alert could be evaluated yet: no shard has answered."
    return "No alert holds now."


def _ended_note(answer: Alerts) -> str:
    if answer["ended_forgotten"]:
        return f"{plural(answer['ended_forgotten'], 'alert')} ended before these."
    return "" if answer["ended"] else "None has ended while the gateway ran."


def _notes(answer: Alerts) -> Sequence[str]:
    answered, total = answer["shards_answered"], answer["shards_total"]
    if answered >= total:
        return ()
    return (f"Partial: the evaluation covers {answered} of {plural(total, 'shard')}.",)


def _figures(answer: Alerts, now: datetime) -> tuple[Figure, ...]:
    alerts = answer["alerts"]
    counts = {name: sum(each["severity"] == name for each in alerts) for name in _SEVERITIES}
    answered, total = answer["shards_answered"], answer["shards_total"]
    evaluated = answer["evaluated_at"]
    return (
        Figure("Alerts", number(len(alerts)), len(alerts), "warning" if alerts else "good"),
        *(
            Figure(name.capitalize(), number(count), count, _SEVERITIES[name] if count else "")
            for name, count in counts.items()
        ),
        Figure("Ended", number(len(answer["ended"])), len(answer["ended"])),
        Figure(
            "Evaluated",
            UNKNOWN if evaluated is None else f"{age(evaluated, now)} ago",
            evaluated,
            "warning" if evaluated is None else "",
        ),
        Figure(
            "Shards",
            f"{number(answered)} of {number(total)}",
            answered,
            "warning" if answered < total else "",
        ),
    )


def _row(alert: NetworkAlert, cells: tuple[Cell, ...]) -> Row:
    return Row(f"{alert['id']} {alert['since']}", cells, place_of(alert))


def place_of(alert: NetworkAlert) -> Place | None:
    """Return where to look: the node, or the failures of a pipeline."""
    kind = alert["about"]["kind"]
    if kind == "node":
        return Place("node", alert["about"]["id"])
    return Place("events", "type=failures") if kind == "pipeline" else None


def _now_cells(alert: NetworkAlert, now: datetime) -> tuple[Cell, ...]:
    severity = alert["severity"]
    return (
        text_cell(severity, _SEVERITIES.get(severity, "")),
        age_cell(alert["since"], now),
        *_words(alert),
    )


def _ended_cells(alert: NetworkAlert, now: datetime) -> tuple[Cell, ...]:
    return (
        text_cell(alert["severity"], "dim"),
        age_cell(alert["ended_at"], now),
        _lasted(alert),
        *_words(alert),
    )


def _words(alert: NetworkAlert) -> tuple[Cell, ...]:
    about = alert["about"]
    is_node = about["kind"] == "node"
    # The sentence of any other subject names it.
    subject = id_cell(about["id"]) if is_node else Cell(plain(about["kind"]), about["id"], "dim")
    return (text_cell(alert["message"]), subject, text_cell(alert["rule"], "dim"))


def _lasted(alert: NetworkAlert) -> Cell:
    if alert["ended_at"] is None:
        return Cell(UNKNOWN, None, "dim")
    seconds = (parse_time(alert["ended_at"]) - parse_time(alert["since"])).total_seconds()
    return Cell(duration(seconds), seconds)


VIEW = View(
    name="alerts",
    aliases=("alert",),
    title="Alerts",
    requests=requests,
    page=page,
)
