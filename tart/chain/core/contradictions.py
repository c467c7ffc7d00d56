"""Endpoints that contradict the followed chain, and its replacement where most of them do.

Pure. One endpoint that contradicts what is final is counted and not followed. If most do for some
time, theirs is the chain: the network began again, or the endpoint that named the first head lied.
"""

from __future__ import annotations

from collections.abc import Collection

from tart.chain.core.answers import BEST, FINALIZED
from tart.chain.core.block_linker import BlockLinker
from tart.chain.core.block_tree import Node
from tart.chain.core.endpoint_table import Endpoint, EndpointTable
from tart.chain.core.follower_state import FollowerState
from tart.chain.core.head_choice import relate


class ContradictionWatch:
    """The endpoints that contradict the followed chain.

    Args:
        state: Shared by the parts of the follower.
        endpoints: The endpoints.
        linker: Attaches the lines of a chain that is followed instead.
    """

    def __init__(self, state: FollowerState, endpoints: EndpointTable, linker: BlockLinker) -> None:
        self._state = state
        self._endpoints = endpoints
        self._linker = linker
        self._contradicting: set[int] = set()
        self._most_since: int | None = None

    def connect(self, index: int) -> None:
        """Begin a connection: what the endpoint contradicts counts again."""
        self._contradicting.discard(index)

    def record(self, claims: Collection[int], off: Collection[int]) -> None:
        """Count and log the endpoints that begin to contradict the final block.

        Args:
            claims: The endpoints that name a final block.
            off: Those of them that contradict it.
        """
        for index in off:
            if index not in self._contradicting:
                self._state.counts["contradictions"] += 1
                self._log_contradiction(self._endpoints[index])
        self._contradicting.difference_update(claims)
        self._contradicting.update(off)

    def _log_contradiction(self, endpoint: Endpoint) -> None:
        final = self._state.final
        assert final is not None
        self._state.log(
            "warning",
            f"{endpoint.url} names a final block of slot {endpoint.slots.get(FINALIZED)} that "
            f"contradicts the final block of slot {final.slot}; it is not followed unless "
            "most endpoints do",
        )

    def replace_chain(self, now: int) -> None:
        """Follow another chain if most endpoints are on it for some time."""
        claims = self._endpoints.claims(BEST, FINALIZED)
        off = [node for node in claims.values() if self._is_off(node)]
        if 2 * len(off) <= len(claims):
            self._most_since = None
            return
        if self._most_since is None:
            self._most_since = now
        if now - self._most_since < self._state.limits.replace_us:
            return
        self._most_since = None
        self._state.counts["replaced_chains"] += 1
        self._state.log(
            "warning",
            "most endpoints are on a chain that contradicts the one that was followed; theirs is "
            "followed now",
        )
        self._state.final = None
        for node in off:
            self._resume(node)

    def _is_off(self, node: Node) -> bool:
        """Return whether a head is known not to be on the followed chain, nor a fork of it."""
        final = self._state.final
        if final is not None and relate(self._state.tree, node, final) == "off":
            return True
        if node.attached:
            return False
        lowest = self._state.tree.lowest(node)
        return lowest.is_root and not lowest.attached

    def _resume(self, node: Node) -> None:
        """Follow the line of a head that was off: it is a fork of old blocks, or a new chain."""
        lowest = self._state.tree.lowest(node)
        if lowest.is_root and not lowest.attached:
            self._linker.attach_line(node)
        else:
            self._linker.want_parent(lowest)
