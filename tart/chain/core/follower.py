"""Follows the chain by what several endpoints say of it: decides, and does no I/O.

Pure. Events of endpoints go in, actions come out (``tart.chain.core.actions``). What must stay
true (docs/internals/chain.md):

- A block is known by its hash, whichever endpoints name it, and stored once.
- Nothing is asked about a block, except its parent, before it is attached to the followed chain:
  what a lying endpoint makes up costs requests to that endpoint, within limits.
- Best follows the endpoints at once, final only if they agree (``head_choice``).
- Every step is taken from memory alone, so it may be lost at any moment: after a restart the
  blocks between what is stored and the heads are found again.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tart.chain.core.actions import Action, Ask, LogLine, Subscribe, Write
from tart.chain.core.answers import (
    BEST,
    CODE,
    FINALIZED,
    PARAMETERS,
    PARENT,
    SERVICE,
    SERVICES,
    STATISTICS,
    read_answer,
)
from tart.chain.core.block_tree import BlockTree, Node
from tart.chain.core.changes import (
    Change,
    PutBlock,
    PutParameters,
    PutReorganisation,
    PutService,
    PutUndecodable,
    RecoveredChain,
    SetStatus,
)
from tart.chain.core.deltas import ParentState, describe_block, is_first_of_epoch
from tart.chain.core.head_choice import (
    STALE_US,
    choose_best,
    choose_final,
    is_beyond_gap,
    plausible,
    relate,
)
from tart.chain.core.request_queue import Request, RequestQueue
from tart.chain.core.service_names import ServiceNames
from tart.chain.core.service_schedule import ServiceSchedule
from tart.query.chain_queries.chain import (
    BlockStatus,
    ChainBlock,
    EndpointState,
    Reorganisation,
    StoredService,
)
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import BlockDescriptor, Statistics
from tart.rpc.parameters import ChainParameters
from tart.rpc.readings import RpcFault, read_blob, read_block
from tart.rpc.service_data import ServiceData
from tart.units import SECOND_US

NO_BLOCK = bytes(32)
SUBSCRIPTIONS = {"subscribeBestBlock": BEST, "subscribeFinalizedBlock": FINALIZED}
# An endpoint may name this many heads at once, and as many a second in the long run.
HEADS_BURST, HEADS_PER_SECOND = 40, 5
# A subscription that brings nothing for this many slots is doubted.
QUIET_SLOTS = 4
# A second endpoint has this long to name a head, whose slot the first may have wrong.
SECOND_NAME_US = 3 * SECOND_US // 2
LIST_SERVICES_US = 600 * SECOND_US
# Larger statistics that cannot be read are not stored.
MAX_UNDECODABLE_BYTES = 256 << 10
# Blocks that a reorganisation lists.
MAX_LEFT = 1000


@dataclass(frozen=True)
class Limits:
    """Limits of the follower.

    Attributes:
        depth: Parents that are followed from a head; older blocks are left out.
        blocks: Blocks in memory.
        recovered: Blocks that are read from the files at a start.
        final_slots: Final blocks of this many slots stay in memory.
        replace_us: For how long most endpoints must contradict the followed chain before theirs
            is followed.
    """

    depth: int = 2000
    blocks: int = 12_000
    recovered: int = 4000
    final_slots: int = 1000
    replace_us: int = 30 * SECOND_US


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
    contradicts: bool = False
    finalized_at: int = 0
    responds: bool = True


class Follower:
    """The chain as the endpoints show it.

    Args:
        urls: Of the endpoints, without secrets; their order numbers them.
        recovered: The state of the files.
        limits: Tests lower them.

    Attributes:
        counts: Irregularities by name, since the start.
    """

    def __init__(
        self,
        urls: Iterable[str],
        recovered: RecoveredChain | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.endpoints = [Endpoint(url) for url in urls]
        self.requests = RequestQueue(len(self.endpoints))
        self.tree = BlockTree(self.limits.blocks)
        self.counts: Counter[str] = Counter()
        self.best: Node | None = None
        self.final: Node | None = None
        self.services = ServiceSchedule()
        self.names = ServiceNames()
        self._code_account: StoredService | None = None
        self._changes: list[Change] = []
        self._actions: list[Action] = []
        self._contradicted_at: int | None = None
        self._listed_at = 0
        self._service_slot = 0
        self._can_store = True
        self._dangling: list[Node] = []
        recovered = recovered or RecoveredChain()
        self.parameters = ChainParameters(dict(recovered.parameters))
        self._recover(recovered)

    # --- Events ----------------------------------------------------------------------

    def connected(self, index: int, now: int) -> list[Action]:
        """An endpoint is connected."""
        endpoint = self.endpoints[index]
        endpoint.connected, endpoint.since = True, now
        endpoint.connects += 1
        endpoint.heads.clear()
        endpoint.slots.clear()
        endpoint.refused.clear()
        endpoint.subscribed.clear()
        endpoint.polled_at = now
        endpoint.contradicts = False
        self.requests.connect(index)
        self.requests.add(PARAMETERS, index, only=index, urgent=True)
        for method in SUBSCRIPTIONS:
            self._subscribe(index, method)
        self._poll(index)
        for node in self._dangling:
            self._want_parent(node)
        self._dangling.clear()
        return self._advance(now)

    def lost(self, index: int, error: str, now: int) -> list[Action]:
        """An endpoint was lost, or could not be reached."""
        endpoint = self.endpoints[index]
        if endpoint.connected or endpoint.since is None:
            endpoint.since = now
        endpoint.connected = False
        endpoint.error = error
        self.requests.disconnect(index)
        return self._advance(now)

    def updated(self, index: int, method: str, value: Any, now: int) -> list[Action]:
        """A subscription has a new value."""
        kind = SUBSCRIPTIONS[method]
        try:
            self._name_head(index, kind, read_block(value), now)
        except RpcDataError:
            # Some nodes send no hash, or no slot.
            self.requests.add(kind, index, only=index, urgent=True)
        return self._advance(now)

    def subscription_failed(self, index: int, method: str, now: int) -> list[Action]:
        """An endpoint refused or ended a subscription; it is asked at intervals instead."""
        self.endpoints[index].subscribed.discard(method)
        return self._advance(now)

    def answered(self, index: int, number: int, value: Any, now: int) -> list[Action]:
        """An endpoint answered a request; ``value`` is JSON."""
        self.endpoints[index].responds = True
        request = self.requests.resolve(number, index)
        if request is None:
            return self._advance(now)
        known = self.endpoints[index].parameters or self.parameters
        try:
            self._receive(index, request, read_answer(request.method, value, known), now)
        except RpcDataError as error:
            self.endpoints[index].error = str(error)
            self.counts["unreadable_answers"] += 1
            self._keep_undecodable(request, value, str(error), now)
            self.requests.refuse(request, index)
        return self._advance(now)

    def failed(self, index: int, number: int, fault: RpcFault | None, now: int) -> list[Action]:
        """An endpoint refused a request, or did not answer in time (no ``fault``)."""
        text = "no answer in time" if fault is None else f"error {fault.code}: {fault.message}"
        self.endpoints[index].error = text
        self.endpoints[index].responds = fault is not None
        self.requests.fail(
            number,
            index,
            unsupported=fault is not None and fault.is_unsupported,
            answered=fault is not None,
        )
        return self._advance(now)

    def tick(self, now: int, *, can_store: bool = True) -> list[Action]:
        """Do what time requires; called about every half second.

        Args:
            now: Unix microseconds.
            can_store: False if the store does not keep up: no blocks are asked for meanwhile.
        """
        self._can_store = can_store
        for index, endpoint in enumerate(self.endpoints):
            if endpoint.connected:
                for kind, block in list(endpoint.refused.items()):
                    self._name_head(index, kind, block, now)
                self._poll_if_due(index, endpoint, now)
        self._follow_late_heads(now)
        self._read_services(now)
        return self._advance(now)

    # --- State -----------------------------------------------------------------------

    def endpoint_states(self) -> list[EndpointState]:
        """Return the states of the endpoints."""
        return [
            EndpointState(
                url=each.url,
                connected=each.connected,
                since=each.since,
                best_slot=each.slots.get(BEST),
                finalized_slot=each.slots.get(FINALIZED),
                error=each.error,
                requests=self.requests.sent[index],
                failures=self.requests.failures[index],
                reconnects=max(0, each.connects - 1),
            )
            for index, each in enumerate(self.endpoints)
        ]

    # --- Endpoints -------------------------------------------------------------------

    def _subscribe(self, index: int, method: str) -> None:
        self.endpoints[index].subscribed.add(method)
        self._actions.append(Subscribe(index, method))

    def _poll(self, index: int) -> None:
        for kind in (BEST, FINALIZED):
            self.requests.add(kind, index, only=index, urgent=True)

    def _poll_if_due(self, index: int, endpoint: Endpoint, now: int) -> None:
        slots = QUIET_SLOTS if len(endpoint.subscribed) == len(SUBSCRIPTIONS) else 1
        interval = slots * self.parameters.slot_seconds.value * SECOND_US
        # A clock that was set back must not stop it.
        if not 0 <= now - endpoint.polled_at < interval:
            endpoint.polled_at = now
            self._poll(index)

    def _name_head(self, index: int, kind: str, block: BlockDescriptor, now: int) -> None:
        """Record the head that an endpoint names."""
        endpoint = self.endpoints[index]
        passed = max(0, now - endpoint.filled_at) / SECOND_US
        endpoint.tokens = min(HEADS_BURST, endpoint.tokens + passed * HEADS_PER_SECOND)
        endpoint.filled_at = now
        if endpoint.tokens < 1:
            self.counts["heads_refused"] += endpoint.refused.get(kind) != block
            endpoint.refused[kind] = block
            return
        endpoint.tokens -= 1
        endpoint.refused.pop(kind, None)
        endpoint.slots[kind] = block.slot
        node = self._find(block, now, 0)
        if node is None:
            endpoint.heads.pop(kind, None)
            return
        if index not in node.claims:
            self._claim_slot(node, index, block.slot)
        if kind == FINALIZED and endpoint.heads.get(kind) != node.hash:
            endpoint.finalized_at = now
        endpoint.heads[kind] = node.hash
        if self._is_slot_certain(node):
            self._want_parent(node)
        self._want_statistics(node)

    def _claims(self, *kinds: str) -> dict[int, Node]:
        """Return the block that each connected endpoint names, the higher one of two kinds."""
        claims = {}
        for index, endpoint in enumerate(self.endpoints):
            nodes = [self.tree.get(endpoint.heads.get(kind)) for kind in kinds]
            known = [node for node in nodes if node is not None]
            if endpoint.connected and known:
                claims[index] = max(known, key=lambda node: node.slot)
        return claims

    # --- Blocks ----------------------------------------------------------------------

    def _find(
        self, block: BlockDescriptor, now: int, depth: int, *, is_attached: bool = False
    ) -> Node | None:
        """Return the block in memory, added if needed; None if it cannot be.

        Args:
            block: The block.
            now: Unix microseconds.
            depth: See ``Node``.
            is_attached: True for the parent of a block that is attached.
        """
        node = self.tree.get(block.hash)
        if node is not None:
            return node
        if self.tree.is_full:
            self._prune_to_limit()
        if self.tree.is_full or (not is_attached and self._is_forgotten(block)):
            self.counts["blocks_refused"] += 1
            return None
        node = Node(block.hash, block.slot, now, depth=depth)
        self.tree.add(node)
        return node

    def _is_forgotten(self, block: BlockDescriptor) -> bool:
        """Return whether a block may be one that is stored and no longer in memory."""
        return self.final is not None and block.slot < self.final.slot - self.limits.final_slots

    def _claim_slot(self, node: Node, index: int, slot: int) -> None:
        """Let endpoints decide on the slot of a block; it stays once the block is linked."""
        if slot != node.slot:
            self.counts["slot_conflicts"] += 1
        if node.stored or node.parent is not None or self.tree.children(node):
            return
        node.claims[index] = slot
        slots = Counter(node.claims.values())
        node.slot = min(slots, key=lambda each: (-slots[each], each))

    def _is_slot_certain(self, node: Node) -> bool:
        """Return whether two endpoints give a head the same slot, or no other gives one."""
        if node.attached or max(Counter(node.claims.values()).values(), default=0) > 1:
            return True
        return self._responsive() <= node.claims.keys()

    def _responsive(self) -> set[int]:
        """Return the endpoints that are connected and answer."""
        return {
            index for index, each in enumerate(self.endpoints) if each.connected and each.responds
        }

    def _follow_late_heads(self, now: int) -> None:
        """Follow the heads that no second endpoint named in time."""
        for endpoint in self.endpoints:
            for key in endpoint.heads.values():
                node = self.tree.get(key)
                if node is not None and not 0 <= now - node.seen_at < SECOND_NAME_US:
                    self._want_parent(node)

    def _want_parent(self, node: Node) -> None:
        if node.parent is not None or node.is_root:
            return
        if node.slot == 0 or node.depth >= self.limits.depth:
            self._end_line(node)
            return
        if not node.attached and self.final is not None and node.slot <= self.final.slot:
            return  # It contradicts what is final; see ``relate``.
        self._ask_about(PARENT, node)

    def _want_statistics(self, node: Node) -> None:
        has_own = node.stored or node.statistics is not None
        if not node.attached or node.no_statistics:
            return
        if not has_own or self.tree.accumulators(node.hash) is None:
            self._ask_about(STATISTICS, node)

    def _ask_about(self, method: str, node: Node) -> None:
        self.requests.add(
            method,
            node.hash,
            (b64encode(node.hash).decode(),),
            preferred=node.claims.keys(),
            urgent=node.depth == 0,
            excluded=node.votes.keys() if method == PARENT else (),
            # An endpoint that hangs does not show where the chain ends.
            patient=method == PARENT and not node.votes,
        )

    def _end_line(self, node: Node) -> None:
        """Record that a block's parent stays unknown."""
        node.is_root = True
        if node.slot and node.depth >= self.limits.depth:
            self._log("info", f"blocks before slot {node.slot} are left out: too far back")
        self._store_if_ready(node)

    def _receive(self, index: int, request: Request, value: Any, now: int) -> None:
        match request.method, value:
            case "parameters", ChainParameters():
                self._receive_parameters(index, value)
            case "bestBlock" | "finalizedBlock", BlockDescriptor():
                self._name_head(index, request.method, value, now)
            case "parent", BlockDescriptor():
                self._receive_parent(index, request, value, now)
            case "statistics", Statistics():
                self._receive_statistics(request, value)
            case "listServices", list():
                self._listed_at = now
                if self.best is not None:
                    self.services.record(value, self.best.slot)
            case "serviceData", ServiceData():
                self._receive_service(request, value)
            case "servicePreimage", _:
                self._receive_code(value)

    def _receive_parameters(self, index: int, parameters: ChainParameters) -> None:
        self.endpoints[index].parameters = parameters
        merged = ChainParameters()
        for endpoint in self.endpoints:
            if endpoint.parameters is not None:
                conflicts = merged.members.items() ^ endpoint.parameters.members.items()
                names = merged.members.keys() & endpoint.parameters.members.keys()
                if any(name in names for name, _ in conflicts):
                    self.counts["parameter_conflicts"] += 1
                merged = merged.merge(endpoint.parameters)
        if merged.members != self.parameters.members:
            self.parameters = merged
            self._changes.append(PutParameters(dict(merged.members)))

    def _receive_parent(
        self, index: int, request: Request, block: BlockDescriptor, now: int
    ) -> None:
        node = self.tree.get(_key(request))
        if node is None or node.parent is not None:
            return
        known = self.tree.get(block.hash)
        # Some nodes answer the slot of the child.
        if (block.slot if known is None else known.slot) >= node.slot:
            self.counts["wrong_parents"] += 1
            self.requests.refuse(request, index)
            return
        node.votes[index] = block
        if self._is_confirmed(node, block):
            self._choose_parent(node, now)
        else:
            self._ask_about(PARENT, node)

    def _is_confirmed(self, node: Node, block: BlockDescriptor) -> bool:
        """Return whether two endpoints name a parent, or no other can be asked."""
        agreeing = sum(vote.hash == block.hash for vote in node.votes.values())
        return agreeing > 1 or self._responsive() <= node.votes.keys()

    def _choose_parent(self, node: Node, now: int) -> None:
        """Link a block to the parent that most endpoints name, of equals to the nearest."""
        hashes = Counter(vote.hash for vote in node.votes.values())
        chosen = max(node.votes.values(), key=lambda vote: (hashes[vote.hash], vote.slot))
        if len(hashes) > 1:
            self.counts["parent_conflicts"] += 1
        if chosen.hash == NO_BLOCK:
            self._end_line(node)
            return
        parent = self._find(chosen, now, node.depth + 1, is_attached=node.attached)
        if parent is None:
            self._end_line(node)
            return
        for index, vote in node.votes.items():
            # Who made a block up is asked about it first.
            if vote.hash == parent.hash and index not in parent.claims:
                self._claim_slot(parent, index, vote.slot)
        node.votes.clear()
        if parent.slot >= node.slot:
            self.counts["wrong_parents"] += 1
            self._end_line(node)
        else:
            self._link(node, parent)

    def _link(self, node: Node, parent: Node) -> None:
        self.tree.link(node, parent)
        if node.on_chain:
            self._mark_line(parent, node.status)
            self._attach(self._lowest(parent))
        elif parent.attached:
            self._attach(node)
        self._want_parent(parent)
        self._store_if_ready(node)

    def _lowest(self, node: Node) -> Node:
        """Return the last block of a line that is in memory."""
        return self.tree.ancestor_at(node, -1)

    def _attach(self, node: Node) -> None:
        for attached in self.tree.attach(node):
            self._want_parent(attached)
            self._want_statistics(attached)

    def _mark_line(self, node: Node | None, status: BlockStatus) -> None:
        """Give a block and its parents a status, up to the first that is on the chain."""
        marked = []
        for block in self.tree.line(node):
            if block.status in ("final", status):
                break
            block.status = status
            marked.append(block)
        self._set_status(status, marked)

    def _set_status(self, status: BlockStatus, nodes: Iterable[Node]) -> None:
        hashes = tuple(node.hash.hex() for node in nodes if node.stored)
        if hashes:
            self._changes.append(SetStatus(status, hashes))

    def _receive_statistics(self, request: Request, statistics: Statistics) -> None:
        node = self.tree.get(_key(request))
        if node is None:
            return
        self.tree.put_accumulators(node.hash, statistics.current)
        if not node.stored:
            node.statistics = statistics
        self._statistics_known(node)

    def _keep_undecodable(self, request: Request, value: Any, reason: str, now: int) -> None:
        """Store statistics that cannot be read, once for a block: a layout may be new."""
        node = self.tree.get(request.key) if isinstance(request.key, bytes) else None
        if request.method != STATISTICS or node is None or node.undecodable:
            return
        with suppress(RpcDataError):
            blob = read_blob(value, "statistics")
            if 0 < len(blob) <= MAX_UNDECODABLE_BYTES:
                node.undecodable = True
                self._changes.append(PutUndecodable(node.hash, node.slot, now, reason, blob))

    def _statistics_known(self, node: Node) -> None:
        self._store_if_ready(node)
        for child in self.tree.children(node):
            self._store_if_ready(child)

    def _store_if_ready(self, node: Node) -> None:
        """Store a block once its parent, its statistics and its parent's are known or missing."""
        if node.stored or not node.attached or (node.parent is None and not node.is_root):
            return
        if node.statistics is None and not node.no_statistics:
            self._want_statistics(node)
            return
        parent = self.tree.parent(node)
        state = self._parent_state(node, parent)
        if node.statistics is not None and parent is not None and self._lacks(node, parent, state):
            self._want_statistics(parent)
            return
        node.stored = True
        self._put(node, state)

    def _parent_state(self, node: Node, parent: Node | None) -> ParentState:
        if node.parent is None:
            return ParentState()
        slot = None if parent is None else parent.slot
        return ParentState(slot, self.tree.accumulators(node.parent))

    def _lacks(self, node: Node, parent: Node, state: ParentState) -> bool:
        """Return whether a block's figures need statistics of its parent that may be had yet."""
        assert node.statistics is not None
        if state.validators is not None or parent.no_statistics:
            return False
        epoch_slots = self.parameters.epoch_slots
        return not is_first_of_epoch(node.slot, node.statistics, state, epoch_slots)

    def _put(self, node: Node, state: ParentState) -> None:
        block = ChainBlock(
            hash=node.hash.hex(),
            slot=node.slot,
            parent=None if node.parent is None else node.parent.hex(),
            status=node.status,
            seen_at=node.seen_at,
        )
        put: PutBlock = describe_block(
            block, node.statistics, state, self.parameters.epoch_slots, self._ended_epoch(node)
        )
        if node.statistics is not None:
            self.services.record(node.statistics.services, node.slot)
        self.counts["blocks"] += 1
        self.counts["missing_statistics"] += node.statistics is None
        self.counts["irregularities"] += put.block.irregularity is not None
        node.statistics = None
        node.claims.clear()
        self._changes.append(put)

    def _ended_epoch(self, node: Node) -> int | None:
        """Return the last epoch before that of a block that has a block, as far as is known."""
        length = self.parameters.epoch_slots
        if not length:
            return None
        epochs = (each.slot // length for each in self.tree.line(node))
        return next((epoch for epoch in epochs if epoch != node.slot // length), None)

    # --- Services --------------------------------------------------------------------

    def _read_services(self, now: int) -> None:
        """Ask for the next account, and now and then for the list of services."""
        if self.best is None or not self._can_store or len(self.requests) > 0:
            return
        block = b64encode(self.best.hash).decode()
        if not 0 <= now - self._listed_at < LIST_SERVICES_US:
            self._listed_at = now
            self.requests.add(SERVICES, self.best.slot, (block,))
        elif (service := self.services.take(self.best.slot)) is not None:
            self._service_slot = self.best.slot
            self.requests.add(SERVICE, service, (block, service))
        elif (account := self.names.take()) is not None:
            self._code_account = account
            digest = b64encode(bytes.fromhex(account.code_hash)).decode()
            self.requests.add(CODE, account.service, (block, account.service, digest))

    def _receive_service(self, request: Request, account: ServiceData) -> None:
        assert isinstance(request.key, int)
        stored = StoredService(
            service=request.key,
            at_slot=self._service_slot,
            code_hash=account.code_hash.hex(),
            balance=account.balance,
            min_item_gas=account.min_item_gas,
            min_memo_gas=account.min_memo_gas,
            octets=account.octets,
            items=account.items,
            created_slot=account.created_slot,
            last_accumulation_slot=account.last_accumulation_slot,
            parent_service=account.parent_service,
        )
        self._changes.append(PutService(self.names.complete(stored)))

    def _receive_code(self, code: bytes | None) -> None:
        # One code is asked for at a time, after everything else.
        account, self._code_account = self._code_account, None
        if account is not None and (named := self.names.resolve(account, code)) is not None:
            self._changes.append(PutService(named))

    # --- Heads -----------------------------------------------------------------------

    def _advance(self, now: int) -> list[Action]:
        """Choose heads, send requests, and return the actions that are due."""
        if self._can_store:
            self._update_final(now)
            self._update_best(now)
            self._send(now)
        actions = self._actions
        if self._changes:
            actions.append(Write(tuple(self._changes)))
            self._changes = []
        self._actions = []
        return actions

    def _send(self, now: int) -> None:
        # A request that is given up may lead to another one.
        while True:
            due = self.requests.next_due(now)
            for index, request in due.send:
                self._actions.append(Ask(index, request.number, request.method, request.parameters))
            for request in due.given_up:
                self._give_up(request, now)
            if not due.given_up:
                return

    def _give_up(self, request: Request, now: int) -> None:
        node = self.tree.get(request.key) if isinstance(request.key, bytes) else None
        if node is None:
            return
        if request.method == PARENT and node.votes:
            self._choose_parent(node, now)
        elif request.method == PARENT:
            self._end_line(node)
        else:
            node.no_statistics = True
            self._statistics_known(node)

    def _update_best(self, now: int) -> None:
        claims = plausible(self._claims(BEST, FINALIZED), now, self.parameters.slot_seconds.value)
        if self.best is None:
            first = choose_best(list(claims.values()), None)
            if first is not None:
                self._begin(first)
            return
        attached = [node for node in claims.values() if self._is_candidate(node)]
        chosen = choose_best(attached, self.best)
        if chosen is None:
            self._follow_gap(claims.values(), now)
        elif not self.tree.descends(self.best, chosen):
            self._set_best(chosen, now)

    def _begin(self, node: Node) -> None:
        """Begin with a head: its parents are on the chain as they become known."""
        lowest = self._lowest(node)
        self.best = node
        self._mark_line(node, "best")
        self._attach(lowest)

    def _is_candidate(self, node: Node) -> bool:
        if not node.attached:
            return False
        if self.final is None:
            return True
        last = self.tree.ancestor_at(node, self.final.slot)
        return last is self.final or is_beyond_gap(last, self.final)

    def _follow_gap(self, nodes: Iterable[Node], now: int) -> None:
        """Follow a head whose line ends above the best block: what lies between is left out."""
        assert self.best is not None
        for node in sorted(nodes, key=lambda each: -each.slot):
            lowest = self._lowest(node)
            if lowest.is_root and not lowest.attached and lowest.slot > self.best.slot:
                self.counts["gaps"] += 1
                self._log(
                    "warning",
                    f"no endpoint shows what is between slot {self.best.slot} and slot "
                    f"{lowest.slot}; these blocks are left out",
                )
                self._attach(lowest)
                self._set_best(node, now)
                return

    def _set_best(self, node: Node, now: int) -> None:
        """Make a block the best one; record what is left."""
        old = self.best
        assert old is not None
        common = self.tree.common(old, node)
        lowest = self._lowest(node)
        left = []
        for block in self.tree.line(old):
            is_below = common is None and block.slot < lowest.slot
            if block is common or not block.on_chain or is_below:
                break
            block.status = "fork"
            left.append(block)
        self._set_status("fork", left)
        self._mark_line(node, "best")
        self.best = node
        if left:
            self._record_reorganisation(old, node, left, common, now)

    def _record_reorganisation(
        self, old: Node, new: Node, left: list[Node], common: Node | None, now: int
    ) -> None:
        self.counts["reorganisations"] += 1
        self._changes.append(
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

    def _update_final(self, now: int) -> None:
        claims = self._claims(FINALIZED)
        stale = [index for index in claims if now - self.endpoints[index].finalized_at >= STALE_US]
        choice = choose_final(self.tree, claims, self.final, stale)
        for index in claims:
            if index in choice.off:
                self._count_contradiction(index)
            else:
                self.endpoints[index].contradicts = False
        if choice.node is not None:
            self._finalize(choice.node, now)
        self._replace_chain(now)

    def _count_contradiction(self, index: int) -> None:
        endpoint = self.endpoints[index]
        if endpoint.contradicts:
            return
        endpoint.contradicts = True
        self.counts["contradictions"] += 1
        assert self.final is not None
        self._log(
            "warning",
            f"{endpoint.url} names a final block of slot {endpoint.slots.get(FINALIZED)} that "
            f"contradicts the final block of slot {self.final.slot}; it is not followed unless "
            "most endpoints do",
        )

    def _replace_chain(self, now: int) -> None:
        """Follow another chain if most endpoints are on it for some time."""
        claims = self._claims(BEST, FINALIZED)
        off = [node for node in claims.values() if self._is_off(node)]
        if 2 * len(off) <= len(claims):
            self._contradicted_at = None
            return
        if self._contradicted_at is None:
            self._contradicted_at = now
        if now - self._contradicted_at < self.limits.replace_us:
            return
        self._contradicted_at = None
        self.counts["replaced_chains"] += 1
        self._log(
            "warning",
            "most endpoints are on a chain that contradicts the one that was followed; theirs is "
            "followed now",
        )
        self.final = None
        for node in off:
            self._resume(node, now)

    def _is_off(self, node: Node) -> bool:
        """Return whether a head is known not to be on the followed chain, nor a fork of it."""
        if self.final is not None and relate(self.tree, node, self.final) == "off":
            return True
        if node.attached:
            return False
        lowest = self._lowest(node)
        return not lowest.attached and lowest.is_root

    def _resume(self, node: Node, now: int) -> None:
        """Follow the line of a head that was off: it is a fork of old blocks, or a new chain."""
        lowest = self._lowest(node)
        if lowest.is_root and not lowest.attached:
            self._attach(lowest)
        else:
            self._want_parent(lowest)

    def _finalize(self, node: Node, now: int) -> None:
        """Make a block final with all its parents; other blocks up to its slot are forks."""
        if self.best is None or not self.tree.descends(self.best, node):
            if self.best is None:
                self._begin(node)
            else:
                self._set_best(node, now)
        marked = []
        for block in self.tree.line(node):
            if block.status == "final":
                break
            block.status = "final"
            marked.append(block)
        self._set_status("final", marked)
        self.final = node
        self._prune(node.slot - self.limits.final_slots)

    def _prune(self, slot: int) -> None:
        """Forget stored blocks below a slot, and others there that lead nowhere."""
        old = [
            node
            for node in self.tree.nodes.values()
            if node.slot < slot and (node.stored or not node.attached)
        ]
        for node in old:
            self._forget(node)

    def _prune_to_limit(self) -> None:
        """Forget a tenth of all blocks: first those that are not attached, then the oldest."""
        named = {key for endpoint in self.endpoints for key in endpoint.heads.values()}
        spare = [
            node
            for node in self.tree.nodes.values()
            if node.hash not in named
            and node is not self.best
            and node is not self.final
            and (node.stored or not node.attached)
        ]
        spare.sort(key=lambda node: (node.attached, node.slot))
        for node in spare[: self.limits.blocks // 10 + 1]:
            self.counts["blocks_forgotten"] += 1
            self._forget(node)

    def _forget(self, node: Node) -> None:
        self.tree.remove(node)
        self.requests.discard(PARENT, node.hash)
        self.requests.discard(STATISTICS, node.hash)

    # --- Start -----------------------------------------------------------------------

    def _recover(self, recovered: RecoveredChain) -> None:
        for block in recovered.blocks:
            self.tree.add(
                Node(
                    block.hash,
                    block.slot,
                    0,
                    parent=block.parent,
                    is_root=block.parent is None,
                    attached=True,
                    status=block.status,
                    stored=True,
                )
            )
        self._find_dangling()
        nodes = self.tree.nodes.values()
        on_chain = [node for node in nodes if node.on_chain]
        final = [node for node in on_chain if node.status == "final"]
        self.best = max(on_chain, key=lambda node: node.slot, default=None)
        self.final = max(final, key=lambda node: node.slot, default=None)

    def _find_dangling(self) -> None:
        """Find blocks whose parents a crash left out: these were to be stored next."""
        nodes = sorted(self.tree.nodes.values(), key=lambda node: node.slot)
        # Older blocks than those in memory are stored.
        for node in nodes[1:] if len(nodes) >= self.limits.recovered else nodes:
            if node.parent is not None and self.tree.parent(node) is None:
                self.tree.unlink(node)
                self._dangling.append(node)

    def _log(self, level: Any, text: str) -> None:
        self._actions.append(LogLine(level, text))


def _key(request: Request) -> bytes:
    assert isinstance(request.key, bytes)
    return request.key
