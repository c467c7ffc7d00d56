"""Statistics of the chain and of the network, which no single node can distort.

Pure. A false claim of one node changes none of them. Values that cannot be known are ``None``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, overload

from tart import json_encoding
from tart.protocol.events import EventKind
from tart.protocol.node_information import VALIDATORS_PER_CORE
from tart.query.answers.network import (
    ChainFigures,
    Implementation,
    LiveCounts,
    LiveWindow,
    Network,
    NetworkTopology,
    NodeAhead,
)
from tart.query.answers.nodes import EventTypeCount, ReportedStatus
from tart.query.core.merge import Claim, Json, NodeStatusAnswer, Second
from tart.query.core.rfc3339 import server_time
from tart.query.core.wall_clock import plausible_slots
from tart.units import SECOND_US

LIVE_SECONDS = 10
MINUTE_SECONDS = 60

# Keys of ``node_status`` and of ``network``: event types as text.
STATUS_KEY = str(EventKind.STATUS.number)
BEST_KEY = str(EventKind.BEST_BLOCK_CHANGED.number)
FINALIZED_KEY = str(EventKind.FINALIZED_BLOCK_CHANGED.number)
SYNC_KEY = str(EventKind.SYNC_STATUS_CHANGED.number)


def slot_reached(slots: Iterable[int | None]) -> int | None:
    """Return the highest slot that a third of the connected nodes, and at least one, have reached.

    Slots that are ahead of the wall clock count only if the network agrees (``wall_clock``).

    Args:
        slots: One per connected node; ``None`` for a node without a claim, which counts as
            connected.
    """
    every = plausible_slots(slots)
    needed = max(1, -(-len(every) // 3))
    known = sorted((slot for slot in every if slot is not None), reverse=True)
    return known[needed - 1] if len(known) >= needed else None


def chain_figures(claims: Mapping[str, Claim]) -> ChainFigures:
    """Return the best and finalized block, and the nodes that claim to be beyond either."""
    best = slot_reached(claim[0] for claim in claims.values())
    finalized = slot_reached(claim[1] for claim in claims.values())
    ahead: list[NodeAhead] = []
    for node_id, (node_best, node_finalized) in sorted(claims.items()):
        best_slot = _beyond(node_best, best)
        finalized_slot = _beyond(node_finalized, finalized)
        if best_slot is not None or finalized_slot is not None:
            ahead.append(
                {"node_id": node_id, "best_slot": best_slot, "finalized_slot": finalized_slot}
            )
    return {"best_block": best, "finalized_block": finalized, "ahead": ahead}


def _beyond(slot: int | None, limit: int | None) -> int | None:
    return slot if slot is not None and (limit is None or slot > limit) else None


def most_common(values: Iterable[Any]) -> Any:
    """Return the most frequent JSON value, ``None`` excluded; a tie goes to the lowest text."""
    given: dict[bytes, Any] = {}
    counts: Counter[bytes] = Counter()
    for value in values:
        if value is not None:
            text = json_encoding.dumps(value, option=json_encoding.SORTED)
            given.setdefault(text, value)
            counts[text] += 1
    if not given:
        return None
    return given[min(counts, key=lambda text: (-counts[text], text))]


def network(nodes: Iterable[Json]) -> Network:
    """Return the answer of ``/api/network``: the values that most connected nodes report."""
    every = list(nodes)
    connected = [node for node in every if node["is_connected"]]
    information = [node["node_info"] or {} for node in connected]
    agreed = most_common(
        [each["params"], each.get("params_layout")] for each in information if each.get("params")
    )
    parameters, layout = agreed or (None, None)
    return {
        "network": {
            "connected_nodes": len(connected),
            "total_nodes": len(every),
            "genesis": most_common(each.get("genesis") for each in information),
        },
        "topology": _topology(parameters or {}, layout),
        "protocol_params": parameters,
        "implementations": _implementations(connected),
    }


def _topology(parameters: Json, layout: str | None) -> NetworkTopology:
    cores, validators = parameters.get("core_count"), parameters.get("val_count")
    if validators is None and cores is not None and layout == "gp-0.8":
        # Gray Paper 0.8 no longer has this parameter.
        validators = cores * VALIDATORS_PER_CORE
    return {
        "core_count": cores,
        "validator_count": validators,
        "epoch_period": parameters.get("epoch_period"),
        "slot_period_sec": parameters.get("slot_period_sec"),
    }


def _implementations(connected: Sequence[Json]) -> list[Implementation]:
    counts = Counter(
        (node["implementation_name"], node["implementation_version"]) for node in connected
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return [
        {"name": name, "version": version, "count": count} for (name, version), count in ordered
    ]


def live(seconds: Mapping[int, Second], now: int, length: int, since: int = 0) -> LiveCounts:
    """Return counts of the last complete seconds.

    Args:
        seconds: Counts by Unix second.
        now: The present Unix second, which is not complete.
        length: Number of seconds.
        since: First second that every shard has counted.
    """
    start = min(now, max(now - length, since))
    counted = now - start
    inside = [second for number, second in seconds.items() if start <= number < now]
    events = sum(second.events for second in inside)
    blocks = len(set().union(*(second.best for second in inside)))
    return {
        "events": events,
        "blocks": blocks,
        "finalized": len(set().union(*(second.finalized for second in inside))),
        "best_block_events": sum(second.best_events for second in inside),
        "finalized_block_events": sum(second.finalized_events for second in inside),
        "events_per_second": events / counted if counted else None,
        "blocks_per_second": blocks / counted if counted else None,
    }


def live_window(seconds: Mapping[int, Second], now: int, length: int, since: int = 0) -> LiveWindow:
    """Return counts of the last complete seconds with their bounds; see ``live``."""
    return {
        "start": server_time(min(now, max(now - length, since)) * SECOND_US),
        "end": server_time(now * SECOND_US),
        **live(seconds, now, length, since),
    }


def reported_status(merged: NodeStatusAnswer) -> ReportedStatus:
    """Return what a node last reported from the merged answers of ``node_status``."""
    counts, latest = merged["counts"], merged["latest"]
    best, finalized = _payload(latest, BEST_KEY), _payload(latest, FINALIZED_KEY)
    kinds = (BEST_KEY, FINALIZED_KEY, SYNC_KEY)
    times = [latest[number]["received_at"] for number in kinds if number in latest]
    return {
        "chain_status": {
            "best_slot": best.get("slot"),
            "finalized_slot": finalized.get("slot"),
            "best_hash": bare_hex(best.get("hash")),
            "finalized_hash": bare_hex(finalized.get("hash")),
            "best_block_events": counts.get(BEST_KEY, 0),
            "finalized_block_events": counts.get(FINALIZED_KEY, 0),
            "synced": _payload(latest, SYNC_KEY).get("synced"),
            "last_updated": max(times, default=None),
        },
        "latest_status": _payload(latest, STATUS_KEY) or None,
        "event_breakdown": breakdown(counts),
    }


def _payload(latest: Mapping[str, Json], number: str) -> Json:
    """Return the fields of the latest event of a type, empty if there is none."""
    data = (latest.get(number) or {}).get("data") or {}
    return next((each for each in data.values() if isinstance(each, dict)), {})


@overload
def bare_hex(value: str | Sequence[int]) -> str: ...
@overload
def bare_hex(value: str | Sequence[int] | None) -> str | None: ...
def bare_hex(value: str | Sequence[int] | None) -> str | None:
    """Return a hash in either JSON encoding as 64 hex digits without prefix."""
    if value is None:
        return None
    return value.removeprefix("0x") if isinstance(value, str) else bytes(value).hex()


def breakdown(counts: Mapping[str, int]) -> list[EventTypeCount]:
    """Return counts by event type, the most frequent first."""
    numbers: defaultdict[int, int] = defaultdict(int)
    for text, count in counts.items():
        numbers[int(text)] += count
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return [{"event_type": number, "count": count} for number, count in ordered]
