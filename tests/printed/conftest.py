"""A server with a simulated network, against which all examples run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.running import System, running_system, wait_for
from tests.supervisor.process import Process


class Network:
    """A server with nodes, and the values that stand for those in print."""

    def __init__(self, system: System) -> None:
        self.system = system
        event = system.get("/api/events", event_types="BestBlockChanged", limit=1)["events"][0]
        self.values = {
            "NODE": event["node_id"],
            "PREFIX": event["node_id"][:12],
            "SLOT": str(event["data"]["BestBlockChanged"]["slot"]),
        }

    def fill(self, text: str) -> str:
        """Return a text with values of the network."""
        return re.sub("NODE|PREFIX|SLOT", lambda match: self.values[match[0]], text)


@pytest.fixture(scope="package")
def network(tmp_path_factory: Any) -> Iterator[Network]:
    data = tmp_path_factory.mktemp("printed") / "data"
    # A page that is opened from a file has the origin "null".
    environ = {"TART_API_CORS_ORIGINS": "null"}
    with running_system(data, shards=1, environ=environ) as system:
        target = ":".join(map(str, system.telemetry))
        arguments = ("--target", target, "--nodes", "3", "--cores", "1", "--speed", "4")
        with Process("tart", "simulate", *arguments, cwd=data.parent):
            newest = {"event_types": "BestBlockChanged", "limit": 1}
            wait_for(lambda: system.get("/api/events", **newest)["events"], "a block")
            wait_for(lambda: system.get("/api/stats")["best_block"], "a best block")
            yield Network(system)
