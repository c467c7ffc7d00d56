"""Queries while events arrive: a few requests per second to each of several routes.

Three routes are requested often; for a dashboard it is every route of the contract that needs
no argument but a node or core, each every two seconds.

One thread and one connection per route; the next request starts when it is due and the last
one is answered. The durations are sent when the bench sends ``close``.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx

from loadtest.dialogue import options, send, wait_for
from tart.access.roles import Role
from tart.gateway.api.contract import ROUTES

PER_SECOND = 4.0
DASHBOARD_PER_SECOND = 0.5
_TIMEOUT = 30.0


@dataclass(eq=False)
class Route:
    """One route, and its responses.

    Attributes:
        name: Name for the report.
        path: Path and query.
        per_second: Requests per second.
        opening: Whether the first response is measured separately: later ones come from the
            response cache, and a dashboard that is opened waits for the first one once.
        seconds: Duration of each response.
        first: Duration of the first response, if measured separately.
        failures: Failed requests, and responses without all shards.
    """

    name: str
    path: str
    per_second: float = PER_SECOND
    opening: bool = False
    seconds: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def run(self, api: str, stop: threading.Event) -> None:
        """Send requests until stopped."""
        with httpx.Client(base_url=api, timeout=_TIMEOUT, trust_env=False) as client:
            while not stop.is_set():
                began = time.monotonic()
                self._request(client)
                stop.wait(max(0.0, began + 1 / self.per_second - time.monotonic()))

    def _request(self, client: httpx.Client) -> None:
        began = time.monotonic()
        try:
            response = client.get(self.path)
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
            return
        taken = time.monotonic() - began
        (self.first if self.opening and not self.first else self.seconds).append(taken)
        answered, _, total = response.headers.get("X-Tart-Shards", "").partition("/")
        if response.status_code != 200 or answered != total:
            self.failures.append(f"{response.status_code}, {answered} of {total} shards")


def dashboard_routes(node: str) -> list[Route]:
    """Return every JSON route that needs no argument but a node or a core, and no node's RPC."""
    known = {"{id}": node, "{core_index}": "0", "{index}": "0", "{i}": "0"}
    required = {"/api/metrics/timeseries/grouped": "?metric=events&group_by=event_type"}
    routes = []
    for route in ROUTES:
        path = route.path
        if path.startswith("/api/nodes/") or path.startswith("/api/cores/"):
            for name, value in known.items():
                path = path.replace(name, value)
        polled = route.scattered and route.method == "GET" and route.answer is not None
        incomplete = (
            any(each.required and f"{{{each.name}}}" not in route.path for each in route.parameters)
            and path not in required
        )
        # The load follows no chain.
        polled = polled and not path.startswith(("/api/jam/", "/api/chain/"))
        if polled and "{" not in path and not incomplete and route.role < Role.ADMIN:
            request = path + required.get(path, "")
            routes.append(Route(route.path, request, DASHBOARD_PER_SECOND, opening=True))
    return routes


def main() -> None:
    """Run the queries."""
    given = options()
    routes = [
        Route("recent events", "/api/events?limit=50"),
        Route("node events", f"/api/nodes/{given['node']}/events?limit=50"),
        Route("live metrics", "/api/metrics/live"),
        *(dashboard_routes(given["node"]) if given["dashboard"] else ()),
    ]
    send(ready=True)
    wait_for("go")
    stop = threading.Event()
    threads = [
        threading.Thread(target=route.run, args=(given["api"], stop), daemon=True)
        for route in routes
    ]
    for thread in threads:
        thread.start()
    wait_for("close")
    stop.set()
    for thread in threads:
        thread.join()
    send(
        routes={
            route.name: {
                "seconds": route.seconds,
                "first": route.first,
                "failures": route.failures,
            }
            for route in routes
        }
    )


if __name__ == "__main__":
    main()
