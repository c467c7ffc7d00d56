"""How a scenario is run: who is started, when, and what is read when.

One function per kind of scenario; each writes what it finds into the result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest import measure, recordings, report, traffic
from loadtest.dialogue import Broken, Json, Part
from loadtest.measure import Scrape, Use, Watch
from loadtest.scenarios import Scenario
from loadtest.server import Server, Stored

Tell = Callable[[str], None]

# Without any progress for so long, what is not stored by then never will be.
_STALLED_SECONDS = 20.0
# What is due is sent, however late, until the run has taken this many times its seconds.
_PATIENCE = 4.0
_PATIENCE_SECONDS = 60.0
_SETTLING_SECONDS = 3.0
_LOOK_SECONDS = 0.5
_CONNECTING_SECONDS = 60.0
_MIB = 1 << 20


@dataclass(frozen=True)
class Sent:
    """One load, from its first event until all was stored.

    Attributes:
        summary: the generator's own words.
        before, after: the server's CPU around the sending; ``stored``: when all was stored.
        scrapes: the metrics before and when all was stored.
        backlog: the most seconds that what was committed was behind what was due.
        queries: how the routes answered meanwhile.
        delivered: how late each live event was at its subscriber, and how many never came.
    """

    summary: Json
    before: Use
    after: Use
    stored: Use
    scrapes: tuple[Scrape, Scrape]
    backlog: float
    queries: dict[str, Json]
    delivered: Json | None = None

    @property
    def events(self) -> int:
        """How many were sent."""
        count: int = self.summary["sent"]
        return count

    @property
    def committed(self) -> int:
        """How many were committed, by the server's counters."""
        return round(self.scrapes[1].committed - self.scrapes[0].committed)

    @property
    def cpu_us(self) -> float:
        """The server's CPU from the first event until all was stored, per event."""
        return (self.stored.seconds - self.before.seconds) / max(self.events, 1) * 1e6


def play(scenario: Scenario, result: Json, tell: Tell) -> None:
    """Run a scenario and write what it found into ``result``.

    Raises:
        Broken: something did not work; what was found so far is in the result.
    """
    if not scenario.connections:
        _idle(scenario, result["figures"], tell)
        return
    path = recordings.recorded(scenario.nodes, scenario.cores, tell)
    recording = recordings.load(path)
    result["mix"] = recording.mix()
    result["figures"]["wire_bytes_per_event"] = recording.bytes_per_event
    if scenario.growth_millions:
        _growth(scenario, path, result, tell)
        return
    if scenario.floor_seconds:
        tell(f"floor, {scenario.floor_seconds:.0f} s")
        result["figures"]["floor_us_per_event"] = _floor(scenario, path)
    _load(scenario, path, result, tell)


# --- Kinds of scenario --------------------------------------------------------------------


def _idle(scenario: Scenario, figures: Json, tell: Tell) -> None:
    with Server(scenario.shards, scenario.settings) as server:
        time.sleep(_SETTLING_SECONDS)
        tell(f"idle, {scenario.seconds:.0f} s")
        with Watch(server.pid) as watch:
            before = measure.use(server.pid)
            time.sleep(scenario.seconds)
            after = measure.use(server.pid)
        figures["cores"] = (after.seconds - before.seconds) / (after.at - before.at)
        _note_memory(figures, watch)
        figures["stop_s"] = server.stop().stop_seconds


def _load(scenario: Scenario, path: Path, result: Json, tell: Tell) -> None:
    figures = result["figures"]
    with Server(scenario.shards, scenario.settings) as server, ExitStack() as held:
        watch = held.enter_context(Watch(server.pid))
        hostile: Part | None = None
        if scenario.silent or scenario.slow:
            hostile = held.enter_context(_hostile(scenario, path, server))
            hostile.hear(_CONNECTING_SECONDS)
        sent = _send(scenario, path, server, 0, tell)
        if hostile is not None:
            _note_hostile(figures, hostile.hear(scenario.seconds + _PATIENCE_SECONDS))
        _note_sent(result, sent)
        _note_memory(figures, watch)
        tell("stopping, counting what is in the files")
        _note_stored(figures, server.stop(), sent.events, sent.before.seconds)
        result["server_log"] = server.log()[-20:]


def _growth(scenario: Scenario, path: Path, result: Json, tell: Tell) -> None:
    figures = result["figures"]
    fill = _filling(scenario)
    with Server(scenario.shards, scenario.settings) as server, Watch(server.pid) as watch:
        empty = _send(scenario, path, server, 0, tell)
        filled = _send(fill, path, server, 1, tell)
        full = _send(scenario, path, server, 2, tell)
        _note_sent(result, full)
        _note_memory(figures, watch)
        tell("stopping, counting what is in the files")
        events = empty.events + filled.events + full.events
        _note_stored(figures, server.stop(), events, empty.before.seconds)
    figures["committed"] = empty.committed + filled.committed + full.committed
    figures["stored_before"] = empty.events + filled.events
    figures["cost_ratio"] = full.cpu_us / empty.cpu_us
    name = "recent events"
    result["queries_empty"] = empty.queries
    figures["query_ratio"] = full.queries[name]["p50_ms"] / empty.queries[name]["p50_ms"]


def _filling(scenario: Scenario) -> Scenario:
    """The load that fills the store."""
    values: dict[str, Any] = {
        **vars(scenario),
        "rate": scenario.fill_rate,
        "seconds": scenario.growth_millions * 1e6 / scenario.fill_rate,
        "dashboard": False,
    }
    return Scenario(**values)


def _floor(scenario: Scenario, path: Path) -> float:
    """CPU microseconds per event of splitting frames."""
    with Part("loadtest.floor", {}) as floor:
        port = floor.hear(30.0)["port"]
        short = {**vars(scenario), "seconds": scenario.floor_seconds}
        with _generator(Scenario(**short), path, "127.0.0.1", port, 0) as generator:
            generator.hear(_CONNECTING_SECONDS)
            generator.tell("go")
            generator.hear(_CONNECTING_SECONDS)
            floor.tell("count")
            before = floor.hear(30.0)
            summary = generator.hear(_deadline(Scenario(**short)) + 30.0)
            expected = summary["sent"] + scenario.connections
            after = before
            waited = time.monotonic()
            while after["frames"] < expected:
                if time.monotonic() - waited > _STALLED_SECONDS:
                    raise Broken(f"the floor got {after['frames']} of {expected} frames")
                time.sleep(0.05)
                floor.tell("count")
                after = floor.hear(30.0)
    spent: float = after["cpu_seconds"] - before["cpu_seconds"]
    sent: int = summary["sent"]
    return spent / sent * 1e6


class _Backlog:
    """Watches while the generator sends; the most seconds that commits were behind.

    The server's own latency begins when it reads; what waits in the kernel shows only here.
    On a thread of its own: a server that is too busy answers late, and the end of the
    sending must not be noticed late for it.
    """

    def __init__(self, scenario: Scenario, server: Server, committed_before: float) -> None:
        self._scenario = scenario
        self._server = server
        self._before = committed_before
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.longest = 0.0

    def __enter__(self) -> _Backlog:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        began, scenario = time.monotonic(), self._scenario
        while not self._stop.wait(_LOOK_SECONDS):
            due = scenario.rate * min(time.monotonic() - began, scenario.seconds)
            try:
                committed = self._server.scrape().committed - self._before
            except Broken:
                continue  # too busy to answer; the next look tells
            self.longest = max(self.longest, (due - committed) / scenario.rate)


# --- One load -----------------------------------------------------------------------------


def _send(scenario: Scenario, path: Path, server: Server, run: int, tell: Tell) -> Sent:
    tell(f"{scenario.connections:,} nodes, {scenario.rate:,.0f} events/s, {scenario.seconds:.0f} s")
    node = traffic.peer_id(0, run).hex()
    asked = {"api": server.api, "node": node, "dashboard": scenario.dashboard}
    with (
        _generator(scenario, path, server.host, server.port, run) as generator,
        Part("loadtest.queries", asked) as queries,
        _streams(scenario, server) as streams,
    ):
        generator.hear(_CONNECTING_SECONDS)
        queries.hear(_CONNECTING_SECONDS)
        before = _everybody_known(server, scenario.connections + scenario.silent + scenario.slow)
        generator.tell("go")
        generator.hear(_CONNECTING_SECONDS)
        used = measure.use(server.pid)
        members = set(measure.family(server.pid))
        queries.tell("go")
        if streams is not None:
            streams.tell("go")
        with _Backlog(scenario, server, before.committed) as backlog:
            summary = generator.hear(_deadline(scenario) + 30.0)
            after = measure.use(server.pid)
        queries.tell("close")
        if streams is not None:
            streams.tell("close")
        wanted = before.committed + summary["sent"]
        scrape = server.wait(lambda now: now.committed >= wanted, _STALLED_SECONDS)
        stored = measure.use(server.pid)
        answers = queries.hear(60.0)["routes"]
        delivered = streams.hear(60.0) if streams is not None else None
        if ended := members - set(measure.family(server.pid)):
            raise Broken(f"of the server, {sorted(ended)} ended under load\n{_tail(server)}")
        generator.tell("close")
    return Sent(
        summary, used, after, stored, (before, scrape), backlog.longest, _routes(answers), delivered
    )


def _streams(scenario: Scenario, server: Server) -> AbstractContextManager[Part | None]:
    """The subscribers, connected, if there are any."""
    if not scenario.subscribers:
        return nullcontext()
    part = Part("loadtest.streams", {"api": server.api, "subscribers": scenario.subscribers})
    part.hear(_CONNECTING_SECONDS)
    return part


def _everybody_known(server: Server, connections: int) -> Scrape:
    """Wait until the server has accepted all connections; the metrics then."""
    scrape = server.wait(lambda now: now.connections >= connections, _STALLED_SECONDS)
    if scrape.connections < connections:
        raise Broken(
            f"{scrape.connections:.0f} of {connections} connections are open\n" + _tail(server)
        )
    return scrape


def _tail(server: Server) -> str:
    """What the server complained of last."""
    lines = [line for line in server.log() if '"level": "info"' not in line]
    return "\n".join(lines[-10:])


def _generator(scenario: Scenario, path: Path, host: str, port: int, run: int) -> Part:
    return Part(
        "loadtest.generator",
        {
            "host": host,
            "port": port,
            "run": run,
            "connections": scenario.connections,
            "recording": str(path),
            "rate": scenario.rate,
            "seconds": scenario.seconds,
            "write_interval": scenario.write_interval,
            "deadline": _deadline(scenario),
        },
    )


def _hostile(scenario: Scenario, path: Path, server: Server) -> Part:
    return Part(
        "loadtest.hostile",
        {
            "host": server.host,
            "port": server.port,
            "recording": str(path),
            "silent": scenario.silent,
            "slow": scenario.slow,
            "seconds": scenario.seconds,
        },
    )


def _deadline(scenario: Scenario) -> float:
    return scenario.seconds * _PATIENCE + _PATIENCE_SECONDS


# --- What was found -----------------------------------------------------------------------


def _note_sent(result: Json, sent: Sent) -> None:
    figures, summary = result["figures"], sent.summary
    before, after = sent.scrapes
    latency = report.histogram_difference(after.latency, before.latency)
    wall = sent.after.at - sent.before.at
    server = sent.after.seconds - sent.before.seconds
    machine = sent.after.machine - sent.before.machine
    figures |= {
        "sent": sent.events,
        "committed": sent.committed,
        "rate": sent.events / summary["seconds"],
        "held_share": sent.events
        / (sent.stored.at - sent.before.at)
        / result["parameters"]["rate"],
        "backlog_s": max(sent.backlog, sent.stored.at - sent.after.at),
        "write_p50_ms": _ms(report.histogram_percentile(latency, 0.5)),
        "write_p99_ms": _ms(report.histogram_percentile(latency, 0.99)),
        "write_max_ms": _ms(report.histogram_maximum(latency)),
        "cores": server / wall,
        "cpu_us_until_stored": sent.cpu_us,
        "pauses": _grown(sent, measure.PAUSES),
        "checkpoints": _grown(sent, measure.CHECKPOINTS),
        "checkpoint_s": _grown(sent, measure.CHECKPOINT_SECONDS),
        "stored_after_s": sent.stored.at - sent.after.at,
        "behind_s": summary["behind_max_seconds"],
        "worst_behind_s": summary["worst_behind_seconds"],
        "generator_cores": summary["cpu_seconds"] / summary["seconds"],
        "other_cores": max(0.0, (machine - server - summary["cpu_seconds"]) / wall),
        "query_failures": sum(each["failed"] for each in sent.queries.values()),
        "query_p99_ms": max((each["p99_ms"] for each in sent.queries.values()), default=None),
        "query_first_ms": max(
            (each["first_ms"] for each in sent.queries.values() if "first_ms" in each), default=None
        ),
    }
    result["generator"], result["queries"] = summary, sent.queries
    if sent.delivered is not None:
        delays = sent.delivered["seconds"]
        result["figures"]["delivered"], result["figures"]["delivery_missed"] = (
            len(delays),
            sent.delivered["missed"],
        )
        figures["delivery_p50_ms"] = _ms(report.percentile(delays, 0.5))
        figures["delivery_p99_ms"] = _ms(report.percentile(delays, 0.99))
    if summary["sent"] < summary["scheduled"]:
        result["broken"].append(
            f"{summary['scheduled'] - summary['sent']:,} events could not be sent in time"
        )
    if summary["broken_connections"]:
        result["broken"].append(f"{summary['broken_connections']} connections were closed")


def _note_stored(figures: Json, stored: Stored, sent: int, cpu_before: float) -> None:
    figures |= {
        "sent": sent,
        "stored": stored.events,
        "lost": sent - stored.events,
        "undecodable": stored.undecodable,
        "sessions_with_gaps": stored.gaps,
        "bytes_on_disk": stored.bytes,
        "bytes_per_event": stored.bytes / max(stored.events, 1),
        "cpu_us_per_event": (stored.cpu_seconds - cpu_before) / max(sent, 1) * 1e6,
        "stop_s": stored.stop_seconds,
    }
    if floor := figures.get("floor_us_per_event"):
        figures["above_floor"] = figures["cpu_us_per_event"] / floor


def _note_memory(figures: Json, watch: Watch) -> None:
    figures["rss_mib"] = watch.peak_rss / _MIB
    pss = watch.peak_pss
    figures["memory_mib"] = figures["rss_mib"] if pss is None else pss / _MIB


def _note_hostile(figures: Json, told: Json) -> None:
    closed = [each for each in told["silent"] if each is not None]
    figures["silent_left"] = len(told["silent"]) - len(closed)
    figures["silent_closed_s"] = max(closed, default=None)
    figures["slow_closed"] = sum(each is not None for each in told["slow"])


def _routes(answers: Json) -> dict[str, Json]:
    return {
        name: {
            "asked": len(each["first"]) + len(each["seconds"]) + len(each["failures"]),
            "failed": len(each["failures"]),
            "p50_ms": _ms(report.percentile(each["seconds"], 0.5)) or 0.0,
            "p99_ms": _ms(report.percentile(each["seconds"], 0.99)) or 0.0,
            "max_ms": _ms(report.percentile(each["seconds"], 1.0)) or 0.0,
            **({"first_ms": _ms(each["first"][0])} if each["first"] else {}),
        }
        for name, each in answers.items()
    }


def _grown(sent: Sent, name: str) -> float:
    before, after = sent.scrapes
    return after.samples.get(name, 0.0) - before.samples.get(name, 0.0)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
