"""A troubled network played into a running tart, with what really happened beside it.

The truth is the simulator's own (``tart.simulate.model.truth``), not what its events say. It is
told over real connections, in order of time, with one pause: by the server's clock it
happened within seconds, by the nodes' clocks within minutes.
"""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from tart.simulate.model.in_memory import Played, play_troubled
from tart.simulate.model.truth_reader import Facts
from tests.e2e.packages_truth import Packages
from tests.e2e.received import Received
from tests.running import PATIENT, System, running_system, wait_for

# Shards, and whether the system was stopped and started again since.
SYSTEMS = {
    "1 shard": (1, False),
    "2 shards": (2, False),
    "2 shards, restarted": (2, True),
    "3 shards, restarted": (3, True),
    "5 shards, restarted": (5, True),
}
SEVERAL = "2 shards, restarted"
# Marks a module whose tests need one system, if shards are merged in it.
OVER_SEVERAL_SHARDS = pytest.mark.parametrize("truth", [SEVERAL], indirect=True, scope="session")
SLOTS = 60
# Windows have whole seconds: the events of one of them must not be all there are.
LASTS_SECONDS = 3.0
# Within this all is told, but on a very slow machine.
TELLING_SECONDS = 12.0


def system_params(*in_every_run: str) -> list[Any]:
    """Names of systems, the others for ``make soak``: each shard takes part in each request.

    That answers do not depend on the number of shards, test_same_answers.py shows of every route.
    """
    return [
        pytest.param(name, id=name, marks=[] if name in in_every_run else [pytest.mark.soak])
        for name in SYSTEMS
    ]


@dataclass(frozen=True)
class Told:
    """A tart that was told everything, and the truth."""

    system: System
    played: Played
    restarted: bool = False

    @property
    def facts(self) -> Facts:
        """What really happened."""
        return self.played.facts

    # Both read all events from the server: once for all tests, which change neither.
    @cached_property
    def packages(self) -> Packages:
        """What happened to packages."""
        return Packages(self)

    @cached_property
    def received(self) -> Received:
        """All events as the server has them."""
        return Received(self)


@cache
def network() -> Played:
    """Failures, forks, reconnects, drops, both protocol versions; always the same."""
    return play_troubled(SLOTS, seed=3)


def tell(system: System, played: Played) -> None:
    """Send everything, each node on its own connections, and wait until it is stored.

    A node that comes back was heard to the end before, as in a network where that takes
    longer than a moment: another shard may take the new connection, and be faster.
    """
    # All in one minute: where buckets are of several minutes, a window that ends between two events
    # in the past ends with the bucket before, and the next one does not follow it.
    if (left := 60 - time.time() % 60) < TELLING_SECONDS:
        time.sleep(left)
    begun = time.monotonic()
    of = {id(each): session for session in played.sessions for each in session.emissions}
    lines: dict[int, socket.socket] = {}
    for sent, emission in enumerate(played.emissions):
        session = of[id(emission)]
        if id(session) not in lines:
            if session.ordinal:
                wait_for(lambda sent=sent: _counted(system) == sent, f"{sent} events")  # type: ignore[misc]
            lines[id(session)] = system.connect()
            lines[id(session)].sendall(session.hello)
        if sent == len(played.emissions) // 2:
            time.sleep(max(0.0, begun + LASTS_SECONDS - time.monotonic()))
        lines[id(session)].sendall(emission.frame)
        if emission is session.emissions[-1]:
            lines.pop(id(session)).close()
    settled(system, len(played.emissions))


def settled(system: System, events: int) -> None:
    """Wait until so many are stored and nobody is connected any more."""
    wait_for(lambda: _counted(system) == events and not _connected(system), f"{events} events")
    wait_for(system.committed, "the last commit")


def _counted(system: System) -> int:
    return sum(node["event_count"] for node in system.get("/api/nodes")["nodes"])


def _connected(system: System) -> bool:
    return any(node["is_connected"] for node in system.get("/api/nodes")["nodes"])


@contextmanager
def told(data: Path, shards: int, *, restarted: bool) -> Iterator[Told]:
    """A tart with so many shards that knows everything; perhaps started again since."""
    played = network()
    with running_system(data, shards=shards, environ=PATIENT) as system:
        tell(system, played)
        if not restarted:
            yield Told(system, played)
            return
        system.process.send(signal.SIGTERM)
        assert system.process.ended() == 0
    with running_system(data, shards=shards, environ=PATIENT) as system:
        yield Told(system, played, restarted=True)
