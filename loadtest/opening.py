"""Opening a dashboard: the cost of every route that is answered from nothing.

A network that ``tart simulate`` plays, eight times as fast as the clock, fills the server for
``scenario.seconds``. Then every route of a dashboard is requested: each alone, with responses
cached for no time, and all at the same moment after a restart. So the figures are of the
statements and merges themselves, which the response cache hides from a dashboard that polls.

What shards do for a route comes from ``/metrics``, CPU from the threads' clocks in ``/proc``.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from loadtest import measure
from loadtest.dialogue import ROOT, Broken, Json
from loadtest.queries import Route, dashboard_routes
from loadtest.scenarios import Scenario
from loadtest.server import Server

# Responses that are cached for a microsecond are computed for every request.
UNCACHED = {"TART_API_CACHE_SECONDS": "0.000001"}
# On a busy machine an answer is late, not missing.
_PATIENT = {"TART_API_DEADLINE_SECONDS": "60"}
# Each route alone is requested so often; the first is reported beside the cheapest.
_TIMES = 2
_TIMEOUT = 60.0
_SETTLE_SECONDS = 3.0
_STATEMENTS = "tart_aggregate_statements_total"
_STATEMENT_SECONDS = "tart_aggregate_statement_seconds_total"
_QUERIES = "tart_queries_total"
_MERGE_SECONDS = "tart_gateway_merge_seconds_total"
_COUNTED = (_STATEMENTS, _STATEMENT_SECONDS, _QUERIES, _MERGE_SECONDS)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Cost:
    """The cost of one request.

    Attributes:
        wall_ms: Until the whole response was read.
        shards_ms: CPU of all shards.
        gateway_ms: CPU of the gateway.
        queries: Queries that shards received.
        statements: Statements of DuckDB over aggregates.
        statement_ms: Their duration together.
        merge_ms: The time of the gateway's merge thread.
        kilobytes: The response.
    """

    wall_ms: float
    shards_ms: float
    gateway_ms: float
    queries: int
    statements: int
    statement_ms: float
    merge_ms: float
    kilobytes: float

    @property
    def cpu_ms(self) -> float:
        """CPU of the whole server."""
        return self.shards_ms + self.gateway_ms


def play(scenario: Scenario, figures: Json, progress: Progress) -> list[Json]:
    """Fill a server, measure the routes, and write the figures.

    Args:
        scenario: ``nodes`` and ``cores`` of the network, ``seconds`` of filling.
        figures: The figures go here.
        progress: Called with messages on the progress.

    Returns:
        The costs of each route, the dearest first.

    Raises:
        Broken: A part failed.
    """
    with Server(scenario.shards, scenario.settings | _PATIENT | UNCACHED) as server:
        with simulated_network(scenario, server):
            speed = f"{scenario.speed:g} times as fast"
            progress(f"{scenario.nodes} nodes, {speed}, {scenario.seconds:.0f} s")
            time.sleep(scenario.seconds)
            routes = dashboard_routes(_node(server))
            progress(f"{len(routes)} routes, each alone")
            costs = {route: _alone(server, route) for route in routes}
            polled = len(routes)
            together = _together(server, routes)
        server.restart(scenario.settings | _PATIENT)
        with simulated_network(scenario, server):
            time.sleep(_SETTLE_SECONDS)
            progress(f"{polled} routes at once, after a restart")
            opened = _together(server, routes)
    figures |= {
        "opening_routes": polled,
        "opening_together_ms": opened,
        "opening_again_ms": together,
        "opening_first_ms": max(first.wall_ms for first, _ in costs.values()),
        "opening_cpu_ms": sum(first.cpu_ms for first, _ in costs.values()),
        "opening_dearest_cpu_ms": max(best.cpu_ms for _, best in costs.values()),
        "opening_statements": sum(first.statements for first, _ in costs.values()),
    }
    rows = [
        {"route": route.name, "first": vars(first), "cheapest": vars(best)}
        for route, (first, best) in costs.items()
    ]
    return sorted(rows, key=lambda row: -row["first"]["wall_ms"])


def _node(server: Server) -> str:
    """Return the id of a node."""
    nodes = server.http.get("/api/nodes").json()["nodes"]
    if not nodes:
        raise Broken("no node connected")
    node: str = nodes[0]["node_id"]
    return node


def _alone(server: Server, route: Route) -> tuple[Cost, Cost]:
    """Return the cost of the first of some requests, and that of the cheapest."""
    costs = [_cost(server, route) for _ in range(_TIMES)]
    return costs[0], min(costs, key=lambda cost: cost.cpu_ms)


def _cost(server: Server, route: Route) -> Cost:
    shards, gateway = server.processes()
    scrape = server.scrape(_COUNTED).samples
    cpu = measure.thread_seconds(shards), measure.thread_seconds([gateway])
    began = time.monotonic()
    response = server.http.get(route.path)
    wall = time.monotonic() - began
    used = measure.thread_seconds(shards), measure.thread_seconds([gateway])
    if response.status_code != 200:
        raise Broken(f"{route.path}: {response.status_code}")
    after = server.scrape(_COUNTED).samples

    def increase(name: str) -> float:
        return after.get(name, 0.0) - scrape.get(name, 0.0)

    # A scrape sends one query to each shard itself.
    return Cost(
        wall_ms=wall * 1e3,
        shards_ms=(used[0] - cpu[0]) * 1e3,
        gateway_ms=(used[1] - cpu[1]) * 1e3,
        queries=round(increase(_QUERIES)) - len(shards),
        statements=round(increase(_STATEMENTS)),
        statement_ms=increase(_STATEMENT_SECONDS) * 1e3,
        merge_ms=increase(_MERGE_SECONDS) * 1e3,
        kilobytes=len(response.content) / 1000,
    )


def _together(server: Server, routes: Sequence[Route]) -> float:
    """Request all routes at the same moment; return the milliseconds until the last answer."""
    # Without TLS; to read the certificates of authorities takes 50 ms for each client.
    clients = [
        httpx.Client(base_url=server.api, timeout=_TIMEOUT, trust_env=False, verify=False)
        for _ in routes
    ]
    for client in clients:
        client.get("/api/health")
    failures: list[str] = []

    def request(client: httpx.Client, route: Route) -> None:
        response = client.get(route.path)
        if response.status_code != 200:
            failures.append(f"{route.path}: {response.status_code}")

    threads = [
        threading.Thread(target=request, args=each, daemon=True)
        for each in zip(clients, routes, strict=True)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = (time.monotonic() - began) * 1e3
    for client in clients:
        client.close()
    if failures:
        raise Broken("; ".join(failures))
    return taken


@contextmanager
def simulated_network(scenario: Scenario, server: Server) -> Iterator[None]:
    """Run ``tart simulate`` until the end of the context."""
    popen = subprocess.Popen(
        [
            sys.executable,
            *("-m", "tart", "simulate"),
            *("--target", f"{server.host}:{server.port}"),
            *("--nodes", str(scenario.nodes), "--cores", str(scenario.cores)),
            *("--speed", str(scenario.speed)),
        ],
        cwd=Path(ROOT),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        if popen.poll() is not None:
            raise Broken(f"tart simulate ended with {popen.returncode}")
    finally:
        popen.terminate()
        popen.wait()
