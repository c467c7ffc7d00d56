"""The view of the server, from made answers; ``tests/e2e/test_dash.py`` compares with a server."""

from datetime import UTC, datetime

from tart.dash.core.model import Place, row_values
from tart.dash.core.views.server import VIEW
from tests.dash.pages import find_table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
GIB = 1 << 30


def shard_figures(**changes):
    return {
        "is_paused": False,
        "paused_for": "",
        "connections": 3,
        "events_per_second": 20.5,
        "write_ms": {"p50": 5.0, "p99": 50.0, "count": 9},
        "commit_ms": {"p50": 100.0, "p99": 500.0, "count": 9},
        "pending_bytes": 1024,
        "resident_bytes": GIB,
        "bytes_on_disk": 10,
        "loop_lag_seconds": 0.5,
        "queries_waiting": 0,
        "rows": 12_345,
        "uptime_seconds": 90.0,
    } | changes


def shard(number, **changes):
    return {"shard": number, "state": "up", "restarts": 0, "figures": shard_figures()} | changes


def answers(*shards, **disk):
    forecast = {"full_in_days": None, "retention_hours": 48.0}
    server = {
        "version": "0.1.0",
        "duckdb": None,
        "shard_list": list(shards),
        "shards_up": sum(it["state"] == "up" for it in shards),
        "gateway": {"uptime_seconds": 3725.0, "resident_bytes": GIB, "subscribers": 2},
        "host": {"memory_total_bytes": 8 * GIB, "cpus": 4},
        "disk": {
            "used_bytes": 10,
            "free_bytes": 5 * GIB,
            "total_bytes": 10 * GIB,
            "reserve_bytes": GIB,
            "forecast": forecast,
        }
        | disk,
        "requests": [
            {
                "route": "/api/nodes",
                "requests": 9,
                "refused": 1,
                "failed": 1,
                "seconds_total": 61.0,
                "duration_ms": {"p50": 1.0, "p99": None, "count": 9},
            }
        ],
    }
    component = {"name": "memory", "status": "Degraded", "message": "much", "metrics": {}}
    health = {"status": "Degraded", "components": {"memory": component}}
    return {"server": server, "health": health}


def show(*shards, **disk):
    return VIEW.page(Place("server"), answers(*shards, **disk), NOW)


def figures_of(page):
    return {figure.label: (figure.text, figure.value, figure.tone) for figure in page.figures}


def test_figures_are_sums_over_the_shards():
    figures = figures_of(show(shard(0), shard(1)))
    assert figures["Status"] == ("Degraded", "Degraded", "warning")
    assert figures["Shards"] == ("2 of 2 up", 2, "")
    assert figures["Connections"] == ("6", 6, "")
    assert figures["Events"] == ("41/s", 41.0, "")
    assert figures["Write p99"] == ("50 ms", 50.0, "")
    assert figures["Waiting"] == ("2.0 KiB", 2048, "")
    assert figures["Memory"] == ("3.0 GiB of 8.0 GiB", 3 * GIB, "")
    assert figures["Disk free"] == ("5.0 GiB of 10.0 GiB", 5 * GIB, "")
    assert figures["Events stay"] == ("2 d 0 h", 48.0, "")
    assert figures["Up for"][0] == "1 h 2 min"


def test_a_shard_that_is_down_has_no_figures():
    page = show(shard(0), shard(1, state="down", figures=None, restarts=2))
    figures = figures_of(page)
    assert figures["Shards"] == ("1 of 2 up", 1, "bad")
    assert figures["Connections"][1] == 3
    rows = find_table(page, "Shards").rows
    assert (rows[1].cells[1].text, rows[1].cells[1].tone) == ("down", "bad")
    assert row_values(find_table(page, "Shards"))[1]["connections"] is None
    assert rows[1].cells[-1].tone == "warning"


def test_without_any_shard_sums_are_zero_and_the_rest_unknown():
    figures = figures_of(show(shard(0, state="down", figures=None)))
    assert figures["Events"] == ("–", None, "")
    assert figures["Write p99"] == ("–", None, "")


def test_a_shard_that_pauses_says_why():
    page = show(shard(0, figures=shard_figures(is_paused=True, paused_for="disk")))
    cell = find_table(page, "Shards").rows[0].cells[1]
    assert (cell.text, cell.value, cell.tone) == ("paused: disk", "paused", "bad")


def test_a_disk_that_fills_up_is_marked():
    full = {"full_in_days": 2.5, "retention_hours": 60.0}
    assert figures_of(show(shard(0), forecast=full))["Disk full in"] == ("2 d 12 h", 2.5, "warning")
    assert figures_of(show(shard(0), free_bytes=GIB - 1))["Disk free"][2] == "bad"
    assert figures_of(show(shard(0), free_bytes=GIB + 1))["Disk free"][2] == "warning"
    unknown = {"full_in_days": None, "retention_hours": None}
    assert figures_of(show(shard(0), forecast=unknown))["Events stay"] == ("–", None, "")


def test_components_and_requests():
    page = show(shard(0))
    (component,) = row_values(find_table(page, "Health"))
    assert component == {"name": "memory", "status": "Degraded", "message": "much"}
    (request,) = row_values(find_table(page, "Requests"))
    assert (request["route"], request["p99_ms"], request["failed"]) == ("/api/nodes", None, 1)
