"""The rows and results of all shards for one SQL statement.

The statement runs in a sandbox process, which a thread feeds: it asks here for the rows of tables
or for the shards' results, and waits for each page. The queries themselves run on the event loop.
Which shards take part is decided by the first answers; a shard that fails later ends the statement
with an error, because an answer with half of its rows would look like a whole one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any, TypeVar

from tart.errors import ShardUnavailable, SqlRefused, TartError
from tart.query.answers.sql import SqlRead
from tart.query.core.query import Attached, decode_partial
from tart.query.shard_queries.events import Sql, SqlPage, SqlScan
from tart.query.sql.limits import MAX_GATHERED_BYTES, too_many_bytes
from tart.sandbox.process import too_slow

if TYPE_CHECKING:
    from tart.gateway.fanout.queries import Coverage, QueryClient

T = TypeVar("T")
# The part of the time in which every shard must have answered once.
_FIRST_SHARE = 0.7
_POLL_SECONDS = 0.05


class SqlRows:
    """Reads from the shards for one statement; created on the event loop, used on a thread.

    Args:
        queries: The client of the shards.
        seconds: The time limit of the statement.
        coverage: Returns the coverage of answers.

    Attributes:
        seen: The coverage of what was read; ``None`` if nothing was.
        left: Called on the thread; returns whether the client has left.
        read: What was read of each table.
        shard_statement: The statement that the shards ran; ``None`` if it was not split.
    """

    def __init__(
        self, queries: QueryClient, seconds: float, coverage: Callable[[Any], Coverage]
    ) -> None:
        self.seen: Coverage | None = None
        self.left: Callable[[], bool] = lambda: False
        self.read: list[SqlRead] = []
        self.shard_statement: str | None = None
        self._queries = queries
        self._coverage = coverage
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._loop = asyncio.get_running_loop()
        self._bytes_left = MAX_GATHERED_BYTES

    def rows(self, scan: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the rows of a scan on all shards, as Arrow streams.

        Raises:
            SqlRefused: There are more than ``MAX_GATHERED_BYTES``.
            ShardUnavailable: A shard failed after it had sent rows.
            QueryTimeout: No shard answered in time.
        """
        pages = self._wait(self._first_pages(dict(scan)))
        read = SqlRead(table=scan["view"], columns=list(scan["columns"]), rows=0, bytes=0)
        self.read.append(read)
        while pages:
            for page in pages.values():
                read["rows"] += page.value["rows"]
                read["bytes"] += sum(page.value["lengths"])
                yield from self._blocks(scan, page)
            if scan.get("enough") is not None and read["rows"] >= scan["enough"]:
                return
            positions = {
                shard: page.value["next"]
                for shard, page in pages.items()
                if page.value["next"] is not None
            }
            pages = self._wait(self._next_pages(dict(scan), positions)) if positions else {}

    def results(self, statement: str) -> Iterator[bytes]:
        """Yield each shard's result of a statement, as an Arrow stream."""
        self.shard_statement = statement
        seconds = self._first_seconds
        answers = self._wait(self._queries.ask_each(Sql(statement, seconds), seconds))
        self._cover(self._coverage(answers))
        for _, value in answers.values:
            yield value.data

    @property
    def _first_seconds(self) -> float:
        return max(_POLL_SECONDS, _FIRST_SHARE * (self._ends - time.monotonic()))

    async def _first_pages(self, scan: dict[str, Any]) -> dict[int, Attached[SqlPage]]:
        seconds = self._first_seconds
        if scan["limit"] is None:
            # A page comes soon, so a shard that does not send one is taken for missing.
            seconds = min(seconds, self._queries.config.deadline_seconds)
        answers = await self._queries.ask_each(SqlScan(scan, self._bytes_left), seconds)
        seen = self._coverage(answers)
        if self.seen is not None and self.seen.shards - seen.shards:
            raise _failed()
        self._cover(seen)
        assert self.seen is not None
        return {shard: page for shard, page in answers.values if shard in self.seen.shards}

    def _cover(self, seen: Coverage) -> None:
        self.seen = seen if self.seen is None else self.seen & seen

    async def _next_pages(
        self, scan: dict[str, Any], positions: Mapping[int, list[int]]
    ) -> dict[int, Attached[SqlPage]]:
        async def page(shard: int, after: list[int]) -> Attached[SqlPage]:
            query = SqlScan(scan, self._bytes_left, after)
            seconds = max(_POLL_SECONDS, self._ends - time.monotonic())
            partial = await self._queries.shards.ask(shard, query, seconds)
            return decode_partial(query, partial.value, partial.attachment)

        pages = await asyncio.gather(
            *(page(*position) for position in positions.items()), return_exceptions=True
        )
        for outcome in pages:
            if isinstance(outcome, TartError) and not isinstance(outcome, SqlRefused):
                raise _failed() from outcome
            if isinstance(outcome, BaseException):
                raise outcome
        return dict(zip(positions, pages, strict=True))  # type: ignore[arg-type]

    def _blocks(self, scan: Mapping[str, Any], page: Attached[SqlPage]) -> Iterator[bytes]:
        offset = 0
        for length in page.value["lengths"]:
            self._bytes_left -= length
            if self._bytes_left < 0:
                raise SqlRefused(too_many_bytes(scan["view"], scan["columns"]))
            yield page.data[offset : offset + length]
            offset += length

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of work on the event loop, unless the client leaves."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        while True:
            try:
                return future.result(_POLL_SECONDS)
            except FutureTimeout:
                if future.done():
                    raise
                if self.left() or time.monotonic() >= self._ends:
                    future.cancel()
                    raise too_slow(self._seconds) from None


def _failed() -> ShardUnavailable:
    return ShardUnavailable(
        "a shard stopped answering while its rows were read; run the statement again"
    )
