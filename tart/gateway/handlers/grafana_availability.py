"""Handlers of ``api.routes.grafana_availability``: requests for data, and times of transfers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from tart.gateway.fanout.queries import QueryClient, gather_all
from tart.gateway.handlers.grafana import duration_grid, where
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.query.answers import grafana_availability as answers
from tart.query.grafana import availability
from tart.query.grafana.availability import Transfers
from tart.query.shard_queries.aggregates import AggregateSum


async def da_stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/da-stats``."""
    window = request_window(values).durations()
    node = None if values["node"] is None else [values["node"]]
    sent, done = availability.ASSURER
    parts = await gather_all(
        queries.ask(
            AggregateSum(
                "counts",
                window,
                by=["node", "type"],
                where=where(type=availability.COUNTED.values(), node=node),
            )
        ),
        queries.ask(
            AggregateSum(
                "latency",
                window,
                by=["node", "parent", "bin"],
                where=where(parent=[sent, availability.GUARANTOR[0]], type=[done], node=node),
            )
        ),
        queries.ask(
            AggregateSum(
                "shard_requests",
                window,
                by=["node", "shard_index"],
                where=where(type=[sent], node=node),
            )
        ),
    )
    (counts, _), (durations, _), (indices, _) = parts
    body = partial(availability.da_stats, counts, durations, indices)
    return Answer(body, common_coverage(parts))


async def shard_latency(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/shard-latency``."""
    return await _latency(queries, values, availability.SHARDS, answers.GrafanaShardLatency)


async def bundle_latency(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/bundle-latency``."""
    return await _latency(queries, values, availability.BUNDLES, answers.GrafanaBundleLatency)


async def segment_latency(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/segment-latency``."""
    return await _latency(queries, values, availability.SEGMENTS, answers.GrafanaSegmentLatency)


async def preimage_latency(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/preimage-latency``."""
    return await _latency(queries, values, availability.PREIMAGES, answers.GrafanaPreimageLatency)


async def _latency(
    queries: QueryClient, values: Values, transfers: Transfers, answer: type[Any]
) -> Answer:
    grid = duration_grid(values)
    parts = await gather_all(
        queries.ask(
            AggregateSum(
                "latency",
                grid.window,
                by=["bucket", "parent", "type", "bin"],
                where={
                    "parent": sorted({step.parent.number for step in transfers.steps}),
                    "type": sorted({step.end.number for step in transfers.steps}),
                },
                step_us=grid.step_us,
            )
        ),
        queries.ask(
            AggregateSum(
                "counts",
                grid.window,
                by=["bucket"],
                where={"type": list(transfers.failures)},
                step_us=grid.step_us,
            )
        ),
    )
    (durations, _), (failures, _) = parts
    body = partial(availability.latencies_by_time, transfers, durations, failures, answer)
    return Answer(body, common_coverage(parts))


GRAFANA_AVAILABILITY_HANDLERS: Mapping[str, Handler] = {
    f"grafana_{handler.__name__}": handler
    for handler in (da_stats, shard_latency, bundle_latency, segment_latency, preimage_latency)
}
