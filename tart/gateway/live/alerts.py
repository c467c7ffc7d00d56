"""What is wrong right now, from what nodes said since the last look and lately.

Pure: two looks in, alerts out. No rate is invented; each alert names its node, or what
fails, and the counts it rests on. An alert that goes on keeps the time it was first raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tart.query.core.failure_rates import rates
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339
from tart.units import SECOND_US

BEHIND_SLOTS = 10
# Failures are looked at over so long, and a node is inactive after so long.
ALERT_WINDOW_US = 300 * SECOND_US
FAILING_RATE = 0.05
FAILING_ATTEMPTS = 100


@dataclass(frozen=True)
class AlertSample:
    """The nodes by id and the best block at one time.

    Attributes:
        at_us: that time, Unix microseconds.
        counts: events by type since ``ALERT_WINDOW_US`` before.
    """

    nodes: Mapping[str, Json]
    best_block: int | None
    at_us: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)


def alerts(
    before: AlertSample, now: AlertSample, at: str, raised: Iterable[Json] = ()
) -> list[Json]:
    """The alerts of this look; ``raised`` are those of the last one."""
    since = {_key(alert): alert["timestamp"] for alert in raised}
    found = [*_failing(now.counts)]
    for node_id, node in sorted(now.nodes.items()):
        found += _of_node(before.nodes.get(node_id), node, now)
    return [{**alert, "timestamp": since.get(_key(alert), at)} for alert in found]


def _key(alert: Json) -> tuple[str, str]:
    return alert["type"], alert.get("node_id") or alert["details"]["pipeline"]


def _failing(counts: Mapping[int, int]) -> Iterator[Json]:
    for each in rates(counts):
        if each["attempts"] >= FAILING_ATTEMPTS and each["rate"] > FAILING_RATE:
            name, failures, attempts = each["pipeline"], each["failures"], each["attempts"]
            yield {
                "severity": "warning",
                "type": "high_failure_rate",
                "message": f"{failures} of {attempts} failed in five minutes: {name}",
                "details": {
                    "pipeline": name,
                    "total_events": attempts,
                    "failures": failures,
                    "rate": each["rate"],
                },
            }


def _of_node(before: Json | None, node: Json, now: AlertSample) -> Iterator[Json]:
    short = node["node_id"][:16]
    dropped = _more(before, node, "dropped_count")
    if dropped:
        yield _alert("dropped_events", node, f"node {short} dropped {dropped} events", dropped)
    undecodable = _more(before, node, "undecodable")
    if undecodable:
        text = f"node {short} sent {undecodable} events that cannot be read"
        yield _alert("undecodable_events", node, text, undecodable)
    slot = (node["best"] or {}).get("slot")
    said = node["statements"]["best"]
    # What it said on a connection that has ended is not where it is now.
    if said and said["is_open"] and slot is not None and now.best_block is not None:
        behind = now.best_block - slot
        if behind > BEHIND_SLOTS:
            text = f"node {short} is {behind} slots behind"
            yield _alert("node_behind", node, text, behind)
    seen = node["last_seen_at"]
    # Times as text are in the order of the times.
    if node["is_connected"] and seen and seen < (rfc3339(now.at_us - ALERT_WINDOW_US) or ""):
        text = f"node {short} is connected and has said nothing for five minutes"
        yield {**_alert("node_inactive", node, text, seen), "severity": "info"}


def _more(before: Json | None, node: Json, name: str) -> int:
    """By how much a counter grew; nothing can be said of a node not seen before."""
    return 0 if before is None else max(0, node[name] - before[name])


_DETAILS = {
    "dropped_events": "dropped_count",
    "undecodable_events": "undecodable",
    "node_behind": "slots_behind",
    "node_inactive": "last_seen_at",
}


def _alert(kind: str, node: Json, message: str, detail: int | str) -> dict[str, Any]:
    return {
        "severity": "warning",
        "type": kind,
        "message": message,
        "node_id": node["node_id"],
        "details": {_DETAILS[kind]: detail},
    }
