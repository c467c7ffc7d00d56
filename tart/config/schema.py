"""The table of settings: each a field with its default, its choices and its description.

Pure. ``config.load`` resolves the settings. ``config.toml``, the ``TART_*`` variables, the command
line and the documentation derive from this table or are checked against it.

The table is plain dataclasses and not msgspec structs: the supervisor holds the settings before it
forks, and starts with as few modules as possible (see the import contract).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from tart.errors import SettingFault

MAX_SHARDS = 256


def _setting(default: Any, description: str, choices: tuple[str, ...] = ()) -> Any:
    """Return a field; ``choices`` are the accepted values if there are few."""
    metadata = {"description": description, "choices": choices}
    if isinstance(default, tuple):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class ServerConfig:
    """Settings at the top of the file."""

    data_dir: str = _setting(
        "shards",
        "Directory of all data. A relative path is relative to this file.",
    )
    run_dir: str = _setting(
        "",
        "Directory of the Unix sockets between processes; empty for 'run' inside data_dir. Set it "
        "if the path of data_dir is long: sockets need a path of at most 80 bytes.",
    )
    shards: int = _setting(
        0,
        "Worker processes that receive telemetry, each with its own files. 0 starts one per CPU; "
        "at most 256.",
    )


@dataclass(frozen=True)
class TelemetryConfig:
    """``[telemetry]``: the port that JAM nodes connect to, and the limits of each node."""

    bind: str = _setting(
        "0.0.0.0:9000",
        "Address and port to listen on. With port 0 the system chooses a free port; the "
        "'tart ready' line shows it.",
    )
    max_frame_bytes: int = _setting(
        1 << 20,
        "Maximum frame size in bytes. A longer frame closes its connection. The largest legal "
        "event (94, with 3,072 imports) has about 104 KB.",
    )
    partial_frame_bytes: int = _setting(
        64 << 20,
        "Memory of each shard for incomplete frames, in bytes. Above it the connection that "
        "buffers most is closed.",
    )
    max_connections: int = _setting(
        1100,
        "Maximum connections of each shard. Further ones are closed at once. The default lets all "
        "1,023 validators connect to one shard.",
    )
    max_connections_per_address: int = _setting(
        1100,
        "Maximum connections of each shard from one IP address. The default allows a whole test "
        "network behind one address; lower it on a public port.",
    )
    handshake_seconds: float = _setting(
        10.0,
        "Time for a new connection to send its node information, in seconds. After it the "
        "connection is closed.",
    )
    idle_seconds: float = _setting(
        300.0,
        "Time without any bytes after which a connection is closed, in seconds. Healthy nodes "
        "send a Status event every 2 s.",
    )
    keepalive_seconds: int = _setting(
        60,
        "Silence in seconds after which the kernel probes the connection: five times, every 10 s. "
        "Lower it to notice vanished hosts sooner.",
    )
    events_per_second: int = _setting(
        20_000,
        "Events per second accepted from one node; a fully loaded node sends about 860. Above it "
        "reading is throttled; no event is dropped unless shed is set.",
    )
    burst_events: int = _setting(
        100_000,
        "Events that a node may send at once above events_per_second, such as those that it "
        "buffered while tart restarted.",
    )
    shed: bool = _setting(
        False,
        "Whether events above events_per_second are dropped and counted. false throttles reading "
        "instead, and the node buffers or drops.",
    )
    allow: tuple[str, ...] = _setting(
        (),
        "Networks that may connect, in CIDR notation such as '10.0.0.0/8'. Empty allows all.",
    )
    deny: tuple[str, ...] = _setting(
        (), "Networks that may not connect, even if allow includes them."
    )
    peer_ids: tuple[str, ...] = _setting(
        (),
        "Peer ids of the nodes that may send, as 64 hex digits. Empty allows all. This is not "
        "authentication: JIP-3 does not prove a node's identity.",
    )


@dataclass(frozen=True)
class StorageConfig:
    """``[storage]``: how each shard stores events, and for how long."""

    flush_seconds: float = _setting(
        0.025,
        "Time in seconds that events wait for others before a commit, while 1,000 or more arrive "
        "in it. Raise it to save CPU under load; queries see events later, and a crash loses more.",
    )
    quiet_flush_seconds: float = _setting(
        0.4,
        "The longest such time in seconds, while few events arrive. Lower it to lose fewer of them "
        "in a crash, at the cost of CPU. At flush_seconds or below it has no effect.",
    )
    flush_rows: int = _setting(
        20_000, "Number of events with which a batch is committed before flush_seconds."
    )
    flush_bytes: int = _setting(
        8 << 20, "Size in bytes with which a batch is committed before flush_seconds."
    )
    pending_bytes: int = _setting(
        64 << 20,
        "Memory of each shard for batches that wait to be written, in bytes. While it is full, "
        "telemetry is not read; no event is dropped.",
    )
    checkpoint_seconds: float = _setting(
        10.0,
        "Interval of checkpoints, in seconds. A longer one takes more memory under load and means "
        "a longer start after a crash; a shorter one makes larger files.",
    )
    file_hours: int = _setting(
        24,
        "Hours of events in one file; a divisor of 24. Retention deletes whole files, so smaller "
        "files delete more exactly and cost more per query.",
    )
    retain_hours: int = _setting(
        24,
        "Hours after its last write for which a finished file is kept. Aggregates are kept "
        "longer, see [aggregates].",
    )
    retain_disk_share: float = _setting(
        0.5,
        "Share of the disk for the files of all shards, from 0 to 1. Above it the oldest files "
        "are deleted before retain_hours.",
    )
    disk_reserve_bytes: int = _setting(
        1 << 30,
        "Free disk space in bytes below which telemetry is not read: checkpoints need room. "
        "Reading resumes when 10 % more than this is free.",
    )
    memory_limit: str = _setting(
        "512MB",
        "Memory of DuckDB in each shard; its own default is 80 % of the machine. Raise it if "
        "health reports a shortage of memory.",
    )
    sample_after_seconds: float = _setting(
        0.0,
        "Time in seconds for which a shard may not keep up before its event log is sampled until "
        "it does; aggregates stay exact. 0 never samples: nodes wait instead.",
    )
    sample_one_in: int = _setting(
        10,
        "While the event log is sampled, one in this number of exchanges between validators is "
        "stored; blocks, statuses, connections and failures always are.",
    )
    sample_types: tuple[str, ...] = _setting(
        (),
        "Names or numbers of the event types that are sampled. Empty samples all exchanges: of "
        "tickets, guarantees, shards, assurances, bundles, segments, preimages.",
    )
    threads: int = _setting(
        1, "Threads of DuckDB in each shard. One suffices where there is a shard per CPU."
    )


@dataclass(frozen=True)
class AggregatesConfig:
    """``[aggregates]``: how long statistics are kept after their events are deleted."""

    flush_seconds: float = _setting(
        30.0,
        "Interval at which each shard writes its aggregates to aggregates.duckdb, in seconds. "
        "After a crash the events since the last write are counted again from the event log.",
    )
    counts_10s_hours: int = _setting(
        6,
        "Hours for which event counts by 10 seconds are kept (table counts). Older counts exist "
        "by minute and by hour.",
    )
    latency_hours: int = _setting(
        48,
        "Hours for which durations by minute are kept (table latency). Older durations exist by "
        "hour.",
    )
    row_retention_days: int = _setting(
        30,
        "Days for which all other tables are kept: event counts by minute, and the rows of "
        "sessions, blocks, work packages, failures and costs.",
    )
    hourly_days: int = _setting(
        365,
        "Days for which event counts and durations by hour are kept (tables counts_1h and "
        "latency_1h).",
    )


@dataclass(frozen=True)
class ApiConfig:
    """``[api]``: the HTTP and WebSocket server."""

    bind: str = _setting(
        "127.0.0.1:8080",
        "Address and port to listen on. Requests from other machines need an API key ('tart keys "
        "create') or auth = 'none'.",
    )
    auth: str = _setting(
        "keys",
        "'keys': requests need an API key as soon as one exists. 'none': no authentication.",
        choices=("keys", "none"),
    )
    tls_certificate: str = _setting(
        "",
        "PEM file with the certificate chain, read again on SIGHUP. Empty serves plain HTTP.",
    )
    tls_key: str = _setting(
        "", "PEM file with the private key. Empty if tls_certificate contains the key."
    )
    session_hours: float = _setting(
        12.0,
        "Time in hours after which a login of the web page ends and its user logs in again. Raise "
        "it for a display on a wall.",
    )
    requests_per_second: float = _setting(
        500.0,
        "Requests per second accepted with one key, or from one address without a key. Above it "
        "requests get status 429. A dashboard sends about 10.",
    )
    burst_requests: float = _setting(
        2000.0, "Requests that may be sent at once above requests_per_second."
    )
    request_seconds: float = _setting(
        15.0,
        "Time to receive a complete request, in seconds; after it the response is 408. The same "
        "limit applies to a TLS handshake.",
    )
    bytes: str = _setting(
        "hex",
        "Encoding of hashes and keys in JSON: 'hex' (\"0x…\"), or 'array' of integers for "
        "compatibility with jamtart.",
        choices=("hex", "array"),
    )
    int64: str = _setting(
        "number",
        "Form of 64-bit integers in JSON: 'number', or 'string' for decimal text, which JavaScript "
        "does not round beyond 2^53 - 1.",
        choices=("number", "string"),
    )
    csv_formulas: bool = _setting(
        False,
        "Whether CSV contains text unchanged. false puts a ' before text that a spreadsheet "
        "would execute as a formula.",
    )
    cors_origins: tuple[str, ...] = _setting(
        (),
        "Origins of web pages that may read the API; '*' allows all. Empty allows none.",
    )
    deadline_seconds: float = _setting(
        5.0,
        "Time for the shards to answer a query, in seconds. The response reports the shards that "
        "did not answer.",
    )
    sql_seconds: float = _setting(
        30.0,
        "Time limit of a SQL statement of /api/sql in seconds, from its admission to its result.",
    )
    cache_seconds: float = _setting(
        1.0,
        "Time for which a response over aggregates is served from the cache, in seconds; up to six "
        "times this while it is computed again. Raise it to save CPU where many dashboards ask.",
    )
    max_body_bytes: int = _setting(
        256 << 10, "Maximum size of a request body in bytes; a larger one gets status 413."
    )
    max_connections: int = _setting(
        2000,
        "Maximum open connections, including streams. When full, an idle connection is closed "
        "for a new one, or else the new one is refused.",
    )
    max_subscribers: int = _setting(
        1000, "Maximum open streams (WebSocket, server-sent events); further ones get status 503."
    )
    subscriber_queue: int = _setting(
        10_000,
        "Events that wait for one slow subscriber. Beyond it the oldest are dropped, and the "
        "subscriber is told how many.",
    )
    send_stall_seconds: float = _setting(
        10.0,
        "Time without progress in sending after which a client is disconnected, in seconds "
        "(WebSocket close code 1013).",
    )


@dataclass(frozen=True)
class AlertsConfig:
    """``[alerts]``: rules, and when they are evaluated."""

    file: str = _setting(
        "",
        "File of alert rules and channels, read again on SIGHUP. Empty reads 'alerts.toml' "
        "beside this file if it exists; the built-in rules need none.",
    )
    evaluation_seconds: float = _setting(
        30.0,
        "Interval of the evaluation of rules, in seconds. Lower it to hear of trouble sooner, at "
        "the cost of CPU.",
    )
    lag_seconds: float = _setting(
        5.0,
        "Time in seconds that events have to arrive and be counted before a rule is evaluated "
        "over them. Raise it where nodes send late.",
    )


@dataclass(frozen=True)
class RpcConfig:
    """``[rpc]``: the nodes whose RPC (JIP-2) shows the chain."""

    urls: tuple[str, ...] = _setting(
        (),
        "RPC of nodes, such as 'ws://127.0.0.1:19800'. Several are asked for what one does not "
        "have. Empty starts no chain process.",
    )
    timeout_seconds: float = _setting(
        10.0,
        "Time in seconds for a node to answer a request before the next node is asked.",
    )
    retain_days: int = _setting(
        90,
        "Days for which blocks and their statistics are kept. A full network takes up to 160 MB "
        "a day.",
    )


@dataclass(frozen=True)
class TracesConfig:
    """``[traces]``: traces of work-packages and blocks for a receiver of OpenTelemetry."""

    url: str = _setting(
        "",
        "Address of a receiver of OTLP over HTTP, such as 'http://127.0.0.1:4318/v1/traces'. Empty "
        "exports no traces.",
    )
    headers_file: str = _setting(
        "",
        "File of headers for the receiver, such as 'Authorization: Bearer …', one a line. It is "
        "read for each request, so that a secret can be replaced.",
    )
    ca_file: str = _setting(
        "",
        "Certificates of the authorities that verify the receiver, in PEM. Empty takes the "
        "system's.",
    )
    kinds: tuple[str, ...] = _setting(
        ("packages", "blocks"), "Traces that are exported: packages, blocks, or both."
    )
    sample_one_in: int = _setting(
        100,
        "One in this number of those that did not fail is exported, chosen by its hash. 1 exports "
        "all, 0 failed ones alone. Failed ones are exported always.",
    )
    quiet_seconds: float = _setting(
        45.0,
        "Time in seconds without news after which a package or a block has ended. Raise it where "
        "steps take longer, at the cost of later traces.",
    )
    interval_seconds: float = _setting(
        10.0, "Interval in seconds at which those that have ended are looked for."
    )
    timeout_seconds: float = _setting(10.0, "Time in seconds for the receiver to answer a request.")
    queue_bytes: int = _setting(
        64 << 20,
        "Memory for traces that wait while the receiver is away, in bytes. Above it the oldest are "
        "dropped and counted.",
    )


@dataclass(frozen=True)
class SupervisorConfig:
    """``[supervisor]``: how processes are started, restarted and stopped."""

    ready_seconds: float = _setting(
        30.0,
        "Time without progress after which the start fails and tart exits, in seconds. A third of "
        "it is how long the other processes wait for one that recovers.",
    )
    stop_seconds: float = _setting(
        30.0,
        "Time between the stop signal and SIGKILL, in seconds. A shard writes and checkpoints "
        "its data meanwhile.",
    )
    backoff_seconds: float = _setting(
        0.2,
        "Delay before a process is restarted, in seconds. It doubles with each further crash, up "
        "to 10 s.",
    )
    crash_limit: int = _setting(
        5,
        "Crashes of one process within crash_window_seconds after which tart exits with code 1.",
    )
    crash_window_seconds: float = _setting(
        60.0, "Period in which crashes are counted for crash_limit, in seconds."
    )


@dataclass(frozen=True)
class LogConfig:
    """``[log]``: the server log on stderr."""

    level: str = _setting(
        "info",
        "Lowest level that is logged: debug, info, warning or error.",
        choices=("debug", "info", "warning", "error"),
    )
    format: str = _setting(
        "auto",
        "Format of lines: text, json, or auto: text on a terminal and in systemd's journal, else "
        "json. In the journal text has no time, since the journal has one; json keeps its own.",
        choices=("auto", "text", "json"),
    )
    lines_per_minute: int = _setting(
        60,
        "Lines per minute of each log call site in each process; errors are limited separately. "
        "Further lines are suppressed and counted.",
    )


@dataclass(frozen=True)
class Config:
    """All sections.

    Attributes:
        base_dir: The directory that relative paths start from.
        origins: Where the value of each setting came from.
        places: The file, variable or flag, and the line, of each setting that was given.
    """

    server: ServerConfig = ServerConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    storage: StorageConfig = StorageConfig()
    aggregates: AggregatesConfig = AggregatesConfig()
    api: ApiConfig = ApiConfig()
    alerts: AlertsConfig = AlertsConfig()
    rpc: RpcConfig = RpcConfig()
    traces: TracesConfig = TracesConfig()
    supervisor: SupervisorConfig = SupervisorConfig()
    log: LogConfig = LogConfig()
    base_dir: Path = Path()
    origins: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)

    def fault(self, key: str, text: str) -> SettingFault:
        """Return a fault of a setting, with its place."""
        origin, line = self.places.get(key, ("", None))
        return SettingFault(key, origin, line, text)

    @property
    def data_path(self) -> Path:
        """``data_dir`` as an absolute path."""
        return (self.base_dir / self.server.data_dir).absolute()

    @property
    def run_path(self) -> Path:
        """``run_dir`` as an absolute path."""
        if self.server.run_dir:
            return (self.base_dir / self.server.run_dir).absolute()
        return self.data_path / "run"

    @property
    def control_path(self) -> Path:
        """The file of the node registry, the API keys and the audit log."""
        return self.data_path / "control.sqlite"

    @property
    def alerts_path(self) -> Path:
        """The rule file, which need not exist if ``alerts.file`` is empty."""
        return (self.base_dir / (self.alerts.file or "alerts.toml")).absolute()

    @property
    def tls_paths(self) -> tuple[Path, Path] | None:
        """Certificate and key as absolute paths, ``None`` without TLS."""
        if not self.api.tls_certificate:
            return None
        names = (self.api.tls_certificate, self.api.tls_key or self.api.tls_certificate)
        certificate, key = ((self.base_dir / name).absolute() for name in names)
        return certificate, key

    @property
    def shard_count(self) -> int:
        """``shards`` with 0 resolved to the CPUs this process may use."""
        return self.server.shards or min(len(os.sched_getaffinity(0)), MAX_SHARDS)


# The section of ``Config`` by name; the settings of ``server`` stand at the top of the file.
SECTIONS: Mapping[str, type] = {
    "server": ServerConfig,
    "telemetry": TelemetryConfig,
    "storage": StorageConfig,
    "aggregates": AggregatesConfig,
    "api": ApiConfig,
    "alerts": AlertsConfig,
    "rpc": RpcConfig,
    "traces": TracesConfig,
    "supervisor": SupervisorConfig,
    "log": LogConfig,
}


def key_of(section: str, name: str) -> str:
    """Return the dotted key of a setting: ``storage.flush_rows``, or ``data_dir`` at the top."""
    return name if section == "server" else f"{section}.{name}"


def variable_of(key: str) -> str:
    """Return the environment variable of a setting."""
    return "TART_" + key.replace(".", "_").upper()


def flag_of(key: str) -> str:
    """Return the flag of a setting, for those that the command line has."""
    return "--" + key.replace(".", "-").replace("_", "-")


class Setting(NamedTuple):
    """One row of the table.

    Attributes:
        type: The type of values.
        default: The value without configuration.
        description: Text for operators.
        choices: The accepted values; empty if there are many.
    """

    type: Any
    default: Any
    description: str
    choices: tuple[str, ...]


@cache
def settings() -> Mapping[str, Setting]:
    """Return every setting by its key, in the order of the file; computed once: 5 ms of CPU."""
    return {
        key_of(section, row.name): Setting(
            get_type_hints(kind)[row.name],
            getattr(kind(), row.name),
            row.metadata["description"],
            row.metadata["choices"],
        )
        for section, kind in SECTIONS.items()
        for row in fields(kind)
    }


def values(config: Config) -> dict[str, Any]:
    """Return the value of every setting by its key, in the order of the file."""
    return {
        key_of(section, row.name): getattr(getattr(config, section), row.name)
        for section, kind in SECTIONS.items()
        for row in fields(kind)
    }
