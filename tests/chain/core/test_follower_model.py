"""Whatever happens to the endpoints, the stored chain is the model's in the end."""

from __future__ import annotations

import json
import random

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.chain.core.driver import Driver
from tests.chain.core.test_follower import assert_true
from tests.chain.model_chain import ModelChain, View

ENDPOINTS = 3
endpoints = st.integers(0, ENDPOINTS - 1)


class Network(RuleBasedStateMachine):
    """A chain that forks, nodes that lag, connections that end, a process that dies."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = ModelChain(1)
        self.head = self.chain.grow(self.chain.genesis, 3)
        self.final = self.chain.genesis
        views = [View(self.chain, self.head, self.final) for _ in range(ENDPOINTS)]
        self.driver = Driver(views)

    @rule(back=st.sampled_from([0, 0, 0, 1, 2, 5]), slots=st.integers(1, 3))
    def extend(self, back: int, slots: int) -> None:
        """Add a block to the head, or make a fork the head."""
        line = self.chain.line(self.head)
        self.head = self.chain.extend(line[min(back, line.index(self.final))], slots)

    @rule(depth=st.integers(0, 6))
    def finalize(self, depth: int) -> None:
        """Finalize an ancestor of the head."""
        line = self.chain.line(self.head)
        self.final = line[min(depth, line.index(self.final))]

    @rule(index=endpoints)
    def show(self, index: int) -> None:
        """Let a node see the head."""
        view = self.driver.views[index]
        view.best_hash, view.final_hash = self.head, self.final
        self.driver.announce(index)

    @rule(index=endpoints)
    def connect(self, index: int) -> None:
        """Connect."""
        self.driver.connect(index)

    @rule(index=endpoints)
    def disconnect(self, index: int) -> None:
        """Lose a connection with all that is in flight."""
        self.driver.disconnect(index)

    @rule(index=endpoints, count=st.integers(1, 30))
    def deliver(self, index: int, count: int) -> None:
        """Deliver messages of a node."""
        for _ in range(count):
            self.driver.deliver(index)

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0]), can_store=st.sampled_from([True, True, False]))
    def tick(self, seconds: float, can_store: bool) -> None:
        """Let time pass, perhaps with a full disk."""
        self.driver.tick(seconds, can_store=can_store)

    @rule(index=endpoints)
    def hang(self, index: int) -> None:
        """Let a node answer nothing, or again."""
        self.driver.silent ^= {index}

    @rule()
    def die(self) -> None:
        """Kill the process: only what is stored is left."""
        self.driver.start()

    def teardown(self) -> None:
        """In the end all nodes agree, and the stored chain is theirs."""
        driver, chain = self.driver, self.chain
        highest = max(block.slot for block in chain.blocks.values())
        self.head = chain.extend(self.head, highest + 1 - chain.blocks[self.head].slot)
        driver.silent.clear()
        for index, view in enumerate(driver.views):
            driver.disconnect(index)
            view.best_hash, view.final_hash = self.head, self.final
        driver.connect_all()
        driver.settle(90)
        assert_true(chain, driver, self.head, self.final)
        stored = set(driver.store.blocks)
        assert {key.hex() for key in chain.line(self.head)} <= stored
        for reorganisation in driver.store.reorganisations:
            assert set(reorganisation.left) <= stored
        assert driver.follower.state.counts["contradictions"] == 0


TestNetwork = Network.TestCase
# The same examples in each run of the gate; `make soak` looks for others.
TestNetwork.settings = settings(
    max_examples=max(25, settings.default.max_examples // 2),
    stateful_step_count=40,
    deadline=None,
    derandomize=settings.default.max_examples <= 50,
)


JUNK = (None, 0, -1, 1 << 80, "", "AAAA", [], [[1]], {}, {"header_hash": "x", "slot": 1}, True, 0.5)


class Liar:
    """Changes what a node sends: junk, other hashes, other slots, repeated and lost messages."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._hashes: list[str] = []

    def __call__(self, text: str) -> str:
        rng = self._rng
        message = json.loads(text)
        choice = rng.randrange(8)
        if choice == 0:
            return text[: rng.randrange(len(text))]
        if choice == 1:
            return json.dumps(rng.choice(JUNK))
        inner = message.get("params", message)
        result = inner.get("result")
        if isinstance(result, dict) and "header_hash" in result:
            self._hashes.append(result["header_hash"])
            if choice == 2:
                result["header_hash"] = rng.choice(self._hashes)
            if choice in (3, 4):
                result["slot"] = rng.choice([0, result["slot"] + 5, 1 << 31, result["slot"] - 1])
        if choice == 5:
            inner["result"] = rng.choice(JUNK)
        return json.dumps(message)


@pytest.mark.parametrize("seed", range(12))
def test_an_endpoint_that_sends_anything_costs_only_itself(seed: int) -> None:
    rng = random.Random(seed)
    chain = ModelChain(seed)
    head = chain.grow(chain.genesis, 10)
    driver = Driver([View(chain, head, chain.genesis) for _ in range(3)])
    driver.mutations[0] = Liar(rng)
    # The liar is not the first: what is first named begins the chain.
    for index in (1, 2, 0):
        driver.connect(index)
        driver.drain()
    for _ in range(20):
        head = chain.extend(head, rng.choice((1, 2)))
        for index, view in enumerate(driver.views):
            view.best_hash, view.final_hash = head, chain.line(head)[2]
            driver.announce(index)
        driver.drain(rng)
        driver.tick(3.0)
    driver.settle(120)
    assert driver.store.status("final") == set(chain.line(chain.line(head)[2]))
    assert {key.hex() for key in chain.line(head)} <= set(driver.store.blocks)
    assert all(
        driver.store.blocks[key.hex()].slot == chain.blocks[key].slot for key in chain.line(head)
    )
