"""Handler of the histogram of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from tart.aggregate.core.failure_events import FAILURES
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.events import selection_of
from tart.gateway.handlers.windows import Handler, Values, request_window
from tart.gateway.http.responses import Answer
from tart.query.core.filters import Selection
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.histogram import EventHistogram
from tart.query.topics import event_histogram as figures
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US, SECOND_US

_SHORTEST_US = 10 * SECOND_US


async def event_histogram(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/events/histogram``."""
    selection = selection_of(values, values["node_id"])
    window = request_window(values)
    counted = selection.slot is None and selection.core is None and selection.hash is None
    shortest = window.counts_step_us() if counted else _SHORTEST_US
    length = figures.bucket_length(window.length_us(), values["buckets"], shortest)
    buckets = window.buckets(length)
    count = _from_aggregates if counted else _from_log
    (counts, seen), (nodes, also) = await gather_all(
        count(queries, selection, buckets), queries.nodes()
    )
    body = partial(
        figures.event_histogram,
        buckets,
        known=nodes,
        failures=FAILURES,
        source="aggregates" if counted else "event log",
        top=values["top"],
        **counts,
    )
    return Answer(body, seen & also)


async def _from_aggregates(
    queries: QueryClient, selection: Selection, buckets: Buckets
) -> tuple[dict[str, Any], Coverage]:
    where: dict[str, Any] = {}
    if selection.types is not None:
        where["type"] = list(selection.types)
    if selection.node is not None:
        where["node"] = [selection.node]
    # Reasons are counted by the minute: the first one counts where the window begins within it.
    minutes = replace(buckets.window, start_us=buckets.start_us - buckets.start_us % MINUTE_US)
    (counts, seen), (nodes, also), (reasons, too) = await gather_all(
        queries.ask(
            AggregateSum(
                "counts",
                buckets.window,
                by=["bucket", "type"],
                where=where,
                step_us=buckets.step_us,
            )
        ),
        queries.ask(AggregateSum("counts", buckets.window, by=["node"], where=where)),
        queries.ask(AggregateSum("failures", minutes, by=["type", "reason"], where=where)),
    )
    counted = {
        "counts": [(row["bucket"], row["type"], row["count"]) for row in counts],
        "nodes": [(row["node"], row["count"]) for row in nodes],
        "reasons": reasons,
    }
    return counted, seen & also & too


async def _from_log(
    queries: QueryClient, selection: Selection, buckets: Buckets
) -> tuple[dict[str, Any], Coverage]:
    within = replace(selection, start_us=buckets.start_us, end_us=buckets.end_us)
    counts, seen = await queries.ask(EventHistogram(within, buckets.step_us))
    return {"counts": counts.buckets, "nodes": counts.nodes, "reasons": None}, seen


EVENT_HISTOGRAM_HANDLERS: Mapping[str, Handler] = {"event_histogram": event_histogram}
