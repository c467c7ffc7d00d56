"""Routes of jamtart's API of 2026 about data availability.

Pure; part of ``api.contract``. Where a figure of jamtart is wrong, the description says what tart
answers instead.
"""

from __future__ import annotations

from typing import Any

from tart.gateway.api.grafana import CORE, interval, route
from tart.gateway.api.parameters import NodeId, Parameter
from tart.gateway.api.route import Route
from tart.query.answers import grafana_availability as answers

_TIMES = (
    "Times are by the clock of the node that reports them, of transfers that succeeded, however "
    "long they took; failed_count counts the others. jamtart mixes failures into the percentiles "
    "and forgets requests after 30 seconds. By the minute in which the transfer ended, by the hour "
    "in windows that begin before yesterday. Ordered by time; buckets without events are left out. "
    "core has no effect, as in jamtart."
)


def _latency(path: str, summary: str, more: str, answer: Any) -> Route:
    return route(path, summary, f"{more}{_TIMES}", list[answer], interval("1m"), CORE)


GRAFANA_AVAILABILITY_ROUTES: tuple[Route, ...] = (
    route(
        "da-stats",
        "Get requests for shards and events about preimages by node",
        "Most transfers first. Both sides of a transfer report it (125): shards_fetched and "
        "shards_served are the two. Latencies are means of transfers, at the guarantor up to the "
        "transfer; jamtart has the intake of the request only (121 to 124).",
        list[answers.GrafanaNodeAvailability],
        Parameter("node", NodeId(), "Only this node."),
    ),
    _latency(
        "shard-latency",
        "Get times of transferring shards to assurers by time",
        "assurer is 120 to 125, guarantor 121 to 125; jamtart measures the guarantor's intake of "
        "the request only (121 to 124). ",
        answers.GrafanaShardLatency,
    ),
    _latency(
        "bundle-latency",
        "Get times of recovering bundles by time",
        "shard is 140 or 141 to 145, full 148 or 149 to 153, reconstruct 146 to 147, e2e from an "
        "audit's first request (140) to its bundle (147). ",
        answers.GrafanaBundleLatency,
    ),
    _latency(
        "segment-latency",
        "Get times of recovering segments by time",
        "shard is 162 or 163 to 167, full 173 or 174 to 178, reconstruct 168 to 170. ",
        answers.GrafanaSegmentLatency,
    ),
    _latency(
        "preimage-latency",
        "Get times of transferring preimages by time",
        "req is 193 to 198, resp 194 to 198. ",
        answers.GrafanaPreimageLatency,
    ),
)
