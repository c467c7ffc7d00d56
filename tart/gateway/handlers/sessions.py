"""Handlers of ``api.routes.sessions``: connections and conformance."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tart.gateway.api.rule_pages import rule_list, rule_text
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_us
from tart.gateway.handlers.windows import Handler, Values, common_coverage, request_window
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.sessions import Sessions
from tart.query.core import cursor as cursors
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Json
from tart.query.core.sessions import session_json
from tart.query.core.wall_clock import agreement
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.sessions import (
    Examples,
    FindingExamples,
    ProtocolVersions,
    SessionPage,
)
from tart.query.topics import conformance as figures
from tart.query.topics import findings
from tart.units import HOUR_US


async def sessions(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/sessions``."""
    return await _sessions(queries, values, None)


async def node_sessions(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/sessions``."""
    answer, _ = await gather_all(
        _sessions(queries, values, values["id"]), queries.node(values["id"])
    )
    page: Answer = answer
    return page


async def conformance(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/conformance``."""
    window = request_window(values).whole(HOUR_US)
    (nodes, seen), (rows, rows_seen) = await gather_all(
        queries.nodes(), _conformance_input(queries, window, None)
    )
    return Answer(partial(figures.network_conformance, nodes, rows), seen & rows_seen)


async def node_conformance(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/conformance``."""
    window = request_window(values).whole(HOUR_US)
    (node, seen), (rows, rows_seen) = await gather_all(
        queries.node(values["id"]), _conformance_input(queries, window, values["id"])
    )
    return Answer(partial(figures.node_conformance, node, rows), seen & rows_seen)


async def conformance_matrix(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/conformance/matrix``."""
    window = request_window(values).whole(HOUR_US)
    (nodes, seen), (rows, rows_seen) = await gather_all(
        queries.nodes(), _conformance_input(queries, window, None, examples=0)
    )
    return Answer(partial(findings.conformance_matrix, nodes, rows), seen & rows_seen)


async def conformance_examples(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/conformance/examples``."""
    window, limit = request_window(values).whole(HOUR_US), values["limit"]
    nodes, seen = await queries.nodes()
    chosen = findings.nodes_of(nodes, values["implementation"], values["version"])
    if values["node_id"] is not None:
        node = values["node_id"]
        chosen = [node] if chosen is None or node in chosen else []
    rows, rows_seen = await queries.ask(FindingExamples(window, values["rule"], chosen, limit + 1))
    body = partial(findings.conformance_examples, rows, nodes, limit)
    return Answer(body, seen & rows_seen)


async def rules(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/docs/rules``."""
    return Answer(rule_list().encode())


async def rule(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/docs/rules/{code}``."""
    return Answer(rule_text(values["code"]).encode())


async def _sessions(queries: QueryClient, values: Values, node: str | None) -> Answer:
    place = values["cursor"]
    window = request_window(values).open(place=place and place.window)
    place = place or Cursor(now_us(), window)
    page, seen = await queries.ask(SessionPage(place, values["limit"] + 1, node))
    body: Sessions = {
        "sessions": [session_json(row) for row in page.events],
        "has_more": page.has_more,
    }
    if page.has_more:
        body["next_cursor"] = cursors.encode(page.cursor)
    return Answer(body, seen)


async def _conformance_input(
    queries: QueryClient, window: Window, node: str | None, examples: int = figures.EXAMPLES
) -> tuple[figures.ConformanceInput, Coverage]:
    """Return the rows about one node, or about all, with some examples of each rule."""
    where = {} if node is None else {"node": [node]}
    counts, connections, clocks, events, status, shown = parts = await gather_all(
        queries.ask(AggregateSum("conformance", window, by=["node", "rule"], where=where)),
        queries.ask(ProtocolVersions(window, now_us(), node)),
        queries.ask(
            AggregateSum("clocks", window, by=["bucket", "node"], where=where, step_us=HOUR_US)
        ),
        queries.ask(AggregateSum("counts", window, by=["node"], where=where)),
        queries.ask(
            AggregateSum("counts", window, by=["node"], where={**where, "type": [EventKind.STATUS]})
        ),
        queries.ask(Examples(window, examples, node)),
    )
    rows = figures.ConformanceInput(
        counts=await plausible_breaches(queries, counts[0]),
        connections=connections[0],
        clocks=clocks[0],
        events=events[0],
        status=status[0],
        examples=shown[0],
    )
    return rows, common_coverage(parts)


async def plausible_breaches(queries: QueryClient, rows: list[Json]) -> list[Json]:
    """Return rows of breaches, without those that the whole network commits.

    Slots that are ahead of the wall clock are no breach where most nodes agree on them.
    """
    if any(row["rule"] == "implausible_slot" for row in rows):
        claims, _ = await queries.chain()
        if any(agreement(claims.values())):
            return [row for row in rows if row["rule"] != "implausible_slot"]
    return rows


SESSION_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each
    for each in (
        sessions,
        node_sessions,
        conformance,
        node_conformance,
        conformance_matrix,
        conformance_examples,
        rules,
        rule,
    )
}
