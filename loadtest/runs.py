"""Runs scenarios: starts the parts, takes measurements, writes the result.

One function per kind of scenario; each writes its figures into the result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest import fanout, measure, opening, parts, recordings, report, search, storm
from loadtest.dialogue import Broken, Json, Part
from loadtest.measure import MemoryWatch, Scrape, Use
from loadtest.parts import DEADLINE_SECONDS
from loadtest.scenarios import Scenario
from loadtest.server import Server, Stored

Progress = Callable[[str], None]

# After this time without progress, events that are not stored are lost.
_STALLED_SECONDS = 20.0
_WARM_UP_SECONDS = 3.0
# All connections and their first slots: until then a simulated network sends more.
_SIMULATED_WARM_UP_SECONDS = 15.0
_SAMPLE_SECONDS = 0.5
_CONNECTING_SECONDS = 60.0
_MIB = 1 << 20


@dataclass(frozen=True)
class Sent:
    """One load, from its first event until all events were stored.

    Attributes:
        summary: The generator's figures.
        before: The server's CPU before the sending.
        after: The server's CPU after the sending.
        stored: The server's CPU when all events were stored.
        scrapes: The metrics before, and when all events were stored.
        backlog: The longest delay of commits behind the schedule, in seconds.
        queries: Figures of the queries.
        delivered: Delays of live events at their subscribers, and the number missed.
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
        """Number of events sent."""
        count: int = self.summary["sent"]
        return count

    @property
    def committed(self) -> int:
        """Number of events committed, by the server's counters."""
        return round(self.scrapes[1].committed - self.scrapes[0].committed)

    @property
    def cpu_us(self) -> float:
        """The server's CPU from the first event until all were stored, per event."""
        return (self.stored.seconds - self.before.seconds) / max(self.events, 1) * 1e6


def play(scenario: Scenario, result: Json, progress: Progress) -> None:
    """Run a scenario and write its figures into ``result``.

    Args:
        scenario: The scenario.
        result: The figures go here.
        progress: Called with messages on the progress.

    Raises:
        Broken: A part failed; the figures so far are in the result.
    """
    if scenario.opening:
        result["opening"] = opening.play(scenario, result["figures"], progress)
        return
    if scenario.readers:
        fanout.play(scenario, result["figures"], progress)
        return
    if scenario.searching:
        result["search"] = search.play(scenario.growth_millions, result["figures"], progress)
        return
    if not scenario.connections:
        _idle(scenario, result["figures"], progress)
        return
    path = recordings.recorded(scenario.nodes, scenario.cores, progress)
    recording = recordings.load(path)
    result["mix"] = recording.mix()
    result["figures"]["wire_bytes_per_event"] = recording.bytes_per_event
    if scenario.storm:
        storm.play(scenario, path, result, progress)
        return
    if scenario.growth_millions:
        _growth(scenario, path, result, progress)
        return
    if scenario.floor_seconds:
        progress(f"floor, {scenario.floor_seconds:.0f} s")
        result["figures"]["floor_us_per_event"] = _floor(scenario, path)
    _load(scenario, path, result, progress)


# --- Kinds of scenario --------------------------------------------------------------------


def _idle(scenario: Scenario, figures: Json, progress: Progress) -> None:
    """Measure a server without queries, with a simulated network or without."""
    with Server(scenario.shards, scenario.settings, scenario.files) as server, ExitStack() as held:
        if scenario.speed:
            held.enter_context(opening.simulated_network(scenario, server))
            time.sleep(_SIMULATED_WARM_UP_SECONDS)
        time.sleep(_WARM_UP_SECONDS)
        progress(f"no queries, {scenario.seconds:.0f} s")
        committed = server.scrape().committed
        with MemoryWatch(server.pid) as watch:
            before = measure.use(server.pid)
            time.sleep(scenario.seconds)
            after = measure.use(server.pid)
        seconds = after.time - before.time
        figures["cores"] = (after.seconds - before.seconds) / seconds
        if scenario.speed:
            figures["rate"] = (server.scrape().committed - committed) / seconds
        _note_memory(figures, watch)
        figures["stop_s"] = server.stop().stop_seconds


def _load(scenario: Scenario, path: Path, result: Json, progress: Progress) -> None:
    figures = result["figures"]
    with Server(scenario.shards, scenario.settings, scenario.files) as server, ExitStack() as held:
        watch = held.enter_context(MemoryWatch(server.pid))
        hostile: Part | None = None
        if scenario.silent or scenario.slow:
            hostile = held.enter_context(_hostile(scenario, path, server))
            hostile.receive(_CONNECTING_SECONDS)
        sent = _send(scenario, path, server, 0, progress)
        if hostile is not None:
            _note_hostile(figures, hostile.receive(scenario.seconds + DEADLINE_SECONDS))
        _note_sent(result, sent)
        _note_memory(figures, watch)
        progress("stopping, counting what is in the files")
        _note_stored(figures, server.stop(), sent.events, sent.before.seconds)
        result["server_log"] = server.log()[-20:]


def _growth(scenario: Scenario, path: Path, result: Json, progress: Progress) -> None:
    figures = result["figures"]
    fill = _filling(scenario)
    with (
        Server(scenario.shards, scenario.settings, scenario.files) as server,
        MemoryWatch(server.pid) as watch,
    ):
        empty = _send(scenario, path, server, 0, progress)
        filled = _send(fill, path, server, 1, progress)
        full = _send(scenario, path, server, 2, progress)
        _note_sent(result, full)
        _note_memory(figures, watch)
        progress("stopping, counting what is in the files")
        events = empty.events + filled.events + full.events
        _note_stored(figures, server.stop(), events, empty.before.seconds)
    figures["committed"] = empty.committed + filled.committed + full.committed
    figures["stored_before"] = empty.events + filled.events
    figures["cost_ratio"] = full.cpu_us / empty.cpu_us
    name = "recent events"
    result["queries_empty"] = empty.queries
    figures["query_ratio"] = full.queries[name]["p50_ms"] / empty.queries[name]["p50_ms"]


def _filling(scenario: Scenario) -> Scenario:
    """Return the load that fills the store."""
    values: dict[str, Any] = {
        **vars(scenario),
        "rate": scenario.fill_rate,
        "seconds": scenario.growth_millions * 1e6 / scenario.fill_rate,
        "dashboard": False,
    }
    return Scenario(**values)


def _floor(scenario: Scenario, path: Path) -> float:
    """Measure the CPU microseconds per event of splitting frames."""
    with Part("loadtest.floor", {}) as floor:
        port = floor.receive(30.0)["port"]
        short = {**vars(scenario), "seconds": scenario.floor_seconds}
        with parts.generator(Scenario(**short), path, "127.0.0.1", port, 0) as generator:
            generator.receive(_CONNECTING_SECONDS)
            generator.command("go")
            generator.receive(_CONNECTING_SECONDS)
            floor.command("count")
            before = floor.receive(30.0)
            summary = generator.receive(parts.deadline(Scenario(**short)) + 30.0)
            expected = summary["sent"] + scenario.connections
            after = before
            waited = time.monotonic()
            while after["frames"] < expected:
                if time.monotonic() - waited > _STALLED_SECONDS:
                    raise Broken(f"the floor got {after['frames']} of {expected} frames")
                time.sleep(0.05)
                floor.command("count")
                after = floor.receive(30.0)
    spent: float = after["cpu_seconds"] - before["cpu_seconds"]
    sent: int = summary["sent"]
    return spent / sent * 1e6


class _Backlog:
    """Measures the longest delay of commits behind the schedule while the generator sends.

    The server's own latency begins when it reads; bytes that wait in the kernel show only here.
    It runs on its own thread: a server that is too busy answers late, and must not delay the
    end of the measurement.
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
        while not self._stop.wait(_SAMPLE_SECONDS):
            due = scenario.rate * min(time.monotonic() - began, scenario.seconds)
            try:
                committed = self._server.scrape().committed - self._before
            except Broken:
                continue  # too busy to answer; sampled again
            self.longest = max(self.longest, (due - committed) / scenario.rate)


# --- One load -----------------------------------------------------------------------------


def _send(scenario: Scenario, path: Path, server: Server, run: int, progress: Progress) -> Sent:
    progress(
        f"{scenario.connections:,} nodes, {scenario.rate:,.0f} events/s, {scenario.seconds:.0f} s"
    )
    with (
        parts.generator(scenario, path, server.host, server.port, run) as generator,
        _queries(scenario, server, run) as queries,
        _streams(scenario, server) as streams,
    ):
        generator.receive(_CONNECTING_SECONDS)
        before = _wait_connected(server, scenario.connections + scenario.silent + scenario.slow)
        generator.command("go")
        generator.receive(_CONNECTING_SECONDS)
        used = measure.use(server.pid)
        members = set(measure.family(server.pid))
        if queries is not None:
            queries.command("go")
        if streams is not None:
            streams.command("go")
        with _Backlog(scenario, server, before.committed) as backlog:
            summary = generator.receive(parts.deadline(scenario) + 30.0)
            after = measure.use(server.pid)
        if queries is not None:
            queries.command("close")
        if streams is not None:
            streams.command("close")
        wanted = before.committed + summary["sent"]
        scrape = server.wait(lambda now: now.committed >= wanted, _STALLED_SECONDS)
        stored = measure.use(server.pid)
        answers = queries.receive(60.0)["routes"] if queries is not None else {}
        delivered = streams.receive(60.0) if streams is not None else None
        if ended := members - set(measure.family(server.pid)):
            raise Broken(f"of the server, {sorted(ended)} ended under load\n{_tail(server)}")
        generator.command("close")
    return Sent(
        summary=summary,
        before=used,
        after=after,
        stored=stored,
        scrapes=(before, scrape),
        backlog=backlog.longest,
        queries=_routes(answers),
        delivered=delivered,
    )


def _queries(scenario: Scenario, server: Server, run: int) -> AbstractContextManager[Part | None]:
    """Start the requests of routes, if there are any."""
    if not scenario.queries:
        return nullcontext()
    part = parts.queries(server, run, dashboard=scenario.dashboard)
    part.receive(_CONNECTING_SECONDS)
    return part


def _streams(scenario: Scenario, server: Server) -> AbstractContextManager[Part | None]:
    """Start the subscribers and connect them, if there are any."""
    if not scenario.subscribers:
        return nullcontext()
    part = Part("loadtest.streams", {"api": server.api, "subscribers": scenario.subscribers})
    part.receive(_CONNECTING_SECONDS)
    return part


def _wait_connected(server: Server, connections: int) -> Scrape:
    """Wait until the server has accepted all connections; return the metrics."""
    scrape = server.wait(lambda now: now.connections >= connections, _STALLED_SECONDS)
    if scrape.connections < connections:
        raise Broken(
            f"{scrape.connections:.0f} of {connections} connections are open\n" + _tail(server)
        )
    return scrape


def _tail(server: Server) -> str:
    """Return the last warnings and errors of the server log."""
    lines = [line for line in server.log() if '"level": "info"' not in line]
    return "\n".join(lines[-10:])


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


# --- Figures ------------------------------------------------------------------------------


def _note_sent(result: Json, sent: Sent) -> None:
    figures, summary = result["figures"], sent.summary
    before, after = sent.scrapes
    latency = report.histogram_difference(after.latency, before.latency)
    wall = sent.after.time - sent.before.time
    server = sent.after.seconds - sent.before.seconds
    machine = sent.after.machine - sent.before.machine
    figures |= {
        "sent": sent.events,
        "committed": sent.committed,
        "rate": sent.events / summary["seconds"],
        "held_share": sent.events
        / (sent.stored.time - sent.before.time)
        / result["parameters"]["rate"],
        "backlog_s": max(sent.backlog, sent.stored.time - sent.after.time),
        "write_p50_ms": report.milliseconds(report.histogram_percentile(latency, 0.5)),
        "write_p99_ms": report.milliseconds(report.histogram_percentile(latency, 0.99)),
        "write_max_ms": report.milliseconds(report.histogram_maximum(latency)),
        "cores": server / wall,
        "cpu_us_until_stored": sent.cpu_us,
        "pauses": _increase(sent, measure.PAUSES),
        "checkpoints": _increase(sent, measure.CHECKPOINTS),
        "checkpoint_s": _increase(sent, measure.CHECKPOINT_SECONDS),
        "stored_after_s": sent.stored.time - sent.after.time,
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
        figures["delivery_cores"] = sent.delivered["cores"]
        figures["delivery_p50_ms"] = report.milliseconds(report.percentile(delays, 0.5))
        figures["delivery_p99_ms"] = report.milliseconds(report.percentile(delays, 0.99))
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


def _note_memory(figures: Json, watch: MemoryWatch) -> None:
    figures["rss_mib"] = watch.peak_rss / _MIB
    pss = watch.peak_pss
    figures["memory_mib"] = figures["rss_mib"] if pss is None else pss / _MIB


def _note_hostile(figures: Json, lifetimes: Json) -> None:
    closed = [each for each in lifetimes["silent"] if each is not None]
    figures["silent_left"] = len(lifetimes["silent"]) - len(closed)
    figures["silent_closed_s"] = max(closed, default=None)
    figures["slow_closed"] = sum(each is not None for each in lifetimes["slow"])


def _routes(answers: Json) -> dict[str, Json]:
    return {
        name: {
            "asked": len(each["first"]) + len(each["seconds"]) + len(each["failures"]),
            "failed": len(each["failures"]),
            "p50_ms": report.milliseconds(report.percentile(each["seconds"], 0.5)) or 0.0,
            "p99_ms": report.milliseconds(report.percentile(each["seconds"], 0.99)) or 0.0,
            "max_ms": report.milliseconds(report.percentile(each["seconds"], 1.0)) or 0.0,
            **({"first_ms": report.milliseconds(each["first"][0])} if each["first"] else {}),
        }
        for name, each in answers.items()
    }


def _increase(sent: Sent, name: str) -> float:
    before, after = sent.scrapes
    return after.samples.get(name, 0.0) - before.samples.get(name, 0.0)
