"""``tart status``: shows the status of a running server on one screen.

The exit code is 0 if the server is healthy, 3 if something is degraded, 4 if it is unhealthy,
so that a script needs to parse nothing; 1 if no server answers. ``--alive`` only checks that the
server answers, for which it needs no key: the health check of a container.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from tart.cli.arguments import add_client, add_config
from tart.cli.http_client import connect
from tart.cli.http_errors import describe_other_answer
from tart.cli.render.amounts import bytes_text, duration_text
from tart.config.load import load
from tart.errors import StartupError
from tart.style import PLAIN, Style, style_for

Json = dict[str, Any]

EXIT_CODES = {"Healthy": 0, "Degraded": 3, "Unhealthy": 4}
_UNHEALTHY = 503
_HEALTH = "/api/health/detailed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    add_client(parser)
    parser.add_argument(
        "--alive",
        action="store_true",
        help="only check that the server answers; needs no key",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the status and return the exit code.

    Raises:
        ConfigError: The settings or the key file cannot be used.
        StartupError: No server answers, or it refuses.
    """
    config = load(arguments.config, environ=os.environ)
    server, style = connect(arguments, config), style_for(sys.stdout, os.environ)
    if arguments.alive:
        alive = server.get("/api/health")
        if "version" not in alive:
            raise StartupError(describe_other_answer(server.url, "/api/health"))
        print(f"tart {alive['version']} at {server.url} answers")
        return 0
    health = server.get(_HEALTH, accept=(_UNHEALTHY,))
    if not _is_health(health):
        raise StartupError(describe_other_answer(server.url, _HEALTH))
    if _shards_answer(health):
        nodes, live = server.get("/api/nodes"), server.get("/api/metrics/live")
        print(render(server.url, health, nodes["nodes"], live, style))
    else:
        print(render(server.url, health, None, None, style))
    return EXIT_CODES[health["status"]]


def _is_health(health: Json) -> bool:
    """Return whether the health is that of a tart; other programs have such a route, too."""
    try:
        return "shards_answered" in health["components"]["database"]["metrics"]
    except (KeyError, TypeError):
        return False


def _shards_answer(health: Json) -> bool:
    """Return whether any shard answers; without one, nodes and metrics are unavailable."""
    return bool(health["components"]["database"]["metrics"]["shards_answered"])


def render(
    url: str,
    health: Json,
    nodes: list[Json] | None,
    live: Json | None,
    style: Style = PLAIN,
) -> str:
    """Return the screen; pure.

    Args:
        url: The server's address.
        health: The body of ``/api/health/detailed``.
        nodes: Those of ``/api/nodes``; ``None`` if no shard answers.
        live: The body of ``/api/metrics/live``; ``None`` if no shard answers.
        style: The colours of states.
    """
    components = health["components"]
    metrics = {name: part["metrics"] for name, part in components.items()}
    shards = [part for name, part in metrics.items() if name.startswith("shard_")]
    uptime = duration_text(health["uptime_seconds"])
    state = _state(health["status"], style)
    lines = [f"tart {health['version']} at {url}: {state}, up {uptime}", ""]
    lines.append(_line("shards", components["database"]["message"]))
    if nodes is not None and live is not None:
        lines += _network_lines(nodes, live)
    files = sum(shard["bytes_on_disk"] or 0 for shard in shards if "bytes_on_disk" in shard)
    writer = components["batch_writer"]["message"]
    used, free = bytes_text(files), bytes_text(metrics["system_resources"]["disk_free_bytes"])
    lines += [
        _line("storage", f"{used} in files, {free} free on the disk; {writer}"),
        _line("memory", f"{bytes_text(metrics['memory']['rss_bytes'])} used by all processes"),
    ]
    problems = [
        f"  ! {name}: {_state(part['status'], style)}, {part['message']}"
        for name, part in components.items()
        if part["status"] != "Healthy"
    ]
    if problems:
        lines += ["", *problems]
    return "\n".join(lines)


def _state(state: str, style: Style) -> str:
    """Return a state in its colour."""
    colours = {"Healthy": style.good, "Degraded": style.warning, "Unhealthy": style.error}
    return colours[state](state)


def _network_lines(nodes: list[Json], live: Json) -> list[str]:
    connected = sum(node["is_connected"] for node in nodes)
    stored = sum(node["event_count"] for node in nodes)
    dropped = sum(node.get("dropped", 0) or 0 for node in nodes)
    best, finalized = _slot(live["latest_slot"]), _slot(live["finalized_slot"])
    rate = _rate(live["last_10s"]["events_per_second"])
    return [
        _line("nodes", f"{connected} connected, {len(nodes)} known"),
        _line("blocks", f"best slot {best}, finalized {finalized}"),
        _line("events", f"{rate}, {stored:,} in all, {dropped:,} dropped by nodes"),
    ]


def _line(name: str, text: str) -> str:
    return f"  {name:8} {text}"


def _rate(per_second: float | None) -> str:
    return "just started" if per_second is None else f"{per_second:,.0f} a second"


def _slot(slot: int | None) -> str:
    return "unknown" if slot is None else str(slot)
