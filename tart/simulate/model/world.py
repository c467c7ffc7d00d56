"""The world of the simulated network: nodes, time, chance, and event reporting.

Pure. Activities (chain, guaranteeing, …) share only the world and the state of its nodes. All
randomness comes from one seeded source, and no decision of an activity may depend on whether
an event was reported.

Simulated time is in microseconds of the JAM Common Era; at speed X the timestamps of
events advance X times slower, so that they stay wall-clock.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tart.protocol.events import EventKind
from tart.simulate.model.fault_rates import Chances, Rates
from tart.simulate.model.records import Block, Guarantee, Preimage
from tart.simulate.model.reporter import HIDDEN, UNREPORTED, Emission, Handle, Reporter
from tart.simulate.model.schedule import MILLISECOND, Process, Schedule
from tart.testing import FakeNode
from tart.units import SECOND_US

if TYPE_CHECKING:
    from tart.simulate.model.truth import Truth

SLOT = 6 * SECOND_US
_NOTHING: list[Emission] = []

# Clock offsets are below the shortest latency, so a receipt stays after its sending.
_CLOCK_OFFSET = 4 * MILLISECOND
_SHORTEST_LATENCY = 10 * MILLISECOND


class Implementation(NamedTuple):
    """An implementation of a node."""

    name: str
    version: str


# Obviously not the names of real ones.
IMPLEMENTATIONS = (
    Implementation("sim-alpha", "0.1.0"),
    Implementation("sim-beta", "0.3.2"),
    Implementation("sim-gamma", "1.0.0-rc1"),
    Implementation("sim-delta", "0.0.7"),
)


# Gets the event type, the objects that the event is about, and its fields.
Censor: TypeAlias = Callable[[EventKind, object, dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Conduct:
    """The speed and the failures of a node; by default those of any.

    Attributes:
        pace: Factor of the time that its own blocks take.
        import_pace: Factor of the time that imports of blocks take.
        guarantee_pace: Factor of the time that refinement and the building of reports take.
        failures: Factor of the rates of its failures.
        lost_assurances: Share of its assurances that reach no node, although it tells of them.
    """

    pace: float = 1.0
    import_pace: float = 1.0
    guarantee_pace: float = 1.0
    failures: float = 1.0
    lost_assurances: float = 0.0


class Node:
    """One validator and its state.

    Attributes:
        index: Its index in the validator set.
        reporter: Its telemetry.
        address: IPv6, of the range reserved for documentation.
        clock: Offset of its clock, microseconds ahead.
        protocol: Its version of JIP-3.
        neighbours: Nodes with which it has block announcement streams.
        linked: Bit i: connected to validator i.
        streams: Open block announcement streams by peer, with the event that opened each.
        best: Its best block.
        finalized: Its finalized block.
        synced: Whether it is in sync.
        lagging_until: It fetches no blocks before this slot.
        blocks: Blocks it executed, with the event that began it (Authoring or Importing).
        begun: Blocks it has begun to fetch or import.
        announcers: By block, the peers that announced it.
        followed: Blocks that its activities have followed.
        guarantees: Its pool of guarantees, by report hash.
        preimages: Its pool of preimages, by hash.
        announced: Announced preimages that it does not have, by hash.
        assurances: By anchor, the validators whose assurances it received in the present slot;
            bit i: validator i.
        shards: By slot of arrival, number and bytes of the erasure shards it stores.
        authoring_slot: The last slot in which it was the author, or one of two.
        conduct: What distinguishes it from others: its speed, its failures.
        withholds_assurances: Whether it sends no assurance, although it tells so; a planted lie.
        censor: Decides whether an event is told, and may change its fields; ``None``: all are, as
            they are. For planted lies.
    """

    def __init__(self, index: int, reporter: Reporter, clock: int, base: Block) -> None:
        self.index = index
        self.reporter = reporter
        self.clock = clock
        self.peer_id = reporter.fake.peer_id
        self.protocol = reporter.fake.information.protocol_version
        self.address: dict[str, Any] = {
            "ipv6": reporter.fake.information.address,
            "port": reporter.fake.information.port,
        }
        self.neighbours: tuple[Node, ...] = ()
        self.linked = 0
        self.streams: dict[int, Handle] = {}
        self.best = self.finalized = base
        self.synced = False
        self.lagging_until = 0
        self.blocks: dict[bytes, Handle] = {base.hash: UNREPORTED}
        self.begun: set[bytes] = {base.hash}
        self.announcers: dict[bytes, list[int]] = {}
        self.followed: set[bytes] = {base.hash}
        self.guarantees: dict[bytes, Guarantee] = {}
        self.preimages: dict[bytes, Preimage] = {}
        self.announced: dict[bytes, Preimage] = {}
        self.assurances: dict[bytes, int] = {}
        self.shards: dict[int, tuple[int, int]] = {}
        self.authoring_slot = 0
        self.conduct = Conduct()
        self.withholds_assurances = False
        self.censor: Censor | None = None

    def forget_block(self, block: bytes) -> None:
        """Forget an old block."""
        self.blocks.pop(block, None)
        self.announcers.pop(block, None)
        self.begun.discard(block)
        self.followed.discard(block)


@dataclass
class Impediments:
    """The effects of planted troubles (``troubles``) on the network; by default there are none.

    Attributes:
        authors: Whether blocks are made.
        missing_slots: Share of the slots in which none is.
        finalizes: Whether blocks are finalized.
        assurance_delay: Added to the way of most assurances, microseconds.
        guarantee_delay: Added to the sending of each guarantee, microseconds.
        divided: Whether nodes are on different chains after a partition: none can finalize.
        side: The nodes on one side of a partition; bit i: validator i. 0 if there is none.
    """

    authors: bool = True
    missing_slots: float = 0.0
    finalizes: bool = True
    assurance_delay: int = 0
    guarantee_delay: int = 0
    divided: bool = False
    side: int = 0

    def separates(self, a: int, b: int) -> bool:
        """Return whether validators ``a`` and ``b`` are on different sides."""
        return bool((self.side >> a ^ self.side >> b) & 1)


class World:
    """The nodes, the time and the chances of one network.

    Args:
        validators: Number of nodes, at least 1.
        cores: Number of cores, at least 1.
        seed: Equal seeds give equal runs.
        start: Simulated time of the beginning, microseconds of the JAM Common Era.
        speed: Simulated seconds per second of the timestamps.
        rates: Fault rates.
        protocol: Telemetry protocol version, 0 or 1; several are assigned to the nodes in turn.
        truth: Records the truth, if given.
        implementations: Names and versions, assigned to the nodes in turn.
        own_assurances: Whether authors bring their own assurances on chain.

    Attributes:
        leaving: Nodes whose telemetry loses its connection now.
        away: Nodes whose telemetry does not connect again yet.
        losing: Nodes whose telemetry loses many events.
        blocks: All blocks not yet forgotten, by header hash; the chain removes them.
        chances: Decide when faults happen.
        impediments: The effects of planted troubles on the network.
    """

    def __init__(
        self,
        validators: int,
        cores: int,
        *,
        seed: int,
        start: int,
        speed: float,
        rates: Rates,
        protocol: int | Sequence[int],
        truth: Truth | None = None,
        implementations: Sequence[Implementation] = IMPLEMENTATIONS,
        own_assurances: bool = False,
    ) -> None:
        self.cores = cores
        self.implementations = implementations
        self.own_assurances = own_assurances
        self.truth = truth
        self._protocols = (protocol,) if isinstance(protocol, int) else tuple(protocol)
        self.rng = random.Random(seed)
        self.rates = rates
        self.schedule = Schedule(start)
        self.chances = Chances(rates, self.rng)
        self.happens = self.chances.happens
        self.impediments = Impediments()
        self.blocks: dict[bytes, Block] = {}
        self.away: set[int] = set()
        self.losing: set[int] = set()
        self.out: deque[Emission] = deque()
        self.leaving: set[int] = set()
        self.requests = count(1)
        self._seed = seed
        self._start = start
        self._speed = speed
        slot = start // SLOT
        self.base = Block(slot, 0, self.hash("header", slot), self.hash("header", slot - 1), -1)
        self.nodes = self._make_nodes(validators)
        self.parameters = dict(self.nodes[0].reporter.fake.information.parameters or {})
        # Shards needed to recover what was erasure coded, one third of all.
        self.recovery = max(1, validators // 3)

    def _make_nodes(self, validators: int) -> list[Node]:
        sessions = count(1)
        genesis = self.hash("genesis")
        nodes = []
        for index in range(validators):
            fake = self._fake(index, validators, genesis)
            clock = self.between(-_CLOCK_OFFSET, _CLOCK_OFFSET)
            nodes.append(Node(index, Reporter(index, fake, sessions), clock, self.base))
        # The grid of JAMNP-S: block announcement streams along its rows and columns.
        width = math.isqrt(validators)
        for a in nodes:
            a.neighbours = tuple(
                b
                for b in nodes
                if b is not a
                and (a.index // width == b.index // width or a.index % width == b.index % width)
            )
        return nodes

    def _fake(self, index: int, validators: int, genesis: bytes) -> FakeNode:
        name, version = self.implementations[index % len(self.implementations)]
        return FakeNode(
            self.hash("peer", index),
            cores=self.cores,
            validators=validators,
            version=self._protocols[index % len(self._protocols)],
            name=name,
            implementation_version=version,
            address=f"2001:db8::{index + 1:x}",
            port=40_000,
            flags=index % 2,  # bit 0: recompiler, not interpreter
            genesis=genesis,
            note=f"simulated validator {index}",
        )

    def emit(self, node: Node, kind: EventKind, about: object = None, /, **fields: Any) -> Handle:
        """Report an event of a node, now.

        Args:
            node: The node.
            kind: The event type.
            about: The objects that the event is about, for the truth; not part of the event.
            fields: The event's fields; handles among them become event ids.
        """
        truth = self.truth
        permitted = node.censor is None or node.censor(kind, about, fields)
        # Reporting replaces handles by ids.
        given = fields if truth is None else dict(fields)
        timestamp = self.wall_time() + node.clock
        handle, sent = HIDDEN, _NOTHING
        if permitted:
            handle, sent = node.reporter.report(self.schedule.now, timestamp, kind, fields)
            self.out.extend(sent)
        if truth is not None:
            if len(sent) > 1:
                truth.add_dropped(node, timestamp, sent[0].event_id)
            truth.add_event(node, kind, about, given, timestamp, handle)
        return handle

    def wall_time(self, since_start: int | None = None) -> int:
        """Return the time of an exact clock, microseconds of the JAM Common Era.

        Args:
            since_start: Simulated microseconds since the beginning; ``None`` for the present.
        """
        if since_start is None:
            since_start = self.schedule.now - self._start
        return self._start + int(since_start / self._speed)

    def start(self, process: Process, delay: int = 0) -> None:
        """Run a process from ``delay`` microseconds from now on."""
        self.schedule.start(process, delay)

    @property
    def slot(self) -> int:
        """The present slot."""
        return self.schedule.now // SLOT

    def others(self, node: Node) -> Iterator[Node]:
        """Return all other nodes, beginning after this one, so that the order differs by node."""
        nodes = self.nodes
        for index in range(node.index + 1, node.index + len(nodes)):
            yield nodes[index % len(nodes)]

    def sample(self, choices: list[Node], number: int) -> list[Node]:
        """Return at most ``number`` of the nodes, in random order."""
        return self.rng.sample(choices, min(number, len(choices)))

    def hash(self, kind: str, *identity: object) -> bytes:
        """Return 32 bytes that are unique for seed, kind and identity."""
        text = "/".join(map(str, (self._seed, kind, *identity)))
        return hashlib.blake2b(text.encode(), digest_size=32).digest()

    def between(self, low: int, high: int) -> int:
        """Return a random number of microseconds from ``low`` to below ``high``."""
        return low + int((high - low) * self.rng.random())

    def latency(self) -> int:
        """Return the microseconds that a message takes to a peer: mostly few, sometimes many."""
        chance = self.rng.random()
        return _SHORTEST_LATENCY + int(110 * MILLISECOND * chance * chance)


def linked(a: Node, b: Node) -> bool:
    """Return whether two nodes are connected."""
    return bool(a.linked >> b.index & 1)
