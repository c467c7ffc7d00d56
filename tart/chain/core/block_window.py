"""The window of the chain that is in memory: which blocks enter it, and which are forgotten.

Pure. The store has older blocks. A full memory first loses blocks that are not attached, which an
endpoint may have made up: those that no endpoint's head leads to any more, then the others. The
oldest that are stored come last.
"""

from __future__ import annotations

from itertools import takewhile

from tart.chain.core.answers import PARENT, STATISTICS
from tart.chain.core.block_tree import Node
from tart.chain.core.endpoint_table import EndpointTable
from tart.chain.core.follower_state import FollowerState
from tart.rpc.model import BlockDescriptor


class BlockWindow:
    """The choice of the blocks that are in memory.

    Args:
        state: Shared by the parts of the follower.
        endpoints: Their heads are not forgotten.
    """

    def __init__(self, state: FollowerState, endpoints: EndpointTable) -> None:
        self._state = state
        self._endpoints = endpoints

    def find_or_add(
        self, block: BlockDescriptor, now: int, child: Node | None = None
    ) -> Node | None:
        """Return the block in memory, added if needed; None if it cannot be.

        Args:
            block: The block.
            now: Unix microseconds.
            child: The block whose parent it is; None for a head.
        """
        tree = self._state.tree
        node = tree.get(block.hash)
        if node is not None:
            return node
        if tree.is_full:
            self._prune_to_limit(child)
        is_attached = child is not None and child.attached
        if tree.is_full or (not is_attached and self._is_forgotten(block)):
            self._state.counts["blocks_refused"] += 1
            return None
        node = Node(block.hash, block.slot, now, depth=0 if child is None else child.depth + 1)
        tree.add(node)
        return node

    def prune(self) -> None:
        """Forget old blocks that are stored, and others of their slots that lead nowhere."""
        first = self._first_slot()
        for node in self._spare():
            if node.slot < first:
                self._forget(node)

    def _first_slot(self) -> int:
        """Return the first slot whose blocks are surely in memory."""
        final = self._state.final
        return 0 if final is None else final.slot - self._state.limits.final_slots

    def _is_forgotten(self, block: BlockDescriptor) -> bool:
        """Return whether a block may be one that is stored and no longer in memory."""
        return block.slot < self._first_slot()

    def _prune_to_limit(self, child: Node | None) -> None:
        """Forget a tenth of all blocks, but none that is needed now."""
        needed = {self._state.best, self._state.final, child, *self._endpoints.heads()}
        lines = self._unattached_lines()
        spare = [node for node in self._spare() if node not in needed]
        spare.sort(key=lambda node: (node.attached, node in lines, node.slot))
        for node in spare[: self._state.limits.blocks // 10 + 1]:
            self._state.counts["blocks_forgotten"] += 1
            self._forget(node)

    def _unattached_lines(self) -> set[Node]:
        """Return the blocks between the heads that endpoints name and the followed chain."""
        tree = self._state.tree
        return {
            node
            for head in self._endpoints.heads()
            for node in takewhile(lambda each: not each.attached, tree.line(head))
        }

    def _spare(self) -> list[Node]:
        """Return the blocks that can be had again: from the store, or from who named them."""
        nodes = self._state.tree.nodes.values()
        return [node for node in nodes if node.stored or not node.attached]

    def _forget(self, node: Node) -> None:
        tree = self._state.tree
        for child in tree.children(node):
            # The parents of others are stored.
            if not child.attached:
                tree.unlink(child)
        tree.remove(node)
        for method in (PARENT, STATISTICS):
            self._state.requests.discard(method, node.hash)
