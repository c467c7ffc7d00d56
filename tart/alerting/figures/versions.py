"""Versions of implementations that appear or vanish, and findings that are new. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tart.alerting.figures.inputs import Inputs, Json
from tart.alerting.figures.questions import Findings, Versions
from tart.alerting.figures.turn import Turn, Values
from tart.protocol.rules import INFO, RULES
from tart.query.core.version_spans import VersionSpan
from tart.query.core.wall_clock import AheadSlot
from tart.units import DAY_US

# What is older than this before the window is forgotten.
BEFORE_US = 7 * DAY_US
# A rule that nodes do not break if most of them agree (``query.core.wall_clock``).
_AGREED = "implausible_slot"
# Rules whose breach JIP-3 allows: what they say, such as events that were dropped, has figures of
# its own or is no trouble.
_INFORMATION = frozenset(code for code, rule in RULES.items() if rule.severity == INFO)


def newest_version(spans: Iterable[VersionSpan]) -> dict[str, VersionSpan]:
    """Return the newest span of each node."""
    newest: dict[str, VersionSpan] = {}
    for span in spans:
        known = newest.get(span.node)
        if known is None or (span.end_us, span.start_us) > (known.end_us, known.start_us):
            newest[span.node] = span
    return newest


def appeared_nodes(turn: Turn, inputs: Inputs) -> Values:
    """Return the connected nodes of each version that is new in the window."""
    spans = _spans(turn, inputs)
    first: dict[str, int] = {}
    for span in spans:
        name = _name(span)
        first[name] = min(first.get(name, span.start_us), span.start_us)
    began_us = min(first.values(), default=turn.start_us)
    if began_us >= turn.start_us:
        # There was no network before the window: every version is new.
        return {}
    since_us = _new_since(turn, began_us)
    counts = _connected_nodes(spans, inputs)
    # Versions that are not new have a value, too: 0, so that an alert ends.
    return {
        name: float(counts[name]) if first_us >= since_us else 0.0
        for name, first_us in first.items()
    }


def vanished_nodes(turn: Turn, inputs: Inputs) -> Values:
    """Return the nodes that had a version in the window that no connected node has."""
    spans = _spans(turn, inputs)
    connected = _connected_nodes(spans, inputs)
    if not connected:
        return {}
    nodes: dict[str, set[str]] = {}
    for span in spans:
        if span.end_us >= turn.start_us:
            nodes.setdefault(_name(span), set()).add(span.node)
    return {
        name: 0.0 if connected[name] else float(len(of_version))
        for name, of_version in nodes.items()
    }


def new_findings_by_node(turn: Turn, inputs: Inputs) -> Values:
    """Return the rules that each node broke in the window for the first time."""
    known = _first_seen(_spans(turn, inputs))
    values: Counter[str] = Counter()
    for row in _findings(turn, inputs):
        node_id = row["node"]
        # A node that is new breaks each of its rules for the first time.
        if node_id in known and known[node_id] < turn.start_us:
            values[node_id] += row["first_at"] >= _new_since(turn, known[node_id])
    return {node_id: float(count) for node_id, count in values.items()}


def new_findings_by_rule(turn: Turn, inputs: Inputs) -> Values:
    """Return the nodes that broke a rule in the window that no node broke before."""
    known = _first_seen(_spans(turn, inputs))
    began_us = min(known.values(), default=turn.start_us)
    if began_us >= turn.start_us:
        return {}
    since_us = _new_since(turn, began_us)
    rows = _findings(turn, inputs)
    first: dict[str, int] = {}
    for row in rows:
        first[row["rule"]] = min(first.get(row["rule"], row["first_at"]), row["first_at"])
    nodes = Counter(row["rule"] for row in rows)
    return {
        rule: float(nodes[rule]) if first_us >= since_us else 0.0
        for rule, first_us in first.items()
    }


def _new_since(turn: Turn, began_us: int) -> int:
    """Return the time from which on what appears is new.

    What appears within a window after a network or node was first seen is usual for it: else all of
    it would be new at the end of that window.
    """
    return max(turn.start_us, began_us + turn.window_us)


def _findings(turn: Turn, inputs: Inputs) -> list[Json]:
    """Return the rows of findings, without information and those that the whole network has."""
    rows: Iterable[Json] = inputs.answers[turn.question(Findings, BEFORE_US)].value
    state = inputs.network
    is_agreed = state is not None and isinstance(state.best_block, AheadSlot)
    return [
        row
        for row in rows
        if not (is_agreed and row["rule"] == _AGREED) and row["rule"] not in _INFORMATION
    ]


def _spans(turn: Turn, inputs: Inputs) -> list[VersionSpan]:
    spans: list[VersionSpan] = inputs.answers[turn.question(Versions, BEFORE_US)].value
    return spans


def _first_seen(spans: Iterable[VersionSpan]) -> Mapping[str, int]:
    first: dict[str, int] = {}
    for span in spans:
        first[span.node] = min(first.get(span.node, span.start_us), span.start_us)
    return first


def _connected_nodes(spans: Iterable[VersionSpan], inputs: Inputs) -> Counter[str]:
    """Return the number of connected nodes by version."""
    assert inputs.network is not None
    connected = {node.node_id for node in inputs.network.connected}
    return Counter(_name(span) for span in newest_version(spans).values() if span.node in connected)


def _name(span: VersionSpan) -> str:
    return f"{span.name or 'unknown'} {span.version or 'unknown'}"
