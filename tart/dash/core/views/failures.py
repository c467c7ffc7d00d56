"""The view of failure groups: the same failure of many nodes, and its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.cells import implementation
from tart.dash.core.format import age_cell, number, number_cell, plain, text_cell
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
    from tart.client._generated.answers import FailureMembers, Failures, FailureVersion

WINDOW = "24h"
_LIMIT = 200
STATES: Mapping[str, Tone] = {
    "regressed": "bad",
    "open": "warning",
    "resolved": "good",
    "ignored": "dim",
}

_GROUPS = (
    Column("state", "State"),
    Column("count", "Failures", "right", descending=True),
    Column("nodes", "Nodes", "right", descending=True),
    Column("event", "Event", width=24),
    Column("reason", "Reason", least=50),
    Column("newest", "Newest", "right"),
    Column("first", "First", "right"),
    Column("versions", "Versions", width=40),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request("failures", "failures", {"duration": WINDOW, "limit": _LIMIT}, every_seconds=5),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all groups with a failure in the window."""
    answer: Failures = answers["failures"]
    groups = answer["failures"]
    note = "the most frequent" if answer["has_more"] else ""
    return Page(
        title="Failures",
        figures=_figures(answer),
        tables=(
            Table(
                "Groups",
                _GROUPS,
                tuple(_row(group, now) for group in groups),
                note if groups else "No failure in the last 24 hours.",
            ),
        ),
        notes=tuple(_notes(answer)),
    )


def _notes(answer: Failures) -> Sequence[str]:
    problem = answer["watch"]["problem"]
    return () if problem is None else (f"Groups are not stored: {plain(problem)}",)


def _figures(answer: Failures) -> tuple[Figure, ...]:
    totals = answer["totals"]
    by_state = {state: totals["by_state"].get(state, 0) for state in STATES}
    return (
        Figure("Failures", number(totals["failures"]), totals["failures"]),
        Figure("Groups", number(totals["groups"]), totals["groups"]),
        Figure("New", number(totals["new"]), totals["new"], "warning" if totals["new"] else ""),
        *(
            Figure(
                state.capitalize(),
                number(count),
                count,
                STATES[state] if count and state == "regressed" else "",
            )
            for state, count in by_state.items()
        ),
    )


def _row(group: FailureMembers, now: datetime) -> Row:
    state = group["state"]
    shown = "new" if group["is_new"] and state == "open" else state
    cells = (
        text_cell(shown, STATES.get(state, "")),
        number_cell(group["count"]),
        number_cell(group["nodes"]),
        text_cell(group["event_name"]),
        text_cell(group["template"] or "(no reason)"),
        age_cell(group["last_seen"], now),
        age_cell(group["first_seen"], now),
        versions_cell(group["versions"]),
    )
    return Row(group["fingerprint"], cells, Place("failure", group["fingerprint"]))


def versions_cell(versions: Sequence[FailureVersion]) -> Cell:
    """Return the cell of the implementations and versions of a group."""
    text = ", ".join(implementation(each["name"], each["version"]) for each in versions)
    return Cell(plain(text), text)


VIEW = View(
    name="failures",
    aliases=("groups",),
    title="",
    requests=requests,
    page=page,
)
