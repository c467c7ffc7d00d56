"""Handlers of ``api.routes.packages`` about cores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tart.gateway.api.routes.packages import MAX_FAILED
from tart.gateway.fanout import package_queries
from tart.gateway.fanout.package_queries import NEWEST, Period
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_us
from tart.gateway.handlers.packages import inactive_since_us, newest_events, period
from tart.gateway.handlers.windows import Handler, Values, common_coverage, timestamped_answer
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.cores import CoreGuarantors, CoreWorkPackages, EnhancedCoreGuarantors
from tart.query.core.filters import Selection
from tart.query.core.windows import Window
from tart.query.packages import core_grid, cores, package_progress
from tart.query.packages import packages as figures
from tart.query.shard_queries.aggregates import AggregateRows, AggregateSum
from tart.query.shard_queries.package_outcomes import PackageOutcomes
from tart.query.shard_queries.packages import (
    COMPLETION,
    PackageCounts,
    PackageStages,
    StepDurations,
    samples_by_pair,
)
from tart.query.topics.assurances import slot_seconds
from tart.units import DAY_US, SECOND_US

Json = dict[str, Any]

_SLOTS = 300_000
_ROWS = 300
_SEGMENTS = 50


async def cores_status(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/status``."""
    when = period(values)
    parts = await gather_all(
        queries.ask(PackageStages(when.window, when.core)),
        queries.ask(PackageCounts(when.window, when.core, by=["core"])),
        # A failed authoring has no block, and so no hash.
        queries.ask(
            AggregateRows(
                "blocks",
                when.window,
                columns=["slot"],
                known=["hash"],
                limit=_SLOTS,
                distinct=True,
            )
        ),
        queries.chain(),
        queries.nodes(),
    )
    (packages, _), (tallies, _), (slots, _), (claims, _), (nodes, _) = parts
    numbers = sorted({row["slot"] for row in slots if row["slot"] is not None})
    core_count = cores.core_count(nodes)
    body = partial(cores.status, packages, tallies, numbers, claims, core_count)
    return Answer(body, common_coverage(parts))


async def cores_grid(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/grid``."""
    window, slots = period(values).window, values["slots"]
    nodes, nodes_seen = await queries.nodes()
    core_count, seconds = cores.core_count(nodes), slot_seconds(nodes)
    packages, seen = await queries.ask(
        PackageOutcomes(core_grid.grid_window(window, slots, seconds))
    )
    body = partial(core_grid.core_grid, packages, window, slots, core_count, seconds)
    return Answer(body, nodes_seen & seen)


async def core_guarantees(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/{core_index}/guarantees``."""
    when = period(values)
    core = values["core_index"]
    parts = await gather_all(
        queries.ask(
            AggregateSum("status", when.window, by=["node"], values=["seen_at", "num_guarantees"])
        ),
        queries.ask(AggregateRows("packages", when.window, where={"core": [core]}, limit=_ROWS)),
        queries.ask(PackageCounts(when.window, when.core, by=["node"])),
    )
    (statuses, _), (rows, _), (tallies, _) = parts
    return Answer(partial(cores.guarantees, core, statuses, rows, tallies), common_coverage(parts))


async def core_guarantors(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/{core_index}/guarantors``."""
    return Answer(*await _guarantors(queries, period(values, durations=True)))


async def enhanced_core_guarantors(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/{core_index}/guarantors/enhanced``."""
    when = period(values, durations=True)
    sent, received = (
        newest_events(
            queries, values, when.window, _SEGMENTS, Selection(types=(kind,), core=when.core)
        )
        for kind in (EventKind.SENDING_SEGMENT_REQUEST, EventKind.SEGMENTS_TRANSFERRED)
    )
    guarantors, requests, transfers = await gather_all(_guarantors(queries, when), sent, received)

    def body() -> EnhancedCoreGuarantors:
        listed: CoreGuarantors = guarantors[0]()
        return {
            **listed,
            "import_sharing": cores.import_sharing(requests[0], transfers[0]),
        }

    return timestamped_answer(body, guarantors, requests, transfers)


async def _guarantors(
    queries: QueryClient, when: Period
) -> tuple[Callable[[], CoreGuarantors], Coverage]:
    parts = await gather_all(
        queries.ask(PackageStages(when.window, when.core)),
        queries.ask(PackageCounts(when.window, when.core, by=["node"])),
        queries.ask(
            AggregateSum(
                "latency",
                when.window,
                by=["node", "parent", "type"],
                where={"parent": cores.REQUESTS, "type": cores.ENDS},
            )
        ),
        queries.ask(
            AggregateSum("status", when.window, by=["node"], values=["seen_at", "num_shards"])
        ),
    )
    (packages, _), (tallies, _), (requests, _), (stored, _) = parts
    body = partial(cores.guarantors, when.core or 0, packages, tallies, requests, stored)
    return body, common_coverage(parts)


async def core_work_packages(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/{core_index}/work-packages``."""
    when = period(values)
    parts = await gather_all(
        package_queries.newest_packages(queries, when, NEWEST),
        queries.ask(PackageStages(when.window, when.core)),
        queries.ask(PackageCounts(when.window, when.core, by=[])),
        queries.nodes(),
    )
    (newest, _), (packages, _), (tallies, _), (nodes, _) = parts
    seconds = slot_seconds(nodes)
    shown = newest[: values["limit"]]

    def body() -> CoreWorkPackages:
        processing_us = sum(row["processing_us"] for row in tallies)
        return {
            "work_packages": [
                package_progress.core_package_json(
                    each,
                    core_grid.package_slot(
                        each.row["guarantee_slot"], each.row["first_at"], seconds
                    ),
                )
                for each in shown
            ],
            "queue_depth": sum(1 for each in newest if each.active),
            "total_recent": len(shown),
            "avg_processing_time_ms": figures.mean_ms(
                processing_us, sum(row["processed"] for row in tallies)
            ),
            "completed_last_hour": packages.distinct("distributed"),
        }

    return Answer(body, common_coverage(parts))


async def core_validators(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/{core_index}/validators``."""
    when = period(values)
    parts = await gather_all(
        queries.ask(PackageCounts(when.window, when.core, by=["node"])),
        queries.nodes(),
        queries.ask(AggregateSum("heads", when.window, by=["node"], values=["best"])),
    )
    (tallies, _), (nodes, _), (heads, _) = parts
    # A window may end in the future.
    until = min(when.window.end_us or now_us(), now_us())
    body = partial(cores.validators, values["core_index"], tallies, nodes, heads, until)
    return timestamped_answer(body, *parts)


async def core_metrics(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/{core_index}/metrics``."""
    when = period(values)
    start, end = when.window.start_us, when.window.end_us
    assert end is not None
    day = Period(Window(end - DAY_US, end), when.core)
    parts = await gather_all(
        queries.ask(PackageStages(when.window, when.core)),
        queries.ask(PackageStages(day.window, day.core)),
        queries.ask(
            PackageCounts(
                when.window, when.core, by=["node"], inactive_since_us=inactive_since_us(when)
            )
        ),
        queries.ask(StepDurations(when.window, when.core)),
    )
    (packages, _), (packages_of_day, _), (tallies, _), (durations, _) = parts
    seconds = None if start is None else max(0, end - start) / SECOND_US

    def body() -> Mapping[str, Any]:
        completion = figures.percentiles(samples_by_pair(durations)[COMPLETION])
        return cores.metrics(
            when.core or 0, packages, packages_of_day, tallies, completion, seconds
        )

    return timestamped_answer(body, *parts)


async def core_bottlenecks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/cores/{core_index}/bottlenecks``."""
    when = period(values)
    parts = await gather_all(
        queries.ask(PackageCounts(when.window, when.core, by=["node"])),
        queries.ask(
            AggregateRows(
                "packages",
                when.window,
                where={"core": [values["core_index"]], "outcome": ["failed"]},
                columns=["node", "hash"],
                known=["hash"],
                limit=MAX_FAILED,
            )
        ),
    )
    (tallies, _), (failed, _) = parts
    # At any time and for any core, by another guarantor.
    guaranteed = await queries.ask(
        AggregateRows(
            "packages",
            where={"hash": sorted({row["hash"] for row in failed}), "outcome": cores.GUARANTEED},
            columns=["hash"],
            known=["guaranteed"],
            limit=MAX_FAILED,
            distinct=True,
        )
    )

    def body() -> Mapping[str, Any]:
        superseded = cores.count_superseded(failed, guaranteed[0])
        return cores.bottlenecks(values["core_index"], tallies, superseded)

    return timestamped_answer(body, *parts, guaranteed)


CORE_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each
    for each in (
        cores_status,
        cores_grid,
        core_guarantees,
        core_guarantors,
        enhanced_core_guarantors,
        core_work_packages,
        core_validators,
        core_metrics,
        core_bottlenecks,
    )
}
