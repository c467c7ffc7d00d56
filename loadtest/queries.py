"""People who look while events arrive: some questions a second, each route on its own.

Three routes are asked often; for a dashboard it is every route of the contract that can be
asked without knowing more than a node, each every two seconds.

One thread and one connection per route; the next question comes when its time is there
and the last one is answered. How long each took is told when the bench says ``close``.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx

from loadtest.dialogue import options, say, wait_for
from tart.gateway.api.contract import ROUTES

PER_SECOND = 4.0
DASHBOARD_PER_SECOND = 0.5
_TIMEOUT = 30.0


@dataclass
class Route:
    """One route, and how it answered.

    Attributes:
        opening: whether the first answer is told apart: what is asked for again and again is
            kept, and a dashboard that is opened waits for it once.
        seconds: of each answer.
        first: of the first one, told apart.
        failures: answers that were none, or without all shards.
    """

    name: str
    path: str
    per_second: float = PER_SECOND
    opening: bool = False
    seconds: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ask(self, api: str, stop: threading.Event) -> None:
        """Ask again and again."""
        with httpx.Client(base_url=api, timeout=_TIMEOUT, trust_env=False) as client:
            while not stop.is_set():
                began = time.monotonic()
                self._ask_once(client)
                stop.wait(max(0.0, began + 1 / self.per_second - time.monotonic()))

    def _ask_once(self, client: httpx.Client) -> None:
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


def _dashboard(node: str) -> list[Route]:
    """Every route a dashboard polls: JSON, and nothing but a node or a core to be known."""
    known = {"{id}": node, "{core_index}": "0", "{index}": "0", "{i}": "0"}
    required = {"/api/metrics/timeseries/grouped": "?metric=events&group_by=event_type"}
    found = []
    for route in ROUTES:
        path = route.path
        if path.startswith("/api/nodes/") or path.startswith("/api/cores/"):
            for name, value in known.items():
                path = path.replace(name, value)
        asked = route.scattered and route.method == "GET" and route.schema is not None
        if asked and "{" not in path and not path.startswith("/api/jam/"):
            asked_for = path + required.get(path, "")
            found.append(Route(route.path, asked_for, DASHBOARD_PER_SECOND, opening=True))
    return found


def main() -> None:
    """The process that asks."""
    given = options()
    routes = [
        Route("recent events", "/api/events?limit=50"),
        Route("node events", f"/api/nodes/{given['node']}/events?limit=50"),
        Route("live metrics", "/api/metrics/live"),
        *(_dashboard(given["node"]) if given["dashboard"] else ()),
    ]
    say(ready=True)
    wait_for("go")
    stop = threading.Event()
    threads = [
        threading.Thread(target=route.ask, args=(given["api"], stop), daemon=True)
        for route in routes
    ]
    for thread in threads:
        thread.start()
    wait_for("close")
    stop.set()
    for thread in threads:
        thread.join()
    say(
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
