"""Preimages: announcements, requests, transfers, and the nodes that have them.

Pure. Counts and durations come from the aggregates. The list of preimages comes from their newest
events: an event that does not name the preimage refers to the request that does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tart.protocol.events import EVENTS, EventKind
from tart.query.answers import preimages as answers
from tart.query.answers.requests import RequestFailure
from tart.query.core.log_histogram import percentile_ms
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.shard_queries.preimages import PreimageEvent
from tart.query.topics.requests import (
    PREIMAGE_REQUEST,
    RequestFigures,
    RequestRows,
)
from tart.query.topics.time_series import Buckets

# Newest events that the list of preimages is made from.
MAX_EVENTS = 4_000
_LOST = (
    EventKind.PREIMAGE_ANNOUNCEMENT_FAILED,
    EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN,
    EventKind.PREIMAGE_DISCARDED,
)


class PreimageRows(NamedTuple):
    """Rows of the aggregates about preimages.

    Attributes:
        requests: Rows about requests for preimages; ``counts`` has all types of the group, ``sent``
            all of them by bucket.
        counts: Node, type, count of events of the group.
        fetched: Node, parent, type, bin, count of ``latency`` on the requesters' side.
        status: The newest row of ``status`` of each node, with ``seen_at`` (Unix µs).
    """

    requests: RequestRows
    counts: Sequence[Json]
    fetched: Sequence[Json]
    status: Sequence[Json]


def preimages(
    rows: PreimageRows,
    events: Sequence[PreimageEvent],
    buckets: Buckets,
    limit: int,
    *,
    complete: bool,
) -> answers.Preimages:
    """Return the answer of ``/api/preimages``.

    Args:
        rows: Rows of the window.
        events: The newest events about preimages, newest first.
        buckets: The window, cut into buckets.
        limit: Maximum number of preimages and of servers.
        complete: Whether ``events`` are all of the window.
    """
    figures = RequestFigures(rows.requests, buckets, limit)
    return {
        **figures.times(),
        "totals": _totals(figures, rows.status),
        "series": _series(rows.requests.sent, buckets),
        "requests": figures.of(PREIMAGE_REQUEST),
        "failures": _losses(rows.requests.failures),
        "nodes": _nodes(rows, figures),
        "preimages": list_preimages(events)[:limit],
        "read": {
            "events": len(events),
            "since": server_time(events[-1].received_us) if events else None,
            "complete": complete,
        },
    }


def _totals(figures: RequestFigures, status: Sequence[Json]) -> answers.PreimageTotals:
    return {
        "announced": figures.count(EventKind.PREIMAGE_ANNOUNCED),
        "announcements_failed": figures.count(EventKind.PREIMAGE_ANNOUNCEMENT_FAILED),
        "forgotten": figures.count(EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN),
        "discarded": figures.count(EventKind.PREIMAGE_DISCARDED),
        "transferred": figures.count(EventKind.PREIMAGE_TRANSFERRED),
        "stored": sum(row["num_preimages"] for row in status),
        "stored_bytes": sum(row["preimages_size"] for row in status),
    }


def _series(rows: Iterable[Json], buckets: Buckets) -> answers.PreimageSeries:
    counts: Counter[tuple[int, int]] = Counter()
    for row in rows:
        counts[row["type"], row["bucket"]] += row["count"]
    starts = range(buckets.start_us, buckets.end_us + 1, buckets.step_us)

    def of(kind: EventKind) -> list[int]:
        return [counts[kind.number, start] for start in starts]

    return {
        "announced": of(EventKind.PREIMAGE_ANNOUNCED),
        "forgotten": of(EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN),
        "discarded": of(EventKind.PREIMAGE_DISCARDED),
    }


def _losses(rows: Iterable[Json]) -> list[RequestFailure]:
    """Return reasons of failed announcements and of losses, most frequent first."""
    counts: Counter[str] = Counter()
    nodes: defaultdict[str, set[str]] = defaultdict(set)
    last: dict[str, int] = {}
    for row in rows:
        if row["type"] in _LOST:
            reason = f"{EVENTS[row['type']].title}: {row['reason']}"
            counts[reason] += row["count"]
            nodes[reason].add(row["node"])
            last[reason] = max(row["last_at"], last.get(reason, 0))
    return [
        {
            "reason": reason,
            "count": count,
            "nodes": len(nodes[reason]),
            "last_at": server_time(last[reason]),
        }
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


# --- Nodes -----------------------------------------------------------------------------------


def _nodes(rows: PreimageRows, figures: RequestFigures) -> list[answers.PreimageNode]:
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in rows.counts:
        counts[row["node"]][row["type"]] += row["count"]
    stored = {row["node"]: row for row in rows.status}
    fetched: defaultdict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    for row in rows.fetched:
        fetched[row["node"], row["type"]][row["bin"]] += row["count"]
    done = figures.server_bins(PREIMAGE_REQUEST, PREIMAGE_REQUEST.transferred)
    failed = figures.server_bins(PREIMAGE_REQUEST, PREIMAGE_REQUEST.failed)
    empty: Counter[int] = Counter()
    nodes: list[answers.PreimageNode] = []
    for node in sorted({*counts, *stored} - {None}):
        got = fetched.get((node, PREIMAGE_REQUEST.transferred.number), empty)
        lost = fetched.get((node, PREIMAGE_REQUEST.failed.number), empty)
        status: Mapping[str, Any] = stored.get(node, {})
        served = done.get(node, empty)
        nodes.append(
            {
                "node_id": node,
                "stored": status.get("num_preimages"),
                "stored_bytes": status.get("preimages_size"),
                "status_at": server_time(status["seen_at"]) if status else None,
                "announced": counts[node][EventKind.PREIMAGE_ANNOUNCED],
                "requested": counts[node][PREIMAGE_REQUEST.sent],
                "fetched": got.total(),
                "fetch_failed": lost.total(),
                "served": served.total(),
                "serve_failed": failed.get(node, empty).total(),
                "fetch_p50_ms": percentile_ms(got, 0.5),
                "fetch_p95_ms": percentile_ms(got, 0.95),
                "serve_p50_ms": percentile_ms(served, 0.5),
                "serve_p95_ms": percentile_ms(served, 0.95),
            }
        )
    return nodes


# --- Single preimages ------------------------------------------------------------------------


@dataclass
class _History:
    """Facts from the events of one preimage.

    Attributes:
        first: The first event.
        fetched_us: When it was last fetched, Unix microseconds.
    """

    first: PreimageEvent
    last: PreimageEvent
    service: int | None = None
    length: int | None = None
    announcers: set[str] = field(default_factory=set)
    hearers: set[str] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)
    fetchers: set[str] = field(default_factory=set)
    requests: int = 0
    transfers: int = 0
    failures: int = 0
    forgotten: Counter[str] = field(default_factory=Counter)
    discarded: Counter[str] = field(default_factory=Counter)
    fetched_us: int | None = None

    def add(self, event: PreimageEvent, *, is_requester: bool) -> None:
        """Add an event; they come in order of time.

        Args:
            event: The event.
            is_requester: Whether its node is the requester of the request that it refers to.
        """
        self.last = event
        match EVENTS[event.type]:
            case EventKind.PREIMAGE_ANNOUNCED:
                self._announce(event)
            case EventKind.SENDING_PREIMAGE_REQUEST:
                self.requests += 1
            case EventKind.PREIMAGE_REQUEST_FAILED:
                self.failures += is_requester
            case EventKind.PREIMAGE_TRANSFERRED:
                self._transfer(event, is_requester=is_requester)
            case EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN:
                self.forgotten[str(event.reason)] += 1
            case EventKind.PREIMAGE_DISCARDED:
                self.discarded[str(event.reason)] += 1
                self.holders.discard(str(event.node))

    def _announce(self, event: PreimageEvent) -> None:
        self.service, self.length = event.service, event.length
        node = str(event.node)
        if event.local:
            self.announcers.add(node)
            self.holders.add(node)
        else:
            self.hearers.add(node)

    def _transfer(self, event: PreimageEvent, *, is_requester: bool) -> None:
        self.length = event.length
        # The server has it as well.
        node = str(event.node)
        self.holders.add(node)
        if is_requester:
            self.transfers += 1
            self.fetchers.add(node)
            self.fetched_us = event.received_us

    def answer(self, digest: str) -> answers.Preimage:
        """Return the member of the answer."""
        first_us = self.first.received_us
        spread = None if self.fetched_us is None else (self.fetched_us - first_us) / 1000
        return {
            "hash": digest,
            "service": self.service,
            "length": self.length,
            "first_at": server_time(self.first.received_us),
            "last_at": server_time(self.last.received_us),
            "first_event": self.first.id,
            "announcers": sorted(self.announcers),
            "hearers": sorted(self.hearers),
            "requests": self.requests,
            "transfers": self.transfers,
            "failures": self.failures,
            "fetchers": sorted(self.fetchers),
            "holders": sorted(self.holders),
            "forgotten": dict(self.forgotten),
            "discarded": dict(self.discarded),
            "spread_ms": spread,
        }


def list_preimages(events: Sequence[PreimageEvent]) -> list[answers.Preimage]:
    """Return the preimages that events name, the newest first.

    Args:
        events: Newest first.
    """
    hashes, requesters = _subjects(events)
    histories: dict[str, _History] = {}
    for event in reversed(events):
        request = _request(event)
        digest = event.hash or hashes.get(request)
        if digest is None:
            continue
        history = histories.get(digest)
        if history is None:
            history = histories[digest] = _History(event, event)
        history.add(event, is_requester=request in requesters)
    rows = [history.answer(digest) for digest, history in histories.items()]
    return sorted(rows, key=lambda row: (row["first_at"], row["hash"]), reverse=True)


_RequestKey = tuple[str | None, int, int | None]


def _subjects(events: Iterable[PreimageEvent]) -> tuple[dict[_RequestKey, str], set[_RequestKey]]:
    """Return the preimage of each request, and the requests that were sent."""
    hashes: dict[_RequestKey, str] = {}
    sent: set[_RequestKey] = set()
    for event in events:
        request = _request(event)
        if event.type == EventKind.SENDING_PREIMAGE_REQUEST:
            sent.add(request)
        if event.hash is not None:
            hashes[request] = event.hash
    return hashes, sent


def _request(event: PreimageEvent) -> _RequestKey:
    """Return the request that an event is or refers to."""
    return event.node, event.session, event.root
