"""Figures by time: what happened in each bucket of a window.

Pure. Buckets are aligned to multiples of their length since the Unix epoch. Every bucket of
the window has a row, and one that the window ends in is ``partial``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tart.errors import BadQuery
from tart.query.core.chain_stats import reached
from tart.query.core.failure_rates import PIPELINES
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import Spread
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import Window
from tart.units import HOUR_US, SECOND_US

MAX_BUCKETS = 1_500
MAX_ROWS = 1_000
# Longer windows are counted by the hour.
_BY_HOUR_US = 24 * HOUR_US
BEST, FINALIZED, AUTHORED, ANNOUNCED, GUARANTEE_BUILT = 11, 12, 42, 62, 105
_PACKAGES, _GUARANTEES = range(90, 114), range(105, 114)
# Whether these are failures depends on their reason.
DISCARDS: Mapping[int, str] = {
    113: "guarantee_discards",
    192: "preimage_forgets",
    199: "preimage_discards",
}
CATEGORY_OF: Mapping[int, str] = {
    **{number: name for name, each in PIPELINES.items() for number in each.failures},
    **DISCARDS,
}


@dataclass(frozen=True)
class Buckets:
    """A window cut into stretches of one length; it begins with a whole one.

    Attributes:
        start_us: of the first; ``end_us``: the last moment of the window.
    """

    start_us: int
    end_us: int
    step_us: int

    @property
    def window(self) -> Window:
        """The whole."""
        return Window(self.start_us, self.end_us)

    @property
    def starts(self) -> list[int]:
        """Their beginnings, the newest first."""
        return list(range(self.start_us, self.end_us + 1, self.step_us))[::-1]

    def row(self, start_us: int) -> Json:
        """What a row of any series has."""
        partial = start_us + self.step_us - 1 > self.end_us
        return {"timestamp": rfc3339(start_us), "partial": partial}

    def seconds(self, start_us: int) -> float:
        """How much of a bucket is in the window."""
        return (min(start_us + self.step_us, self.end_us) - start_us) / SECOND_US

    def of(self, moment_us: int) -> int:
        """The beginning of the bucket a moment is in."""
        return moment_us - moment_us % self.step_us


def cut_buckets(start_us: int, end_us: int, step_us: int, parameter: str = "interval") -> Buckets:
    """The buckets of a window, by whole hours where it is longer than a day.

    Raises:
        BadQuery: they are too many.
    """
    if end_us - start_us > _BY_HOUR_US:
        step_us += -step_us % HOUR_US
    start_us -= start_us % step_us
    if (end_us - start_us) // step_us >= MAX_BUCKETS:
        raise BadQuery(
            f"a window has at most {MAX_BUCKETS} buckets: a longer {parameter}", parameter
        )
    return Buckets(start_us, end_us, step_us)


def blocks(
    every: Buckets,
    named: Iterable[Json],
    authored: Iterable[Json],
    counts: Mapping[tuple[int, int], int],
    slots: Spread,
) -> list[Json]:
    """Rows of the metric ``blocks``, newest first.

    Args:
        named: type and seen_at of blocks that nodes named as best or finalized.
        authored: bucket and node of events 42.
        counts: events by bucket and type.
        slots: each node's best slot by bucket.
    """
    best = _first_named(every, named)
    authors = _distinct((row["bucket"], row["node"]) for row in authored)
    return [
        {
            **every.row(at),
            "blocks": best[at, BEST],
            "finalized": best[at, FINALIZED],
            "authored": counts.get((at, AUTHORED), 0),
            "best_block_events": counts.get((at, BEST), 0),
            "authoring_nodes": authors[at],
            "max_slot": reached(slot for slot in slots.get((at,), {}).values() if slot is not None),
        }
        for at in every.starts
    ]


def events(every: Buckets, counts: Mapping[tuple[int, int], int], nodes: Spread) -> list[Json]:
    """Rows of the metric ``events``, newest first.

    Args:
        counts: events by bucket and type.
        nodes: each node's events by bucket.
    """
    total, types = Counter[int](), Counter[int]()
    for (at, _), count in counts.items():
        total[at] += count
        types[at] += 1
    return [
        {
            **every.row(at),
            "total_events": total[at],
            "active_nodes": len(nodes.get((at,), {})),
            "event_types": types[at],
            "events_per_second": rate(total[at], every.seconds(at)),
        }
        for at in every.starts
    ]


def throughput(
    every: Buckets, named: Iterable[Json], counts: Mapping[tuple[int, int], int]
) -> list[Json]:
    """Rows of the metric ``throughput``, newest first; arguments as for ``blocks``."""
    best = _first_named(every, named)

    def sum_of(at: int, types: Iterable[int]) -> int:
        return sum(counts.get((at, number), 0) for number in types)

    return [
        {
            **every.row(at),
            "best_blocks": best[at, BEST],
            "finalized_blocks": best[at, FINALIZED],
            "authored_blocks": sum_of(at, [AUTHORED]),
            "block_announcements": sum_of(at, [ANNOUNCED]),
            "work_package_events": sum_of(at, _PACKAGES),
            "guarantee_events": sum_of(at, _GUARANTEES),
            "best_block_events": sum_of(at, [BEST]),
            "finalized_block_events": sum_of(at, [FINALIZED]),
        }
        for at in every.starts
    ]


def events_by_node(every: Buckets, spread: Spread) -> list[Json]:
    """Rows by bucket and node, of each node's events by bucket and type."""
    total, types = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for (at, _), nodes in spread.items():
        for node, count in nodes.items():
            total[at, node] += count
            types[at, node] += 1
    found = [
        {**every.row(at), "node_id": node, "events": count, "event_types": types[at, node]}
        for (at, node), count in total.items()
    ]
    return _newest(found, "events", "node_id")


def events_by_type(every: Buckets, spread: Spread) -> list[Json]:
    """Rows by bucket and type, of each node's events by bucket and type."""
    found = [
        {
            **every.row(at),
            "event_type": number,
            "events": sum(nodes.values()),
            "nodes": len(nodes),
        }
        for (at, number), nodes in spread.items()
    ]
    return _newest(found, "events", "event_type")


def guarantees_by_core(every: Buckets, rows: Iterable[Json]) -> list[Json]:
    """Rows by bucket and core, of guarantees built by bucket, core and node."""
    return _grouped(every, rows, "core", "guarantees", lambda row: row["core"])


def failures_by_category(every: Buckets, rows: Iterable[Json]) -> list[Json]:
    """Rows by bucket and category, of failures by bucket, type and node."""
    return _grouped(every, rows, "category", "failures", lambda row: CATEGORY_OF[row["type"]])


def _grouped(
    every: Buckets,
    rows: Iterable[Json],
    key: str,
    counted: str,
    group: Callable[[Json], int | str],
) -> list[Json]:
    total: Counter[tuple[int, int | str]] = Counter()
    nodes: defaultdict[tuple[int, int | str], set[str]] = defaultdict(set)
    for row in rows:
        place = row["bucket"], group(row)
        total[place] += row["count"]
        nodes[place].add(row["node"])
    found = [
        {**every.row(at), key: name, counted: count, "nodes": len(nodes[at, name])}
        for (at, name), count in total.items()
    ]
    return _newest(found, counted, key)


def _newest(rows: list[Json], counted: str, key: str) -> list[Json]:
    """The newest bucket first, in it the greatest count, then by key."""
    rows.sort(key=lambda row: str(row[key]) if isinstance(row[key], str) else row[key])
    rows.sort(key=lambda row: (row["timestamp"], row[counted]), reverse=True)
    return rows[:MAX_ROWS]


def rate(count: int, seconds: float) -> float | None:
    """So many a second; ``None`` where no time has passed."""
    return round(count / seconds, 3) if seconds > 0 else None


def _first_named(every: Buckets, named: Iterable[Json]) -> Counter[tuple[int, int]]:
    """Blocks by the bucket in which they were named first, and type."""
    return Counter(
        (every.of(row["seen_at"]), row["type"]) for row in named if row["seen_at"] >= every.start_us
    )


def _distinct(pairs: Iterable[tuple[int, str]]) -> Counter[int]:
    return Counter(at for at, _ in set(pairs))
