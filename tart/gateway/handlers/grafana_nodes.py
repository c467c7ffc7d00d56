"""Handlers of ``api.routes.grafana``: nodes, blocks and cores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from tart.aggregate.keyed.deliveries import decode_bins
from tart.gateway.fanout import package_queries
from tart.gateway.fanout.package_queries import Period
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.grafana import where
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.grafana_nodes import GrafanaCoreMetrics
from tart.query.core.chain_stats import chain_figures
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.grafana import blocks, cores, nodes
from tart.query.grafana.buckets import bucket_us
from tart.query.shard_queries.aggregates import AggregateRows, AggregateSum
from tart.query.shard_queries.packages import (
    PIPELINE,
    PackageCounts,
    PackageStages,
    StepDurations,
    samples_by_pair,
)
from tart.units import HOUR_US, MINUTE_US

# Blocks of a window; a week has 100,800 slots.
_BLOCKS = 300_000
# Packages of a core.
_NEWEST = 100


async def all_nodes(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/nodes``."""
    known, seen = await queries.nodes(values["bytes"])
    return Answer(partial(nodes.nodes, known), seen)


async def node_stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/node-stats``."""
    rows, seen = await _status(queries, values)
    return Answer(partial(nodes.node_stats, rows), seen)


async def node_stats_aggregate(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/node-stats-aggregate``."""
    rows, seen = await _status(queries, values)
    by_node = values["node"] is not None
    return Answer(partial(nodes.node_stats_aggregate, rows, by_node=by_node), seen)


async def _status(queries: QueryClient, values: Values) -> tuple[list[Json], Coverage]:
    window = request_window(values).half_open(MINUTE_US)
    wanted = values["node"]
    groups = len(queries.registry) if wanted is None else len(wanted)
    return await queries.ask(
        AggregateSum(
            "status",
            window,
            by=["bucket", "node"],
            where=where(node=wanted),
            step_us=bucket_us(window, MINUTE_US, MINUTE_US, groups),
        )
    )


async def block_contents(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/blocks/contents``."""
    rows, seen = await queries.ask(
        AggregateRows(
            "blocks",
            request_window(values).half_open(),
            where={"kind": [EventKind.AUTHORING]},
            known=["hash", "authored"],
            limit=_BLOCKS,
        )
    )
    return Answer(partial(blocks.contents, rows), seen)


async def block_convergence(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/blocks/convergence``."""
    window = request_window(values).half_open()
    number = values["event_type"]
    authored, seen = await queries.ask(
        AggregateRows(
            "sightings",
            window,
            columns=["hash", "slot", "seen_at"],
            where={"type": [EventKind.AUTHORED]},
            known=["slot"],
            limit=_BLOCKS,
        )
    )
    sample = blocks.sample_blocks(authored)
    if number == EventKind.AUTHORED:
        arrivals = [blocks.of_author(row["hash"], number, row["seen_at"]) for row in sample]
        return Answer(partial(blocks.convergence, sample, arrivals), seen)
    hashes = [row["hash"] for row in sample]
    if number == EventKind.AUTHORING:
        began, also = await queries.ask(_authorings(window, hashes))
        arrivals = [blocks.of_author(row["hash"], number, row["started_at"]) for row in began]
        return Answer(partial(blocks.convergence, sample, arrivals), seen & also)
    numbers = blocks.CONVERGENCE_KINDS if number is None else [number]
    rows, also = await queries.ask(_deliveries(window, numbers, hashes))
    return Answer(lambda: blocks.convergence(sample, map(_arrivals, rows)), seen & also)


def _authorings(window: Window, hashes: list[str]) -> AggregateRows:
    """Return the query for when authors began to author blocks, at most a minute before."""
    return AggregateRows(
        "blocks",
        Window(max(0, (window.start_us or 0) - MINUTE_US), window.end_us),
        columns=["hash", "started_at"],
        where={"kind": [EventKind.AUTHORING], "hash": hashes},
        known=["authored"],
        limit=_BLOCKS,
    )


def _deliveries(window: Window, numbers: Iterable[int], hashes: list[str]) -> AggregateRows:
    """Return the query for when nodes had blocks, up to an hour after the window."""
    return AggregateRows(
        "deliveries",
        Window(window.start_us, None if window.end_us is None else window.end_us + HOUR_US),
        columns=["hash", "type", "seen_at", "last_at", "bins"],
        where={"type": list(numbers), "hash": hashes},
        limit=_BLOCKS,
    )


def _arrivals(row: Json) -> blocks.Arrivals:
    return blocks.Arrivals(
        row["hash"],
        row["type"],
        first_us=row["seen_at"],
        last_us=row["last_at"],
        bins=decode_bins(bytes.fromhex(row["bins"])),
    )


async def block_summary(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/blocks/summary``."""
    window = request_window(values).counts()
    parts = await gather_all(
        queries.ask(
            AggregateSum("counts", window, by=["type"], where={"type": list(blocks.COUNTED_KINDS)})
        ),
        queries.chain(),
        queries.authored(window),
    )
    (counts, _), (claims, _), (authored, _) = parts
    body = partial(
        blocks.summary,
        {row["type"]: row["count"] for row in counts},
        chain_figures(claims),
        authored,
    )
    return Answer(body, common_coverage(parts))


async def all_cores(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/cores``."""
    window = request_window(values).half_open(MINUTE_US)
    core = values["core"]
    (packages, seen), (activity, also) = await gather_all(
        queries.ask(PackageStages(window, core)),
        queries.ask(
            AggregateSum(
                "core_events",
                window,
                by=["core"],
                values=["last_at"],
                where=where(core=None if core is None else [core]),
            )
        ),
    )
    return Answer(partial(cores.cores, packages, activity), seen & also)


async def core_packages(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/cores/{core_id}``."""
    when = Period(request_window(values).half_open(MINUTE_US), values["core_id"])
    (packages, seen), (newest, also) = await gather_all(
        queries.ask(PackageStages(when.window, when.core)),
        package_queries.newest_packages(queries, when, _NEWEST),
    )
    body = partial(cores.core_packages, values["core_id"], packages, newest[:_NEWEST])
    return Answer(body, seen & also)


async def core_metrics(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/cores/{core_id}/metrics``."""
    window, core = request_window(values).half_open(MINUTE_US), values["core_id"]
    parts = await gather_all(
        queries.ask(PackageStages(window, core)),
        queries.ask(PackageCounts(window, core)),
        queries.ask(StepDurations(window, core)),
    )
    (packages, _), (counts, _), (durations, _) = parts

    def body() -> GrafanaCoreMetrics:
        times = samples_by_pair(durations)[PIPELINE]
        return cores.core_metrics(core, packages, counts, times)

    return Answer(body, common_coverage(parts))


async def core_validators(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/cores/{core_id}/validators``."""
    core = values["core_id"]
    (rows, seen), (known, also) = await gather_all(
        queries.ask(
            AggregateSum(
                "core_events",
                request_window(values).half_open(MINUTE_US),
                by=["node"],
                where={"core": [core], "type": [EventKind.GUARANTEE_BUILT]},
            )
        ),
        queries.nodes(),
    )
    return Answer(partial(cores.core_validators, core, rows, known), seen & also)


GRAFANA_NODE_HANDLERS: Mapping[str, Handler] = {
    "grafana_nodes": all_nodes,
    "grafana_node_stats": node_stats,
    "grafana_node_stats_aggregate": node_stats_aggregate,
    "grafana_blocks_contents": block_contents,
    "grafana_blocks_convergence": block_convergence,
    "grafana_blocks_summary": block_summary,
    "grafana_cores": all_cores,
    "grafana_cores_by_core_id": core_packages,
    "grafana_cores_by_core_id_metrics": core_metrics,
    "grafana_cores_by_core_id_validators": core_validators,
}
