"""Handlers of ``api.routes.grafana``: jamtart's routes of 2026 about events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from tart.aggregate.core.tables import COUNT_BUCKET
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_us
from tart.gateway.handlers.windows import Handler, Values, request_window
from tart.gateway.http.responses import Answer
from tart.protocol.node_information import MAX_CORES
from tart.query.answers.grafana import GrafanaCount
from tart.query.core.aggregate_columns import DISCARD_COLUMNS
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.grafana import event_counts, event_groups
from tart.query.grafana.buckets import bucket_us
from tart.query.shard_queries.aggregates import AggregateSum, Where
from tart.units import DAY_US, MINUTE_US, SECOND_US

# Rows that a bucket is expected to have at most.
_EVENT_TYPES = 60


class Grid(NamedTuple):
    """A window and the length of its buckets."""

    window: Window
    step_us: int


def count_grid(values: Values, groups: int) -> Grid:
    """Return the requested buckets of event counts.

    Args:
        values: Of the route's parameters; ``interval`` among them.
        groups: The expected number of rows in each bucket.
    """
    requested = request_window(values)
    return _grid(values, requested.counts(), requested.counts_bucket_us(), groups)


def minute_grid(values: Values, groups: int = 1) -> Grid:
    """Return the requested buckets of tables that are kept by the minute; see ``count_grid``."""
    return _grid(values, request_window(values).half_open(MINUTE_US), MINUTE_US, groups)


def row_grid(values: Values, groups: int = 1) -> Grid:
    """Return the requested buckets of tables of rows, whose times are exact; see ``count_grid``."""
    return _grid(values, request_window(values).half_open(), COUNT_BUCKET * SECOND_US, groups)


def duration_grid(values: Values) -> Grid:
    """Return the requested buckets of durations; see ``count_grid``."""
    requested = request_window(values)
    return _grid(values, requested.durations(), requested.durations_step_us())


def _grid(values: Values, window: Window, resolution_us: int, groups: int = 1) -> Grid:
    return Grid(window, bucket_us(window, resolution_us, values["interval"], groups))


def where(**conditions: Iterable[object] | None) -> Where:
    """Return the conditions of a query; those that are ``None`` are left out."""
    return {name: list(items) for name, items in conditions.items() if items is not None}


async def timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/timeseries``."""
    key, rows_of = _GROUPS[values["group_by"]]
    core = values["core"]
    conditions = where(
        type=values["event_types"],
        node=values["node"],
        core=None if core is None else [core],
    )
    if key == "core" or core is not None:
        groups = MAX_CORES if core is None else _EVENT_TYPES
        grid, table = minute_grid(values, groups), "core_events"
    else:
        groups = len(queries.registry) if key == "node" else _EVENT_TYPES
        grid, table = count_grid(values, groups), "counts"
    rows, seen = await queries.ask(
        AggregateSum(
            table,
            grid.window,
            by=["bucket", key],
            values=["count"],
            where=conditions,
            step_us=grid.step_us,
        )
    )
    return Answer(partial(rows_of, rows), seen)


_GROUPS: Mapping[str, tuple[str, Callable[[Iterable[Json]], list[GrafanaCount]]]] = {
    "event_type": ("type", event_counts.counts_by_type),
    "node_id": ("node", event_counts.counts_by_node),
    "node": ("node", event_counts.counts_by_node),
    "core": ("core", event_counts.counts_by_core),
}


async def events_by_node(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/events-by-node``."""
    window = request_window(values).counts()
    (rows, counted), (nodes, seen) = await gather_all(
        queries.ask(
            AggregateSum("counts", window, by=["node"], where=where(type=values["event_types"]))
        ),
        queries.nodes(),
    )
    counts = {row["node"]: row["count"] for row in rows}
    body = partial(event_counts.events_by_node, counts, nodes, values["limit"])
    return Answer(body, counted & seen)


async def events(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/events``."""
    window = request_window(values).half_open()
    node = values["node"]
    selection = Selection(
        node=node and node[0],
        types=values["event_types"],
        core=values["core"],
        hash=values["wp_hash"],
    )
    (page, seen), (counted, also) = await gather_all(
        queries.events(
            selection,
            values["limit"],
            values["offset"],
            Cursor(now_us(), window),
            values["bytes"],
        ),
        _count(queries, window, selection),
    )
    body = partial(event_counts.event_page, page, values["offset"], values["limit"], counted)
    return Answer(body, seen & also)


async def _count(
    queries: QueryClient, window: Window, selection: Selection
) -> tuple[int, Coverage]:
    """Return the number of selected events by the counts, which do not know hashes."""
    core = selection.core
    rows, seen = await queries.ask(
        AggregateSum(
            "counts" if core is None else "core_events",
            window,
            values=["count"],
            where=where(
                type=selection.types,
                node=None if selection.node is None else [selection.node],
                core=None if core is None else [core],
            ),
        )
    )
    counted = sum(row["count"] for row in rows)
    return (counted if selection.hash is None else 0), seen


async def guarantee_discards(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/guarantee-discards``."""
    window = request_window(values).half_open()
    # Each flush adds the discards of a report since the last one; their last time is the bucket's.
    flush_us = round(queries.retention.flush_seconds * SECOND_US)
    step_us = bucket_us(
        window,
        COUNT_BUCKET * SECOND_US,
        max(values["interval"], flush_us),
        len(DISCARD_COLUMNS),
    )
    rows, seen = await queries.ask(
        AggregateSum(
            "reports",
            # Rows are selected by their first event.
            Window((window.start_us or 0) - DAY_US, window.end_us),
            by=["last_at"],
            values=list(DISCARD_COLUMNS.values()),
            step_us=step_us,
        )
    )
    first = (window.start_us or 0) // step_us * step_us
    return Answer(
        lambda: event_counts.discards(
            row for row in rows if first <= row["last_at"] <= (window.end_us or 0)
        ),
        seen,
    )


async def event_types(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/event-types``."""
    return Answer(event_groups.event_types(values["group"]))


GRAFANA_HANDLERS: Mapping[str, Handler] = {
    f"grafana_{handler.__name__}": handler
    for handler in (timeseries, events_by_node, events, guarantee_discards, event_types)
}
