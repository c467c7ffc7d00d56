"""Handler of ``/metrics/network``."""

from __future__ import annotations

import time

from tart.errors import QueryTimeout, ShardUnavailable
from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.queries import QueryClient, coverage, now_us
from tart.gateway.fanout.shards import Answers
from tart.gateway.http.responses import Answer
from tart.gateway.observability.network_metrics import NetworkMetrics
from tart.query.shard_queries.network import Network, NetworkFigures


class NetworkMetricsHandler:
    """Reports metrics of the network.

    Args:
        restarted: Whether this gateway replaces one that ended.
    """

    def __init__(self, queries: QueryClient, *, restarted: bool) -> None:
        self._queries = queries
        self._metrics = NetworkMetrics(restarted=restarted)

    async def answer(self) -> Answer:
        """Answer ``/metrics/network``, also while no shard answers."""
        try:
            answers = await self._queries.ask_each(Network())
        except (QueryTimeout, ShardUnavailable):
            answers = Answers[NetworkFigures]([], self._queries.shards.total)
        known = len(self._queries.registry)
        page = await run_on_merge_thread(
            lambda: self._metrics.page(
                dict(answers.values),
                shards=answers.total,
                known_nodes=known,
                now_us=now_us(),
                monotonic=time.monotonic(),
            )
        )
        return Answer(page, coverage(answers))
