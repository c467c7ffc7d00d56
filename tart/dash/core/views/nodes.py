"""The view of all nodes, those that need attention first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from tart.dash.core.cells import duration_cell, id_cell, implementation, missing_cell, words
from tart.dash.core.format import age_cell, number, number_cell, plain, rate
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
    from tart.client._generated.answers import NodeColumns, NodesSummary

_WINDOW = "5m"
LEVELS: Mapping[str, Tone] = {"well": "good", "warning": "warning", "bad": "bad", "no_data": "dim"}
# As /api/nodes/summary judges a clock.
_CLOCK_WARNING_MS = 2000

_COLUMNS = (
    Column("node_id", "Node"),
    Column("state", "State"),
    Column("implementation", "Implementation", width=24),
    Column("best_slot", "Best", "right", descending=True),
    Column("best_lag", "Lag", "right", descending=True),
    Column("peers", "Peers", "right", descending=True),
    Column("events_per_second", "Events/s", "right", descending=True),
    Column("failures", "Failed", "right", descending=True),
    Column("errors", "Errors", "right", descending=True),
    Column("finalized_slot", "Finalized", "right", descending=True),
    Column("dropped", "Dropped", "right", descending=True),
    Column("warnings", "Warnings", "right", descending=True),
    Column("clock_offset_ms", "Clock", "right", descending=True),
    Column("last_seen_at", "Seen", "right", descending=True),
    Column("undecodable", "Undecodable", "right", descending=True),
    Column("validator_peers", "Validators", "right", descending=True),
    Column("address", "Address"),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (Request("nodes", "nodes_summary", {"duration": _WINDOW}),)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all nodes."""
    answer: NodesSummary = answers["nodes"]
    levels = answer["levels"]
    rates = [value for value in answer["nodes"]["events_per_second"] if value is not None]
    network = answer["network"]
    return Page(
        title="Nodes",
        figures=(
            Figure("Connected", _of(answer["connected"], answer["total"]), answer["connected"]),
            Figure("Well", number(levels["well"]), levels["well"]),
            _count("Warning", levels["warning"], "warning"),
            _count("Bad", levels["bad"], "bad"),
            _count("No data", levels["no_data"], "dim"),
            Figure("Best slot", number(network["best_slot"]), network["best_slot"]),
            Figure("Finalized", number(network["finalized_slot"]), network["finalized_slot"]),
            Figure("Events", rate(sum(rates)), round(sum(rates), 3)),
        ),
        tables=(_table(answer, now),),
    )


def _of(part: int, whole: int) -> str:
    return f"{number(part)} of {number(whole)}"


def _count(label: str, count: int, tone: Tone) -> Figure:
    return Figure(label, number(count), count, tone if count else "")


def _table(answer: NodesSummary, now: datetime) -> Table:
    levels: dict[str, str] = {rule["state"]: rule["level"] for rule in answer["rules"]}
    harm = {rule["state"]: rank for rank, rule in enumerate(answer["rules"])}
    # The rules are in order of harm; nodes that left for good are no alarm.
    ranks = {state: (levels[state] == "no_data", rank) for state, rank in harm.items()}
    states = answer["nodes"]["state"]
    order = sorted(range(len(states)), key=lambda index: ranks[states[index]])
    runs = [implementation(it["name"], it["version"]) for it in answer["implementations"]]
    rows = tuple(_row(answer["nodes"], index, levels, runs, now) for index in order)
    return Table("Nodes", _COLUMNS, rows, "" if rows else "No node has ever connected.")


def _row(
    nodes: NodeColumns, index: int, levels: Mapping[str, str], runs: list[str], now: datetime
) -> Row:
    node_id, state = nodes["node_id"][index], nodes["state"][index]
    name = runs[nodes["implementation"][index]]
    lag = nodes["best_lag"][index]
    offset = nodes["clock_offset_ms"][index]
    address = nodes["address"][index]
    cells = (
        id_cell(node_id),
        _text(state, words(state), LEVELS[levels[state]]),
        _text(name, name),
        _slot(nodes["best_slot"][index]),
        number_cell(lag, "warning" if lag and lag >= 3 else ""),
        number_cell(nodes["peers"][index]),
        _rate(nodes["events_per_second"][index]),
        _alarming(nodes["failures"][index], ""),
        _alarming(nodes["errors"][index], "bad"),
        _slot(nodes["finalized_slot"][index]),
        _alarming(int(nodes["dropped"][index]), ""),
        _alarming(nodes["warnings"][index], "warning"),
        duration_cell(offset, "warning" if abs(offset or 0) >= _CLOCK_WARNING_MS else ""),
        age_cell(nodes["last_seen_at"][index], now),
        _alarming(nodes["undecodable"][index], "warning"),
        number_cell(nodes["validator_peers"][index]),
        missing_cell() if address is None else Cell(plain(address), address),
    )
    return Row(node_id, cells, Place("node", node_id))


@lru_cache(16_384)
def _slot(slot: int | None) -> Cell:
    return missing_cell() if slot is None else Cell(str(slot), slot)


@lru_cache(256)
def _text(value: str, shown: str, tone: Tone = "") -> Cell:
    return Cell(plain(shown), value, tone)


def _rate(per_second: float | None) -> Cell:
    return missing_cell() if per_second is None else Cell(f"{per_second:.1f}", per_second)


@lru_cache(4096)
def _alarming(count: int, tone: Tone) -> Cell:
    """Return the cell of a count that is best 0."""
    return number_cell(count, tone if count else "dim")


VIEW = View(
    name="nodes",
    aliases=("no",),
    title="Nodes",
    requests=requests,
    page=page,
)
