"""The view of conformance: findings by rule, by implementation and by node, with an example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import starmap
from typing import TYPE_CHECKING

from tart.dash.core.arguments import write_condition
from tart.dash.core.cells import id_cell, implementation, missing_cell
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
    from tart.client._generated.answers import (
        ConformanceExamples,
        ConformanceMatrix,
        FindingExample,
        MatrixImplementation,
        MatrixNode,
        MatrixRule,
    )

_WINDOW = "24h"
_EXAMPLES = 200
SEVERITIES: Mapping[str, Tone] = {"error": "bad", "warning": "warning", "info": "dim"}
_VERDICTS: Mapping[str, Tone] = {"error": "bad", "warning": "warning", "conformant": "good"}

_RULES = (
    Column("rule", "Rule"),
    Column("severity", "Severity"),
    Column("count", "Count", "right", descending=True),
    Column("nodes", "Nodes", "right", descending=True),
    Column("last_at", "Newest", "right"),
    Column("example", "Example", width=60),
    Column("implementations", "Implementations", width=40),
    Column("counted", "Counted"),
)
_IMPLEMENTATIONS = (
    Column("implementation", "Implementation", width=32),
    Column("verdict", "Verdict"),
    Column("findings", "Findings", "right", descending=True),
    Column("rules", "Rules", "right", descending=True),
    Column("nodes", "Nodes", "right", descending=True),
    Column("events", "Events", "right", descending=True),
)
_NODES = (
    Column("node", "Node"),
    Column("verdict", "Verdict"),
    Column("findings", "Findings", "right", descending=True),
    Column("rules", "Rules", "right", descending=True),
    Column("events", "Events", "right", descending=True),
    Column("connected", "Connected"),
    Column("implementation", "Implementation", width=32),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request("matrix", "conformance_matrix", {"duration": _WINDOW}, every_seconds=5),
        Request(
            "examples",
            "conformance_examples",
            {"duration": _WINDOW, "limit": _EXAMPLES},
            optional=True,
            every_seconds=10,
        ),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all findings."""
    matrix: ConformanceMatrix = answers["matrix"]
    examples: ConformanceExamples | None = answers["examples"]
    newest: dict[str, FindingExample] = {}
    for example in examples["examples"] if examples else ():
        newest.setdefault(example["code"], example)
    rules, nodes = _by(matrix, "rule"), _by(matrix, "node")
    members = _members(matrix)
    return Page(
        title="Conformance",
        figures=_figures(matrix),
        tables=(
            Table(
                "Rules",
                _RULES,
                tuple(
                    _rule_row(rule, newest.get(rule["code"]), _broken_by(matrix, rules[index]), now)
                    for index, rule in enumerate(matrix["rules"])
                ),
                "" if matrix["rules"] else "No findings in the last 24 hours.",
            ),
            Table(
                "Implementations",
                _IMPLEMENTATIONS,
                tuple(
                    _implementation_row(matrix, item, members[index])
                    for index, item in enumerate(matrix["implementations"])
                ),
                "" if matrix["implementations"] else "none",
                sort=("findings", True),
            ),
            Table(
                "Nodes",
                _NODES,
                tuple(
                    _node_row(matrix, node, nodes[index])
                    for index, node in enumerate(matrix["nodes"])
                ),
                "" if matrix["nodes"] else "No node was connected in the last 24 hours.",
                sort=("findings", True),
            ),
        ),
    )


def _figures(matrix: ConformanceMatrix) -> tuple[Figure, ...]:
    nodes, verdict = matrix["nodes"], matrix["verdict"]
    conformant = sum(node["verdict"] == "conformant" for node in nodes)
    findings = sum(rule["count"] for rule in matrix["rules"])
    unnamed = matrix["unidentified"]
    return (
        Figure("Verdict", plain(verdict), verdict, _VERDICTS.get(verdict, "dim")),
        Figure("Findings", number(findings), findings),
        Figure("Rules broken", number(len(matrix["rules"])), len(matrix["rules"])),
        Figure("Conformant", f"{number(conformant)} of {number(len(nodes))} nodes", conformant),
        Figure("Events checked", number(matrix["event_count"]), matrix["event_count"]),
        Figure("Of unnamed nodes", number(unnamed), unnamed, "warning" if unnamed else ""),
    )


# Indexes of a rule or a node with their counts: indexes of the other and counts.
_Counts = Sequence[tuple[int, int]]


def _by(matrix: ConformanceMatrix, axis: str) -> list[list[tuple[int, int]]]:
    """Return the cells of each rule, or of each node: the index of the other, and the count."""
    by_rule = axis == "rule"
    groups: list[list[tuple[int, int]]] = [
        [] for _ in (matrix["rules"] if by_rule else matrix["nodes"])
    ]
    for cell in matrix["cells"]:
        rule, node, count = cell["rule"], cell["node"], cell["count"]
        groups[rule if by_rule else node].append((node if by_rule else rule, count))
    return groups


def _members(matrix: ConformanceMatrix) -> list[list[int]]:
    """Return the indexes of the nodes of each implementation."""
    members: list[list[int]] = [[] for _ in matrix["implementations"]]
    for index, node in enumerate(matrix["nodes"]):
        members[node["implementation"]].append(index)
    return members


def _broken_by(matrix: ConformanceMatrix, cells: _Counts) -> list[str]:
    """Return the implementations of the nodes that broke a rule, most findings first."""
    counts: Counter[str] = Counter()
    for node, count in cells:
        counts[node_runs(matrix, matrix["nodes"][node])] += count
    return [name for name, _ in counts.most_common()]


def node_runs(matrix: ConformanceMatrix, node: MatrixNode) -> str:
    """Return what a node of the matrix runs."""
    item = matrix["implementations"][node["implementation"]]
    return implementation(item["name"], item["version"])


def example_text(example: FindingExample) -> str:
    """Return what a message has at fault: its field, and what is expected."""
    field = f"{example['field']}: " if example["field"] else ""
    return f"{field}{example['expectation']}"


def _rule_row(
    rule: MatrixRule, example: FindingExample | None, broken_by: Sequence[str], now: datetime
) -> Row:
    cells = (
        text_cell(rule["code"]),
        text_cell(rule["severity"], SEVERITIES.get(rule["severity"], "")),
        number_cell(rule["count"]),
        number_cell(rule["nodes"]),
        age_cell(rule["last_at"], now),
        text_cell(example_text(example)) if example else missing_cell(),
        text_cell(", ".join(broken_by)) if broken_by else missing_cell(),
        text_cell(rule["counted"], "dim"),
    )
    return Row(rule["code"], cells, Place("finding", rule["code"]))


def _implementation_row(
    matrix: ConformanceMatrix, item: MatrixImplementation, members: Sequence[int]
) -> Row:
    wanted = set(members)
    cells = [cell for cell in matrix["cells"] if cell["node"] in wanted]
    name = implementation(item["name"], item["version"])
    row = (
        Cell(plain(name), name),
        text_cell(item["verdict"], _VERDICTS.get(item["verdict"], "dim")),
        number_cell(sum(cell["count"] for cell in cells)),
        number_cell(len({cell["rule"] for cell in cells})),
        number_cell(item["nodes"]),
        number_cell(sum(matrix["nodes"][index]["event_count"] for index in members)),
    )
    return Row(name, row, _place_of(item))


def _place_of(item: MatrixImplementation) -> Place | None:
    """Return the findings of a version; ``None`` for nodes that have not named theirs."""
    if item["name"] is None or item["version"] is None:
        return None
    wanted = {"implementation": item["name"], "version": item["version"]}
    return Place("finding", " ".join(starmap(write_condition, wanted.items())))


def _node_row(matrix: ConformanceMatrix, node: MatrixNode, cells: _Counts) -> Row:
    row = (
        id_cell(node["node_id"]),
        text_cell(node["verdict"], _VERDICTS.get(node["verdict"], "dim")),
        number_cell(sum(count for _, count in cells)),
        number_cell(len(cells)),
        number_cell(node["event_count"]),
        Cell("yes" if node["is_connected"] else "no", node["is_connected"]),
        text_cell(node_runs(matrix, node)),
    )
    return Row(node["node_id"], row, Place("finding", f"node={node['node_id']}"))


VIEW = View(
    name="conformance",
    aliases=("findings", "rules"),
    title="Conformance",
    requests=requests,
    page=page,
)
