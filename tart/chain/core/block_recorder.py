"""The recording of blocks: each is stored once, when its statistics are known.

Pure. The figures of a block are its statistics less its parent's (``tart.chain.core.deltas``), so
it waits for both. Statistics that no endpoint has are not waited for: the block is stored without
what they would show.
"""

from __future__ import annotations

from typing import Any

from tart.chain.core.answers import STATISTICS
from tart.chain.core.block_tree import Node
from tart.chain.core.changes import PutUndecodable
from tart.chain.core.deltas import ParentState, describe_block, is_first_of_epoch
from tart.chain.core.follower_state import FollowerState
from tart.chain.core.service_schedule import ServiceSchedule
from tart.query.chain_queries.chain import ChainBlock
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import Statistics
from tart.rpc.readings import read_blob

# Larger statistics that cannot be read are not stored.
MAX_UNDECODABLE_BYTES = 256 << 10


class BlockRecorder:
    """The blocks on their way to the store.

    Args:
        state: Shared by the parts of the follower.
        schedule: Is told the services that a block was active for.
    """

    def __init__(self, state: FollowerState, schedule: ServiceSchedule) -> None:
        self._state = state
        self._schedule = schedule

    def want_statistics(self, node: Node) -> None:
        """Ask for the statistics of an attached block that it or its children need."""
        if not node.attached or node.no_statistics:
            return
        has_own = node.stored or node.statistics is not None
        if not has_own or self._state.tree.accumulators(node.hash) is None:
            self._state.ask(STATISTICS, node)

    def receive_statistics(self, node: Node, statistics: Statistics) -> None:
        """Record the statistics of a block; store what waited for them."""
        self._state.tree.put_accumulators(node.hash, statistics.current)
        if not node.stored:
            node.statistics = statistics
        self._store_waiting(node)

    def give_up_statistics(self, node: Node) -> None:
        """Record that no endpoint has the statistics of a block; store what waited for them."""
        node.no_statistics = True
        self._store_waiting(node)

    def keep_undecodable(self, node: Node, value: Any, reason: str, now: int) -> None:
        """Store statistics that cannot be read, once for a block: a layout may be new."""
        if node.undecodable:
            return
        try:
            blob = read_blob(value, "statistics")
        except RpcDataError:
            return
        if 0 < len(blob) <= MAX_UNDECODABLE_BYTES:
            node.undecodable = True
            self._state.store(PutUndecodable(node.hash, node.slot, now, reason, blob))

    def _store_waiting(self, node: Node) -> None:
        self.store_if_ready(node)
        for child in self._state.tree.children(node):
            self.store_if_ready(child)

    def store_if_ready(self, node: Node) -> None:
        """Store a block once its parent, its statistics and its parent's are known or missing."""
        if node.stored or not node.attached or (node.parent is None and not node.is_root):
            return
        if node.statistics is None and not node.no_statistics:
            self.want_statistics(node)
            return
        parent = self._state.tree.parent(node)
        parent_state = self._parent_state(node, parent)
        if parent is not None and self._lacks(node, parent, parent_state):
            self.want_statistics(parent)
            return
        self._store(node, parent_state)

    def _parent_state(self, node: Node, parent: Node | None) -> ParentState:
        if node.parent is None:
            return ParentState()
        slot = None if parent is None else parent.slot
        return ParentState(slot, self._state.tree.accumulators(node.parent))

    def _lacks(self, node: Node, parent: Node, parent_state: ParentState) -> bool:
        """Return whether a block's figures need statistics of its parent that may be had yet."""
        if node.statistics is None or parent.no_statistics or parent_state.validators is not None:
            return False
        epoch_slots = self._state.parameters.epoch_slots
        return not is_first_of_epoch(node.slot, node.statistics, parent_state, epoch_slots)

    def _store(self, node: Node, parent_state: ParentState) -> None:
        block = ChainBlock(
            hash=node.hash.hex(),
            slot=node.slot,
            parent=None if node.parent is None else node.parent.hex(),
            status=node.status,
            seen_at=node.seen_at,
        )
        epoch_slots = self._state.parameters.epoch_slots
        put = describe_block(
            block, node.statistics, parent_state, epoch_slots, self._ended_epoch(node)
        )
        if node.statistics is not None:
            self._schedule.record(node.statistics.services, node.slot)
        counts = self._state.counts
        counts["blocks"] += 1
        counts["missing_statistics"] += node.statistics is None
        counts["irregularities"] += put.block.irregularity is not None
        node.stored = True
        node.statistics = None
        node.claims.clear()
        self._state.store(put)

    def _ended_epoch(self, node: Node) -> int | None:
        """Return the last epoch before that of a block that has a block, as far as is known."""
        length = self._state.parameters.epoch_slots
        if not length:
            return None
        epochs = (each.slot // length for each in self._state.tree.line(node))
        return next((epoch for epoch in epochs if epoch != node.slot // length), None)
