"""Handlers of the routes about tart itself: health, metrics, OpenAPI, the docs page."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

from tart import __version__, json_encoding
from tart.background_tasks import Background
from tart.config.schema import Config
from tart.errors import QueryTimeout, ShardUnavailable
from tart.gateway.api import agent_guide, docs, openapi
from tart.gateway.fanout.queries import Coverage, QueryClient, coverage, now_text
from tart.gateway.fanout.shards import Answers
from tart.gateway.http.responses import Answer
from tart.gateway.observability import health, metrics
from tart.gateway.observability.counter_totals import CounterTotals
from tart.gateway.observability.host_stats import disk, memory
from tart.process_memory import process_memory

# The documents are the same for all: made at the first request, on the merge thread.


@cache
def _openapi() -> bytes:
    return json_encoding.dumps(openapi.document(__version__))


@cache
def _openapi_below_docs() -> bytes:
    return json_encoding.dumps(openapi.document(__version__, "../.."))


@cache
def _docs() -> bytes:
    return docs.page(__version__).encode()


@cache
def _llms() -> bytes:
    return agent_guide.llms_text().encode()


class LiveStatistics(Protocol):
    """The counters of the live streams; see ``live.streams``."""

    @property
    def shed_recently(self) -> bool:
        """True if a shard shed events for the gateway in the last minute."""

    def statistics(self) -> dict[str, Any]:
        """Return the ``broadcaster_stats`` of jamtart."""


class StatusHandlers:
    """Reports health and metrics.

    Args:
        live: The live streams.
        traffic: Requests by route.
        gateway_metrics: Returns further metrics of the gateway: name to (value, help).
        cache_outcomes: Returns requests to the response caches by outcome.
        restarted: Whether this gateway replaces one that ended.
    """

    def __init__(
        self,
        queries: QueryClient,
        config: Config,
        background: Background,
        *,
        live: LiveStatistics,
        traffic: metrics.Traffic,
        gateway_metrics: Callable[[], Mapping[str, tuple[float, str]]],
        cache_outcomes: Callable[[], Counter[str]],
        restarted: bool,
    ) -> None:
        self._queries = queries
        self._config = config
        self._background = background
        self._live = live
        self._traffic = traffic
        self._gateway_metrics = gateway_metrics
        self._cache_outcomes = cache_outcomes
        self._totals = CounterTotals[str](restarted=restarted)
        self._started = time.monotonic()

    @property
    def uptime_seconds(self) -> float:
        """Seconds since the gateway started."""
        return time.monotonic() - self._started

    async def health(self) -> Answer:
        """``/api/health``."""
        return Answer({"status": "ok", "service": "tart-backend", "version": __version__})

    async def openapi(self) -> Answer:
        """``/api/openapi.json``."""
        return Answer(_openapi)

    async def openapi_below_docs(self) -> Answer:
        """``/api/docs/openapi.json``."""
        return Answer(_openapi_below_docs)

    async def llms(self) -> Answer:
        """``/llms.txt``."""
        return Answer(_llms)

    async def docs(self) -> Answer:
        """``/api/docs``."""
        return Answer(_docs)

    async def detailed_health(self) -> Answer:
        """``/api/health/detailed``."""
        answers, seconds = await self._statistics()
        inputs = health.HealthInput(
            statistics=dict(answers.values),
            total=answers.total,
            response_seconds=seconds,
            pending_limit=self._config.storage.pending_bytes,
            broadcaster=self._live.statistics(),
            shed_recently=self._live.shed_recently,
            rss_bytes=process_memory().resident,
            memory=memory(),
            disk=disk(self._config.data_path),
            recovering={
                shard: message.progress
                for shard, message in self._queries.shards.recovering.items()
            },
            failing=self._background.recent(),
        )
        body = health.report(inputs, now_text(), __version__, int(self.uptime_seconds))
        status = 503 if body["status"] == health.UNHEALTHY else 200
        return Answer(body, coverage(answers), status)

    async def metrics(self) -> Answer:
        """``/metrics``."""
        answers, _ = await self._statistics()
        statistics = dict(answers.values)
        shards = self._queries.shards.every
        scrape = metrics.Scrape(
            statistics=statistics,
            up={shard.index: shard.index in statistics for shard in shards},
            restarts={shard.index: shard.statistics.restarts for shard in shards},
            failures={shard.index: shard.statistics.failures for shard in shards},
            broadcaster=self._live.statistics(),
            gateway=self._gateway_metrics(),
            background=self._background.failures,
            cache_outcomes=self._cache_outcomes(),
            traffic=self._traffic,
            totals=self._totals,
            version=__version__,
        )
        return Answer(metrics.text(scrape), Coverage(frozenset(statistics), answers.total))

    async def _statistics(self) -> tuple[Answers[dict[str, Any]], float]:
        """Return the statistics of the shards that answer, and how long that took."""
        began = time.monotonic()
        try:
            answers = await self._queries.statistics()
        except (QueryTimeout, ShardUnavailable):
            answers = Answers([], self._queries.shards.total)
        return answers, time.monotonic() - began
