"""Checks of the settings' values: ranges, choices, and settings that contradict each other. Pure.

Each check reads a few settings and says all that is wrong with them. A check of several settings
is left out while one of them is wrong by itself, so nothing is reported twice; no other check
depends on it.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from tart.access.networks import Networks
from tart.config.addresses import (
    describe_address,
    describe_origin,
    endpoint_of,
    hide_secrets,
    is_url,
    split_address,
)
from tart.config.schema import MAX_SHARDS, Config, settings, values

_UNIX_PATH_BYTES = 80
_MAX_SESSION_HOURS = 400 * 24
# What clocks and timeouts of the system take: 31 years; of poll(2), which the supervisor waits
# with, 24 days, as milliseconds in 31 bits.
_MAX_SECONDS = 1_000_000_000
_MAX_POLL_SECONDS = 2_000_000
# Each may send 64 MiB at once.
_MAX_RPC_URLS = 16
_MAX_NUMBER = 2**63 - 1
# Settings that may be 0: no delay, or off.
_MAY_BE_ZERO = (
    "alerts.lag_seconds",
    "storage.sample_after_seconds",
    "traces.sample_one_in",
)
_TRACE_KINDS = ("packages", "blocks")
# The greatest length of a value in a message.
_SHOWN = 80
_MAX_KEEPALIVE = 32_767
_PEER_ID = re.compile(r"(0x)?[0-9a-fA-F]{64}")
# Sizes that DuckDB accepts. It would reject others only in a shard, after the start.
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?(?:([KMGT])(i?)B|%)", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
# Below it a shard cannot open its files.
MIN_MEMORY_BYTES = 10_000_000


class Check(NamedTuple):
    """A check.

    Attributes:
        keys: The settings that it reads; the first one that was given has the fault.
        find: Yields sentences on what is wrong.
    """

    keys: tuple[str, ...]
    find: Callable[[Config], Iterator[str]]


def check_values(config: Config, wrong: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield key and sentence of each wrong value.

    Args:
        config: The settings.
        wrong: The keys of settings that are known to be wrong; they have some other value here.
    """
    known_wrong = set(wrong)
    for key, text in _check_each(config):
        if key not in wrong:
            known_wrong.add(key)
            yield key, text
    for check in _CHECKS:
        if known_wrong.isdisjoint(check.keys):
            given = [key for key in check.keys if config.origins.get(key, "default") != "default"]
            key = (given or check.keys)[0]
            for text in check.find(config):
                known_wrong.add(key)
                yield key, text


def _check_each(config: Config) -> Iterator[tuple[str, str]]:
    """Check choices and ranges, which the table of settings and the types give."""
    known = settings()
    for key, value in values(config).items():
        texts = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
        if any("\0" in text for text in texts):
            yield key, f"{shown(value)} has a NUL character"
        choices = known[key].choices
        if choices and value not in choices:
            yield key, f"{shown(value)} is not one of {', '.join(choices)}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if key == "shards":
            if not 0 <= value <= MAX_SHARDS:
                yield key, f"{shown(value)} is not between 0 and {MAX_SHARDS}"
        elif not 0 < value < math.inf and (value or key not in _MAY_BE_ZERO):
            yield key, f"{shown(value)} is not a finite number above 0"
        elif key.endswith("_seconds") and value > (most := _max_seconds(key)):
            yield key, f"{value:g} is more than {most} seconds"
        elif value > _MAX_NUMBER:
            yield key, f"{shown(value)} is more than 2^63 - 1"


def shown(value: object) -> str:
    """Return a value for a message, cut if it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python prints no number of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _max_seconds(key: str) -> int:
    return _MAX_POLL_SECONDS if key.startswith("supervisor.") else _MAX_SECONDS


# --- Of one setting ------------------------------------------------------------------


def _check_data_dir(config: Config) -> Iterator[str]:
    if not config.server.data_dir:
        yield "is empty; name a directory"


def _check_telemetry_bind(config: Config) -> Iterator[str]:
    if split_address(config.telemetry.bind) is None:
        yield describe_address(config.telemetry.bind)


def _check_api_bind(config: Config) -> Iterator[str]:
    if split_address(config.api.bind) is None:
        yield describe_address(config.api.bind)


def _check_keepalive(config: Config) -> Iterator[str]:
    keepalive = config.telemetry.keepalive_seconds
    if keepalive > _MAX_KEEPALIVE:
        yield f"{keepalive} is more than the kernel takes, {_MAX_KEEPALIVE}"


def _check_allow(config: Config) -> Iterator[str]:
    yield from _check_networks(config.telemetry.allow)


def _check_deny(config: Config) -> Iterator[str]:
    yield from _check_networks(config.telemetry.deny)


def _check_networks(networks: tuple[str, ...]) -> Iterator[str]:
    for text in networks:
        try:
            Networks((text,))
        except ValueError as error:
            yield str(error)


def _check_peer_ids(config: Config) -> Iterator[str]:
    for text in config.telemetry.peer_ids:
        if not _PEER_ID.fullmatch(text):
            yield f"{text!r} is not 64 hex digits"


def _check_file_hours(config: Config) -> Iterator[str]:
    hours = config.storage.file_hours
    if 24 % hours:
        yield f"{hours} is not a divisor of 24"


def _check_disk_share(config: Config) -> Iterator[str]:
    share = config.storage.retain_disk_share
    if share > 1:
        yield f"{share:g} is more than the whole disk, 1"


def _check_memory_limit(config: Config) -> Iterator[str]:
    limit = config.storage.memory_limit
    match = _MEMORY.fullmatch(limit)
    if not match:
        yield f"{limit!r} is not a size such as 512MB"
    elif match[2] is None:
        if not 0 < float(match[1]) <= 100:
            yield f"{limit!r} is not a share of the machine, above 0% and at most 100%"
    elif memory_bytes(limit, 0) < MIN_MEMORY_BYTES:
        yield f"{limit!r} is too little to open the files; give at least 10MB"


def memory_bytes(text: str, machine_bytes: int) -> float:
    """Return a size as DuckDB reads it: KB is 1000 bytes, KiB 1024, % a share of the machine."""
    match = _MEMORY.fullmatch(text)
    if match is None:
        return 0
    number, unit, binary = float(match[1]), match[2], match[3]
    if unit is None:
        return machine_bytes * number / 100
    return number * float((1024 if binary else 1000) ** _POWERS[unit.upper()])


def _check_session_hours(config: Config) -> Iterator[str]:
    hours = config.api.session_hours
    if hours > _MAX_SESSION_HOURS:
        yield (
            f"{hours:g} is more than the 400 days, {_MAX_SESSION_HOURS}, for which a browser "
            "stores a cookie"
        )


def _check_origins(config: Config) -> Iterator[str]:
    yield from filter(None, map(describe_origin, config.api.cors_origins))


def _check_rpc_urls(config: Config) -> Iterator[str]:
    urls = config.rpc.urls
    if len(urls) > _MAX_RPC_URLS:
        yield f"has {len(urls)} URLs; name at most {_MAX_RPC_URLS}, two or three are enough"
    endpoints: dict[object, list[str]] = {}
    for text in urls:
        if is_url(text, ("ws", "wss")):
            endpoints.setdefault(endpoint_of(text), []).append(text)
        else:
            yield f"{shown(hide_secrets(text))} is not the URL of a node's RPC, such as ws://127.0.0.1:19800"
    for texts in endpoints.values():
        # Each endpoint has one vote on what is final.
        if len(texts) > 1:
            yield f"{shown(hide_secrets(texts[0]))} is there more than once"


def _check_traces_url(config: Config) -> Iterator[str]:
    url = config.traces.url
    if url and not is_url(url):
        yield (
            f"{shown(hide_secrets(url))} is not the URL of a receiver, such as http://127.0.0.1:4318/v1/traces"
        )


def _check_trace_kinds(config: Config) -> Iterator[str]:
    kinds = config.traces.kinds
    if not kinds:
        yield f"is empty; name {' or '.join(_TRACE_KINDS)}, or no traces.url"
    for kind in dict.fromkeys(kinds):
        if kind not in _TRACE_KINDS:
            yield f"{shown(kind)} is not one of {', '.join(_TRACE_KINDS)}"
        elif kinds.count(kind) > 1:
            yield f"{shown(kind)} is there more than once"


# --- Of several settings -------------------------------------------------------------


def _check_run_dir(config: Config) -> Iterator[str]:
    longest = len(os.fsencode(config.run_path))
    if longest > _UNIX_PATH_BYTES:
        yield (
            f"{config.run_path} has {longest} bytes and Unix sockets in it would not fit; set "
            f"run_dir to a path of at most {_UNIX_PATH_BYTES} bytes"
        )


def _check_binds_differ(config: Config) -> Iterator[str]:
    telemetry, api = split_address(config.telemetry.bind), split_address(config.api.bind)
    if telemetry == api and api is not None and api[1]:
        yield f"{config.api.bind} is both telemetry.bind and api.bind; give them different ports"


def _check_partial_frames(config: Config) -> Iterator[str]:
    frame, buffered = config.telemetry.max_frame_bytes, config.telemetry.partial_frame_bytes
    if buffered < frame:
        yield (f"partial_frame_bytes, {buffered}, is less than one frame, max_frame_bytes, {frame}")


def _check_subscribers(config: Config) -> Iterator[str]:
    connections, subscribers = config.api.max_connections, config.api.max_subscribers
    if connections <= subscribers:
        yield (
            f"max_connections, {connections}, leaves nothing beside max_subscribers, {subscribers}"
        )


def _check_tls_key(config: Config) -> Iterator[str]:
    if config.api.tls_key and not config.api.tls_certificate:
        yield "needs api.tls_certificate beside it"


# The checks of several settings come after those of each of them.
_CHECKS = (
    Check(("data_dir",), _check_data_dir),
    Check(("telemetry.bind",), _check_telemetry_bind),
    Check(("telemetry.keepalive_seconds",), _check_keepalive),
    Check(("telemetry.allow",), _check_allow),
    Check(("telemetry.deny",), _check_deny),
    Check(("telemetry.peer_ids",), _check_peer_ids),
    Check(("storage.file_hours",), _check_file_hours),
    Check(("storage.retain_disk_share",), _check_disk_share),
    Check(("storage.memory_limit",), _check_memory_limit),
    Check(("api.bind",), _check_api_bind),
    Check(("api.session_hours",), _check_session_hours),
    Check(("api.cors_origins",), _check_origins),
    Check(("rpc.urls",), _check_rpc_urls),
    Check(("traces.url",), _check_traces_url),
    Check(("traces.kinds",), _check_trace_kinds),
    Check(("run_dir", "data_dir"), _check_run_dir),
    Check(("api.bind", "telemetry.bind"), _check_binds_differ),
    Check(("telemetry.partial_frame_bytes", "telemetry.max_frame_bytes"), _check_partial_frames),
    Check(("api.max_connections", "api.max_subscribers"), _check_subscribers),
    Check(("api.tls_key", "api.tls_certificate"), _check_tls_key),
)
