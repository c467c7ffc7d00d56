"""Handlers of ``api.routes.grafana``: jamtart's routes of 2026 about events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from tart.gateway.fanout.queries import QueryClient
from tart.gateway.handlers.windows import Handler, Values, request_window
from tart.gateway.http.responses import Answer
from tart.query.answers.grafana import GrafanaCount
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.grafana import event_counts, event_groups
from tart.query.grafana.buckets import bucket_us
from tart.query.shard_queries.aggregates import AggregateSum, Where
from tart.units import MINUTE_US

# Rows that a bucket is expected to have at most.
_EVENT_TYPES, _CORES = 60, 341


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
    return _grid(values, request_window(values).counts_step_us(), groups)


def minute_grid(values: Values, groups: int = 1) -> Grid:
    """Return the requested buckets of tables that are kept by the minute; see ``count_grid``."""
    return _grid(values, MINUTE_US, groups)


def _grid(values: Values, resolution_us: int, groups: int) -> Grid:
    window = request_window(values).half_open(resolution_us)
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
        grid, table = minute_grid(values, _CORES if core is None else _EVENT_TYPES), "core_events"
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


async def event_types(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/event-types``."""
    return Answer(event_groups.event_types(values["group"]))


GRAFANA_HANDLERS: Mapping[str, Handler] = {
    f"grafana_{handler.__name__}": handler for handler in (timeseries, event_types)
}
