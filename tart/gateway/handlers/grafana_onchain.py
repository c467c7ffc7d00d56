"""Handlers of ``api.routes.grafana_onchain``: statistics on chain.

``_statistics`` is the one place that knows their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.grafana import row_grid
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.query.core.windows import Window
from tart.query.grafana import onchain
from tart.query.grafana.onchain import ChainStatistics
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.topics.assurances import slot_seconds
from tart.units import MINUTE_US

# A block is reported as best shortly before or after it is executed; as finalized, later.
_AROUND_US = 10 * MINUTE_US


async def _statistics(queries: QueryClient, window: Window) -> tuple[ChainStatistics, Coverage]:
    """Return the statistics of a window's blocks, and the shards that answered."""
    assert window.start_us is not None
    assert window.end_us is not None
    around = Window(max(0, window.start_us - _AROUND_US), window.end_us + _AROUND_US)
    parts = await gather_all(
        queries.ask(
            AggregateSum(
                "executions",
                window,
                by=["hash", "service"],
                values=["slot", "seen_at", "gas", "items"],
            )
        ),
        queries.ask(AggregateSum("reached", around, by=["hash", "type"], values=["slot", "count"])),
    )
    (executions, _), (reached, _) = parts
    return onchain.from_telemetry(executions, reached), common_coverage(parts)


async def services(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/services``."""
    statistics, seen = await _statistics(queries, request_window(values).half_open())
    return Answer(partial(onchain.services, statistics, values["service"]), seen)


async def services_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/services/timeseries``."""
    grid, wanted = row_grid(values, len(values["service"] or ()) or 10), values["service"]
    statistics, seen = await _statistics(queries, grid.window)
    return Answer(partial(onchain.services_by_time, statistics, wanted, grid.step_us), seen)


async def service_blocks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/services/{service_id}``."""
    (statistics, seen), (nodes, also) = await gather_all(
        _statistics(queries, request_window(values).half_open()), queries.nodes()
    )
    body = partial(onchain.service_blocks, statistics, values["service_id"], slot_seconds(nodes))
    return Answer(body, seen & also)


async def unknown(queries: QueryClient, values: Values) -> Answer:
    """Answer the routes whose statistics no telemetry tells: an empty list."""
    request_window(values).half_open()
    return Answer([])


GRAFANA_ONCHAIN_HANDLERS: Mapping[str, Handler] = {
    "grafana_onchain_services": services,
    "grafana_onchain_services_timeseries": services_timeseries,
    "grafana_onchain_services_by_service_id": service_blocks,
    "grafana_onchain_cores": unknown,
    "grafana_onchain_cores_timeseries": unknown,
    "grafana_onchain_cores_by_core_id": unknown,
    "grafana_onchain_validators": unknown,
    "grafana_onchain_validators_timeseries": unknown,
    "grafana_onchain_validators_by_validator_idx": unknown,
}
