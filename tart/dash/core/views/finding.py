"""The view of one rule of conformance: what it says, who broke it, and messages that did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.cells import id_cell, implementation_cell, missing_cell
from tart.dash.core.format import (
    UNKNOWN,
    age_cell,
    number,
    number_cell,
    plain,
    plural,
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
    View,
)
from tart.dash.core.views.conformance import SEVERITIES, example_text, node_runs

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        ConformanceExamples,
        ConformanceMatrix,
        FindingExample,
        MatrixRule,
    )

_WINDOW = "24h"
_EXAMPLES = 30

_EXAMPLE_COLUMNS = (
    Column("age", "Age", "right"),
    Column("node", "Node"),
    Column("event", "Event", width=20),
    Column("fault", "Expected", width=60),
    Column("found", "Found", width=24),
    Column("offset", "Byte", "right"),
    Column("implementation", "Implementation", width=24),
    Column("hex", "Message"),
)
_NODES = (
    Column("node", "Node"),
    Column("count", "Count", "right", descending=True),
    Column("last_at", "Newest", "right"),
    Column("first_at", "First", "right"),
    Column("implementation", "Implementation", width=32),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    window = {"duration": _WINDOW}
    return (
        Request("matrix", "conformance_matrix", window, every_seconds=5),
        Request(
            "examples",
            "conformance_examples",
            {**window, "rule": place.argument, "limit": _EXAMPLES},
            optional=True,
            every_seconds=5,
        ),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of a rule."""
    matrix: ConformanceMatrix = answers["matrix"]
    examples: ConformanceExamples | None = answers["examples"]
    code = place.argument or ""
    rule = next((rule for rule in matrix["rules"] if rule["code"] == code), None)
    rows = tuple(
        _example_row(index, example, now)
        for index, example in enumerate(examples["examples"] if examples else ())
    )
    notes = []
    if examples and examples["has_more"]:
        notes.append(f"The newest {plural(len(rows), 'example')}; there are more.")
    unbroken = "No node broke this rule in the last 24 hours."
    return Page(
        title=f"Rule {plain(code)}",
        figures=_figures(rule, now),
        tables=(
            Table(
                "Examples",
                _EXAMPLE_COLUMNS,
                rows,
                unbroken if rule is None else plain(rule["explanation"]),
            ),
            Table("Nodes", _NODES, tuple(_node_rows(matrix, code, now)), sort=("count", True)),
        ),
        notes=tuple(notes),
    )


def _figures(rule: MatrixRule | None, now: datetime) -> tuple[Figure, ...]:
    if rule is None:
        return (Figure("Count", "0", 0, "good"),)
    return (
        Figure(
            "Severity",
            plain(rule["severity"]),
            rule["severity"],
            SEVERITIES.get(rule["severity"], ""),
        ),
        Figure("Count", f"{number(rule['count'])} {plain(rule['counted']).lower()}", rule["count"]),
        Figure("Nodes", number(rule["nodes"]), rule["nodes"]),
        Figure("First", age_cell(rule["first_at"], now).text, rule["first_at"]),
        Figure("Newest", age_cell(rule["last_at"], now).text, rule["last_at"]),
        Figure("Scope", plain(rule["scope"]), rule["scope"]),
        Figure("Page", plain(rule["docs"]), rule["docs"], "dim"),
    )


def _example_row(index: int, example: FindingExample, now: datetime) -> Row:
    event = example["id"]
    cells = (
        age_cell(example["at"], now),
        id_cell(example["node_id"]),
        text_cell(example["event_name"] or "first message"),
        text_cell(example_text(example)),
        text_cell(example["found"]) if example["found"] else missing_cell("nothing"),
        Cell(number(example["offset"]), example["offset"]),
        implementation_cell(example),
        Cell(plain(example["hex"]) if example["hex"] else UNKNOWN, example["hex"], "dim"),
    )
    return Row(str(index), cells, None if event is None else Place("event", str(event)))


def _node_rows(matrix: ConformanceMatrix, code: str, now: datetime) -> Iterator[Row]:
    for cell in matrix["cells"]:
        if matrix["rules"][cell["rule"]]["code"] != code:
            continue
        node = matrix["nodes"][cell["node"]]
        cells = (
            id_cell(node["node_id"]),
            number_cell(cell["count"]),
            age_cell(cell["last_at"], now),
            age_cell(cell["first_at"], now),
            text_cell(node_runs(matrix, node)),
        )
        yield Row(node["node_id"], cells, Place("node", node["node_id"]))


VIEW = View(
    name="finding",
    aliases=("rule",),
    title="",
    requests=requests,
    page=page,
    argument="RULE",
    argument_required=True,
)
