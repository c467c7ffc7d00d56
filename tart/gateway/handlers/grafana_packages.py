"""Handlers of ``api.routes.grafana_packages``: packages, guarantors, services, executions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tart.errors import BadQuery
from tart.gateway.fanout import package_queries
from tart.gateway.fanout.package_queries import Period
from tart.gateway.fanout.queries import QueryClient, gather_all
from tart.gateway.handlers.grafana import row_grid
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.core.filters import hash_bytes
from tart.query.grafana import guarantors, services, work_packages
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.package_totals import PackageServices, StageTotals
from tart.query.shard_queries.packages import PackageRows, PackageStages, StepDurations
from tart.units import MINUTE_US

MAX_BATCH = 1_000
_NEWEST = 200
# Events of each guarantor, report and erasure root in the details of a package.
_EVENTS = 1_000
_COSTS = ("gas", "elapsed_ns", "load_ns")


async def wp_funnel(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/wp-funnel``."""
    packages, seen = await queries.ask(PackageStages(request_window(values).half_open()))
    return Answer(partial(work_packages.funnel, packages), seen)


async def wp_funnel_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/wp-funnel-timeseries``."""
    grid = row_grid(values)
    packages, seen = await queries.ask(PackageStages(grid.window, values["core"]))
    return Answer(partial(work_packages.funnel_by_time, packages, grid.step_us), seen)


async def bottlenecks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/bottlenecks``."""
    window, core = request_window(values).half_open(), values["core"]
    parts = await gather_all(
        queries.ask(PackageStages(window, core)),
        queries.ask(StepDurations(window, core)),
        queries.ask(StageTotals(window, core, by_node=False)),
    )
    (packages, _), (samples, _), (totals, _) = parts
    body = partial(work_packages.bottlenecks, packages, samples, totals)
    return Answer(body, common_coverage(parts))


async def bottlenecks_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/bottlenecks-timeseries``."""
    grid, core = row_grid(values), values["core"]
    parts = await gather_all(
        queries.ask(PackageStages(grid.window, core)),
        queries.ask(StepDurations(grid.window, core, step_us=grid.step_us)),
    )
    (packages, _), (samples, _) = parts
    body = partial(work_packages.bottlenecks_by_time, packages, samples, grid.step_us)
    return Answer(body, common_coverage(parts))


async def wp_stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/wp-stats``."""
    window = request_window(values).counts()
    kinds = list(work_packages.EVENTS.values())
    parts = await gather_all(
        queries.ask(PackageStages(window)),
        queries.ask(AggregateSum("counts", window, by=["type"], where={"type": kinds})),
    )
    (packages, _), (counts, _) = parts
    return Answer(partial(work_packages.stats, packages, counts), common_coverage(parts))


async def wp_active(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/wp-active``."""
    window = request_window(values).half_open(MINUTE_US)
    failures = {"type": [EventKind.WORK_PACKAGE_FAILED]}
    parts = await gather_all(
        queries.ask(PackageStages(window)),
        package_queries.newest_packages(queries, Period(window), _NEWEST),
        queries.ask(StepDurations(window)),
        queries.ask(
            AggregateSum("failures", window, by=["reason"], values=["count"], where=failures)
        ),
    )
    (packages, _), (newest, _), (samples, _), (reasons, _) = parts
    body = partial(work_packages.active, packages, newest, samples, reasons)
    return Answer(body, common_coverage(parts))


async def wp_by_wp_hash(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/wp/{wp_hash}``."""
    rows, seen = await queries.ask(PackageRows(hashes=[values["wp_hash"]]))
    if not rows:
        return Answer({"summary": None, "events": [], "truncated": False}, seen)
    journey, also = await package_queries.journey(queries, rows, _EVENTS, values["bytes"])
    return Answer(partial(work_packages.details, journey), seen & also)


async def wp_batch(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/wp/batch``."""
    given = values["body"]
    if len(given) > MAX_BATCH:
        raise BadQuery(f"the request body must have at most {MAX_BATCH} hashes")
    hashes = list(dict.fromkeys(hash_bytes(each, "the request body").hex() for each in given))
    if not hashes:
        return Answer([])
    packages, seen = await package_queries.packages_by_hash(queries, hashes)
    return Answer([work_packages.work_package_row(package) for package in packages], seen)


async def validator_profiling(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/validator-profiling``."""
    window = request_window(values).half_open()
    totals, seen = await queries.ask(StageTotals(window, values["core"]))
    body = partial(
        guarantors.profile,
        totals,
        limit=values["limit"],
        fastest_first=values["sort"] == "asc",
    )
    return Answer(body, seen)


async def validator_profiling_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/validator-profiling-timeseries``."""
    grid, node = row_grid(values, guarantors.SLOWEST), values["node"]
    totals, seen = await queries.ask(
        StageTotals(grid.window, values["core"], node, step_us=grid.step_us)
    )
    return Answer(partial(guarantors.profile_by_time, totals, node), seen)


async def service_totals(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/services``."""
    window, wanted = request_window(values).half_open(), values["service"]
    parts = await gather_all(
        queries.ask(PackageServices(window)),
        queries.ask(AggregateSum("executions", window, by=["hash", "service"], values=["gas"])),
    )
    (packages, _), (executions, _) = parts
    return Answer(partial(services.services, packages, executions, wanted), common_coverage(parts))


async def services_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/services/timeseries``."""
    grid, wanted = row_grid(values, len(values["service"] or ()) or 10), values["service"]
    parts = await gather_all(
        queries.ask(PackageServices(grid.window)),
        queries.ask(
            AggregateSum(
                "executions", grid.window, by=["hash", "service"], values=["seen_at", "gas"]
            )
        ),
    )
    (packages, _), (executions, _) = parts
    body = partial(services.services_by_time, packages, executions, wanted, grid.step_us)
    return Answer(body, common_coverage(parts))


async def execution(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/execution``."""
    window = request_window(values).half_open(MINUTE_US)
    parts = await gather_all(
        queries.ask(AggregateSum("authorizations", window, values=["count", *_COSTS])),
        queries.ask(AggregateSum("refinements", window, by=["service"], values=["count", *_COSTS])),
        queries.ask(
            AggregateSum("executions", window, by=["hash", "service"], values=["nodes", *_COSTS])
        ),
    )
    (authorizations, _), (refinements, _), (executions, _) = parts
    body = partial(services.execution, authorizations, refinements, executions)
    return Answer(body, common_coverage(parts))


GRAFANA_PACKAGE_HANDLERS: Mapping[str, Handler] = {
    **{
        f"grafana_{handler.__name__}": handler
        for handler in (
            wp_funnel,
            wp_funnel_timeseries,
            bottlenecks,
            bottlenecks_timeseries,
            wp_stats,
            wp_active,
            wp_by_wp_hash,
            wp_batch,
            validator_profiling,
            validator_profiling_timeseries,
            services_timeseries,
            execution,
        )
    },
    "grafana_services": service_totals,
}
