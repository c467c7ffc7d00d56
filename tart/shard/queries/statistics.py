"""Statistics of one shard's process, for metrics and health."""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb

from tart import logs
from tart.native.library import kernel_name
from tart.process_memory import process_memory
from tart.query.shard_queries.nodes import Statistics
from tart.rlimits import count_descriptors
from tart.shard.ingest.listener import Listener
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.pipeline import Ingest
from tart.storage.log.query_threads import PAGE_THREADS, SLOW_THREADS, THREADS
from tart.storage.store import Store


@dataclass
class QueryCounts:
    """Counts of queries.

    Attributes:
        received: By name.
        failures: Queries that failed.
        loop_lag: Seconds by which the event loop lags.
        shared: Returns the number of queries that took the answer of another.
    """

    received: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    loop_lag: float = 0.0
    shared: Callable[[], int] = lambda: 0


class ProcessStatistics:
    """Answers the query ``statistics`` for one shard."""

    def __init__(
        self,
        store: Store,
        ingest: Ingest,
        listener: Listener,
        streams: Streams,
        counts: QueryCounts,
    ) -> None:
        self._store = store
        self._ingest = ingest
        self._listener = listener
        self._streams = streams
        self._counts = counts
        self._started = time.monotonic()

    def statistics(self, query: Statistics) -> dict[str, Any]:
        """Return the statistics by name; labelled ones are objects by label."""
        ingest, writer = self._ingest.statistics, self._store.writer.statistics
        checkpoints = self._store.writer.checkpoints.statistics
        pending_events, pending_bytes = self._ingest.pending
        files, size, free = self._store.disk_usage()
        reader = self._store.query_threads
        descriptors, descriptor_limit = count_descriptors()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "pid": os.getpid(),
            "duckdb": duckdb.__version__,
            "kernel": kernel_name(),
            "uptime_seconds": time.monotonic() - self._started,
            "rss_bytes": process_memory().resident,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "open_descriptors": descriptors,
            "descriptor_limit": descriptor_limit,
            "log_lines_suppressed": logs.suppressed_lines(),
            "connections": self._listener.connections,
            "connections_total": self._listener.total,
            "connections_rejected": dict(self._listener.rejected),
            "connections_closed": dict(self._listener.closed),
            "partial_frame_bytes": self._listener.unfinished,
            "events_received": ingest.events,
            "bytes_received": ingest.bytes,
            "undecodable": dict(ingest.undecodable),
            "deviations": dict(ingest.deviations),
            "protocol_errors": dict(ingest.protocol_errors),
            "dropped_by_nodes": ingest.dropped_by_nodes,
            "pending_events": pending_events,
            "pending_bytes": pending_bytes,
            "ingest_paused": not self._ingest.backpressure.reading_allowed,
            "paused_for": self._ingest.backpressure.reason or "",
            "ingest_pauses": dict(self._listener.pauses),
            "events_shed": dict(ingest.shed),
            "sampling": self._ingest.sampling.active,
            "sampling_episodes": self._ingest.sampling.episodes,
            "events_sampled_out": self._ingest.sampling.left_out,
            "batches_committed": writer.batches,
            "events_committed": writer.events,
            "commit_seconds": writer.commit_seconds.as_json(),
            "write_seconds": writer.write_seconds.as_json(),
            "checkpoints": checkpoints.done,
            "checkpoint_seconds": checkpoints.seconds,
            "checkpoint_failures": checkpoints.failures,
            "files": files,
            "bytes_on_disk": size,
            "disk_free_bytes": free,
            "files_deleted": self._store.maintenance.statistics.files,
            "quarantined": self._store.quarantined_files(),
            "damaged": self._store.damaged_files(),
            "vanished": self._store.vanished_files(),
            "frames_missing": self._store.missing_frames(),
            "subscriptions": self._streams.subscriptions,
            "events_published": self._streams.published,
            "events_missed": self._streams.missed,
            **self._ingest.aggregator.statistics(),
            "background_failures": dict(self._store.background.failures),
            "background_failing": self._store.background.recent(),
            "queries": dict(self._counts.received),
            "query_failures": self._counts.failures,
            "commit_timeouts": ingest.commit_timeouts,
            "duckdb_bytes": checkpoints.duckdb_bytes,
            "tail_cache_bytes": self._store.writer.tail.size,
            "stored_rows_bytes": self._store.stored_rows.nbytes,
            "stored_rows_hits": self._store.stored_rows.hits,
            "stored_rows_reads": self._store.stored_rows.reads,
            "queries_shared": self._counts.shared(),
            "aggregate_statements": self._store.statements.statements,
            "aggregate_statement_seconds": self._store.statements.seconds,
            "loop_lag_seconds": self._counts.loop_lag,
            "readers": THREADS + SLOW_THREADS + PAGE_THREADS,
            "queries_running": reader.running,
            "queries_low_priority": reader.low_priority,
            "queries_waiting": dict(reader.waiting),
            "queries_rejected": reader.refused,
            "queries_abandoned": dict(reader.cancelled),
        }
