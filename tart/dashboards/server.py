"""The dashboard of tart's own health, from ``/metrics``."""

from __future__ import annotations

from tart.dashboards.model import RED, YELLOW, Dashboard, Panel, Query, Row, Variable

_OF = '{instance=~"$instance"}'
_RATE = "[$__rate_interval]"


def _rate(metric: str, by: str, legend: str = "") -> tuple[Query, ...]:
    """Return the rate of a counter by labels."""
    expression = f"sum by ({by}) (rate({metric}{_OF}{_RATE}))"
    return (
        Query(expression, legend or " ".join(f"{{{{{each.strip()}}}}}" for each in by.split(","))),
    )


def _increase(metric: str, by: str) -> tuple[Query, ...]:
    """Return how much a counter has grown in the interval, by labels."""
    expression = f"sum by ({by}) (increase({metric}{_OF}{_RATE}))"
    return (Query(expression, " ".join(f"{{{{{each.strip()}}}}}" for each in by.split(","))),)


def _quantiles(metric: str, by: str, legend: str, *shares: float) -> tuple[Query, ...]:
    """Return quantiles of a histogram by labels."""
    return tuple(
        Query(
            f"histogram_quantile({share}, sum by ({by}, le) (rate({metric}_bucket{_OF}{_RATE})))",
            f"p{share * 100:.0f} {legend}",
        )
        for share in shares
    )


def _value(metric: str, legend: str = "shard {{shard}}") -> tuple[Query, ...]:
    return (Query(f"{metric}{_OF}", legend),)


_OVERVIEW = Row(
    "Overview",
    (
        Panel(
            "Shards that answer",
            "Share of the shards that answered the newest scrape. Below 100 %, answers are "
            "partial: the server log has the reason.",
            (Query(f"avg(tart_shard_up{_OF})"),),
            "stat",
            "percentunit",
            4,
            thresholds=((0.0, RED), (1.0, "green")),
        ),
        Panel(
            "Connected nodes",
            "Open connections of nodes. A node may have more than one for a moment.",
            (Query(f"sum(telemetry_active_connections{_OF})"),),
            "stat",
            "short",
            4,
        ),
        Panel(
            "Events per second",
            "Events read from nodes. A node at full load sends about 860 a second, an idle one 5.",
            (Query(f"sum(rate(telemetry_events_received{_OF}{_RATE}))"),),
            "stat",
            "short",
            4,
        ),
        Panel(
            "Commit latency (p99)",
            "Seconds from receipt to commit, of the oldest event of a batch. Above a second the "
            "disk or the CPU does not keep up.",
            (
                Query(
                    "histogram_quantile(0.99, sum by (le) (rate(tart_commit_seconds_bucket"
                    f"{_OF}{_RATE})))"
                ),
            ),
            "stat",
            "s",
            4,
            thresholds=((0.5, YELLOW), (1.0, RED)),
        ),
        Panel(
            "Free disk",
            "Free bytes on the fullest disk with shards' files. Ingestion pauses below "
            "storage.disk_reserve_bytes.",
            (Query(f"min(tart_disk_free_bytes{_OF})"),),
            "stat",
            "bytes",
            4,
            thresholds=((0.0, RED), (5e9, YELLOW), (2e10, "green")),
        ),
        Panel(
            "Ingestion paused",
            "Shards that read nothing from nodes now, by reason. TCP passes the pressure on, so "
            "nodes buffer.",
            (Query(f"sum by (reason) (tart_ingest_paused_reason{_OF})", "{{reason}}"),),
            "stat",
            "short",
            4,
            thresholds=((1.0, RED),),
            quiet=True,
        ),
    ),
)
_INGEST = Row(
    "Ingestion",
    (
        Panel(
            "Events received",
            "Events per second by shard. The kernel spreads connections over shards.",
            _rate("tart_events_received_total", "shard", "shard {{shard}}"),
            stacked=True,
        ),
        Panel(
            "Bytes received",
            "Bytes per second that were read from nodes.",
            _rate("tart_received_bytes_total", "shard", "shard {{shard}}"),
            unit="Bps",
            stacked=True,
        ),
        Panel(
            "Commit latency",
            "Seconds from receipt to commit, of the oldest event of each batch.",
            _quantiles("tart_commit_seconds", "shard", "shard {{shard}}", 0.5, 0.99),
            unit="s",
        ),
        Panel(
            "Waiting for the writer",
            "Bytes received and not yet committed. At storage.pending_bytes reading pauses.",
            _value("tart_pending_bytes"),
            unit="bytes",
            quiet=True,
        ),
        Panel(
            "Connections",
            "Open connections of nodes by shard.",
            _value("tart_open_connections"),
            stacked=True,
        ),
        Panel(
            "Connections closed",
            'Accepted connections that were closed, by reason; "node" is the normal one.',
            _increase("tart_connections_closed_total", "reason"),
        ),
        Panel(
            "Pauses of ingestion",
            "rate: one node above its limit. buffer, disk, memory: no node is read.",
            _increase("tart_ingest_pauses_total", "reason"),
            quiet=True,
        ),
        Panel(
            "Connections rejected",
            "Connections closed when they were opened, by the limit that they exceeded.",
            _increase("tart_connections_rejected_total", "reason"),
            quiet=True,
        ),
        Panel(
            "Events shed",
            "Events dropped because telemetry.shed is set; without it nodes are throttled.",
            _increase("tart_events_shed_total", "reason"),
            quiet=True,
        ),
        Panel(
            "Dropped by nodes",
            "Events that nodes report to have dropped themselves, before they were sent.",
            _increase("tart_dropped_by_nodes_total", "instance"),
            quiet=True,
        ),
        Panel(
            "Undecodable events",
            "Frames that could not be decoded, by rule. They are stored byte for byte.",
            _increase("tart_undecodable_events_total", "rule"),
            quiet=True,
        ),
        Panel(
            "Deviations and protocol errors",
            "Events that were decoded although they deviate from JIP-3, and connections that were "
            "closed because of their bytes.",
            (
                *_increase("tart_deviations_total", "rule"),
                *_increase("tart_protocol_errors_total", "rule"),
            ),
            quiet=True,
        ),
    ),
)
_STORAGE = Row(
    "Storage",
    (
        Panel(
            "Disk used",
            "Bytes of the shards' files. They grow until retention deletes whole segments.",
            _value("tart_disk_used_bytes"),
            unit="bytes",
            stacked=True,
        ),
        Panel(
            "Write time (p99)",
            "Seconds of a commit to the event log.",
            _quantiles("tart_write_seconds", "shard", "shard {{shard}}", 0.99),
            unit="s",
        ),
        Panel(
            "Segments",
            "Files of the event log by shard.",
            _value("tart_files"),
        ),
        Panel(
            "Time in checkpoints",
            "Seconds per second that a shard spends in checkpoints, on a thread of its own.",
            _rate("tart_checkpoint_seconds_total", "shard", "shard {{shard}}"),
            unit="percentunit",
            quiet=True,
        ),
        Panel(
            "Damaged files",
            "Files in quarantine, unreadable in part, or deleted while in use; "
            "/api/health/detailed names them.",
            (
                *_value("tart_quarantined_files", "quarantined, shard {{shard}}"),
                *_value("tart_damaged_files", "damaged, shard {{shard}}"),
                *_value("tart_vanished_files", "vanished, shard {{shard}}"),
            ),
            thresholds=((1.0, RED),),
            quiet=True,
        ),
        Panel(
            "Derived work that failed",
            "Events that a stage of derived work lost, and failed background tasks. The events are "
            "stored; the server log has the reasons.",
            (
                *_increase("tart_derived_events_lost_total", "stage"),
                *_increase("tart_background_failures_total", "task"),
                *_increase("tart_gateway_background_failures_total", "task"),
            ),
            thresholds=((1.0, RED),),
            quiet=True,
        ),
    ),
)
_QUERIES = Row(
    "API",
    (
        Panel(
            "Requests",
            "HTTP requests per second by route.",
            _rate("tart_http_requests_total", "route"),
            unit="reqps",
        ),
        Panel(
            "Request time (p99)",
            "Seconds until the answer was complete, by route; streams are left out.",
            _quantiles("tart_http_request_duration_seconds", "route", "{{route}}", 0.99),
            unit="s",
        ),
        Panel(
            "Errors",
            "Answers with a status of 400 or more, by status. 5xx: shards are missing or slow.",
            (
                Query(
                    "sum by (status) (increase(tart_http_requests_total"
                    f'{{instance=~"$instance", status=~"[45].."}}{_RATE}))',
                    "{{status}}",
                ),
            ),
            quiet=True,
        ),
        Panel(
            "Response cache",
            "Requests per second to the response caches: hit, stale (served while computed again), "
            "miss.",
            _rate("tart_response_cache_requests_total", "outcome"),
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "Queries to shards",
            "Queries per second that shards received, by query.",
            _rate("tart_queries_total", "query"),
            unit="reqps",
        ),
        Panel(
            "Queries that run or wait",
            "Queries on the query threads of the shards, and those that wait for one.",
            (
                Query(f"sum by (instance) (tart_queries_running{_OF})", "running"),
                Query(f"sum by (rank) (tart_queries_waiting{_OF})", "waiting, {{rank}}"),
            ),
            quiet=True,
        ),
        Panel(
            "Queries that failed",
            "failed: a fault of tart, see the server log. rejected: too many waited. abandoned: "
            "their client left. unanswered: a shard was missing or too slow.",
            (
                Query(
                    f"sum(increase(tart_query_failures_total{_OF}{_RATE}))",
                    "failed",
                ),
                Query(f"sum(increase(tart_queries_rejected_total{_OF}{_RATE}))", "rejected"),
                Query(f"sum(increase(tart_queries_abandoned_total{_OF}{_RATE}))", "abandoned"),
                Query(f"sum(increase(tart_shard_unanswered_total{_OF}{_RATE}))", "unanswered"),
            ),
            quiet=True,
        ),
        Panel(
            "Requests denied",
            "Requests without a key, with a role that does not suffice, or too many.",
            _increase("tart_requests_denied_total", "instance"),
            quiet=True,
        ),
    ),
)
_LIVE = Row(
    "Live events",
    (
        Panel(
            "Subscribers",
            "Clients of WebSockets and event streams.",
            (Query(f"sum by (instance) (tart_websocket_clients{_OF})", "{{instance}}"),),
            width=8,
            quiet=True,
        ),
        Panel(
            "Live events sent",
            "Live events per second from the shards to the gateway.",
            _rate("tart_events_published_total", "shard", "shard {{shard}}"),
            width=8,
            quiet=True,
        ),
        Panel(
            "Live events missed",
            "missed: shed by shards because the gateway did not keep up. lagged: dropped from the "
            "queue of a slow client, which was told so.",
            (
                Query(f"sum(increase(tart_events_missed_total{_OF}{_RATE}))", "missed"),
                Query(
                    f"sum(increase(tart_websocket_lagged_events_total{_OF}{_RATE}))",
                    "lagged",
                ),
            ),
            width=8,
            quiet=True,
        ),
    ),
)
_PROCESSES = Row(
    "Processes",
    (
        Panel(
            "CPU of the shards",
            "CPUs in use by shard. A shard uses little more than one; add shards above that.",
            _rate("tart_cpu_seconds_total", "shard", "shard {{shard}}"),
            unit="percentunit",
        ),
        Panel(
            "Memory",
            "Resident memory of each process.",
            (
                *_value("tart_resident_memory_bytes"),
                *_value("tart_gateway_resident_memory_bytes", "gateway"),
            ),
            unit="bytes",
            stacked=True,
        ),
        Panel(
            "Event-loop lag",
            "Seconds by which a shard's event loop is late. Above a second it needs more CPU.",
            _value("tart_loop_lag_seconds"),
            unit="s",
            thresholds=((1.0, RED),),
            quiet=True,
        ),
        Panel(
            "Restarts",
            "Times that a shard came back as another process.",
            _increase("tart_shard_restarts_total", "shard"),
            thresholds=((1.0, RED),),
            quiet=True,
        ),
        Panel(
            "Version",
            "The version that each instance runs.",
            (Query(f"max by (instance, version) (tart_build_info{_OF})", "running"),),
            "table",
        ),
        Panel(
            "Uptime",
            "Seconds since each process started.",
            (
                *_value("tart_uptime_seconds"),
                *_value("tart_gateway_uptime_seconds", "gateway"),
            ),
            unit="s",
        ),
    ),
)
SERVER = Dashboard(
    "tart-server",
    "tart: server",
    "Health of tart itself: ingestion, storage, API, processes.",
    (Variable("instance", "Instance", "label_values(tart_shard_up, instance)"),),
    (_OVERVIEW, _INGEST, _STORAGE, _QUERIES, _LIVE, _PROCESSES),
)
