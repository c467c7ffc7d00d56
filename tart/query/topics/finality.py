"""Finality: how far it is behind the best chain, how long it takes, where it stood still.

Pure: rows of the aggregates in, the answer of ``/api/finality`` out. A network's slot is the
highest that a third of the nodes have reached (``query.core.chain_stats``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from tart.protocol.node_information import SLOT_SECONDS
from tart.query.answers import finality as answers
from tart.query.core.chain_stats import slot_reached
from tart.query.core.log_histogram import middle_us, nearest_ranks, percentile_ms
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import server_time
from tart.query.core.wall_clock import mark_ahead
from tart.query.topics.node_summary import implementation_of, lag, network_heads
from tart.query.topics.protocol_steps import StepRows, finality_steps
from tart.query.topics.time_series import Buckets
from tart.units import SECOND_US, ms

# Blocks of a window: a day and a third of slots of six seconds.
MAX_BLOCKS = 20_000
MAX_STALLS = 100
STALL_SLOTS = 5


@dataclass(frozen=True)
class FinalityRows:
    """The rows that the figures are made from; times are Unix microseconds.

    Attributes:
        buckets: The window, cut into buckets.
        best: Each node's best slot by bucket.
        finalized: Likewise its finalized slot.
        blocks: Hash, slot, seen_at of the blocks that nodes named as finalized.
        first_seen: When any node first named a block, by header hash.
        arrivals: Hash, seen_at, last_at of ``deliveries`` of finalized blocks, with their bins.
        events: Node, count of Finalized block changed.
        durations: Bucket, node, bin, count of the step from best to finalized block.
        steps: Rows of ``role_events``.
        nodes: All nodes.
        slot_seconds: ``None`` if it is not known.
    """

    buckets: Buckets
    best: ByNode
    finalized: ByNode
    blocks: Sequence[Json]
    first_seen: Mapping[str, int]
    arrivals: Sequence[tuple[str, int, int, Sequence[tuple[int, int]]]]
    events: Sequence[Json]
    durations: Sequence[Json]
    steps: StepRows
    nodes: Sequence[Json]
    slot_seconds: int | None


def finality(rows: FinalityRows, limit: int) -> answers.Finality:
    """Return the answer.

    Args:
        rows: Of the window.
        limit: Maximum number of nodes.
    """
    starts = rows.buckets.starts[::-1]
    heads = network_heads(rows.nodes)
    series = _series(rows, starts)
    nodes = _nodes(rows, starts, series["best_slot"])
    stall_seconds = STALL_SLOTS * (rows.slot_seconds or SLOT_SECONDS)
    stalls = _stalls(rows, starts, series["best_slot"], stall_seconds * SECOND_US)
    network = Counter(_first_delays(rows))
    return {
        "bucket_seconds": rows.buckets.step_us // SECOND_US,
        "times": [server_time(start) for start in starts],
        "now": {
            "best_slot": heads["best_slot"],
            "finalized_slot": heads["finalized_slot"],
            "lag_slots": lag(heads["best_slot"], heads["finalized_slot"]),
        },
        "series": series,
        "blocks": len(rows.blocks),
        "node_delay": _of_bins(rows.durations),
        "network_delay": _delays(network),
        "arrival_delay": _delays(_arrival_delays(rows)),
        "spread": _delays(_spreads(rows)),
        "stall_after_seconds": stall_seconds,
        "stalls": stalls[::-1][:MAX_STALLS],
        "stalls_total": len(stalls),
        "nodes": nodes[:limit],
        "nodes_total": len(nodes),
        "rounds": finality_steps(rows.steps, starts),
    }


# --- By time -----------------------------------------------------------------------------------


def _series(rows: FinalityRows, starts: Sequence[int]) -> answers.FinalitySeries:
    best = [_network_slot(rows.best, start, rows.buckets.step_us) for start in starts]
    final = [_network_slot(rows.finalized, start, rows.buckets.step_us) for start in starts]
    bins: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for row in rows.durations:
        bins[row["bucket"]][row["bin"]] += row["count"]
    first, step_us = rows.buckets.start_us, rows.buckets.step_us
    blocks = Counter((block["seen_at"] - first) // step_us for block in rows.blocks)
    return {
        "best_slot": best,
        "finalized_slot": final,
        "lag_slots": [lag(one, other) for one, other in zip(best, final, strict=True)],
        "finalized_blocks": [blocks[place] for place in range(len(starts))],
        "p50_ms": [percentile_ms(bins[start], 0.5) for start in starts],
        "p95_ms": [percentile_ms(bins[start], 0.95) for start in starts],
    }


def _network_slot(slots: ByNode, start: int, step_us: int) -> int | None:
    """Return the slot that a third of the nodes with a statement in a bucket have reached."""
    stated = [mark_ahead(slot, start + step_us) for slot in slots.get((start,), {}).values()]
    return slot_reached(slot for slot in stated if slot is not None)


def _stalls(
    rows: FinalityRows, starts: Sequence[int], best: Sequence[int | None], longest_us: int
) -> list[answers.FinalityStall]:
    """Return the gaps between blocks of rising slots, in order of time.

    A gap in which no node named a best block says nothing about finality: no node was reported.
    """
    first, end = rows.buckets.start_us, rows.buckets.end_us + 1
    progress: list[tuple[int, int | None]] = [(first, None)]
    for block in sorted(rows.blocks, key=lambda block: int(block["seen_at"])):
        if progress[-1][1] is None or block["slot"] > progress[-1][1]:
            progress.append((block["seen_at"], block["slot"]))
    if len(rows.blocks) >= MAX_BLOCKS:
        # Nothing is known of the time before the first of them.
        del progress[0]
    reported = [start for start, slot in zip(starts, best, strict=True) if slot is not None]
    stalls: list[answers.FinalityStall] = []
    for (since, slot), (until, _) in zip(progress, [*progress[1:], (end, None)], strict=True):
        if until - since <= longest_us or not _has_between(reported, since, until, rows):
            continue
        stalls.append(
            {
                "since": server_time(since),
                "until": None if until == end else server_time(until),
                "seconds": round((until - since) / SECOND_US, 3),
                "finalized_slot": slot,
            }
        )
    return stalls


def _has_between(reported: Iterable[int], since: int, until: int, rows: FinalityRows) -> bool:
    """Return whether a bucket that lies in a gap, or the one it lies in, has a best block."""
    step_us = rows.buckets.step_us
    inside = [start for start in reported if since <= start and start + step_us <= until]
    return bool(inside) or any(start <= since and until <= start + step_us for start in reported)


# --- Delays ------------------------------------------------------------------------------------


def _first_delays(rows: FinalityRows) -> Iterable[int]:
    for block in rows.blocks:
        if (seen := rows.first_seen.get(block["hash"])) is not None:
            yield max(0, block["seen_at"] - seen)


def _arrival_delays(rows: FinalityRows) -> Counter[int]:
    """Return the delays after the first sight, of each block and node."""
    delays: Counter[int] = Counter()
    for block, first_us, last_us, bins in rows.arrivals:
        seen = rows.first_seen.get(block)
        if seen is None:
            continue
        for number, count in bins:
            after = int(middle_us(number)) if number else 0
            delays[max(0, min(first_us + after, last_us) - seen)] += count
    return delays


def _spreads(rows: FinalityRows) -> Counter[int]:
    """Return the time between the first and the last node, of each block with several nodes."""
    times: dict[str, tuple[int, int, int]] = {}
    for block, first_us, last_us, bins in rows.arrivals:
        first, last, count = times.get(block, (first_us, last_us, 0))
        arrived = sum(number for _, number in bins)
        times[block] = min(first, first_us), max(last, last_us), count + arrived
    return Counter(last - first for first, last, count in times.values() if count > 1)


def _delays(counts: Counter[int]) -> answers.FinalityDelays:
    if not counts:
        return {"count": 0, "p50_ms": None, "p95_ms": None, "max_ms": None}
    p50, p95 = nearest_ranks(counts, (0.5, 0.95))
    return {
        "count": counts.total(),
        "p50_ms": ms(p50),
        "p95_ms": ms(p95),
        "max_ms": ms(max(counts)),
    }


def _of_bins(durations: Iterable[Json]) -> answers.FinalityDelays:
    bins: Counter[int] = Counter()
    for row in durations:
        bins[row["bin"]] += row["count"]
    return {
        "count": bins.total(),
        "p50_ms": percentile_ms(bins, 0.5),
        "p95_ms": percentile_ms(bins, 0.95),
        "max_ms": None,
    }


# --- Nodes -------------------------------------------------------------------------------------


def _nodes(
    rows: FinalityRows, starts: Sequence[int], best: Sequence[int | None]
) -> list[answers.FinalityNode]:
    bins: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in rows.durations:
        bins[row["node"]][row["bin"]] += row["count"]
    events = {row["node"]: row["count"] for row in rows.events}
    lines = []
    for node in rows.nodes:
        node_id = node["node_id"]
        own = [rows.finalized.get((start,), {}).get(node_id) for start in starts]
        lags = [lag(network, slot) for network, slot in zip(best, own, strict=True)]
        known = sorted(each for each in lags if each is not None)
        if not known and node_id not in events:
            continue
        name, version = implementation_of(node)
        line: answers.FinalityNode = {
            "node_id": node_id,
            "implementation_name": name,
            "implementation_version": version,
            "is_connected": node["is_connected"],
            "finalized_slot": node["finalized"] and node["finalized"]["slot"],
            "finalized_events": events.get(node_id, 0),
            "lag_p50": known[ceil(len(known) / 2) - 1] if known else None,
            "lag_max": known[-1] if known else None,
            "lag": lags,
            "delay_p50_ms": percentile_ms(bins[node_id], 0.5),
            "delay_p95_ms": percentile_ms(bins[node_id], 0.95),
        }
        lines.append(line)
    return sorted(
        lines, key=lambda line: (-(line["lag_p50"] or 0), -(line["lag_max"] or 0), line["node_id"])
    )
