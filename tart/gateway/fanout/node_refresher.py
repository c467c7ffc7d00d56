"""Refreshes of the node registry: when a shard becomes available, and periodically.

Shards push nodes that connect or disconnect; the refresh adds all other changes.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from tart.background_tasks import Background
from tart.errors import TartError
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import QueryClient
from tart.query.shard_queries.nodes import Nodes

log = logging.getLogger(__name__)

REFRESH_SECONDS = 60.0


class NodeRefresher:
    """Reads all nodes from the shards into the registry.

    Args:
        interval_seconds: The longest time between two refreshes.
    """

    def __init__(
        self,
        queries: QueryClient,
        registry: NodeRegistry,
        background: Background,
        interval_seconds: float = REFRESH_SECONDS,
    ) -> None:
        self._queries = queries
        self._registry = registry
        self._background = background
        self._interval_seconds = interval_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to refresh."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop refreshing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        welcomed = self._queries.shards.welcomed
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await welcomed.wait()
            welcomed.clear()
            try:
                answers = await self._queries.ask_each(Nodes())
            except TartError as error:
                log.warning("cannot refresh the node registry: %s; retrying", error)
                continue
            for shard, nodes in answers.values:
                with self._background.guard("nodes"):
                    self._registry.record(shard, nodes)
                    self._registry.complete.add(shard)
