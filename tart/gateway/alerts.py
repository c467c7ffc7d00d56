"""What is wrong with single nodes right now, from what they said since the last look.

Pure: two looks in, alerts out. No rate is invented; each alert names its node and the
counts it rests on. An alert that goes on keeps the time it was first raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tart.query.merge import Json

BEHIND_SLOTS = 10


@dataclass(frozen=True)
class Look:
    """The nodes by id and the best block at one time."""

    nodes: Mapping[str, Json]
    best_block: int | None


def alerts(before: Look, now: Look, at: str, raised: Iterable[Json] = ()) -> list[Json]:
    """The alerts of this look; ``raised`` are those of the last one."""
    since = {_key(alert): alert["timestamp"] for alert in raised}
    found = [
        alert
        for node_id, node in sorted(now.nodes.items())
        for alert in _of_node(before.nodes.get(node_id), node, now.best_block)
    ]
    return [{**alert, "timestamp": since.get(_key(alert), at)} for alert in found]


def _key(alert: Json) -> tuple[str, str]:
    return alert["type"], alert["node_id"]


def _of_node(before: Json | None, node: Json, best_block: int | None) -> Iterator[Json]:
    short = node["node_id"][:16]
    dropped = _more(before, node, "dropped_count")
    if dropped:
        yield _alert("dropped_events", node, f"node {short} dropped {dropped} events", dropped)
    undecodable = _more(before, node, "undecodable")
    if undecodable:
        text = f"node {short} sent {undecodable} events that cannot be read"
        yield _alert("undecodable_events", node, text, undecodable)
    slot = (node["best"] or {}).get("slot")
    if node["is_connected"] and slot is not None and best_block is not None:
        behind = best_block - slot
        if behind > BEHIND_SLOTS:
            text = f"node {short} is {behind} slots behind"
            yield _alert("node_behind", node, text, behind)


def _more(before: Json | None, node: Json, name: str) -> int:
    """By how much a counter grew; nothing can be said of a node not seen before."""
    return 0 if before is None else max(0, node[name] - before[name])


_DETAILS = {
    "dropped_events": "dropped_count",
    "undecodable_events": "undecodable",
    "node_behind": "slots_behind",
}


def _alert(kind: str, node: Json, message: str, amount: int) -> dict[str, Any]:
    return {
        "severity": "warning",
        "type": kind,
        "message": message,
        "node_id": node["node_id"],
        "details": {_DETAILS[kind]: amount},
    }
