"""The answer to the query ``network``: counts of the network, and the state of its nodes."""

from __future__ import annotations

import os
import time

from tart.clock import Clock, unix_us
from tart.query.shard_queries.network import Network, NetworkFigures
from tart.shard.ingest.pipeline import Ingest
from tart.shard.state.nodes import Nodes
from tart.units import SECOND_US

# A node that reconnects to another shard made some of its statements here.
RECENT_SECONDS = 600
MAX_RECENT = 1_024


class NetworkState:
    """Answers the query ``network`` for one shard."""

    def __init__(self, nodes: Nodes, ingest: Ingest, clock: Clock = unix_us) -> None:
        self._nodes = nodes
        self._ingest = ingest
        self._clock = clock
        self._process = f"{os.getpid()}-{time.monotonic_ns()}"

    def figures(self, query: Network) -> NetworkFigures:
        """Return the shard's figures."""
        now_us = self._clock()
        return {
            "process": self._process,
            "counts": self._ingest.aggregator.totals(),
            "nodes": [
                node.figures()
                for node in self._nodes.recent(now_us - RECENT_SECONDS * SECOND_US, MAX_RECENT)
            ],
            "best_slots": self._ingest.best_slots.newest(now_us),
            "best_slots_ignored": self._ingest.best_slots.overflowed,
        }
