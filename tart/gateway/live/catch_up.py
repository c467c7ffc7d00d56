"""Looks up the events that a resumed stream missed, while live events already arrive.

Each shard is queried by itself, a part at a time and in ascending order from the client's
position. So the client gets events soon, whichever shard is slow, and is further on after every
interruption. Parts begin small and grow while they arrive in time. Events are sent in order of
arrival over the shards, but not at any price: if a shard has not answered for
``REORDER_SECONDS``, the events of the others are sent without it.

While a shard is being queried its live events are left out: they will be found in its event log.
Once all committed events were looked at, live events are held back, the rest is looked up, and
they follow it. So no event is lost in between, and few are held back. An event that comes twice
has an id that the client has already.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from tart.errors import Busy, QueryTimeout, ShardUnavailable
from tart.gateway.fanout.queries import QueryClient
from tart.query.core.event_ids import event_api_id, event_identity
from tart.query.core.merge import Json
from tart.query.core.query import ByteEncoding
from tart.query.shard_queries.events import Backfill, BackfillPart

# Rows of a part: of the first and after one that came too late, and at most.
FIRST_ROWS, MOST_ROWS = 64, 1024
REORDER_SECONDS = 0.2
# Between two queries for events that were received and are not stored yet.
STORED_SECONDS = 0.02
BUSY_SECONDS = 0.5
# A shard that is late or busy this often in a row is given up.
TRIES = 5
# The number of events that count as recent. A shard that receives faster than it is read never
# comes to an end; then live events are held back after this many rows.
ENOUGH_ROWS = 10_000
_TOGETHER = 64


class Found(NamedTuple):
    """An event to send, or only a position.

    Attributes:
        ids: Directory to the API id up to which all events are known.
    """

    event: Json | None
    ids: Mapping[int, int]


class Client(Protocol):
    """A client that missed events; see ``sse.Reader``."""

    def hold(self, shard: int) -> None:
        """Hold back the live events of a shard from now on, instead of leaving them out."""

    def release(self, shard: int) -> None:
        """Send the live events of a shard, those that were held back first."""

    async def found(self, batch: Sequence[Found]) -> None:
        """Send events; return when there is room for more."""

    async def cut(self) -> None:
        """Tell the client that events may be missing."""


class _Source:
    """Events of one shard that were found and not sent yet."""

    def __init__(self) -> None:
        self.found: deque[Found] = deque()
        self.over = False
        self.released = False
        self.taken = asyncio.Event()


class _NoneAnswered(Exception):
    """All shards failed before one answered."""


class CatchingUp:
    """Looks up the missed events of one client.

    Args:
        wanted: The live filter.
        rendering: Of bytes.
        since_us: In a directory without a position, events received from this time on are new.
        after: Directory to the API id of the newest event the client has.
    """

    def __init__(
        self,
        queries: QueryClient,
        client: Client,
        wanted: Json,
        rendering: ByteEncoding,
        since_us: int,
        after: Mapping[int, int],
    ) -> None:
        self._queries = queries
        self._client = client
        self._query = Backfill(filter=wanted, since_us=since_us, byte_encoding=rendering)
        self._after = {directory: event_identity(each)[1] for directory, each in after.items()}
        self._sources = [_Source() for _ in queries.shards.every]
        self._news = asyncio.Event()
        self._answered = asyncio.Event()
        self._failed = 0

    async def run(self) -> bool:
        """Send all missed events; live events follow.

        Returns:
            ``False`` if no shard answered: the client may retry from the same position.
        """
        answered = True
        try:
            async with asyncio.TaskGroup() as group:
                for shard, source in enumerate(self._sources):
                    group.create_task(self._look_up(shard, source))
                await self._send()
        except* _NoneAnswered:
            answered = False
        return answered

    # --- From one shard --------------------------------------------------------------

    async def _look_up(self, shard: int, source: _Source) -> None:
        """Fill a source; if it ends early the client is told, unless all sources do."""
        if not await self._read_all(shard, source):
            self._failed += 1
            if self._failed == len(self._sources) and not self._answered.is_set():
                raise _NoneAnswered
            await self._answered.wait()
            await self._client.cut()
        source.over = True
        self._news.set()

    async def _read_all(self, shard: int, source: _Source) -> bool:  # noqa: C901 - one state machine
        clock = asyncio.get_running_loop().time
        after, own = dict(self._after), shard
        rows, looked_at, tries = FIRST_ROWS, 0, 0
        held, wanted, ends = False, 0, 0.0
        while True:
            try:
                answer = await self._ask(shard, after, rows)
            except (QueryTimeout, Busy) as error:
                tries += 1
                if tries == TRIES:
                    return False
                rows = FIRST_ROWS
                if isinstance(error, Busy):
                    await asyncio.sleep(BUSY_SECONDS)
                continue
            except ShardUnavailable:
                return False
            tries, looked_at = 0, looked_at + rows
            if answer.cut:
                await self._client.cut()
            self._add(source, answer)
            further = answer.at.get(own) != after.get(own)
            after |= answer.at
            if not held:
                if not answer.more or looked_at >= ENOUGH_ROWS:
                    self._client.hold(shard)
                    held, ends = True, 0.0
            else:
                # Later events are live, and held back.
                wanted = wanted or answer.next
                others = [each for each in answer.more if each != own]
                if not others and after.get(own, -1) + 1 >= wanted:
                    return True
                if further or not ends:
                    ends = clock() + self._queries.config.deadline_seconds
                elif not answer.more:
                    if clock() > ends:
                        return False
                    await asyncio.sleep(STORED_SECONDS)
            rows = min(2 * rows, MOST_ROWS)
            await _room(source)

    async def _ask(self, shard: int, after: Mapping[int, int], rows: int) -> BackfillPart:
        return await self._queries.ask_shard(shard, replace(self._query, after=after, limit=rows))

    def _add(self, source: _Source, answer: BackfillPart) -> None:
        self._answered.set()
        source.found += (Found(event, {}) for event in answer.events)
        ids = {directory: event_api_id(directory, each) for directory, each in answer.at.items()}
        source.found.append(Found(None, ids))
        self._news.set()

    # --- To the client ---------------------------------------------------------------

    async def _send(self) -> None:
        while not all(source.released for source in self._sources):
            self._news.clear()
            batch = self._next()
            if not batch and not self._release():
                try:
                    async with asyncio.timeout(REORDER_SECONDS):
                        await self._news.wait()
                except TimeoutError:
                    batch = self._next(wait=False)
            if batch:
                await self._client.found(batch)

    def _next(self, *, wait: bool = True) -> list[Found]:
        """Return the next events in order, as far as the order is known.

        Args:
            wait: Whether to wait for sources that have not answered, instead of ignoring them.
        """
        batch: list[Found] = []
        while len(batch) < _TOGETHER:
            ready = [source for source in self._sources if source.found]
            if not ready or (
                wait and any(not each.over and not each.found for each in self._sources)
            ):
                break
            source = min(ready, key=lambda each: _order(each.found[0]))
            batch.append(source.found.popleft())
            source.taken.set()
        return batch

    def _release(self) -> bool:
        """Send live events of the shards whose missed events are all sent."""
        ended = [
            (shard, source)
            for shard, source in enumerate(self._sources)
            if source.over and not source.found and not source.released
        ]
        for shard, source in ended:
            source.released = True
            self._client.release(shard)
        return bool(ended)


def _order(item: Found) -> tuple[str, int]:
    """Return the sort key of an item; a position alone goes first."""
    if item.event is None:
        return "", 0
    return item.event["received_at"], item.event["id"]


async def _room(source: _Source) -> None:
    while len(source.found) >= MOST_ROWS:
        source.taken.clear()
        await source.taken.wait()
