"""Failures of pipelines. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tart.alerting.figures.inputs import Inputs, Json
from tart.alerting.figures.questions import EventCounts, NodeEventCounts, Versions
from tart.alerting.figures.turn import Turn, Values
from tart.alerting.figures.versions import newest_version
from tart.query.core import failure_rates
from tart.query.core.failure_rates import PIPELINES
from tart.units import HOUR_US

# A share of fewer attempts is chance.
FEWEST_ATTEMPTS = 100
FEWEST_OF_NODE = 20
# Nodes try to connect to a peer that is not there again and again.
CONNECTIONS = "connections"
# Types of attempts and failures of the other pipelines.
TYPES = tuple(
    sorted(
        {
            kind
            for name, pipeline in PIPELINES.items()
            if name != CONNECTIONS
            for kind in (*pipeline.attempts, *pipeline.failures)
        }
    )
)
# By type, of how many pipelines its events are attempts and failures.
_ATTEMPTS, _FAILURES = (
    Counter(
        kind
        for name, pipeline in PIPELINES.items()
        if name != CONNECTIONS
        for kind in getattr(pipeline, member)
    )
    for member in ("attempts", "failures")
)
# Before the window: the versions of nodes that are connected, and of those that were a while ago.
VERSIONS_US = HOUR_US


def failure_shares(turn: Turn, inputs: Inputs) -> Values:
    """Return failures by attempts, by pipeline, node or implementation."""
    if turn.by == "pipeline":
        shares = _pipelines(turn, inputs)
        return {name: share for name, share in shares.items() if name != CONNECTIONS}
    by_node = _by_node(inputs.answers[node_question(turn)].value)
    if turn.by == "node":
        return _shares(by_node, FEWEST_OF_NODE)
    spans = inputs.answers[turn.question(Versions, VERSIONS_US)].value
    names = {span.node: span.name for span in newest_version(spans).values()}
    by_name: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for node_id, counts in by_node.items():
        if (name := names.get(node_id)) is not None:
            by_name[name].update(counts)
    return _shares(by_name, FEWEST_ATTEMPTS)


def connection_failure_share(turn: Turn, inputs: Inputs) -> Values:
    """Return failed attempts to connect by attempts."""
    shares = _pipelines(turn, inputs)
    return {None: shares[CONNECTIONS]} if CONNECTIONS in shares else {}


def _pipelines(turn: Turn, inputs: Inputs) -> Mapping[str | None, float]:
    """Return failures by attempts of the pipelines with enough of them."""
    rows = inputs.answers[turn.question(EventCounts)].value
    return {
        row["pipeline"]: row["rate"]
        for row in failure_rates.rates({row["type"]: row["count"] for row in rows})
        if row["attempts"] >= FEWEST_ATTEMPTS
    }


def node_question(turn: Turn) -> NodeEventCounts:
    """Return the question of shares by node or implementation."""
    return NodeEventCounts(turn.start_us, turn.end_us, TYPES)


def _by_node(rows: Iterable[Json]) -> Mapping[str, Counter[int]]:
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row["node"] is not None:
            counts[row["node"]][row["type"]] = row["count"]
    return counts


def _shares(counts: Mapping[str, Mapping[int, int]], fewest: int) -> Values:
    values: dict[str | None, float | None] = {}
    for name, types in counts.items():
        attempts = sum(_ATTEMPTS[kind] * count for kind, count in types.items())
        if attempts >= fewest:
            failures = sum(_FAILURES[kind] * count for kind, count in types.items())
            values[name] = failures / attempts
    return values
