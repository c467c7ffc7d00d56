"""The handler of ``/api/implementations/compare``: reads the rows of the measures asked for.

The window is read once for the nodes that had one version in it, and in slices for those that
changed. Blocks and deliveries have times of their own, and are read once, as samples if they are
many: assurances by anchor, so that each node has as many as the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tart.aggregate.keyed.deliveries import is_followed
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.sessions import plausible_breaches
from tart.gateway.handlers.table_answers import in_format
from tart.gateway.handlers.windows import Handler, Values, request_window, timestamped_answer
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.comparison import ComparedGroup, ComparedMeasure, ComparedPair
from tart.query.comparison.comparison import Request, compare
from tart.query.comparison.groups import MAX_SLICES, Group, Membership, assign_groups
from tart.query.comparison.measures import select_measures
from tart.query.comparison.node_data import FAILURES, UNDERWAY_US, NodeData
from tart.query.core.windows import Window
from tart.query.packages.cores import core_count
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateSum
from tart.query.shard_queries.blocks import BlockPropagation, FirstSeenBlocks
from tart.query.shard_queries.deliveries import Deliveries
from tart.query.shard_queries.log_moments import LogMoments
from tart.query.shard_queries.sessions import VersionSpans
from tart.query.topics.node_latencies import STEPS
from tart.query.topics.propagation import sample_blocks
from tart.units import HOUR_US, MINUTE_US

# Rows that one query of assurances should have (``shard.queries.deliveries`` has the limit), and
# the greatest number of such queries; of more anchors a part is read.
_DELIVERY_ROWS = 10_000
_DELIVERY_BATCHES = 8
# Steps that are named in a query; of more all are read.
_NAMED_STEPS = 8
# Buckets of clocks, whose median is a node's offset.
_CLOCK_BUCKETS = 12
_COUNTED = frozenset({*FAILURES, "dropped_share", "events_per_second", "restarts", "findings"})
_REFINED = frozenset({"refine_time_per_gas", "refine_gas_per_item"})
_CLOCKS = frozenset({"clock_offset", "clock_error"})
# The table, numerator and denominator of metrics that are means of logarithms.
_MOMENTS: Mapping[str, tuple[str, str, str | None]] = {
    "accumulate_time_per_gas": ("blocks", "elapsed_ns", "gas"),
    "report_size": ("packages", "bundle_size", None),
}
_DELIVERIES: Mapping[EventKind, tuple[str, str]] = {
    EventKind.DISTRIBUTING_ASSURANCE: ("assurance_delay", "assurances_unreceived"),
    EventKind.GUARANTEE_BUILT: ("guarantee_delay", "guarantees_unreceived"),
}

_ROW_TYPES: Mapping[str, type] = {
    "groups": ComparedGroup,
    "differences": ComparedPair,
    "measures": ComparedMeasure,
}


@dataclass
class _Reading:
    """The rows of one comparison as they are read.

    Attributes:
        names: Names of the measures asked for.
        data: The rows.
        coverage: Of each query.
        adders: Add rows to the data, in order; the merge thread runs them.
    """

    queries: QueryClient
    window: Window
    now_us: int
    names: Collection[str]
    data: NodeData = field(default_factory=NodeData)
    coverage: list[tuple[Any, Coverage]] = field(default_factory=list)
    adders: list[Callable[[], None]] = field(default_factory=list)

    def wants(self, names: Collection[str]) -> bool:
        """Return whether one of these measures was asked for."""
        return any(name in self.names for name in names)

    async def ask(self, query: Any, add: Callable[[Any], None]) -> None:
        """Ask the shards, and add the rows later."""
        rows, seen = await self.queries.ask(query)
        self.coverage.append((None, seen))
        self.adders.append(partial(add, rows))

    async def read_part(
        self, window: Window, groups: Mapping[str, Group], membership: Membership, *, is_whole: bool
    ) -> None:
        """Read what is added up by node, of the nodes of one part of the window.

        Args:
            window: The whole window, or a slice of it.
            groups: The group of each node.
            membership: Of all nodes.
            is_whole: Whether this is the whole window, with most nodes.
        """
        where: dict[str, Sequence[Any]] = {} if is_whole else {"node": list(groups)}
        nodes = None if is_whole else list(groups)
        data = self.data
        reads: list[Awaitable[None]] = []
        steps = [STEPS[name] for name in self.names if name in STEPS]
        if steps:
            query = AggregateByNode(
                "latency",
                "count",
                window,
                by=["parent", "type", "bin"],
                where={**where, **_named_steps(steps)},
            )
            reads.append(self.ask(query, partial(data.add_latencies, groups=groups)))
        if self.wants(_COUNTED):
            reads.append(self._read_counts(window, groups, membership, where, is_whole=is_whole))
        if self.wants(_CLOCKS):
            step_us = _clock_step_us(self.window)
            clocks = AggregateByNode(
                "clocks", "offset_us", window, by=["bucket"], where=where, step_us=step_us
            )
            reads.append(self.ask(clocks, partial(data.add_clocks, groups=groups)))
        if self.wants(_REFINED):
            refined = AggregateSum("refinements", window, by=["node", "service"], where=where)
            reads.append(self.ask(refined, partial(data.add_refinements, groups=groups)))
        for metric, (table, numerator, denominator) in _MOMENTS.items():
            if metric in self.names:
                moments = LogMoments(table, window, numerator, denominator, nodes)
                add = partial(data.add_moments, metric, groups=groups)
                reads.append(self.ask(moments, add))
        await gather_all(*reads)

    async def _read_counts(
        self,
        window: Window,
        groups: Mapping[str, Group],
        membership: Membership,
        where: dict[str, Sequence[Any]],
        *,
        is_whole: bool,
    ) -> None:
        add = partial(self.data.add_counts, groups=groups, membership=membership, window=window)
        counts = AggregateByNode("counts", "count", window, by=["type"], where=where)
        await self.ask(counts, add)
        # Breaches are counted by the hour: they cannot be told apart by version.
        if is_whole and "findings" in self.names:
            assert window.start_us is not None
            hours = Window(window.start_us - window.start_us % HOUR_US, window.end_us)
            breaches, seen = await self.queries.ask(
                AggregateSum("conformance", hours, by=["node", "rule"])
            )
            self.coverage.append((None, seen))
            plausible = await plausible_breaches(self.queries, breaches)
            self.adders.append(partial(self.data.add_findings, plausible, groups))

    async def read_blocks(self, membership: Membership) -> None:
        """Read first sights of blocks."""
        blocks, seen = await self.queries.ask(FirstSeenBlocks(self.window))
        self.coverage.append((None, seen))
        add = partial(self.data.add_sightings, group_at=membership.group_at)
        await self.ask(BlockPropagation(sample_blocks(blocks)), add)

    async def read_guarantees(self, membership: Membership) -> None:
        """Read deliveries of guarantees, or a sample of them."""
        await self._read_deliveries(EventKind.GUARANTEE_BUILT, membership, None)

    async def read_assurances(self, membership: Membership, cores: int | None) -> None:
        """Read deliveries of assurances of anchors that are evenly spaced in the window.

        Args:
            membership: The groups of nodes.
            cores: Number of cores of the network, ``None`` if it is not known.
        """
        rows, seen = await self.queries.ask(
            AggregateSum(
                "assurances",
                self.window,
                by=["anchor"],
                where={"type": [EventKind.DISTRIBUTING_ASSURANCE]},
            )
        )
        self.coverage.append((None, seen))
        anchors = [
            row["anchor"] for row in rows if is_followed(bytes.fromhex(row["anchor"]), cores)
        ]
        batch = max(1, _DELIVERY_ROWS // max(1, len(membership.spans)))
        stride = max(1, -(-len(anchors) // (_DELIVERY_BATCHES * batch)))
        chosen = sorted(anchors)[::stride]
        for place in range(0, len(chosen), batch):
            hashes = chosen[place : place + batch]
            await self._read_deliveries(EventKind.DISTRIBUTING_ASSURANCE, membership, hashes)

    async def _read_deliveries(
        self, kind: EventKind, membership: Membership, hashes: Sequence[str] | None
    ) -> None:
        metrics, until_us = _DELIVERIES[kind], self.now_us - UNDERWAY_US

        def add(deliveries: Any) -> None:
            self.data.add_deliveries(metrics, deliveries.deliveries, until_us, membership.group_at)

        await self.ask(Deliveries(self.window, kind.number, hashes), add)


def _named_steps(steps: Sequence[tuple[int, int]]) -> dict[str, list[int]]:
    if len(steps) > _NAMED_STEPS:
        return {}
    parents, kinds = zip(*steps, strict=True)
    return {"parent": sorted(set(parents)), "type": sorted(set(kinds))}


def _clock_step_us(window: Window) -> int:
    assert window.start_us is not None
    assert window.end_us is not None
    length_us = window.end_us - window.start_us
    return max(1, -(-length_us // (_CLOCK_BUCKETS * MINUTE_US))) * MINUTE_US


def slice_us(length_us: int) -> int:
    """Return the length of the slices of a window: whole minutes.

    Args:
        length_us: The length of the window.
    """
    return max(1, -(-length_us // (MAX_SLICES * MINUTE_US))) * MINUTE_US


async def compare_implementations(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/implementations/compare``."""
    requested = request_window(values)
    buckets = requested.buckets(slice_us(requested.length_us()), durations=True)
    window = buckets.window
    selection = select_measures(values["step"], values["metric"])
    names = frozenset(measure.name for measure in selection.measures)
    (nodes, seen), spans = await gather_all(
        queries.nodes(), queries.ask(VersionSpans(window, requested.now, 0))
    )
    known = {
        node["node_id"]: (node["implementation_name"], node["implementation_version"])
        for node in nodes
    }
    membership = assign_groups(spans[0], known, values["by"], buckets)
    reading = _Reading(queries, window, requested.now, names)
    reading.coverage += [(None, seen), spans]
    # One after another: a part is a dozen queries.
    for place, (part, groups) in enumerate(membership.parts(window)):
        await reading.read_part(part, groups, membership, is_whole=place == 0)
    if reading.wants(("propagation_received", "propagation_authored")):
        await reading.read_blocks(membership)
    if reading.wants(_DELIVERIES[EventKind.GUARANTEE_BUILT]):
        await reading.read_guarantees(membership)
    if reading.wants(_DELIVERIES[EventKind.DISTRIBUTING_ASSURANCE]):
        await reading.read_assurances(membership, core_count(nodes))
    request = Request(selection, values["by"], values["baseline"], values["level"])
    body = partial(_answer, reading, request, membership)
    answer = timestamped_answer(body, *reading.coverage)
    table = values["table"]
    return in_format(
        answer,
        values,
        _ROW_TYPES[table],
        lambda body: body[table],
        formulas=queries.config.csv_formulas,
    )


def _answer(reading: _Reading, request: Request, membership: Membership) -> Mapping[str, Any]:
    for add in reading.adders:
        add()
    return compare(request, reading.data, membership)


COMPARISON_HANDLERS: Mapping[str, Handler] = {
    "implementations_compare": compare_implementations,
}
