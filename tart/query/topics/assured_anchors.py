"""Coverage of anchors by assurances: who assured, how many nodes received it, and when.

Pure. Deliveries of assurances (``query.shard_queries.deliveries``) in, a row for each anchor with
an element for each node out. All times are of receipt by the server's clock. Nodes assure the same
anchor again if a slot has no block; the first assurance of each node counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from tart.protocol.events import EventKind
from tart.protocol.node_information import SLOT_SECONDS
from tart.query.answers import assured_anchors as answers
from tart.query.core.log_histogram import middle_us, nearest_ranks
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.deliveries import Delivery, DeliverySet
from tart.units import MINUTE_US, SECOND_US

# The Gray Paper has at most this many validators.
MAX_NODES = 1_023
# Rows that one query of deliveries should have; ``shard.queries.deliveries`` has the limit.
_ROWS = 10_000
# An anchor is assured again while a slot has no block; it belongs to the window of the first time.
LOOKBACK_US = MINUTE_US
# Anchors whose first assurances are so close may be those of two branches in one slot.
_BESIDE_US = SLOT_SECONDS * SECOND_US
KINDS = (EventKind.DISTRIBUTING_ASSURANCE, EventKind.ASSURANCE_RECEIVED)


@dataclass(frozen=True)
class Anchors:
    """The anchors of an answer.

    Attributes:
        first_at: Of each the time of the first assurance to a tenth of a second, in Unix
            microseconds; newest first.
        total: Number of anchors in the window.
        beside: Older ones, which nodes may have assured instead of the oldest of the answer.
    """

    first_at: Mapping[str, int]
    total: int
    beside: tuple[str, ...] = ()

    @property
    def start_us(self) -> int:
        """A time before the first assurances of all, in Unix microseconds; 0 without anchors."""
        return max(0, min(self.first_at.values(), default=0) - _BESIDE_US)

    @property
    def end_us(self) -> int:
        """A time after the last assurances of all, in Unix microseconds."""
        return max(self.first_at.values(), default=0) + MINUTE_US

    def batches(self, nodes: int) -> list[list[str]]:
        """Return the hashes in batches that one query can answer.

        Args:
            nodes: Number of nodes of the network.
        """
        size = max(1, _ROWS // max(1, nodes))
        hashes = [*self.first_at, *self.beside]
        return [hashes[place : place + size] for place in range(0, len(hashes), size)]


def select_anchors(
    rows: Iterable[Json], start_us: int, end_us: int, is_followed: Callable[[str], bool], limit: int
) -> Anchors:
    """Return the newest anchors whose first assurance is in a window.

    Args:
        rows: Anchor and seen_at (Unix µs) of assurances that nodes distributed, from
            ``LOOKBACK_US`` before the window on.
        start_us, end_us: The window, both inclusive.
        is_followed: Returns whether an anchor's assurances are followed to the receivers.
        limit: Maximum number of anchors.
    """
    first_at: dict[str, int] = {}
    for row in rows:
        anchor, seen_at = row["anchor"], row["seen_at"]
        first_at[anchor] = min(seen_at, first_at.get(anchor, seen_at))
    newest = sorted(
        (
            (seen_at, anchor)
            for anchor, seen_at in first_at.items()
            if start_us <= seen_at <= end_us and is_followed(anchor)
        ),
        reverse=True,
    )
    shown = {anchor: seen_at for seen_at, anchor in newest[:limit]}
    oldest = min(shown.values(), default=0)
    beside = (anchor for at_us, anchor in newest[limit:] if at_us >= oldest - _BESIDE_US)
    return Anchors(shown, len(newest), tuple(beside))


def anchor_coverage(
    anchors: Anchors,
    deliveries: Iterable[DeliverySet],
    participants: Iterable[str | None],
    slots: Mapping[str, int | None],
    seconds: int | None,
) -> answers.AvailabilityAnchors:
    """Return the answer of ``/api/availability/anchors``.

    Args:
        anchors: The anchors of the answer.
        deliveries: Assurances of these anchors.
        participants: Nodes that sent or received assurances at that time.
        slots: Slots of blocks by header hash.
        seconds: Length of a slot, ``None`` if it is not known.
    """
    first: dict[str, dict[str, Delivery]] = {
        anchor: {} for anchor in (*anchors.first_at, *anchors.beside)
    }
    for delivery in sorted(
        (each for some in deliveries for each in some.deliveries),
        key=lambda each: each.start.at_us,
    ):
        start = delivery.start
        if start.node is not None and start.hash in first:
            first[start.hash].setdefault(start.node, delivery)
    times = _assurance_times(first)
    for anchor in anchors.beside:
        del first[anchor]
    known = {node for node in participants if node is not None}
    known |= {node for by_node in first.values() for node in by_node}
    nodes = sorted(known)[:MAX_NODES]
    slot_us = (seconds or SLOT_SECONDS) * SECOND_US
    rows = [
        _anchor(anchor, by_node, nodes, times, slots.get(anchor), slot_us)
        for anchor, by_node in first.items()
        if by_node
    ]
    rows.sort(key=lambda row: (row["first_at"], row["anchor"]), reverse=True)
    return {
        "nodes": nodes,
        "nodes_left_out": len(known) - len(nodes),
        "late_after_ms": _late_us(slot_us) // 1000,
        "anchors": rows,
        "total_anchors": anchors.total,
        "assurers": [_assurer(place, node, rows, first) for place, node in enumerate(nodes)],
    }


def _late_us(slot_us: int) -> int:
    """Return the delay from which an assurance is late: a third of a slot."""
    return slot_us // 3


def _assurance_times(first: Mapping[str, Mapping[str, Delivery]]) -> dict[str, dict[str, int]]:
    """Return by node, and within it by anchor, when it assured; Unix microseconds."""
    times: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for anchor, by_node in first.items():
        for node, delivery in by_node.items():
            times[node][anchor] = delivery.start.at_us
    return dict(times)


def _anchor(
    anchor: str,
    by_node: Mapping[str, Delivery],
    nodes: Sequence[str],
    times: Mapping[str, Mapping[str, int]],
    slot: int | None,
    slot_us: int,
) -> answers.AnchorCoverage:
    started = min(delivery.start.at_us for delivery in by_node.values())
    delays = {node: delivery.start.at_us - started for node, delivery in by_node.items()}
    receipts = _receipts(by_node.values(), started)
    expected = len(nodes) * (len(nodes) - 1)
    total = receipts.total()
    last = _last_receipt_us(by_node.values(), started)
    missing = [place for place, node in enumerate(nodes) if node not in by_node]
    return {
        "anchor": anchor,
        "slot": slot,
        "first_at": server_time(started),
        "assured": len(by_node),
        "share": round(len(by_node) / len(nodes), 4) if nodes else None,
        "receipts": total,
        "expected_receipts": expected,
        "until_two_thirds_ms": _until(receipts, -(-2 * expected // 3)),
        "until_all_ms": _ms(last) if last is not None and total >= expected else None,
        "last_receipt_ms": None if last is None else _ms(last),
        "started_ms": [_ms(delays[node]) if node in delays else None for node in nodes],
        "reached": [_reached(by_node[node]) if node in by_node else None for node in nodes],
        "late": [
            place for place, node in enumerate(nodes) if delays.get(node, 0) >= _late_us(slot_us)
        ],
        "missing": missing,
        "elsewhere": [
            place
            for place in missing
            if any(
                abs(at_us - started) <= slot_us // 2
                for at_us in times.get(nodes[place], {}).values()
            )
        ],
    }


def _receipts(deliveries: Iterable[Delivery], started: int) -> Counter[int]:
    """Return the number of receipts by delay, in microseconds."""
    counts: Counter[int] = Counter()
    for delivery in deliveries:
        for arrivals in delivery.arrivals:
            latest = arrivals.last_us
            for number, count in zip(arrivals.bins[::2], arrivals.bins[1::2], strict=True):
                after = int(middle_us(number)) if number else 0
                counts[max(0, min(arrivals.first_us + after, latest) - started)] += count
    return counts


def _last_receipt_us(deliveries: Iterable[Delivery], started: int) -> int | None:
    times = [arrivals.last_us for each in deliveries for arrivals in each.arrivals]
    return max(0, max(times) - started) if times else None


def _until(receipts: Mapping[int, int], wanted: int) -> int | None:
    """Return the delay until a number of receipts, in milliseconds; ``None`` if there are fewer."""
    seen = 0
    for delay in sorted(receipts):
        seen += receipts[delay]
        if seen >= wanted:
            return _ms(delay)
    return None


def _reached(delivery: Delivery) -> int:
    return sum(sum(arrivals.bins[1::2]) for arrivals in delivery.arrivals)


def _assurer(
    place: int,
    node: str,
    rows: Sequence[answers.AnchorCoverage],
    first: Mapping[str, Mapping[str, Delivery]],
) -> answers.Assurer:
    own = [by_node[node] for by_node in first.values() if node in by_node]
    starts = [start for row in rows if (start := row["started_ms"][place]) is not None]
    p50, p95 = _delivery_ms(own)
    return {
        "node_id": node,
        "assured": len(starts),
        "late": sum(place in row["late"] for row in rows),
        "missing": len(rows) - len(starts),
        "elsewhere": sum(place in row["elsewhere"] for row in rows),
        "reached": round(fmean(map(_reached, own)), 3) if own else None,
        "start_p50_ms": float(median(starts)) if starts else None,
        "delivery_p50_ms": p50,
        "delivery_p95_ms": p95,
    }


def _delivery_ms(deliveries: Iterable[Delivery]) -> tuple[float | None, float | None]:
    """Return median and 95th percentile of delays from an assurance to its receipts."""
    delays: Counter[int] = Counter()
    for delivery in deliveries:
        delays.update(_receipts([delivery], delivery.start.at_us))
    if not delays:
        return None, None
    p50, p95 = nearest_ranks(delays, (0.5, 0.95))
    return round(p50 / 1000, 3), round(p95 / 1000, 3)


def _ms(us: int) -> int:
    return round(us / 1000)
