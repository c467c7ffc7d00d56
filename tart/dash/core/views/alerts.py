"""The view of alerts: what is wrong now and since when, and what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tart.amounts import plural
from tart.dash.core.cells import id_cell
from tart.dash.core.format import (
    UNKNOWN,
    age,
    age_cell,
    number,
    parse_time,
    plain,
    short_duration,
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
        ActiveAlert,
        AlertHistory,
        Alerts,
        AlertTransition,
        Silence,
        Silences,
    )

# Worst first.
SEVERITIES: Mapping[str, Tone] = {"critical": "bad", "warning": "warning", "info": "dim"}
_CHANGES: Mapping[str, Tone] = {"firing": "warning", "resolved": "good"}
_MAX_CHANGES = 100

_NOW = (
    Column("state", "State"),
    Column("severity", "Severity"),
    Column("since", "Since", "right"),
    Column("summary", "Alert", least=60),
    Column("about", "About", width=9),
    Column("held", "No message"),
    Column("alert", "Rule"),
)
_HISTORY = (
    Column("at", "Before", "right"),
    Column("to", "Became"),
    Column("severity", "Severity"),
    Column("summary", "Alert", least=60),
    Column("about", "About", width=9),
    Column("alert", "Rule"),
)
_SILENCES = (
    Column("state", "State"),
    Column("ends_at", "Ends", "right"),
    Column("alerts", "Alerts", "right", descending=True),
    Column("matchers", "Matchers", least=40),
    Column("author", "Author"),
    Column("reason", "Reason", least=30),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request("alerts", "alerts", every_seconds=1),
        Request(
            "history",
            "alert_history",
            {"limit": _MAX_CHANGES},
            optional=True,
            every_seconds=5,
        ),
        Request("silences", "silences", optional=True, every_seconds=5),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all alerts."""
    answer: Alerts = answers["alerts"]
    tables = (
        Table(
            "Now",
            _NOW,
            tuple(_now_row(alert, now) for alert in answer["alerts"]),
            _note(answer),
        ),
        _silences(answers["silences"], now),
        _history(answers["history"], now),
    )
    return Page(
        title="Alerts",
        figures=_figures(answer, now),
        tables=tuple(table for table in tables if table is not None),
        notes=tuple(_notes(answer)),
    )


def _note(answer: Alerts) -> str:
    if answer["alerts"]:
        return ""
    if answer["evaluated_at"] is None:
        return "No rule has been evaluated yet."
    return "No alert holds now."


def _notes(answer: Alerts) -> Sequence[str]:
    answered, total = answer["shards_answered"], answer["shards_total"]
    notes = [plain(problem) for problem in answer["problems"]]
    if answer["evaluated_at"] is not None and answered < total:
        notes.append(f"Partial: the evaluation covers {answered} of {plural(total, 'shard')}.")
    return notes


def _figures(answer: Alerts, now: datetime) -> tuple[Figure, ...]:
    counts = answer["counts"]
    firing, by_severity = counts["firing"], counts["by_severity"]
    answered, total = answer["shards_answered"], answer["shards_total"]
    evaluated = answer["evaluated_at"]
    return (
        Figure("Firing", number(firing), firing, firing_tone(answer)),
        *(
            Figure(
                name.capitalize(),
                number(by_severity[name]),
                by_severity[name],
                tone if by_severity[name] else "",
            )
            for name, tone in SEVERITIES.items()
        ),
        *(
            Figure(name.capitalize(), number(count), count)
            for name, count in (
                ("pending", counts["pending"]),
                ("silenced", counts["silenced"]),
                ("inhibited", counts["inhibited"]),
            )
        ),
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


def firing_tone(answer: Any) -> Tone:
    """Return the tone of the number of alerts that fire: that of the worst."""
    counts = answer["counts"]
    for severity, tone in SEVERITIES.items():
        if counts["by_severity"].get(severity):
            return tone
    return "good"


def place_of(alert: ActiveAlert | AlertTransition) -> Place | None:
    """Return where to look: the node or the failure group of the alert."""
    for label, view in (("node", "node"), ("fingerprint", "failure")):
        if label in alert["labels"]:
            return Place(view, alert["labels"][label])
    return None


def _now_row(alert: ActiveAlert, now: datetime) -> Row:
    is_held = bool(alert["silenced_by"]) or alert["inhibited_by"] is not None
    severity = alert["severity"]
    tone = "dim" if is_held or alert["state"] != "firing" else SEVERITIES.get(severity, "")
    cells = (
        text_cell(alert["state"], tone),
        text_cell(severity, tone),
        age_cell(alert["since"], now),
        text_cell(alert["summary"], "dim" if is_held else ""),
        _subject(alert["labels"], alert["about"]["kind"], alert["about"]["id"]),
        _held(alert),
        text_cell(alert["alert"], "dim"),
    )
    return Row(alert["id"], cells, place_of(alert))


def _held(alert: ActiveAlert) -> Cell:
    """Return why the alert sends no message."""
    if alert["silenced_by"]:
        return Cell("silenced", " ".join(alert["silenced_by"]), "dim")
    if alert["inhibited_by"] is not None:
        return text_cell(f"by {alert['inhibited_by']}", "dim")
    return Cell("", None)


def _history(answer: AlertHistory | None, now: datetime) -> Table | None:
    if answer is None:
        return None
    rows = tuple(
        Row(
            str(change["id"]),
            (
                age_cell(change["at"], now),
                text_cell(change["to"], _CHANGES.get(change["to"], "dim")),
                text_cell(change["severity"], "dim"),
                text_cell(change["summary"]),
                _subject(change["labels"], "", ""),
                text_cell(change["alert"], "dim"),
            ),
            place_of(change),
        )
        for change in answer["history"]
    )
    note = "" if rows else "No alert has changed yet."
    return Table("History", _HISTORY, rows, "the newest" if answer["has_more"] else note)


def _silences(answer: Silences | None, now: datetime) -> Table | None:
    if answer is None:
        return None
    rows = tuple(_silence_row(silence, now) for silence in answer["silences"])
    return Table(
        "Silences",
        _SILENCES,
        rows,
        "" if rows else "None. 'tart alerts silence MATCHER --for 2h --reason TEXT' makes one.",
    )


def _silence_row(silence: Silence, now: datetime) -> Row:
    state = silence["state"]
    ends = silence["ends_at"]
    left = f"{age(ends, now)} ago" if state == "expired" else _until(ends, now)
    cells = (
        text_cell(state, "" if state == "active" else "dim"),
        Cell(left, ends),
        Cell(number(silence["alerts"]), silence["alerts"]),
        text_cell(" ".join(silence["matchers"])),
        text_cell(silence["author"] or silence["source"]),
        text_cell(silence["reason"]),
    )
    return Row(silence["id"], cells)


def _until(time: str, now: datetime) -> str:
    return f"in {short_duration((parse_time(time) - now).total_seconds())}"


def _subject(labels: Mapping[str, str], kind: str, name: str) -> Cell:
    """Return what an alert is about: its node, or what else tells it apart."""
    if "node" in labels:
        return id_cell(labels["node"])
    others = (value for key, value in labels.items() if key not in ("alertname", "severity"))
    name = name or next(others, "")
    return Cell(plain(name or kind), name or kind, "dim")


VIEW = View(
    name="alerts",
    aliases=("alert",),
    title="Alerts",
    requests=requests,
    page=page,
)
