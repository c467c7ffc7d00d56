"""The endpoints: their connections, and the heads that they name.

Pure. An endpoint names its best and its finalized block in updates of two subscriptions. It is
asked for them at intervals besides: seldom where the subscriptions work, as one may be silent, and
every slot where they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tart.chain.core.actions import Subscribe
from tart.chain.core.answers import BEST, FINALIZED, PARAMETERS
from tart.chain.core.block_tree import Node
from tart.chain.core.changes import PutParameters
from tart.chain.core.follower_state import FollowerState
from tart.chain.core.head_choice import STALE_US
from tart.query.chain_queries.chain import EndpointState
from tart.rpc.model import BlockDescriptor
from tart.rpc.parameters import ChainParameters
from tart.units import SECOND_US

SUBSCRIPTIONS = {"subscribeBestBlock": BEST, "subscribeFinalizedBlock": FINALIZED}
# An endpoint may name this many heads at once, and as many a second in the long run.
HEADS_BURST, HEADS_PER_SECOND = 40, 5
# A subscription that brings nothing for this many slots is doubted.
QUIET_SLOTS = 4


@dataclass
class Endpoint:
    """A node whose RPC is read.

    Attributes:
        heads: ``bestBlock`` and ``finalizedBlock`` to the block that it named last.
        slots: Likewise to the slot.
        refused: Likewise to the last head that was one too many; it counts a moment later.
        tokens: Heads that it may name now.
        finalized_at: When its finalized block changed.
        responds: False after a request that it did not answer in time, until it answers one.
    """

    url: str
    connected: bool = False
    since: int | None = None
    heads: dict[str, bytes] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    refused: dict[str, BlockDescriptor] = field(default_factory=dict)
    subscribed: set[str] = field(default_factory=set)
    parameters: ChainParameters | None = None
    polled_at: int = 0
    tokens: float = HEADS_BURST
    filled_at: int = 0
    connects: int = 0
    error: str | None = None
    finalized_at: int = 0
    responds: bool = True


class EndpointTable:
    """The endpoints by number.

    Args:
        urls: Their URLs without secrets.
        state: Shared by the parts of the follower.
    """

    def __init__(self, urls: Iterable[str], state: FollowerState) -> None:
        self._endpoints = [Endpoint(url) for url in urls]
        self._state = state

    def __getitem__(self, index: int) -> Endpoint:
        return self._endpoints[index]

    # --- Connections -----------------------------------------------------------------

    def connect(self, index: int, now: int) -> None:
        """Begin a connection: subscribe, and ask for parameters and heads."""
        endpoint = self._endpoints[index]
        endpoint.connected, endpoint.since = True, now
        endpoint.connects += 1
        endpoint.heads.clear()
        endpoint.slots.clear()
        endpoint.refused.clear()
        endpoint.subscribed = set(SUBSCRIPTIONS)
        self._state.requests.connect(index)
        self._state.requests.add(PARAMETERS, index, only=index, urgent=True)
        for method in SUBSCRIPTIONS:
            self._state.act(Subscribe(index, method))
        self._poll(index, now)

    def disconnect(self, index: int, error: str, now: int) -> None:
        """End a connection, or record that there is still none."""
        endpoint = self._endpoints[index]
        if endpoint.connected or endpoint.since is None:
            endpoint.since = now
        endpoint.connected = False
        endpoint.error = error
        self._state.requests.disconnect(index)

    def connected(self) -> list[int]:
        """Return the endpoints that are connected."""
        return [index for index, each in enumerate(self._endpoints) if each.connected]

    def responsive(self) -> set[int]:
        """Return the endpoints that are connected and answer."""
        return {index for index in self.connected() if self._endpoints[index].responds}

    def poll_if_due(self, index: int, now: int) -> None:
        """Ask an endpoint for its heads if none came for a time."""
        endpoint = self._endpoints[index]
        slots = QUIET_SLOTS if len(endpoint.subscribed) == len(SUBSCRIPTIONS) else 1
        interval = slots * self._state.parameters.slot_seconds.value * SECOND_US
        # A clock that was set back must not stop it.
        if not 0 <= now - endpoint.polled_at < interval:
            self._poll(index, now)

    def ask_head(self, index: int, kind: str) -> None:
        """Ask an endpoint for its best or its finalized block."""
        self._state.requests.add(kind, index, only=index, urgent=True)

    def _poll(self, index: int, now: int) -> None:
        self._endpoints[index].polled_at = now
        for kind in (BEST, FINALIZED):
            self.ask_head(index, kind)

    # --- Heads -----------------------------------------------------------------------

    def admit_head(self, index: int, kind: str, block: BlockDescriptor, now: int) -> bool:
        """Record that an endpoint names a head; return False if it named too many."""
        endpoint = self._endpoints[index]
        passed = max(0, now - endpoint.filled_at) / SECOND_US
        endpoint.tokens = min(HEADS_BURST, endpoint.tokens + passed * HEADS_PER_SECOND)
        endpoint.filled_at = now
        if endpoint.tokens < 1:
            self._state.counts["heads_refused"] += endpoint.refused.get(kind) != block
            endpoint.refused[kind] = block
            return False
        endpoint.tokens -= 1
        endpoint.refused.pop(kind, None)
        endpoint.slots[kind] = block.slot
        return True

    def set_head(self, index: int, kind: str, node: Node | None, now: int) -> None:
        """Record the block of the head that an endpoint names; None if memory cannot have it."""
        endpoint = self._endpoints[index]
        if node is None:
            endpoint.heads.pop(kind, None)
            return
        if kind == FINALIZED and endpoint.heads.get(kind) != node.hash:
            endpoint.finalized_at = now
        endpoint.heads[kind] = node.hash

    def heads(self) -> Iterator[Node]:
        """Yield the heads in memory that any endpoint named last."""
        for endpoint in self._endpoints:
            for key in endpoint.heads.values():
                if (node := self._state.tree.get(key)) is not None:
                    yield node

    def claims(self, *kinds: str) -> dict[int, Node]:
        """Return the block that each connected endpoint names, the higher one of two kinds."""
        claims = {}
        for index in self.connected():
            heads = self._endpoints[index].heads
            nodes = [self._state.tree.get(heads.get(kind)) for kind in kinds]
            known = [node for node in nodes if node is not None]
            if known:
                claims[index] = max(known, key=lambda node: node.slot)
        return claims

    def stale(self, now: int) -> set[int]:
        """Return the endpoints whose finalized block has not changed for some minutes."""
        return {
            index
            for index, endpoint in enumerate(self._endpoints)
            if now - endpoint.finalized_at >= STALE_US
        }

    # --- Parameters and states -------------------------------------------------------

    def parameters(self, index: int) -> ChainParameters:
        """Return the parameters by which the answers of an endpoint are read."""
        return self._endpoints[index].parameters or self._state.parameters

    def receive_parameters(self, index: int, parameters: ChainParameters) -> None:
        """Record the parameters of an endpoint; those of all endpoints are merged."""
        self._endpoints[index].parameters = parameters
        merged = ChainParameters()
        for endpoint in self._endpoints:
            if endpoint.parameters is not None:
                known, members = merged.members, endpoint.parameters.members
                if any(known[name] != members[name] for name in known.keys() & members.keys()):
                    self._state.counts["parameter_conflicts"] += 1
                merged = merged.merge(endpoint.parameters)
        if merged.members != self._state.parameters.members:
            self._state.parameters = merged
            self._state.store(PutParameters(dict(merged.members)))

    def states(self) -> list[EndpointState]:
        """Return the states of the endpoints."""
        requests = self._state.requests
        return [
            EndpointState(
                url=each.url,
                connected=each.connected,
                since=each.since,
                best_slot=each.slots.get(BEST),
                finalized_slot=each.slots.get(FINALIZED),
                error=each.error,
                requests=requests.sent[index],
                failures=requests.failures[index],
                reconnects=max(0, each.connects - 1),
            )
            for index, each in enumerate(self._endpoints)
        ]
