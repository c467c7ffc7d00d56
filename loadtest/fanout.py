"""The scenario ``fanout``: the cost of readers of live events, for the gateway and the shards.

Ten nodes send 250 events/s. The server's processor time without readers is measured first,
alone, and then beside another client that asks for something small twenty times a second. This
client stays while groups of readers come and go, so the difference, over the events that the
readers got, is the cost of an event and reader. The readers use the machine's cores beside it.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadtest import measure, report
from loadtest.dialogue import Broken, Json, Part
from loadtest.fanout_parts import RATE
from loadtest.scenarios import Scenario
from loadtest.server import Server

# The name of a group, the kind of its readers (``fanout_parts.paths``), and their number.
GROUPS = (
    ("50", "websocket", 50),
    ("300", "websocket", 300),
    ("300_distinct", "distinct", 300),
    ("300_sse", "sse", 300),
    ("300_resumed", "resumed", 300),
)
_WARM_UP_SECONDS = 4.0
_OPENING_SECONDS = 120.0
_PROBE_SECONDS = 0.05


@dataclass(frozen=True)
class Cores:
    """Processor time per second of the server's parts."""

    gateway: float
    shards: float


def play(scenario: Scenario, figures: Json, progress: Callable[[str], None]) -> None:
    """Run the scenario and write its figures."""
    with Server(scenario.shards, scenario.settings) as server:
        options = {"part": "nodes", "host": server.host, "port": server.port}
        with Part("loadtest.fanout_parts", options) as nodes:
            nodes.receive(_OPENING_SECONDS)
            time.sleep(_WARM_UP_SECONDS)
            progress(f"no readers, {scenario.seconds:.0f} s")
            alone = _cores(server, lambda: time.sleep(scenario.seconds))
            figures["no_reader_cores"] = alone.gateway + alone.shards
            progress(f"no readers, a GET each {_PROBE_SECONDS} s, {scenario.seconds:.0f} s")
            with _Probe(server.api) as probe:
                beside = _cores(server, lambda: time.sleep(scenario.seconds))
            figures["get_p99_ms_0"] = probe.p99_ms
            for name, kind, count in GROUPS:
                progress(f"{count} readers ({kind}), {scenario.seconds:.0f} s")
                _read(server, scenario.seconds, (name, kind, count), beside, figures)


def _read(
    server: Server, seconds: float, group: tuple[str, str, int], before: Cores, figures: Json
) -> None:
    """Measure one group of readers."""
    name, kind, count = group
    options = {"part": "readers", "api": server.api, "kind": kind, "count": count}
    with Part("loadtest.fanout_parts", options) as readers:
        readers.receive(_OPENING_SECONDS)

        def run() -> None:
            readers.command("go")
            time.sleep(seconds)
            readers.command("stop")

        with _Probe(server.api) as probe:
            cores = _cores(server, run)
        read = readers.receive(_OPENING_SECONDS)
        readers.command("close")
    if read["lost"]:
        raise Broken(f"the server closed {read['lost']} of {count} readers")
    per_event = 1e6 * seconds / max(1, read["events"])
    figures |= {
        f"gateway_us_{name}": (cores.gateway - before.gateway) * per_event,
        f"shards_us_{name}": (cores.shards - before.shards) * per_event,
        f"received_share_{name}": read["events"] / (RATE * seconds * count),
        f"events_per_read_{name}": read["events"] / max(1, read["reads"]),
        f"delivery_p99_ms_{name}": report.milliseconds(report.percentile(read["seconds"], 0.99)),
        f"get_p99_ms_{name}": probe.p99_ms,
        f"readers_cores_{name}": read["cpu_seconds"] / seconds,
    }


def _cores(server: Server, run: Callable[[], None]) -> Cores:
    """Return the processor time that the parts use while something runs, per second."""
    members = measure.family(server.pid)
    gateway = [server.processes()[1]]
    others = [pid for pid in members if pid not in gateway]
    began = time.monotonic()
    before = measure.cpu_seconds(gateway), measure.cpu_seconds(others)
    run()
    after = measure.cpu_seconds(gateway), measure.cpu_seconds(others)
    passed = time.monotonic() - began
    return Cores((after[0] - before[0]) / passed, (after[1] - before[1]) / passed)


class _Probe:
    """Asks for something small again and again, as another client does; a context manager."""

    def __init__(self, api: str) -> None:
        self._address = urlsplit(api)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._seconds: list[float] = []

    def __enter__(self) -> _Probe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def p99_ms(self) -> float | None:
        """The 99th percentile of the answers' times."""
        return report.milliseconds(report.percentile(self._seconds, 0.99))

    def _run(self) -> None:
        assert self._address.hostname is not None
        connection = http.client.HTTPConnection(
            self._address.hostname, self._address.port, timeout=30
        )
        while not self._stop.wait(_PROBE_SECONDS):
            began = time.perf_counter()
            connection.request("GET", "/api/health")
            connection.getresponse().read()
            self._seconds.append(time.perf_counter() - began)
        connection.close()
