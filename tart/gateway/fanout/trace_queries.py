"""Queries for the trace of a work-package or a block, and its construction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from tart.gateway.fanout import package_queries
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import ALL_TIME, AggregateRows, AggregateSum
from tart.tracing.block_traces import (
    BLOCK_COLUMNS,
    SIGHT_COLUMNS,
    block_nodes,
    block_start_us,
    block_trace,
)
from tart.tracing.node_times import clock_window
from tart.tracing.package_traces import package_nodes, package_start_us, package_trace
from tart.tracing.spans import Service, Trace

Json = dict[str, Any]

# Events of each guarantor, report and erasure root that a shard reads.
_MAX_EVENTS = 1_000
# Rows and sights of a block on one shard.
_MAX_ROWS = 4_000


class TraceInput(NamedTuple):
    """The construction of a trace, a pure function, and the shards that it covers."""

    build: Callable[[], Trace]
    coverage: Coverage


async def package_input(queries: QueryClient, rows: Sequence[Json], seen: Coverage) -> TraceInput:
    """Return the input of the trace of the package that rows of guarantors belong to.

    Args:
        rows: Of ``PackageRows``; one at least.
        seen: The shards that they are from.
    """
    journey, also = await package_queries.journey(queries, rows, _MAX_EVENTS, "hex")
    nodes = package_nodes(journey)
    offsets, more = await _offsets(queries, nodes, package_start_us(journey))
    seen = seen & also & more
    build = partial(
        package_trace,
        journey,
        offsets,
        _services(queries.registry, nodes),
        missing_shards=_missing(seen),
    )
    return TraceInput(build, seen)


async def block_input(
    queries: QueryClient,
    reference: bytes,
    where: Mapping[str, Sequence[Any]],
    window: Window = ALL_TIME,
) -> TraceInput | None:
    """Return the input of the trace of a block; ``None`` if nothing is known of it.

    Args:
        reference: The hash, or the key of an attempt without one.
        where: Columns of the table ``blocks`` that select its rows.
        window: Where its rows and sights are looked for.
    """
    (rows, seen), (sights, also) = await gather_all(
        queries.ask(
            AggregateRows("blocks", window, columns=BLOCK_COLUMNS, where=where, limit=_MAX_ROWS)
        ),
        queries.ask(
            AggregateRows(
                "sightings",
                window,
                columns=SIGHT_COLUMNS,
                where={"hash": where.get("hash", ())},
                limit=_MAX_ROWS,
            )
        ),
    )
    rows, sights = _of_known_nodes(rows), _of_known_nodes(sights)
    if not rows and not sights:
        return None
    nodes = block_nodes(rows, sights)
    offsets, more = await _offsets(queries, nodes, block_start_us(rows, sights))
    seen = seen & also & more
    build = partial(
        block_trace,
        reference,
        rows,
        sights,
        offsets,
        _services(queries.registry, nodes),
        missing_shards=_missing(seen),
    )
    return TraceInput(build, seen)


def _of_known_nodes(rows: Iterable[Json]) -> list[Json]:
    return [row for row in rows if row["node"] is not None]


async def _offsets(
    queries: QueryClient, nodes: Sequence[str], start_us: int
) -> tuple[dict[str, int], Coverage]:
    """Return the offsets of clocks before a time, microseconds."""
    rows, seen = await queries.ask(
        AggregateSum("clocks", clock_window(start_us), by=["node"], where={"node": nodes})
    )
    return {row["node"]: row["offset_us"] for row in rows if row["offset_us"] is not None}, seen


def _services(registry: NodeRegistry, nodes: Iterable[str]) -> dict[str, Service]:
    known = {node: registry.node(node, "hex") for node in nodes}
    return {
        node: Service(each["implementation_name"], each["implementation_version"])
        for node, each in known.items()
        if each is not None
    }


def _missing(seen: Coverage) -> int:
    return seen.total - len(seen.shards)
