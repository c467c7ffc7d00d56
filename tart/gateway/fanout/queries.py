"""What can be asked of the whole: scatter, merge, and say which shards it is from.

REST routes, WebSocket messages and alerts ask here, so that one figure is one figure
everywhere. Each question keeps the one deadline of the settings.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from tart.aggregate.core.tables import OPERATIONS, clock_column
from tart.config.schema import AggregatesConfig, ApiConfig
from tart.errors import NotFound, QueryTimeout
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.shards import Answers, Shards
from tart.gateway.fanout.sql_admission import SqlAdmission
from tart.ipc.messages import UnreadableRows
from tart.query.answers.network import ChainFigures, LiveWindow, Stats
from tart.query.core import chain_stats, merge, merge_aggregates
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Claim, Json, Page
from tart.query.core.merge_aggregates import Spread
from tart.query.core.rfc3339 import server_time
from tart.query.core.sessions import merged_connections
from tart.query.core.windows import Window, time_us
from tart.query.topics.topology import merge_transfers
from tart.units import SECOND_US

# Skipped events are read in pieces of so many, so that an offset costs time, not memory.
SKIP_CHUNK = 5000
# Of a shard; a week has 100,800 slots.
MAX_AUTHORED = 300_000


@dataclass(frozen=True)
class Coverage:
    """Which shards an answer is from, and what they could not read for it."""

    shards: frozenset[int]
    total: int
    unreadable: frozenset[UnreadableRows] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether it is from all, and nothing was unreadable."""
        return len(self.shards) == self.total and not self.unreadable

    def __and__(self, other: Coverage) -> Coverage:
        shards = self.shards & other.shards
        return Coverage(shards, self.total, self.unreadable | other.unreadable)


def coverage(*every: Answers) -> Coverage:
    """The shards that answered every one of these scatters."""
    answered = [frozenset(shard for shard, _ in answers.values) for answers in every]
    unreadable = frozenset[UnreadableRows]().union(*(answers.unreadable for answers in every))
    return Coverage(frozenset.intersection(*answered), every[0].total, unreadable)


def now_us() -> int:
    """The present in Unix microseconds."""
    return time.time_ns() // 1000


def now_text() -> str:
    """The present as text."""
    return server_time(now_us())


class Questions:
    """Asks all shards; ``rendering`` of bytes is ``hex`` unless said otherwise."""

    # For how long the shards keep figures, and how fine.
    kept = AggregatesConfig()

    def __init__(self, shards: Shards, registry: NodeRegistry, config: ApiConfig) -> None:
        self.shards = shards
        self.registry = registry
        self.config = config
        self._deadline = config.deadline_seconds
        self.sandboxes = SqlAdmission()

    async def events(
        self, selection: Mapping[str, Any], limit: int, offset: int, cursor: Cursor
    ) -> tuple[Page, Coverage]:
        """Selected events from ``cursor`` on, newest first, ``offset`` of them skipped."""
        ends = time.monotonic() + self._deadline
        seen = None
        while True:
            skipping = min(offset, SKIP_CHUNK)
            size = skipping or limit
            place = cursor
            answers = await self.scatter(
                "events",
                lambda shard, place=place, size=size: {  # type: ignore[misc]
                    **selection,
                    **place.question(shard),
                    "limit": size + 1,
                },
                _left(ends, "the events to skip could not be read in time; page by cursor"),
            )
            page = merge.event_page(answers.values, size, cursor)
            seen = coverage(answers) if seen is None else seen & coverage(answers)
            if not skipping or not page.has_more:
                return (page if not skipping else Page([], False, page.cursor)), seen
            cursor, offset = page.cursor, offset - len(page.events)

    async def recent(self, limit: int, rendering: str) -> tuple[list[Json], Coverage]:
        """The newest events over all shards, oldest first."""
        answers = await self._ask("events", limit=limit, bytes=rendering)
        return merge.recent(answers.values, limit), coverage(answers)

    async def received_at(self, event_id: int) -> int:
        """When an event came, Unix microseconds.

        Raises:
            NotFound: it is not kept.
        """
        answers = await self._ask("event", id=event_id, bytes="hex")
        found = next((value for _, value in answers.values if value is not None), None)
        if found is None:
            raise NotFound(f"no event {event_id} is kept", "last_event_id")
        return time_us(found["received_at"], "received_at")

    async def summed(
        self,
        table: str,
        window: Window | None = None,
        *,
        by: Sequence[str] = (),
        values: Sequence[str] | None = None,
        where: Mapping[str, Sequence[Any]] | None = None,
        step_us: int = 0,
        top: int | None = None,
    ) -> tuple[list[Json], Coverage]:
        """An additive table's values by the keys in ``by``; see ``aggregate.core.tables``.

        Args:
            window: on the shards' clock; ``None`` is all that is kept.
            values: which; ``None`` gives all.
            where: what columns may be: ``{"type": [42]}``, ``{"node": [node_id]}``.
            step_us: times among the keys become multiples of it.
            top: only so many of each shard, those with the greatest first value.

        Returns:
            Objects of keys and values, in no order.
        """
        operations = OPERATIONS[table]
        names = [name for name in operations if values is None or name in values]
        answers = await self._ask(
            "summed",
            table=table,
            by=list(by),
            values=values and list(values),
            where=where and {name: list(some) for name, some in where.items()},
            step_us=step_us,
            top=top,
            **_bounds(window),
        )
        rows = merge_aggregates.merged(
            (row for _, answer in answers.values for row in answer),
            len(by),
            [operations[name] for name in names],
        )
        columns = (*by, *names)
        return [dict(zip(columns, row, strict=True)) for row in rows], coverage(answers)

    async def listed(
        self,
        table: str,
        window: Window | None = None,
        *,
        where: Mapping[str, Sequence[Any]] | None = None,
        columns: Sequence[str] | None = None,
        known: Sequence[str] = (),
        limit: int = 100,
        distinct: bool = False,
        deadline: float | None = None,
    ) -> tuple[list[Json], Coverage]:
        """Rows of a table of rows, newest first, at most ``limit`` of each shard.

        With ``distinct``, each combination of ``columns`` once, in any order; with ``known``
        only those in which these columns have a value.
        """
        question = {
            "table": table,
            "columns": columns and list(columns),
            "where": where and {name: list(some) for name, some in where.items()},
            "known": list(known),
            "limit": limit,
            "distinct": distinct,
            **_bounds(window),
        }
        answers = await self.scatter("listed", question, deadline)
        rows = [row for _, answer in answers.values for row in answer]
        if distinct:
            rows = list({tuple(row.items()): row for row in rows}.values())
        else:
            clock = clock_column(table)
            rows.sort(key=lambda row: row.get(clock) or 0, reverse=True)
        return rows, coverage(answers)

    async def sighted(self, window: Window) -> tuple[list[Json], Coverage]:
        """Blocks first seen in a window, newest first: hash, slot, first_at, nodes."""
        answers = await self._ask("sighted", **_bounds(window))
        found: dict[str, Json] = {}
        for _, answer in answers.values:
            for block, slot, first_at, nodes in answer:
                entry = found.setdefault(
                    block, {"hash": block, "slot": slot, "first_at": first_at, "nodes": 0}
                )
                entry["first_at"] = min(entry["first_at"], first_at)
                entry["nodes"] += nodes
        rows = sorted(found.values(), key=lambda each: each["first_at"], reverse=True)
        return rows, coverage(answers)

    async def propagated(self, hashes: Sequence[str]) -> tuple[list[Json], Coverage]:
        """When each node saw each of these blocks first.

        Returns:
            Objects of hash, node, at (µs), timestamp (its clock), type (of the event) and
            offset_us (by how much its clock was behind, ``None`` if that is not known).
        """
        answers = await self._ask("propagated", hashes=list(hashes))
        names = ("hash", "node", "at", "timestamp", "type", "offset_us")
        first: dict[tuple[str, str], Json] = {}
        for _, answer in answers.values:
            for values in answer:
                row = dict(zip(names, values, strict=True))
                known = first.setdefault((row["hash"], row["node"]), row)
                if row["at"] < known["at"]:
                    first[row["hash"], row["node"]] = row
        return list(first.values()), coverage(answers)

    async def spread(
        self,
        table: str,
        value: str,
        window: Window,
        *,
        by: Sequence[str],
        where: Mapping[str, Sequence[Any]] | None = None,
        step_us: int = 0,
    ) -> tuple[Spread, Coverage]:
        """One value of an additive table: by its keys, each node's; see ``summed``."""
        answers = await self._ask(
            "spread",
            table=table,
            value=value,
            by=list(by),
            where=where and {name: list(some) for name, some in where.items()},
            step_us=step_us,
            **_bounds(window),
        )
        operation = OPERATIONS[table][value]
        return merge_aggregates.spread((value for _, value in answers.values), operation), coverage(
            answers
        )

    async def sessions(
        self, limit: int, cursor: Cursor, node: str | None = None
    ) -> tuple[Page, Coverage]:
        """Connections open in the cursor's window, newest first; rows of the query's columns."""

        def asked(shard: int) -> Json:
            question = cursor.question(shard)
            end_us = question["end_us"]
            question["end_us"] = None if end_us is None else end_us + 1
            return {**question, "node": node, "limit": limit + 1}

        answers = await self.scatter("sessions", asked)
        page = merge.event_page(answers.values, limit, cursor, "started_at")
        return page, coverage(answers)

    async def connections(
        self, window: Window, step_us: int, node: str | None = None
    ) -> tuple[Json, Coverage]:
        """A window's connects, disconnects and refused connections by bucket.

        Returns:
            ``open``: how many were open when the window began; ``buckets``: rows of
            [µs, connects, disconnects, refused] of those that are not empty.
        """
        answers = await self._ask("connections", node=node, step_us=step_us, **_bounds(window))
        return merged_connections(answer for _, answer in answers.values), coverage(answers)

    async def spoken(
        self, window: Window, now: int, node: str | None = None
    ) -> tuple[list[Json], Coverage]:
        """How nodes introduced themselves on the connections they had in a window."""
        answers = await self._ask("spoken", node=node, now_us=now, **_bounds(window))
        return [row for _, answer in answers.values for row in answer], coverage(answers)

    async def examples(
        self, window: Window, limit: int, node: str | None = None
    ) -> tuple[list[Json], Coverage]:
        """The newest examples of what was wrong, newest first.

        Args:
            limit: so many of each rule and shard.
        """
        answers = await self._ask("examples", node=node, limit=limit, **_bounds(window))
        rows = [row for _, answer in answers.values for row in answer]
        rows.sort(key=lambda row: row["at"], reverse=True)
        return rows, coverage(answers)

    async def transfers(self, window: Window) -> tuple[list[Json], Coverage]:
        """Blocks that nodes transferred: node, blocks, slots, last_at (µs)."""
        answers = await self._ask("transfers", **_bounds(window))
        return merge_transfers(answer for _, answer in answers.values), coverage(answers)

    async def nodes(self, rendering: str = "hex") -> tuple[list[Json], Coverage]:
        """All nodes ever seen: connected first, then the last seen first."""
        answers = await self._ask("nodes", bytes=rendering)
        known = merge.nodes([*answers.values, *self._silent(answers, rendering)])
        every = [self.registry.introduced(node, rendering) for node in known.values()]
        every += self.registry.others(known, rendering)
        every.sort(key=lambda node: node["node_id"])
        every.sort(
            key=lambda node: (node["is_connected"], node["last_seen_at"] or ""), reverse=True
        )
        return every, coverage(answers)

    async def node(self, node_id: str, rendering: str = "hex") -> tuple[Json, Coverage]:
        """One node; ``NotFound`` if nobody ever saw it."""
        answers = await self._ask("nodes", node=node_id, bytes=rendering)
        known = merge.nodes([*answers.values, *self._silent(answers, rendering, node_id)])
        node = known.get(node_id) or self.registry.one(node_id, rendering)
        if node is None:
            raise NotFound(f"no node {node_id} has ever connected", "id")
        return self.registry.introduced(node, rendering), coverage(answers)

    async def node_status(self, node_id: str, rendering: str) -> tuple[Json, Json, Coverage]:
        """A node, and its merged ``node_status``."""
        (node, seen), answers = await together(
            self.node(node_id), self._ask("node_status", node=node_id, bytes=rendering)
        )
        return node, merge.node_status(answers.values), seen & coverage(answers)

    async def stats(self, window: Window) -> tuple[Stats, Coverage]:
        """Blocks authored in the window, and what the chain has reached."""
        (blocks, authored), (claims, seen) = await together(self.authored(window), self.chain())
        body: Stats = {
            "total_blocks_authored": len({row["hash"] for row in blocks}),
            **chain_stats.chain_figures(claims),
        }
        return body, seen & authored

    async def authored(self, window: Window) -> tuple[list[Json], Coverage]:
        """Hash and node of each block authored in a window, each once.

        A shard lists no more than so many rows: where one may have more, each half of the
        window is asked for. The number of questions follows what there is, not the window.
        """
        ends = time.monotonic() + self._deadline
        found: list[Json] = []
        every: list[Coverage] = []
        waiting = [window]
        while waiting:
            piece = waiting.pop()
            rows, seen = await self.listed(
                "sightings",
                piece,
                where={"type": [42]},
                columns=["hash", "node"],
                limit=MAX_AUTHORED,
                distinct=True,
                deadline=_left(ends, "the blocks could not be read in time; ask for fewer hours"),
            )
            halves = piece.halves() if len(rows) >= MAX_AUTHORED else ()
            waiting += halves
            found += () if halves else rows
            every.append(seen)
        return found, reduce(and_, every)

    async def chain(self) -> tuple[dict[str, Claim], Coverage]:
        """What each connected node has said of the chain; see ``query.core.nodes``."""
        answers = await self._ask("chain")
        found, seen = merge.chain(answers.values), coverage(answers)
        if silent := [node for node, said in found.items() if None in said]:
            # It may have said that on a connection that has ended, to another shard.
            more = await self._ask("chain", nodes=silent)
            found = merge.chain([*answers.values, *more.values])
            seen &= coverage(more)
        return merge.claims(found), seen

    async def live(self) -> tuple[LiveFigures, Coverage]:
        """The last complete seconds and the chain's present."""
        now = int(time.time())
        answers, (claims, seen) = await together(self._ask("live"), self.chain())
        active = merge.union([(shard, value["active"]) for shard, value in answers.values])
        live = LiveFigures(
            *(now, merge.seconds(answers.values), len(active), chain_stats.chain_figures(claims)),
            max(value["since"] for _, value in answers.values),
        )
        return live, seen & coverage(answers)

    async def statistics(self) -> Answers:
        """Each shard's ``statistics``."""
        return await self._ask("statistics")

    async def scatter(
        self,
        name: str,
        parameters: Mapping[str, Any] | Callable[[int], Mapping[str, Any]],
        deadline: float | None = None,
    ) -> Answers:
        """Ask every shard, within the settings' deadline or another."""
        return await self.shards.scatter(name, parameters, deadline or self._deadline)

    async def _ask(self, name: str, **parameters: Any) -> Answers:
        return await self.scatter(name, parameters)

    def _silent(
        self, answers: Answers, rendering: str, node_id: str | None = None
    ) -> list[tuple[int, list[Json]]]:
        """What the shards that did not answer last told of their nodes."""
        return [
            (
                shard,
                self.registry.of_shard(
                    shard,
                    there=self.shards.every[shard].up,
                    rendering=rendering,
                    node_id=node_id,
                ),
            )
            for shard in answers.missing
        ]


@dataclass(frozen=True)
class LiveFigures:
    """The last complete seconds before the Unix second ``now``, counted from ``since`` on."""

    now: int
    seconds: Mapping[int, merge.Second]
    active_nodes: int
    chain: ChainFigures
    since: int = 0

    def window(self, length: int) -> LiveWindow:
        """Figures of the last ``length`` seconds, with their bounds."""
        return {
            "start": server_time(min(self.now, max(self.now - length, self.since)) * SECOND_US),
            "end": server_time(self.now * SECOND_US),
            **chain_stats.live(self.seconds, self.now, length, self.since),
        }


def _bounds(window: Window | None) -> Json:
    if window is None:
        return {}
    end = window.end_us
    return {"start_us": window.start_us, "end_us": None if end is None else end + 1}


def _left(ends: float, otherwise: str) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise QueryTimeout(otherwise)
    return left


async def together(*asked: Awaitable[Any]) -> list[Any]:
    """All results; when one fails, the others are given up."""
    tasks = [asyncio.ensure_future(each) for each in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
