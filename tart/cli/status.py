"""``tart status``: how a running tart is, on one screen.

The exit code is 0 if it is healthy, 3 if something is degraded, 4 if it is unhealthy, so
that a script needs to read nothing; 1 if nobody answers.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tart.cli.http_client import Server
from tart.config.load import load

Json = dict[str, Any]

EXIT_CODES = {"Healthy": 0, "Degraded": 3, "Unhealthy": 4}
_UNHEALTHY = 503


def status(path: Path | None, url: str | None, key_file: Path | None) -> int:
    """Ask, print, return the exit code.

    Raises:
        ConfigError: the settings or the key file cannot be used.
        StartupError: nobody answers, or not to us.
    """
    server = Server(load(path, environ=os.environ), url, key_file)
    health = server.get("/api/health/detailed", also=(_UNHEALTHY,))
    if not answers(health):
        print(screen(server.url, health, None, None))
    else:
        nodes, live = server.get("/api/nodes"), server.get("/api/metrics/live")
        print(screen(server.url, health, nodes["nodes"], live))
    return EXIT_CODES[health["status"]]


def answers(health: Json) -> bool:
    """Whether any shard does; without, nothing more can be asked."""
    return bool(health["components"]["database"]["metrics"]["shards_answered"])


def screen(url: str, health: Json, nodes: list[Json] | None, live: Json | None) -> str:
    """What is printed; pure.

    Args:
        health: the body of ``/api/health/detailed``.
        nodes: those of ``/api/nodes``; ``None`` if no shard answers.
        live: the body of ``/api/metrics/live``, likewise.
    """
    parts = health["components"]
    figures = {name: each["metrics"] for name, each in parts.items()}
    shards = [each for name, each in figures.items() if name.startswith("shard_")]
    uptime = _duration(health["uptime_seconds"])
    lines = [f"tart {health['version']} at {url}: {health['status']}, up {uptime}", ""]
    lines.append(_line("shards", parts["database"]["message"]))
    if nodes is not None and live is not None:
        connected = sum(node["is_connected"] for node in nodes)
        per_second = live["last_10s"]["events_per_second"]
        stored = sum(node["event_count"] for node in nodes)
        dropped = sum(node.get("dropped", 0) or 0 for node in nodes)
        best, finalized = live["latest_slot"], live["finalized_slot"]
        lines += [
            _line("nodes", f"{connected} connected, {len(nodes)} known"),
            _line("blocks", f"best slot {_or_none(best)}, finalized {_or_none(finalized)}"),
            _line(
                "events",
                f"{_rate(per_second)}, {stored:,} in all, {dropped:,} dropped by nodes",
            ),
        ]
    used = sum(each["bytes_on_disk"] or 0 for each in shards if "bytes_on_disk" in each)
    free = figures["system_resources"]["disk_free_bytes"]
    writer = parts["batch_writer"]["message"]
    lines += [
        _line("storage", f"{_bytes(used)} in files, {_bytes(free)} free on the disk; {writer}"),
        _line("memory", f"{_bytes(figures['memory']['rss_bytes'])} used by all processes"),
    ]
    troubles = [
        f"{name}: {each['status']}, {each['message']}"
        for name, each in parts.items()
        if each["status"] != "Healthy"
    ]
    if troubles:
        lines += ["", *(f"  ! {trouble}" for trouble in troubles)]
    return "\n".join(lines)


def _line(name: str, text: str) -> str:
    return f"  {name:8} {text}"


def _rate(per_second: float | None) -> str:
    return "just started" if per_second is None else f"{per_second:,.0f} a second"


def _or_none(slot: int | None) -> str:
    return "unknown" if slot is None else str(slot)


def _duration(seconds: float) -> str:
    """Two units at most: ``3 h 12 min``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _bytes(number: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
