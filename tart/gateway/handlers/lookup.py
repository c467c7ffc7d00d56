"""Handler of the search."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from tart.errors import TartError
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_us
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer
from tart.query.core.chain_stats import chain_figures
from tart.query.core.query import Query
from tart.query.core.windows import Window
from tart.query.shard_queries.events import Event
from tart.query.shard_queries.hashes import ALL_TIME, HashMatches
from tart.query.topics.lookup import Knowledge, Question, parse
from tart.query.topics.lookup import lookup as lookup_answer
from tart.units import DAY_US

R = TypeVar("R")

# A search box asks with every key; what takes longer than this is left out of the answer.
DEADLINE_SECONDS = 2.0


async def lookup(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/search``."""
    question = parse(values["q"])
    now = now_us()
    since = now - DAY_US if question.seeks_hashes and not question.is_hash else None
    (hashes, seen), (event, also), best = await gather_all(
        _hashes(queries, question, since),
        _event(queries, question),
        _best_slot(queries, question),
    )
    registry = queries.registry
    connected = registry.connected({shard.index for shard in queries.shards.every if shard.up})
    nodes = [
        {**node, "is_connected": each in connected}
        for each in sorted(registry.ids())
        if (node := registry.node(each, "hex"))
    ]
    known = Knowledge(nodes=nodes, hashes=hashes, event=event, best_slot=best)
    body = partial(lookup_answer, question, known, limit=values["limit"], since_us=since)
    return Answer(body, seen & also)


async def _hashes(
    queries: QueryClient, question: Question, since: int | None
) -> tuple[Any, Coverage]:
    if not question.seeks_hashes:
        return [], _complete(queries)
    window = ALL_TIME if since is None else Window(since)
    query = HashMatches(question.first, question.last, window)
    return await _ask(queries, query, [])


async def _event(queries: QueryClient, question: Question) -> tuple[Any, Coverage]:
    if not question.seeks_event:
        return None, _complete(queries)
    assert question.number is not None
    return await _ask(queries, Event(question.number), None)


async def _best_slot(queries: QueryClient, question: Question) -> int | None:
    """Return the best slot; ``None`` if it is not known or does not matter."""
    if question.number is None:
        return None
    try:
        claims, _ = await queries.chain()
    except TartError:
        return None
    return chain_figures(claims)["best_block"]


async def _ask(queries: QueryClient, query: Query[Any, R], default: R) -> tuple[R, Coverage]:
    """Return an answer; the default, from no shard, if there is none in time."""
    try:
        return await queries.ask(query, DEADLINE_SECONDS)
    except TartError:
        return default, Coverage(frozenset(), len(queries.shards.every))


def _complete(queries: QueryClient) -> Coverage:
    total = len(queries.shards.every)
    return Coverage(frozenset(range(total)), total)


LOOKUP_HANDLERS: Mapping[str, Handler] = {"lookup": lookup}
