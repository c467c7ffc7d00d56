"""What a stream missed is looked up while live events already come.

Each shard is asked by itself, a part at a time and upwards from where the client is, so that
the client gets something soon, whichever shard is slow, and is further on after every break.
Parts begin small and grow while they come in time. What came is put in order of arrival over
the shards, but not for long: where one has not answered for ``PATIENCE_SECONDS`` the events
of the others go out without it.

Of a shard that is being asked live events are left out: they will be found in its log. Once
all that is committed was looked at they are held back, the rest is looked up, and they follow
it. So nothing falls between, and what is held back is little. What comes twice has an id that
the client has already.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from tart.errors import Busy, QueryTimeout, ShardUnavailable
from tart.gateway.fanout.queries import QueryClient
from tart.query.core.catalog import event_api_id, event_identity
from tart.query.core.merge import Json
from tart.query.core.query import ByteEncoding
from tart.query.shard_queries.events import Backfill, BackfillPart

# Rows that a part looks at: at first and after one that came too late, and at most.
FIRST_ROWS, MOST_ROWS = 64, 1024
PATIENCE_SECONDS = 0.2
# Between two looks whether what was received is stored.
STORED_SECONDS = 0.02
BUSY_SECONDS = 0.5
# A shard that is late or busy so often in a row is given up.
TRIES = 5
# As many as count as recent. A shard that receives faster than it is looked through never
# comes to an end; live events are held back all the same then.
ENOUGH_ROWS = 10_000
_TOGETHER = 64


class Found(NamedTuple):
    """An event to pass on, or only how far everything is known.

    Attributes:
        at: directory to the API id up to which that is so.
    """

    event: Json | None
    at: Mapping[int, int]


class Client(Protocol):
    """Who missed something; see ``sse.Reader``."""

    def hold(self, shard: int) -> None:
        """Keep live events of a shard for later from now on, instead of leaving them out."""

    def release(self, shard: int) -> None:
        """Let them follow what was found, the kept ones first."""

    async def found(self, batch: Sequence[Found]) -> None:
        """These are next; wait until there is room for more."""

    async def cut(self) -> None:
        """Events may be missing for good."""


class _Source:
    """What came from one shard and was not passed on yet."""

    def __init__(self) -> None:
        self.found: deque[Found] = deque()
        self.over = False
        self.released = False
        self.taken = asyncio.Event()


class _NoneAnswered(Exception):
    """Every shard failed before any had answered."""


class CatchingUp:
    """One client's.

    Args:
        wanted: the live filter.
        rendering: of bytes.
        since_us: of directories without a position what was received from then on is new.
        after: directory to the API id of the newest event the client has.
    """

    def __init__(
        self,
        questions: QueryClient,
        client: Client,
        wanted: Json,
        rendering: ByteEncoding,
        since_us: int,
        after: Mapping[int, int],
    ) -> None:
        self._questions = questions
        self._client = client
        self._query = Backfill(filter=wanted, since_us=since_us, byte_encoding=rendering)
        self._after = {directory: event_identity(each)[1] for directory, each in after.items()}
        self._sources = [_Source() for _ in questions.shards.every]
        self._news = asyncio.Event()
        self._answered = asyncio.Event()
        self._failed = 0

    async def run(self) -> bool:
        """Until everything missed was passed on and live events follow.

        Returns:
            ``False`` if no shard answered: it is worth trying again from the same place.
        """
        answered = True
        try:
            async with asyncio.TaskGroup() as group:
                for shard, source in enumerate(self._sources):
                    group.create_task(self._look_up(shard, source))
                await self._pass_on()
        except* _NoneAnswered:
            answered = False
        return answered

    # --- From one shard --------------------------------------------------------------

    async def _look_up(self, shard: int, source: _Source) -> None:
        """Fill a source; what makes it end early costs the client events, unless all do."""
        if not await self._all_looked_up(shard, source):
            self._failed += 1
            if self._failed == len(self._sources) and not self._answered.is_set():
                raise _NoneAnswered
            await self._answered.wait()
            await self._client.cut()
        source.over = True
        self._news.set()

    async def _all_looked_up(self, shard: int, source: _Source) -> bool:
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
            self._came(source, answer)
            further = answer.at.get(own) != after.get(own)
            after |= answer.at
            if not held:
                if not answer.more or looked_at >= ENOUGH_ROWS:
                    self._client.hold(shard)
                    held, ends = True, 0.0
            else:
                # What it has given a number to since is live, and kept for later.
                wanted = wanted or answer.next
                others = [each for each in answer.more if each != own]
                if not others and after.get(own, -1) + 1 >= wanted:
                    return True
                if further or not ends:
                    ends = clock() + self._questions.config.deadline_seconds
                elif not answer.more:
                    if clock() > ends:
                        return False
                    await asyncio.sleep(STORED_SECONDS)
            rows = min(2 * rows, MOST_ROWS)
            await _room(source)

    async def _ask(self, shard: int, after: Mapping[int, int], rows: int) -> BackfillPart:
        return await self._questions.ask_shard(shard, replace(self._query, after=after, limit=rows))

    def _came(self, source: _Source, answer: BackfillPart) -> None:
        self._answered.set()
        source.found += (Found(event, {}) for event in answer.events)
        at = {directory: event_api_id(directory, each) for directory, each in answer.at.items()}
        source.found.append(Found(None, at))
        self._news.set()

    # --- To the client ---------------------------------------------------------------

    async def _pass_on(self) -> None:
        while not all(source.released for source in self._sources):
            self._news.clear()
            batch = self._next()
            if not batch and not self._release():
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        await self._news.wait()
                except TimeoutError:
                    batch = self._next(wait=False)
            if batch:
                await self._client.found(batch)

    def _next(self, *, wait: bool = True) -> list[Found]:
        """The next to pass on, in order, as far as it is known what comes next.

        Args:
            wait: for those that have not answered yet, or else leave them out.
        """
        batch: list[Found] = []
        while len(batch) < _TOGETHER:
            ready = [source for source in self._sources if source.found]
            if not ready or (
                wait and any(not each.over and not each.found for each in self._sources)
            ):
                break
            source = min(ready, key=lambda each: _place(each.found[0]))
            batch.append(source.found.popleft())
            source.taken.set()
        return batch

    def _release(self) -> bool:
        """Let live events of those shards follow of which everything was passed on."""
        ended = [
            (shard, source)
            for shard, source in enumerate(self._sources)
            if source.over and not source.found and not source.released
        ]
        for shard, source in ended:
            source.released = True
            self._client.release(shard)
        return bool(ended)


def _place(found: Found) -> tuple[str, int]:
    """What is no event is for nobody to wait for."""
    if found.event is None:
        return "", 0
    return found.event["received_at"], found.event["id"]


async def _room(source: _Source) -> None:
    while len(source.found) >= MOST_ROWS:
        source.taken.clear()
        await source.taken.wait()
