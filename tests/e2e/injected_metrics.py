"""A server of ``/metrics`` and ``/metrics/network`` in which everything goes wrong.

The pages are tart's own, made from figures of a shard that fails in every way; counters grow from
scrape to scrape. So a panel that is empty while all is well can be seen with a value.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from tart.aggregate.core.failure_events import FAILURES
from tart.gateway.observability import metrics
from tart.gateway.observability.counter_totals import CounterTotals
from tart.gateway.observability.gateway_metrics import GatewayCounts, gateway_metrics
from tart.gateway.observability.network_metrics import NetworkMetrics
from tart.protocol.events import EVENTS
from tart.query.shard_queries.network import NetworkFigures
from tests.gateway.fake_shard import network_figures, statistics

# More implementations than there are labels.
_IMPLEMENTATIONS = 40


def _grown(value: Any, times: int) -> Any:
    """All numbers of a JSON value, the bounds of buckets excepted, so many times as great."""
    match value:
        case bool() | str():
            return value
        case int() | float():
            return value * times
        case {"buckets": buckets, **others}:
            counts = [[bound, count * times] for bound, count in buckets]
            return {"buckets": counts, **_grown(others, times)}
        case dict():
            return {key: _grown(each, times) for key, each in value.items()}
    return value


class Injected:
    """The pages of one scrape after another."""

    def __init__(self) -> None:
        self._scrapes = 0
        self._traffic = metrics.Traffic()
        self._totals = CounterTotals[str](restarted=False)
        self._network = NetworkMetrics(restarted=False)

    def server_page(self) -> bytes:
        """``/metrics``: a shard that answers, one that does not."""
        self._scrapes += 1
        times = self._scrapes
        self._traffic.add("/api/nodes", 503, 0.5)
        shard = statistics(
            ingest_paused=True,
            paused_for="disk",
            quarantined=["a"],
            damaged=["b"],
            vanished=["c"],
            query_failures=1,
            events_missed=3,
            background_failures={"maintenance": 1},
            derived_failures={"counts": 1},
            derived_events_lost={"counts": 2},
        )
        counts = GatewayCounts(*(times for _ in GatewayCounts._fields))
        return metrics.text(
            metrics.Scrape(
                statistics={0: _grown(shard, times)},
                up={0: True, 1: False},
                restarts={0: times, 1: 0},
                failures={0: {}, 1: {"timeout": times}},
                broadcaster={"total_events_broadcast": times, "active_subscribers": 1},
                gateway=gateway_metrics(counts),
                cache_outcomes={"miss": times},
                background={"registry": times},
                traffic=self._traffic,
                totals=self._totals,
                version="0",
                kernel="python",
            )
        )

    def network_page(self) -> bytes:
        """``/metrics/network``: failures and findings of every kind, nodes apart from the rest."""
        times = self._scrapes + 1
        nodes = [_node(number, times) for number in range(_IMPLEMENTATIONS + times)]
        figures = network_figures(
            counts={
                "events": [[number, times] for number in EVENTS],
                "durations": [],
                "failures": [[number, times] for number in FAILURES],
                "discards": {"other": times},
                "findings": {"truncated": times},
                "pipelines": [[90, "failed", "refined", times]],
            },
            nodes=nodes,
            best_slots_ignored=times,
        )
        return self._network.page(
            {0: msgspec.convert(figures, NetworkFigures)},
            shards=2,
            known_nodes=len(nodes),
            now_us=0,
            monotonic=0.0,
        )


def _node(number: int, at: int) -> list[Any]:
    """A node with a name of its own; the first is ahead of all others, the second behind."""
    slot = {0: 1 << 31, 1: 1}.get(number, 1000)
    handshake = {"implementation_name": f"node{number}", "implementation_version": "1"}
    statement = [True, at, "::1:9", {"slot": slot}]
    return [f"{number:064x}", [True, at, "::1:9", handshake], {"11": statement}]


@contextmanager
def injected_metrics() -> Iterator[str]:
    """Serve the pages; the address as Prometheus has it."""
    pages = Injected()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.network_page() if "network" in self.path else pages.server_page()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
