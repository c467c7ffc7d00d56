"""Handlers of ``api.routes.analytics``: failures, propagation, health, nodes over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_text, now_us
from tart.gateway.handlers.windows import (
    Handler,
    Values,
    common_coverage,
    hours_of,
    last_minute,
    request_window,
    timestamped_answer,
)
from tart.gateway.http.responses import Answer
from tart.query.answers import analytics as answers
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateSum
from tart.query.shard_queries.blocks import BlockPropagation, FirstSeenBlocks
from tart.query.shard_queries.sessions import Connections, ProtocolVersions
from tart.query.topics import assurances as assurance_figures
from tart.query.topics import failures, propagation, timelines
from tart.query.topics import network_health as health
from tart.query.topics.node_activity import CONNECTION_KINDS
from tart.query.topics.time_series import Buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US

_TEN_MINUTES_US = 10 * MINUTE_US
_SIX_HOURS_US = 6 * HOUR_US
# Timelines have buckets of this length, or of a multiple, to have at most _TIMELINE_BUCKETS.
_TIMELINE_STEP_US = 5 * MINUTE_US
_TIMELINE_BUCKETS = 72
# Newest discards that are searched for failures; discards are frequent and rarely failures.
_DISCARDS = 500


async def failure_rates(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/analytics/failure-rates``."""
    window = request_window(values).whole()
    counts, rows, (recent, recent_seen) = await gather_all(
        queries.ask(AggregateSum("counts", window, by=["type"])),
        queries.ask(AggregateSum("failures", window, by=["node", "type", "reason"])),
        _newest_failures(queries, window),
    )
    worst = failures.worst_nodes(rows[0])
    node_counts = await queries.ask(
        AggregateSum("counts", window, by=["node", "type"], where={"node": worst})
    )

    def body() -> answers.FailureRates:
        counts_by_node: dict[str, dict[int, int]] = {}
        for row in node_counts[0]:
            counts_by_node.setdefault(row["node"], {})[row["type"]] = row["count"]
        return failures.failure_rates(
            {row["type"]: row["count"] for row in counts[0]},
            rows[0],
            counts_by_node,
            recent(),
        )

    return timestamped_answer(body, counts, rows, node_counts, (None, recent_seen))


async def _newest_failures(
    queries: QueryClient, window: Window
) -> tuple[Callable[[], list[Json]], Coverage]:
    """Return a function that selects the events of a window that report a failure."""
    cursor = Cursor(now_us(), window)
    (failed, seen), (discards, also) = await gather_all(
        queries.events(Selection(types=tuple(sorted(FAILURES))), failures.RECENT, 0, cursor),
        queries.events(Selection(types=tuple(sorted(FAILED_REASONS))), _DISCARDS, 0, cursor),
    )
    select = partial(failures.select_failures, failed.events, discards.events, FAILED_REASONS)
    return select, seen & also


async def recent_failures(
    queries: QueryClient, window: Window
) -> tuple[Callable[[], list[answers.RecentFailure]], Coverage]:
    """Return a function that lists the newest failures of a window, newest first."""
    select, seen = await _newest_failures(queries, window)
    return lambda: failures.recent_failures(select()), seen


async def block_propagation(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/analytics/block-propagation``."""
    window = request_window(values).whole()
    assert window.start_us is not None
    assert window.end_us is not None
    blocks = await queries.ask(FirstSeenBlocks(window))
    is_long = window.end_us - window.start_us > _SIX_HOURS_US
    step_us = HOUR_US if is_long else _TEN_MINUTES_US
    around = Window(window.start_us - window.start_us % step_us, window.end_us)
    sightings, active = await gather_all(
        queries.ask(BlockPropagation(propagation.sample_blocks(blocks[0]))),
        queries.ask(AggregateByNode("counts", "count", around, by=["bucket"], step_us=step_us)),
    )
    body = partial(
        propagation.propagation,
        sightings[0],
        active[0],
        step_us=step_us,
        start_us=window.start_us,
        blocks=blocks[0],
    )
    return timestamped_answer(body, blocks, sightings, active)


async def network_health(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/analytics/network-health``."""
    body, seen = await health_figures(queries, request_window(values).whole())
    return timestamped_answer(body, (None, seen))


async def health_figures(
    queries: QueryClient, window: Window
) -> tuple[Callable[[], answers.NetworkHealth], Coverage]:
    """Return a function that computes the network's health in a window of counts."""
    minute = last_minute(window)
    parts = await gather_all(
        queries.ask(AggregateSum("counts", window, by=["type"])),
        queries.ask(AggregateSum("counts", window, by=["node"])),
        queries.ask(AggregateSum("counts", minute, by=["node"])),
        queries.nodes(),
    )
    (counts, _), (active, _), (recent, _), (nodes, _) = parts
    figures = health.HealthInput(
        counts={row["type"]: row["count"] for row in counts},
        active=len(active),
        active_last_minute=len(recent),
        connected=sum(node["is_connected"] for node in nodes),
        events_per_minute=sum(row["count"] for row in recent),
    )
    return partial(health.network_health, figures, now_text()), common_coverage(parts)


async def sync_timeline(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/analytics/sync-status/timeline``."""
    buckets = _timeline_buckets(values)
    slots, claims, (nodes, seen) = await gather_all(
        queries.ask(
            AggregateByNode("heads", "best", buckets.window, by=["bucket"], step_us=buckets.step_us)
        ),
        queries.ask(
            AggregateSum(
                "heads",
                Window(None, buckets.end_us),
                by=["bucket", "node"],
                values=["seen_at", "synced"],
                where={"synced": [0, 1]},
            )
        ),
        queries.nodes(),
    )

    def body() -> answers.SyncTimeline:
        return {
            "timeline": timelines.sync_timeline(buckets, slots[0], claims[0]),
            "current_status": timelines.sync_status(nodes, slots[0]),
            **_header(values, buckets),
        }

    return timestamped_answer(body, slots, claims, (None, seen))


async def connection_timeline(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/analytics/connections/timeline``."""
    buckets = _timeline_buckets(values)
    window, step_us, now = buckets.window, buckets.step_us, request_window(values).now
    changes, active, events, counts, days, sessions, (nodes, seen) = await gather_all(
        queries.ask(Connections(window, step_us)),
        queries.ask(AggregateByNode("counts", "count", window, by=["bucket"], step_us=step_us)),
        queries.ask(
            AggregateSum(
                "counts",
                window,
                by=["bucket", "type"],
                where={"type": list(CONNECTION_KINDS.values())},
                step_us=step_us,
            )
        ),
        queries.ask(AggregateSum("counts", window, by=["node"])),
        queries.ask(AggregateByNode("counts", "count", window, by=["bucket"], step_us=DAY_US)),
        queries.ask(ProtocolVersions(window, now)),
        queries.nodes(),
    )

    def body() -> answers.ConnectionTimeline:
        counts_by_node = {row["node"]: row["count"] for row in counts[0]}
        by_bucket_and_type = {(row["bucket"], row["type"]): row["count"] for row in events[0]}
        return {
            "timeline": timelines.connection_timeline(
                buckets, changes[0], active[0], by_bucket_and_type
            ),
            "by_node": timelines.connections_by_node(nodes, sessions[0], counts_by_node, days[0]),
            "health_stats": timelines.node_counts(nodes, now),
            **_header(values, buckets),
        }

    return timestamped_answer(body, changes, active, events, counts, days, sessions, (None, seen))


async def assurances(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/analytics/assurances``."""
    window = request_window(values).whole()
    rows, blocks, (nodes, seen) = await gather_all(
        queries.ask(AggregateSum("assurances", window, by=["anchor", "seen_at", "type"])),
        queries.ask(FirstSeenBlocks(window)),
        queries.nodes(),
    )
    body = partial(
        assurance_figures.assurances,
        rows[0],
        {block["hash"]: block["slot"] for block in blocks[0]},
        seconds=assurance_figures.slot_seconds(nodes),
        limit=values["limit"],
    )
    return timestamped_answer(body, rows, blocks, (None, seen))


def _timeline_buckets(values: Values) -> Buckets:
    steps = request_window(values).length_us() // _TIMELINE_STEP_US + 1
    return request_window(values).buckets(
        _TIMELINE_STEP_US * max(1, -(-steps // _TIMELINE_BUCKETS))
    )


def _header(values: Values, buckets: Buckets) -> answers.TimelineHeader:
    return {
        "duration_hours": hours_of(values),
        "interval_minutes": buckets.step_us // MINUTE_US,
    }


ANALYTICS_HANDLERS: Mapping[str, Handler] = {
    "failure_rates": failure_rates,
    "block_propagation": block_propagation,
    "network_health": network_health,
    "sync_timeline": sync_timeline,
    "connection_timeline": connection_timeline,
    "assurances": assurances,
}
