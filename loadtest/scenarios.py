"""The scenarios of the benchmark, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Scenario:
    """One benchmark.

    Attributes:
        name: Name on the command line.
        summary: Description for the help.
        connections: Number of nodes; 0: no load.
        rate: Events per second over all nodes.
        seconds: Duration of the load.
        nodes: Validators of the simulated network whose traffic is replayed.
        cores: Cores of that network. Three validators per core, as in the real network, give
            its mix at any size.
        shards: Worker processes; 0: one per CPU.
        write_interval: Seconds between two writes of one node.
        silent: Hostile sockets that never send.
        slow: Hostile sockets that send incomplete frames.
        growth_millions: Events to store between two equal measurements, in millions.
        fill_rate: Events per second while storing them.
        subscribers: Subscribers of live events with filters; one more does not read.
        queries: Whether routes are requested meanwhile.
        dashboard: Whether every route that dashboards poll is requested as well.
        speed: How fast ``tart simulate`` plays the network, if it does: it is the load instead of
            connections, and there are no queries and subscribers.
        readers: Whether the cost of readers of live events is measured instead of a load.
        opening: Whether the cost of each dashboard route is measured instead of a load.
        searching: Whether searches of ``growth_millions`` in one directory are measured instead.
        storm: Whether the load is a storm between two calms; see ``loadtest.storm``.
        recovery_seconds: Duration of the calm after a storm.
        floor_seconds: Duration of the measurement of the floor.
        settings: Settings of the server, where its defaults would refuse this load.
        files: Directory that gets the server's files after its stop; none: they are removed.
    """

    name: str
    summary: str
    connections: int = 0
    rate: float = 0.0
    seconds: float = 20.0
    nodes: int = 300
    cores: int = 100
    shards: int = 0
    write_interval: float = 0.05
    silent: int = 0
    slow: int = 0
    growth_millions: float = 0.0
    fill_rate: float = 0.0
    subscribers: int = 0
    queries: bool = True
    dashboard: bool = False
    speed: float = 0.0
    readers: bool = False
    opening: bool = False
    searching: bool = False
    storm: bool = False
    recovery_seconds: float = 60.0
    floor_seconds: float = 0.0
    settings: Mapping[str, str] = field(default_factory=dict)
    files: Path | None = None

    @property
    def events(self) -> int:
        """Number of events that one measurement sends."""
        return round(self.rate * self.seconds)


SCENARIOS = {
    each.name: each
    for each in (
        Scenario(
            "quick",
            "a look in under a minute: 200 nodes, 50,000 events/s, 15 s",
            connections=200,
            rate=50_000,
            seconds=15,
            nodes=120,
            cores=40,
            floor_seconds=4,
        ),
        Scenario(
            "line",
            "line rate: 1,024 nodes, 100,000 events/s, 120 s",
            connections=1024,
            rate=100_000,
            seconds=120,
            floor_seconds=10,
        ),
        Scenario(
            "full",
            "300 nodes at full load: 250,000 events/s, 60 s",
            connections=300,
            rate=250_000,
            seconds=60,
            floor_seconds=10,
        ),
        Scenario(
            "storm",
            "200,000 events/s for ten minutes, dashboards and retention running; then recovery",
            connections=300,
            rate=200_000,
            seconds=600,
            storm=True,
        ),
        Scenario("idle", "no nodes, 20 s", seconds=20),
        Scenario(
            "six",
            "the six nodes of the demo, some 49 events/s, no queries, 40 s",
            seconds=40,
            nodes=6,
            cores=2,
            shards=2,
            speed=1,
        ),
        Scenario(
            "small",
            "a small network: 64 nodes, 19,200 events/s, no queries, 30 s",
            connections=64,
            rate=19_200,
            seconds=30,
            nodes=120,
            cores=40,
            queries=False,
            floor_seconds=4,
        ),
        Scenario(
            "hostile",
            "1,024 nodes at 50,000 events/s, 1,000 silent sockets, 200 senders of half frames",
            connections=1024,
            rate=50_000,
            seconds=20,
            silent=1000,
            slow=200,
            # All of them may land on one shard.
            settings={
                "TART_TELEMETRY_MAX_CONNECTIONS": "4096",
                "TART_TELEMETRY_MAX_CONNECTIONS_PER_ADDRESS": "4096",
            },
        ),
        Scenario(
            "dashboard",
            "every dashboard route at 50,000 events/s, with 20 million events stored",
            connections=300,
            rate=50_000,
            seconds=30,
            growth_millions=20,
            fill_rate=150_000,
            dashboard=True,
        ),
        Scenario(
            "opening",
            "every dashboard route with nothing cached: six nodes after two minutes, 8 times speed",
            seconds=120,
            nodes=6,
            cores=2,
            shards=2,
            speed=8,
            opening=True,
        ),
        Scenario(
            "search",
            "searches by type, node, core, slot and hash in 20 million events of one shard",
            growth_millions=20,
            searching=True,
        ),
        Scenario(
            "streams",
            "20 filtered subscribers at 10,000 events/s, and one that takes nothing",
            connections=300,
            rate=10_000,
            seconds=30,
            subscribers=20,
        ),
        Scenario(
            "fanout",
            "250 events/s of ten nodes to no, 50 and 300 readers of live events",
            seconds=8,
            shards=2,
            readers=True,
        ),
        Scenario(
            "growth",
            "the same 10 s on an empty store and after millions of events",
            connections=300,
            rate=50_000,
            seconds=10,
            growth_millions=10,
            fill_rate=150_000,
        ),
    )
}
