"""Routes of the present: the summary of the network. Pure."""

from __future__ import annotations

from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import EVENT_STREAM, SHARD_ERRORS, Cache, Kind, Route
from tart.query.answers.summary import Summary

_SINCE = Parameter(
    "since",
    Integer(0, 2**53 - 1),
    "The sequence of the state that the client has. The answer has all nodes if it is left out, "
    "older than 60 states, or of another gateway; its member since is null then.",
)
LIVE_ROUTES: tuple[Route, ...] = (
    Route(
        "summary",
        "/api/summary",
        "Get the present of the network in brief, and the nodes that changed",
        "What a page needs each second to be alive: counts of the last second, the chain, and of "
        "the nodes that changed since an earlier answer the figures that change. A first request "
        "without since gets all nodes; the next ones send the sequence of the answer before. "
        "Computed once a second for all clients. The same data comes by /api/summary/stream, and "
        "over WebSocket after SubscribeSummary. 503 if no shard answers.",
        parameters=(_SINCE,),
        answer=Summary,
        errors=SHARD_ERRORS,
        cache=Cache.LIVE,
    ),
    Route(
        "summary_stream",
        "/api/summary/stream",
        "Stream /api/summary every second as server-sent events",
        "Events are called summary; the first has all nodes, unless Last-Event-ID or since names "
        "a known state. id is the sequence. A client that does not keep up skips states, and gets "
        "all changes since its last one. While no shard answers, states still come, with "
        "shards_answered 0.",
        parameters=(
            _SINCE,
            Parameter(
                "interval_ms",
                Integer(1000, 10_000, (True, True)),
                "Time between two states in milliseconds, rounded to whole seconds.",
            ),
        ),
        kind=Kind.EVENT_STREAM,
        media_type=EVENT_STREAM,
        errors=(503,),
        cache=Cache.REVALIDATED,
        scattered=False,
        token=True,
    ),
)
