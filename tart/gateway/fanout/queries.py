"""Queries to all shards: scatter, merge, and the coverage of the answer.

HTTP handlers, WebSocket messages and alerts use the same ``QueryClient``, so that a figure is the
same everywhere. The deadline of a query is ``api.deadline_seconds`` unless another is given.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, TypeVar

from tart.config.schema import AggregatesConfig, ApiConfig
from tart.errors import NotFound, QueryTimeout
from tart.gateway.fanout.chain import ChainProcess
from tart.gateway.fanout.merge_thread import run_on_merge_thread
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.shards import Answers, Shards
from tart.gateway.fanout.sql_admission import SqlAdmission
from tart.ipc.messages import Partial, SampledEvents, UnreadableRows
from tart.protocol.events import EventKind
from tart.query.answers.network import ChainFigures, LiveWindow, Stats
from tart.query.chain_queries.chain import ChainQuery
from tart.query.core import chain_stats, merge, wall_clock
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.merge import Claim, Json, NodeStatusAnswer, Page
from tart.query.core.query import ByteEncoding, Query, decode_partial
from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import Window, time_us
from tart.query.shard_queries.aggregates import AggregateRows
from tart.query.shard_queries.events import Event, Events
from tart.query.shard_queries.nodes import Chain, Live, Nodes, NodeStatus, Statistics

A = TypeVar("A")
R = TypeVar("R")
# Where the queries of a handler are listed, for what must know which data its answer is from.
sent_queries: ContextVar[list[Query[Any, Any]] | None] = ContextVar("sent_queries", default=None)
# Skipped events are read in pieces of this size, so that an offset costs time, not memory.
SKIP_CHUNK = 5000
# Rows of a shard; a week has 100,800 slots.
MAX_AUTHORED = 300_000
# Above this size, which takes about 2 ms to merge, answers are decoded and merged on a thread.
MERGE_ON_THREAD_BYTES = 256 << 10


@dataclass(frozen=True)
class Coverage:
    """The shards that an answer covers, and the rows that they could not read or did not store.

    Attributes:
        shards: Those that answered.
        total: The number of shards.
        unreadable: Rows that may belong to the answer and cannot be read.
        sampled: By shard, events that may belong to the answer and were not stored.
    """

    shards: frozenset[int]
    total: int
    unreadable: frozenset[UnreadableRows] = frozenset()
    sampled: frozenset[tuple[int, SampledEvents]] = frozenset()

    @property
    def complete(self) -> bool:
        """True if the answer is from all shards, and all rows were readable."""
        return len(self.shards) == self.total and not self.unreadable

    def __and__(self, other: Coverage) -> Coverage:
        shards = self.shards & other.shards
        return Coverage(
            shards, self.total, self.unreadable | other.unreadable, self.sampled | other.sampled
        )


def coverage(answers: Answers[Any]) -> Coverage:
    """Return the coverage of answers: the shards that answered."""
    return Coverage(
        frozenset(shard for shard, _ in answers.values),
        answers.total,
        answers.unreadable,
        answers.sampled,
    )


def now_us() -> int:
    """Return the current time in Unix microseconds."""
    return time.time_ns() // 1000


def now_text() -> str:
    """Return the current time in RFC 3339."""
    return server_time(now_us())


class QueryClient:
    """Queries all shards.

    Attributes:
        retention: The retention of the shards' aggregates.
        sql_admission: Admits SQL statements.
        chain_process: Answers queries about the chain.
    """

    retention = AggregatesConfig()

    def __init__(self, shards: Shards, registry: NodeRegistry, config: ApiConfig) -> None:
        self.shards = shards
        self.registry = registry
        self.config = config
        self._deadline = config.deadline_seconds
        self.sql_admission = SqlAdmission()
        self.chain_process = ChainProcess(None)

    async def ask(self, query: Query[A, R], deadline: float | None = None) -> tuple[R, Coverage]:
        """Return the merged answer of all shards that answer in time.

        Raises:
            QueryError, Busy, ShardUnavailable: See ``Shards.scatter``.
        """
        answers = await self.scatter(query, deadline)
        return await _off_loop(answers, lambda: query.merge(_decode(query, answers))), coverage(
            answers
        )

    async def ask_each(self, query: Query[A, R], deadline: float | None = None) -> Answers[A]:
        """Return the answer of each shard that answers in time."""
        answers = await self.scatter(query, deadline)
        values = await _off_loop(answers, lambda: _decode(query, answers))
        return Answers(values, answers.total, answers.unreadable, answers.sampled)

    async def ask_shard(self, shard: int, query: Query[A, R]) -> A:
        """Return the answer of one shard."""
        partial = await self.shards.ask(shard, query, self._deadline)
        return decode_partial(query, partial.value, partial.attachment)

    async def ask_chain(self, query: ChainQuery[A], deadline: float | None = None) -> A:
        """Return the answer of the chain process.

        Raises:
            ChainNotFollowed: The settings name no node's RPC.
            ChainUnavailable: The process is away, or failed the query.
            QueryError, Busy: See ``ChainProcess.ask``.
        """
        return await self.chain_process.ask(query, deadline or self._deadline)

    async def scatter(self, query: Query[A, R], deadline: float | None = None) -> Answers[Partial]:
        """Send a query to every shard, and return the answers undecoded."""
        if (sent := sent_queries.get()) is not None:
            sent.append(query)
        return await self.shards.scatter(query, deadline or self._deadline)

    async def events(
        self,
        selection: Selection,
        limit: int,
        offset: int,
        cursor: Cursor,
        byte_encoding: ByteEncoding = "hex",
    ) -> tuple[Page, Coverage]:
        """Return selected events from ``cursor`` on, newest first, after skipping ``offset``."""
        deadline_at = time.monotonic() + self._deadline
        covered = None
        while True:
            skipping = min(offset, SKIP_CHUNK)
            query = Events(
                cursor=cursor,
                limit=(skipping or limit) + 1,
                selection=selection,
                byte_encoding=byte_encoding,
            )
            page, seen = await self.ask(
                query,
                _remaining(
                    deadline_at, "the events to skip could not be read in time; page by cursor"
                ),
            )
            covered = seen if covered is None else covered & seen
            if not skipping or not page.has_more:
                return (page if not skipping else Page([], False, page.cursor)), covered
            cursor, offset = page.cursor, offset - len(page.events)

    async def recent(self, limit: int, byte_encoding: ByteEncoding) -> tuple[list[Json], Coverage]:
        """Return the newest events over all shards, oldest first."""
        query = Events(cursor=Cursor(now_us()), limit=limit, byte_encoding=byte_encoding)
        answers = await self.ask_each(query)
        return merge.recent(answers.values, limit), coverage(answers)

    async def received_at(self, event_id: int) -> int:
        """Return the arrival of an event in Unix microseconds.

        Raises:
            NotFound: The event is not stored.
        """
        event, _ = await self.ask(Event(event_id))
        if event is None:
            raise NotFound(
                f"event {event_id} not found (never received or expired)", "last_event_id"
            )
        return time_us(event["received_at"], "received_at")

    async def nodes(self, byte_encoding: ByteEncoding = "hex") -> tuple[list[Json], Coverage]:
        """Return all nodes ever seen: connected ones first, then by last sight, newest first."""
        known, seen = await self._known_nodes(Nodes(byte_encoding=byte_encoding))
        nodes = [self.registry.add_node_info(node, byte_encoding) for node in known.values()]
        nodes += self.registry.forgotten_nodes(known, byte_encoding)
        nodes.sort(key=lambda node: node["node_id"])
        nodes.sort(
            key=lambda node: (node["is_connected"], node["last_seen_at"] or ""), reverse=True
        )
        claims = (
            (_claimed_slot(node, "best"), _claimed_slot(node, "finalized"))
            for node in nodes
            if node["is_connected"]
        )
        return wall_clock.hide_implausible(nodes, wall_clock.agreement(claims)), seen

    async def node(
        self, node_id: str, byte_encoding: ByteEncoding = "hex"
    ) -> tuple[Json, Coverage]:
        """Return one node.

        Raises:
            NotFound: The node has never connected.
        """
        known, seen = await self._known_nodes(Nodes(node=node_id, byte_encoding=byte_encoding))
        node = known.get(node_id) or self.registry.node(node_id, byte_encoding)
        if node is None:
            raise NotFound(f"no node {node_id} has ever connected", "id")
        node = self.registry.add_node_info(node, byte_encoding)
        sources = node["statements"].values()
        if any(source and source.get("is_ahead") for source in sources):
            claims, _ = await self.chain()
            agreed = wall_clock.agreement(claims.values())
            (node,) = wall_clock.hide_implausible([node], agreed)
        return node, seen

    async def node_status(
        self, node_id: str, byte_encoding: ByteEncoding
    ) -> tuple[Json, NodeStatusAnswer, Coverage]:
        """Return a node and its status."""
        (node, seen), (status, also) = await gather_all(
            self.node(node_id), self.ask(NodeStatus(node_id, byte_encoding))
        )
        if any(each.get("is_ahead") for each in status["latest"].values()):
            claims, _ = await self.chain()
            agreed = wall_clock.agreement(claims.values())
            counting = {
                chain_stats.BEST_KEY: agreed.best,
                chain_stats.FINALIZED_KEY: agreed.finalized,
            }
            latest = {
                kind: each
                for kind, each in status["latest"].items()
                if not each.get("is_ahead") or counting[kind]
            }
            status = {**status, "latest": latest}
        return node, status, seen & also

    async def stats(self, window: Window) -> tuple[Stats, Coverage]:
        """Return the number of blocks authored in the window, and the state of the chain."""
        (blocks, authored), (claims, seen) = await gather_all(self.authored(window), self.chain())
        chain = chain_stats.chain_figures(claims)
        body: Stats = {
            "total_blocks_authored": len({row["hash"] for row in blocks}),
            "best_block": chain["best_block"] or 0,
            "best_block_known": chain["best_block"] is not None,
            "finalized_block": chain["finalized_block"] or 0,
            "finalized_block_known": chain["finalized_block"] is not None,
            "ahead": chain["ahead"],
        }
        return body, seen & authored

    async def authored(self, window: Window) -> tuple[list[Json], Coverage]:
        """Return hash and node of each block authored in a window, each once.

        The rows of a shard are limited: if a shard reaches the limit, each half of the window is
        queried. The number of queries depends on the number of blocks, not on the window.
        """
        deadline_at = time.monotonic() + self._deadline
        blocks: list[Json] = []
        covered: list[Coverage] = []
        windows = [window]
        while windows:
            part = windows.pop()
            rows, seen = await self.ask(
                AggregateRows(
                    "sightings",
                    part,
                    columns=["hash", "node"],
                    where={"type": [EventKind.AUTHORED]},
                    limit=MAX_AUTHORED,
                    distinct=True,
                ),
                _remaining(
                    deadline_at, "the blocks could not be read in time; ask for fewer hours"
                ),
            )
            halves = part.halves() if len(rows) >= MAX_AUTHORED else ()
            windows += halves
            blocks += () if halves else rows
            covered.append(seen)
        return blocks, reduce(and_, covered)

    async def chain(self) -> tuple[dict[str, Claim], Coverage]:
        """Return the slots that each connected node last stated; see ``query.core.nodes``."""
        query = Chain()
        answers = await self.ask_each(query)
        statements, seen = query.merge(answers.values), coverage(answers)
        silent = [node for node, stated in statements.items() if None in stated]
        # A node may have made the statement on an earlier connection, to another shard.
        if silent := self.registry.on_several_shards(silent, self.shards.total):
            more = await self.ask_each(Chain(silent))
            statements = query.merge([*answers.values, *more.values])
            seen &= coverage(more)
        return merge.claims(statements), seen

    async def live(self) -> tuple[LiveFigures, Coverage]:
        """Return counts of the last complete seconds and the state of the chain."""
        now = int(time.time())
        (answers, seen), (claims, also) = await gather_all(self.ask(Live()), self.chain())
        live = LiveFigures(
            now=now,
            seconds=merge.seconds(answers),
            active_nodes=len({node for answer in answers for node in answer["active"]}),
            chain=chain_stats.chain_figures(claims),
            since=max(answer["since"] for answer in answers),
        )
        return live, seen & also

    async def statistics(self) -> Answers[Json]:
        """Return each shard's ``Statistics``."""
        return await self.ask_each(Statistics())

    async def _known_nodes(self, query: Nodes) -> tuple[dict[str, Json], Coverage]:
        """Return nodes by id; of a shard that does not answer, those of its last reports."""
        answers = await self.ask_each(query)
        silent = [
            (
                shard,
                self.registry.shard_reports(
                    shard,
                    is_up=self.shards.every[shard].up,
                    rendering=query.byte_encoding,
                    node_id=query.node,
                ),
            )
            for shard in answers.missing
        ]
        return query.merge([*answers.values, *silent]), coverage(answers)


@dataclass(frozen=True)
class LiveFigures:
    """The last complete seconds before the Unix second ``now``, counted from ``since`` on."""

    now: int
    seconds: Mapping[int, merge.Second]
    active_nodes: int
    chain: ChainFigures
    since: int = 0

    def window(self, length: int) -> LiveWindow:
        """Return figures of the last ``length`` seconds, with their bounds."""
        return chain_stats.live_window(self.seconds, self.now, length, self.since)


def _decode(query: Query[A, R], answers: Answers[Partial]) -> list[tuple[int, A]]:
    return [
        (shard, decode_partial(query, partial.value, partial.attachment))
        for shard, partial in answers.values
    ]


async def _off_loop(answers: Answers[Partial], work: Callable[[], R]) -> R:
    """Return the result of ``work``, done on a thread if the answers are large."""
    size = sum(
        len(memoryview(partial.value)) + len(partial.attachment) for _, partial in answers.values
    )
    return await run_on_merge_thread(work) if size > MERGE_ON_THREAD_BYTES else work()


def _remaining(deadline_at: float, message: str) -> float:
    remaining = deadline_at - time.monotonic()
    if remaining <= 0:
        raise QueryTimeout(message)
    return remaining


async def gather_all(*awaitables: Awaitable[Any]) -> list[Any]:
    """Return the results of all awaitables; if one fails, cancel the others."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _claimed_slot(node: Json, name: str) -> int | None:
    """Return the slot of a block that a node reports, as an ``AheadSlot`` if it is ahead."""
    source, block = node["statements"].get(name), node.get(name)
    return wall_clock.stated_slot(block and {**(source or {}), "slot": block["slot"]})
