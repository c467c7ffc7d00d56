"""Figures of the chain: best and finalized block, forks, missed slots, late messages. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tart.alerting.figures.inputs import Inputs, Json, NetworkState
from tart.alerting.figures.questions import AssuranceTimes, BestBlocks, GuaranteeDurations
from tart.alerting.figures.turn import Turn, Values
from tart.protocol.events import EventKind
from tart.protocol.node_information import SLOT_SECONDS
from tart.units import MINUTE_US, SECOND_US

SLOT_US = SLOT_SECONDS * SECOND_US
# A share of fewer is chance.
FEWEST_SLOTS = 10
FEWEST_MESSAGES = 20
# Nodes name a block within this time; a block that was named before it is not new in the window.
NAMED_US = 10 * MINUTE_US
# An assurer that assures the same anchor again, because a slot has no block, does so after this.
_AGAIN_US = SLOT_US - 2 * SECOND_US
# The first bin of durations (``query.core.log_histogram``) all of whose durations are longer than
# a slot: from 2^(91/4) us on, 7.05 s.
LATE_BIN = 91


def finality_lag(turn: Turn, inputs: Inputs) -> Values:
    """Return the slots between the best and the finalized block of the network."""
    state = inputs.network
    assert state is not None
    best, finalized = state.best_block, state.finalized_block
    return {} if best is None or finalized is None else {None: float(max(0, best - finalized))}


def best_block_age(turn: Turn, inputs: Inputs) -> Values:
    """Return the seconds since the network reached its best block."""
    state = inputs.network
    assert state is not None
    named = ((node.best_slot, node.best_at_us) for node in state.connected)
    return _age(state, state.best_block, named)


def finalized_block_age(turn: Turn, inputs: Inputs) -> Values:
    """Return the seconds since the network reached its finalized block."""
    state = inputs.network
    assert state is not None
    named = ((node.finalized_slot, node.finalized_at_us) for node in state.connected)
    return _age(state, state.finalized_block, named)


def _age(
    state: NetworkState, block: int | None, named: Iterable[tuple[int | None, int | None]]
) -> Values:
    """Return the age of the network's block, since the first node that still names it did."""
    if block is None:
        return {}
    times = [
        at_us for slot, at_us in named if slot is not None and at_us is not None and slot >= block
    ]
    return {None: max(0.0, (state.now_us - min(times)) / SECOND_US)} if times else {}


def forks_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the share of slots with several best blocks, of the slots with a block."""
    slots = _new_slots(turn, inputs)
    if len(slots) < FEWEST_SLOTS:
        return {}
    return {None: sum(blocks > 1 for blocks in slots.values()) / len(slots)}


def missed_slots_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the share of slots without a block, between the first and the last with one."""
    slots = _new_slots(turn, inputs)
    length = max(slots) - min(slots) + 1 if slots else 0
    return {None: 1 - len(slots) / length} if length >= FEWEST_SLOTS else {}


def _new_slots(turn: Turn, inputs: Inputs) -> dict[int, int]:
    """Return the number of blocks by slot, of those first named in the window.

    Slots that are older than the window before the newest one are of nodes that catch up.
    """
    rows: Iterable[Json] = inputs.answers[turn.question(BestBlocks, NAMED_US)].value
    new = [row for row in rows if row["seen_at"] >= turn.start_us and row["slot"] is not None]
    network = inputs.network
    best = network.best_block if network is not None else None
    reached = [row["slot"] for row in new if best is None or row["slot"] <= best]
    oldest = max(reached, default=0) - turn.window_us // SLOT_US
    blocks: defaultdict[int, int] = defaultdict(int)
    for slot in reached:
        if slot > oldest:
            blocks[slot] += 1
    return blocks


def late_assurances_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the share of assurances that arrived more than a slot after they were due."""
    rows: Iterable[Json] = inputs.answers[turn.question(AssuranceTimes, MINUTE_US)].value
    anchors: defaultdict[str, list[Json]] = defaultdict(list)
    for row in rows:
        anchors[row["anchor"]].append(row)
    # Of those that began in the window, and early enough for what is late to have arrived.
    last_us = turn.end_us - 2 * SLOT_US
    received = late = 0
    for anchor_rows in anchors.values():
        if turn.start_us <= min(row["seen_at"] for row in anchor_rows) <= last_us:
            one, other = _count_arrivals(anchor_rows)
            received, late = received + one, late + other
    return {None: late / received} if received >= FEWEST_MESSAGES else {}


def _count_arrivals(rows: Iterable[Json]) -> tuple[int, int]:
    """Return the assurances of one anchor that were received, and that were late.

    They are late by the last time at which assurers began to distribute them.
    """
    received = late = 0
    began_us: int | None = None
    for row in sorted(rows, key=lambda row: (row["seen_at"], row["type"])):
        at_us = row["seen_at"]
        if row["type"] == EventKind.DISTRIBUTING_ASSURANCE or began_us is None:
            began_us = at_us if began_us is None or at_us >= began_us + _AGAIN_US else began_us
        if row["type"] == EventKind.ASSURANCE_RECEIVED:
            received += row["count"]
            late += row["count"] if at_us - began_us > SLOT_US else 0
    return received, late


def late_guarantees_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the share of guarantees that were sent late, or took long to be sent."""
    rows: Iterable[Json] = inputs.answers[turn.question(GuaranteeDurations)].value
    sent = late = 0
    for row in rows:
        sent += row["count"] if row["type"] == EventKind.GUARANTEE_SENT else 0
        late += row["count"] if row["bin"] >= LATE_BIN else 0
    return {None: min(1.0, late / sent)} if sent >= FEWEST_MESSAGES else {}
