"""Answers for those who run the server: its processes, its disk, its requests, its log. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    Counters,
    Fraction,
    Number,
    Scattered,
    Time,
)


class MillisecondPercentiles(TypedDict):
    """Percentiles of durations in milliseconds, interpolated in the bins of a histogram."""

    p50: Amount
    p99: Amount
    count: Count


class Descriptors(TypedDict):
    """File descriptors of a process."""

    open: Count
    limit: Count


class ShardFigures(TypedDict):
    """Figures of a shard's process; counts begin when it starts."""

    uptime_seconds: Number
    connections: Count
    connections_total: Count
    connections_rejected: Counters
    events_received: Count
    events_per_second: Annotated[Amount, Meta(description="Mean of the last ten seconds.")]
    commit_ms: Annotated[
        MillisecondPercentiles,
        Meta(description="From receipt to commit, of the oldest event of a batch."),
    ]
    write_ms: Annotated[MillisecondPercentiles, Meta(description="A commit itself.")]
    pending_events: Annotated[Count, Meta(description="Received and not yet committed.")]
    pending_bytes: Count
    is_paused: Annotated[bool, Meta(description="Whether it reads no telemetry at present.")]
    paused_for: Annotated[
        str, Meta(description="buffer, disk or memory; empty while it reads telemetry.")
    ]
    pauses: Annotated[
        Counters,
        Meta(description="By reason: of one connection (rate), or of all (buffer, disk, memory)."),
    ]
    loop_lag_seconds: Number
    files: Count
    bytes_on_disk: Count
    rows: Annotated[
        Count | None,
        Meta(description="Rows of the event log on disk; null if they could not be counted."),
    ]
    resident_bytes: Count
    cpu_seconds: Number
    descriptors: Descriptors
    queries_running: Count
    queries_waiting: Count
    queries_rejected: Count
    query_failures: Count
    derived_failures: Annotated[
        Counters,
        Meta(description="Failures of work derived from events, by stage; the events are stored."),
    ]
    derived_events_lost: Annotated[
        Counters, Meta(description="Events that a failed stage did not process.")
    ]
    background_failures: Annotated[Counters, Meta(description="Of background tasks, by task.")]
    checkpoint_failures: Count
    damaged_files: Annotated[
        Count, Meta(description="Quarantined, damaged in part, or deleted while in use.")
    ]


class ServerShard(TypedDict):
    """A shard: a process that stores events."""

    shard: Count
    state: Annotated[
        Literal["up", "starting", "down"],
        Meta(description="starting: it replays what a crash left behind; down: no answer."),
    ]
    message: Annotated[str | None, Meta(description="The progress of the start.")]
    restarts: Annotated[Count, Meta(description="Times that it came back as another process.")]
    unanswered: Annotated[Counters, Meta(description="Queries not answered, by reason.")]
    figures: Annotated[ShardFigures | None, Meta(description="Null if it does not answer.")]


class TraceExport(TypedDict):
    """The export of traces since the gateway started."""

    exported: Annotated[Count, Meta(description="Traces that the receiver took.")]
    exported_spans: Count
    rejected_spans: Annotated[
        Count, Meta(description="Spans of these that the receiver refused; it said how many.")
    ]
    refused: Annotated[Count, Meta(description="Traces whose request the receiver refused.")]
    dropped: Annotated[
        Count, Meta(description="Traces that were dropped because too many were waiting.")
    ]
    unbuilt: Annotated[Count, Meta(description="Traces that could not be made.")]
    failures: Annotated[Count, Meta(description="Requests without success.")]
    waiting: Annotated[Count, Meta(description="Traces that are still to be made.")]
    queued: Annotated[Count, Meta(description="Traces that are still to be sent.")]
    queued_bytes: Count
    last_error: Annotated[
        str | None, Meta(description="Of the last request; null if it was successful.")
    ]


class ServerGateway(TypedDict):
    """The process that answers requests."""

    uptime_seconds: Number
    restarted: Annotated[bool, Meta(description="Whether it replaces one that ended.")]
    resident_bytes: Count
    descriptors: Descriptors
    subscribers: Annotated[Count, Meta(description="Clients of WebSockets and event streams.")]
    queued_events: Annotated[Count, Meta(description="Live events in their queues.")]
    missed_events: Annotated[Count, Meta(description="Live events that slow clients missed.")]
    background_failures: Annotated[Counters, Meta(description="Of background tasks, by task.")]
    nodes_known: Count
    traces: Annotated[
        TraceExport | None, Meta(description="Null unless traces are exported (traces.url).")
    ]


class ServerRoute(TypedDict):
    """Requests to one route since the gateway started."""

    route: str
    requests: Count
    refused: Annotated[Count, Meta(description="With a status from 400 to 499.")]
    failed: Annotated[Count, Meta(description="With a status from 500 on.")]
    seconds_total: Number
    duration_ms: Annotated[
        MillisecondPercentiles,
        Meta(description="Until the answer was complete; streams are not measured."),
    ]


class DiskForecast(TypedDict):
    """An estimate of how long events are kept, from the mean rate since the shards started."""

    bytes_per_event: Amount
    bytes_per_day: Annotated[Amount, Meta(description="Null while there is not enough data.")]
    reason: Annotated[
        str | None, Meta(description="Why there is no estimate; null if there is one.")
    ]
    limit_bytes: Annotated[
        Count,
        Meta(
            description="Most bytes for files of events: storage.retain_disk_share of the disk, or "
            "what the disk has left above storage.disk_reserve_bytes, if that is less."
        ),
    ]
    needed_bytes: Annotated[
        Amount, Meta(description="Bytes of the events of storage.retain_hours at this rate.")
    ]
    full_in_days: Annotated[
        Amount,
        Meta(description="Days until the limit is reached; null if that is never, or not known."),
    ]
    retention_hours: Annotated[
        Amount,
        Meta(
            description="Hours for which events are kept in the long run: storage.retain_hours, or "
            "fewer if the limit is reached first."
        ),
    ]


class ServerDisk(TypedDict):
    """The disk with the data directory."""

    path: Annotated[str | None, Meta(description="Null unless the caller is an admin.")]
    total_bytes: Count
    free_bytes: Count
    used_bytes: Annotated[Count, Meta(description="By the files of the shards that answered.")]
    reserve_bytes: Annotated[Count, Meta(description="With less free, no telemetry is read.")]
    forecast: DiskForecast


class HostUsage(TypedDict):
    """The use of the machine; null for what its kernel does not tell, and before two samples."""

    cpu_share: Annotated[Fraction, Meta(description="Busy share of all processors.")]
    cpu_wait_share: Annotated[Fraction, Meta(description="Share that waited for disks.")]
    cpu_steal_share: Annotated[
        Fraction, Meta(description="Share that other virtual machines were given instead.")
    ]
    load_1m: Annotated[
        Number, Meta(description="Mean number of running and waiting tasks in the last minute.")
    ]
    load_5m: Number
    load_15m: Number
    memory_used_bytes: Annotated[Count, Meta(description="What is not available.")]
    swap_used_bytes: Count
    disk_read_bytes_per_second: Annotated[Amount, Meta(description="From all disks.")]
    disk_written_bytes_per_second: Amount
    network_received_bytes_per_second: Annotated[
        Amount, Meta(description="By all devices but the loopback device.")
    ]
    network_sent_bytes_per_second: Amount
    descriptors_open: Annotated[Count | None, Meta(description="Open files of the machine.")]
    descriptors_limit: Count | None
    memory_budget_bytes: Annotated[
        Count | None,
        Meta(
            description="The most memory that the service may use: systemd's MemoryMax or "
            "MemoryHigh, or the container's limit; null without one."
        ),
    ]
    memory_budget_used_bytes: Annotated[
        Count | None, Meta(description="Without file pages that can be dropped at once.")
    ]


class ProcessUsage(TypedDict):
    """A process of the server."""

    name: Annotated[str, Meta(description="supervisor, gateway, shard 0 …, or sandbox.")]
    pid: Count
    cpu_cores: Annotated[
        Amount, Meta(description="Processors kept busy: 1 is one; null before two samples.")
    ]
    cpu_seconds: Annotated[Number, Meta(description="User and system time since it started.")]
    resident_bytes: Count
    threads: Count
    descriptors_open: Count | None
    descriptors_limit: Count | None


class ServerHost(TypedDict):
    """The machine."""

    name: Annotated[str | None, Meta(description="Null unless the caller is an admin.")]
    cpus: Count
    memory_total_bytes: Count
    memory_available_bytes: Count
    usage: Annotated[
        HostUsage | None, Meta(description="Of the last ten seconds; null before the first sample.")
    ]
    processes: Annotated[list[ProcessUsage], Meta(description="Of the last ten seconds.")]


class ServerHistory(TypedDict):
    """The use of the machine over time, since this gateway started, for at most a day."""

    step_seconds: Number
    times: Annotated[list[Time], Meta(description="Ends of the steps.")]
    host: Annotated[
        dict[str, list[float | None]],
        Meta(description="By member of HostUsage, a value for each time."),
    ]
    processes: Annotated[
        dict[str, dict[str, list[float | None]]],
        Meta(
            description="By process, its series cpu_cores, resident_bytes and descriptors_open; "
            "null while it did not run."
        ),
    ]


class ServerSetting(TypedDict):
    """A setting in force."""

    name: str
    value: Annotated[
        Any,
        Meta(
            description="Null for addresses, paths and lists of access unless the caller is an "
            "admin."
        ),
    ]
    is_default: bool
    description: str


class ServerEndpoint(TypedDict):
    """A node whose RPC the chain process reads."""

    url: Annotated[
        str | None,
        Meta(description="Without user, password and path; null for callers who are not admins."),
    ]
    connected: bool
    since: Annotated[Time | None, Meta(description="When it was connected or lost.")]
    best_slot: Annotated[Count | None, Meta(description="Of the best block that it named last.")]
    finalized_slot: Count | None
    error: Annotated[
        str | None, Meta(description="The last error; null for callers who are not admins.")
    ]
    requests: Count
    failures: Annotated[
        Count, Meta(description="Requests refused, or not answered in time or readably.")
    ]
    reconnects: Count


class ChainProcessFigures(TypedDict):
    """Figures of the chain process."""

    endpoints: list[ServerEndpoint]
    best_slot: Count | None
    finalized_slot: Count | None
    first_slot: Annotated[Count | None, Meta(description="Of the first stored block.")]
    blocks: Count
    forks: Count
    reorganisations: Count
    missing_statistics: Annotated[
        Count, Meta(description="Blocks whose statistics no endpoint had.")
    ]
    irregularities: Annotated[
        Counters, Meta(description="Counts since the process started, such as contradictions.")
    ]
    waiting_requests: Count
    waiting_writes: Annotated[Count, Meta(description="Transactions that wait for the disk.")]


class ServerChain(TypedDict):
    """The process that follows the chain by the RPC of nodes."""

    state: Literal["up", "down"]
    restarts: Count
    unanswered: Annotated[Counters, Meta(description="Queries that it did not answer, by reason.")]
    figures: Annotated[ChainProcessFigures | None, Meta(description="Null if it is down.")]


class ServerStatus(Scattered):
    """The server itself: processes, disk, requests, settings."""

    version: str
    python: str
    duckdb: Annotated[str | None, Meta(description="Null if no shard answered.")]
    timestamp: Time
    host: ServerHost
    gateway: ServerGateway
    shards_up: Count
    shard_list: list[ServerShard]
    chain: Annotated[
        ServerChain | None, Meta(description="Null if rpc.urls is empty: no chain is followed.")
    ]
    disk: ServerDisk
    requests: Annotated[
        list[ServerRoute], Meta(description="Those that took most time in sum first, at most 50.")
    ]
    settings: list[ServerSetting]


class LogLine(TypedDict):
    """A line of the server log, of level warning or above."""

    time: Time
    level: str
    process: str
    logger: str
    message: str


class ServerLog(Scattered):
    """The last lines of level warning and above of all processes, newest first."""

    lines: list[LogLine]
    since: Annotated[
        Time,
        Meta(
            description="When the gateway started: of processes that ended before, only what their "
            "successors inherited is known."
        ),
    ]
