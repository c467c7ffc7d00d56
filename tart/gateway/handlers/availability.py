"""Handlers of ``api.routes.availability``: assurances by anchor, requests, preimages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from tart.aggregate.core.tables import TICK_US
from tart.aggregate.keyed.deliveries import is_followed
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all
from tart.gateway.handlers.windows import (
    Handler,
    Values,
    common_coverage,
    request_buckets,
    request_window,
)
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.core.chain_stats import most_common
from tart.query.core.merge import Json
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.query.shard_queries.blocks import FirstSeenBlocks
from tart.query.shard_queries.deliveries import Deliveries
from tart.query.shard_queries.preimages import KINDS as PREIMAGE_KINDS
from tart.query.shard_queries.preimages import PreimageEvents
from tart.query.topics import assured_anchors, preimages, requests
from tart.query.topics.assurances import slot_seconds
from tart.query.topics.requests import PREIMAGE_REQUEST, REQUESTS, Request, RequestRows
from tart.query.topics.time_series import Buckets
from tart.units import HOUR_US

# An anchor was first seen at most this long before its assurances.
_ANCHOR_AGE_US = HOUR_US


async def availability_anchors(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/availability/anchors``."""
    # Assurances are stored with their times, and need no whole minutes.
    window = request_window(values).whole(TICK_US)
    assert window.start_us is not None
    assert window.end_us is not None
    before = Window(max(0, window.start_us - assured_anchors.LOOKBACK_US), window.end_us)
    (rows, rows_seen), (nodes, seen) = await gather_all(
        queries.ask(
            AggregateSum(
                "assurances",
                before,
                by=["anchor", "seen_at"],
                where={"type": [EventKind.DISTRIBUTING_ASSURANCE]},
            )
        ),
        queries.nodes(),
    )
    cores = _cores(nodes)
    anchors = assured_anchors.select_anchors(
        rows,
        window.start_us,
        window.end_us,
        lambda anchor: is_followed(bytes.fromhex(anchor), cores),
        values["limit"],
    )
    around = Window(anchors.start_us, anchors.end_us)
    earlier = Window(max(0, anchors.start_us - _ANCHOR_AGE_US), anchors.end_us)
    blocks, participants, *deliveries = parts = await gather_all(
        queries.ask(FirstSeenBlocks(earlier)),
        queries.ask(
            AggregateSum("counts", around, by=["node"], where={"type": list(assured_anchors.KINDS)})
        ),
        *(
            queries.ask(Deliveries(around, EventKind.DISTRIBUTING_ASSURANCE.number, hashes))
            for hashes in anchors.batches(len(nodes))
        ),
    )
    body = partial(
        assured_anchors.anchor_coverage,
        anchors,
        [found for found, _ in deliveries],
        [row["node"] for row in participants[0]],
        {block["hash"]: block["slot"] for block in blocks[0]},
        slot_seconds(nodes),
    )
    return Answer(body, common_coverage([(rows, rows_seen), (nodes, seen), *parts]))


def _cores(nodes: Iterable[Json]) -> int | None:
    """Return the number of cores that most nodes report."""
    parameters = ((node["node_info"] or {}).get("params") or {} for node in nodes)
    cores: int | None = most_common(each.get("core_count") for each in parameters)
    return cores


async def availability_requests(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/availability/requests``."""
    wanted = [REQUESTS[values["kind"]]] if values["kind"] else list(REQUESTS.values())
    buckets = request_buckets(values)
    rows, seen = await _request_rows(queries, buckets, wanted)
    body = partial(requests.availability_requests, rows, buckets, wanted, values["limit"])
    return Answer(body, seen)


async def preimage_activity(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/preimages``."""
    buckets = request_buckets(values)
    window, kinds = buckets.window, list(PREIMAGE_KINDS)
    (rows, seen), (newest, newest_seen), counts, fetched, status = await gather_all(
        _request_rows(queries, buckets, [PREIMAGE_REQUEST], kinds),
        queries.ask(PreimageEvents(window, preimages.MAX_EVENTS)),
        queries.ask(AggregateSum("counts", window, by=["node", "type"], where={"type": kinds})),
        queries.ask(
            AggregateSum(
                "latency",
                window,
                by=["node", "parent", "type", "bin"],
                where=_ends([PREIMAGE_REQUEST], [PREIMAGE_REQUEST.sent.number]),
            )
        ),
        queries.ask(AggregateSum("status", window, by=["node"])),
    )
    body = partial(
        preimages.preimages,
        preimages.PreimageRows(rows, counts[0], fetched[0], status[0]),
        newest.events,
        buckets,
        values["limit"],
        complete=newest.complete,
    )
    parts = [(rows, seen), (newest, newest_seen), counts, fetched, status]
    return Answer(body, common_coverage(parts))


async def _request_rows(
    queries: QueryClient,
    buckets: Buckets,
    wanted: Sequence[Request],
    kinds: Sequence[int] | None = None,
) -> tuple[RequestRows, Coverage]:
    """Return the rows about some kinds of requests.

    Args:
        buckets: The window, cut into buckets.
        wanted: The kinds.
        kinds: Event types that are counted, also by bucket; ``None`` means those of the requests.
    """
    window = buckets.window
    starts = [kind.number for each in wanted for kind in (each.sent, each.received)]
    counted = list(kinds or starts)
    failed = list(kinds or (each.failed.number for each in wanted))
    parts = await gather_all(
        queries.ask(AggregateSum("counts", window, by=["type"], where={"type": counted})),
        queries.ask(
            AggregateSum(
                "latency",
                window,
                by=["bucket", "parent", "type", "bin"],
                where=_ends(wanted, starts),
                step_us=buckets.step_us,
            )
        ),
        queries.ask(
            AggregateSum(
                "counts",
                window,
                by=["bucket", "type"],
                where={"type": list(kinds or (each.sent.number for each in wanted))},
                step_us=buckets.step_us,
            )
        ),
        queries.ask(
            AggregateSum(
                "latency",
                window,
                by=["node", "parent", "type", "bin"],
                where=_ends(wanted, [each.received.number for each in wanted]),
            )
        ),
        queries.ask(
            AggregateSum("failures", window, by=["node", "type", "reason"], where={"type": failed})
        ),
    )
    counts, durations, sent, served, failures = (rows for rows, _ in parts)
    return RequestRows(counts, durations, sent, served, failures), common_coverage(parts)


def _ends(wanted: Iterable[Request], starts: Sequence[int]) -> dict[str, list[int]]:
    """Return a condition on ``latency``: transfers and failures since these starts."""
    ends = [kind.number for each in wanted for kind in (each.failed, each.transferred)]
    return {"parent": list(starts), "type": ends}


AVAILABILITY_HANDLERS: Mapping[str, Handler] = {
    "availability_anchors": availability_anchors,
    "availability_requests": availability_requests,
    "preimages": preimage_activity,
}
