"""The figures of nodes, minute by minute, that are held against those of the other nodes.

Pure: rows of the aggregates about one minute in, values by node out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tart.protocol.events import EventKind
from tart.query.core.log_histogram import percentile_us
from tart.query.core.merge import Json

# The step whose duration is compared.
IMPORT = (EventKind.IMPORTING, EventKind.BLOCK_EXECUTED)
# Of fewer samples in a minute no median is told.
MIN_SAMPLES = 3
COUNTED = (EventKind.BEST_BLOCK_CHANGED, EventKind.DISCONNECTED, EventKind.ASSURANCE_RECEIVED)


@dataclass(frozen=True)
class MinuteRows:
    """Rows about one minute.

    Attributes:
        events: ``node``, ``count`` of all events.
        counts: ``node``, ``type``, ``count`` of the types ``COUNTED``.
        failures: ``node``, ``count``.
        imports: ``node``, ``bin``, ``count`` of the durations of ``IMPORT``.
        clocks: ``node``, ``offset_us``.
        statuses: ``node``, ``samples``, ``sum_num_peers``.
    """

    events: Iterable[Json]
    counts: Iterable[Json] = ()
    failures: Iterable[Json] = ()
    imports: Iterable[Json] = ()
    clocks: Iterable[Json] = ()
    statuses: Iterable[Json] = ()


class NodeSeries(NamedTuple):
    """A figure of nodes.

    Attributes:
        name: As answers name it.
        description: Of the documentation.
        unit: The smallest difference that means anything.
        values: Returns the values by node.
        is_count: Whether a node without a row has 0, and not an unknown value.
    """

    name: str
    description: str
    unit: float
    values: Callable[[MinuteRows], Mapping[str, float]]
    is_count: bool = False


def _totals(rows: Iterable[Json]) -> dict[str, float]:
    totals: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        if row["node"] is not None:
            totals[row["node"]] += row["count"]
    return totals


def _counted(number: int) -> Callable[[MinuteRows], Mapping[str, float]]:
    return lambda rows: _totals(row for row in rows.counts if row["type"] == number)


def _import_ms(rows: MinuteRows) -> Mapping[str, float]:
    bins: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in rows.imports:
        bins[row["node"]][row["bin"]] += row["count"]
    return {
        node: (percentile_us(counts, 0.5) or 0.0) / 1000
        for node, counts in bins.items()
        if counts.total() >= MIN_SAMPLES
    }


def _clock_offset_ms(rows: MinuteRows) -> Mapping[str, float]:
    return {
        row["node"]: row["offset_us"] / 1000 for row in rows.clocks if row["offset_us"] is not None
    }


def _peers(rows: MinuteRows) -> Mapping[str, float]:
    return {
        row["node"]: row["sum_num_peers"] / row["samples"]
        for row in rows.statuses
        if row["samples"] and row["sum_num_peers"] is not None
    }


NODE_SERIES: tuple[NodeSeries, ...] = (
    NodeSeries(
        "events", "Events in a minute.", 20.0, lambda rows: _totals(rows.events), is_count=True
    ),
    NodeSeries(
        "best_blocks",
        "New best blocks in a minute.",
        2.0,
        _counted(EventKind.BEST_BLOCK_CHANGED),
        is_count=True,
    ),
    NodeSeries(
        "assurances_received",
        "Assurances received in a minute.",
        5.0,
        _counted(EventKind.ASSURANCE_RECEIVED),
        is_count=True,
    ),
    NodeSeries(
        "disconnections",
        "Connections to other nodes that ended in a minute.",
        3.0,
        _counted(EventKind.DISCONNECTED),
        is_count=True,
    ),
    NodeSeries(
        "failures", "Failures in a minute.", 3.0, lambda rows: _totals(rows.failures), is_count=True
    ),
    NodeSeries(
        "import_ms",
        "Median time from the import of a block to the end of its execution, in milliseconds.",
        5.0,
        _import_ms,
    ),
    NodeSeries("peers", "Mean number of peers in its statuses.", 1.0, _peers),
    NodeSeries(
        "clock_offset_ms",
        "Smallest difference between the time of receipt and the node's own, in milliseconds.",
        100.0,
        _clock_offset_ms,
    ),
)


def node_values(rows: MinuteRows) -> dict[str, dict[str, float]]:
    """Return the values by figure and node, of the nodes that sent an event in the minute."""
    present = _totals(rows.events)
    values: dict[str, dict[str, float]] = {}
    for series in NODE_SERIES:
        known = series.values(rows)
        values[series.name] = {
            node: known.get(node, 0.0) for node in present if series.is_count or node in known
        }
    return values
