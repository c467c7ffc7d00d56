"""The summarised live channel: one state of the network a second, for all who read it.

While somebody reads it, the shards are asked once a second for their newest second and for the
nodes that changed (``query.topics.summary``). All clients get the same bytes: the changes since a
client's state are encoded once, however many clients have that state. A client that does not keep
up skips states; nothing waits for it, and its next message has all changes since.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tart import json_encoding
from tart.background_tasks import Background
from tart.clock import Clock, unix_us
from tart.errors import Busy, QueryTimeout, ShardUnavailable, TartError
from tart.gateway.fanout.queries import Coverage, QueryClient
from tart.gateway.fanout.shards import Answers
from tart.gateway.fanout.single_flight import SingleFlight
from tart.gateway.http.responses import Answer
from tart.query.shard_queries import summary as shard_queries
from tart.query.shard_queries.summary import ShardSummary
from tart.query.topics.summary import NetworkSummary, ShardAnswers

SUMMARY_SECONDS = 1.0
# The time for shards to answer; the state without those that do not is sent in the same second.
DEADLINE_SECONDS = 0.75
# The delay behind a full second: its events have been decoded by then.
_BEHIND_SECONDS = 0.03
# A client whose state is this many states older gets all nodes, so that few answers are encoded.
MAX_STATES_BEHIND = 60


class Summaries:
    """The states of the network, and the bytes of the newest one.

    Args:
        count_firing: Returns the number of alerts that fire by severity, ``None`` if it is not
            known.
        interval_seconds: The time between two states.
        clock: The present, for the ages in a state.

    Attributes:
        readers: Clients that read every state.
        states: States made.
        skipped: States that clients did not get because they had not taken the one before.
    """

    def __init__(
        self,
        queries: QueryClient,
        background: Background,
        count_firing: Callable[[], Mapping[str, int] | None] = lambda: None,
        interval_seconds: float = SUMMARY_SECONDS,
        clock: Clock = unix_us,
    ) -> None:
        self._queries = queries
        self._background = background
        self.count_firing = count_firing
        self._interval_seconds = interval_seconds
        self._clock = clock
        # Unix milliseconds: states of a gateway that restarts have higher numbers than before.
        self._state = NetworkSummary(int(time.time() * 1000))
        self._advancing: SingleFlight[NetworkSummary] = SingleFlight(self._advance)
        self._encoded: dict[int | None, bytes] = {}
        self._advanced = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._made_at = -math.inf
        # Why the newest state is one without an answer.
        self._failure: TartError | None = None
        self.readers = 0
        self.states = 0
        self.skipped = 0

    @property
    def sequence(self) -> int:
        """The number of the newest state."""
        return self._state.sequence

    @property
    def is_fresh(self) -> bool:
        """True if the newest state is one of those that are made each interval."""
        age = time.monotonic() - self._made_at
        return self.readers > 0 and age <= 1.5 * self._interval_seconds

    async def newest(self) -> NetworkSummary:
        """Return the newest state; make one unless one is made each interval."""
        interval = self._interval_seconds
        return await self._advancing.get(interval * (1.5 if self.readers else 0.5))

    async def answer(self, since: int | None) -> Answer:
        """Answer ``/api/summary``.

        Raises:
            ShardUnavailable: No shard could be queried.
            QueryTimeout: No shard answered in time.
            Busy: The limit of waiting queries is reached.
        """
        state = await self.newest()
        if self._failure is not None:
            # Several callers share the state: each gets the error without the others' tracebacks.
            raise self._failure.with_traceback(None)
        answered = state.answered
        body = state.changes(since, known=self._known(), firing=self.count_firing())
        return Answer(body, Coverage(answered, self._queries.shards.total))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make a state each interval, as long as anyone reads them."""
        self.readers += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self.readers -= 1

    async def wait_beyond(self, sequence: int) -> None:
        """Return once there is a state with a higher number."""
        while self.sequence <= sequence:
            await self._advanced.wait()

    def encode(self, since: int | None) -> bytes:
        """Return the newest state as JSON, with what changed since another state."""
        if since is not None and not 0 <= self.sequence - since <= MAX_STATES_BEHIND:
            since = None
        if since not in self._encoded:
            body = self._state.changes(since, known=self._known(), firing=self.count_firing())
            self._encoded[since] = json_encoding.dumps(body)
        return self._encoded[since]

    async def stop(self) -> None:
        """Stop making states."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._advancing.stop()

    def _known(self) -> int:
        return len(self._state.node_ids | set(self._queries.registry.ids()))

    async def _run(self) -> None:
        while self.readers:
            with self._background.guard("summary"):
                await self._advancing.get(self._interval_seconds / 4)
            await asyncio.sleep(self._until_next())

    def _until_next(self) -> float:
        """Return the seconds until shortly after the next interval begins."""
        interval = self._interval_seconds
        return interval - (time.time() - _BEHIND_SECONDS) % interval

    async def _advance(self) -> NetworkSummary:
        state, shards = self._state, self._queries.shards
        query = shard_queries.Summary(state.since_us, state.processes)
        answers: Answers[ShardSummary]
        try:
            answers = await self._queries.ask_each(query, DEADLINE_SECONDS)
            self._failure = None
        except (QueryTimeout, Busy, ShardUnavailable) as error:
            answers, self._failure = Answers([], shards.total), error
        down = [shard.index for shard in shards.every if not shard.up]
        try:
            state.update(ShardAnswers(answers.values, answers.total, down, self._clock()))
        except Exception:
            # What it has merged so far is not known: the next state begins with all nodes.
            self._state = NetworkSummary(state.sequence)
            raise
        self.states += 1
        self._made_at = time.monotonic()
        self._encoded.clear()
        advanced, self._advanced = self._advanced, asyncio.Event()
        advanced.set()
        return state
