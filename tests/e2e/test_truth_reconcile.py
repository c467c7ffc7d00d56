"""Nodes that lie are named by ``/api/chain/reconcile``, each for its lie, and nobody else.

A server and a simulated network as operators run them, by a clock that runs faster. The chain has
forks, and a partition after which nodes reorganise; an endpoint of the RPC is lost and comes back,
the chain process is killed, and the whole server is restarted, while nodes lie.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from loadtest.reconcile import ALSO_SHOWS, SHOWN_BY, score_findings
from tart.config.schema import ApiConfig
from tart.gateway.fanout.chain import ChainProcess
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.fanout.reconcile_queries import read_inputs
from tart.gateway.fanout.shards import Shards
from tart.ipc.messages import CHAIN_SOCKET
from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import Window
from tart.query.reconcile.chain_view import AGE_US
from tart.query.reconcile.reconciliation import Reconciliation, reconcile
from tart.simulate.model.truth_reader import Facts
from tart.units import JCE_US, SECOND_US
from tests.e2e.fast_clock import FastClock
from tests.running import DEADLINE, PATIENT, System, free_port, running_system, wait_for
from tests.supervisor.process import Process

pytestmark = pytest.mark.slow

SHARDS = 2
SLOT_US = 6 * SECOND_US
FAST = "tests.e2e.fast_clock"
# On a busy machine the server may be away during one partition, and sees none of its forks.
PARTITIONS = range(70, 3600, 150)


# --- The RPC of nodes, behind lines that can be cut ---------------------------------------------


class Line:
    """A TCP relay to a port, on an event loop; while it is cut nobody gets through."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.is_cut = False
        self.refused = 0

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections, and each new one at once."""
        self.is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    async def mend(self) -> None:
        """Let connections through again."""
        self.is_cut = False

    async def close(self) -> None:
        """Stop listening, and end all connections."""
        self._server.close()
        await self.cut()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            self.refused += 1
            writer.transport.abort()
            return
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            pair = {writer, far_writer}
            self._writers |= pair
            try:
                await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
            finally:
                self._writers -= pair
        writer.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()


@contextmanager
def open_lines(ports: Sequence[int]) -> Iterator[tuple[list[Line], Callable[[Any], Any]]]:
    """Lines to the ports, and a function that does something with them on their thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lines", daemon=True)
    thread.start()

    def work(awaitable: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(awaitable, loop).result(DEADLINE)  # type: ignore[arg-type]

    lines = [Line(port) for port in ports]
    try:
        for line in lines:
            work(line.open())
        yield lines, work
    finally:
        for line in lines:
            work(line.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE)
        loop.close()


# --- A server that follows the chain of a network -----------------------------------------------


@dataclass(frozen=True)
class Setting:
    """A network, and how fast it is played.

    Attributes:
        lies: By name, the node that tells it.
        begin: Simulated seconds before the first lie.
        partitions: The first simulated second of each; half of the nodes are cut off.
        findings: Cases of each lie that are found before the network ends; its end spoils the
            telemetry of the last seconds, and may take one away.
    """

    seed: int
    nodes: int
    speed: float
    lies: dict[str, int]
    begin: int = 0
    partitions: Sequence[int] = ()
    views: int = 2
    findings: int = 3


class Witness:
    """A server, a network that sends to it, and the lines between them.

    Attributes:
        start_us: When the network began.
    """

    def __init__(self, setting: Setting, path: Path) -> None:
        self.setting = setting
        self.clock = FastClock(setting.speed)
        self.start_us = self.clock.now_us()
        self._path = path
        self._truth = path / "truth.ndjson"
        self._telemetry = free_port()
        self._rpc = [free_port() for _ in range(setting.views)]
        self.lines: list[Line] = []
        self.work: Callable[[Any], Any]
        self.system: System

    @contextmanager
    def opened(self) -> Iterator[Witness]:
        """The same, with lines."""
        with open_lines(self._rpc) as (self.lines, self.work):
            yield self

    @contextmanager
    def running(self) -> Iterator[System]:
        """A running server."""
        urls = ",".join(f"ws://127.0.0.1:{line.port}" for line in self.lines)
        settings = {"TART_RPC_URLS": urls, "TART_RPC_TIMEOUT_SECONDS": "5", **self.clock.environ}
        telemetry = f"127.0.0.1:{self._telemetry}"
        with running_system(
            self._path / "data",
            shards=SHARDS,
            environ=PATIENT | settings,
            module=FAST,
            telemetry=telemetry,
        ) as system:
            self.system = system
            yield system

    @contextmanager
    def playing(self) -> Iterator[Process]:
        """A running network."""
        setting = self.setting
        arguments = [
            *("--target", f"127.0.0.1:{self._telemetry}", "--truth", self._truth),
            *("--nodes", setting.nodes, "--cores", setting.nodes // 3, "--seed", setting.seed),
            *("--rpc", ",".join(f"127.0.0.1:{port}" for port in self._rpc)),
        ]
        for name, node in setting.lies.items():
            arguments += ["--lie", f"{name}:{node}@{setting.begin}s+1h"]
        side = ",".join(str(node) for node in range(setting.nodes // 2))
        for start in setting.partitions:
            arguments += ["--trouble", f"partition:{side}@{start}s+36s"]
        environ = dict(self.clock.environ)
        with Process(FAST, "simulate", *arguments, environ=environ) as network:
            yield network

    def slot(self) -> int:
        """The slot of the best block that the server knows; 0 while it knows none."""
        response = self.system.http.get("/api/jam/stats")
        best = response.json()["best"] if response.status_code == 200 else None
        return 0 if best is None else int(best["slot"])

    def follow(self, slots: int) -> None:
        """Wait until the server's best block is so many slots further."""
        first = wait_for(self.slot, "a block")
        wait_for(lambda: self.slot() >= first + slots, f"{slots} slots after {first}")

    def chain_pid(self) -> int:
        """The chain process; 0 while there is none."""
        for process in psutil.Process(self.system.process.pid).children():
            with suppress(psutil.Error):
                if "tart: chain" in " ".join(process.cmdline()):
                    return process.pid
        return 0

    def ask(self, start_us: int, end_us: int) -> dict[str, Any]:
        """The answer of the route about a time."""
        return self.system.get(
            "/api/chain/reconcile", start=server_time(start_us), end=server_time(end_us), limit=1000
        )

    def facts(self) -> Facts:
        """What really happened; the network has ended."""
        kinds = (
            b'{"fact":"node"',
            b'{"fact":"lie"',
            b'{"fact":"block"',
            b'{"fact":"told_lie"',
            b'{"fact":"end"',
        )
        with self._truth.open("rb") as lines:
            return Facts.parse(line for line in lines if line.startswith(kinds))


# --- What is found, and what was planted --------------------------------------------------------


async def read_and_compare(system: System, window: Window, now_us: int) -> Reconciliation:
    """The comparison by what the shards and the chain process say, over their own sockets.

    It has what the answer of the route does not: why a case is not decidable.
    """
    run = system.data / "run"
    shards = Shards([run / f"{index:02d}.sock" for index in range(SHARDS)])
    registry = NodeRegistry(system.data / "none.sqlite")
    queries = QueryClient(shards, registry, ApiConfig(deadline_seconds=60.0))
    queries.chain_process = ChainProcess(run / CHAIN_SOCKET)

    class Nothing:
        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_, **__: None

    shards.start(Nothing(), Nothing())
    queries.chain_process.start()
    try:
        await shards.wait_all_contacted()
        await asyncio.gather(*(shard.welcomed.wait() for shard in shards.every))
        while not queries.chain_process.up:  # noqa: ASYNC110 - it has no event for that
            await asyncio.sleep(0.01)
        return reconcile((await read_inputs(queries, window, now_us)).inputs)
    finally:
        await queries.chain_process.stop()
        await shards.stop()


def tell_story(witness: Witness) -> None:
    """Lose an endpoint, and the chain process, while the network goes on."""
    first, *_ = witness.lines
    witness.follow(6)
    witness.work(first.cut())
    witness.follow(4)
    wait_for(lambda: first.refused, "an attempt to connect")
    witness.work(first.mend())
    pid = witness.chain_pid()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: witness.chain_pid() not in (0, pid), "a new chain process")
    witness.follow(2)


def play(setting: Setting, path: Path, slots: int = 0) -> None:
    """Play the network over all that may happen, and judge what is found.

    Args:
        setting: The network.
        path: An empty directory.
        slots: Slots that are played at least after the restart of the server.
    """
    witness = Witness(setting, path)
    with witness.opened(), ExitStack() as network_ends:
        with witness.running() as system:
            network = network_ends.enter_context(witness.playing())
            tell_story(witness)
            system.process.send(signal.SIGTERM)
            assert system.process.ended() == 0
        with witness.running():
            witness.follow(slots)
            wait_for(lambda: _has_enough(witness), "a fork, and findings of each lie")
            network.send(signal.SIGINT)
            assert network.ended() == 0, network.errors()
            judge(witness)


def _has_enough(witness: Witness) -> bool:
    """Whether there is a fork, and as many findings of each lie as are wanted."""
    answer = witness.ask(witness.start_us, witness.clock.now_us())
    found: Counter[str] = Counter()
    for each in answer["findings"]:
        found[each["kind"]] += each["count"]
    setting = witness.setting
    are_found = all(found[SHOWN_BY[name]] >= setting.findings for name in setting.lies)
    return are_found and answer["chain"]["forks"] > 0


def judge(witness: Witness) -> None:
    """Exactly the planted lies are found, as far as telemetry and chain can show them."""
    setting, facts = witness.setting, witness.facts()
    end_us = witness.clock.now_us()
    wait_for(lambda: witness.clock.now_us() > end_us + AGE_US, "the age of blocks")
    window = Window(witness.start_us, end_us)
    result = asyncio.run(read_and_compare(witness.system, window, witness.clock.now_us()))
    answer = witness.ask(witness.start_us, end_us)
    index = {fact["node"]: fact["index"] for fact in facts.of("node")}
    score = score_findings(result, facts, index)
    assert score.missed == []
    assert score.false == []
    assert score.compared > 20
    assert score.forks > 0
    assert {name for name, count in score.found.items() if count} == setting.lies.keys()
    # What the route answers is that.
    assert Counter(
        (each["kind"], each["node_id"], each["epoch"], each["count"]) for each in answer["findings"]
    ) == Counter((each.kind, each.node, each.epoch, len(each.examples)) for each in result.findings)
    also = {kind for kind, lie in ALSO_SHOWS.items() if lie in setting.lies}
    named = {(each["kind"], each["node_id"]) for each in answer["findings"]}
    assert {pair for pair in named if pair[0] not in also} == planted(setting, facts)
    for row in answer["validators"]:
        assert row["node_id"] is None or row["validator"] == index[row["node_id"]]
    judge_calm_time(witness, facts)


def planted(setting: Setting, facts: Facts) -> set[tuple[str, str]]:
    """The findings that have to be: of each lie its kind, and the node that tells it."""
    peers = {fact["index"]: fact["node"] for fact in facts.of("node")}
    return {(SHOWN_BY[name], peers[node]) for name, node in setting.lies.items()}


def judge_calm_time(witness: Witness, facts: Facts) -> None:
    """Before the first lie nothing is found."""
    begin_us = JCE_US + min(fact["begin_us"] for fact in facts.of("lie"))
    answer = witness.ask(witness.start_us, begin_us - 2 * SLOT_US)
    assert answer["chain"]["compared"] > 0
    assert answer["findings"] == []


def test_exactly_the_planted_lies_are_found_whatever_happens_meanwhile(tmp_path):
    lies = {"hides-blocks": 2, "claims-blocks": 4, "wrong-gas": 3}
    play(Setting(1, nodes=6, speed=15, lies=lies, begin=60, partitions=PARTITIONS), tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_lies_are_found_in_longer_runs(tmp_path, seed):
    lies = {name: (seed + node) % 12 for node, name in enumerate(SHOWN_BY)}
    # Some lies are seldom told: a second case of each may take minutes.
    setting = Setting(
        seed, nodes=12, speed=8, lies=lies, begin=90, partitions=PARTITIONS, views=3, findings=1
    )
    play(setting, tmp_path, slots=60)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_calm_network_has_no_findings(tmp_path, seed):
    witness = Witness(Setting(seed, nodes=6, speed=12, lies={}), tmp_path)
    with witness.opened(), witness.running(), witness.playing():
        witness.follow(60)
        answer = witness.ask(witness.start_us, witness.clock.now_us())
        assert answer["chain"]["compared"] > 30
        assert answer["findings"] == []
