"""The selection of the followed chain: its best block, its final block, and what that changes.

Pure. ``tart.chain.core.head_choice`` compares the heads that endpoints name; here the choice takes
effect on the blocks: they get their status, and a reorganisation is recorded with what it left.
"""

from __future__ import annotations

from collections.abc import Iterable

from tart.chain.core.answers import BEST, FINALIZED
from tart.chain.core.block_linker import BlockLinker
from tart.chain.core.block_tree import Node
from tart.chain.core.block_window import BlockWindow
from tart.chain.core.changes import PutReorganisation
from tart.chain.core.endpoint_table import EndpointTable
from tart.chain.core.follower_state import FollowerState
from tart.chain.core.head_choice import choose_best, is_beyond_gap, plausible
from tart.query.chain_queries.chain import Reorganisation

# Blocks that a reorganisation lists.
MAX_LEFT = 1000


class ChainSelector:
    """The best and the final block.

    Args:
        state: Shared by the parts of the follower.
        endpoints: Their heads are the candidates.
        window: Forgets blocks far below the final one.
        linker: Attaches lines that are followed.
    """

    def __init__(
        self,
        state: FollowerState,
        endpoints: EndpointTable,
        window: BlockWindow,
        linker: BlockLinker,
    ) -> None:
        self._state = state
        self._endpoints = endpoints
        self._window = window
        self._linker = linker

    # --- Best ------------------------------------------------------------------------

    def update_best(self, now: int) -> None:
        """Choose the best block among the heads that connected endpoints name."""
        slot_seconds = self._state.parameters.slot_seconds.value
        claims = plausible(self._endpoints.claims(BEST, FINALIZED), now, slot_seconds)
        best = self._state.best
        if best is None:
            first = choose_best(list(claims.values()), None)
            if first is not None:
                self._begin(first)
            return
        candidates = [node for node in claims.values() if self._is_candidate(node)]
        chosen = choose_best(candidates, best)
        if chosen is None:
            self._follow_gap(best, claims.values(), now)
        elif not self._state.tree.descends(best, chosen):
            self._set_best(best, chosen, now)

    def _begin(self, node: Node) -> None:
        """Begin with a head: its parents are on the chain as they become known."""
        self._state.best = node
        self._state.mark_line(node, "best")
        self._linker.attach_line(node)

    def _is_candidate(self, node: Node) -> bool:
        """Return whether a head is attached and does not contradict the final block."""
        final = self._state.final
        if final is None or not node.attached:
            return node.attached
        last = self._state.tree.ancestor_at(node, final.slot)
        return last is final or is_beyond_gap(last, final)

    def _follow_gap(self, best: Node, nodes: Iterable[Node], now: int) -> None:
        """Follow a head whose line ends above the best block: what lies between is left out."""
        for node in sorted(nodes, key=lambda each: -each.slot):
            lowest = self._state.tree.lowest(node)
            if lowest.is_root and not lowest.attached and lowest.slot > best.slot:
                self._state.counts["gaps"] += 1
                self._state.log(
                    "warning",
                    f"no endpoint shows what is between slot {best.slot} and slot "
                    f"{lowest.slot}; these blocks are left out",
                )
                self._linker.attach_line(node)
                self._set_best(best, node, now)
                return

    def _set_best(self, old: Node, new: Node, now: int) -> None:
        """Make a block the best one; record what is left."""
        common = self._state.tree.common(old, new)
        left = self._left(old, new, common)
        self._state.set_status("fork", left)
        self._state.mark_line(new, "best")
        self._state.best = new
        if left:
            self._record_reorganisation(old, new, left, common, now)

    def _left(self, old: Node, new: Node, common: Node | None) -> list[Node]:
        """Return the blocks that are no longer on the chain, the highest first.

        Blocks before a gap stay: nothing shows whether they are on the chain.
        """
        first_slot = self._state.tree.lowest(new).slot if common is None else 0
        left = []
        for block in self._state.tree.line(old):
            if block is common or not block.on_chain or block.slot < first_slot:
                break
            left.append(block)
        return left

    def _record_reorganisation(
        self, old: Node, new: Node, left: list[Node], common: Node | None, now: int
    ) -> None:
        self._state.counts["reorganisations"] += 1
        self._state.store(
            PutReorganisation(
                Reorganisation(
                    at=now,
                    from_hash=old.hash.hex(),
                    from_slot=old.slot,
                    to_hash=new.hash.hex(),
                    to_slot=new.slot,
                    left=[node.hash.hex() for node in left[:MAX_LEFT]],
                    common_slot=None if common is None else common.slot,
                )
            )
        )

    # --- Final -----------------------------------------------------------------------

    def finalize(self, node: Node, now: int) -> None:
        """Make a block final with all its parents; other blocks up to its slot are forks."""
        best = self._state.best
        if best is None:
            self._begin(node)
        elif not self._state.tree.descends(best, node):
            self._set_best(best, node, now)
        self._state.mark_line(node, "final")
        self._state.final = node
        self._window.prune()
