"""Resolution of the settings: defaults, then the file, the environment and the command line.

``config.schema`` declares every setting; a later source overrides an earlier one. A relative path
in the file is relative to the file; any other, to the working directory. Parts of the program
receive their own section, never the whole, and never read the environment themselves.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tart.access.networks import Networks
from tart.config.schema import (
    MAX_SHARDS,
    SECTIONS,
    Config,
    TelemetryConfig,
    key_of,
    settings,
    values,
    variable_of,
)
from tart.errors import ConfigError
from tart.suggestions import did_you_mean

# Variables of commands that call a running server, and of `tart.native.library`.
_NOT_SETTINGS = ("TART_KEY", "TART_KEY_FILE", "TART_CA_FILE", "TART_KERNEL")
_UNIX_PATH_BYTES = 80
_MAX_SESSION_HOURS = 400 * 24
_MAX_KEEPALIVE = 32_767
_PATHS = ("data_dir", "run_dir", "api.tls_certificate", "api.tls_key")
_PEER_ID = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
}
_ADDRESS = re.compile(r"(\[(?P<bracketed>[^\[\]]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>[0-9]{1,5})")
# Sizes that DuckDB accepts. It would reject others only in a shard, after the start.
_MEMORY = re.compile(r"\d+(\.\d+)? ?([KMGT]i?B|%)", re.IGNORECASE)


def load(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Config:
    """Return the configuration.

    Args:
        path: The file; ``None`` reads ``config.toml`` of the working directory if it exists.
        environ: The environment, for its ``TART_*`` variables.
        flags: Dotted key to value; a value of ``None`` is a flag that was not given.

    Raises:
        ConfigError: The file cannot be read, a key is unknown, or a value is not valid.
    """
    explicit = path is not None
    path = path or Path("config.toml")
    in_file = _read_file(path) if explicit or path.exists() else {}
    given = {key: (value, str(path)) for key, value in in_file.items()}
    given |= _from_outside(environ or {}, flags or {})
    known = settings()
    converted = {
        key: _convert(key, value, known[key].type, origin) for key, (value, origin) in given.items()
    }
    config = Config(
        base_dir=path.absolute().parent,
        origins={key: given[key][1] if key in given else "default" for key in known},
    )
    for section in SECTIONS:
        part = getattr(config, section)
        changed = {
            row.name: converted[key]
            for row in fields(part)
            if (key := key_of(section, row.name)) in converted
        }
        config = replace(config, **{section: replace(part, **changed)})
    _check(config)
    return config


def _from_outside(
    environ: Mapping[str, str], flags: Mapping[str, Any]
) -> dict[str, tuple[Any, str]]:
    """Return values and origins of the environment and, above it, the command line."""
    variables = {variable_of(key): key for key in settings()}
    given: dict[str, tuple[Any, str]] = {}
    for name, value in environ.items():
        if name.startswith("TART_") and name not in _NOT_SETTINGS:
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
        raise ConfigError(f"unknown {what} {name}{did_you_mean(name, known)}")


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
            flat |= {f"{name}.{inner}": item for inner, item in value.items()}
        else:
            flat[name] = value
    for key in flat:
        _must_be_known(key, settings(), f"key in {path}:")
    return flat


def _convert(key: str, value: Any, kind: Any, origin: str) -> Any:
    """Return a value as its setting's type; text, as the environment has it, is parsed."""
    try:
        if kind not in _KINDS:
            return _strings(value)
        if isinstance(value, str):
            return {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
        # bool is an int in Python, but true does not mean 1 in a configuration.
        if type(value) is kind or (kind is float and type(value) is int):
            return kind(value)
    except (ValueError, KeyError, TypeError):
        pass
    raise ConfigError(f"{key} ({origin}): {value!r} is not {_KINDS.get(kind, 'a list of strings')}")


def _strings(value: Any) -> tuple[str, ...]:
    """Return a list of strings; as text it is separated by commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise TypeError
    return tuple(value)


def _check(config: Config) -> None:
    telemetry = parse_address(config.telemetry.bind, "telemetry.bind")
    if telemetry == parse_address(config.api.bind, "api.bind") and telemetry[1]:
        raise ConfigError(f"api.bind: {config.api.bind} is telemetry.bind already")
    _check_values(config)
    _check_limits(config.telemetry)
    if not _MEMORY.fullmatch(config.storage.memory_limit):
        raise ConfigError(
            f"storage.memory_limit: {config.storage.memory_limit!r} is not a size such as 512MB"
        )
    _check_access(config)
    _check_paths(config)


def _check_values(config: Config) -> None:
    known = settings()
    for key, value in values(config).items():
        choices = known[key].choices
        if choices and value not in choices:
            raise ConfigError(f"{key}: {value!r} is not one of {', '.join(choices)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if key == "shards":
            if not 0 <= value <= MAX_SHARDS:
                raise ConfigError(f"shards: {value} is not between 0 and {MAX_SHARDS}")
        elif not 0 < value < math.inf:
            raise ConfigError(f"{key}: {value} is not a finite number above 0")
    hours = config.storage.file_hours
    if 24 % hours:
        raise ConfigError(f"storage.file_hours: {hours} is not a divisor of 24")
    share = config.storage.retain_disk_share
    if share > 1:
        raise ConfigError(f"storage.retain_disk_share: {share:g} is more than the whole disk, 1")


def _check_limits(telemetry: TelemetryConfig) -> None:
    frame, buffered = telemetry.max_frame_bytes, telemetry.partial_frame_bytes
    if buffered < frame:
        raise ConfigError(
            f"telemetry.partial_frame_bytes: {buffered} is less than one frame, "
            f"max_frame_bytes {frame}"
        )
    keepalive = telemetry.keepalive_seconds
    if keepalive > _MAX_KEEPALIVE:
        raise ConfigError(
            f"telemetry.keepalive_seconds: {keepalive} is more than the kernel takes, "
            f"{_MAX_KEEPALIVE}"
        )


def _check_access(config: Config) -> None:
    for key in ("allow", "deny"):
        try:
            Networks(getattr(config.telemetry, key))
        except ValueError as error:
            raise ConfigError(f"telemetry.{key}: {error}") from None
    for text in config.telemetry.peer_ids:
        if not _PEER_ID.fullmatch(text):
            raise ConfigError(f"telemetry.peer_ids: {text!r} is not 64 hex digits")
    api = config.api
    if api.max_connections <= api.max_subscribers:
        raise ConfigError(
            f"api.max_connections: {api.max_connections} leaves nothing beside "
            f"api.max_subscribers, {api.max_subscribers}"
        )
    if api.session_hours > _MAX_SESSION_HOURS:
        raise ConfigError(
            f"api.session_hours: {api.session_hours:g} is more than the 400 days, "
            f"{_MAX_SESSION_HOURS}, for which a browser stores a cookie"
        )
    if config.api.tls_key and not config.api.tls_certificate:
        raise ConfigError("api.tls_key: needs api.tls_certificate beside it")


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
    """Return ``HOST:PORT`` or ``[HOST]:PORT`` as a pair.

    Raises:
        ConfigError: The text is neither; the message names ``key``.
    """
    match = _ADDRESS.fullmatch(text)
    if not match or int(match["port"]) > 65535:
        raise ConfigError(f"{key}: {text!r} is not HOST:PORT, such as 127.0.0.1:9000 or [::1]:9000")
    return match["bracketed"] or match["host"], int(match["port"])
