"""People who look while events arrive: a few questions a second, each route on its own.

One thread and one connection per route; the next question comes when its time is there
and the last one is answered. How long each took is told when the bench says ``close``.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx

from loadtest.dialogue import options, say, wait_for

PER_SECOND = 4.0
_TIMEOUT = 30.0


@dataclass
class Route:
    """One route, and how it answered.

    Attributes:
        seconds: of each answer.
        failures: answers that were none, or without all shards.
    """

    name: str
    path: str
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ask(self, api: str, stop: threading.Event) -> None:
        """Ask again and again."""
        with httpx.Client(base_url=api, timeout=_TIMEOUT, trust_env=False) as client:
            while not stop.is_set():
                began = time.monotonic()
                self._ask_once(client)
                stop.wait(max(0.0, began + 1 / PER_SECOND - time.monotonic()))

    def _ask_once(self, client: httpx.Client) -> None:
        began = time.monotonic()
        try:
            response = client.get(self.path)
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
            return
        self.seconds.append(time.monotonic() - began)
        answered, _, total = response.headers.get("X-Tart-Shards", "").partition("/")
        if response.status_code != 200 or answered != total:
            self.failures.append(f"{response.status_code}, {answered} of {total} shards")


def main() -> None:
    """The process that asks."""
    given = options()
    routes = [
        Route("recent events", "/api/events?limit=50"),
        Route("node events", f"/api/nodes/{given['node']}/events?limit=50"),
        Route("live metrics", "/api/metrics/live"),
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
            route.name: {"seconds": route.seconds, "failures": route.failures} for route in routes
        }
    )


if __name__ == "__main__":
    main()
