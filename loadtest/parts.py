"""The processes beside the server: the generator of a load, and clients that request routes."""

from __future__ import annotations

from pathlib import Path

from loadtest import traffic
from loadtest.dialogue import Part
from loadtest.scenarios import Scenario
from loadtest.server import Server

# Events are sent, however late, until this multiple of the run's seconds, and this time more.
_DEADLINE_FACTOR = 4.0
DEADLINE_SECONDS = 60.0


def deadline(scenario: Scenario) -> float:
    """Return the seconds after which a generator sends no more."""
    return scenario.seconds * _DEADLINE_FACTOR + DEADLINE_SECONDS


def generator(scenario: Scenario, path: Path, host: str, port: int, run: int) -> Part:
    """Return the generator of a load; it says when it has connected.

    Args:
        scenario: The load.
        path: The recording.
        host: Where it connects to.
        port: The port.
        run: Loads of one server have different numbers, and so different nodes.
    """
    return Part(
        "loadtest.generator",
        {
            "host": host,
            "port": port,
            "run": run,
            "connections": scenario.connections,
            "recording": str(path),
            "rate": scenario.rate,
            "seconds": scenario.seconds,
            "write_interval": scenario.write_interval,
            "deadline": deadline(scenario),
        },
    )


def queries(server: Server, run: int, *, dashboard: bool) -> Part:
    """Return the clients that request routes; they say when they are ready.

    Args:
        server: The server.
        run: That of the load whose first node they ask for.
        dashboard: Whether they also request every route that dashboards poll.
    """
    node = traffic.peer_id(0, run).hex()
    return Part("loadtest.queries", {"api": server.api, "node": node, "dashboard": dashboard})
