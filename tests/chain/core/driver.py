"""Drives a follower against fake nodes without sockets: messages are delivered when told to."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from tart.chain.core.actions import Action, Ask, LogLine, Subscribe, Write
from tart.chain.core.endpoint_session import (
    Answered,
    EndpointSession,
    Failed,
    SessionEvent,
    SubscriptionFailed,
    Updated,
)
from tart.chain.core.follower import Follower
from tart.chain.core.follower_state import Limits
from tart.rpc.fake_node import FakeRpcNode, RpcDialect
from tart.units import JCE_US, SECOND_US
from tests.chain.memory_store import MemoryStore
from tests.chain.model_chain import View

SLOT_US = 6 * SECOND_US


class Driver:
    """A follower, its store, and endpoints that play nodes.

    Attributes:
        now: Unix microseconds.
        lines: The log.
        silent: Endpoints that answer nothing.
        mutations: Endpoint to a function that changes what it sends.
    """

    def __init__(
        self,
        views: list[View],
        *,
        limits: Limits | None = None,
        dialect: str | RpcDialect = "plain",
    ) -> None:
        self.views = views
        self.dialects = [dialect] * len(views)
        self.limits = limits
        self.store = MemoryStore()
        self.now = JCE_US + 1000 * SLOT_US
        self.lines: list[str] = []
        self.silent: set[int] = set()
        self.mutations: dict[int, Callable[[str], str]] = {}
        self.start()

    def start(self) -> None:
        """Start the process (again): only what is stored is left."""
        self.nodes: dict[int, FakeRpcNode] = {}
        self.sessions: dict[int, EndpointSession] = {}
        self.inbox: dict[int, deque[str]] = {}
        urls = [f"ws://node{index}" for index in range(len(self.views))]
        limit = (self.limits or Limits()).recovered
        self.follower = Follower(urls, self.store.recover(limit), self.limits)

    def connect(self, index: int) -> None:
        """Connect an endpoint."""
        if index not in self.nodes:
            self.nodes[index] = FakeRpcNode(self.views[index], self.dialects[index])
            self.sessions[index] = EndpointSession(10.0)
            self.inbox[index] = deque()
            self._run(self.follower.connected(index, self.now))

    def connect_all(self) -> None:
        """Connect all endpoints."""
        for index in range(len(self.views)):
            self.connect(index)

    def disconnect(self, index: int) -> None:
        """Lose an endpoint with all that is in flight."""
        if self.nodes.pop(index, None) is not None:
            del self.sessions[index], self.inbox[index]
            self._run(self.follower.lost(index, "closed", self.now))

    def announce(self, index: int) -> None:
        """Let a node send the updates of its subscriptions."""
        if index in self.nodes:
            self.inbox[index].extend(self.nodes[index].announce())

    def update(self, index: int, method: str, value: object) -> None:
        """Deliver an update that the node does not send."""
        self._run(self.follower.updated(index, method, value, self.now))

    def deliver(self, index: int) -> bool:
        """Deliver one message of a node; return whether there was one."""
        if index not in self.nodes or not self.inbox[index]:
            return False
        text = self.inbox[index].popleft()
        if index in self.mutations:
            text = self.mutations[index](text)
        for event in self.sessions[index].receive(text):
            self._pass_on(index, event)
        return True

    def tick(self, seconds: float = 0.5, *, can_store: bool = True) -> None:
        """Let time pass."""
        self.now += round(seconds * SECOND_US)
        for index in list(self.sessions):
            for event in self.sessions[index].expire(self.now / SECOND_US):
                self._pass_on(index, event)
        self._run(self.follower.tick(self.now, can_store=can_store))

    def settle(self, seconds: float = 60.0, rng: random.Random | None = None) -> None:
        """Deliver everything, and let time pass until nothing happens any more."""
        for _ in range(round(seconds * 2)):
            self.drain(rng)
            self.tick()
        self.drain(rng)

    def drain(self, rng: random.Random | None = None) -> None:
        """Deliver all messages, in any order of the nodes."""
        while ready := [index for index, texts in self.inbox.items() if texts]:
            self.deliver(ready[0] if rng is None else rng.choice(ready))

    def _pass_on(self, index: int, event: SessionEvent) -> None:
        follower, now = self.follower, self.now
        match event:
            case Answered():
                self._run(follower.answered(index, event.number, event.value, now))
            case Failed():
                self._run(follower.failed(index, event.number, event.fault, now))
            case Updated():
                self._run(follower.updated(index, event.method, event.value, now))
            case SubscriptionFailed():
                self._run(follower.subscription_failed(index, event.method, now))

    def _run(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Ask() | Subscribe():
                    session = self.sessions[action.endpoint]
                    text = session.send(action, self.now / SECOND_US)
                    if text is not None and action.endpoint not in self.silent:
                        node = self.nodes[action.endpoint]
                        self.inbox[action.endpoint].extend(node.receive(text))
                case Write():
                    self.store.write(action.changes)
                case LogLine():
                    self.lines.append(action.text)
