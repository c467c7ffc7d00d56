"""The chain process as it runs: real processes, sockets and files."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tart.query.chain_queries.chain import Blocks, ChainState, Reorganisations, State
from tests.chain.asking import ask_chain
from tests.chain.model_chain import ModelChain, View
from tests.rpc.serving import ServedRpc, served
from tests.running import System, fake_node, fake_peer_id, running_system, wait_for

pytestmark = pytest.mark.slow


HEAD = {"slot": 7, "hash": b"\1" * 32}


class Chain:
    """A chain, its nodes, and a running tart that follows them."""

    def __init__(self, chain: ModelChain, views: list[View], nodes: list[ServedRpc]) -> None:
        self.chain = chain
        self.views = views
        self.nodes = nodes
        self.head = views[0].best_hash

    def grow(self, count: int = 1) -> None:
        """Add blocks; each node shows the newest, and finalizes all but two."""
        self.head = self.chain.grow(self.head, count)
        self.show()

    def show(self) -> None:
        """Let all nodes be on the present head."""
        for view, node in zip(self.views, self.nodes, strict=True):
            node.run(lambda view=view: self._show(view))

    def _show(self, view: View) -> None:
        view.best_hash = self.head
        view.final_hash = self.chain.line(self.head)[2]


class Followed:
    """A tart that follows a chain."""

    def __init__(self, system: System, chain: Chain) -> None:
        self.system = system
        self.chain = chain

    def state(self) -> ChainState:
        """What the process says."""
        assert self.system.data is not None
        return ask_chain(self.system.data / "run", State())

    def blocks(self) -> Counter[bytes]:
        """How often each block is stored."""
        assert self.system.data is not None
        page = ask_chain(self.system.data / "run", Blocks(0, 1 << 32))
        return Counter(bytes.fromhex(block.hash) for block in page.blocks)

    def wait_for_head(self) -> None:
        """Until the best block is the chain's and all blocks are stored once."""

        def followed() -> bool:
            state = self.state()
            line = self.chain.chain.line(self.chain.head)
            return (
                state.best is not None
                and state.best.hash == self.chain.head.hex()
                and state.finalized is not None
                and state.finalized.hash == line[2].hex()
                and self.blocks() == Counter(self.chain.chain.blocks.keys())
            )

        wait_for(followed, "the head of the chain")

    def pid(self, name: str = "chain") -> int:
        """The process with a title."""
        for process in psutil.Process(self.system.process.pid).children():
            if process.is_running() and f"tart: {name}" in " ".join(process.cmdline()):
                return process.pid
        return 0


@contextmanager
def followed(data: Path, count: int = 2, *, shards: int = 1, **settings: str) -> Iterator[Followed]:
    """A tart that follows a chain of 30 blocks by some nodes."""
    chain = ModelChain()
    head = chain.grow(chain.genesis, 30)
    views = [View(chain, head, chain.line(head)[2]) for _ in range(count)]
    with contextmanager(_serve_all)(views) as nodes:
        urls = ",".join(node.url.replace("ws://", "ws://me:hunter2@") for node in nodes)
        environ = {"TART_RPC_URLS": urls, "TART_RPC_TIMEOUT_SECONDS": "2"} | settings
        with running_system(data, shards=shards, environ=environ) as system:
            yield Followed(system, Chain(chain, views, nodes))


def _serve_all(views: list[View]) -> Iterator[list[ServedRpc]]:
    if not views:
        yield []
        return
    with served(views[0]) as first, contextmanager(_serve_all)(views[1:]) as others:
        yield [first, *others]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """A tart for tests that leave both nodes connected and nothing broken."""
    with followed(tmp_path_factory.mktemp("chain") / "data") as running:
        yield running


def test_the_chain_is_followed_stored_and_found_again_after_a_kill_under_load(tmp_path):
    with followed(tmp_path / "data") as running:
        running.wait_for_head()
        for _ in range(5):
            running.chain.grow()
        running.wait_for_head()
        node = fake_node(1)
        with running.system.connect() as connection:
            connection.sendall(node.connect())
            pid = running.pid()
            for index in range(20):
                events = [node.event("BestBlockChanged", 9, **HEAD) for _ in range(50)]
                connection.sendall(b"".join(frame for _, frame in events))
                if index == 10:
                    os.kill(pid, signal.SIGKILL)
                running.chain.grow()
            running.system.wait_for_events(fake_peer_id(1), 1000)
        running.wait_for_head()
        assert running.pid() not in (0, pid)
        errors = running.system.process.errors()
        assert "chain was killed by SIGKILL; restarting it" in errors
        assert "hunter2" not in errors
        states = running.state().endpoints
        assert [each.connected for each in states] == [True, True]
        assert all("hunter2" not in each.url for each in states)


def test_an_endpoint_that_hangs_or_sends_garbage_costs_only_itself(shared):
    running = shared
    running.wait_for_head()
    faults = running.chain.nodes[0].server.faults
    faults.hang = True
    for _ in range(3):
        running.chain.grow()
    running.wait_for_head()
    faults.hang = False
    faults.garbage = "no JSON"
    for _ in range(3):
        running.chain.grow(2)
    running.wait_for_head()
    faults.garbage = None
    faults.close_methods = {"statistics"}
    for _ in range(3):
        running.chain.grow(2)
    running.wait_for_head()
    faults.close_methods = set()
    running.chain.nodes[0].disconnect(abort=True)
    running.chain.grow()
    running.wait_for_head()
    wait_for(lambda: all(each.connected for each in running.state().endpoints))
    health = running.system.get("/api/health/detailed")
    assert health["components"]["chain"]["status"] == "Healthy"


def test_without_any_endpoint_the_server_says_so_and_finds_the_chain_when_one_is_back(tmp_path):
    with followed(tmp_path / "data") as running:
        running.wait_for_head()
        for node in running.chain.nodes:
            node.server.faults.refuse = True
            node.disconnect()

        def component():
            return running.system.get("/api/health/detailed")["components"]["chain"]

        wait_for(lambda: "no endpoint" in component()["message"])
        assert component()["status"] == "Degraded"
        running.chain.grow(10)
        running.chain.nodes[1].server.faults.refuse = False
        running.wait_for_head()


def test_a_reorganisation_on_the_nodes_is_stored_with_what_was_left(shared):
    running = shared
    running.wait_for_head()
    chain = running.chain
    old = chain.head
    chain.head = chain.chain.grow(chain.chain.line(old)[1], 3)
    chain.show()
    running.wait_for_head()
    (found,) = ask_chain(running.system.data / "run", Reorganisations(0, 1 << 32))
    assert found.left == [old.hex()]


def test_a_store_that_fails_again_and_again_costs_telemetry_nothing(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    # In place of its folder: the process cannot start.
    (data / "chain").write_text("")
    settings = {"TART_SUPERVISOR_CRASH_LIMIT": "2"}
    with followed(data, **settings) as running:
        node = fake_node(1)
        with running.system.connect() as connection:
            connection.sendall(node.connect())
            errors = running.system.process.errors
            wait_for(lambda: "the other processes are not affected" in errors())
            connection.sendall(
                b"".join(node.event("SyncStatusChanged", 9, synced=True)[1] for _ in range(100))
            )
            running.system.wait_for_events(fake_peer_id(1), 100)
        health = running.system.get("/api/health/detailed")
        assert health["status"] == "Degraded"
        assert "telemetry is not affected" in health["components"]["chain"]["message"]
        response = running.system.http.get("/api/jam/blocks", params={"duration": "1h"})
        assert response.status_code in (200, 503)
        # It is found again once a person has looked.
        (data / "chain").unlink()
        running.wait_for_head()


def test_a_process_that_hangs_is_killed_alone_and_comes_back(tmp_path):
    settings = {"WATCHDOG_USEC": "16000000", "TART_API_DEADLINE_SECONDS": "1"}
    with followed(tmp_path / "data", shards=2, **settings) as running:
        running.wait_for_head()
        system, pid = running.system, running.pid()
        others = {name: running.pid(name) for name in ("shard 0", "shard 1", "gateway")}
        node, sent = fake_node(1), 0

        def is_killed() -> bool:
            # Telemetry and its routes go on meanwhile.
            nonlocal sent
            events = [node.event("BestBlockChanged", 9, **HEAD) for _ in range(50)]
            connection.sendall(b"".join(frame for _, frame in events))
            sent += 50
            wait_for(lambda: system.node(fake_peer_id(1)).get("event_count") == sent)
            return "chain is unresponsive; killing it" in system.process.errors()

        with system.connect() as connection:
            connection.sendall(node.connect())
            os.kill(pid, signal.SIGSTOP)
            response = system.http.get("/api/jam/stats")
            assert response.status_code in (503, 504)
            assert "the chain process" in response.json()["error"]["message"]
            wait_for(is_killed, "the end of the process that hangs")
            running.chain.grow(3)
            running.wait_for_head()
            is_killed()
        assert len(system.wait_for_events(fake_peer_id(1), sent)) == sent
        assert running.pid() not in (0, pid)
        assert others == {name: running.pid(name) for name in others}
        assert 0 not in others.values()


def test_metrics_and_the_report_of_the_server_show_the_process(shared):
    running = shared
    running.wait_for_head()
    text = running.system.http.get("/metrics").text
    assert "tart_chain_up 1.0" in text
    assert text.count("tart_chain_endpoint_connected{") == 2
    server = running.system.get("/api/server")
    assert server["chain"]["state"] == "up"
    assert server["chain"]["figures"]["blocks"] == len(running.chain.chain.blocks) >= 31
    assert "hunter2" not in text + str(server)


def test_without_urls_there_is_no_process_and_the_answer_says_what_to_set(tmp_path):
    with running_system(tmp_path / "data", shards=1) as system:
        assert system.get("/api/server")["chain"] is None
        assert "tart_chain" not in system.http.get("/metrics").text
        assert "chain" not in system.get("/api/health/detailed")["components"]
        assert not (tmp_path / "data" / "chain").exists()


def test_a_stop_is_clean_and_the_next_start_goes_on(tmp_path):
    data = tmp_path / "data"
    with followed(data) as running:
        running.wait_for_head()
        running.system.process.send(signal.SIGTERM)
        assert running.system.process.ended() == 0
    with followed(data) as running:
        running.wait_for_head()
