"""Requests between nodes for shards, bundles, segments and preimages, on both sides.

Pure. A request begins twice, when the requester sends it and when the server receives it; each side
reports the end of its own. Durations are of transfers, by the clock of the node that reports both
ends, in histograms (``query.core.log_histogram``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tart.protocol.events import EventKind
from tart.query.answers import requests as answers
from tart.query.core.log_histogram import percentile_ms
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time
from tart.query.topics.time_series import Buckets

_REASONS = 20


class Request(NamedTuple):
    """The event types of one kind of requests."""

    kind: answers.RequestKind
    sent: EventKind
    received: EventKind
    failed: EventKind
    transferred: EventKind


_REQUESTS = (
    Request(
        "shard",
        EventKind.SENDING_SHARD_REQUEST,
        EventKind.RECEIVING_SHARD_REQUEST,
        EventKind.SHARD_REQUEST_FAILED,
        EventKind.SHARDS_TRANSFERRED,
    ),
    Request(
        "bundle_shard",
        EventKind.SENDING_BUNDLE_SHARD_REQUEST,
        EventKind.RECEIVING_BUNDLE_SHARD_REQUEST,
        EventKind.BUNDLE_SHARD_REQUEST_FAILED,
        EventKind.BUNDLE_SHARD_TRANSFERRED,
    ),
    Request(
        "bundle",
        EventKind.SENDING_BUNDLE_REQUEST,
        EventKind.RECEIVING_BUNDLE_REQUEST,
        EventKind.BUNDLE_REQUEST_FAILED,
        EventKind.BUNDLE_TRANSFERRED,
    ),
    Request(
        "segment_shard",
        EventKind.SENDING_SEGMENT_SHARD_REQUEST,
        EventKind.RECEIVING_SEGMENT_SHARD_REQUEST,
        EventKind.SEGMENT_SHARD_REQUEST_FAILED,
        EventKind.SEGMENT_SHARDS_TRANSFERRED,
    ),
    Request(
        "segment",
        EventKind.SENDING_SEGMENT_REQUEST,
        EventKind.RECEIVING_SEGMENT_REQUEST,
        EventKind.SEGMENT_REQUEST_FAILED,
        EventKind.SEGMENTS_TRANSFERRED,
    ),
)
PREIMAGE_REQUEST = Request(
    "preimage",
    EventKind.SENDING_PREIMAGE_REQUEST,
    EventKind.RECEIVING_PREIMAGE_REQUEST,
    EventKind.PREIMAGE_REQUEST_FAILED,
    EventKind.PREIMAGE_TRANSFERRED,
)
REQUESTS: Mapping[str, Request] = {each.kind: each for each in _REQUESTS}


class RequestRows(NamedTuple):
    """Rows of the aggregates about requests.

    Attributes:
        counts: Type, count of events.
        durations: Bucket, parent, type, bin, count of ``latency``, of transfers and failures.
        sent: Bucket, type, count of requests sent.
        served: Node, parent, type, bin, count of ``latency`` on the servers' side.
        failures: Node, type, reason, count, last_at of ``failures``.
    """

    counts: Sequence[Json]
    durations: Sequence[Json]
    sent: Sequence[Json]
    served: Sequence[Json]
    failures: Sequence[Json]


Bins = Counter[int]
_Pair = tuple[int, int]


class RequestFigures:
    """Figures of requests, by kind.

    Args:
        rows: Rows about all kinds of the answer.
        buckets: The window, cut into buckets.
        limit: Maximum number of servers of each kind.
    """

    def __init__(self, rows: RequestRows, buckets: Buckets, limit: int) -> None:
        self._counts: Counter[int] = Counter()
        for row in rows.counts:
            self._counts[row["type"]] += row["count"]
        self._bins: defaultdict[_Pair, Bins] = defaultdict(Counter)
        self._bucket_bins: defaultdict[_Pair, defaultdict[int, Bins]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        for row in rows.durations:
            pair = row["parent"], row["type"]
            self._bins[pair][row["bin"]] += row["count"]
            self._bucket_bins[pair][row["bucket"]][row["bin"]] += row["count"]
        self._sent: Counter[_Pair] = Counter()
        for row in rows.sent:
            self._sent[row["type"], row["bucket"]] += row["count"]
        self._served: defaultdict[_Pair, defaultdict[str, Bins]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        for row in rows.served:
            if row["node"] is not None:
                pair = row["parent"], row["type"]
                self._served[pair][row["node"]][row["bin"]] += row["count"]
        self._failures = rows.failures
        self._times = tuple(range(buckets.start_us, buckets.end_us + 1, buckets.step_us))
        self._step_us = buckets.step_us
        self._limit = limit

    def times(self) -> answers.BucketedTimes:
        """Return the buckets of the series."""
        return {
            "bucket_seconds": self._step_us // 1_000_000,
            "times": [server_time(start) for start in self._times],
        }

    def count(self, kind: EventKind) -> int:
        """Return the number of events of a type."""
        return self._counts[kind.number]

    def of(self, request: Request) -> answers.KindOfRequests:
        """Return the figures of one kind."""
        servers = self._servers(request)
        return {
            "kind": request.kind,
            "requester": self._side(request, request.sent),
            "server": self._side(request, request.received),
            "failures": self._reasons(request),
            "series": self._series(request),
            "servers": servers[: self._limit],
            "servers_total": len(servers),
        }

    def server_bins(self, request: Request, end: EventKind) -> Mapping[str, Bins]:
        """Return by node the durations of requests that it received and that had this end."""
        return self._served[request.received.number, end.number]

    def _side(self, request: Request, start: EventKind) -> answers.SideOfRequests:
        bins = self._bins[start.number, request.transferred.number]
        transferred = bins.total()
        failed = self._bins[start.number, request.failed.number].total()
        ended = transferred + failed
        return {
            "started": self.count(start),
            "transferred": transferred,
            "failed": failed,
            "success_rate": round(transferred / ended, 4) if ended else None,
            "p50_ms": percentile_ms(bins, 0.5),
            "p95_ms": percentile_ms(bins, 0.95),
            "p99_ms": percentile_ms(bins, 0.99),
        }

    def _reasons(self, request: Request) -> list[answers.RequestFailure]:
        counts: Counter[str] = Counter()
        nodes: defaultdict[str, set[str]] = defaultdict(set)
        last: dict[str, int] = {}
        for row in self._failures:
            if row["type"] != request.failed.number:
                continue
            reason = row["reason"]
            counts[reason] += row["count"]
            nodes[reason].add(row["node"])
            last[reason] = max(row["last_at"], last.get(reason, 0))
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return [
            {
                "reason": reason,
                "count": count,
                "nodes": len(nodes[reason]),
                "last_at": server_time(last[reason]),
            }
            for reason, count in ordered[:_REASONS]
        ]

    def _series(self, request: Request) -> answers.RequestSeries:
        sent, transferred, failed = (
            request.sent.number,
            request.transferred.number,
            request.failed.number,
        )
        requester = self._bucket_bins[sent, transferred]
        server = self._bucket_bins[request.received.number, transferred]
        failures = self._bucket_bins[sent, failed]
        empty: Bins = Counter()
        return {
            "requested": [self._sent[sent, at] for at in self._times],
            "transferred": [requester.get(at, empty).total() for at in self._times],
            "failed": [failures.get(at, empty).total() for at in self._times],
            "requester_p50_ms": [percentile_ms(requester.get(at), 0.5) for at in self._times],
            "requester_p95_ms": [percentile_ms(requester.get(at), 0.95) for at in self._times],
            "server_p50_ms": [percentile_ms(server.get(at), 0.5) for at in self._times],
            "server_p95_ms": [percentile_ms(server.get(at), 0.95) for at in self._times],
        }

    def _servers(self, request: Request) -> list[answers.RequestServer]:
        transferred = self.server_bins(request, request.transferred)
        failed = self.server_bins(request, request.failed)
        empty: Bins = Counter()
        rows: list[answers.RequestServer] = [
            {
                "node_id": node,
                "transferred": transferred.get(node, empty).total(),
                "failed": failed.get(node, empty).total(),
                "p50_ms": percentile_ms(transferred.get(node), 0.5),
                "p95_ms": percentile_ms(transferred.get(node), 0.95),
            }
            for node in transferred.keys() | failed.keys()
        ]
        return sorted(rows, key=lambda row: (-(row["p95_ms"] or 0), row["node_id"]))


def availability_requests(
    rows: RequestRows, buckets: Buckets, requests: Iterable[Request], limit: int
) -> answers.AvailabilityRequests:
    """Return the answer of ``/api/availability/requests``.

    Args:
        rows: Rows about these kinds.
        buckets: The window, cut into buckets.
        requests: The kinds of the answer.
        limit: Maximum number of servers of each kind.
    """
    figures = RequestFigures(rows, buckets, limit)
    return {**figures.times(), "kinds": [figures.of(request) for request in requests]}
