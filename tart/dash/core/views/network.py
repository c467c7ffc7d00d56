"""The view of the network: is it well, and if not, where to look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tart.dash.core.cells import implementation
from tart.dash.core.format import (
    UNKNOWN,
    age_cell,
    number,
    number_cell,
    plain,
    rate,
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
    Spark,
    Table,
    Tone,
    View,
)
from tart.dash.core.network_figures import HEALTH_TONES, chain_figures
from tart.dash.core.views.alerts import SEVERITIES, firing_tone, place_of

_WINDOW = "5m"
_SPARK_SECONDS = 120

_ALERTS = (
    Column("severity", "Severity"),
    Column("since", "Since", "right", descending=True),
    Column("summary", "Alert"),
)
_IMPLEMENTATIONS = (
    Column("implementation", "Implementation", width=32),
    Column("nodes", "Nodes", "right", descending=True),
    Column("connected", "Connected", "right", descending=True),
    Column("well", "Well", "right", descending=True),
    Column("warning", "Warning", "right", descending=True),
    Column("bad", "Bad", "right", descending=True),
    Column("best_lag_max", "Most behind", "right", descending=True),
    Column("failures", "Failures", "right", descending=True),
    Column("errors", "Errors", "right", descending=True),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request("realtime", "realtime", {"seconds": _SPARK_SECONDS}, every_seconds=1),
        Request("nodes", "nodes_summary", {"duration": _WINDOW}, every_seconds=2),
        Request("health", "network_health", {}, optional=True, every_seconds=5),
        Request("alerts", "alerts", {"state": "firing"}, optional=True, every_seconds=2),
        Request(
            "implementations",
            "implementations",
            {"duration": "1h"},
            optional=True,
            every_seconds=10,
        ),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of the network."""
    tables = [
        table
        for table in (
            _alerts(answers["alerts"], now),
            _implementations(answers["implementations"]),
        )
        if table is not None
    ]
    return Page(
        title="Network",
        figures=_figures(answers),
        sparks=_sparks(answers["realtime"]),
        tables=tuple(tables),
    )


def _figures(answers: Answers) -> tuple[Figure, ...]:
    nodes, realtime = answers["nodes"], answers["realtime"]
    network = nodes["network"]
    per_second = realtime["rates"]["events_per_second"]
    return (
        *chain_figures(network["best_slot"], network["finalized_slot"]),
        _connected(nodes["connected"], nodes["total"]),
        Figure("States", _levels(nodes["levels"]), nodes["total"], _levels_tone(nodes["levels"])),
        Figure("Events", rate(per_second), per_second),
        _dropped(nodes["nodes"]["dropped"]),
        _health(answers["health"]),
        _alert_count(answers["alerts"]),
    )


def _connected(connected: int, total: int) -> Figure:
    tone: Tone = "" if connected == total else ("warning" if connected else "bad")
    return Figure("Connected", f"{number(connected)} of {number(total)}", connected, tone)


def _dropped(counts: Sequence[int | str]) -> Figure:
    """Return the events that nodes dropped, ever; sums beyond 64 bits come as text."""
    total = sum(map(int, counts))
    return Figure("Dropped", number(total), total, "warning" if total else "")


def _health(answer: Any) -> Figure:
    if answer is None:
        return Figure("Health", UNKNOWN, None, "dim")
    state, score = answer["overall_health"], answer["health_score"]
    text = state if score is None else f"{state} ({number(score)} %)"
    return Figure("Health", text, score, HEALTH_TONES.get(state, "dim"))


def _alert_count(answer: Any) -> Figure:
    if answer is None:
        return Figure("Alerts", UNKNOWN, None, "dim")
    count = answer["counts"]["firing"]
    return Figure("Alerts", number(count), count, firing_tone(answer))


def _levels(levels: Any) -> str:
    parts = [
        f"{number(levels[key])} {word}"
        for key, word in (("bad", "bad"), ("warning", "warning"), ("no_data", "without data"))
        if levels[key]
    ]
    if parts:
        return ", ".join(parts)
    return "all well" if levels["well"] else UNKNOWN


def _levels_tone(levels: Any) -> Tone:
    if levels["bad"]:
        return "bad"
    if levels["warning"]:
        return "warning"
    return "good" if levels["well"] else "dim"


def _sparks(realtime: Any) -> tuple[Spark, ...]:
    seconds = list(reversed(realtime["data"]))
    return (
        Spark(
            "Events per second",
            tuple(float(second["events"]) for second in seconds),
            rate(realtime["rates"]["events_per_second"]),
        ),
    )


def _alerts(answer: Any, now: datetime) -> Table | None:
    if answer is None:
        return None
    rows = tuple(
        Row(
            alert["id"],
            (
                text_cell(alert["severity"], SEVERITIES.get(alert["severity"], "")),
                age_cell(alert["since"], now),
                text_cell(alert["summary"]),
            ),
            place_of(alert),
        )
        for alert in answer["alerts"]
        if not alert["silenced_by"] and alert["inhibited_by"] is None
    )
    return Table("Alerts", _ALERTS, rows, "" if rows else "none")


def _implementations(answer: Any) -> Table | None:
    if answer is None:
        return None
    rows = tuple(_implementation_row(item) for item in answer["implementations"])
    return Table("Implementations", _IMPLEMENTATIONS, rows, sort=("nodes", True))


def _implementation_row(item: Any) -> Row:
    name = implementation(item["name"], item["version"])
    levels = item["levels"]
    return Row(
        name,
        (
            Cell(plain(name), name),
            number_cell(item["nodes"]),
            number_cell(item["connected"]),
            number_cell(levels["well"]),
            number_cell(levels["warning"], "warning" if levels["warning"] else "dim"),
            number_cell(levels["bad"], "bad" if levels["bad"] else "dim"),
            number_cell(item["best_lag_max"]),
            number_cell(item["failures"]),
            number_cell(item["errors"], "warning" if item["errors"] else "dim"),
        ),
    )


VIEW = View(
    name="network",
    aliases=("net", "overview"),
    title="Network",
    requests=requests,
    page=page,
)
