"""The table of settings: each a field with its default and the reason for it.

Pure. ``config`` resolves them; ``config.toml``, the ``TART_*`` variables, the command line
and the documentation are all derived from or checked against what stands here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

MAX_SHARDS = 256


def _setting(default: Any, reason: str) -> Any:
    if isinstance(default, tuple):
        return field(default_factory=lambda: default, metadata={"reason": reason})
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True)
class ServerConfig:
    """Settings at the top of the file."""

    data_dir: str = _setting(
        "shards",
        "Where shards keep their files; relative to this file, not to the shell.",
    )
    run_dir: str = _setting(
        "",
        "Unix sockets between processes; empty: 'run' inside data_dir. At most 80 bytes.",
    )
    shards: int = _setting(
        0, "Worker processes, each with its own files. 0: one per CPU. At most 256."
    )


@dataclass(frozen=True)
class TelemetryConfig:
    """``[telemetry]``: the port JAM nodes connect to."""

    bind: str = _setting("0.0.0.0:9000", "Port 0 picks a free one; ready line tells which.")
    max_frame_bytes: int = _setting(
        1 << 20,
        "A legal event 94 with 3,072 imports is 104 KB. Longer: closed; so we hold no more of one.",
    )
    partial_frame_bytes: int = _setting(
        64 << 20,
        "Unfinished frames of all connections of a shard. Above it the largest is closed.",
    )
    max_connections: int = _setting(
        1100,
        "In each shard, where 1,023 validators could all land. More are closed at once.",
    )
    max_connections_per_address: int = _setting(
        1100,
        "Likewise. As many: a test network may be behind one address. In public, lower it.",
    )
    handshake_seconds: float = _setting(
        10.0, "Node information must have arrived by then, or the connection is closed."
    )
    idle_seconds: float = _setting(
        300.0,
        "Nodes send Status every 2 s: one that was silent so long is closed, and may return.",
    )
    keepalive_seconds: int = _setting(
        60,
        "Silence before the kernel asks five times, in 50 s, whether the peer is there.",
    )
    events_per_second: int = _setting(
        20_000,
        "Of one node; a full load is 860. Beyond, its connections are read no faster, all is kept.",
    )
    burst_events: int = _setting(
        100_000,
        "So many at once go beyond events_per_second: what a node saves up while we restart.",
    )
    shed: bool = _setting(
        False,
        "true: events beyond events_per_second are dropped and counted, and reading goes on.",
    )
    allow: tuple[str, ...] = _setting(
        (), "Networks that may connect, such as ['10.0.0.0/8']. None named: all."
    )
    deny: tuple[str, ...] = _setting((), "Networks that may not, even where allow names them.")
    peer_ids: tuple[str, ...] = _setting(
        (),
        "Nodes that may send: 64 hex digits each. None named: all. Nobody proves who he is.",
    )


@dataclass(frozen=True)
class StorageConfig:
    """``[storage]``: how a shard writes its files."""

    flush_seconds: float = _setting(
        0.025, "Oldest event waits this long at most before its batch is committed."
    )
    flush_rows: int = _setting(20_000, "A batch is committed at once when it has this many.")
    flush_bytes: int = _setting(8 << 20, "Likewise, bytes of event bodies.")
    pending_bytes: int = _setting(
        64 << 20,
        "Batches waiting for the writer. Full: reading pauses, nothing is dropped.",
    )
    checkpoint_seconds: float = _setting(
        10.0, "Between checkpoints, on a thread of their own; commits go on meanwhile."
    )
    file_hours: int = _setting(
        24,
        "Hours of events in one file; a divisor of 24. Retention removes whole files.",
    )
    retain_hours: int = _setting(
        24,
        "A finished file is deleted so long after it was last written. Whole files only.",
    )
    retain_disk_share: float = _setting(
        0.5,
        "Of the disk, all shards together, logs included; above it the oldest files go.",
    )
    disk_reserve_bytes: int = _setting(
        1 << 30,
        "Reading pauses while the disk has less left: checkpoints need room. Then a tenth more.",
    )
    memory_limit: str = _setting(
        "512MB", "DuckDB's, in each shard. Its default is 80 % of the machine in each."
    )
    threads: int = _setting(1, "DuckDB's, in each shard; there is a shard per CPU already.")


@dataclass(frozen=True)
class AggregatesConfig:
    """``[aggregates]``: what is kept of events beyond the events themselves."""

    flush_seconds: float = _setting(
        30.0,
        "Between two writes of aggregates. After a crash so much of the log is read again.",
    )
    counts_10s_hours: int = _setting(6, "Counts by 10 seconds; then by minute and by hour.")
    latency_hours: int = _setting(48, "Durations by minute; then by hour.")
    row_retention_days: int = _setting(
        30,
        "Counts by minute, and what has rows: blocks, work-packages, failures, costs.",
    )
    hourly_days: int = _setting(365, "Counts and durations by hour.")


@dataclass(frozen=True)
class ApiConfig:
    """``[api]``: the HTTP and WebSocket door."""

    bind: str = _setting(
        "127.0.0.1:8080",
        "Loopback serves without keys. Wider: make one (tart keys create), or say auth = 'none'.",
    )
    auth: str = _setting(
        "keys", "'keys': who asks needs one, once there is one. 'none': everybody may read."
    )
    tls_certificate: str = _setting(
        "", "PEM file with the chain; read again on SIGHUP. Empty: plain HTTP."
    )
    tls_key: str = _setting(
        "", "PEM file with its private key. Empty: it is in tls_certificate, too."
    )
    requests_per_second: float = _setting(
        500.0,
        "Of one key, or of one address without a key; a dashboard asks 10. Beyond: 429.",
    )
    burst_requests: float = _setting(2000.0, "So many at once go beyond requests_per_second.")
    request_seconds: float = _setting(
        15.0, "A request must have been sent by then, or it gets 408; so must a TLS handshake."
    )
    bytes: str = _setting(
        "hex",
        "Hashes and keys in JSON: 'hex' (\"0x…\") or 'array' (as the peer writes them).",
    )
    csv_formulas: bool = _setting(
        False,
        "true: CSV as it is. false: text that a spreadsheet would run gets a ' in front.",
    )
    cors_origins: tuple[str, ...] = _setting(
        (), "Origins whose pages may read the API; ['*'] allows all. None by default."
    )
    deadline_seconds: float = _setting(
        5.0,
        "Shards that have not answered by then are left out, and the answer says so.",
    )
    cache_seconds: float = _setting(
        1.0,
        "Answers over aggregates serve all who ask the same for so long, five times if need be.",
    )
    max_body_bytes: int = _setting(256 << 10, "Longest request body; longer is refused (413).")
    max_connections: int = _setting(
        2000, "At once, streams among them. One more: an unused one is closed, or itself."
    )
    max_subscribers: int = _setting(1000, "WebSocket connections at once; more get 503.")
    subscriber_queue: int = _setting(
        10_000,
        "Events a slow subscriber may be behind; then the oldest go and it is told.",
    )
    send_stall_seconds: float = _setting(
        10.0, "A subscriber that takes nothing for so long is closed (1013)."
    )


@dataclass(frozen=True)
class SupervisorConfig:
    """``[supervisor]``: how processes are kept alive."""

    ready_seconds: float = _setting(
        30.0,
        "A part must accept, or make progress, within this time; others wait a third of it.",
    )
    stop_seconds: float = _setting(
        30.0,
        "From the stop signal to SIGKILL; a shard flushes and checkpoints meanwhile.",
    )
    backoff_seconds: float = _setting(
        0.2,
        "Before the first restart of a process; doubles with each quick death, up to 10 s.",
    )
    crash_limit: int = _setting(
        5,
        "So many deaths of one process within crash_window_seconds: give up, exit code 1.",
    )
    crash_window_seconds: float = _setting(60.0, "See crash_limit.")


@dataclass(frozen=True)
class LogConfig:
    """``[log]``: one line per event worth an operator's time, on stderr."""

    level: str = _setting("info", "debug, info, warning or error.")
    format: str = _setting("auto", "text, json, or auto: text on a terminal, else json.")
    lines_per_minute: int = _setting(
        60, "Of one kind, from one process, errors and others apart; more are counted and told."
    )


@dataclass(frozen=True)
class Config:
    """All sections, and where each value came from."""

    server: ServerConfig = ServerConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    storage: StorageConfig = StorageConfig()
    aggregates: AggregatesConfig = AggregatesConfig()
    api: ApiConfig = ApiConfig()
    supervisor: SupervisorConfig = SupervisorConfig()
    log: LogConfig = LogConfig()
    base_dir: Path = Path()
    origins: Mapping[str, str] = field(default_factory=dict)

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
        """The file of the registry, the keys and the audit log."""
        return self.data_path / "control.sqlite"

    @property
    def tls_paths(self) -> tuple[Path, Path] | None:
        """Certificate and key as absolute paths, if TLS is wanted."""
        if not self.api.tls_certificate:
            return None
        names = (self.api.tls_certificate, self.api.tls_key or self.api.tls_certificate)
        certificate, key = ((self.base_dir / name).absolute() for name in names)
        return certificate, key

    @property
    def shard_count(self) -> int:
        """``shards`` with 0 resolved to the CPUs this process may use."""
        return self.server.shards or min(len(os.sched_getaffinity(0)), MAX_SHARDS)


# Section of the dataclasses -> section of the file; the server's stand at its top.
SECTIONS: Mapping[str, type] = {
    "server": ServerConfig,
    "telemetry": TelemetryConfig,
    "storage": StorageConfig,
    "aggregates": AggregatesConfig,
    "api": ApiConfig,
    "supervisor": SupervisorConfig,
    "log": LogConfig,
}


def key_of(section: str, name: str) -> str:
    """The dotted key of a setting: ``storage.flush_rows``, or ``data_dir`` at the top."""
    return name if section == "server" else f"{section}.{name}"


def variable_of(key: str) -> str:
    """The environment variable of a setting."""
    return "TART_" + key.replace(".", "_").upper()


def settings() -> dict[str, tuple[type, Any, str]]:
    """Every setting: key to (type, default, reason), in the order of the file."""
    found = {}
    for section, kind in SECTIONS.items():
        hints = get_type_hints(kind)
        defaults = kind()
        for each in fields(kind):
            found[key_of(section, each.name)] = (
                hints[each.name],
                getattr(defaults, each.name),
                each.metadata["reason"],
            )
    return found


def values(config: Config) -> dict[str, Any]:
    """Every setting: key to its value in ``config``, in the order of the file."""
    return {
        key_of(section, each.name): getattr(getattr(config, section), each.name)
        for section, kind in SECTIONS.items()
        for each in fields(kind)
    }
