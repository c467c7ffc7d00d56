"""Handlers of ``api.routes.grafana_onchain``: statistics on chain.

Where the chain is followed, they come from the chain process; else ``_statistics`` has what
telemetry tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.grafana import row_grid
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.query.chain_queries import chain
from tart.query.core.slot_clock import SlotClock, SlotRange, slot_clock, slot_range
from tart.query.core.windows import Window
from tart.query.grafana import chain_statistics, onchain
from tart.query.grafana.buckets import bucket_us
from tart.query.grafana.onchain import MAX_BLOCKS, ChainStatistics
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.topics.assurances import slot_seconds
from tart.units import MINUTE_US

# A block is reported as best shortly before or after it is executed; as finalized, later.
_AROUND_US = 10 * MINUTE_US
# Rows that a bucket of all services is expected to have.
_SERVICES = 10


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


async def _slots(
    queries: QueryClient, values: Values, groups: int | None = None
) -> tuple[SlotRange, SlotClock]:
    """Return the slots of the request's window.

    Args:
        queries: To the chain process.
        values: Of the route's parameters.
        groups: The expected number of rows in each bucket; None if there are no buckets.
    """
    state = await queries.ask_chain(chain.State())
    clock = slot_clock(state.parameters)
    window = request_window(values).half_open()
    if groups is None:
        return slot_range(window, 0, clock), clock
    assert window.start_us is not None
    step_us = bucket_us(window, clock.slot_us, values["interval"], groups)
    start_us = window.start_us - window.start_us % step_us
    return slot_range(Window(start_us, window.end_us), step_us, clock), clock


async def services(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/services``."""
    wanted = values["service"]
    if queries.chain_process.followed:
        slots, _ = await _slots(queries, values)
        totals = await queries.ask_chain(chain.Services(slots.first, slots.last, services=wanted))
        return Answer(partial(chain_statistics.services, totals))
    statistics, seen = await _statistics(queries, request_window(values).half_open())
    return Answer(partial(onchain.services, statistics, wanted), seen)


async def services_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/services/timeseries``."""
    wanted = values["service"]
    groups = len(wanted or ()) or _SERVICES
    if queries.chain_process.followed:
        slots, clock = await _slots(queries, values, groups)
        totals = await queries.ask_chain(
            chain.Services(slots.first, slots.last, slots.step_slots, wanted)
        )
        return Answer(partial(chain_statistics.services_by_time, totals, clock))
    grid = row_grid(values, groups)
    statistics, seen = await _statistics(queries, grid.window)
    return Answer(partial(onchain.services_by_time, statistics, wanted, grid.step_us), seen)


async def service_blocks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/services/{service_id}``."""
    service = values["service_id"]
    if queries.chain_process.followed:
        slots, clock = await _slots(queries, values)
        totals = await queries.ask_chain(
            chain.Services(slots.first, slots.last, 1, [service], newest=MAX_BLOCKS)
        )
        return Answer(partial(chain_statistics.service_blocks, totals, clock))
    (statistics, seen), (nodes, also) = await gather_all(
        _statistics(queries, request_window(values).half_open()), queries.nodes()
    )
    body = partial(onchain.service_blocks, statistics, service, slot_seconds(nodes))
    return Answer(body, seen & also)


async def cores(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/cores``."""
    if not queries.chain_process.followed:
        return _nothing(values)
    slots, _ = await _slots(queries, values)
    totals = await queries.ask_chain(chain.Cores(slots.first, slots.last))
    return Answer(partial(chain_statistics.cores, totals))


async def cores_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/cores/timeseries``."""
    if not queries.chain_process.followed:
        return _nothing(values)
    core = values["core"]
    slots, clock = await _slots(queries, values, 1)
    totals = await queries.ask_chain(
        chain.Cores(
            slots.first,
            slots.last,
            slots.step_slots,
            None if core is None else [core],
            together=core is None,
        )
    )
    return Answer(partial(chain_statistics.cores_by_time, totals, clock))


async def core_blocks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/cores/{core_id}``."""
    if not queries.chain_process.followed:
        return _nothing(values)
    slots, clock = await _slots(queries, values)
    totals = await queries.ask_chain(
        chain.Cores(slots.first, slots.last, 1, [values["core_id"]], newest=MAX_BLOCKS)
    )
    return Answer(partial(chain_statistics.core_blocks, totals, clock))


async def validators(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/validators``."""
    if not queries.chain_process.followed:
        return _nothing(values)
    slots, _ = await _slots(queries, values)
    totals = await queries.ask_chain(chain.Validators(slots.first, slots.last))
    return Answer(partial(chain_statistics.validators, totals))


async def validators_timeseries(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/validators/timeseries``."""
    if not queries.chain_process.followed:
        return _nothing(values)
    wanted = values["validator"]
    slots, clock = await _slots(queries, values, len(wanted or ()) or 1)
    totals = await queries.ask_chain(
        chain.ValidatorSeries(
            slots.first, slots.last, slots.step_slots, wanted, together=wanted is None
        )
    )
    return Answer(partial(chain_statistics.validators_by_time, totals, clock))


async def validator_blocks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/onchain/validators/{validator_idx}``."""
    if not queries.chain_process.followed:
        return _nothing(values)
    validator = values["validator_idx"]
    slots, clock = await _slots(queries, values)
    newest = await queries.ask_chain(
        chain.Blocks(slots.first, slots.last, forks=False, limit=MAX_BLOCKS, indices=False)
    )
    if not newest.blocks:
        return Answer([])
    first = newest.blocks[-1].slot
    state = await queries.ask_chain(chain.State())
    # From the epoch before, whose last block is the parent of the first one of the epoch.
    length = state.parameters.get("epoch_period", 0)
    since = max(0, (first // length - 1) * length) if length else first
    earlier, increases = await gather_all(
        queries.ask_chain(chain.Blocks(since, first - 1, forks=False, indices=False)),
        queries.ask_chain(chain.ValidatorSeries(since, slots.last, 1, [validator])),
    )
    blocks = [*earlier.blocks, *newest.blocks]
    return Answer(
        partial(chain_statistics.validator_blocks, validator, blocks, increases, first, clock)
    )


def _nothing(values: Values) -> Answer:
    """Return an empty list: no telemetry tells these statistics."""
    request_window(values).half_open()
    return Answer([])


GRAFANA_ONCHAIN_HANDLERS: Mapping[str, Handler] = {
    "grafana_onchain_services": services,
    "grafana_onchain_services_timeseries": services_timeseries,
    "grafana_onchain_services_by_service_id": service_blocks,
    "grafana_onchain_cores": cores,
    "grafana_onchain_cores_timeseries": cores_timeseries,
    "grafana_onchain_cores_by_core_id": core_blocks,
    "grafana_onchain_validators": validators,
    "grafana_onchain_validators_timeseries": validators_timeseries,
    "grafana_onchain_validators_by_validator_idx": validator_blocks,
}
