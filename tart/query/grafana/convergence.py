"""Convergence of guarantees and assurances: from their start at one node to all others.

Pure. A delay is from the first start (Guarantee built at any guarantor, Distributing assurance) to
an arrival (Guarantee received, Assurance received), both by the server's clock, which no node's
clock disturbs; a delay below zero counts as zero. Percentiles are of arrivals, by nearest rank; the
last arrival is exact, the others are within 10 % of their distance from the first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from tart.protocol.node_information import SLOT_SECONDS
from tart.query.answers import grafana_guarantees as answers
from tart.query.core.log_histogram import middle_us, nearest_ranks
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.deliveries import Delivery, DeliverySet
from tart.units import JCE_US, SECOND_US

_RANKS = (0.5, 0.75, 0.95, 0.99)


class _Percentiles(TypedDict):
    p50_ms: int
    p75_ms: int
    p95_ms: int
    p99_ms: int
    p100_ms: int


class Delays:
    """Delays of arrivals, in microseconds."""

    def __init__(self, deliveries: Iterable[Delivery]) -> None:
        self._counts: Counter[int] = Counter()
        self._last = 0
        for delivery in deliveries:
            self._add(delivery)

    def _add(self, delivery: Delivery) -> None:
        start = delivery.start.at_us
        for arrivals in delivery.arrivals:
            latest = max(0, arrivals.last_us - start)
            pairs = zip(arrivals.bins[::2], arrivals.bins[1::2], strict=True)
            for number, count in pairs:
                after = int(middle_us(number)) if number else 0
                delay = max(0, arrivals.first_us + after - start)
                self._counts[min(delay, latest)] += count
            self._last = max(self._last, latest)

    def __len__(self) -> int:
        return self._counts.total()

    def percentiles(self) -> _Percentiles | None:
        """Return percentiles in milliseconds, ``None`` without arrivals."""
        if not self._counts:
            return None
        p50, p75, p95, p99 = nearest_ranks(self._counts, _RANKS)
        return {
            "p50_ms": _ms(p50),
            "p75_ms": _ms(p75),
            "p95_ms": _ms(p95),
            "p99_ms": _ms(p99),
            "p100_ms": _ms(self._last),
        }


def _ms(us: int) -> int:
    return round(us / 1000)


def slot_time(slot: int, seconds: int | None) -> str:
    """Return the time at which a slot begins, from the beginning of the JAM Common Era."""
    return server_time(JCE_US + slot * (seconds or SLOT_SECONDS) * SECOND_US)


def by_time(
    deliveries: DeliverySet, step_us: int, node: str | None = None
) -> list[answers.GrafanaConvergenceBucket]:
    """Return the delays of deliveries by the bucket in which they started.

    Args:
        deliveries: Those of the window.
        step_us: Length of a bucket.
        node: Only deliveries that started at this node.
    """
    buckets: defaultdict[int, list[Delivery]] = defaultdict(list)
    for delivery in deliveries.deliveries:
        if node in (None, delivery.start.node):
            buckets[delivery.start.at_us // step_us * step_us].append(delivery)
    rows: list[answers.GrafanaConvergenceBucket] = []
    for start in sorted(buckets):
        delays = Delays(buckets[start])
        if (percentiles := delays.percentiles()) is not None:
            count = round(len(delays) * deliveries.scale)
            rows.append({"ts": server_time(start), **percentiles, "sample_count": count})
    return rows


# --- Guarantees ----------------------------------------------------------------------------


def guarantees_by_slot(
    deliveries: DeliverySet, seconds: int | None
) -> list[answers.GrafanaGuaranteeConvergence]:
    """Return the rows of ``/api/grafana/guarantee-convergence``, in order of slots.

    Args:
        deliveries: Guarantees of reports.
        seconds: Length of a slot, ``None`` if it is not known.
    """
    slots: defaultdict[int, list[Delivery]] = defaultdict(list)
    for delivery in deliveries.deliveries:
        if delivery.start.slot is not None:
            slots[delivery.start.slot].append(delivery)
    return [
        _slot(slot, slots[slot], round(len(slots[slot]) * deliveries.scale), seconds)
        for slot in sorted(slots)
    ]


def _slot(
    slot: int, deliveries: Sequence[Delivery], count: int, seconds: int | None
) -> answers.GrafanaGuaranteeConvergence:
    percentiles = Delays(deliveries).percentiles()
    nodes = [len(Delays([delivery])) for delivery in deliveries]
    return {
        "slot": slot,
        "slot_timestamp": slot_time(slot, seconds),
        "guarantee_count": count,
        "node_count": max(nodes),
        "min_node_count": min(nodes),
        "p50_ms": percentiles and percentiles["p50_ms"],
        "p75_ms": percentiles and percentiles["p75_ms"],
        "p95_ms": percentiles and percentiles["p95_ms"],
        "p99_ms": percentiles and percentiles["p99_ms"],
        "p100_ms": percentiles and percentiles["p100_ms"],
        "built_at": server_time(min(delivery.start.at_us for delivery in deliveries)),
    }


def reports(
    deliveries: DeliverySet, core: int | None, package: str | None
) -> list[answers.GrafanaReportConvergence]:
    """Return the answer of ``/api/grafana/guarantee-convergence/detail``.

    Args:
        deliveries: Guarantees of reports.
        core: Only reports of this core.
        package: Only the report of the package with this hash.
    """
    rows: list[answers.GrafanaReportConvergence] = []
    for delivery in deliveries.deliveries:
        start, delays = delivery.start, Delays([delivery])
        percentiles = delays.percentiles()
        wanted = core in (None, start.core) and package in (None, start.package)
        if percentiles is None or not wanted or start.slot is None:
            continue
        rows.append(
            {
                "work_report_hash": start.hash,
                "slot": start.slot,
                "core": start.core,
                "wp_hash": start.package,
                "builder_node_id": start.node,
                "node_count": len(delays),
                **percentiles,
                "built_at": server_time(start.at_us),
            }
        )
    return sorted(rows, key=lambda row: (row["slot"], row["built_at"], row["work_report_hash"]))


# --- Assurances ----------------------------------------------------------------------------


def anchors(
    deliveries: DeliverySet, slots: Mapping[str, int | None], seconds: int | None
) -> list[answers.GrafanaAnchorConvergence]:
    """Return the rows of ``/api/grafana/assurance-convergence``, unknown slots last.

    Args:
        deliveries: Assurances.
        slots: Slots of blocks by header hash.
        seconds: Length of a slot, ``None`` if it is not known.
    """
    by_anchor: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries.deliveries:
        by_anchor[delivery.start.hash].append(delivery)
    rows = [
        row
        for anchor, group in by_anchor.items()
        if (row := _anchor(anchor, group, slots.get(anchor), seconds)) is not None
    ]
    return sorted(rows, key=lambda row: (*_slot_order(row["slot"]), row["anchor"]))


def _slot_order(slot: int | None) -> tuple[bool, int]:
    return slot is None, slot or 0


def _anchor(
    anchor: str, deliveries: Sequence[Delivery], slot: int | None, seconds: int | None
) -> answers.GrafanaAnchorConvergence | None:
    delays = Delays(deliveries)
    percentiles = delays.percentiles()
    if percentiles is None:
        return None
    first: dict[str | None, int] = {}
    for delivery in deliveries:
        start = delivery.start
        first[start.node] = min(start.at_us, first.get(start.node, start.at_us))
    starts = sorted(first.values())
    late = Counter(start - starts[0] for start in starts)
    p50, p95, p99 = nearest_ranks(late, (0.5, 0.95, 0.99))
    return {
        "anchor": anchor,
        "slot": slot,
        "slot_timestamp": None if slot is None else slot_time(slot, seconds),
        "sender_count": len(starts),
        "receiver_count": len(delays),
        **percentiles,
        "dist_start_p50_ms": _ms(p50),
        "dist_start_p95_ms": _ms(p95),
        "dist_start_p99_ms": _ms(p99),
        "dist_start_p100_ms": _ms(starts[-1] - starts[0]),
        "first_distributed_at": server_time(starts[0]),
        "last_distributed_at": server_time(max(each.start.at_us for each in deliveries)),
    }


def senders(
    deliveries: DeliverySet, slots: Mapping[str, int | None], node: str | None
) -> list[answers.GrafanaSenderConvergence]:
    """Return the rows of ``/api/grafana/assurance-convergence/senders``, in order of time.

    Args:
        deliveries: Assurances.
        slots: Slots of blocks by header hash.
        node: Only assurances of this node.
    """
    rows: list[answers.GrafanaSenderConvergence] = []
    for delivery in deliveries.deliveries:
        start, delays = delivery.start, Delays([delivery])
        percentiles = delays.percentiles()
        if percentiles is None or start.node is None or node not in (None, start.node):
            continue
        rows.append(
            {
                "anchor": start.hash,
                "slot": slots.get(start.hash),
                "sender_node_id": start.node,
                "node_count": len(delays),
                **percentiles,
                "distributed_at": server_time(start.at_us),
            }
        )
    return rows
