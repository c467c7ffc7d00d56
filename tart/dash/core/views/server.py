"""The view of the server itself: does it keep up, and for how long does the disk suffice?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from tart.dash.core.cells import duration_cell, missing_cell, size_cell
from tart.dash.core.format import (
    UNKNOWN,
    compact,
    duration,
    milliseconds,
    number,
    number_cell,
    plain,
    rate,
    size,
)
from tart.dash.core.model import (
    Answers,
    Cell,
    Column,
    Figure,
    Page,
    Place,
    Request,
    Row,
    Table,
    Tone,
    View,
)

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        DetailedHealth,
        ServerDisk,
        ServerShard,
        ServerStatus,
        ShardFigures,
    )

_STATUS: dict[str, Tone] = {"Healthy": "good", "Degraded": "warning", "Unhealthy": "bad"}
_SHARD_STATES: dict[str, Tone] = {"up": "good", "starting": "warning", "down": "bad"}
_HOUR, _DAY = 3600.0, 86_400.0

_COMPONENTS = (
    Column("name", "Component"),
    Column("status", "Status"),
    Column("message", "Message"),
)
_SHARDS = (
    Column("shard", "Shard", "right"),
    Column("state", "State"),
    Column("connections", "Nodes", "right", descending=True),
    Column("events_per_second", "Events", "right", descending=True),
    Column("write_p50_ms", "Write p50", "right", descending=True),
    Column("write_p99_ms", "p99", "right", descending=True),
    Column("commit_p99_ms", "Stored p99", "right", descending=True),
    Column("pending_bytes", "Waiting", "right", descending=True),
    Column("resident_bytes", "Memory", "right", descending=True),
    Column("bytes_on_disk", "On disk", "right", descending=True),
    Column("loop_lag_ms", "Lag", "right", descending=True),
    Column("queries_waiting", "Queries", "right", descending=True),
    Column("rows", "Stored", "right", descending=True),
    Column("uptime_seconds", "Up for", "right", descending=True),
    Column("restarts", "Restarts", "right", descending=True),
)
_REQUESTS = (
    Column("route", "Route", width=44),
    Column("requests", "Requests", "right", descending=True),
    Column("p50_ms", "p50", "right", descending=True),
    Column("p99_ms", "p99", "right", descending=True),
    Column("failed", "Failed", "right", descending=True),
    Column("refused", "Refused", "right", descending=True),
    Column("seconds_total", "Time", "right", descending=True),
)


def requests(place: Place) -> tuple[Request, ...]:
    """Return the requests of the view."""
    return (
        Request("server", "server", every_seconds=1),
        Request("health", "detailed_health", every_seconds=1),
    )


def page(place: Place, answers: Answers, now: datetime) -> Page:
    """Return the page of the server."""
    server: ServerStatus = answers["server"]
    health: DetailedHealth = answers["health"]
    return Page(
        title=f"Server {server['version']}",
        figures=_figures(server, health),
        tables=(_shards(server["shard_list"]), _components(health), _requests(server)),
    )


def _figures(server: ServerStatus, health: DetailedHealth) -> tuple[Figure, ...]:
    shards = [shard["figures"] for shard in server["shard_list"] if shard["figures"]]
    known = [it["events_per_second"] for it in shards if it["events_per_second"] is not None]
    per_second = round(sum(known), 3) if known else None
    gateway, host = server["gateway"], server["host"]
    memory = gateway["resident_bytes"] + sum(it["resident_bytes"] for it in shards)
    up, total = server["shards_up"], len(server["shard_list"])
    return (
        Figure("Status", health["status"], health["status"], _STATUS[health["status"]]),
        Figure("Shards", f"{up} of {total} up", up, "" if up == total else "bad"),
        Figure("Connections", *_sum(it["connections"] for it in shards)),
        Figure("Events", rate(per_second), per_second),
        Figure("Write p99", *_largest(it["write_ms"]["p99"] for it in shards)),
        Figure("Waiting", *_total_size(it["pending_bytes"] for it in shards)),
        Figure("Memory", f"{size(memory)} of {size(host['memory_total_bytes'])}", memory),
        *_disk(server["disk"]),
        Figure("Processors", number(host["cpus"]), host["cpus"]),
        Figure("Up for", duration(gateway["uptime_seconds"]), gateway["uptime_seconds"]),
        Figure("Live clients", number(gateway["subscribers"]), gateway["subscribers"]),
        Figure("DuckDB", plain(server["duckdb"]), server["duckdb"]),
    )


def _sum(values: Iterable[int]) -> tuple[str, int]:
    total = sum(values)
    return number(total), total


def _total_size(values: Iterable[int]) -> tuple[str, int]:
    total = sum(values)
    return size(total), total


def _largest(values: Iterable[float | None]) -> tuple[str, float | None]:
    largest = max((value for value in values if value is not None), default=None)
    return milliseconds(largest), largest


def _disk(disk: ServerDisk) -> tuple[Figure, Figure, Figure]:
    forecast = disk["forecast"]
    free, reserve = disk["free_bytes"], disk["reserve_bytes"]
    tone: Tone = "bad" if free < reserve else "warning" if free < 2 * reserve else ""
    full, held = forecast["full_in_days"], forecast["retention_hours"]
    if full is not None:
        outlook = Figure("Disk full in", duration(full * _DAY), full, "warning")
    else:
        text = UNKNOWN if held is None else duration(held * _HOUR)
        outlook = Figure("Events stay", text, held)
    return (
        Figure("On disk", size(disk["used_bytes"]), disk["used_bytes"]),
        Figure("Disk free", f"{size(free)} of {size(disk['total_bytes'])}", free, tone),
        outlook,
    )


def _shards(shards: list[ServerShard]) -> Table:
    return Table("Shards", _SHARDS, tuple(map(_shard_row, shards)))


def _shard_row(shard: ServerShard) -> Row:
    figures = shard["figures"]
    state = "paused" if figures and figures["is_paused"] else shard["state"]
    detail = f"{state}: {figures['paused_for']}" if figures and figures["is_paused"] else state
    shown = _shard_cells(figures) if figures else (missing_cell(),) * (len(_SHARDS) - 3)
    return Row(
        str(shard["shard"]),
        (
            Cell(str(shard["shard"]), shard["shard"]),
            Cell(plain(detail), state, _SHARD_STATES.get(state, "bad")),
            *shown,
            number_cell(shard["restarts"], "warning" if shard["restarts"] else "dim"),
        ),
    )


def _shard_cells(figures: ShardFigures) -> tuple[Cell, ...]:
    per_second, stored = figures["events_per_second"], figures["rows"]
    lag = round(figures["loop_lag_seconds"] * 1000, 3)
    return (
        number_cell(figures["connections"]),
        Cell(rate(per_second), per_second),
        duration_cell(figures["write_ms"]["p50"]),
        duration_cell(figures["write_ms"]["p99"]),
        duration_cell(figures["commit_ms"]["p99"]),
        size_cell(figures["pending_bytes"]),
        size_cell(figures["resident_bytes"]),
        size_cell(figures["bytes_on_disk"]),
        duration_cell(lag, "warning" if lag >= 1000 else ""),
        number_cell(figures["queries_waiting"]),
        Cell(compact(stored), stored),
        Cell(duration(figures["uptime_seconds"]), figures["uptime_seconds"]),
    )


def _components(health: DetailedHealth) -> Table:
    rows = tuple(
        Row(
            name,
            (
                Cell(plain(name), name),
                Cell(part["status"], part["status"], _STATUS[part["status"]]),
                Cell(plain(part["message"]), part["message"]),
            ),
        )
        for name, part in health["components"].items()
    )
    return Table("Health", _COMPONENTS, rows)


def _requests(server: ServerStatus) -> Table:
    rows = tuple(
        Row(
            route["route"],
            (
                Cell(plain(route["route"]), route["route"]),
                number_cell(route["requests"]),
                duration_cell(route["duration_ms"]["p50"]),
                duration_cell(route["duration_ms"]["p99"]),
                number_cell(route["failed"], "warning" if route["failed"] else "dim"),
                number_cell(route["refused"]),
                Cell(duration(route["seconds_total"]), route["seconds_total"]),
            ),
        )
        for route in server["requests"]
    )
    note = "since the gateway started" if rows else "none yet"
    return Table("Requests", _REQUESTS, rows, note, ("seconds_total", True))


VIEW = View(
    name="server",
    aliases=("srv",),
    title="Server",
    requests=requests,
    page=page,
)
