"""The storm: more events than the machine may take, and the time until all is normal again.

A calm load runs all the time, so that latency is measured before, during and after the storm in
the same way. Dashboards poll all the time, too. The server begins with files of earlier days, as
large together as the storm's events will be, and a size limit that they just meet: so retention
deletes one file after the other for as long as the storm lasts.

A figure is normal from the moment on from which it stays within its limit to the end.
"""

from __future__ import annotations

import math
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from loadtest import measure, parts, report
from loadtest.dialogue import Broken, Json, Part
from loadtest.measure import Scrape
from loadtest.scenarios import Scenario
from loadtest.server import Server
from tart.config.schema import StorageConfig
from tart.storage.core.files import first_segment, period_start
from tart.storage.core.schema import NodeRow, SessionRow, UndecodableRow, encode_rows
from tart.storage.log.database import Database
from tart.units import HOUR_US, SECOND_US

Progress = Callable[[str], None]

CALM_RATE = 5_000
CALM_CONNECTIONS = 64
CALM_SECONDS = 30.0
# The first seconds of the calm, in which connections open and caches fill, are no measure.
_OPENING_SECONDS = 10.0
_DAY_HOURS = 24
# The bytes that an event takes in the files, about; and the seconds between two deletions.
_EVENT_BYTES = 9
_RETENTION_SECONDS = 10
_FRAME_BYTES = 64 << 10
_SAMPLE_SECONDS = 1.0
_MIB = 1 << 20


@dataclass(frozen=True)
class Sample:
    """One second of the server.

    Attributes:
        time: Monotonic time at its end.
        committed: Events committed so far.
        write_ms: The p99 of the write latency in it; ``None`` if nothing was committed.
        query_ms: The slowest of the queries asked in it; infinite if one failed.
        memory: Proportional set size of all processes, bytes.
    """

    time: float
    committed: float
    write_ms: float | None
    query_ms: float
    memory: int

    def as_json(self, end: float) -> Json:
        """Return the sample for the saved result.

        Args:
            end: The end of the storm, from which its time counts.
        """
        return {
            "seconds_after": round(self.time - end, 1),
            "committed": self.committed,
            "write_ms": self.write_ms,
            "query_ms": self.query_ms,
            "memory_mib": round(self.memory / _MIB),
        }


@dataclass(frozen=True)
class Limits:
    """The limits within which a sample is normal, from the calm before the storm."""

    write_ms: float
    query_ms: float
    memory: float

    @classmethod
    def of(cls, calm: Sequence[Sample], last: Sequence[Sample]) -> Limits:
        """Return twice the worst of the calm, but no less than the targets of the scenarios.

        Memory that a storm needed once stays in use by caches: it is normal when it has come
        down to a tenth above its level in the end.

        Args:
            calm: Samples before the storm.
            last: The last samples.
        """
        writes = [sample.write_ms for sample in calm if sample.write_ms is not None]
        queries = [sample.query_ms for sample in calm if math.isfinite(sample.query_ms)]
        return cls(
            write_ms=max(50.0, 2 * max(writes, default=0.0)),
            query_ms=max(100.0, 2 * max(queries, default=0.0)),
            memory=1.1 * max((sample.memory for sample in last), default=0),
        )

    def met(self, sample: Sample) -> dict[str, bool]:
        """Return which figures of a sample are normal."""
        return {
            "writes": sample.write_ms is None or sample.write_ms <= self.write_ms,
            "queries": sample.query_ms <= self.query_ms,
            "memory": sample.memory <= self.memory,
        }


def seconds_until_normal(samples: Sequence[Sample], end: float, limits: Limits) -> dict[str, float]:
    """Return, for each figure, the seconds after ``end`` from which on all samples are normal.

    Infinite for one that is not normal in the last sample.
    """
    seconds = {}
    for name in ("writes", "queries", "memory"):
        since = math.inf
        for sample in reversed(samples):
            if sample.time < end or not limits.met(sample)[name]:
                break
            since = sample.time
        seconds[name] = max(0.0, since - end - _SAMPLE_SECONDS)
    return seconds


class Sampler:
    """Takes samples of a server on a thread; a context manager."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples: list[Sample] = []

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def between(self, first: float, end: float) -> list[Sample]:
        """Return the samples of a time."""
        return [sample for sample in self.samples if first <= sample.time < end]

    def _run(self) -> None:
        with httpx.Client(base_url=self._server.api, timeout=30.0, trust_env=False) as client:
            before = self._server.scrape()
            while not self._stop.wait(_SAMPLE_SECONDS):
                try:
                    after = _scrape(client)
                except httpx.HTTPError:
                    continue  # too busy to answer; its time is in the next sample
                if after.committed < before.committed:
                    continue  # without the counts of a shard that was too busy
                queried = max(map(_query(client), ("/api/events?limit=50", "/api/metrics/live")))
                self.samples.append(self._sample(before, after, queried))
                before = after

    def _sample(self, before: Scrape, after: Scrape, queried: float) -> Sample:
        latency = report.histogram_difference(after.latency, before.latency)
        write = report.histogram_percentile(latency, 0.99)
        used = measure.memory(measure.family(self._server.pid))
        return Sample(
            time=time.monotonic(),
            committed=after.committed,
            write_ms=None if write is None else write * 1000,
            query_ms=queried * 1000,
            memory=used.rss if used.pss is None else used.pss,
        )


def _scrape(client: httpx.Client) -> Scrape:
    response = client.get("/metrics")
    response.raise_for_status()
    return measure.read_metrics(response.text)


def _query(client: httpx.Client) -> Callable[[str], float]:
    def seconds(path: str) -> float:
        began = time.monotonic()
        try:
            response = client.get(path)
        except httpx.HTTPError:
            return math.inf
        return time.monotonic() - began if response.status_code == 200 else math.inf

    return seconds


# --- Files of earlier days ------------------------------------------------------------------


def prepare_files(data: Path, shards: int, files: int, size: int) -> None:
    """Write files of earlier days, one a day, each of about ``size`` bytes.

    Their content is frames that could not be decoded, of random bytes: no aggregate counts them
    and no compression helps them.
    """
    today = period_start(int(time.time()) * SECOND_US, _DAY_HOURS)
    database = Database(StorageConfig())
    try:
        for directory in range(shards):
            frames = max(1, size // _FRAME_BYTES)
            for number in range(files):
                day = today - (files - number) * _DAY_HOURS * HOUR_US
                file = first_segment(data, directory, day, _DAY_HOURS)
                database.attach_writable(file)
                with closing(database.cursor()) as cursor:
                    for table, rows in _rows_of_day(day, number * frames, frames).items():
                        cursor.register("rows_of_day", encode_rows(table, rows))
                        cursor.execute(
                            f"INSERT INTO {file.catalog}.{table} SELECT * FROM rows_of_day"
                        )
                        cursor.unregister("rows_of_day")
                    cursor.execute(f"CHECKPOINT {file.catalog}")
                database.detach(file)
    finally:
        database.close()


def _rows_of_day(day: int, first: int, count: int) -> dict[str, list[tuple[object, ...]]]:
    session = SessionRow(0, day, "opened", 0, "192.0.2.1:9", b"", None, None)
    return {
        "nodes": [NodeRow(0, bytes(32))],
        "sessions": [session, session._replace(what="closed", counters="{}")],
        "undecodable": [
            UndecodableRow(
                seq=first + number,
                received_at=day + number * SECOND_US,
                node=0,
                session=0,
                event_id=first + number,
                type=None,
                rule="prepared",
                field="",
                byte_offset=0,
                expectation="",
                frame=os.urandom(_FRAME_BYTES),
            )
            for number in range(count)
        ],
    }


def _old_files(data: Path) -> int:
    """Return the number of files of earlier days that are left."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return sum(not path.name.startswith(today) for path in data.glob("[0-9]*/2*.duckdb"))


# --- The scenario ---------------------------------------------------------------------------


def play(scenario: Scenario, path: Path, result: Json, progress: Progress) -> None:
    """Run the storm and write its figures into ``result``.

    Args:
        scenario: The storm; ``recovery_seconds`` is the calm after it.
        path: The recording.
        result: The figures go here.
        progress: Called with messages on the progress.

    Raises:
        Broken: A part failed.
    """
    shards = scenario.shards or len(os.sched_getaffinity(0))
    files = math.ceil(scenario.seconds / _RETENTION_SECONDS)
    size = round(scenario.rate * _RETENTION_SECONDS * _EVENT_BYTES / shards)
    progress(f"{shards * files} files of {size / _MIB:.0f} MiB of earlier days")

    def prepare(data: Path) -> None:
        prepare_files(data, shards, files, size)

    share = files * size * shards / shutil.disk_usage(Path(__file__).parent).total
    settings = dict(scenario.settings) | {"TART_STORAGE_RETAIN_DISK_SHARE": repr(share)}
    with Server(shards, settings, scenario.files, prepare=prepare) as server:
        before = _old_files(server.data)
        with Sampler(server) as sampler:
            storm = _weather(scenario, path, server, sampler, progress)
        left = _old_files(server.data)
        progress("stopping, counting what is in the files")
        stored = server.stop(since=period_start(int(time.time()) * SECOND_US, _DAY_HOURS))
        result["server_log"] = server.log()[-20:]
    result["failures"] = storm.pop("failures")
    result["samples"] = storm.pop("samples")
    result["figures"] |= storm | {
        "stored": stored.events,
        "lost": storm["sent"] - stored.events,
        "undecodable": stored.undecodable,
        "sessions_with_gaps": stored.gaps,
        "stop_s": stored.stop_seconds,
        "files_deleted": before - left,
        "cpu_us_per_event": stored.cpu_seconds / max(storm["sent"], 1) * 1e6,
    }


def _weather(
    scenario: Scenario, path: Path, server: Server, sampler: Sampler, progress: Progress
) -> Json:
    """Send the calm and the storm, and return the figures."""
    calm_seconds = CALM_SECONDS + scenario.seconds + scenario.recovery_seconds
    calm = replace(scenario, connections=CALM_CONNECTIONS, rate=CALM_RATE, seconds=calm_seconds)
    with (
        _ready(parts.generator(calm, path, server.host, server.port, 0)) as breeze,
        _ready(parts.generator(scenario, path, server.host, server.port, 1)) as gale,
        _ready(parts.queries(server, 0, dashboard=True)) as dashboards,
    ):
        breeze.command("go")
        breeze.receive(60.0)
        began = time.monotonic()
        progress(f"calm: {CALM_RATE:,} events/s, {CALM_SECONDS:.0f} s")
        dashboards.command("go")
        time.sleep(CALM_SECONDS)
        progress(f"storm: {scenario.rate:,.0f} events/s, {scenario.seconds:.0f} s")
        gale.command("go")
        gale.receive(60.0)
        storm_began = time.monotonic()
        storm = gale.receive(parts.deadline(scenario))
        end = time.monotonic()
        progress("calm again")
        calm_sent = breeze.receive(parts.deadline(calm))
        dashboards.command("close")
        wanted = storm["sent"] + calm_sent["sent"]
        scrape = server.wait(lambda now: now.committed >= wanted, 20.0)
        answers = dashboards.receive(60.0)["routes"]
        gale.command("close")
        breeze.command("close")
    # Not before the last sample that the wait above saw.
    samples = list(sampler.samples)
    if storm["broken_connections"] or calm_sent["broken_connections"]:
        raise Broken("connections were closed")
    limits = Limits.of(
        sampler.between(began + _OPENING_SECONDS, storm_began), samples[-_tail_length(scenario) :]
    )
    after = [sample for sample in samples if sample.time >= end]

    def sent_until(moment: float) -> float:
        return min(wanted, storm["sent"] + CALM_RATE * (moment - began))

    return {
        "sent": wanted,
        "committed": round(scrape.committed),
        "rate": storm["sent"] / storm["seconds"],
        "storm_s": end - storm_began,
        **_figures(samples, storm_began, end),
        "caught_up_s": _caught_up(after, end, sent_until, 2.0 + limits.write_ms / 1000),
        **{
            f"normal_{name}_s": seconds
            for name, seconds in seconds_until_normal(samples, end, limits).items()
        },
        "query_failures": sum(len(route["failures"]) for route in answers.values()),
        "failures": Counter(
            failure for route in answers.values() for failure in route["failures"]
        ).most_common(5),
        "pauses": scrape.samples.get(measure.PAUSES, 0.0),
        "samples": [sample.as_json(end) for sample in samples],
    }


def _tail_length(scenario: Scenario) -> int:
    return max(3, round(scenario.recovery_seconds / _SAMPLE_SECONDS / 4))


def _caught_up(
    after: Sequence[Sample], end: float, sent: Callable[[float], float], slack: float
) -> float:
    """Return the seconds after the storm until all but the last events were committed.

    Args:
        after: The samples after the storm.
        end: The end of the storm.
        sent: Returns the events sent until a moment.
        slack: The seconds whose events may be missing.
    """
    for sample in after:
        if sample.committed >= sent(sample.time - slack):
            return sample.time - end
    return math.inf


def _figures(samples: Sequence[Sample], began: float, end: float) -> Json:
    """Return the worst of the calm before, of the storm and of the calm after it."""
    figures: Json = {}
    for name, first, last in (
        ("before", began - CALM_SECONDS + _OPENING_SECONDS, began),
        ("storm", began, end),
        ("after", end, math.inf),
    ):
        part = [sample for sample in samples if first <= sample.time < last]
        writes = [sample.write_ms for sample in part if sample.write_ms is not None]
        queries = [sample.query_ms for sample in part]
        figures |= {
            f"{name}_write_p99_ms": report.percentile(writes, 0.5),
            f"{name}_query_ms": report.percentile(queries, 0.5),
            f"{name}_memory_mib": max((sample.memory for sample in part), default=0) / _MIB,
        }
    figures["memory_mib"] = max((sample.memory for sample in samples), default=0) / _MIB
    figures["memory_end_mib"] = samples[-1].memory / _MIB if samples else 0.0
    return figures


@contextmanager
def _ready(part: Part) -> Iterator[Part]:
    """Enter a part that is ready."""
    with part:
        part.receive(60.0)
        yield part
