"""Figures of nodes. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from statistics import median

from tart.alerting.figures.inputs import Inputs, Json, NetworkState
from tart.alerting.figures.questions import ClockOffsets
from tart.alerting.figures.turn import Turn, Values
from tart.query.topics.summary import NodeSample
from tart.units import SECOND_US

# From this number of nodes on, clocks are compared with the median of the nodes.
MANY_CLOCKS = 3
# Nodes connect again within this time after the start of tart or of a shard.
SETTLING_US = 120 * SECOND_US
# A node sends its status every two seconds.
QUIET_SECONDS = 30.0


def silent_seconds(turn: Turn, inputs: Inputs) -> Values:
    """Return the seconds since the last message of each node; see ``node_silent_seconds``."""
    state = _network(inputs)
    return {
        node.node_id: _silence(state, node) if state.is_known(node) else None
        for node in _present(state, turn)
    }


def disconnected_seconds(turn: Turn, inputs: Inputs) -> Values:
    """Return the seconds since the last message of each node that is not connected."""
    state = _network(inputs)
    values: dict[str | None, float | None] = {}
    for node in _present(state, turn):
        if node.is_connected:
            values[node.node_id] = 0.0
        else:
            values[node.node_id] = _silence(state, node) if state.is_known(node) else None
    return values


def behind_slots(turn: Turn, inputs: Inputs) -> Values:
    """Return the slots by which each node's best block is behind that of the network.

    A node that is stuck names no block after it connects again: it is where it was before. Of one
    that says nothing at all it is not known where it is.
    """
    state = _network(inputs)
    best = state.best_block
    if best is None:
        return {}
    values: dict[str | None, float | None] = {}
    for node in state.connected:
        slot = node.last_slot if node.best_slot is None else node.best_slot
        if slot is not None:
            silence = _silence(state, node)
            is_silent = silence is None or silence > QUIET_SECONDS
            values[node.node_id] = None if is_silent else float(max(0, best - slot))
    return values


def dropped_events(turn: Turn, inputs: Inputs) -> Values:
    """Return the events that each node dropped in the window."""
    return _increases(turn, inputs, "dropped")


def undecodable_events(turn: Turn, inputs: Inputs) -> Values:
    """Return the events of each node in the window that cannot be decoded."""
    return _increases(turn, inputs, "undecodable")


def clock_offsets(turn: Turn, inputs: Inputs) -> Values:
    """Return the difference between each node's clock and the server's, or the median's."""
    offsets = dict(_offsets(inputs.answers[turn.question(ClockOffsets)].value))
    middle = median(offsets.values()) if len(offsets) >= MANY_CLOCKS else 0
    return {node_id: abs(offset - middle) / SECOND_US for node_id, offset in offsets.items()}


def network_clock_offset(turn: Turn, inputs: Inputs) -> Values:
    """Return the median difference between the nodes' clocks and the server's."""
    offsets = [offset for _, offset in _offsets(inputs.answers[turn.question(ClockOffsets)].value)]
    return {None: abs(median(offsets)) / SECOND_US} if len(offsets) >= MANY_CLOCKS else {}


def nodes_connected(turn: Turn, inputs: Inputs) -> Values:
    """Return the number of nodes with an open connection."""
    return {None: float(len(_network(inputs).connected))}


def disconnected_share(turn: Turn, inputs: Inputs) -> Values:
    """Return the share of nodes without a connection, of those seen in the window."""
    state = _network(inputs)
    since_us = state.watched_since_us
    if since_us is None or state.now_us - since_us < SETTLING_US:
        return {None: None}
    present = list(_present(state, turn))
    if not present:
        return {}
    return {None: 1 - sum(node.is_connected for node in present) / len(present)}


def count_nodes(state: NetworkState) -> dict[Hashable, int]:
    """Return the totals of nodes whose increases are figures."""
    totals: dict[Hashable, int] = {}
    for node in state.nodes.values():
        totals[node.node_id, "dropped"] = node.dropped_count
        totals[node.node_id, "undecodable"] = node.undecodable
    return totals


def _increases(turn: Turn, inputs: Inputs, name: str) -> Values:
    state = _network(inputs)
    values: dict[str | None, float | None] = {}
    for node in _present(state, turn):
        increase = inputs.node_counters.increase((node.node_id, name), turn.start_us)
        is_known = state.is_known(node) and increase is not None
        values[node.node_id] = increase.value if is_known and increase is not None else None
    return values


def _network(inputs: Inputs) -> NetworkState:
    assert inputs.network is not None
    return inputs.network


def _present(state: NetworkState, turn: Turn) -> Iterator[NodeSample]:
    """Yield the nodes that are connected, or were seen in the window."""
    since_ms = (state.now_us - turn.window_us) // 1000
    for node in state.nodes.values():
        if node.last_seen_ms is not None and (node.is_connected or node.last_seen_ms >= since_ms):
            yield node


def _silence(state: NetworkState, node: NodeSample) -> float | None:
    """Return the seconds since a node's last message.

    While nodes connect again after a start it is not known of one that has sent nothing since: a
    smaller value would end the alert of a node that was silent before, a greater one would begin
    that of a node that tart did not listen to.
    """
    last_us = (node.last_seen_ms or 0) * 1000
    since_us = state.watched_since_us
    if since_us is not None and last_us < since_us and state.now_us - since_us < SETTLING_US:
        return None
    return max(0.0, (state.now_us - last_us) / SECOND_US)


def _offsets(rows: Iterable[Json]) -> Iterator[tuple[str, int]]:
    for row in rows:
        if row["node"] is not None and row["offset_us"] is not None:
            yield row["node"], row["offset_us"]
