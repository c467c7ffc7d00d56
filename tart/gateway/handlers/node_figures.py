"""Handlers of ``api.routes.node_figures``: all nodes as columns, versions, steps, links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tart.aggregate.core.tables import LINK_BUCKET
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.sessions import plausible_breaches
from tart.gateway.handlers.table_answers import in_format
from tart.gateway.handlers.windows import (
    Handler,
    Values,
    common_coverage,
    last_minute,
    request_window,
    timestamped_answer,
)
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.implementations import ImplementationFigures
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateSum
from tart.query.shard_queries.sessions import ProtocolVersions, VersionSpans
from tart.query.shard_queries.slow_steps import SlowestSteps
from tart.query.topics import implementations as version_figures
from tart.query.topics import node_latencies as latency_figures
from tart.query.topics import topology
from tart.query.topics.conformance import ConformanceInput
from tart.query.topics.node_summary import SummaryInput, series_step_us
from tart.query.topics.node_summary import nodes_summary as summarize_nodes
from tart.query.topics.time_series import Buckets
from tart.units import HOUR_US, MINUTE_US, SECOND_US

_LINK_BUCKET_US = LINK_BUCKET * SECOND_US
_LATENCY_KEYS = ("bucket", "parent", "type", "bin")


async def nodes_summary(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/summary``."""
    window = request_window(values)
    # Failures and statuses are counted by the minute.
    buckets = window.buckets(series_step_us(window.length_us()), stored_us=MINUTE_US)
    rows, seen = await _summary_input(queries, buckets, window.now)
    return timestamped_answer(partial(summarize_nodes, rows, values["node_id"]), (None, seen))


async def _summary_input(
    queries: QueryClient, buckets: Buckets, now: int
) -> tuple[SummaryInput, Coverage]:
    """Return the rows about all nodes in the window of the buckets."""
    window = buckets.window
    # Breaches are counted by the hour.
    hours = Window(buckets.start_us - buckets.start_us % HOUR_US, buckets.end_us)
    minute = last_minute(window)
    kinds = [EventKind.DROPPED, EventKind.STATUS]
    parts = await gather_all(
        queries.nodes(),
        queries.ask(
            AggregateByNode("counts", "count", window, by=["bucket"], step_us=buckets.step_us)
        ),
        queries.ask(AggregateSum("counts", minute, by=["node"])),
        queries.ask(AggregateSum("counts", window, by=["node", "type"], where={"type": kinds})),
        queries.ask(
            AggregateSum(
                "status", window, by=["node"], values=["seen_at", "num_peers", "num_val_peers"]
            )
        ),
        queries.ask(AggregateSum("failures", window, by=["node"])),
        queries.ask(AggregateSum("conformance", hours, by=["node", "rule"])),
        queries.ask(ProtocolVersions(window, now)),
        queries.ask(AggregateSum("clocks", window, by=["bucket", "node"], step_us=HOUR_US)),
        queries.ask(
            AggregateSum("counts", minute, by=["node"], where={"type": [EventKind.DROPPED]})
        ),
    )
    nodes, series, recent, typed, status, failures, breaches, connections, clocks, dropping = (
        part for part, _ in parts
    )
    statuses = [row for row in typed if row["type"] == EventKind.STATUS]
    totals: dict[str, int] = {}
    for by_node in series.values():
        for node, count in by_node.items():
            totals[node] = totals.get(node, 0) + count
    assert minute.start_us is not None
    assert minute.end_us is not None
    rows = SummaryInput(
        buckets=buckets,
        now=now,
        nodes=nodes,
        series=series,
        recent=recent,
        recent_seconds=(minute.end_us + 1 - minute.start_us) / SECOND_US,
        status=status,
        failures=failures,
        dropped=[row for row in typed if row["type"] == EventKind.DROPPED],
        dropping=dropping,
        conformance=ConformanceInput(
            counts=await plausible_breaches(queries, breaches),
            connections=connections,
            clocks=clocks,
            events=[{"node": node, "count": count} for node, count in totals.items()],
            status=statuses,
            examples=[],
        ),
    )
    return rows, common_coverage(parts)


async def implementations(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/implementations``."""
    window = request_window(values)
    step_us = version_figures.version_step_us(window.length_us())
    buckets = window.buckets(step_us, durations=True)
    parent, kind = version_figures.IMPORT
    (summary, seen), spans, imports, events = await gather_all(
        _summary_input(queries, buckets, window.now),
        queries.ask(VersionSpans(buckets.window, window.now, buckets.step_us)),
        queries.ask(
            AggregateSum(
                "latency",
                buckets.window,
                by=["node", "bin"],
                where={"parent": [parent], "type": [kind]},
            )
        ),
        queries.ask(AggregateByNode("counts", "count", buckets.window, by=["type"])),
    )
    rows = version_figures.ImplementationInput(
        spans=spans[0],
        summary=summary,
        imports=imports[0],
        buckets=buckets,
        events=events[0],
    )
    body = partial(version_figures.implementations, rows)
    answer = timestamped_answer(body, (None, seen), spans, imports, events)
    return in_format(
        answer,
        values,
        ImplementationFigures,
        lambda body: body["implementations"],
        formulas=queries.config.csv_formulas,
    )


async def node_latencies(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/latencies``."""
    window = request_window(values)
    step_us = latency_figures.latency_step_us(window.length_us())
    buckets = window.buckets(step_us, durations=True)
    latencies = partial(
        AggregateSum, "latency", buckets.window, by=_LATENCY_KEYS, step_us=buckets.step_us
    )
    (_, seen), own, network = await gather_all(
        queries.node(values["id"]),
        queries.ask(latencies(where={"node": [values["id"]]})),
        queries.ask(latencies()),
    )
    body = partial(
        latency_figures.node_latencies, values["id"], own[0], network[0], buckets=buckets
    )
    return timestamped_answer(body, (None, seen), own, network)


async def node_slowest_steps(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/latencies/slowest``."""
    window = request_window(values).whole()
    assert window.start_us is not None
    assert window.end_us is not None
    start_us = max(window.start_us, window.end_us - latency_figures.SEARCHED_US)
    parent, kind = values["step"]
    (_, seen), rows = await gather_all(
        queries.node(values["id"]),
        queries.ask(
            SlowestSteps(
                Window(start_us, window.end_us),
                node=values["id"],
                parent=parent,
                kind=kind,
                limit=values["limit"],
            )
        ),
    )
    body = latency_figures.slowest_steps(
        values["id"], values["step"], rows[0], searched=(start_us, window.end_us)
    )
    return Answer(body, common_coverage([(None, seen), rows]))


async def links(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/network/links``."""
    window = request_window(values).whole(_LINK_BUCKET_US)
    types = {"type": [topology.LINKS[values["kind"]]]}
    node = values["node_id"]
    # A link of the node is reported by itself or by its peer.
    conditions: list[dict[str, Any]] = (
        [types] if node is None else [{**types, "node": [node]}, {**types, "peer": [node]}]
    )
    (nodes, seen), status, *counts = await gather_all(
        queries.nodes(),
        queries.ask(AggregateSum("status", window, by=["node"], values=["seen_at", "num_peers"])),
        *(
            queries.ask(AggregateByNode("links", "count", window, by=["peer", "side"], where=where))
            for where in conditions
        ),
    )
    body: Callable[[], Mapping[str, Any]] = partial(
        topology.links,
        values["kind"],
        [part for part, _ in counts],
        nodes,
        status[0],
        limit=values["limit"],
    )
    return timestamped_answer(body, (None, seen), status, *counts)


NODE_FIGURE_HANDLERS: Mapping[str, Handler] = {
    "nodes_summary": nodes_summary,
    "implementations": implementations,
    "node_latencies": node_latencies,
    "node_slowest_steps": node_slowest_steps,
    "links": links,
}
