"""Handlers of the routes about tart itself: health, metrics, OpenAPI, the docs page."""

from __future__ import annotations

import os
import platform
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, Protocol, TypeVar

from tart import __version__, json_encoding, logs
from tart.background_tasks import Background
from tart.config.schema import Config
from tart.errors import Busy, ChainUnavailable, QueryTimeout, ShardUnavailable
from tart.gateway.api import agent_guide, docs, openapi
from tart.gateway.fanout.queries import (
    Coverage,
    QueryClient,
    coverage,
    gather_all,
    now_text,
    now_us,
)
from tart.gateway.fanout.shards import Answers
from tart.gateway.http.responses import Answer
from tart.gateway.observability import health, metrics, server_report
from tart.gateway.observability.alerting_figures import AlertingFigures
from tart.gateway.observability.chain_figures import ChainFigures
from tart.gateway.observability.counter_totals import CounterTotals
from tart.gateway.observability.host_stats import disk, memory
from tart.gateway.observability.host_usage import HostHistory
from tart.native.library import kernel_name
from tart.process_memory import process_memory
from tart.query.answers.server import TraceExport
from tart.query.chain_queries.chain import ProcessLog, State
from tart.query.core import chain_stats, merge
from tart.query.core.query import Query
from tart.query.core.rfc3339 import rfc3339
from tart.query.shard_queries.events import Storage
from tart.query.shard_queries.nodes import Live, LiveCounts, LogLines
from tart.rlimits import count_descriptors

A = TypeVar("A")

# The chain process is not waited for longer: its figures are a part of these answers.
CHAIN_SECONDS = 2.0
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


def _events_per_second(live: LiveCounts | None, now: int) -> float | None:
    if live is None:
        return None
    seconds = merge.seconds([live])
    return chain_stats.live(seconds, now, chain_stats.LIVE_SECONDS, live["since"])[
        "events_per_second"
    ]


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
        host: The use of the machine.
        alerting: Returns the state of alerting.
        traces: Returns the state of the export of traces.
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
        host: HostHistory,
        alerting: Callable[[], AlertingFigures],
        traces: Callable[[], TraceExport | None],
        restarted: bool,
    ) -> None:
        self._queries = queries
        self._config = config
        self._background = background
        self._live = live
        self._traffic = traffic
        self._gateway_metrics = gateway_metrics
        self._cache_outcomes = cache_outcomes
        self._host = host
        self._alerting = alerting
        self._traces = traces
        self._totals = CounterTotals[str](restarted=restarted)
        self._restarted = restarted
        self._started = time.monotonic()
        self._started_us = now_us()

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
        (answers, seconds), chain = await gather_all(self._statistics(), self._chain())
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
            host=self._host.newest,
            alerting=self._alerting(),
            chain=chain,
        )
        body = health.report(inputs, now_text(), __version__, int(self.uptime_seconds))
        status = 503 if body["status"] == health.UNHEALTHY else 200
        return Answer(body, coverage(answers), status)

    async def server(self, *, is_admin: bool) -> Answer:
        """``/api/server``.

        Args:
            is_admin: Whether the caller sees names of hosts and paths.
        """
        (answers, _), live, sizes, chain = await gather_all(
            self._statistics(), self._each(Live()), self._each(Storage()), self._chain()
        )
        statistics, now = dict(answers.values), int(time.time())
        available, total = memory()
        descriptors, limit = count_descriptors()
        broadcaster = self._live.statistics()
        log_settings = logs.settings_in_use() or self._config.log
        inputs = server_report.ServerInput(
            config=replace(self._config, log=log_settings),
            is_admin=is_admin,
            shards=[
                server_report.ShardState(
                    index=shard.index,
                    statistics=statistics.get(shard.index),
                    recovering="" if shard.recovering is None else shard.recovering.progress,
                    restarts=shard.statistics.restarts,
                    unanswered=shard.statistics.failures,
                    events_per_second=_events_per_second(live.get(shard.index), now),
                    rows=sizes[shard.index]["rows"].get("log", 0) if shard.index in sizes else None,
                )
                for shard in self._queries.shards.every
            ],
            gateway={
                "uptime_seconds": self.uptime_seconds,
                "restarted": self._restarted,
                "resident_bytes": process_memory().resident,
                "descriptors": {"open": descriptors, "limit": limit},
                "subscribers": broadcaster["active_subscribers"],
                "queued_events": broadcaster["events_in_buffer"],
                "missed_events": broadcaster["dropped_events"],
                "background_failures": dict(self._background.failures),
                "nodes_known": len(self._queries.registry),
                "traces": self._traces(),
            },
            host={
                "name": socket.gethostname(),
                "cpus": len(os.sched_getaffinity(0)),
                "memory_total_bytes": total,
                "memory_available_bytes": available,
                "usage": self._host.usage(),
                "processes": self._host.process_usages(),
            },
            disk=disk(self._config.data_path),
            traffic=self._traffic,
            python=platform.python_version(),
            chain=chain,
        )
        body = server_report.report(inputs, now_text(), __version__)
        return Answer(body, coverage(answers))

    async def server_history(self, duration_us: int) -> Answer:
        """``/api/server/history``."""
        return Answer(self._host.answer(now_us() - duration_us))

    async def server_log(self) -> Answer:
        """``/api/server/log``."""
        query = LogLines()
        try:
            answers = await self._queries.ask_each(query)
        except (QueryTimeout, ShardUnavailable):
            answers = Answers([], self._queries.shards.total)
        others = [(-1, logs.recent_lines()), (-1, await self._chain_log())]
        lines = query.merge([*answers.values, *others])
        lines.sort(key=lambda line: line["time"], reverse=True)
        body = {"lines": lines, "since": rfc3339(self._started_us)}
        return Answer(body, coverage(answers))

    async def _chain_log(self) -> list[dict[str, str]]:
        """Return the log of the chain process; nothing if there is none, or it is away."""
        if not self._queries.chain_process.followed:
            return []
        deadline = min(CHAIN_SECONDS, self._config.api.deadline_seconds)
        try:
            return await self._queries.ask_chain(ProcessLog(), deadline)
        except (Busy, QueryTimeout, ChainUnavailable):
            return []

    async def _each(self, query: Query[A, Any]) -> dict[int, A]:
        """Return the answers of the shards that answer."""
        try:
            return dict((await self._queries.ask_each(query)).values)
        except (Busy, QueryTimeout, ShardUnavailable):
            return {}

    async def metrics(self) -> Answer:
        """``/metrics``."""
        (answers, _), chain = await gather_all(self._statistics(), self._chain())
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
            kernel=kernel_name(),
            host=self._host.newest,
            alerting=self._alerting(),
            chain=chain,
        )
        return Answer(metrics.text(scrape), Coverage(frozenset(statistics), answers.total))

    async def _chain(self) -> ChainFigures | None:
        """Return the state of the chain process; None if the chain is not followed."""
        process = self._queries.chain_process
        if not process.followed:
            return None
        state = None
        with suppress(ChainUnavailable, Busy, QueryTimeout):
            deadline = min(CHAIN_SECONDS, self._config.api.deadline_seconds)
            state = await self._queries.ask_chain(State(), deadline)
        counts = process.statistics
        return ChainFigures(state, counts.restarts, dict(counts.failures))

    async def _statistics(self) -> tuple[Answers[dict[str, Any]], float]:
        """Return the statistics of the shards that answer, and how long that took."""
        began = time.monotonic()
        try:
            answers = await self._queries.statistics()
        except (QueryTimeout, ShardUnavailable):
            answers = Answers([], self._queries.shards.total)
        return answers, time.monotonic() - began
