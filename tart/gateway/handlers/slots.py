"""Handlers of ``api.routes.slots``: ranges of slots, and the propagation of one slot's blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.queries import Coverage, QueryClient, coverage, gather_all, now_us
from tart.gateway.handlers.windows import Handler, Values, timestamped_answer
from tart.gateway.http.responses import Answer
from tart.protocol.node_information import SLOT_SECONDS
from tart.query.answers import slots as answers
from tart.query.answers.network import ChainFigures
from tart.query.core.chain_stats import chain_figures, most_common
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.wall_clock import TOLERANCE_SLOTS, is_ahead, wall_clock_slot
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateByNode, AggregateRows
from tart.query.shard_queries.slots import SlotBlocks, SlotFacts
from tart.query.topics.slot_blocks import (
    Activity,
    Calendar,
    SlotInput,
    chain_view,
    first_had,
    follows_calendar,
    slot_summaries,
    time_of,
)
from tart.query.topics.slot_propagation import slot_propagation
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

# Slots after a range that show which of its blocks the chain went on with.
_LOOKAHEAD = 10
# Nodes are connected or not by this many seconds, or by minutes in longer windows.
_STEP_US = 10 * SECOND_US
_BY_STEPS_US = 15 * MINUTE_US
# Newest sights of blocks that are searched for the newest slot if no node is connected.
_SIGHTS = 1_000
# Nodes of which the length of a slot is taken.
_SAMPLE = 50


@dataclass(frozen=True)
class _Network:
    """The network now.

    Attributes:
        chain: Its chain; ``best_block`` is the newest slot if no node is connected.
        calendar: Its calendar; ``follows`` says whether its slots are near the wall clock's.
    """

    chain: ChainFigures
    calendar: Calendar
    now_us: int
    newest: int
    coverage: Coverage

    def window(self, first: int, last: int) -> Window:
        """Return the time in which events of a range of slots can be."""
        if not self.calendar.follows:
            return Window()
        start, end = self.calendar.start_us(first), self.calendar.start_us(last)
        return Window(start - DAY_US, end + DAY_US)


async def _network(queries: QueryClient) -> _Network:
    now = now_us()
    claims, seen = await queries.chain()
    chain = chain_figures(claims)
    best = chain["best_block"]
    if best is None:
        best, also = await _newest_seen(queries)
        seen &= also
    seconds = _slot_seconds(queries)
    wall = wall_clock_slot(now, seconds)
    near = best is not None and abs(wall - best) <= TOLERANCE_SLOTS
    return _Network(
        chain=chain,
        calendar=Calendar(seconds, follows=near),
        now_us=now,
        newest=0 if best is None else best,
        coverage=seen,
    )


async def _newest_seen(queries: QueryClient) -> tuple[int | None, Coverage]:
    """Return the newest slot of which a node had a block, for when no node is connected."""
    rows, seen = await queries.ask(
        AggregateRows("sightings", columns=["slot", "seen_at"], known=["slot"], limit=_SIGHTS)
    )
    slots = [row["slot"] for row in rows if not is_ahead(row["slot"], row["seen_at"])]
    return max(slots or (row["slot"] for row in rows), default=None), seen


def _slot_seconds(queries: QueryClient) -> int:
    """Return the length of a slot that most of some nodes report."""
    sampled = [queries.registry.node(node, "hex") for node in [*queries.registry.ids()][:_SAMPLE]]
    parameters = [((node or {}).get("node_info") or {}).get("params") or {} for node in sampled]
    return most_common(values.get("slot_period_sec") for values in parameters) or SLOT_SECONDS


async def slots(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/slots``."""
    network = await _network(queries)
    count, before, clock = values["count"], values["before"], values["clock"]
    wall = wall_clock_slot(network.now_us, network.calendar.slot_seconds)
    # The newest slot by the calendar, if the network turns out to follow it.
    reached = max(network.newest, wall) if network.calendar.follows else network.newest
    low = max(0, (network.newest + 1 if before is None else before) - count)
    high = (reached if before is None else before - 1) + _LOOKAHEAD
    facts, seen = await queries.ask(SlotBlocks(low, high, network.window(low, high)))
    calendar = replace(network.calendar, follows=_follows(network, facts))
    newest = _newest(facts, network, wall if calendar.follows else None)
    last = newest if before is None else before - 1
    first = max(0, last + 1 - count)
    shown = _Shown(facts, seen, first, last, clock)
    given, also = await _figures_input(queries, network, shown, calendar, newest)

    def body() -> answers.Slots:
        return {
            "clock": clock,
            "slot_seconds": calendar.slot_seconds,
            "follows_calendar": calendar.follows,
            "newest_slot": newest,
            "best_slot": network.chain["best_block"],
            "finalized_slot": given.chain.finalized_slot,
            "slots": slot_summaries(given, first, last),
        }

    return timestamped_answer(body, (None, network.coverage), (None, seen), (None, also))


def _follows(network: _Network, facts: SlotFacts) -> bool:
    """Return whether most blocks were received when the calendar has their slots."""
    if not network.calendar.follows:
        return False
    seconds = network.calendar.slot_seconds
    votes = [
        follows_calendar(block.slot, first_us, seconds)
        for block in facts.blocks.values()
        if (first_us := first_had(block)) is not None
    ]
    return not votes or 2 * sum(votes) > len(votes)


def _newest(facts: SlotFacts, network: _Network, wall: int | None) -> int:
    """Return the newest slot that has begun: by the calendar, or the newest with a block."""
    if wall is not None:
        return max(network.newest, wall)
    had = [block.slot for block in facts.blocks.values() if block.had]
    near = [slot for slot in had if slot <= network.newest + _LOOKAHEAD]
    return max(network.newest, *near) if near else network.newest


@dataclass(frozen=True)
class _Shown:
    """The slots of an answer: the blocks, the shards that they are from, the range, the clock."""

    facts: SlotFacts
    coverage: Coverage
    first: int
    last: int
    clock: answers.Clock


async def _figures_input(
    queries: QueryClient, network: _Network, shown: _Shown, calendar: Calendar, newest: int
) -> tuple[SlotInput, Coverage]:
    """Query what the figures need besides the blocks: connected nodes, and offsets of clocks.

    Nodes of a shard whose blocks are not known are not expected to have any.
    """
    facts, shards = shown.facts, shown.coverage.shards
    window = _activity_window(network, shown, calendar)
    step_us = _step_us(queries, network, window)
    active = AggregateByNode("counts", "count", window, by=["bucket"], step_us=step_us)
    if shown.clock == "node":
        minutes = Window((window.start_us or 0) - MINUTE_US, window.end_us)
        offsets = AggregateByNode("clocks", "offset_us", minutes, by=["bucket"], step_us=MINUTE_US)
        (counts, seen), (by_minute, also) = await gather_all(
            _ask_shards(queries, active, shards), _ask_shards(queries, offsets, shards)
        )
        seen &= also
    else:
        (counts, seen), by_minute = await _ask_shards(queries, active, shards), {}
    given = SlotInput(
        facts=facts,
        chain=chain_view(facts, network.chain["finalized_block"]),
        clock=time_of(shown.clock, by_minute),
        activity=Activity.of(counts, step_us, network.now_us),
        calendar=calendar,
        describe=partial(_describe, queries),
        newest=newest,
    )
    return given, seen


async def _ask_shards(
    queries: QueryClient, query: AggregateByNode, shards: frozenset[int]
) -> tuple[ByNode, Coverage]:
    """Return the merged answers of some shards, and the shards that answered."""
    answers = await queries.ask_each(query)
    values = [(shard, part) for shard, part in answers.values if shard in shards]
    if not values:
        return {}, coverage(answers)
    return await run_on_merge_thread(partial(query.merge, values)), coverage(answers)


def _activity_window(network: _Network, shown: _Shown, calendar: Calendar) -> Window:
    """Return the time of the slots shown, at most a day of it."""
    first, last = shown.first, shown.last
    times = [
        first_us
        for block in shown.facts.blocks.values()
        if first <= block.slot <= last and (first_us := first_had(block)) is not None
    ]
    if calendar.follows:
        times += calendar.start_us(first), calendar.start_us(last + 1)
    end = min(network.now_us, max(times, default=network.now_us) + 2 * MINUTE_US)
    start = max(min(times, default=end) - MINUTE_US, end - DAY_US)
    return Window(start - start % MINUTE_US, max(start, end))


def _step_us(queries: QueryClient, network: _Network, window: Window) -> int:
    start, end = window.start_us or 0, window.end_us or 0
    oldest = network.now_us - (queries.retention.counts_10s_hours - 1) * HOUR_US
    return _STEP_US if end - start <= _BY_STEPS_US and start >= oldest else MINUTE_US


def _describe(queries: QueryClient, node_id: str) -> answers.SlotNode:
    node = queries.registry.node(node_id, "hex") or {}
    return {
        "node_id": node_id,
        "implementation_name": node.get("implementation_name"),
        "implementation_version": node.get("implementation_version"),
    }


async def propagation(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/slots/{slot}/propagation``."""
    slot, clock = values["slot"], values["clock"]
    network = await _network(queries)
    window = network.window(slot, slot)
    (facts, seen), (around, also) = await gather_all(
        queries.ask(SlotBlocks(slot, slot, window, stages=True)),
        queries.ask(SlotBlocks(slot, slot + _LOOKAHEAD, window)),
    )
    calendar = replace(network.calendar, follows=_follows(network, around))
    wall = wall_clock_slot(network.now_us, calendar.slot_seconds)
    newest = _newest(around, network, wall if calendar.follows else None)
    shown = _Shown(facts, seen, slot, slot, clock)
    given, more = await _figures_input(queries, network, shown, calendar, newest)
    given = replace(given, chain=chain_view(around, network.chain["finalized_block"]))
    body = partial(slot_propagation, given, slot, clock, network.chain["best_block"])
    parts = (network.coverage, seen, also, more)
    return timestamped_answer(body, *((None, part) for part in parts))


SLOT_HANDLERS: Mapping[str, Handler] = {"slots": slots, "slot_propagation": propagation}
