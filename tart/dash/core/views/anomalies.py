"""The view of what differs: nodes from the other nodes, the network from its past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.cells import words
from tart.dash.core.format import (
    UNKNOWN,
    age,
    number,
    number_cell,
    percent,
    plain,
    short_id,
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
        Anomalies,
        GroupAnomaly,
        NetworkAnomaly,
        NodeAnomaly,
    )

_NODES = (
    Column("node", "Node"),
    Column("version", "Version", width=24),
    Column("score", "Score", "right", descending=True),
    Column("figure", "Differs in", width=22),
    Column("value", "Value", "right", descending=True),
    Column("median", "Median", "right", descending=True),
)
_GROUPS = (
    Column("name", "Name", width=30),
    Column("kind", "Kind"),
    Column("nodes", "Nodes", "right", descending=True),
    Column("score", "Score", "right", descending=True),
    Column("figure", "Differs in", width=22),
    Column("value", "Median", "right", descending=True),
    Column("network", "Network", "right", descending=True),
)
_NETWORK = (
    Column("figure", "Figure", width=22),
    Column("score", "Score", "right", descending=True),
    Column("value", "Value", "right", descending=True),
    Column("usual", "Usual", "right", descending=True),
    Column("minutes", "Minutes known", "right", descending=True),
)
# As of the rules NodeAnomalous and NetworkAnomalous.
_NOTABLE = 10.0


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (Request("anomalies", "anomalies", every_seconds=10),)


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of all scores."""
    answer: Anomalies = answers["anomalies"]
    nodes, groups, network = answer["nodes"], answer["groups"], answer["network"]
    compared = answer["nodes_compared"]
    nothing = "No node differs." if compared else "Not compared yet, or fewer than five nodes."
    return Page(
        title="Anomalies",
        figures=_figures(answer, now),
        tables=(
            Table("Nodes", _NODES, tuple(map(_node_row, nodes)), "" if nodes else nothing),
            Table(
                "Implementations and versions",
                _GROUPS,
                tuple(map(_group_row, groups)),
                "" if groups else "none differs",
            ),
            Table(
                "The network against its past",
                _NETWORK,
                tuple(map(_network_row, network)),
                "" if network else "no minute is over yet",
            ),
        ),
    )


def _figures(answer: Anomalies, now: datetime) -> tuple[Figure, ...]:
    differing = len(answer["nodes"]) + answer["nodes_truncated"]
    node = _greatest([each["score"] for each in answer["nodes"]])
    network = _greatest([each["score"] for each in answer["network"]])
    minute = answer["minute"]
    return (
        Figure("Minute", UNKNOWN if minute is None else f"{age(minute, now)} ago", minute),
        Figure("Compared", number(answer["nodes_compared"]), answer["nodes_compared"]),
        Figure("Differ", number(differing), differing),
        Figure("Node score", number(node), node, _tone(node)),
        Figure("Network score", number(network), network, _tone(network)),
    )


def _greatest(scores: Sequence[float]) -> float | None:
    return max(scores, default=None)


def _tone(score: float | None) -> Tone:
    return "warning" if score is not None and abs(score) > _NOTABLE else ""


def _score_cell(score: float) -> Cell:
    return number_cell(float(score), _tone(score))


def _node_row(node: NodeAnomaly) -> Row:
    name = f"{node['implementation_name'] or ''} {node['implementation_version'] or ''}".strip()
    own = {each["figure"]: each for each in node["figures"]}.get(node["figure"])
    cells = (
        Cell(short_id(node["node_id"]), node["node_id"]),
        text_cell(name or None),
        _score_cell(node["score"]),
        Cell(_name(node["figure"]), node["figure"]),
        number_cell(own and own["value"]),
        number_cell(own and own["median"]),
    )
    return Row(node["node_id"], cells, Place("node", node["node_id"]))


def _group_row(group: GroupAnomaly) -> Row:
    cells = (
        text_cell(group["name"]),
        text_cell(group["kind"]),
        number_cell(group["nodes"]),
        _score_cell(group["score"]),
        Cell(_name(group["figure"]), group["figure"]),
        number_cell(group["median"]),
        number_cell(group["network_median"]),
    )
    return Row(f"{group['kind']} {group['name']} {group['figure']}", cells)


def _network_row(figure: NetworkAnomaly) -> Row:
    cells = (
        Cell(_name(figure["figure"]), figure["figure"]),
        _score_cell(figure["score"]),
        _value_cell(figure["figure"], figure["value"]),
        _value_cell(figure["figure"], figure["usual"]),
        number_cell(figure["known_minutes"]),
    )
    return Row(figure["figure"], cells)


def _value_cell(figure: str, value: float) -> Cell:
    return Cell(percent(value), value) if figure.endswith("_share") else number_cell(float(value))


def _name(figure: str) -> str:
    return words(plain(figure))


VIEW = View(
    name="anomalies",
    aliases=("scores",),
    title="",
    requests=requests,
    page=page,
)
