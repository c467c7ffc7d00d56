"""Handlers of the network as a whole: chain, parameters, current rates."""

from __future__ import annotations

from collections.abc import Mapping

from tart.gateway.fanout.queries import QueryClient, now_text, now_us
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer
from tart.query.answers.network import Live
from tart.query.core import chain_stats
from tart.query.core.windows import resolve


async def stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/stats``."""
    # Always up to now: without a window in it, an unchanged answer is not sent again.
    return Answer(*await queries.stats(resolve(now_us(), duration=values["duration"])))


async def network(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/network``."""
    nodes, coverage = await queries.nodes(values["bytes"])
    return Answer(chain_stats.network(nodes), coverage)


async def live(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/metrics/live``."""
    figures, coverage = await queries.live()
    body: Live = {
        "timestamp": now_text(),
        "latest_slot": figures.chain["best_block"],
        "finalized_slot": figures.chain["finalized_block"],
        "active_nodes": figures.active_nodes,
        "last_10s": figures.window(chain_stats.LIVE_SECONDS),
        "last_1m": figures.window(chain_stats.MINUTE_SECONDS),
    }
    return Answer(body, coverage)


NETWORK_HANDLERS: Mapping[str, Handler] = {each.__name__: each for each in (stats, network, live)}
