"""Runs a simulated network against a telemetry server in real time, for ``tart simulate``.

One connection per node. Simulated time runs ``speed`` times as fast as the clock, from
the present JAM slot on; the timestamps of events stay wall-clock, so that at speed X
slot numbers run ahead and durations in events are X times shorter than simulated.

- A node that cannot connect, or loses its connection, retries with growing pauses.
- If this machine is too slow for the network, simulated time falls behind the clock;
  nothing is skipped, and the report has the delay.
- The run stops when ``duration`` is over or ``stop`` is set; written data is delivered within
  ``grace_seconds``.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import uvloop

from tart.config.addresses import join_address
from tart.errors import ConfigError, StartupError
from tart.os_errors import reason
from tart.simulate.model.differences import Difference, Upgrade
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.lies import Lie
from tart.simulate.model.network import Network
from tart.simulate.model.schedule import MILLISECOND
from tart.simulate.model.troubles import Trouble
from tart.simulate.model.truth import Truth
from tart.simulate.model.world import IMPLEMENTATIONS, Implementation
from tart.simulate.rpc_server import RpcServer, serve_rpc
from tart.simulate.telemetry_connection import TelemetryConnection
from tart.stop_signals import stop_on_signal
from tart.units import JCE_UNIX_SECONDS, SECOND_US

logger = logging.getLogger(__name__)

# Events are batched up to this time; a node's timestamps are finer.
_TICK_SECONDS = 0.02
# Simulated time between two turns of the event loop, for networks at this machine's limit.
_STEP = 10 * MILLISECOND
_MAX_CONNECTING = 64
_FIRST_ATTEMPT_SECONDS = 5.0
_WARNING_SECONDS = 2.0
_WATCH_SECONDS = 0.25
# The interval at which a node that a planted trouble keeps away looks for its end.
_AWAY_SECONDS = 0.1


@dataclass(frozen=True)
class SimulationOptions:
    """The parameters of a run.

    Attributes:
        host: Host of the telemetry server.
        port: Port of the telemetry server.
        nodes: Number of validators; three per core are usual.
        cores: Number of cores.
        speed: Simulated seconds per second.
        duration: Seconds to run; ``None``: until stopped.
        seed: Equal seeds give equal networks.
        protocol: Telemetry protocol version, or several, assigned to the nodes in turn.
        rates: Fault rates.
        buffer_bytes: Each node's buffer for a server that does not read, before it drops
            events; the kernel buffers the same amount again.
        retry_seconds: First pause before connecting again; it doubles while attempts fail.
        retry_limit_seconds: Longest pause.
        grace_seconds: Time at the end for the server to read the written data.
        truth: File for the truth (:mod:`tart.simulate.model.truth`), overwritten.
        troubles: Troubles to plant.
        lies: Lies to plant.
        differences: Differences between implementations to plant.
        upgrades: New versions of implementations.
        host_spread: How different the nodes' hosts are; see ``differences.Plan``.
        implementations: Names and versions, assigned to the nodes in turn.
        rpc: Addresses for the RPC (JIP-2) of nodes; they are those of nodes spread evenly over the
            validators, the first is the first.
    """

    host: str = "127.0.0.1"
    port: int = 9000
    nodes: int = 6
    cores: int = 2
    speed: float = 1.0
    duration: float | None = None
    seed: int = 0
    protocol: int | Sequence[int] = 1
    rates: Rates = field(default_factory=Rates)
    buffer_bytes: int = 1 << 20
    retry_seconds: float = 0.5
    retry_limit_seconds: float = 30.0
    grace_seconds: float = 2.0
    truth: Path | None = None
    troubles: Sequence[Trouble] = ()
    lies: Sequence[Lie] = ()
    differences: Sequence[Difference] = ()
    upgrades: Sequence[Upgrade] = ()
    host_spread: float = 0.0
    implementations: Sequence[Implementation] = IMPLEMENTATIONS
    rpc: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class NodeReport:
    """Counters of one node.

    Attributes:
        events: Events sent, by type.
        bytes_sent: Bytes sent, including node information.
        dropped: Events dropped.
        connections: Number of connections.
    """

    events: Mapping[str, int]
    bytes_sent: int
    dropped: int
    connections: int


@dataclass(frozen=True)
class SimulationReport:
    """Counters of all nodes.

    Attributes:
        nodes: The counters of each node.
        seconds: Duration in real time.
        behind_seconds: The longest delay of simulated time behind the clock.
        fault: Why the last node that could not connect could not; empty if all could.
        answers: Connections on which the server sent something, as no telemetry server does.
    """

    nodes: tuple[NodeReport, ...]
    seconds: float
    behind_seconds: float
    fault: str = ""
    answers: int = 0

    @property
    def events(self) -> Counter[str]:
        """Events sent, by type."""
        total: Counter[str] = Counter()
        for node in self.nodes:
            total.update(node.events)
        return total

    @property
    def events_sent(self) -> int:
        """Events sent."""
        return self.events.total()

    @property
    def bytes_sent(self) -> int:
        """Bytes sent."""
        return sum(each.bytes_sent for each in self.nodes)

    @property
    def dropped(self) -> int:
        """Events the nodes dropped."""
        return sum(each.dropped for each in self.nodes)

    @property
    def reconnects(self) -> int:
        """Connections beyond each node's first."""
        return sum(max(each.connections - 1, 0) for each in self.nodes)


def run(options: SimulationOptions) -> SimulationReport:
    """Run until the end or a signal, under uvloop; for the command line.

    Raises:
        ConfigError: The truth file cannot be opened.
        StartupError: The truth file cannot be written, or an address of the RPC cannot be used.
        ValueError: An option is out of its range.
    """

    async def main() -> SimulationReport:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        with stop_on_signal(lambda: loop.call_soon_threadsafe(stop.set)):
            return await simulate(options, stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def simulate(
    options: SimulationOptions,
    stop: asyncio.Event,
    watch: Callable[[SimulationReport], None] | None = None,
) -> SimulationReport:
    """Run until ``stop`` is set or the duration is over.

    Args:
        options: The options.
        stop: Set to stop the run.
        watch: Called with the counters a few times a second.

    Raises:
        ConfigError: The truth file cannot be opened.
        StartupError: The truth file cannot be written, or an address of the RPC cannot be used.
        ValueError: An option is out of its range.
    """
    with _open_truth(options.truth) as truth:
        return await _simulate(options, stop, watch, truth)


@contextmanager
def _open_truth(path: Path | None) -> Iterator[Truth | None]:
    if path is None:
        yield None
        return
    try:
        file = path.open("wb")
    except OSError as error:
        why = "its directory does not exist" if error.errno == errno.ENOENT else reason(error)
        raise ConfigError(f"--truth {path}: cannot be written: {why}") from None

    def write(fact: object) -> None:
        with _writing(path):
            file.write(orjson.dumps(fact, option=orjson.OPT_APPEND_NEWLINE))

    try:
        yield Truth(write)
    finally:
        with _writing(path):
            file.close()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartupError(f"--truth {path}: cannot be written: {reason(error)}") from None


async def _simulate(
    options: SimulationOptions,
    stop: asyncio.Event,
    watch: Callable[[SimulationReport], None] | None,
    truth: Truth | None,
) -> SimulationReport:
    began = time.monotonic()
    network = Network(
        nodes=options.nodes,
        cores=options.cores,
        seed=options.seed,
        start=int((time.time() - JCE_UNIX_SECONDS) * SECOND_US),
        speed=options.speed,
        rates=options.rates,
        protocol=options.protocol,
        truth=truth,
        troubles=options.troubles,
        lies=options.lies,
        differences=options.differences,
        upgrades=options.upgrades,
        host_spread=options.host_spread,
        implementations=options.implementations,
        own_assurances=True,
    )
    connections = [
        TelemetryConnection(network, node, options.buffer_bytes) for node in range(options.nodes)
    ]
    connector = _Connector(options, network, connections)
    async with _rpc_servers(options, network) as servers, asyncio.TaskGroup() as group:
        runner = _Runner(options, network, connections, servers, began)
        tasks = [group.create_task(connector.maintain(each)) for each in connections]
        if watch is not None:
            tasks.append(group.create_task(_watch(runner, watch)))
        await connector.wait_first_attempts(stop)
        await runner.run(stop)
        for task in tasks:
            task.cancel()
    await _close(connections, options.grace_seconds)
    network.end()
    answers = sum(connection.answers for connection in connections)
    return replace(runner.report(), fault=connector.fault, answers=answers)


@asynccontextmanager
async def _rpc_servers(
    options: SimulationOptions, network: Network
) -> AsyncIterator[list[RpcServer]]:
    """Servers of the RPC of some nodes, closed at the end.

    Raises:
        StartupError: An address cannot be used.
    """
    servers: list[RpcServer] = []
    async with AsyncExitStack() as stack:
        for index, (host, port) in enumerate(options.rpc):
            node = index * options.nodes // len(options.rpc)
            try:
                server = await serve_rpc(network.chain_of(node), host, port)
            except OSError as error:
                address = join_address(host, port)
                raise StartupError(f"--rpc {address}: {reason(error)}") from None
            servers.append(await stack.enter_async_context(server))
        yield servers


async def _watch(runner: _Runner, watch: Callable[[SimulationReport], None]) -> None:
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        watch(runner.report())


class _Connector:
    """Keeps every node connected.

    Attributes:
        fault: Why the newest attempt failed that did; empty if none did.
    """

    def __init__(
        self, options: SimulationOptions, network: Network, connections: list[TelemetryConnection]
    ) -> None:
        self._options = options
        self._network = network
        self._untried = {each.node for each in connections}
        self._all_tried = asyncio.Event()
        self._connecting = asyncio.Semaphore(_MAX_CONNECTING)
        self._jitter = random.Random(options.seed)
        self._failing = False
        self.fault = ""

    async def wait_first_attempts(self, stop: asyncio.Event) -> None:
        """Wait for every node's first attempt, so that the first events reach the server."""
        waits = [asyncio.create_task(each.wait()) for each in (self._all_tried, stop)]
        await asyncio.wait(
            waits, timeout=_FIRST_ATTEMPT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for wait in waits:
            wait.cancel()

    async def maintain(self, connection: TelemetryConnection) -> None:
        """Connect a node whenever it has no connection, until cancelled."""
        pause = self._options.retry_seconds
        while True:
            before = connection.events.total()
            while self._network.is_away(connection.node):  # noqa: ASYNC110 - simulated time
                await asyncio.sleep(_AWAY_SECONDS)
            await self._connect(connection)
            self._record_attempt(connection)
            await connection.closed.wait()
            if connection.events.total() > before:
                pause = self._options.retry_seconds
            await asyncio.sleep(pause * (0.5 + self._jitter.random()))
            pause = min(2 * pause, self._options.retry_limit_seconds)

    async def _connect(self, connection: TelemetryConnection) -> None:
        loop, options = asyncio.get_running_loop(), self._options
        async with self._connecting:
            try:
                await loop.create_connection(lambda: connection, options.host, options.port)
            except OSError as error:
                self._record_failure(connection.node, reason(error))
            else:
                self._failing = False

    def _record_failure(self, node: int, fault: str) -> None:
        """Log the first failure until a node connects: all nodes fail for the same reason."""
        self.fault = fault
        level, self._failing = logging.DEBUG if self._failing else logging.INFO, True
        logger.log(level, "node %d cannot connect, retrying with growing pauses: %s", node, fault)

    def _record_attempt(self, connection: TelemetryConnection) -> None:
        self._untried.discard(connection.node)
        if not self._untried:
            self._all_tried.set()


class _Runner:
    """Advances the network with the clock, and counts.

    Args:
        options: The options.
        network: The network.
        connections: The connection of each node.
        servers: The RPC of nodes.
        began: The monotonic time at which simulated time began.
    """

    def __init__(
        self,
        options: SimulationOptions,
        network: Network,
        connections: list[TelemetryConnection],
        servers: list[RpcServer],
        began: float,
    ) -> None:
        self._options = options
        self._network = network
        self._connections = connections
        self._servers = servers
        self._began = began
        self._start = network.now
        self._behind = 0.0
        # Longer steps for small networks, which cost little.
        self._max_step = _STEP * max(1, 1023 // options.nodes)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set or the duration is over."""
        network, duration = self._network, self._options.duration
        while not stop.is_set():
            elapsed = time.monotonic() - self._began
            if duration is not None and elapsed >= duration:
                break
            target = self._start + int(elapsed * self._options.speed * SECOND_US)
            self._measure_delay(target)
            self._advance(min(target, network.now + self._max_step))
            await asyncio.sleep(0 if network.now < target else _TICK_SECONDS)

    def _measure_delay(self, target: int) -> None:
        late = (target - self._network.now) / self._options.speed / SECOND_US - _TICK_SECONDS
        if late > _WARNING_SECONDS >= self._behind:
            logger.warning("simulation is %.1f s behind: the machine is too slow", late)
        self._behind = max(self._behind, late)

    def _advance(self, until: int) -> None:
        for emission in self._network.advance(until):
            self._connections[emission.node].add(emission)
        for connection in self._connections:
            connection.flush()
        for node in self._network.leaving():
            self._connections[node].close("hung up")
        for server in self._servers:
            server.announce()

    def report(self) -> SimulationReport:
        """Return the counters so far."""
        nodes = tuple(
            NodeReport(
                events=dict(each.events),
                bytes_sent=each.bytes_sent,
                dropped=self._network.dropped(each.node),
                connections=each.connections,
            )
            for each in self._connections
        )
        return SimulationReport(nodes, time.monotonic() - self._began, self._behind)


async def _close(connections: list[TelemetryConnection], grace: float) -> None:
    for connection in connections:
        connection.close()
    closing = asyncio.gather(*(each.closed.wait() for each in connections))
    try:
        async with asyncio.timeout(grace):
            await closing
    except TimeoutError:
        for connection in connections:
            connection.abort()
        await asyncio.gather(*(each.closed.wait() for each in connections))
