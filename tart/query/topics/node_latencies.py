"""Durations of a node's steps over time, against those of the network.

Pure: rows of the aggregates in, the answers of ``/api/nodes/{id}/latencies`` out. The network's
band is made of the samples of all nodes, so that a node with many samples has a greater share.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tart.errors import BadQuery
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.references import PARENT_TYPES
from tart.query.answers import node_latencies as answers
from tart.query.core.event_ids import event_api_id
from tart.query.core.log_histogram import percentile_ms
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.slow_steps import SlowStepRow
from tart.query.topics.latency import step_name
from tart.query.topics.time_series import Buckets
from tart.suggestions import did_you_mean
from tart.units import DAY_US, MINUTE_US, SECOND_US, ms

SERIES_BUCKETS = 60
# The longest part of a window that is searched for examples, which are read from the event log.
SEARCHED_US = DAY_US
_Step: TypeAlias = tuple[int, int]
# Samples by bin, of each bucket of a step.
_Bins: TypeAlias = dict[_Step, defaultdict[int, Counter[int]]]

STEPS: Mapping[str, _Step] = {
    step_name(parent, kind.number): (parent, kind.number)
    for kind in EventKind
    for parent in PARENT_TYPES.get(kind.number, ())
    if parent in EVENTS
}


def latency_step_us(length_us: int) -> int:
    """Return the length of the buckets of the series: whole minutes.

    Args:
        length_us: The length of the window.
    """
    return max(1, -(-length_us // (SERIES_BUCKETS * MINUTE_US))) * MINUTE_US


def parse_step(text: str, parameter: str) -> _Step:
    """Return the types of the two events of a step.

    Raises:
        BadQuery: No step has this name.
    """
    lowered = {name.lower(): step for name, step in STEPS.items()}
    step = lowered.get(text.strip().lower())
    if step is None:
        raise BadQuery(
            f"{parameter} must be a step such as Importing_to_BlockExecuted"
            f"{did_you_mean(text, STEPS)}",
            parameter,
        )
    return step


def node_latencies(
    node: str, own: Iterable[Json], network: Iterable[Json], buckets: Buckets
) -> answers.NodeLatencies:
    """Return the answer of ``/api/nodes/{id}/latencies``.

    Args:
        node: Id of the node.
        own: Bucket, parent, type, bin, count of the node's durations.
        network: Likewise of all nodes.
        buckets: The buckets of the series.
    """
    of_node, of_all = _bins(own), _bins(network)
    starts = buckets.starts[::-1]
    steps = [
        _node_step(step, by_bucket, of_all.get(step, defaultdict(Counter)), starts)
        for step, by_bucket in of_node.items()
    ]
    return {
        "node_id": node,
        "buckets": {
            "start": server_time(buckets.start_us),
            "seconds": buckets.step_us // SECOND_US,
            "count": len(starts),
        },
        "steps": sorted(steps, key=lambda step: (-step["node"]["count"], step["step"])),
    }


def slowest_steps(
    node: str,
    step: _Step,
    rows: Iterable[SlowStepRow],
    *,
    searched: tuple[int, int],
) -> answers.SlowestSteps:
    """Return the answer of ``/api/nodes/{id}/latencies/slowest``.

    Args:
        node: Id of the node.
        step: Types of the two events.
        rows: Pairs of events, longest duration first.
        searched: First and last ``received_at`` that was searched, Unix microseconds.
    """
    return {
        "node_id": node,
        "step": step_name(*step),
        "searched_from": server_time(searched[0]),
        "searched_until": server_time(searched[1]),
        "examples": [
            {
                "id": event_api_id(row.directory, row.seq),
                "from_id": event_api_id(row.directory, row.parent_seq),
                "session": event_api_id(row.directory, row.session),
                "event_id": row.event_id,
                "received_at": server_time(row.received_at),
                "slot": row.slot,
                "core": row.core,
                "duration_ms": ms(row.duration_us),
            }
            for row in rows
        ],
    }


def _bins(rows: Iterable[Json]) -> _Bins:
    steps: _Bins = {}
    for row in rows:
        step = steps.setdefault((row["parent"], row["type"]), defaultdict(Counter))
        step[row["bucket"]][row["bin"]] += row["count"]
    return steps


def _node_step(
    step: _Step,
    own: Mapping[int, Counter[int]],
    network: Mapping[int, Counter[int]],
    starts: list[int],
) -> answers.NodeStep:
    parent, number = step
    of_node, of_all = _figures(own), _figures(network)
    mine = [own.get(start, Counter()) for start in starts]
    band = [network.get(start, Counter()) for start in starts]
    median, typical = of_node["p50_ms"], of_all["p50_ms"]
    return {
        "step": step_name(parent, number),
        "from_type": parent,
        "to_type": number,
        "from": EVENTS[parent].variant,
        "to": EVENTS[number].variant,
        "node": of_node,
        "network": of_all,
        "ratio": None if median is None or not typical else round(median / typical, 3),
        "series": {
            "count": [bins.total() for bins in mine],
            "p50_ms": [percentile_ms(bins, 0.5) for bins in mine],
            "p90_ms": [percentile_ms(bins, 0.9) for bins in mine],
        },
        "band": {
            "count": [bins.total() for bins in band],
            "p10_ms": [percentile_ms(bins, 0.1) for bins in band],
            "p50_ms": [percentile_ms(bins, 0.5) for bins in band],
            "p90_ms": [percentile_ms(bins, 0.9) for bins in band],
        },
    }


def _figures(by_bucket: Mapping[int, Counter[int]]) -> answers.DurationFigures:
    bins: Counter[int] = Counter()
    for counts in by_bucket.values():
        bins.update(counts)
    return {
        "count": bins.total(),
        "p10_ms": percentile_ms(bins, 0.1),
        "p50_ms": percentile_ms(bins, 0.5),
        "p90_ms": percentile_ms(bins, 0.9),
        "p99_ms": percentile_ms(bins, 0.99),
    }
