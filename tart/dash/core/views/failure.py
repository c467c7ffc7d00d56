"""The view of one failure group: nodes, reasons, samples with the events before, outcomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.cells import id_cell, implementation
from tart.dash.core.format import age_cell, number, number_cell, percent, plain, text_cell
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
    UnknownPlace,
    View,
)
from tart.dash.core.views.failures import STATES, WINDOW

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        FailingNode,
        FailureDetails,
        FailureReason,
        FailureSample,
    )

_NODES = (
    Column("node", "Node"),
    Column("count", "Failures", "right", descending=True),
    Column("newest", "Newest", "right"),
    Column("implementation", "Implementation", width=32),
)
_REASONS = (
    Column("count", "Failures", "right", descending=True),
    Column("newest", "Newest", "right"),
    Column("reason", "Reason", least=50),
)
_SAMPLES = (
    Column("before", "Before", "right"),
    Column("event", "Event", width=28),
    Column("node", "Node"),
    Column("summary", "What", least=50),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view.

    Raises:
        UnknownPlace: The argument is not a fingerprint.
    """
    fingerprint = (place.argument or "").lower()
    if not re.fullmatch("[0-9a-f]{16}", fingerprint):
        raise UnknownPlace("the view failure needs a fingerprint: 16 hex digits, of :failures")
    arguments = {"fingerprint": fingerprint, "duration": WINDOW}
    return (Request("failure", "failure", arguments, every_seconds=5),)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of a group."""
    answer: FailureDetails = answers["failure"]
    nodes, reasons = answer["failing_nodes"], answer["reasons"]
    return Page(
        title=f"{plain(answer['event_name'])}: {plain(answer['template'] or '(no reason)')}",
        figures=_figures(answer, now),
        tables=(
            Table(
                "Samples",
                _SAMPLES,
                tuple(
                    row
                    for index, sample in enumerate(answer["samples"])
                    for row in _sample_rows(index, sample, now)
                ),
                "" if answer["samples"] else "No event of the group is stored any more.",
            ),
            Table(
                "Nodes",
                _NODES,
                tuple(_node_row(node, now) for node in nodes),
                "" if nodes else "None in the last 24 hours.",
            ),
            Table(
                "Reasons",
                _REASONS,
                tuple(_reason_row(index, reason, now) for index, reason in enumerate(reasons)),
                "" if reasons else "none",
            ),
        ),
        notes=tuple(_notes(answer)),
    )


def _notes(answer: FailureDetails) -> Iterator[str]:
    if answer["comment"]:
        yield f"{answer['state']}: {plain(answer['comment'])}"
    if answer["regressed_version"]:
        yield f"seen again in {plain(answer['regressed_version'])}"


def _figures(answer: FailureDetails, now: datetime) -> tuple[Figure, ...]:
    outcomes, state = answer["outcomes"], answer["state"]
    results: tuple[tuple[str, int, Tone], ...] = (
        ("Recovered", outcomes["recovered"], "good"),
        ("Superseded", outcomes["superseded"], ""),
        ("Lost", outcomes["lost"], "bad"),
    )
    return (
        Figure("State", state, state, STATES.get(state, "")),
        Figure("Failures", number(answer["count"]), answer["count"]),
        Figure("Nodes", number(answer["nodes"]), answer["nodes"]),
        Figure("Of attempts", percent(answer["rate"]), answer["rate"]),
        Figure("First", age_cell(answer["first_seen"], now).text, answer["first_seen"]),
        Figure("Newest", age_cell(answer["last_seen"], now).text, answer["last_seen"]),
        *(
            Figure(name, number(count), count, tone if count else "")
            for name, count, tone in results
        ),
    )


def _sample_rows(index: int, sample: FailureSample, now: datetime) -> Iterator[Row]:
    """Yield the events before a failure, then the failure with what came of it."""
    event = sample["event"]
    for crumb in sample["breadcrumbs"]:
        tone: Tone = "" if crumb["is_related"] else "dim"
        cells = (
            Cell(f"−{number(crumb['before_ms'])} ms", -crumb["before_ms"], tone),
            text_cell(crumb["event_name"], tone),
            id_cell(event["node_id"], tone),
            text_cell(crumb["summary"], tone),
        )
        yield Row(f"{index} {crumb['id']}", cells, Place("event", str(crumb["id"])))
    (name,) = event["data"] or ("",)
    failure = (
        age_cell(event["received_at"], now),
        text_cell(name, "warning"),
        id_cell(event["node_id"]),
        text_cell(f"{sample['reason'] or '(no reason)'} · {sample['outcome_text']}", "warning"),
    )
    yield Row(f"{index} {event['id']}", failure, Place("event", str(event["id"])))


def _node_row(node: FailingNode, now: datetime) -> Row:
    runs = implementation(node["name"], node["version"])
    cells = (
        id_cell(node["node_id"]),
        number_cell(node["count"]),
        age_cell(node["last_at"], now),
        Cell(plain(runs), runs),
    )
    return Row(node["node_id"], cells, Place("node", node["node_id"]))


def _reason_row(index: int, reason: FailureReason, now: datetime) -> Row:
    cells = (
        number_cell(reason["count"]),
        age_cell(reason["last_at"], now),
        text_cell(reason["reason"] or "(no reason)"),
    )
    return Row(str(index), cells)


VIEW = View(
    name="failure",
    aliases=(),
    title="",
    requests=requests,
    page=page,
    argument="FINGERPRINT",
    argument_required=True,
)
