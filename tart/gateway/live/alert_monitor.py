"""The alert monitor: evaluates alerts every few seconds, and remembers those that ended.

It runs whether anyone asks or not, so that an alert's time is the time of the problem, not that
of the first look at it. Its input is the state of ``live.summary``, which costs the shards only
the nodes that changed.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tart.aggregate.core.tables import COUNT_BUCKET
from tart.background_tasks import Background
from tart.errors import TartError
from tart.gateway.fanout.queries import QueryClient, gather_all, now_text, now_us
from tart.gateway.live.alerts import ALERT_WINDOW_US, AlertSample, alerts
from tart.gateway.live.streams import Subscriber, message
from tart.gateway.live.summary import Summaries
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.units import SECOND_US

ALERT_SECONDS = 10.0


class AlertMonitor:
    """The current alerts.

    Args:
        interval_seconds: The time between two evaluations.

    Attributes:
        count: The number of current alerts; ``None`` until they are evaluated.
    """

    def __init__(
        self,
        queries: QueryClient,
        summaries: Summaries,
        background: Background,
        interval_seconds: float = ALERT_SECONDS,
    ) -> None:
        self._queries = queries
        self._summaries = summaries
        self._background = background
        self._interval_seconds = interval_seconds
        self._subscribers: set[Subscriber] = set()
        # Those that have not received the current alerts.
        self._uninformed: set[Subscriber] = set()
        self._last: AlertSample | None = None
        self._raised: list[Json] = []
        self._evaluated_at: str | None = None
        self._evaluated_since: str | None = None
        self._answered = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int | None:
        """The number of current alerts; ``None`` until they are evaluated."""
        return None if self._evaluated_at is None else len(self._raised)

    def start(self) -> None:
        """Start to evaluate."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop evaluating."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Send a subscriber the alerts with the next evaluation, and whenever they change."""
        self._subscribers.add(subscriber)
        self._uninformed.add(subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Send no more alerts to a subscriber."""
        self._subscribers.discard(subscriber)
        self._uninformed.discard(subscriber)

    async def _run(self) -> None:
        await self._queries.shards.wait_any_welcomed()
        while True:
            with self._background.guard("alerts"), suppress(TartError):
                await self._evaluate()
            await asyncio.sleep(self._interval_seconds)

    async def _evaluate(self) -> None:
        now = now_us()
        state, (rows, _) = await gather_all(
            self._summaries.newest(), self._queries.ask(_counts_since(now - ALERT_WINDOW_US))
        )
        sample = AlertSample(
            {node.node_id: node for node in state.nodes()},
            state.best_block,
            now,
            {row["type"]: row["count"] for row in rows},
        )
        timestamp = now_text()
        current = alerts(self._last or sample, sample, timestamp, self._raised)
        has_changed = current != self._raised
        self._last, self._raised = sample, current
        self._answered = len(state.answered)
        self._evaluated_at = timestamp
        self._evaluated_since = self._evaluated_since or timestamp
        self._send(self._subscribers if has_changed else self._uninformed)
        self._uninformed.clear()

    def _send(self, subscribers: set[Subscriber]) -> None:
        if self._raised and subscribers:
            frame = message("alert", {"alerts": self._raised, "count": len(self._raised)})
            for subscriber in subscribers:
                subscriber.try_reply(frame)


def _counts_since(start_us: int) -> AggregateSum:
    """Return the query of events by type since a time, rounded down to a whole bucket."""
    start_us -= start_us % (COUNT_BUCKET * SECOND_US)
    return AggregateSum("counts", Window(start_us), by=["type"])
