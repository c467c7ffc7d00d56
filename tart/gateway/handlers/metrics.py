"""Handlers of ``api.routes.metrics``: blocks, and figures by time, step and sender."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from tart.errors import BadQuery
from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_us
from tart.gateway.handlers.windows import (
    Handler,
    Values,
    hours_of,
    request_window,
    timestamped_answer,
)
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.metrics import (
    GroupBucket,
    GroupedTimeseries,
    Latency,
    SeriesBucket,
    SeriesHeader,
    Timeseries,
)
from tart.query.answers.metrics import Realtime as RealtimeAnswer
from tart.query.core import merge
from tart.query.core.chain_stats import chain_figures
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.windows import Window
from tart.query.packages.journeys import ROW_STEPS
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateRows, AggregateSum
from tart.query.shard_queries.events import Slot
from tart.query.shard_queries.nodes import Live
from tart.query.shard_queries.packages import PAIRS, StepDurations
from tart.query.topics import blocks as block_figures
from tart.query.topics import latency as latency_figures
from tart.query.topics import realtime as realtime_figures
from tart.query.topics import slots, time_series, top_nodes
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US, SECOND_US

# The answer to a query, and the shards it covers.
Part = tuple[Any, Coverage]
# The function that builds the rows of a series, and the parts it takes them from.
Series = tuple[Callable[[], list[SeriesBucket]], list[Part]]
GroupSeries = tuple[Callable[[], list[GroupBucket]], list[Part]]

# Nodes name a block within this time; a block named before that is not new in the window.
_NAMED_US = 10 * MINUTE_US
# Buckets per query for nodes' events by type.
_BUCKETS_PER_QUERY = 12


async def blocks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/blocks``."""
    window = request_window(values).whole()
    authoring = {"kind": [EventKind.AUTHORING]}
    counts, (claims, seen), authored, done, failed = await gather_all(
        queries.ask(
            AggregateSum(
                "counts",
                window,
                by=["type"],
                where={"type": list(block_figures.COUNTED_KINDS)},
            )
        ),
        queries.chain(),
        queries.authored(window),
        queries.ask(
            AggregateRows(
                "blocks",
                window,
                where={**authoring, "outcome": ["authored"]},
                limit=block_figures.RECENT,
            )
        ),
        queries.ask(
            AggregateRows(
                "blocks",
                window,
                where={**authoring, "failed_type": [EventKind.BLOCK_EXECUTION_FAILED]},
                limit=block_figures.RECENT,
            )
        ),
    )
    body = partial(
        block_figures.blocks,
        {row["type"]: row["count"] for row in counts[0]},
        chain_figures(claims),
        authored=authored[0],
        recent=[*done[0], *failed[0]],
    )
    return timestamped_answer(body, (None, seen), counts, authored, done, failed)


async def slot(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/slots/{slot}``."""
    number = values["slot"]
    answers, seen = await queries.ask(Slot(number))
    activity = partial(slots.slot_activity, number, answers)
    if not values["include_events"]:
        return Answer(activity, seen)
    selection, cursor = Selection(slot=number, types=slots.SLOT_KINDS), Cursor(now_us())
    page, page_seen = await queries.events(selection, values["limit"], 0, cursor, values["bytes"])

    def body() -> Mapping[str, Any]:
        events = slots.events_by_node(page.events)
        return {**activity(), "events_by_node": events, "has_more": page.has_more}

    return Answer(body, seen & page_seen)


async def timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/metrics/timeseries``."""
    buckets = request_window(values).buckets(values["interval"] * MINUTE_US)
    rows, parts = await _SERIES[values["metric"]](queries, buckets)

    def body() -> Timeseries:
        return {**_header(values, buckets), "data": rows()}

    return timestamped_answer(body, *parts)


async def _blocks(queries: QueryClient, buckets: Buckets) -> Series:
    counts, named, authored, best = await gather_all(
        _counts(queries, buckets),
        _named(queries, buckets),
        queries.ask(
            AggregateSum(
                "counts",
                buckets.window,
                by=["bucket", "node"],
                where={"type": [EventKind.AUTHORED]},
                step_us=buckets.step_us,
            )
        ),
        queries.ask(
            AggregateByNode("heads", "best", buckets.window, by=["bucket"], step_us=buckets.step_us)
        ),
    )
    rows = partial(
        time_series.blocks,
        buckets,
        named=named[0],
        authored=authored[0],
        counts=counts[0],
        slots=best[0],
    )
    return rows, [counts, named, authored, best]


async def _events(queries: QueryClient, buckets: Buckets) -> Series:
    counts, nodes = await gather_all(
        _counts(queries, buckets),
        queries.ask(
            AggregateByNode(
                "counts", "count", buckets.window, by=["bucket"], step_us=buckets.step_us
            )
        ),
    )
    return partial(time_series.events, buckets, counts[0], nodes[0]), [counts, nodes]


async def _throughput(queries: QueryClient, buckets: Buckets) -> Series:
    counts, named = await gather_all(_counts(queries, buckets), _named(queries, buckets))
    return partial(time_series.throughput, buckets, named[0], counts[0]), [counts, named]


_SERIES: Mapping[str, Callable[[QueryClient, Buckets], Awaitable[Series]]] = {
    "blocks": _blocks,
    "events": _events,
    "throughput": _throughput,
}


async def _counts(
    queries: QueryClient, buckets: Buckets
) -> tuple[dict[tuple[int, int], int], Coverage]:
    """Return the number of events by bucket and type."""
    rows, seen = await queries.ask(
        AggregateSum("counts", buckets.window, by=["bucket", "type"], step_us=buckets.step_us)
    )
    return {(row["bucket"], row["type"]): row["count"] for row in rows}, seen


async def _named(queries: QueryClient, buckets: Buckets) -> tuple[list[Json], Coverage]:
    """Return the blocks named best or finalized in the window and shortly before it."""
    window = Window(max(0, buckets.start_us - _NAMED_US), buckets.end_us)
    return await queries.ask(
        AggregateSum("reached", window, by=["hash", "type"], values=["seen_at"])
    )


async def grouped_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/metrics/timeseries/grouped``."""
    buckets = request_window(values).buckets(values["interval"] * MINUTE_US)
    metric_and_group = values["metric"], values["group_by"]
    if metric_and_group not in _GROUPED:
        known = ", ".join(" by ".join(pair) for pair in _GROUPED)
        raise BadQuery(f"metric and group_by must be one of: {known}", "group_by")
    rows, parts = await _GROUPED[metric_and_group](queries, buckets)

    def body() -> GroupedTimeseries:
        return {**_header(values, buckets), "group_by": values["group_by"], "data": rows()}

    return timestamped_answer(body, *parts)


async def _events_by_node(queries: QueryClient, buckets: Buckets) -> GroupSeries:
    return await _newest_rows(queries, buckets, time_series.events_by_node)


async def _events_by_type(queries: QueryClient, buckets: Buckets) -> GroupSeries:
    return await _newest_rows(queries, buckets, time_series.events_by_type)


async def _newest_rows(
    queries: QueryClient,
    buckets: Buckets,
    figure: Callable[[Buckets, ByNode], list[GroupBucket]],
) -> GroupSeries:
    """Query the newest buckets first, until there are ``MAX_ROWS`` rows."""
    rows: list[GroupBucket] = []
    parts: list[Part] = []
    starts = buckets.starts
    for index in range(0, max(1, len(starts)), _BUCKETS_PER_QUERY):
        window = buckets.window
        if chunk := starts[index : index + _BUCKETS_PER_QUERY]:
            window = Window(chunk[-1], min(chunk[0] + buckets.step_us - 1, buckets.end_us))
        counts = await queries.ask(
            AggregateByNode(
                "counts", "count", window, by=["bucket", "type"], step_us=buckets.step_us
            )
        )
        parts.append(counts)
        rows += await run_on_merge_thread(partial(figure, buckets, counts[0]))
        if len(rows) >= time_series.MAX_ROWS:
            break
    return lambda: rows[: time_series.MAX_ROWS], parts


async def _guarantees_by_core(queries: QueryClient, buckets: Buckets) -> GroupSeries:
    counts = await queries.ask(
        AggregateSum(
            "core_events",
            buckets.window,
            by=["bucket", "core", "node"],
            values=["count"],
            where={"type": [EventKind.GUARANTEE_BUILT]},
            step_us=buckets.step_us,
        )
    )
    return partial(time_series.guarantees_by_core, buckets, counts[0]), [counts]


async def _failures_by_category(queries: QueryClient, buckets: Buckets) -> GroupSeries:
    counts = await queries.ask(
        AggregateSum(
            "failures",
            buckets.window,
            by=["bucket", "type", "node"],
            values=["count"],
            step_us=buckets.step_us,
        )
    )
    return partial(time_series.failures_by_category, buckets, counts[0]), [counts]


_GROUPED: Mapping[tuple[str, str], Callable[[QueryClient, Buckets], Awaitable[GroupSeries]]] = {
    ("events", "node"): _events_by_node,
    ("events", "event_type"): _events_by_type,
    ("guarantees", "core"): _guarantees_by_core,
    ("failures", "category"): _failures_by_category,
}


def _header(values: Values, buckets: Buckets) -> SeriesHeader:
    return {
        "metric": values["metric"],
        "interval_minutes": buckets.step_us // MINUTE_US,
        "duration_hours": hours_of(values),
    }


async def realtime(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/metrics/realtime``."""
    now = int(time.time())
    length = values["seconds"]
    (answers, seen), (claims, chain_seen) = await gather_all(
        queries.ask(Live(length)), queries.chain()
    )

    def body() -> RealtimeAnswer:
        return realtime_figures.realtime(
            merge.seconds(answers),
            answers,
            now,
            length,
            chain_figures(claims)["best_block"],
        )

    return Answer(body, seen & chain_seen)


async def latency(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/metrics/latency``."""
    window = request_window(values).whole(durations=True)
    group = values["group_by"]
    types = values["event_types"]
    if group == "core":
        return await _latency_by_core(queries, window, types)
    by = ["parent", "type", "bin", *(["node"] if group != "none" else [])]
    rows, (nodes, seen) = await gather_all(
        queries.ask(AggregateSum("latency", window, by=by, where=types and {"type": types})),
        queries.nodes(),
    )
    group_of = _GROUPS[group](nodes)

    def body() -> Latency:
        return {"group_by": group, "steps": latency_figures.latency_by_step(rows[0], group_of)}

    return timestamped_answer(body, rows, (None, seen))


async def _latency_by_core(
    queries: QueryClient, window: Window, types: Sequence[int] | None
) -> Answer:
    samples, seen = await queries.ask(StepDurations(window, by_core=True))
    names = list(PAIRS)
    wanted = {name for name, (_, last) in PAIRS.items() if not types or ROW_STEPS[last] in types}

    def body() -> Latency:
        rows = (
            (names[row.pair], row.core, row.bin, row.samples)
            for row in samples
            if names[row.pair] in wanted
        )
        return {"group_by": "core", "steps": latency_figures.latency_by_core(rows)}

    return timestamped_answer(body, (None, seen))


def _implementation(node: Json) -> str | None:
    name, version = node["implementation_name"], node["implementation_version"]
    return None if name is None else f"{name} {version}"


# By group_by: each node's group.
_GROUPS: Mapping[str, Callable[[list[Json]], dict[str, str | None] | None]] = {
    "none": lambda nodes: None,
    "node": lambda nodes: {node["node_id"]: node["node_id"] for node in nodes},
    "implementation": lambda nodes: {node["node_id"]: _implementation(node) for node in nodes},
}


async def busiest_nodes(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/top``."""
    window = request_window(values).whole()
    types = values["event_types"]
    rows, (nodes, seen) = await gather_all(
        queries.ask(AggregateSum("counts", window, by=["node"], where=types and {"type": types})),
        queries.nodes(),
    )
    assert window.start_us is not None
    assert window.end_us is not None
    body = partial(
        top_nodes.top_nodes,
        rows[0],
        nodes,
        types,
        limit=values["limit"],
        seconds=max(0, window.end_us - window.start_us) / SECOND_US,
    )
    return timestamped_answer(body, rows, (None, seen))


METRIC_HANDLERS: Mapping[str, Handler] = {
    "blocks": blocks,
    "slot": slot,
    "timeseries": timeseries,
    "grouped_timeseries": grouped_timeseries,
    "realtime": realtime,
    "latency": latency,
    "top_nodes": busiest_nodes,
}
