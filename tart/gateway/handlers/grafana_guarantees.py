"""Handlers of ``api.routes.grafana_guarantees``: guarantees, guarantors, convergence."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.grafana import row_grid
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.grafana import convergence, guarantors
from tart.query.packages.guarantees import TYPES
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.blocks import FirstSeenBlocks
from tart.query.shard_queries.deliveries import Deliveries
from tart.query.shard_queries.packages import PackageCounts
from tart.query.topics.assurances import slot_seconds
from tart.units import HOUR_US

# An anchor was first seen at most this long before its assurances.
_ANCHOR_AGE_US = HOUR_US


async def guarantees(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/guarantees``."""
    window = request_window(values).counts()
    counts, seen = await queries.ask(
        AggregateSum("counts", window, by=["type"], where={"type": TYPES})
    )
    return Answer(partial(guarantors.guarantees, counts), seen)


async def guarantees_by_guarantor(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/guarantees/by-guarantor``."""
    counts, seen = await _counts_by_node(queries, values)
    return Answer(partial(guarantors.by_guarantor, counts), seen)


async def validators_cores(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/validators/cores``."""
    counts, seen = await _counts_by_node(queries, values)
    return Answer(partial(guarantors.cores_by_validator, counts), seen)


async def _counts_by_node(queries: QueryClient, values: Values) -> tuple[list[Json], Coverage]:
    window = request_window(values).half_open()
    return await queries.ask(PackageCounts(window, by=["node"]))


async def guarantee_convergence(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/guarantee-convergence``."""
    if values["interval"] is not None:
        return await _by_time(queries, values, EventKind.GUARANTEE_BUILT)
    window = request_window(values).half_open()
    parts = await gather_all(
        queries.ask(Deliveries(window, EventKind.GUARANTEE_BUILT.number)), queries.nodes()
    )
    (deliveries, _), (nodes, _) = parts
    body = partial(convergence.guarantees_by_slot, deliveries, slot_seconds(nodes))
    return Answer(body, common_coverage(parts))


async def _by_time(
    queries: QueryClient, values: Values, kind: EventKind, node: str | None = None
) -> Answer:
    grid = row_grid(values)
    deliveries, seen = await queries.ask(Deliveries(grid.window, kind.number))
    return Answer(partial(convergence.by_time, deliveries, grid.step_us, node), seen)


async def guarantee_convergence_detail(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/guarantee-convergence/detail``."""
    window = request_window(values).half_open()
    deliveries, seen = await queries.ask(Deliveries(window, EventKind.GUARANTEE_BUILT.number))
    body = partial(convergence.reports, deliveries, values["core"], values["wp_hash"])
    return Answer(body, seen)


async def assurance_convergence(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/assurance-convergence``."""
    if values["interval"] is not None:
        return await _by_time(queries, values, EventKind.DISTRIBUTING_ASSURANCE)
    window = request_window(values).half_open()
    parts = await gather_all(
        queries.ask(Deliveries(window, EventKind.DISTRIBUTING_ASSURANCE.number)),
        queries.ask(FirstSeenBlocks(_with_anchors(window))),
        queries.nodes(),
    )
    (deliveries, _), (blocks, _), (nodes, _) = parts
    slots = {block["hash"]: block["slot"] for block in blocks}
    body = partial(convergence.anchors, deliveries, slots, slot_seconds(nodes))
    return Answer(body, common_coverage(parts))


async def assurance_convergence_senders(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/grafana/assurance-convergence/senders``."""
    if values["interval"] is not None:
        return await _by_time(queries, values, EventKind.DISTRIBUTING_ASSURANCE, values["node"])
    window, anchor = request_window(values).half_open(), values["anchor"]
    parts = await gather_all(
        queries.ask(
            Deliveries(
                window,
                EventKind.DISTRIBUTING_ASSURANCE.number,
                hashes=None if anchor is None else [anchor],
            )
        ),
        queries.ask(FirstSeenBlocks(_with_anchors(window))),
    )
    (deliveries, _), (blocks, _) = parts
    slots = {block["hash"]: block["slot"] for block in blocks}
    body = partial(convergence.senders, deliveries, slots, values["node"])
    return Answer(body, common_coverage(parts))


def _with_anchors(window: Window) -> Window:
    """Return a window that begins early enough for the blocks that assurances refer to."""
    assert window.start_us is not None
    return Window(max(0, window.start_us - _ANCHOR_AGE_US), window.end_us)


GRAFANA_GUARANTEE_HANDLERS: Mapping[str, Handler] = {
    f"grafana_{handler.__name__}": handler
    for handler in (
        guarantees,
        guarantees_by_guarantor,
        validators_cores,
        guarantee_convergence,
        guarantee_convergence_detail,
        assurance_convergence,
        assurance_convergence_senders,
    )
}
