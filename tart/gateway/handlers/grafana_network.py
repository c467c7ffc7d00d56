"""Handlers of ``api.routes.grafana``: the network's figures, health and failures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from tart.gateway.fanout.queries import QueryClient, gather_all
from tart.gateway.handlers import analytics
from tart.gateway.handlers.grafana import count_grid
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.grafana import GrafanaFailureRates
from tart.query.core import merge
from tart.query.core.chain_stats import chain_figures
from tart.query.core.windows import Window
from tart.query.grafana import network, timelines
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateSum
from tart.query.shard_queries.events import Storage
from tart.query.shard_queries.nodes import Live
from tart.units import DAY_US, HOUR_US, MINUTE_US

_LIVE_SECONDS = 10
# Time before the window in which a node's best block is looked for.
_EARLIER_US = HOUR_US


async def stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/stats``."""
    window = request_window(values).counts()
    parts = await gather_all(
        queries.ask(AggregateSum("counts", window, by=["type"])),
        queries.ask(
            AggregateSum(
                "counts",
                _last(window, DAY_US),
                by=["bucket"],
                where={"type": [EventKind.AUTHORED]},
                step_us=MINUTE_US,
            )
        ),
        queries.nodes(),
        queries.chain(),
        queries.ask(Live(_LIVE_SECONDS)),
    )
    (counts, _), (minutes, _), (nodes, _), (claims, _), (live, _) = parts
    now = int(time.time())

    def body() -> Mapping[str, object]:
        return network.stats(
            {row["type"]: row["count"] for row in counts},
            [row["count"] for row in minutes],
            nodes,
            chain_figures(claims),
            network.live_rates(live, merge.seconds(live), now, _LIVE_SECONDS),
        )

    return Answer(body, common_coverage(parts))


def _last(window: Window, length_us: int) -> Window:
    """Return the last part of a window."""
    assert window.end_us is not None
    return Window(max(window.start_us or 0, window.end_us + 1 - length_us), window.end_us)


async def network_health(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/network-health``."""
    window = request_window(values).counts()
    health, seen = await analytics.health_figures(queries, window)
    return Answer(lambda: network.network_health(health()), seen)


async def failure_rates(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/failure-rates``."""
    window = request_window(values).counts()
    (rows, seen), (recent, also) = await gather_all(
        queries.ask(AggregateSum("counts", window, by=["node", "type"])),
        analytics.recent_failures(queries, _last(window, HOUR_US)),
    )

    def body() -> GrafanaFailureRates:
        counts: dict[int, int] = {}
        by_node: dict[str, dict[int, int]] = {}
        for row in rows:
            counts[row["type"]] = counts.get(row["type"], 0) + row["count"]
            by_node.setdefault(row["node"], {})[row["type"]] = row["count"]
        return network.failure_rates(counts, by_node, recent())

    return Answer(body, seen & also)


async def sync_timeline(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/sync-timeline``."""
    grid = count_grid(values, 1)
    window, step_us = grid
    earlier = Window(max(0, (window.start_us or 0) - _EARLIER_US), window.end_us)
    (slots, seen), (active, also) = await gather_all(
        queries.ask(AggregateByNode("heads", "best", earlier, by=["bucket"], step_us=step_us)),
        queries.ask(AggregateByNode("counts", "count", window, by=["bucket"], step_us=step_us)),
    )
    return Answer(partial(timelines.sync_timeline, slots, active), seen & also)


async def connections_timeline(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/connections-timeline``."""
    grid = count_grid(values, 1)
    (counts, seen), (nodes, also) = await gather_all(
        queries.ask(
            AggregateByNode(
                "counts",
                "count",
                grid.window,
                by=["bucket", "type"],
                where={"type": list(timelines.CONNECTION_KINDS)},
                step_us=grid.step_us,
            )
        ),
        queries.nodes(),
    )
    return Answer(partial(timelines.connection_timeline, counts, nodes), seen & also)


async def db_stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/db-stats``."""
    stored, seen = await queries.ask(Storage())
    return Answer(partial(network.storage, stored), seen)


GRAFANA_NETWORK_HANDLERS: Mapping[str, Handler] = {
    f"grafana_{handler.__name__}": handler
    for handler in (
        stats,
        network_health,
        failure_rates,
        sync_timeline,
        connections_timeline,
        db_stats,
    )
}
