"""``tart simulate``: plays a simulated network against a telemetry server in real time.

One connection per node. Simulated time runs ``speed`` times as fast as the clock, from
the present JAM slot on; the timestamps of events stay wall-clock, so that at speed X
slot numbers run ahead and the durations told are X times shorter than simulated.

- A node that cannot connect, or loses its connection, tries again with growing pauses.
- When this machine is too slow for the network, simulated time falls behind the clock;
  nothing is skipped, and the report says by how much.
- It stops when ``duration`` is over or ``stop`` is set: what was written is delivered,
  within ``grace_seconds``.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import uvloop

from tart.errors import StartupError
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.network import Network
from tart.simulate.model.schedule import MILLISECOND
from tart.simulate.model.truth import Truth
from tart.simulate.telemetry_connection import Sender
from tart.units import JCE_UNIX_SECONDS, SECOND_US

logger = logging.getLogger(__name__)

# Events are batched for so long at most; a node's timestamps are finer than that.
_TICK_SECONDS = 0.02
# Simulated time between two looks at the sockets, for networks this machine can only just play.
_STEP = 10 * MILLISECOND
_CONNECTING_AT_ONCE = 64
_FIRST_ATTEMPT_SECONDS = 5.0
_WORTH_A_WARNING_SECONDS = 2.0
_WATCH_SECONDS = 0.25


@dataclass(frozen=True)
class SimulationOptions:
    """What to play, and against whom.

    Attributes:
        host: where the telemetry server is; ``port`` likewise.
        nodes: validators; ``cores``: cores. Three validators per core are usual.
        speed: simulated seconds per second.
        duration: seconds of real time, ``None`` for no end.
        seed: equal seeds play equal networks.
        protocol: telemetry protocol version, 0 or 1; of several the nodes take turns.
        rates: how often what goes wrong goes wrong.
        buffer_bytes: what each node keeps for a server that does not read, before it
            drops events; so much again is in the kernel.
        retry_seconds: first pause before connecting again; it doubles up to
            ``retry_limit_seconds`` while there is no success.
        grace_seconds: at the end, for the server to read what was written.
        truth: file for what really happens (:mod:`tart.simulate.model.truth`), written anew.
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


@dataclass(frozen=True)
class NodeReport:
    """What one node did.

    Attributes:
        events: events sent, by type.
        bytes_sent: of events and first messages.
        dropped: events it dropped.
        connections: how often it was connected.
    """

    events: Mapping[str, int]
    bytes_sent: int
    dropped: int
    connections: int


@dataclass(frozen=True)
class SimulationReport:
    """What all nodes did.

    Attributes:
        seconds: of real time.
        behind_seconds: the most that simulated time was behind the clock.
    """

    nodes: tuple[NodeReport, ...]
    seconds: float
    behind_seconds: float

    @property
    def events(self) -> Counter[str]:
        """Events sent, by type."""
        total: Counter[str] = Counter()
        for each in self.nodes:
            total.update(each.events)
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
    """Play until the end or a signal, under uvloop; for the command line.

    Raises:
        StartupError: the file for the truth cannot be written.
        ValueError: an option is out of its range.
    """

    async def main() -> SimulationReport:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await simulate(options, stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def simulate(
    options: SimulationOptions,
    stop: asyncio.Event,
    watch: Callable[[SimulationReport], None] | None = None,
) -> SimulationReport:
    """Play until ``stop`` is set or the duration is over.

    Args:
        watch: called with what was done so far, a few times a second.

    Raises:
        StartupError: the file for the truth cannot be written.
        ValueError: an option is out of its range.
    """
    with _telling(options.truth) as truth:
        return await _simulate(options, stop, watch, truth)


@contextmanager
def _telling(path: Path | None) -> Iterator[Truth | None]:
    if path is None:
        yield None
        return
    try:
        file = path.open("wb")
    except OSError as error:
        raise StartupError(f"{path} cannot be written: {error.strerror}") from error
    with file:
        yield Truth(lambda fact: file.write(orjson.dumps(fact, option=orjson.OPT_APPEND_NEWLINE)))


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
    )
    senders = [Sender(network, node, options.buffer_bytes) for node in range(options.nodes)]
    lines = _Lines(options, senders)
    playing = _Playing(options, network, senders, began)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(lines.keep(sender)) for sender in senders]
        if watch is not None:
            tasks.append(group.create_task(_watch(playing, watch)))
        await lines.tried_all(stop)
        await playing.until(stop)
        for task in tasks:
            task.cancel()
    await _close(senders, options.grace_seconds)
    network.end()
    return playing.report()


async def _watch(playing: _Playing, watch: Callable[[SimulationReport], None]) -> None:
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        watch(playing.report())


class _Lines:
    """Keeps every node connected."""

    def __init__(self, options: SimulationOptions, senders: list[Sender]) -> None:
        self._options = options
        self._untried = {each.node for each in senders}
        self._all_tried = asyncio.Event()
        self._connecting = asyncio.Semaphore(_CONNECTING_AT_ONCE)
        self._jitter = random.Random(options.seed)

    async def tried_all(self, stop: asyncio.Event) -> None:
        """Wait for everybody's first attempt, so that the beginning has an audience."""
        waits = [asyncio.create_task(each.wait()) for each in (self._all_tried, stop)]
        await asyncio.wait(
            waits, timeout=_FIRST_ATTEMPT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for each in waits:
            each.cancel()

    async def keep(self, sender: Sender) -> None:
        """Connect this node, again and again, until cancelled."""
        pause = self._options.retry_seconds
        while True:
            before = sender.events.total()
            await self._connect(sender)
            self._tried(sender)
            await sender.closed.wait()
            if sender.events.total() > before:
                pause = self._options.retry_seconds
            await asyncio.sleep(pause * (0.5 + self._jitter.random()))
            pause = min(2 * pause, self._options.retry_limit_seconds)

    async def _connect(self, sender: Sender) -> None:
        loop, options = asyncio.get_running_loop(), self._options
        async with self._connecting:
            try:
                await loop.create_connection(lambda: sender, options.host, options.port)
            except OSError as error:
                logger.info("node %d cannot connect: %s", sender.node, error)

    def _tried(self, sender: Sender) -> None:
        self._untried.discard(sender.node)
        if not self._untried:
            self._all_tried.set()


class _Playing:
    """Follows the clock, and knows what was done so far.

    Args:
        began: the monotonic time at which simulated time began.
    """

    def __init__(
        self, options: SimulationOptions, network: Network, senders: list[Sender], began: float
    ) -> None:
        self._options = options
        self._network = network
        self._senders = senders
        self._began = began
        self._start = network.now
        self._behind = 0.0
        # Longer at once for small networks, which cost little.
        self._most = _STEP * max(1, 1023 // options.nodes)

    async def until(self, stop: asyncio.Event) -> None:
        """Play until ``stop`` is set or the duration is over."""
        network, duration = self._network, self._options.duration
        while not stop.is_set():
            elapsed = time.monotonic() - self._began
            if duration is not None and elapsed >= duration:
                break
            target = self._start + int(elapsed * self._options.speed * SECOND_US)
            self._note_lateness(target)
            self._advance(min(target, network.now + self._most))
            await asyncio.sleep(0 if network.now < target else _TICK_SECONDS)

    def _note_lateness(self, target: int) -> None:
        late = (target - self._network.now) / self._options.speed / SECOND_US - _TICK_SECONDS
        if late > _WORTH_A_WARNING_SECONDS >= self._behind:
            logger.warning("this machine is too slow for the network: %.1f s behind", late)
        self._behind = max(self._behind, late)

    def _advance(self, until: int) -> None:
        for emission in self._network.advance(until):
            self._senders[emission.node].add(emission)
        for sender in self._senders:
            sender.flush()
        for node in self._network.leaving():
            self._senders[node].close("hung up")

    def report(self) -> SimulationReport:
        """What was done so far."""
        nodes = tuple(
            NodeReport(
                events=dict(each.events),
                bytes_sent=each.bytes_sent,
                dropped=self._network.dropped(each.node),
                connections=each.connections,
            )
            for each in self._senders
        )
        return SimulationReport(nodes, time.monotonic() - self._began, self._behind)


async def _close(senders: list[Sender], grace: float) -> None:
    for sender in senders:
        sender.close()
    closing = asyncio.gather(*(each.closed.wait() for each in senders))
    try:
        async with asyncio.timeout(grace):
            await closing
    except TimeoutError:
        for sender in senders:
            sender.abort()
        await asyncio.gather(*(each.closed.wait() for each in senders))
