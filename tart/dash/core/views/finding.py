"""The view of findings of a rule, a node or an implementation, with messages that broke rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tart.amounts import plural
from tart.dash.core.arguments import conditions
from tart.dash.core.cells import id_cell, implementation_cell, missing_cell
from tart.dash.core.format import (
    UNKNOWN,
    age_cell,
    number,
    number_cell,
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
    View,
)
from tart.dash.core.views.conformance import SEVERITIES, example_text, node_runs

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        ConformanceExamples,
        ConformanceMatrix,
        FindingExample,
        MatrixCell,
        MatrixRule,
    )

_WINDOW = "24h"
_EXAMPLES = 30
# Names of conditions, and the arguments of ``AsyncTartClient.conformance_examples``.
_CONDITIONS = {
    "rule": "rule",
    "node": "node_id",
    "implementation": "implementation",
    "version": "version",
}

_EXAMPLE_COLUMNS = (
    Column("age", "Age", "right"),
    Column("node", "Node"),
    Column("event", "Event", width=24),
    Column("fault", "Expected", width=60),
    Column("rule", "Rule"),
    Column("found", "Found", width=24),
    Column("offset", "Byte", "right"),
    Column("implementation", "Implementation", width=24),
    Column("hex", "Message"),
)
_RULES = (
    Column("rule", "Rule"),
    Column("severity", "Severity"),
    Column("count", "Count", "right", descending=True),
    Column("explanation", "Meaning"),
)
_NODES = (
    Column("node", "Node"),
    Column("count", "Count", "right", descending=True),
    Column("last_at", "Newest", "right"),
    Column("rule", "Rule"),
    Column("implementation", "Implementation", width=32),
    Column("first_at", "First", "right"),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    window = {"duration": _WINDOW}
    wanted = {_CONDITIONS[name]: value for name, value in _conditions_of(place).items()}
    return (
        Request("matrix", "conformance_matrix", window, every_seconds=5),
        Request(
            "examples",
            "conformance_examples",
            {**window, **wanted, "limit": _EXAMPLES},
            every_seconds=5,
        ),
    )


def _conditions_of(place: Place) -> Mapping[str, str]:
    return conditions(place.argument, _CONDITIONS, "rule")


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of the findings that fulfil the conditions of a place."""
    matrix: ConformanceMatrix = answers["matrix"]
    examples: ConformanceExamples = answers["examples"]
    wanted = _conditions_of(place)
    cells = [cell for cell in matrix["cells"] if _passes(matrix, cell, wanted)]
    rules = sorted({cell["rule"] for cell in cells})
    rows = tuple(
        _example_row(index, example, now) for index, example in enumerate(examples["examples"])
    )
    more = f"The newest {plural(len(rows), 'example')}; there are more."
    return Page(
        title=f"Findings {plain(place.argument)}",
        figures=_figures(matrix, cells, now),
        tables=(
            Table(
                "Rules",
                _RULES,
                tuple(_rule_row(matrix["rules"][index], cells, index) for index in rules),
                "" if rules else "No findings in the last 24 hours.",
            ),
            Table("Examples", _EXAMPLE_COLUMNS, rows, "" if rows else "none"),
            Table(
                "Nodes",
                _NODES,
                tuple(_node_rows(matrix, cells, now)),
                "" if cells else "none",
                sort=("count", True),
            ),
        ),
        notes=(more,) if examples["has_more"] else (),
    )


def _passes(matrix: ConformanceMatrix, cell: MatrixCell, wanted: Mapping[str, str]) -> bool:
    code = matrix["rules"][cell["rule"]]["code"]
    node = matrix["nodes"][cell["node"]]
    runs = matrix["implementations"][node["implementation"]]
    prefix = wanted.get("node", "").lower().removeprefix("0x")
    return (
        wanted.get("rule", code) == code
        and node["node_id"].startswith(prefix)
        and wanted.get("implementation", runs["name"]) == runs["name"]
        and wanted.get("version", runs["version"]) == runs["version"]
    )


def _figures(
    matrix: ConformanceMatrix, cells: Sequence[MatrixCell], now: datetime
) -> tuple[Figure, ...]:
    count = sum(cell["count"] for cell in cells)
    nodes = len({cell["node"] for cell in cells})
    newest = max((cell["last_at"] for cell in cells), default=None)
    first = min((cell["first_at"] for cell in cells), default=None)
    severities = {matrix["rules"][cell["rule"]]["severity"] for cell in cells}
    # The matrix has the most severe rules first.
    worst = next((name for name in SEVERITIES if name in severities), None)
    return (
        Figure("Severity", plain(worst), worst, SEVERITIES.get(worst or "", "dim")),
        Figure("Findings", number(count), count),
        Figure("Nodes", number(nodes), nodes),
        Figure("First", age_cell(first, now).text, first),
        Figure("Newest", age_cell(newest, now).text, newest),
    )


def _rule_row(rule: MatrixRule, cells: Sequence[MatrixCell], index: int) -> Row:
    row = (
        text_cell(rule["code"]),
        text_cell(rule["severity"], SEVERITIES.get(rule["severity"], "")),
        number_cell(sum(cell["count"] for cell in cells if cell["rule"] == index)),
        text_cell(rule["explanation"]),
    )
    return Row(rule["code"], row, Place("finding", rule["code"]))


def _example_row(index: int, example: FindingExample, now: datetime) -> Row:
    event = example["id"]
    cells = (
        age_cell(example["at"], now),
        id_cell(example["node_id"]),
        text_cell(example["event_name"] or "first message"),
        text_cell(example_text(example)),
        text_cell(example["code"], "dim"),
        text_cell(example["found"]) if example["found"] else missing_cell("nothing"),
        Cell(number(example["offset"]), example["offset"]),
        implementation_cell(example),
        Cell(plain(example["hex"]) if example["hex"] else UNKNOWN, example["hex"], "dim"),
    )
    return Row(str(index), cells, None if event is None else Place("event", str(event)))


def _node_rows(
    matrix: ConformanceMatrix, cells: Sequence[MatrixCell], now: datetime
) -> Iterator[Row]:
    for cell in cells:
        node, rule = matrix["nodes"][cell["node"]], matrix["rules"][cell["rule"]]
        row = (
            id_cell(node["node_id"]),
            number_cell(cell["count"]),
            age_cell(cell["last_at"], now),
            text_cell(rule["code"]),
            text_cell(node_runs(matrix, node)),
            age_cell(cell["first_at"], now),
        )
        yield Row(f"{node['node_id']} {rule['code']}", row, Place("node", node["node_id"]))


VIEW = View(
    name="finding",
    aliases=("rule",),
    title="",
    requests=requests,
    page=page,
    argument="RULE",
    argument_required=True,
)
