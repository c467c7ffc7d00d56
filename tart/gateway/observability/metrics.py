"""``/metrics`` in Prometheus' text format: all counters of the shards and the gateway.

The shards send plain numbers, one ``statistics`` message each. A collector made for each scrape
yields them; nothing is stored in Prometheus objects.

There are two families of names. ``tart_*`` follow Prometheus' conventions, with a ``shard`` label.
``telemetry_*`` are the names in jamtart's documentation: they are totals over all shards, under
exactly these names. Where the name of a counter lacks the ``_total`` that the format requires of
counters, its type is ``unknown``: a sample under another name would not be found, and ``rate()``
does not look at the type. Totals never fall when a shard is missing or restarts
(``counter_totals``), or each would look like a burst.
"""

from __future__ import annotations

from collections import Counter
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

from tart.gateway.observability.alerting_figures import AlertingFigures, alert_metrics
from tart.gateway.observability.chain_figures import ChainFigures, chain_metrics
from tart.gateway.observability.counter_totals import CounterTotals
from tart.gateway.observability.host_metrics import host_metrics
from tart.gateway.observability.host_usage import HostSample
from tart.query.core import merge

Json = dict[str, Any]

HTTP_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# jamtart's names of totals, the statistic of each, and their help.
_JAMTART_COUNTERS = (
    ("telemetry_connections_rejected", "rejected", "Connections rejected when they were opened."),
    ("telemetry_events_received", "events_received", "Events read from nodes."),
    (
        "telemetry_events_dropped",
        "shed",
        "Received events that were dropped; only if telemetry.shed is set.",
    ),
    ("telemetry_events_rate_limited", "shed_by_rate", "Dropped events beyond a node's rate."),
)
_JAMTART_GAUGES = (
    ("telemetry_active_connections", "connections", "Open connections of nodes."),
    ("telemetry_buffer_pending", "pending_events", "Events received and not yet committed."),
    ("telemetry_database_pool_connections", "readers", "Query threads of the shards."),
)
_COUNTERS = (
    ("connections", "connections_total", "Connections accepted."),
    ("events_received", "events_received", "Events read from nodes."),
    ("received_bytes", "bytes_received", "Bytes read from nodes."),
    (
        "dropped_by_nodes",
        "dropped_by_nodes",
        "Events that nodes report to have dropped themselves.",
    ),
    ("batches_committed", "batches_committed", "Committed batches."),
    ("events_committed", "events_committed", "Committed events."),
    (
        "events_sampled_out",
        "events_sampled_out",
        "Events that the event log left out; only if storage.sample_after_seconds is set.",
    ),
    ("sampling_episodes", "sampling_episodes", "Times that sampling of the event log began."),
    ("checkpoints", "checkpoints", "Checkpoints taken."),
    ("checkpoint_seconds", "checkpoint_seconds", "Time spent in checkpoints."),
    ("checkpoint_failures", "checkpoint_failures", "Checkpoints that failed."),
    ("files_deleted", "files_deleted", "Segments deleted by retention."),
    ("events_published", "events_published", "Live events sent to the gateway."),
    ("events_missed", "events_missed", "Live events shed because the gateway did not keep up."),
    ("references_evicted", "references_evicted", "References evicted because too many were open."),
    ("references_unresolved", "references_unresolved", "References to an event that is not open."),
    ("query_failures", "query_failures", "Failed queries."),
    (
        "query_commit_timeouts",
        "commit_timeouts",
        "Queries of the event log answered without the newest events: their commit took too long.",
    ),
    (
        "stored_rows_hits",
        "stored_rows_hits",
        "Times that rows of aggregates were in memory already.",
    ),
    (
        "stored_rows_reads",
        "stored_rows_reads",
        "Statements that read rows of aggregates into memory.",
    ),
    (
        "queries_shared",
        "queries_shared",
        "Queries over aggregates that took the answer of an equal one.",
    ),
    (
        "aggregate_statements",
        "aggregate_statements",
        "Statements over aggregates that DuckDB ran.",
    ),
    (
        "aggregate_statement_seconds",
        "aggregate_statement_seconds",
        "Duration of the statements over aggregates in seconds.",
    ),
    (
        "queries_rejected",
        "queries_rejected",
        "Queries rejected because too many were waiting for a query thread.",
    ),
    ("cpu_seconds", "cpu_seconds", "CPU time in seconds."),
    (
        "log_lines_suppressed",
        "log_lines_suppressed",
        "Log lines suppressed because one call site wrote too many.",
    ),
)
_LABELLED_COUNTERS = (
    (
        "connections_rejected",
        "connections_rejected",
        "reason",
        "Connections rejected when they were opened.",
    ),
    (
        "connections_closed",
        "connections_closed",
        "reason",
        "Accepted connections that were closed.",
    ),
    (
        "ingest_pauses",
        "ingest_pauses",
        "reason",
        "Pauses of ingestion: of one connection (rate), or of all (buffer, disk, memory).",
    ),
    ("events_shed", "events_shed", "reason", "Events dropped because telemetry.shed is set."),
    ("undecodable_events", "undecodable", "rule", "Events that could not be decoded."),
    ("deviations", "deviations", "rule", "Events that were decoded but deviate from JIP-3."),
    ("protocol_errors", "protocol_errors", "rule", "Connections closed by a protocol error."),
    ("queries", "queries", "query", "Queries received."),
    (
        "derived_failures",
        "derived_failures",
        "stage",
        "Failures of stages that derive data from events; the events are stored.",
    ),
    (
        "derived_events_lost",
        "derived_events_lost",
        "stage",
        "Events that a failed stage did not process.",
    ),
    (
        "background_failures",
        "background_failures",
        "task",
        "Failed runs of background tasks; the next run is not affected.",
    ),
    (
        "derived_retries",
        "derived_retries",
        "stage",
        "Batches that failed as a whole and were retried in parts.",
    ),
    (
        "queries_abandoned",
        "queries_abandoned",
        "state",
        "Queries abandoned by their client or after their deadline, by their state.",
    ),
    (
        "aggregates_overflowed",
        "aggregates_overflowed",
        "table",
        "Keys of aggregates not counted because too many came between two flushes.",
    ),
)
_GAUGES = (
    ("uptime_seconds", "uptime_seconds", "Seconds since the process started."),
    ("resident_memory_bytes", "rss_bytes", "Resident memory."),
    ("open_connections", "connections", "Open connections of nodes."),
    ("pending_events", "pending_events", "Events received and not yet committed."),
    ("pending_bytes", "pending_bytes", "Bytes received and not yet committed."),
    ("partial_frame_bytes", "partial_frame_bytes", "Bytes of incomplete frames."),
    ("ingest_paused", "ingest_paused", "1 while ingestion is paused."),
    ("sampling", "sampling", "1 while the event log is sampled."),
    ("files", "files", "Segments of the event log."),
    ("disk_used_bytes", "bytes_on_disk", "Bytes of the shard's files."),
    ("disk_free_bytes", "disk_free_bytes", "Free bytes on the disk with the shard's files."),
    ("open_references", "open_references", "Events that later events may still refer to."),
    (
        "aggregate_flushes_pending",
        "aggregate_flushes_pending",
        "Flushes of aggregates that are not written yet.",
    ),
    (
        "aggregate_events_waiting",
        "aggregate_events_waiting",
        "Events that waited to be counted in aggregates, when the metrics were read.",
    ),
    (
        "duckdb_memory_bytes",
        "duckdb_bytes",
        "Memory of DuckDB after the last round of checkpoints, before its cache was cut.",
    ),
    ("tail_cache_bytes", "tail_cache_bytes", "Bytes of the newest events in memory."),
    ("stored_rows_bytes", "stored_rows_bytes", "Bytes of flushed aggregates in memory."),
    ("subscriptions", "subscriptions", "Live subscriptions of the gateway."),
    ("loop_lag_seconds", "loop_lag_seconds", "Event-loop lag in seconds."),
    ("readers", "readers", "Query threads of the shard."),
    (
        "queries_running",
        "queries_running",
        "Queries running on a query thread, abandoned ones included.",
    ),
    (
        "queries_low_priority",
        "queries_low_priority",
        "1 while queries have low priority because the ingest load is high.",
    ),
)
_RANKS = ("cheap", "scan", "slow", "page")
_PAUSE_REASONS = ("buffer", "disk", "memory")
# Lists in the statistics whose length is the metric.
_LISTS = (
    ("quarantined_files", "quarantined", "Damaged files in quarantine, WAL files included."),
    ("damaged_files", "damaged", "Files that are unreadable in part."),
    ("vanished_files", "vanished", "Files that were deleted while in use."),
)
_HISTOGRAMS = (
    (
        "commit_seconds",
        "commit_seconds",
        "Seconds from receipt to commit, of the oldest event of a batch.",
    ),
    ("write_seconds", "write_seconds", "Seconds of a commit."),
)


@dataclass
class Durations:
    """A histogram of seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * len(HTTP_BOUNDS))
    sum: float = 0.0
    count: int = 0

    def add(self, seconds: float) -> None:
        """Count a duration."""
        self.sum += seconds
        self.count += 1
        for index, bound in enumerate(HTTP_BOUNDS):
            if seconds <= bound:
                self.counts[index] += 1

    def buckets(self) -> list[tuple[str, float]]:
        """Return cumulative buckets: upper bound and count."""
        bounded = zip(HTTP_BOUNDS, self.counts, strict=True)
        return [*((str(bound), float(count)) for bound, count in bounded), ("+Inf", self.count)]


class Traffic:
    """HTTP requests by route; the labels are the paths of the contract."""

    def __init__(self) -> None:
        self.durations: dict[str, Durations] = {}
        self.statuses: Counter[tuple[str, int]] = Counter()

    def add(self, path: str, status: int, seconds: float | None = None) -> None:
        """Count a request, and the duration of its answer unless it is a stream."""
        if seconds is not None:
            self.durations.setdefault(path, Durations()).add(seconds)
        self.statuses[path, status] += 1


@dataclass(frozen=True)
class Scrape:
    """The input of one scrape.

    Attributes:
        statistics: Of each shard that answered.
        up: Of every shard, whether it answered.
        restarts: Of every shard, as the gateway counted them.
        failures: Of every shard, queries that it did not answer, by reason.
        broadcaster: Statistics of the live stream.
        gateway: Further metrics of the gateway: name to (value, help).
        cache_outcomes: Requests to the response caches, by outcome.
        background: Failures of the gateway's background tasks, by task.
        kernel: ``native`` or ``python``.
        host: The newest sample of the machine.
        alerting: The state of alerting.
        chain: The state of the chain process; None if the chain is not followed.
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
    totals: CounterTotals[str]
    version: str
    kernel: str
    host: HostSample | None = None
    alerting: AlertingFigures | None = None
    chain: ChainFigures | None = None


def text(scrape: Scrape) -> bytes:
    """Return the page of one scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(scrape))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, scrape: Scrape) -> None:
        self._scrape = scrape

    def describe(self) -> Iterable[Metric]:
        # Without this, registration would collect all metrics for their names.
        return ()

    def collect(self) -> Iterator[Metric]:
        scrape = self._scrape
        yield from _jamtart(scrape)
        yield from _shard_metrics(scrape)
        yield from _gateway_metrics(scrape)
        yield from host_metrics(scrape.host)
        yield from alert_metrics(scrape.alerting)
        yield from chain_metrics(scrape.chain)


def _jamtart(scrape: Scrape) -> Iterator[Metric]:
    totals = scrape.totals.totals
    for shard, statistics in scrape.statistics.items():
        scrape.totals.update(shard, str(statistics["pid"]), _jamtart_counts(statistics))
    connections = totals["connections_total"]
    yield CounterMetricFamily("telemetry_connections", "Connections accepted.", value=connections)
    for name, source, documentation in _JAMTART_COUNTERS:
        yield _untyped(name, documentation, totals[source])
    yield _untyped(
        "telemetry_broadcaster_total_broadcast",
        "Live events received for subscribers, each counted once.",
        scrape.broadcaster["total_events_broadcast"],
    )
    for name, source, documentation in _JAMTART_GAUGES:
        value = sum(each[source] for each in scrape.statistics.values())
        yield GaugeMetricFamily(name, documentation, value=value)
    yield GaugeMetricFamily(
        "telemetry_broadcaster_subscribers",
        "Clients that receive live events.",
        value=scrape.broadcaster["active_subscribers"],
    )
    yield _write_duration(scrape)


def _write_duration(scrape: Scrape) -> Metric:
    """Return the duration of commits in milliseconds, as jamtart's alert rules expect it.

    Those rules also apply ``histogram_quantile`` to the bare name, so its buckets exist under that
    name, too.
    """
    name = "telemetry_batch_write_duration"
    writes = merge.histogram(each["write_seconds"] for each in scrape.statistics.values())
    family = HistogramMetricFamily(
        name, "Milliseconds of a commit; tart_write_seconds has seconds."
    )
    counts = [(str(bound * 1000), float(count)) for bound, count in writes["buckets"]]
    buckets = [*counts, ("+Inf", float(writes["count"]))]
    family.add_metric([], buckets, writes["sum"] * 1000)
    for bound, count in buckets:
        family.add_sample(name, {"le": bound}, count)
    return family


def _jamtart_counts(statistics: Json) -> dict[str, int]:
    """Return a shard's counts, those by reason added up."""
    return {
        "connections_total": statistics["connections_total"],
        "events_received": statistics["events_received"],
        "rejected": sum(statistics["connections_rejected"].values()),
        "shed": sum(statistics["events_shed"].values()),
        "shed_by_rate": statistics["events_shed"].get("rate", 0),
    }


def _untyped(name: str, documentation: str, value: float) -> Metric:
    """Return a counter under exactly this name, without the suffix ``_total``."""
    family = Metric(name, documentation, "unknown")
    family.add_sample(name, {}, value)
    return family


def _shard_states(scrape: Scrape) -> Iterator[Metric]:
    up = GaugeMetricFamily("tart_shard_up", "1 if the shard answered the scrape.", labels=["shard"])
    restarts = CounterMetricFamily(
        "tart_shard_restarts",
        "Times that the shard came back as another process.",
        labels=["shard"],
    )
    failures = CounterMetricFamily(
        "tart_shard_unanswered", "Queries that a shard did not answer.", labels=["shard", "reason"]
    )
    for shard, answered in scrape.up.items():
        up.add_metric([str(shard)], float(answered))
        restarts.add_metric([str(shard)], scrape.restarts[shard])
        for reason, count in scrape.failures[shard].items():
            failures.add_metric([str(shard), reason], count)
    yield from (up, restarts, failures)


def _shard_metrics(scrape: Scrape) -> Iterator[Metric]:
    yield from _shard_states(scrape)
    yield from _shard_counters(scrape)
    yield from _shard_gauges(scrape)
    for name, source, documentation in _HISTOGRAMS:
        histogram = HistogramMetricFamily(f"tart_{name}", documentation, labels=["shard"])
        for shard, values in scrape.statistics.items():
            histogram.add_metric([str(shard)], *_histogram(values[source]))
        yield histogram


def _shard_counters(scrape: Scrape) -> Iterator[Metric]:
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


def _shard_gauges(scrape: Scrape) -> Iterator[Metric]:
    for name, source, documentation in _GAUGES:
        gauge = GaugeMetricFamily(f"tart_{name}", documentation, labels=["shard"])
        for shard, values in scrape.statistics.items():
            gauge.add_metric([str(shard)], float(values[source]))
        yield gauge
    yield _queries_waiting(scrape)
    yield _ingest_paused(scrape)
    for name, source, documentation in _LISTS:
        gauge = GaugeMetricFamily(f"tart_{name}", documentation, labels=["shard"])
        for shard, values in scrape.statistics.items():
            gauge.add_metric([str(shard)], len(values[source]))
        yield gauge


def _queries_waiting(scrape: Scrape) -> Metric:
    gauge = GaugeMetricFamily(
        "tart_queries_waiting",
        "Queries waiting for a query thread: cheap ones run before scans of the event log, "
        "slow ones and pages of new events have threads of their own.",
        labels=["shard", "rank"],
    )
    for shard, values in scrape.statistics.items():
        for rank in _RANKS:
            gauge.add_metric([str(shard), rank], values["queries_waiting"].get(rank, 0))
    return gauge


def _ingest_paused(scrape: Scrape) -> Metric:
    gauge = GaugeMetricFamily(
        "tart_ingest_paused_reason",
        "1 while ingestion is paused for this reason.",
        labels=["shard", "reason"],
    )
    for shard, values in scrape.statistics.items():
        for reason in _PAUSE_REASONS:
            gauge.add_metric([str(shard), reason], float(values["paused_for"] == reason))
    return gauge


def _histogram(value: Json) -> tuple[list[tuple[str, float]], float]:
    buckets = [(str(float(bound)), float(count)) for bound, count in value["buckets"]]
    return [*buckets, ("+Inf", float(value["count"]))], value["sum"]


def _gateway_metrics(scrape: Scrape) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "tart_build",
        "Version of tart, and the kernel that decodes events: native or python.",
        value={"version": scrape.version, "kernel": scrape.kernel},
    )
    durations = HistogramMetricFamily(
        "tart_http_request_duration_seconds",
        "Seconds until the answer was complete.",
        labels=["route"],
    )
    for path, seconds in scrape.traffic.durations.items():
        durations.add_metric([path], seconds.buckets(), seconds.sum)
    requests = CounterMetricFamily(
        "tart_http_requests", "HTTP requests.", labels=["route", "status"]
    )
    for (path, status), count in scrape.traffic.statuses.items():
        requests.add_metric([path, str(status)], count)
    cache = CounterMetricFamily(
        "tart_response_cache_requests",
        "Requests to the response caches: served from a fresh entry (hit) or a stale one, or "
        "computed (miss).",
        labels=["outcome"],
    )
    for outcome in ("hit", "stale", "miss"):
        cache.add_metric([outcome], scrape.cache_outcomes.get(outcome, 0))
    background = CounterMetricFamily(
        "tart_gateway_background_failures",
        "Failed runs of the gateway's background tasks.",
        labels=["task"],
    )
    for task, count in scrape.background.items():
        background.add_metric([task], count)
    yield from (durations, requests, cache, background)
    for name, (value, documentation) in scrape.gateway.items():
        kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        yield kind(name.removesuffix("_total"), documentation, value=value)
