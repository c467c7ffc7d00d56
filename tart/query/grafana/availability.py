"""Data availability for jamtart's routes of 2026: requests by node, and times of transfers.

Pure. Times are of transfers that succeeded, between two events of one node, by its clock; they are
counted in histograms by the minute (``query.core.log_histogram``). Failed requests are counted
beside them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from tart.protocol.events import EventKind
from tart.query.answers import grafana_availability as answers
from tart.query.core import log_histogram
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.units import ms

Row = TypeVar("Row")
# Event types that ``/api/grafana/da-stats`` counts, by the names of its members.
COUNTED: Mapping[str, EventKind] = {
    "shard_requests_sent": EventKind.SENDING_SHARD_REQUEST,
    "shard_requests_received": EventKind.RECEIVING_SHARD_REQUEST,
    "shard_sent_confirmed": EventKind.SHARD_REQUEST_SENT,
    "shard_received_confirmed": EventKind.SHARD_REQUEST_RECEIVED,
    "shards_transferred": EventKind.SHARDS_TRANSFERRED,
    "shard_failures": EventKind.SHARD_REQUEST_FAILED,
    "preimage_ann_failures": EventKind.PREIMAGE_ANNOUNCEMENT_FAILED,
    "preimages_announced": EventKind.PREIMAGE_ANNOUNCED,
    "preimages_forgotten": EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN,
}
# The steps of a request for shards: at the assurer, and at the guarantor.
ASSURER = EventKind.SENDING_SHARD_REQUEST, EventKind.SHARDS_TRANSFERRED
GUARANTOR = EventKind.RECEIVING_SHARD_REQUEST, EventKind.SHARDS_TRANSFERRED


class Step(NamedTuple):
    """A duration of an answer: its prefix, its two event types, and its percentiles."""

    prefix: str
    parent: EventKind
    end: EventKind
    percentiles: tuple[int, ...] = (50, 95, 99)


class Transfers(NamedTuple):
    """The durations of an answer, and the event types that count as failures."""

    steps: tuple[Step, ...]
    failures: tuple[EventKind, ...]


SHARDS = Transfers(
    (
        Step("assurer", *ASSURER, (50, 75, 95, 99, 100)),
        Step("guarantor", *GUARANTOR, (50, 75, 95, 99, 100)),
    ),
    (EventKind.SHARD_REQUEST_FAILED,),
)
BUNDLES = Transfers(
    (
        Step(
            "shard_req", EventKind.SENDING_BUNDLE_SHARD_REQUEST, EventKind.BUNDLE_SHARD_TRANSFERRED
        ),
        Step(
            "shard_resp",
            EventKind.RECEIVING_BUNDLE_SHARD_REQUEST,
            EventKind.BUNDLE_SHARD_TRANSFERRED,
        ),
        Step("full_req", EventKind.SENDING_BUNDLE_REQUEST, EventKind.BUNDLE_TRANSFERRED),
        Step("full_resp", EventKind.RECEIVING_BUNDLE_REQUEST, EventKind.BUNDLE_TRANSFERRED),
        Step("reconstruct", EventKind.RECONSTRUCTING_BUNDLE, EventKind.BUNDLE_RECONSTRUCTED),
        Step(
            "e2e",
            EventKind.SENDING_BUNDLE_SHARD_REQUEST,
            EventKind.BUNDLE_RECONSTRUCTED,
            (50, 95, 99, 100),
        ),
    ),
    (EventKind.BUNDLE_SHARD_REQUEST_FAILED, EventKind.BUNDLE_REQUEST_FAILED),
)
SEGMENTS = Transfers(
    (
        Step(
            "shard_req",
            EventKind.SENDING_SEGMENT_SHARD_REQUEST,
            EventKind.SEGMENT_SHARDS_TRANSFERRED,
        ),
        Step(
            "shard_resp",
            EventKind.RECEIVING_SEGMENT_SHARD_REQUEST,
            EventKind.SEGMENT_SHARDS_TRANSFERRED,
        ),
        Step("full_req", EventKind.SENDING_SEGMENT_REQUEST, EventKind.SEGMENTS_TRANSFERRED),
        Step("full_resp", EventKind.RECEIVING_SEGMENT_REQUEST, EventKind.SEGMENTS_TRANSFERRED),
        Step("reconstruct", EventKind.RECONSTRUCTING_SEGMENTS, EventKind.SEGMENTS_RECONSTRUCTED),
    ),
    (
        EventKind.SEGMENT_SHARD_REQUEST_FAILED,
        EventKind.SEGMENT_RECONSTRUCTION_FAILED,
        EventKind.SEGMENT_REQUEST_FAILED,
    ),
)
PREIMAGES = Transfers(
    (
        Step("req", EventKind.SENDING_PREIMAGE_REQUEST, EventKind.PREIMAGE_TRANSFERRED),
        Step("resp", EventKind.RECEIVING_PREIMAGE_REQUEST, EventKind.PREIMAGE_TRANSFERRED),
    ),
    (EventKind.PREIMAGE_REQUEST_FAILED,),
)


def latencies_by_time(
    transfers: Transfers, durations: Iterable[Json], failures: Iterable[Json], answer: type[Row]
) -> list[Row]:
    """Return the rows of a latency route, ordered by time.

    Args:
        transfers: The durations and failures of the route.
        durations: Rows of bucket, parent, type, bin and count.
        failures: Rows of bucket and count.
        answer: The type of a row.
    """
    bins: defaultdict[int, defaultdict[tuple[int, int], Counter[int]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for row in durations:
        bins[row["bucket"]][row["parent"], row["type"]][row["bin"]] += row["count"]
    failed: Counter[int] = Counter()
    for row in failures:
        failed[row["bucket"]] += row["count"]
    wanted = {(step.parent.number, step.end.number) for step in transfers.steps}
    # A pair of types that is not a step of the route may come with its event types.
    starts = {start for start, steps in bins.items() if wanted & steps.keys()}
    return [
        cast(
            Row,
            {
                "ts": server_time(start),
                **_figures(transfers.steps, bins[start]),
                "failed_count": failed[start],
            },
        )
        for start in sorted(starts | {start for start, count in failed.items() if count})
    ]


def _figures(
    steps: Iterable[Step], bins: Mapping[tuple[int, int], Mapping[int, int]]
) -> dict[str, int | None]:
    figures: dict[str, int | None] = {}
    for step in steps:
        counts = bins.get((step.parent.number, step.end.number), {})
        for number in step.percentiles:
            duration = log_histogram.percentile_us(counts, number / 100)
            figures[f"{step.prefix}_p{number}"] = (
                None if duration is None else round(duration / 1000)
            )
        figures[f"{step.prefix}_samples"] = sum(counts.values())
    return figures


def da_stats(
    counts: Iterable[Json], durations: Iterable[Json], indices: Iterable[Json]
) -> list[answers.GrafanaNodeAvailability]:
    """Return the answer of ``/api/grafana/da-stats``.

    Args:
        counts: Rows of node, type and count.
        durations: Rows of node, parent, type, bin and count of requests for shards.
        indices: Rows of node and shard_index of the requests that nodes sent.
    """
    by_node: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in counts:
        by_node[row["node"]][row["type"]] += row["count"]
    bins: defaultdict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    for row in durations:
        bins[row["node"], row["parent"]][row["bin"]] += row["count"]
    shards: Counter[str] = Counter(
        node for node, _ in {(row["node"], row["shard_index"]) for row in indices}
    )
    rows = [
        _node(node, by_node[node], _sides(node, bins), shards[node])
        for node in by_node
        if node is not None
    ]
    return sorted(rows, key=lambda row: (-row["shards_transferred"], row["node_id"]))


def _sides(node: str, bins: Mapping[Any, Counter[int]]) -> Sequence[Counter[int]]:
    """Return the durations of transfers that the node requested, and of those it served."""
    sides = (ASSURER[0].number, GUARANTOR[0].number)
    return [bins.get((node, side), Counter()) for side in sides]


def _node(
    node: str, counts: Mapping[int, int], sides: Sequence[Counter[int]], shards: int
) -> answers.GrafanaNodeAvailability:
    fetched, served = sides
    number = {name: counts.get(kind.number, 0) for name, kind in COUNTED.items()}
    return {
        "node_id": node,
        "shard_requests_sent": number["shard_requests_sent"],
        "shard_requests_received": number["shard_requests_received"],
        "shard_sent_confirmed": number["shard_sent_confirmed"],
        "shard_received_confirmed": number["shard_received_confirmed"],
        "shards_transferred": number["shards_transferred"],
        "shards_fetched": fetched.total(),
        "shards_served": served.total(),
        "shard_failures": number["shard_failures"],
        "preimage_ann_failures": number["preimage_ann_failures"],
        "preimages_announced": number["preimages_announced"],
        "preimages_forgotten": number["preimages_forgotten"],
        "assurer_avg_latency_ms": _mean_ms(fetched),
        "assurer_latency_samples": fetched.total(),
        "guarantor_avg_latency_ms": _mean_ms(served),
        "guarantor_latency_samples": served.total(),
        "active_shards": shards,
    }


def _mean_ms(counts: Mapping[int, int]) -> float | None:
    return ms(log_histogram.mean_us(counts))
