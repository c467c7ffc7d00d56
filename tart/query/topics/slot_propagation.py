"""The way of one slot's blocks through the network: the stages of each node, and its failures.

Pure. Times are since authoring by the chosen clock (``query.topics.slot_blocks``); durations at one
node are differences of its own clock, which are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from tart.protocol.events import EventKind
from tart.query.answers import slots as answers
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.slots import BlockFacts, Failed, Moment
from tart.query.topics.slot_blocks import (
    Arrivals,
    SlotInput,
    arrivals,
    curve,
    slot_block,
    slot_summaries,
)
from tart.units import ms

# What a failure ended.
_FAILED: Mapping[int, Literal["authoring", "verification", "execution"]] = {
    EventKind.AUTHORING_FAILED: "authoring",
    EventKind.BLOCK_VERIFICATION_FAILED: "verification",
    EventKind.BLOCK_EXECUTION_FAILED: "execution",
}


class _Places:
    """The nodes that an answer names, each once."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}

    def of(self, node: str) -> int:
        """Return the place of a node."""
        return self.ids.setdefault(node, len(self.ids))


def slot_propagation(
    given: SlotInput, slot: int, clock: answers.Clock, best_slot: int | None
) -> answers.SlotPropagation:
    """Return the answer of ``/api/slots/{slot}/propagation``.

    Args:
        given: The blocks of the slot, with all stages, and of slots around it.
        slot: The slot.
        clock: The name of the chosen clock.
        best_slot: Of the network now.
    """
    (summary,) = slot_summaries(given, slot, slot)
    order = [block["hash"] for block in summary["blocks"]]
    places = _Places()
    zeros: dict[str, int] = {}
    blocks = []
    for digest in order:
        block = given.facts.blocks[digest]
        times = arrivals(block, given.clock, given.activity)
        if times.zero is not None:
            zeros[digest] = times.zero
        blocks.append(_block(given, block, times, places))
    failures = [
        _failure(given, failure, zeros, places)
        for failure in sorted(given.facts.failures, key=lambda each: each.moment.at_us)
        if failure.slot == slot
    ]
    return {
        "slot": slot,
        "time": summary["time"],
        "clock": clock,
        "slot_seconds": given.calendar.slot_seconds,
        "state": summary["state"],
        "newest_slot": given.newest,
        "best_slot": best_slot,
        "finalized_slot": given.chain.finalized_slot,
        "nodes": [given.describe(node) for node in places.ids],
        "blocks": blocks,
        "failures": failures,
    }


def _block(
    given: SlotInput, block: BlockFacts, times: Arrivals, places: _Places
) -> answers.BlockPropagationDetail:
    in_time, expected = times.in_time, len(times.expected)
    nodes = sorted(
        {node for stage in block.times.values() for node in stage},
        key=lambda node: (times.times.get(node, 1 << 62), node),
    )
    begun = _own_time(block, "authoring", block.author)
    authored = _own_time(block, "authored", block.author)
    return {
        **slot_block(given, block, times),
        "reference": "authored" if times.is_authored else "first_had",
        "authoring_ms": _duration(begun, authored),
        "curve": curve(in_time, expected),
        "share": round(len(in_time) / expected, 6) if expected else None,
        "never": [places.of(node) for node in sorted(times.expected - block.had.keys())],
        "without_clock": times.without_clock,
        "stages": _stages(given, block, times, nodes, places),
    }


def _stages(
    given: SlotInput,
    block: BlockFacts,
    times: Arrivals,
    nodes: Iterable[str],
    places: _Places,
) -> answers.NodeStages:
    shown = list(nodes)

    def column(stage: str) -> list[float | None]:
        moments = block.times.get(stage, {})
        return [_after(given, node, moments.get(node), times.zero) for node in shown]

    return {
        "node": [places.of(node) for node in shown],
        "had": column("had"),
        "announced_to": column("announced_to"),
        "announced_by": column("announced_by"),
        "transferred": column("transferred"),
        "importing": column("importing"),
        "verified": column("verified"),
        "executed": column("executed"),
        "best": column("best"),
        "finalized": column("finalized"),
        "verification_ms": [
            _duration(_own_time(block, "importing", node), _own_time(block, "verified", node))
            for node in shown
        ],
        "execution_ms": [
            _duration(_ready_to_execute(block, node), _own_time(block, "executed", node))
            for node in shown
        ],
    }


def _ready_to_execute(block: BlockFacts, node: str) -> int | None:
    verified = _own_time(block, "verified", node)
    return _own_time(block, "authored", node) if verified is None else verified


def _own_time(block: BlockFacts, stage: str, node: str | None) -> int | None:
    """Return the time of a stage by the node's own clock, Unix microseconds."""
    moment = block.times.get(stage, {}).get(node) if node is not None else None
    return None if moment is None or moment.lag_us is None else moment.at_us - moment.lag_us


def _duration(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else ms(end - start)


def _after(given: SlotInput, node: str, moment: Moment | None, zero: int | None) -> float | None:
    time_us = None if moment is None else given.clock(node, moment)
    return None if time_us is None or zero is None else ms(time_us - zero)


def _failure(
    given: SlotInput, failure: Failed, zeros: Mapping[str, int], places: _Places
) -> answers.StageFailure:
    zero = zeros.get(failure.hash) if failure.hash is not None else None
    return {
        "node": places.of(failure.node),
        "hash": failure.hash,
        "event_type": failure.type,
        "stage": _FAILED[failure.type],
        "reason": failure.reason,
        "at": server_time(failure.moment.at_us),
        "ms": _after(given, failure.node, failure.moment, zero),
    }
