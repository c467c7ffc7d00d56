"""The source of measurements: the shards, the newest state of the network, and this server."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec

from tart.access.certificates import read_validities
from tart.alerting.figures.inputs import Answered, ServerState
from tart.alerting.figures.statements import MAX_ROWS
from tart.backup_record import read_backup_record
from tart.config.schema import Config
from tart.errors import Busy, QueryTimeout, ShardUnavailable
from tart.gateway.alerting.measurements import SelectedRows
from tart.gateway.fanout.queries import QueryClient, now_us
from tart.gateway.fanout.shards import Answers
from tart.gateway.handlers.sql import select_rows
from tart.gateway.live.summary import Summaries
from tart.gateway.observability.host_stats import disk, memory
from tart.gateway.observability.host_usage import HostHistory, HostSample, descriptors_share
from tart.gateway.observability.server_report import forecast
from tart.query.core.query import Query
from tart.query.shard_queries.events import Storage
from tart.query.topics.summary import NetworkSummary
from tart.units import SECOND_US

# Statements of rules are counted as those of one client.
CLIENT = "alerts"
# How often the rows of the event log are counted, and the files with times read.
FORECAST_SECONDS = 600.0
FILES_SECONDS = 60.0
T = TypeVar("T")
_NO_ANSWER = (Busy, QueryTimeout, ShardUnavailable)


class _Cached(Generic[T]):
    """A value that is read again after some time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due_at = 0.0
        self.value: T | None = None

    @property
    def is_due(self) -> bool:
        """True if the value should be read again."""
        return time.monotonic() >= self._due_at

    def get(self, read: Callable[[], T]) -> T | None:
        """Return the value, read again if it is due."""
        if self.is_due:
            self.value = read()
            self._due_at = time.monotonic() + self._seconds
        return self.value


def _scarcest_memory(host: HostSample | None) -> tuple[int, int]:
    """Return available and total bytes of the host, or of the service's budget if that is less."""
    known = [memory()]
    if host is not None and host.memory_budget is not None:
        limit, used = host.memory_budget
        known.append((max(0, limit - used), limit))
    return min(known, key=lambda each: each[0] / max(1, each[1]))


class ServerSource:
    """The state of this server.

    Args:
        queries: The client of the shards.
        config: All settings.
        host: The samples of the machine.
    """

    def __init__(self, queries: QueryClient, config: Config, host: HostHistory) -> None:
        self._queries = queries
        self._config = config
        self._host = host
        self._forecast = _Cached[float | None](FORECAST_SECONDS)
        self._certificate = _Cached[int | None](FILES_SECONDS)
        self._backup = _Cached[int | None](FILES_SECONDS)

    async def state(self) -> ServerState:
        """Return the state."""
        shards = self._queries.shards
        try:
            answers = await self._queries.statistics()
        except _NO_ANSWER:
            answers = Answers([], shards.total)
        statistics = dict(answers.values)
        now = now_us()
        newest = self._host.newest
        return ServerState(
            now_us=now,
            shards=shards.total,
            statistics=statistics,
            disk=disk(self._config.data_path),
            memory=_scarcest_memory(newest),
            descriptors=descriptors_share(() if newest is None else newest.processes),
            full_in_hours=await self._forecast_hours(list(statistics.values())),
            certificate_ends_us=self._certificate.get(self._read_certificate),
            backup_us=self._backup.get(self._read_backup),
        )

    def _read_certificate(self) -> int | None:
        if self._config.tls_paths is None:
            return None
        certificate, _ = self._config.tls_paths
        # One that cannot be read is not in use: the API says so when it loads it.
        with suppress(OSError, ValueError, IndexError):
            ends = read_validities(certificate.read_text())[0].ends
            return int(ends.timestamp()) * SECOND_US
        return None

    def _read_backup(self) -> int | None:
        return read_backup_record(self._config.data_path)

    async def _forecast_hours(self, statistics: list[Any]) -> float | None:
        """Return the hours until the disk is full; ``None`` if it suffices, or is not known."""
        if not self._forecast.is_due or len(statistics) < self._queries.shards.total:
            return self._forecast.value
        try:
            sizes = await self._queries.ask_each(Storage())
        except _NO_ANSWER:
            return self._forecast.value
        storage = self._config.storage
        free, total = disk(self._config.data_path)
        used = sum(each["bytes_on_disk"] for each in statistics)
        estimate = forecast(
            statistics,
            used,
            sum(value["rows"].get("log", 0) for _, value in sizes.values),
            min(
                int(total * storage.retain_disk_share),
                max(0, used + free - storage.disk_reserve_bytes),
            ),
            storage.retain_hours + storage.file_hours,
        )
        days = estimate["full_in_days"]
        return self._forecast.get(lambda: None if days is None else days * 24)


class GatewaySource:
    """The source of measurements of a gateway, or of a server without sockets.

    Args:
        queries: The client of the shards.
        summaries: The states of the network.
        server: The state of this server; ``None`` offline.
    """

    def __init__(
        self, queries: QueryClient, summaries: Summaries, server: ServerSource | None = None
    ) -> None:
        self._queries = queries
        self._summaries = summaries
        self._server = server

    async def ask(self, query: Query[Any, Any], seconds: float) -> Answered:
        """Return the merged answer of the shards."""
        value, seen = await self._queries.ask(query, seconds)
        return Answered(value, seen.complete)

    async def network(self) -> NetworkSummary | None:
        """Return the newest state of the network; ``None`` if no shard answered."""
        state = await self._summaries.newest()
        return state if state.answered else None

    async def server(self) -> ServerState | None:
        """Return the state of this server."""
        return None if self._server is None else await self._server.state()

    async def select(self, statement: str, seconds: float) -> SelectedRows:
        """Run a statement over the rows of all shards."""
        data, seen = await select_rows(
            self._queries, statement, CLIENT, seconds=seconds, max_rows=MAX_ROWS
        )
        result = msgspec.json.decode(data)
        columns = [column["name"] for column in result["columns"]]
        return SelectedRows(columns, result["rows"], seen.complete)
