"""Figures by time: one row for each bucket of a window.

Pure. Buckets begin at multiples of their length since the Unix epoch. Every bucket of the window
has a row; the row of a bucket in which the window ends is ``partial``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tart.errors import BadQuery
from tart.protocol.events import EventKind
from tart.query.answers.metrics import Bucket, GroupBucket, SeriesBucket
from tart.query.core.chain_stats import slot_reached
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import server_time
from tart.query.core.wall_clock import mark_ahead
from tart.query.core.windows import Window
from tart.units import DAY_US, HOUR_US, SECOND_US

MAX_BUCKETS = 1_500
MAX_ROWS = 1_000
# Buckets of longer windows are whole hours.
_BY_HOUR_US = DAY_US
_GUARANTEE_KINDS = tuple(
    kind for kind in EventKind if EventKind.GUARANTEE_BUILT <= kind <= EventKind.GUARANTEE_DISCARDED
)
_PACKAGE_KINDS = tuple(
    kind
    for kind in EventKind
    if EventKind.WORK_PACKAGE_SUBMISSION <= kind <= EventKind.GUARANTEE_DISCARDED
)
# Whether an event of these is a failure depends on its reason.
DISCARDS: Mapping[int, str] = {
    EventKind.GUARANTEE_DISCARDED: "guarantee_discards",
    EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN: "preimage_forgets",
    EventKind.PREIMAGE_DISCARDED: "preimage_discards",
}
CATEGORY_OF: Mapping[int, str] = {
    **{kind: name for name, pipeline in PIPELINES.items() for kind in pipeline.failures},
    **DISCARDS,
}
Group = TypeVar("Group", int, str)


@dataclass(frozen=True)
class Buckets:
    """A window cut into buckets of one length; it begins with a whole one.

    Attributes:
        start_us: Start of the first bucket.
        end_us: Last microsecond of the window.
        step_us: Length of a bucket.
    """

    start_us: int
    end_us: int
    step_us: int

    @property
    def window(self) -> Window:
        """The window of all buckets."""
        return Window(self.start_us, self.end_us)

    @property
    def starts(self) -> list[int]:
        """Starts of the buckets, newest first."""
        return list(range(self.start_us, self.end_us + 1, self.step_us))[::-1]

    def header(self, start_us: int) -> Bucket:
        """Return the members that a bucket has in every series."""
        partial = start_us + self.step_us - 1 > self.end_us
        return {"timestamp": server_time(start_us), "partial": partial}

    def seconds(self, start_us: int) -> float:
        """Return the length of the part of a bucket that lies in the window."""
        return (min(start_us + self.step_us, self.end_us) - start_us) / SECOND_US

    def start_of(self, time_us: int) -> int:
        """Return the start of the bucket that contains a time."""
        return time_us - time_us % self.step_us


def cut_buckets(start_us: int, end_us: int, step_us: int, parameter: str = "interval") -> Buckets:
    """Cut a window into buckets; those of a window longer than a day are whole hours.

    Args:
        start_us: Start of the window.
        end_us: End of the window.
        step_us: Length of a bucket.
        parameter: The parameter of the request that an error names.

    Raises:
        BadQuery: The window has too many buckets.
    """
    if end_us - start_us > _BY_HOUR_US:
        step_us += -step_us % HOUR_US
    start_us -= start_us % step_us
    if (end_us - start_us) // step_us >= MAX_BUCKETS:
        raise BadQuery(
            f"a window has at most {MAX_BUCKETS} buckets: use a longer {parameter}", parameter
        )
    return Buckets(start_us, end_us, step_us)


def blocks(
    buckets: Buckets,
    named: Iterable[Json],
    authored: Iterable[Json],
    counts: Mapping[tuple[int, int], int],
    slots: ByNode,
) -> list[SeriesBucket]:
    """Return the metric ``blocks``, newest bucket first.

    Args:
        buckets: The buckets of the window.
        named: Type and seen_at of blocks that nodes named as best or finalized.
        authored: Bucket and node of Authored events.
        counts: Number of events by bucket and type.
        slots: Each node's best slot by bucket.
    """
    first_named = _first_named(buckets, named)
    authors = Counter(start for start, _ in {(row["bucket"], row["node"]) for row in authored})
    return [
        {
            **buckets.header(start),
            "blocks": first_named[start, EventKind.BEST_BLOCK_CHANGED],
            "finalized": first_named[start, EventKind.FINALIZED_BLOCK_CHANGED],
            "authored": counts.get((start, EventKind.AUTHORED), 0),
            "best_block_events": counts.get((start, EventKind.BEST_BLOCK_CHANGED), 0),
            "authoring_nodes": authors[start],
            "max_slot": slot_reached(
                mark_ahead(slot, start + buckets.step_us)
                for slot in slots.get((start,), {}).values()
                if slot is not None
            ),
        }
        for start in buckets.starts
    ]


def events(
    buckets: Buckets, counts: Mapping[tuple[int, int], int], nodes: ByNode
) -> list[SeriesBucket]:
    """Return the metric ``events``, newest bucket first.

    Args:
        buckets: The buckets of the window.
        counts: Number of events by bucket and type.
        nodes: Each node's number of events by bucket.
    """
    total, types = Counter[int](), Counter[int]()
    for (start, _), count in counts.items():
        total[start] += count
        types[start] += 1
    return [
        {
            **buckets.header(start),
            "total_events": total[start],
            "active_nodes": len(nodes.get((start,), {})),
            "event_types": types[start],
            "events_per_second": per_second(total[start], buckets.seconds(start)),
        }
        for start in buckets.starts
    ]


def throughput(
    buckets: Buckets, named: Iterable[Json], counts: Mapping[tuple[int, int], int]
) -> list[SeriesBucket]:
    """Return the metric ``throughput``, newest bucket first; arguments as for ``blocks``."""
    first_named = _first_named(buckets, named)

    def count(start: int, *kinds: int) -> int:
        return sum(counts.get((start, kind), 0) for kind in kinds)

    return [
        {
            **buckets.header(start),
            "best_blocks": first_named[start, EventKind.BEST_BLOCK_CHANGED],
            "finalized_blocks": first_named[start, EventKind.FINALIZED_BLOCK_CHANGED],
            "authored_blocks": count(start, EventKind.AUTHORED),
            "block_announcements": count(start, EventKind.BLOCK_ANNOUNCED),
            "work_package_events": count(start, *_PACKAGE_KINDS),
            "guarantee_events": count(start, *_GUARANTEE_KINDS),
            "best_block_events": count(start, EventKind.BEST_BLOCK_CHANGED),
            "finalized_block_events": count(start, EventKind.FINALIZED_BLOCK_CHANGED),
        }
        for start in buckets.starts
    ]


def events_by_node(buckets: Buckets, counts: ByNode) -> list[GroupBucket]:
    """Return events by bucket and node.

    Args:
        buckets: The buckets of the window.
        counts: Each node's number of events by bucket and type.
    """
    total, types = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for (start, _), nodes in counts.items():
        for node, count in nodes.items():
            total[start, node] += count
            types[start, node] += 1
    rows = _newest((start, node, count) for (start, node), count in total.items())
    return [
        {
            **buckets.header(start),
            "node_id": node,
            "events": count,
            "event_types": types[start, node],
        }
        for start, node, count in rows
    ]


def events_by_type(buckets: Buckets, counts: ByNode) -> list[GroupBucket]:
    """Return events by bucket and type; arguments as for ``events_by_node``."""
    rows = _newest(
        (start, number, sum(nodes.values())) for (start, number), nodes in counts.items()
    )
    return [
        {
            **buckets.header(start),
            "event_type": number,
            "events": count,
            "nodes": len(counts[start, number]),
        }
        for start, number, count in rows
    ]


def guarantees_by_core(buckets: Buckets, rows: Iterable[Json]) -> list[GroupBucket]:
    """Return guarantees by bucket and core.

    Args:
        buckets: The buckets of the window.
        rows: Bucket, core, node, count of guarantees built.
    """
    groups = _count_groups((row["bucket"], row["core"], row) for row in rows)
    return [
        {
            **buckets.header(start),
            "core": core,
            "core_index": core,
            "guarantees": count,
            "nodes": nodes,
        }
        for start, core, count, nodes in groups
    ]


def failures_by_category(buckets: Buckets, rows: Iterable[Json]) -> list[GroupBucket]:
    """Return failures by bucket and category.

    Args:
        buckets: The buckets of the window.
        rows: Bucket, type, node, count of failures.
    """
    groups = _count_groups((row["bucket"], CATEGORY_OF[row["type"]], row) for row in rows)
    return [
        {**buckets.header(start), "category": category, "failures": count, "nodes": nodes}
        for start, category, count, nodes in groups
    ]


def _count_groups(
    rows: Iterable[tuple[int, Group, Json]],
) -> list[tuple[int, Group, int, int]]:
    """Return start of bucket, group, count and number of nodes of each group.

    Args:
        rows: Start of bucket, group, and the row itself with ``node`` and ``count``.
    """
    total: Counter[tuple[int, Group]] = Counter()
    nodes: defaultdict[tuple[int, Group], set[str]] = defaultdict(set)
    for start, group, row in rows:
        total[start, group] += row["count"]
        nodes[start, group].add(row["node"])
    newest = _newest((start, group, count) for (start, group), count in total.items())
    return [(start, group, count, len(nodes[start, group])) for start, group, count in newest]


def _newest(rows: Iterable[tuple[int, Group, int]]) -> list[tuple[int, Group, int]]:
    """Return the first ``MAX_ROWS``: newest bucket, then greatest count, then group.

    Args:
        rows: Start of bucket, group, count.
    """
    return sorted(rows, key=lambda row: (-row[0], -row[2], row[1]))[:MAX_ROWS]


def per_second(count: int, seconds: float) -> float | None:
    """Return a rate per second; ``None`` if no time has passed."""
    return round(count / seconds, 3) if seconds > 0 else None


def _first_named(buckets: Buckets, named: Iterable[Json]) -> Counter[tuple[int, int]]:
    """Count blocks by type and by the bucket in which a node first named them."""
    return Counter(
        (buckets.start_of(row["seen_at"]), row["type"])
        for row in named
        if row["seen_at"] >= buckets.start_us
    )
