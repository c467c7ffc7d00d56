"""The anomaly monitor: reads each minute of the network when it is over, and scores it.

It learns the past of the network from the aggregates when it starts. A minute in which a shard
did not answer, came back or had just begun is not scored: what is missing there is missing in
tart, not in the network.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tart.alerting.anomalies.detector import AnomalyDetector, Epochs, Implementation
from tart.alerting.anomalies.network_series import counts_by_minute, whole_minutes
from tart.alerting.anomalies.node_series import COUNTED, IMPORT, MinuteRows
from tart.alerting.anomalies.usual_values import PAST
from tart.background_tasks import Background
from tart.errors import TartError
from tart.gateway.fanout.queries import QueryClient, gather_all, now_text, now_us
from tart.gateway.http.responses import Answer
from tart.query.answers.anomalies import Anomalies
from tart.query.core import chain_stats
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.units import MINUTE_US, SECOND_US

# After the end of a minute, until its last events are counted.
DELAY_US = 5 * SECOND_US


class AnomalyMonitor:
    """The scores of nodes and of the network.

    Attributes:
        detector: What was learnt.
    """

    def __init__(self, queries: QueryClient, background: Background) -> None:
        self.detector = AnomalyDetector()
        self._queries = queries
        self._background = background
        self._epochs = Epochs()
        self._restarts = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to score."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop scoring."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def answer(self, limit: int, node: str | None = None) -> Answer:
        """Answer ``/api/anomalies``."""
        body: Anomalies = {**self.detector.answer(limit, node), "timestamp": now_text()}
        return Answer(body)

    async def learn(self, now: int) -> None:
        """Learn the past of the network from the aggregates.

        Args:
            now: The present, Unix microseconds.
        """
        await self._read_epochs()
        end = now - now % MINUTE_US
        rows, _ = await self._queries.ask(
            AggregateSum(
                "counts",
                Window(end - PAST * MINUTE_US, end - 1),
                by=["bucket", "type"],
                values=["count"],
                step_us=MINUTE_US,
            )
        )
        minutes = counts_by_minute(rows)
        for minute in whole_minutes(minutes):
            self.detector.add_network(minute, minutes[minute], self._epochs)

    async def score(self, minute_us: int) -> bool:
        """Score a minute that is over; return whether all shards answered for it.

        Args:
            minute_us: Its start, Unix microseconds.
        """
        implementations = await self._read_epochs()
        window = Window(minute_us, minute_us + MINUTE_US - 1)
        rows, is_complete = await self._rows(window)
        restarts = sum(shard.statistics.restarts for shard in self._queries.shards.every)
        was_restarted, self._restarts = restarts != self._restarts, restarts
        if not is_complete or was_restarted:
            return False
        by_type: dict[int, int] = {row["type"]: row["count"] for row in rows.pop("types")}
        if by_type:
            self.detector.add_network(minute_us, by_type, self._epochs)
            self.detector.add_nodes(minute_us, MinuteRows(**rows), implementations)
        return True

    async def _run(self) -> None:
        await self._queries.shards.wait_any_welcomed()
        self._restarts = sum(shard.statistics.restarts for shard in self._queries.shards.every)
        with self._background.guard("anomalies"), suppress(TartError):
            await self.learn(now_us())
        # A whole minute from now on: the one that runs may have begun before the shards did.
        minute_us = now_us() // MINUTE_US * MINUTE_US + MINUTE_US
        while True:
            left = minute_us + MINUTE_US + DELAY_US - now_us()
            if left > 0:
                # Not longer at once: the clock may be set meanwhile.
                await asyncio.sleep(min(left, MINUTE_US) / SECOND_US)
                continue
            # After a pause of the machine, only the newest minute matters.
            minute_us = max(minute_us, (now_us() - DELAY_US) // MINUTE_US * MINUTE_US - MINUTE_US)
            with self._background.guard("anomalies"), suppress(TartError):
                await self.score(minute_us)
            minute_us += MINUTE_US

    async def _rows(self, window: Window) -> tuple[dict[str, list[Json]], bool]:
        """Return the rows of a minute by name, and whether all shards answered."""
        parent, kind = IMPORT
        parts = await gather_all(
            *(
                self._queries.ask(query)
                for query in (
                    AggregateSum("counts", window, by=["type"], values=["count"]),
                    AggregateSum("counts", window, by=["node"], values=["count"]),
                    AggregateSum(
                        "counts",
                        window,
                        by=["node", "type"],
                        values=["count"],
                        where={"type": COUNTED},
                    ),
                    AggregateSum("failures", window, by=["node"], values=["count"]),
                    AggregateSum(
                        "latency",
                        window,
                        by=["node", "bin"],
                        values=["count"],
                        where={"parent": [parent], "type": [kind]},
                    ),
                    AggregateSum("clocks", window, by=["node"], values=["offset_us"]),
                    AggregateSum(
                        "status", window, by=["node"], values=["samples", "sum_num_peers"]
                    ),
                )
            )
        )
        names = ("types", "events", "counts", "failures", "imports", "clocks", "statuses")
        total = self._queries.shards.total
        is_complete = all(len(coverage.shards) == total for _, coverage in parts)
        return dict(zip(names, (rows for rows, _ in parts), strict=True)), is_complete

    async def _read_epochs(self) -> dict[str, Implementation]:
        """Read the protocol's lengths; return the implementation of each node."""
        nodes, _ = await self._queries.nodes()
        topology = chain_stats.network(nodes)["topology"]
        self._epochs = Epochs(topology["epoch_period"], topology["slot_period_sec"])
        return {
            node["node_id"]: (node["implementation_name"], node["implementation_version"])
            for node in nodes
        }
