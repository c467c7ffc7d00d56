"""Settings: one table, resolved once.

Every setting is a field of one of the dataclasses below, with its default and the
reason for it; ``config.toml``, the ``TART_*`` variables and the command line are all
derived from or checked against them. Precedence: defaults < file < environment < flags.
A path in the file is relative to the file; one given otherwise, to the working directory.
Parts of the program receive their own section, never the whole, and never read the
environment themselves.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from tart.errors import ConfigError

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
    buffered_bytes: int = _setting(
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
    fine_hours: int = _setting(6, "Counts by 10 seconds; then by minute and by hour.")
    latency_hours: int = _setting(48, "Durations by minute; then by hour.")
    rows_days: int = _setting(
        30,
        "Counts by minute, and what has rows: blocks, work-packages, failures, costs.",
    )
    hourly_days: int = _setting(365, "Counts and durations by hour.")


@dataclass(frozen=True)
class ApiConfig:
    """``[api]``: the HTTP and WebSocket door."""

    bind: str = _setting("127.0.0.1:8080", "Loopback until access control is set up.")
    bytes: str = _setting(
        "hex",
        "Hashes and keys in JSON: 'hex' (\"0x…\") or 'array' (as the peer writes them).",
    )
    cors_origins: tuple[str, ...] = _setting(
        (), "Origins whose pages may read the API; ['*'] allows all. None by default."
    )
    deadline_seconds: float = _setting(
        5.0,
        "Shards that have not answered by then are left out, and the answer says so.",
    )
    max_body_bytes: int = _setting(256 << 10, "Longest request body; longer is refused (413).")
    max_subscribers: int = _setting(1000, "WebSocket connections at once; more get 503.")
    subscriber_queue: int = _setting(
        10_000,
        "Events a slow subscriber may be behind; then the oldest go and it is told.",
    )
    stalled_seconds: float = _setting(
        10.0, "A subscriber that takes nothing for so long is closed (1013)."
    )


@dataclass(frozen=True)
class SupervisorConfig:
    """``[supervisor]``: how processes are kept alive."""

    ready_seconds: float = _setting(
        30.0,
        "All parts must accept by then; opening large files after a crash takes time.",
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

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "api.bytes": ("hex", "array"),
    "log.level": ("debug", "info", "warning", "error"),
    "log.format": ("auto", "text", "json"),
}
_UNIX_PATH_BYTES = 80
_MAX_KEEPALIVE = 32_767
_PATHS = ("data_dir", "run_dir")
_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
}
_ADDRESS = re.compile(r"(\[(?P<bracketed>[^\[\]]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>[0-9]{1,5})")
# What DuckDB takes; it would refuse the rest only in a shard, after the start.
_MEMORY = re.compile(r"\d+(\.\d+)? ?([KMGT]i?B|%)", re.IGNORECASE)


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


def load(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Config:
    """Resolve the configuration.

    Args:
        path: the file; ``None`` reads ``config.toml`` of the working directory if there.
        environ: ``TART_*`` variables are taken from here.
        flags: dotted key to value; ``None`` values are flags that were not given.

    Raises:
        ConfigError: the file cannot be read, a key is unknown or a value unusable.
    """
    explicit = path is not None
    path = path or Path("config.toml")
    in_file = _read_file(path) if explicit or path.exists() else {}
    given = {key: (value, str(path)) for key, value in in_file.items()}
    given |= _from_outside(environ or {}, flags or {})
    known = settings()
    converted = {
        key: _convert(key, value, known[key][0], origin) for key, (value, origin) in given.items()
    }
    config = Config(
        base_dir=path.absolute().parent,
        origins={key: given[key][1] if key in given else "default" for key in known},
    )
    for section in SECTIONS:
        part = getattr(config, section)
        changed = {
            each.name: converted[key]
            for each in fields(part)
            if (key := key_of(section, each.name)) in converted
        }
        config = replace(config, **{section: replace(part, **changed)})
    return _checked(config)


def _from_outside(
    environ: Mapping[str, str], flags: Mapping[str, Any]
) -> dict[str, tuple[Any, str]]:
    """What the environment and, above it, the command line say."""
    variables = {variable_of(key): key for key in settings()}
    given: dict[str, tuple[Any, str]] = {}
    for name, value in environ.items():
        if name.startswith("TART_"):
            _must_be_known(name, variables, "variable")
            given[variables[name]] = (value, name)
    for key, value in flags.items():
        if value is not None:
            given[key] = (value, "command line")
    for key in _PATHS:
        if key in given and given[key][0]:
            given[key] = (os.path.abspath(given[key][0]), given[key][1])
    return given


def _must_be_known(name: str, names: Iterable[str], what: str) -> None:
    if name not in (known := list(names)):
        nearest = difflib.get_close_matches(name, known, 1, 0.5)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise ConfigError(f"unknown {what} {name}{hint}")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    for key in flat:
        _must_be_known(key, settings(), f"key in {path}:")
    return flat


def _convert(key: str, value: Any, kind: Any, origin: str) -> Any:
    """A value as its setting's type; text, as the environment has it, is parsed."""
    try:
        if kind not in _KINDS:
            return _strings(value)
        if isinstance(value, str):
            return {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
        # bool is an int to Python, but nobody who writes true means 1.
        if type(value) is kind or (kind is float and type(value) is int):
            return kind(value)
    except (ValueError, KeyError, TypeError):
        pass
    raise ConfigError(f"{key} ({origin}): {value!r} is not {_KINDS.get(kind, 'a list of strings')}")


def _strings(value: Any) -> tuple[str, ...]:
    """A list of strings; as text, separated by commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise TypeError
    return tuple(value)


def _checked(config: Config) -> Config:
    telemetry = parse_address(config.telemetry.bind, "telemetry.bind")
    if telemetry == parse_address(config.api.bind, "api.bind") and telemetry[1]:
        raise ConfigError(f"api.bind: {config.api.bind} is telemetry.bind already")
    for key, choices in _CHOICES.items():
        section, name = key.split(".")
        value = getattr(getattr(config, section), name)
        if value not in choices:
            raise ConfigError(f"{key}: {value!r} is not one of {', '.join(choices)}")
    _check_numbers(config)
    _check_limits(config.telemetry)
    if not _MEMORY.fullmatch(config.storage.memory_limit):
        raise ConfigError(
            f"storage.memory_limit: {config.storage.memory_limit!r} is not a size such as 512MB"
        )
    _check_paths(config)
    return config


def _check_numbers(config: Config) -> None:
    shards = config.server.shards
    if not 0 <= shards <= MAX_SHARDS:
        raise ConfigError(f"shards: {shards} is not between 0 and {MAX_SHARDS}")
    for section, kind in SECTIONS.items():
        for each in fields(kind) if section != "server" else ():
            value = getattr(getattr(config, section), each.name)
            if isinstance(value, bool):
                continue
            if isinstance(value, int | float) and not 0 < value < math.inf:
                raise ConfigError(f"{section}.{each.name}: {value} is not a finite number above 0")
    hours = config.storage.file_hours
    if 24 % hours:
        raise ConfigError(f"storage.file_hours: {hours} is not a divisor of 24")
    share = config.storage.retain_disk_share
    if share > 1:
        raise ConfigError(f"storage.retain_disk_share: {share:g} is more than the whole disk, 1")


def _check_limits(telemetry: TelemetryConfig) -> None:
    frame, buffered = telemetry.max_frame_bytes, telemetry.buffered_bytes
    if buffered < frame:
        raise ConfigError(
            f"telemetry.buffered_bytes: {buffered} is less than one frame, max_frame_bytes {frame}"
        )
    keepalive = telemetry.keepalive_seconds
    if keepalive > _MAX_KEEPALIVE:
        raise ConfigError(
            f"telemetry.keepalive_seconds: {keepalive} is more than the kernel takes, "
            f"{_MAX_KEEPALIVE}"
        )


def _check_paths(config: Config) -> None:
    if not config.server.data_dir:
        raise ConfigError("data_dir: is empty; name a directory")
    longest = len(os.fsencode(config.run_path))
    if longest > _UNIX_PATH_BYTES:
        raise ConfigError(
            f"run_dir: {config.run_path} has {longest} bytes and Unix sockets in it would "
            f"not fit; set run_dir to a path of at most {_UNIX_PATH_BYTES}"
        )


def parse_address(text: str, key: str) -> tuple[str, int]:
    """``HOST:PORT`` or ``[HOST]:PORT`` as a pair; ``ConfigError`` names the key."""
    match = _ADDRESS.fullmatch(text)
    if not match or int(match["port"]) > 65535:
        raise ConfigError(f"{key}: {text!r} is not HOST:PORT, such as 127.0.0.1:9000 or [::1]:9000")
    return match["bracketed"] or match["host"], int(match["port"])
