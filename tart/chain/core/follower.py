"""Follows the chain by what several endpoints say of it: decides, and does no I/O.

Pure. Events of endpoints go in, actions come out (``tart.chain.core.actions``). The parts, from
what an endpoint sends to what is stored:

- ``endpoint_table``: the connections, and the heads that endpoints name
- ``block_window``: which blocks are in memory
- ``block_linker``: from a head back to the followed chain, parent by parent
- ``block_recorder``: each block with its statistics into the store
- ``chain_selector``: the best and the final block
- ``contradictions``: the replacement of the chain where most endpoints contradict it
- ``account_reader``: the accounts of services
- ``recovery``: the state after a restart

They share ``follower_state``, and know each other in one direction only (the import contract in
``pyproject.toml``). What must stay true (docs/internals/chain.md):

- A block is known by its hash, whichever endpoints name it, and stored once.
- Nothing is asked about a block, except its parent, before it is attached to the followed chain:
  what a lying endpoint makes up costs requests to that endpoint, within limits.
- Best follows the endpoints at once, final only if they agree (``head_choice``).
- Every step is taken from memory alone, so it may be lost at any moment: after a restart the
  blocks between what is stored and the heads are found again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tart.chain.core import answers
from tart.chain.core.account_reader import AccountReader
from tart.chain.core.actions import Action, Ask
from tart.chain.core.block_linker import BlockLinker
from tart.chain.core.block_recorder import BlockRecorder
from tart.chain.core.block_tree import Node
from tart.chain.core.block_window import BlockWindow
from tart.chain.core.chain_selector import ChainSelector
from tart.chain.core.changes import RecoveredChain
from tart.chain.core.contradictions import ContradictionWatch
from tart.chain.core.endpoint_table import SUBSCRIPTIONS, EndpointTable
from tart.chain.core.follower_state import FollowerState, Limits
from tart.chain.core.head_choice import choose_final
from tart.chain.core.recovery import recover_blocks
from tart.chain.core.request_queue import Request
from tart.chain.core.service_schedule import ServiceSchedule
from tart.query.chain_queries.chain import EndpointState
from tart.rpc.data_error import RpcDataError
from tart.rpc.model import BlockDescriptor
from tart.rpc.parameters import ChainParameters
from tart.rpc.readings import RpcFault, read_block


class Follower:
    """The chain as the endpoints show it.

    Args:
        urls: Of the endpoints, without secrets; their order numbers them.
        recovered: The state of the files.
        limits: Tests lower them.

    Attributes:
        state: For others to read.
    """

    def __init__(
        self,
        urls: Iterable[str],
        recovered: RecoveredChain | None = None,
        limits: Limits | None = None,
    ) -> None:
        urls = list(urls)
        recovered = recovered or RecoveredChain()
        self.state = FollowerState(len(urls), limits, ChainParameters(dict(recovered.parameters)))
        # Blocks whose parents are asked for once an endpoint is connected.
        self._incomplete = recover_blocks(self.state, recovered)
        schedule = ServiceSchedule()
        self._endpoints = EndpointTable(urls, self.state)
        self._window = BlockWindow(self.state, self._endpoints)
        self._recorder = BlockRecorder(self.state, schedule)
        self._linker = BlockLinker(self.state, self._endpoints, self._window, self._recorder)
        self._selector = ChainSelector(self.state, self._endpoints, self._window, self._linker)
        self._contradictions = ContradictionWatch(self.state, self._endpoints, self._linker)
        self._accounts = AccountReader(self.state, schedule)
        self._can_store = True

    # --- Events ----------------------------------------------------------------------

    def connected(self, index: int, now: int) -> list[Action]:
        """An endpoint is connected."""
        self._endpoints.connect(index, now)
        self._contradictions.connect(index)
        for node in self._incomplete:
            self._linker.want_parent(node)
        self._incomplete.clear()
        return self._advance(now)

    def lost(self, index: int, error: str, now: int) -> list[Action]:
        """An endpoint was lost, or could not be reached."""
        self._endpoints.disconnect(index, error, now)
        return self._advance(now)

    def updated(self, index: int, method: str, value: Any, now: int) -> list[Action]:
        """A subscription has a new value."""
        kind = SUBSCRIPTIONS[method]
        try:
            block = read_block(value)
        except RpcDataError:
            # Some nodes send no hash, or no slot.
            self._endpoints.ask_head(index, kind)
        else:
            self._name_head(index, kind, block, now)
        return self._advance(now)

    def subscription_failed(self, index: int, method: str, now: int) -> list[Action]:
        """An endpoint refused or ended a subscription; it is asked at intervals instead."""
        self._endpoints[index].subscribed.discard(method)
        return self._advance(now)

    def answered(self, index: int, number: int, value: Any, now: int) -> list[Action]:
        """An endpoint answered a request; ``value`` is JSON."""
        self._endpoints[index].responds = True
        request = self.state.requests.resolve(number, index)
        if request is not None:
            self._read(index, request, value, now)
        return self._advance(now)

    def failed(self, index: int, number: int, fault: RpcFault | None, now: int) -> list[Action]:
        """An endpoint refused a request, or did not answer in time (no ``fault``)."""
        text = "no answer in time" if fault is None else f"error {fault.code}: {fault.message}"
        self._endpoints[index].error = text
        self._endpoints[index].responds = fault is not None
        self.state.requests.fail(
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
        for index in self._endpoints.connected():
            for kind, block in list(self._endpoints[index].refused.items()):
                self._name_head(index, kind, block, now)
            self._endpoints.poll_if_due(index, now)
        self._linker.follow_late_heads(now)
        if can_store:
            self._accounts.ask_next(now)
        return self._advance(now)

    def endpoint_states(self) -> list[EndpointState]:
        """Return the states of the endpoints."""
        return self._endpoints.states()

    # --- Answers ---------------------------------------------------------------------

    def _read(self, index: int, request: Request, value: Any, now: int) -> None:
        """Read an answer; one that makes no sense counts as a refusal."""
        known = self._endpoints.parameters(index)
        try:
            answer = answers.read_answer(request.method, value, known)
        except RpcDataError as error:
            self._endpoints[index].error = str(error)
            self.state.counts["unreadable_answers"] += 1
            node = self.state.subject(request)
            if request.method == answers.STATISTICS and node is not None:
                self._recorder.keep_undecodable(node, value, str(error), now)
            self.state.requests.refuse(request, index)
        else:
            self._receive(index, request, answer, now)

    def _receive(self, index: int, request: Request, answer: Any, now: int) -> None:
        """Pass an answer to the part that asked."""
        match request.method, self.state.subject(request):
            case answers.PARENT, Node() as node:
                if not self._linker.receive_parent(node, index, answer, now):
                    self.state.requests.refuse(request, index)
            case answers.STATISTICS, Node() as node:
                self._recorder.receive_statistics(node, answer)
            case answers.PARAMETERS, _:
                self._endpoints.receive_parameters(index, answer)
            case (answers.BEST | answers.FINALIZED) as kind, _:
                self._name_head(index, kind, answer, now)
            case answers.SERVICES, _:
                self._accounts.receive_list(answer, now)
            case answers.SERVICE, _:
                self._accounts.receive_account(request.parameters[1], answer)
            case _:
                self._accounts.receive_code(answer)

    def _name_head(self, index: int, kind: str, block: BlockDescriptor, now: int) -> None:
        """Follow the head that an endpoint names."""
        if not self._endpoints.admit_head(index, kind, block, now):
            return
        node = self._window.find_or_add(block, now)
        self._endpoints.set_head(index, kind, node, now)
        if node is not None:
            self._linker.follow_head(node, index, block.slot)

    # --- Decisions -------------------------------------------------------------------

    def _advance(self, now: int) -> list[Action]:
        """Choose the chain, send requests, and return the actions that are due."""
        if self._can_store:
            self._choose_final(now)
            self._contradictions.replace_chain(now)
            self._selector.update_best(now)
            self._send(now)
        return self.state.take_actions()

    def _choose_final(self, now: int) -> None:
        claims = self._endpoints.claims(answers.FINALIZED)
        final = self.state.final
        choice = choose_final(self.state.tree, claims, final, self._endpoints.stale(now))
        self._contradictions.record(claims, choice.off)
        if choice.node is not None:
            self._selector.finalize(choice.node, now)

    def _send(self, now: int) -> None:
        # A request that is given up may lead to another one.
        while True:
            due = self.state.requests.next_due(now)
            for index, request in due.send:
                self.state.act(Ask(index, request.number, request.method, request.parameters))
            for request in due.given_up:
                self._give_up(request, now)
            if not due.given_up:
                return

    def _give_up(self, request: Request, now: int) -> None:
        """Go on without an answer that no endpoint gives."""
        node = self.state.subject(request)
        if node is None:
            return
        if request.method == answers.PARENT:
            self._linker.give_up_parent(node, now)
        else:
            self._recorder.give_up_statistics(node)
