"""``tart status``: shows the status of a running server on one screen.

The exit code is 0 if the server is healthy, 3 if something is degraded, 4 if it is unhealthy,
so that a script needs to parse nothing; 1 if no server answers. ``--alive`` only checks that the
server answers, for which it needs no key: the health check of a container.

``--watch`` shows it again and again: in place on a terminal, one block after another in a pipe, one
JSON document a line with ``--json``. It goes on while the server is away, and Ctrl-C ends it with
the exit code of the last status.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tart.amounts import bytes_text, duration_text
from tart.cli.arguments import add_client, add_config
from tart.cli.http_client import RequestRefused, Server, connect
from tart.cli.http_errors import describe_other_answer
from tart.cli.json_output import add_json, print_json, print_json_line
from tart.cli.progress import can_redraw
from tart.cli.render.documents import NodeTotals, StatusDocument
from tart.cli.render.screen import fit, replace_block
from tart.config.load import load
from tart.errors import ConfigError, StartupError
from tart.printable import replace_unprintable
from tart.style import PLAIN, Style, style_for

if TYPE_CHECKING:
    from tart.client._generated.answers import Node

Json = dict[str, Any]

EXIT_CODES = {"Healthy": 0, "Degraded": 3, "Unhealthy": 4}
_AWAY = 1
_UNHEALTHY = 503
_HEALTH = "/api/health/detailed"
# Statuses that no later attempt changes: a key is missing, or its role is too low.
_FORBIDDEN = (401, 403)
# What a document raises that has not the form of tart's.
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
_WATCH_SECONDS, _MIN_WATCH_SECONDS = 2.0, 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    add_client(parser)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--alive",
        action="store_true",
        help="only check that the server answers; needs no key",
    )
    mode.add_argument(
        "--watch",
        nargs="?",
        type=float,
        const=_WATCH_SECONDS,
        metavar="SECONDS",
        help=f"show the status every SECONDS ({_WATCH_SECONDS:g}) until Ctrl-C",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the status and return the exit code.

    Raises:
        ConfigError: The settings or the key file cannot be used.
        StartupError: No server answers, or it refuses.
    """
    seconds: float | None = arguments.watch
    if seconds is not None and not _MIN_WATCH_SECONDS <= seconds < math.inf:
        raise ConfigError(f"--watch: {seconds:g} is not at least {_MIN_WATCH_SECONDS:g} seconds")
    config = load(arguments.config, environ=os.environ)
    server = connect(arguments, config)
    if arguments.alive:
        return _print_alive(server, as_json=arguments.json)
    if seconds is not None:
        return watch(server, seconds, as_json=arguments.json)
    status = _fetch(server)
    if arguments.json:
        print_json(status)
    else:
        print(_text(status, style_for(sys.stdout, os.environ)))
    return _exit_code(status)


def _print_alive(server: Server, *, as_json: bool) -> int:
    alive = server.get("/api/health")
    if "version" not in alive:
        raise StartupError(describe_other_answer(server.url, "/api/health"))
    if as_json:
        print_json(alive)
    else:
        version = replace_unprintable(str(alive["version"]))
        print(f"tart {version} at {server.url} answers")
    return 0


def watch(server: Server, seconds: float, *, as_json: bool) -> int:
    """Show the status until Ctrl-C; return the exit code of the last one."""
    code = _AWAY
    blocks = _Blocks()
    try:
        for _ in _ticks(seconds):
            status = _try_to_fetch(server)
            code = _exit_code(status)
            if as_json:
                print_json_line(status)
            else:
                style = style_for(sys.stdout, os.environ)
                blocks.show(f"{status['at']}, every {seconds:g} s\n{_text(status, style)}")
    except KeyboardInterrupt:
        blocks.end()
    return code


def _ticks(seconds: float) -> Iterator[None]:
    """Yield every ``seconds``, or at once if that time is over."""
    due = time.monotonic()
    while True:
        yield
        due = max(due + seconds, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


class _Blocks:
    """Blocks of text: each in place of the one before on a terminal, else one after another."""

    def __init__(self) -> None:
        self._in_place = can_redraw(sys.stdout, os.environ)
        self._before: int | None = None

    def show(self, text: str) -> None:
        """Show a block."""
        if self._in_place:
            lines = fit(text, *os.get_terminal_size(sys.stdout.fileno()))
            sys.stdout.write(replace_block(self._before or 0, lines))
            self._before = len(lines)
        else:
            sys.stdout.write(text + "\n" if self._before is None else f"\n{text}\n")
            self._before = 0
        sys.stdout.flush()

    def end(self) -> None:
        """End the line on which a terminal shows Ctrl-C."""
        if self._in_place and self._before is not None:
            print()


def _try_to_fetch(server: Server) -> StatusDocument:
    """Return the status; of a server that does not answer why it does not.

    Raises:
        RequestRefused: The server needs a key, or one of another role.
    """
    try:
        return _fetch(server)
    except StartupError as error:
        if isinstance(error, RequestRefused) and error.http_status in _FORBIDDEN:
            raise
        return _document(server.url, error=str(error))


def _fetch(server: Server) -> StatusDocument:
    health = server.get(_HEALTH, accept=(_UNHEALTHY,))
    if not _is_health(health):
        raise StartupError(describe_other_answer(server.url, _HEALTH))
    if not _shards_answer(health):
        return _checked(_document(server.url, health=health))
    nodes, live = server.get("/api/nodes"), server.get("/api/metrics/live")
    try:
        totals = node_totals(nodes["nodes"])
    except _UNREADABLE:
        raise StartupError(describe_other_answer(server.url, "/api/nodes")) from None
    return _checked(_document(server.url, health=health, nodes=totals, live=live))


def _checked(status: StatusDocument) -> StatusDocument:
    """Return a status that can be shown.

    Raises:
        StartupError: It lacks something, or has what no tart answers.
    """
    try:
        _text(status, PLAIN)
    except _UNREADABLE:
        raise StartupError(describe_other_answer(status["url"], _HEALTH)) from None
    return status


def _document(
    url: str,
    *,
    error: str | None = None,
    health: Json | None = None,
    nodes: NodeTotals | None = None,
    live: Json | None = None,
) -> StatusDocument:
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "url": url,
        "error": error,
        "health": health,
        "nodes": nodes,
        "live": live,
    }


def _exit_code(status: StatusDocument) -> int:
    health = status["health"]
    return _AWAY if health is None else EXIT_CODES[health["status"]]


def _text(status: StatusDocument, style: Style) -> str:
    if status["health"] is None:
        return f"{style.error('away')}: {replace_unprintable(status['error'] or '')}"
    return render(status["url"], status["health"], status["nodes"], status["live"], style)


def _is_health(health: Json) -> bool:
    """Return whether the health is that of a tart; other programs have such a route, too."""
    try:
        return "shards_answered" in health["components"]["database"]["metrics"]
    except (KeyError, TypeError):
        return False


def _shards_answer(health: Json) -> bool:
    """Return whether any shard answers; without one, nodes and metrics are unavailable."""
    return bool(health["components"]["database"]["metrics"]["shards_answered"])


def node_totals(nodes: Sequence[Node]) -> NodeTotals:
    """Return sums over the nodes of ``/api/nodes``."""
    return {
        "known": len(nodes),
        "connected": sum(node["is_connected"] for node in nodes),
        "event_count": sum(node["event_count"] for node in nodes),
        # A sum beyond 64 bits comes as text.
        "dropped": sum(int(node["dropped_count"]) for node in nodes),
    }


def render(
    url: str,
    health: Json,
    nodes: NodeTotals | None,
    live: Json | None,
    style: Style = PLAIN,
) -> str:
    """Return the screen; pure.

    Args:
        url: The server's address.
        health: The body of ``/api/health/detailed``.
        nodes: Sums over the nodes; ``None`` if no shard answers.
        live: The body of ``/api/metrics/live``; ``None`` if no shard answers.
        style: The colours of states.
    """
    components = health["components"]
    metrics = {name: part["metrics"] for name, part in components.items()}
    shards = [part for name, part in metrics.items() if name.startswith("shard_")]
    uptime = duration_text(health["uptime_seconds"])
    state = _state(health["status"], style)
    version = replace_unprintable(health["version"])
    lines = [f"tart {version} at {url}: {state}, up {uptime}", ""]
    lines.append(_line("shards", replace_unprintable(components["database"]["message"])))
    if nodes is not None and live is not None:
        lines += _network_lines(nodes, live)
    files = sum(shard["bytes_on_disk"] or 0 for shard in shards if "bytes_on_disk" in shard)
    writer = replace_unprintable(components["batch_writer"]["message"])
    used, free = bytes_text(files), bytes_text(metrics["system_resources"]["disk_free_bytes"])
    lines += [
        _line("storage", f"{used} in files, {free} free on the disk; {writer}"),
        _line("memory", f"{bytes_text(metrics['memory']['rss_bytes'])} used by all processes"),
    ]
    problems = [
        f"  ! {replace_unprintable(name)}: {_state(part['status'], style)}, "
        f"{replace_unprintable(part['message'])}"
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


def _network_lines(nodes: NodeTotals, live: Json) -> list[str]:
    best, finalized = _slot(live["latest_slot"]), _slot(live["finalized_slot"])
    rate = _rate(live["last_10s"]["events_per_second"])
    events, dropped = nodes["event_count"], nodes["dropped"]
    return [
        _line("nodes", f"{nodes['connected']} connected, {nodes['known']} known"),
        _line("blocks", f"best slot {best}, finalized {finalized}"),
        _line("events", f"{rate}, {events:,} in all, {dropped:,} dropped by nodes"),
    ]


def _line(name: str, text: str) -> str:
    return f"  {name:8} {text}"


def _rate(per_second: float | None) -> str:
    return "just started" if per_second is None else f"{per_second:,.0f} a second"


def _slot(slot: int | None) -> str:
    return "unknown" if slot is None else str(slot)
