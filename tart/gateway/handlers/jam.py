"""Handlers of ``api.routes.jam``: the chain, as the chain process has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tart.errors import NotFound
from tart.gateway.fanout.queries import QueryClient, gather_all
from tart.gateway.handlers.windows import Handler, Values, request_window
from tart.gateway.http.responses import Answer
from tart.query.chain_queries import chain
from tart.query.chain_queries.chain import ChainState
from tart.query.core.slot_clock import (
    SlotClock,
    SlotRange,
    slot_clock,
    slot_range,
    whole_slots,
)
from tart.query.topics import jam


def _slots(values: Values, clock: SlotClock) -> SlotRange:
    """Return the slots of the request's window, and the length of its buckets."""
    step_us = whole_slots(values.get("step"), clock)
    return slot_range(request_window(values).rows(step_us or 1), step_us, clock)


async def _state(queries: QueryClient, values: Values) -> tuple[ChainState, SlotRange, SlotClock]:
    state = await queries.ask_chain(chain.State())
    clock = slot_clock(state.parameters)
    return state, _slots(values, clock), clock


async def stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/stats``."""
    state = await queries.ask_chain(chain.State())
    accounts = await queries.ask_chain(chain.ServiceAccounts())
    figures = None
    if state.best is not None:
        figures = await queries.ask_chain(chain.BlockStatistics(state.best.hash))
    return Answer(partial(jam.stats, state, figures, accounts))


async def services(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/services``."""
    return await _services(queries, values, None)


async def service(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/services/{service_id}``."""
    return await _services(queries, values, values["service_id"])


async def _services(queries: QueryClient, values: Values, number: int | None) -> Answer:
    _, slots, clock = await _state(queries, values)
    wanted = None if number is None else [number]
    query = chain.Services(slots.first, slots.last, services=wanted)
    totals, accounts, counts = await gather_all(
        queries.ask_chain(query),
        queries.ask_chain(chain.ServiceAccounts()),
        queries.ask_chain(chain.RangeCounts(slots.first, slots.last)),
    )
    series: list[chain.ServiceTotals] = []
    if slots.step_slots:
        series = await queries.ask_chain(
            chain.Services(slots.first, slots.last, slots.step_slots, wanted, together=True)
        )
    if number is None:
        return Answer(partial(jam.services, totals, accounts, series, slots, counts, clock))
    return Answer(
        partial(jam.service_details, number, totals, accounts, series, slots, counts, clock)
    )


async def cores(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/cores``."""
    state, slots, _ = await _state(queries, values)
    totals, together, series, counts = await gather_all(
        queries.ask_chain(chain.Cores(slots.first, slots.last)),
        queries.ask_chain(chain.Cores(slots.first, slots.last, together=True)),
        _core_series(queries, slots, None),
        queries.ask_chain(chain.RangeCounts(slots.first, slots.last)),
    )
    return Answer(partial(jam.cores, totals, together, series, slots, counts, state.parameters))


async def core(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/cores/{core_index}``."""
    state, slots, _ = await _state(queries, values)
    number = values["core_index"]
    totals, series, counts = await gather_all(
        queries.ask_chain(chain.Cores(slots.first, slots.last, cores=[number])),
        _core_series(queries, slots, [number]),
        queries.ask_chain(chain.RangeCounts(slots.first, slots.last)),
    )
    body = partial(jam.core_details, number, totals, series, slots, counts, state.parameters)
    return Answer(body)


async def _core_series(
    queries: QueryClient, slots: SlotRange, wanted: list[int] | None
) -> list[chain.CoreTotals]:
    if not slots.step_slots:
        return []
    return await queries.ask_chain(
        chain.Cores(slots.first, slots.last, slots.step_slots, wanted, together=True)
    )


async def validators(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/validators``."""
    _, slots, clock = await _state(queries, values)
    wanted = values["validator"]
    totals, counts = await gather_all(
        queries.ask_chain(chain.Validators(slots.first, slots.last, wanted)),
        queries.ask_chain(chain.RangeCounts(slots.first, slots.last)),
    )
    series: list[chain.ValidatorBucket] = []
    if slots.step_slots:
        series = await queries.ask_chain(
            chain.ValidatorSeries(slots.first, slots.last, slots.step_slots, wanted, together=True)
        )
    return Answer(partial(jam.validators, totals, series, slots, counts, clock))


async def blocks(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/blocks``."""
    _, slots, clock = await _state(queries, values)
    query = chain.Blocks(
        slots.first, slots.last, forks=values["forks"] == "include", limit=values["limit"]
    )
    page, counts = await gather_all(
        queries.ask_chain(query), queries.ask_chain(chain.RangeCounts(slots.first, slots.last))
    )
    return Answer(partial(jam.blocks, page, slots, counts, clock))


async def block(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/blocks/{hash}``."""
    state = await queries.ask_chain(chain.State())
    figures = await queries.ask_chain(chain.BlockStatistics(values["hash"]))
    if figures is None:
        raise NotFound(
            f"no block {values['hash']} is known: no node named it, or it has expired", "hash"
        )
    accounts = await queries.ask_chain(chain.ServiceAccounts())
    return Answer(partial(jam.block_details, figures, accounts, slot_clock(state.parameters)))


async def reorganisations(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/jam/reorganisations``."""
    _, slots, _ = await _state(queries, values)
    changes = await queries.ask_chain(
        chain.Reorganisations(slots.first, slots.last, limit=values["limit"])
    )
    return Answer(partial(jam.reorganisations, changes))


JAM_HANDLERS: Mapping[str, Handler] = {
    "jam_stats": stats,
    "jam_services": services,
    "jam_service": service,
    "jam_cores": cores,
    "jam_core": core,
    "jam_validators": validators,
    "jam_blocks": blocks,
    "jam_block": block,
    "jam_reorganisations": reorganisations,
}
