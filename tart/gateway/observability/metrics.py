"""``/metrics``: everything the shards and the gateway count, in Prometheus' text format.

Nothing is kept in prometheus objects: the shards send plain numbers, one ``statistics``
message each, and a collector made for the one scrape yields them.

Two families of names. ``tart_*`` follow Prometheus' conventions, with a ``shard`` label.
``telemetry_*`` are the names the peer's documentation promises; they are totals over all
shards and stand exactly as promised. Where a promised name of a counter lacks the
``_total`` that the format demands of counters, its type is ``unknown``: a sample under
another name would not be found, and ``rate()`` does not look at the type. Totals never
fall when a shard is missing or restarts (``Totals``), or each would look like a burst.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from tart.query.core import merge

Json = dict[str, Any]

HTTP_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# Promised names of totals, the statistic behind each, and what they mean here.
_PROMISED_COUNTERS = (
    ("telemetry_connections_rejected", "rejected", "Connections refused at once."),
    ("telemetry_events_received", "events_received", "Events read from nodes."),
    ("telemetry_events_dropped", "shed", "Events dropped, of those received; only by setting."),
    ("telemetry_events_rate_limited", "shed_by_rate", "Those of them beyond a node's rate."),
)
_PROMISED_GAUGES = (
    ("telemetry_active_connections", "connections", "Open connections of nodes."),
    ("telemetry_buffer_pending", "pending_events", "Events received and not yet committed."),
    ("telemetry_database_pool_connections", "readers", "Readers of the shards' files."),
)
_COUNTERS = (
    ("connections", "connections_total", "Connections accepted."),
    ("events_received", "events_received", "Events read from nodes."),
    ("received_bytes", "bytes_received", "Bytes read from nodes."),
    ("dropped_by_nodes", "dropped_by_nodes", "Events nodes say they dropped themselves."),
    ("batches_committed", "batches_committed", "Batches committed."),
    ("events_committed", "events_committed", "Events committed."),
    ("checkpoints", "checkpoints", "Checkpoints taken."),
    ("checkpoint_seconds", "checkpoint_seconds", "Time spent in checkpoints."),
    ("checkpoint_failures", "checkpoint_failures", "Checkpoints that failed."),
    ("files_deleted", "files_deleted", "Files no longer kept."),
    ("events_published", "events_published", "Live events sent to the gateway."),
    ("events_missed", "events_missed", "Live events shed, the gateway did not keep up."),
    ("references_evicted", "references_evicted", "References given up: too many were open."),
    ("references_unresolved", "references_unresolved", "References to nothing that is open."),
    ("query_failures", "query_failures", "Questions that failed."),
    (
        "queries_rejected",
        "questions_refused",
        "Questions to the files refused: as many waited as may.",
    ),
    ("cpu_seconds", "cpu_seconds", "Processor time."),
    ("log_lines_suppressed", "log_lines_left_out", "Lines not logged: too many of one kind."),
)
_LABELLED_COUNTERS = (
    ("connections_rejected", "connections_rejected", "reason", "Connections refused at once."),
    ("connections_closed", "connections_closed", "reason", "Accepted connections that are over."),
    (
        "ingest_pauses",
        "reading_pauses",
        "reason",
        "Times reading stopped: of one connection (rate), of all (buffer, disk, memory).",
    ),
    ("events_shed", "events_shed", "reason", "Events dropped by setting."),
    ("undecodable_events", "undecodable", "rule", "Events that could not be read."),
    ("deviations", "deviations", "rule", "Readable, but not as specified."),
    ("protocol_errors", "protocol_errors", "rule", "Connections ended by what a node said."),
    ("queries", "queries", "query", "Questions asked."),
    (
        "derived_failures",
        "derived_failures",
        "stage",
        "Failures of work derived from stored events; the events are stored all the same.",
    ),
    (
        "derived_events_lost",
        "derived_events_lost",
        "stage",
        "Events that a failing stage did not take into account.",
    ),
    (
        "background_failures",
        "background_failures",
        "task",
        "Turns of background tasks that failed; each costs that turn alone.",
    ),
    (
        "derived_retries",
        "derived_retries",
        "stage",
        "Batches that failed as a whole and were tried again in parts.",
    ),
    (
        "queries_abandoned",
        "questions_given_up",
        "state",
        "Questions to the files that nobody waited for any more, or not in time, by what they "
        "were doing then.",
    ),
    (
        "aggregates_overflowed",
        "aggregates_overflowed",
        "table",
        "Keys of aggregates not counted: there were too many between two flushes.",
    ),
)
_GAUGES = (
    ("uptime_seconds", "uptime_seconds", "Since the process started."),
    ("resident_memory_bytes", "rss_bytes", "Resident memory."),
    ("open_connections", "connections", "Open connections of nodes."),
    ("pending_events", "pending_events", "Events received and not yet committed."),
    ("pending_bytes", "pending_bytes", "Bytes received and not yet committed."),
    ("partial_frame_bytes", "unfinished_bytes", "Bytes of frames that are not complete."),
    ("ingest_paused", "reading_paused", "1 while reading is stopped."),
    ("files", "files", "Files of events."),
    ("disk_used_bytes", "bytes_on_disk", "Bytes the shard's files take."),
    ("disk_free_bytes", "disk_free_bytes", "Bytes left where they are."),
    ("open_references", "open_references", "Events that later ones may still refer to."),
    ("aggregate_flushes_pending", "aggregate_flushes_pending", "Flushes not yet written."),
    ("subscriptions", "subscriptions", "Live subscriptions of the gateway."),
    ("loop_lag_seconds", "loop_lag_seconds", "How late the event loop runs."),
    ("readers", "readers", "Readers of the shard's files."),
    (
        "queries_running",
        "questions_running",
        "Questions to the files that are being answered, wanted or not.",
    ),
    (
        "queries_low_priority",
        "questions_stepped_back",
        "1 while answering has low priority, because much is received.",
    ),
)
_RANKS = ("cheap", "scan", "slow")
_PAUSED_FOR = ("buffer", "disk", "memory")
# What the shards list, counted.
_LISTED = (
    ("quarantined_files", "quarantined", "Damaged files put aside, logs included."),
    ("damaged_files", "damaged", "Files of which a part cannot be read."),
    ("vanished_files", "vanished", "Files that were deleted while they are used."),
)
_HISTOGRAMS = (
    ("commit_seconds", "commit_seconds", "From read to committed, oldest event of a batch."),
    ("write_seconds", "write_seconds", "A commit itself."),
)


class Totals:
    """Sums of counters over shards that neither miss one nor start again with one."""

    def __init__(self) -> None:
        self._now: dict[tuple[int, str], float] = {}
        self._before: defaultdict[str, float] = defaultdict(float)

    def add(self, statistics: Mapping[int, Json], name: str) -> float:
        """Take in a counter's values and return its total so far."""
        for shard, values in statistics.items():
            known = self._now.get((shard, name), 0)
            if values[name] < known:
                self._before[name] += known
            self._now[shard, name] = values[name]
        now = sum(value for (_, each), value in self._now.items() if each == name)
        return self._before[name] + now


@dataclass
class Durations:
    """A histogram of seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * len(HTTP_BOUNDS))
    sum: float = 0.0
    count: int = 0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.sum += seconds
        self.count += 1
        for index, bound in enumerate(HTTP_BOUNDS):
            if seconds <= bound:
                self.counts[index] += 1

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative, as Prometheus has them."""
        bounded = zip(HTTP_BOUNDS, self.counts, strict=True)
        return [*((str(bound), float(count)) for bound, count in bounded), ("+Inf", self.count)]


class Traffic:
    """HTTP requests by route; the labels are the contract's paths and nothing else."""

    def __init__(self) -> None:
        self.durations: dict[str, Durations] = {}
        self.statuses: Counter[tuple[str, int]] = Counter()

    def add(self, path: str, status: int, seconds: float | None = None) -> None:
        """Count one request, and how long its answer took where that means anything."""
        if seconds is not None:
            self.durations.setdefault(path, Durations()).add(seconds)
        self.statuses[path, status] += 1


@dataclass(frozen=True)
class Scrape:
    """What one scrape shows.

    Attributes:
        statistics: of each shard that answered.
        up: of every shard, whether it answered.
        restarts: of every shard, as the gateway saw them.
        failures: of every shard, questions it did not answer, by reason.
        broadcaster: figures of the live stream.
        gateway: further figures of the gateway: name to (value, help).
        cache_outcomes: answers over aggregates, by whether they were made, fresh or stale.
        background: failures of the gateway's background tasks, by task.
    """

    statistics: Mapping[int, Json]
    up: Mapping[int, bool]
    restarts: Mapping[int, int]
    failures: Mapping[int, Mapping[str, int]]
    broadcaster: Json
    gateway: Mapping[str, tuple[float, str]]
    cache_outcomes: Mapping[str, int]
    background: Mapping[str, int]
    traffic: Traffic
    totals: Totals
    version: str


def text(scrape: Scrape) -> bytes:
    """The page of one scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(scrape))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, scrape: Scrape) -> None:
        self._scrape = scrape

    def describe(self) -> Iterable[Metric]:
        # Registering would otherwise collect once more for the names alone.
        return ()

    def collect(self) -> Iterator[Metric]:
        scrape = self._scrape
        yield from _promised(scrape)
        yield from _of_shards(scrape)
        yield from _of_gateway(scrape)


def _promised(scrape: Scrape) -> Iterator[Metric]:
    connections = scrape.totals.add(scrape.statistics, "connections_total")
    yield CounterMetricFamily("telemetry_connections", "Connections accepted.", value=connections)
    statistics = {shard: _with_sums(values) for shard, values in scrape.statistics.items()}
    for name, source, documentation in _PROMISED_COUNTERS:
        yield _exact(name, documentation, scrape.totals.add(statistics, source))
    yield _exact(
        "telemetry_broadcaster_total_broadcast",
        "Live events handed to subscribers, each once.",
        scrape.broadcaster["total_events_broadcast"],
    )
    for name, source, documentation in _PROMISED_GAUGES:
        value = sum(each[source] for each in scrape.statistics.values())
        yield GaugeMetricFamily(name, documentation, value=value)
    yield GaugeMetricFamily(
        "telemetry_broadcaster_subscribers",
        "Clients that get live events.",
        value=scrape.broadcaster["active_subscribers"],
    )
    writes = merge.histogram(each["write_seconds"] for each in scrape.statistics.values())
    family = HistogramMetricFamily("telemetry_batch_write_duration", "Seconds of a commit.")
    family.add_metric([], *_histogram(writes))
    yield family


def _with_sums(statistics: Json) -> Json:
    """Beside counters by reason, their totals."""
    return {
        **statistics,
        "rejected": sum(statistics["connections_rejected"].values()),
        "shed": sum(statistics["events_shed"].values()),
        "shed_by_rate": statistics["events_shed"].get("rate", 0),
    }


def _exact(name: str, documentation: str, value: float) -> Metric:
    """A counter under exactly this name; see the head of this module."""
    family = Metric(name, documentation, "unknown")
    family.add_sample(name, {}, value)
    return family


def _of_shards(scrape: Scrape) -> Iterator[Metric]:
    up = GaugeMetricFamily("tart_shard_up", "1 if the shard answered.", labels=["shard"])
    restarts = CounterMetricFamily(
        "tart_shard_restarts", "Times the shard came back as another process.", labels=["shard"]
    )
    failures = CounterMetricFamily(
        "tart_shard_unanswered", "Questions a shard did not answer.", labels=["shard", "reason"]
    )
    for shard, answered in scrape.up.items():
        up.add_metric([str(shard)], float(answered))
        restarts.add_metric([str(shard)], scrape.restarts[shard])
        for reason, count in scrape.failures[shard].items():
            failures.add_metric([str(shard), reason], count)
    yield from (up, restarts, failures)
    for name, source, documentation in _COUNTERS:
        counter = CounterMetricFamily(f"tart_{name}", documentation, labels=["shard"])
        for shard, values in scrape.statistics.items():
            counter.add_metric([str(shard)], values[source])
        yield counter
    for name, source, label, documentation in _LABELLED_COUNTERS:
        counter = CounterMetricFamily(f"tart_{name}", documentation, labels=["shard", label])
        for shard, values in scrape.statistics.items():
            for key, count in values[source].items():
                counter.add_metric([str(shard), key], count)
        yield counter
    for name, source, documentation in _GAUGES:
        gauge = GaugeMetricFamily(f"tart_{name}", documentation, labels=["shard"])
        for shard, values in scrape.statistics.items():
            gauge.add_metric([str(shard)], float(values[source]))
        yield gauge
    yield _waiting(scrape)
    yield _paused(scrape)
    for name, source, documentation in _LISTED:
        gauge = GaugeMetricFamily(f"tart_{name}", documentation, labels=["shard"])
        for shard, values in scrape.statistics.items():
            gauge.add_metric([str(shard)], len(values[source]))
        yield gauge
    for name, source, documentation in _HISTOGRAMS:
        histogram = HistogramMetricFamily(f"tart_{name}", documentation, labels=["shard"])
        for shard, values in scrape.statistics.items():
            histogram.add_metric([str(shard)], *_histogram(values[source]))
        yield histogram


def _waiting(scrape: Scrape) -> Metric:
    gauge = GaugeMetricFamily(
        "tart_queries_waiting",
        "Questions to the files that wait for a reader: cheap ones go before scans of the log, "
        "and slow ones have a reader of their own.",
        labels=["shard", "rank"],
    )
    for shard, values in scrape.statistics.items():
        for rank in _RANKS:
            gauge.add_metric([str(shard), rank], values["questions_waiting"].get(rank, 0))
    return gauge


def _paused(scrape: Scrape) -> Metric:
    gauge = GaugeMetricFamily(
        "tart_ingest_paused_reason",
        "1 while reading is stopped, for what it is.",
        labels=["shard", "reason"],
    )
    for shard, values in scrape.statistics.items():
        for reason in _PAUSED_FOR:
            gauge.add_metric([str(shard), reason], float(values["paused_for"] == reason))
    return gauge


def _histogram(value: Json) -> tuple[list[tuple[str, float]], float]:
    buckets = [(str(float(bound)), float(count)) for bound, count in value["buckets"]]
    return [*buckets, ("+Inf", float(value["count"]))], value["sum"]


def _of_gateway(scrape: Scrape) -> Iterator[Metric]:
    yield InfoMetricFamily("tart_build", "The release.", value={"version": scrape.version})
    durations = HistogramMetricFamily(
        "tart_http_request_duration_seconds", "Until the answer was made.", labels=["route"]
    )
    for path, seconds in scrape.traffic.durations.items():
        durations.add_metric([path], seconds.buckets(), seconds.sum)
    requests = CounterMetricFamily(
        "tart_http_requests", "HTTP requests.", labels=["route", "status"]
    )
    for (path, status), count in scrape.traffic.statuses.items():
        requests.add_metric([path, str(status)], count)
    kept = CounterMetricFamily(
        "tart_response_cache_requests",
        "Answers over aggregates: made, or made before and still fresh, or stale.",
        labels=["outcome"],
    )
    for outcome in ("hit", "stale", "miss"):
        kept.add_metric([outcome], scrape.cache_outcomes.get(outcome, 0))
    background = CounterMetricFamily(
        "tart_gateway_background_failures",
        "Turns of the gateway's background tasks that failed.",
        labels=["task"],
    )
    for task, count in scrape.background.items():
        background.add_metric([task], count)
    yield from (durations, requests, kept, background)
    for name, (value, documentation) in scrape.gateway.items():
        kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        yield kind(name.removesuffix("_total"), documentation, value=value)
