"""The linking of blocks to their parents, from a head back to the followed chain.

Pure. Endpoints may lie about slots and parents, so two must agree where two answer; if they do not,
most decide. A line of parents ends at a block that is known, or at a *root*: one whose parent no
endpoint has, or that is too far back. Nothing else is asked about a block before it is attached.
"""

from __future__ import annotations

from collections import Counter

from tart.chain.core.answers import PARENT
from tart.chain.core.block_recorder import BlockRecorder
from tart.chain.core.block_tree import Node
from tart.chain.core.block_window import BlockWindow
from tart.chain.core.endpoint_table import EndpointTable
from tart.chain.core.follower_state import FollowerState
from tart.rpc.model import BlockDescriptor
from tart.units import SECOND_US

NO_BLOCK = bytes(32)
# A second endpoint has this long to name a head, whose slot the first may have wrong.
SECOND_NAME_US = 3 * SECOND_US // 2


class BlockLinker:
    """The lines of parents.

    Args:
        state: Shared by the parts of the follower.
        endpoints: Those that can agree.
        window: Finds and adds the parents.
        recorder: Stores blocks whose parents are known.
    """

    def __init__(
        self,
        state: FollowerState,
        endpoints: EndpointTable,
        window: BlockWindow,
        recorder: BlockRecorder,
    ) -> None:
        self._state = state
        self._endpoints = endpoints
        self._window = window
        self._recorder = recorder

    # --- Heads -----------------------------------------------------------------------

    def follow_head(self, node: Node, index: int, slot: int) -> None:
        """Follow a head that an endpoint names, once its slot is certain."""
        if index not in node.claims:
            self._claim_slot(node, index, slot)
        if self._is_slot_certain(node):
            self.want_parent(node)
        self._recorder.want_statistics(node)

    def follow_late_heads(self, now: int) -> None:
        """Follow the heads that no second endpoint named in time.

        Memory may have forgotten a part of a line that is not attached: it is read on from there.
        """
        for node in self._endpoints.heads():
            if not 0 <= now - node.seen_at < SECOND_NAME_US:
                self.want_parent(node if node.attached else self._state.tree.lowest(node))

    def _claim_slot(self, node: Node, index: int, slot: int) -> None:
        """Let endpoints decide on the slot of a block; it stays once the block is linked."""
        if slot != node.slot:
            self._state.counts["slot_conflicts"] += 1
        if node.stored or node.parent is not None or self._state.tree.children(node):
            return
        node.claims[index] = slot
        slots = Counter(node.claims.values())
        node.slot = min(slots, key=lambda each: (-slots[each], each))

    def _is_slot_certain(self, node: Node) -> bool:
        """Return whether two endpoints give a head the same slot, or no other gives one."""
        if node.attached or max(Counter(node.claims.values()).values(), default=0) > 1:
            return True
        return self._endpoints.responsive() <= node.claims.keys()

    # --- Parents ---------------------------------------------------------------------

    def want_parent(self, node: Node) -> None:
        """Ask for the parent of a block, unless its line ends there."""
        if node.parent is not None or node.is_root:
            return
        if node.slot == 0 or node.depth >= self._state.limits.depth:
            self._end_line(node)
            return
        final = self._state.final
        if not node.attached and final is not None and node.slot <= final.slot:
            return  # It contradicts what is final; see ``relate``.
        self._ask_parent(node)

    def receive_parent(self, node: Node, index: int, block: BlockDescriptor, now: int) -> bool:
        """Record the parent that an endpoint names; return False if it cannot be.

        Args:
            node: The block.
            index: The endpoint.
            block: The parent.
            now: Unix microseconds.
        """
        known = self._state.tree.get(block.hash)
        # Some nodes answer the slot of the child.
        if (block.slot if known is None else known.slot) >= node.slot:
            self._state.counts["wrong_parents"] += 1
            return False
        node.votes[index] = block
        if self._is_confirmed(node, block):
            self._choose_parent(node, now)
        else:
            self._ask_parent(node)
        return True

    def give_up_parent(self, node: Node, now: int) -> None:
        """Decide by the endpoints that named a parent: no other one does."""
        if node.votes:
            self._choose_parent(node, now)
        else:
            self._end_line(node)

    def _ask_parent(self, node: Node) -> None:
        # An endpoint that hangs does not show where the chain ends.
        self._state.ask(PARENT, node, excluded=node.votes.keys(), patient=not node.votes)

    def _is_confirmed(self, node: Node, block: BlockDescriptor) -> bool:
        """Return whether two endpoints name a parent, or no other can be asked."""
        agreeing = sum(vote.hash == block.hash for vote in node.votes.values())
        return agreeing > 1 or self._endpoints.responsive() <= node.votes.keys()

    def _choose_parent(self, node: Node, now: int) -> None:
        """Link a block to the parent that most endpoints name, of equals to the nearest."""
        hashes = Counter(vote.hash for vote in node.votes.values())
        chosen = max(node.votes.values(), key=lambda vote: (hashes[vote.hash], vote.slot))
        if len(hashes) > 1:
            self._state.counts["parent_conflicts"] += 1
        parent = None
        if chosen.hash != NO_BLOCK:
            parent = self._window.find_or_add(chosen, now, node)
        if parent is None:
            self._end_line(node)
            return
        for index, vote in node.votes.items():
            # Who made a block up is asked about it first.
            if vote.hash == parent.hash and index not in parent.claims:
                self._claim_slot(parent, index, vote.slot)
        node.votes.clear()
        if parent.slot >= node.slot:
            self._state.counts["wrong_parents"] += 1
            self._end_line(node)
        else:
            self._link(node, parent)

    def _link(self, node: Node, parent: Node) -> None:
        self._state.tree.link(node, parent)
        if node.on_chain:
            self._state.mark_line(parent, node.status)
            self.attach_line(parent)
        elif parent.attached:
            self._attach(node)
        self.want_parent(parent)
        self._recorder.store_if_ready(node)

    def _end_line(self, node: Node) -> None:
        """Record that a block's parent stays unknown."""
        node.is_root = True
        if node.slot and node.depth >= self._state.limits.depth:
            text = f"blocks before slot {node.slot} are left out: too far back"
            self._state.log("info", text)
        self._recorder.store_if_ready(node)

    # --- Attaching -------------------------------------------------------------------

    def attach_line(self, node: Node) -> None:
        """Attach the whole line of a block, and what descends from it."""
        self._attach(self._state.tree.lowest(node))

    def _attach(self, node: Node) -> None:
        for attached in self._state.tree.attach(node):
            self.want_parent(attached)
            self._recorder.want_statistics(attached)
