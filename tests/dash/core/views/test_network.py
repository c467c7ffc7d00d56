"""The view of the network, from made answers."""

from datetime import UTC, datetime

from tart.dash.core.model import Place, row_values
from tart.dash.core.views.network import VIEW
from tests.dash.pages import find_figure, find_table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def answers(**changes):
    levels = {"well": 2, "warning": 1, "bad": 1, "no_data": 0}
    answers = {
        "realtime": {
            "rates": {"events_per_second": 64.7},
            "data": [{"events": 3}, {"events": 2}, {"events": 1}],
        },
        "nodes": {
            "total": 4,
            "connected": 3,
            "levels": levels,
            "network": {"best_slot": 1000, "finalized_slot": 990},
            "nodes": {"dropped": [0, 7, str(2**64), 0]},
        },
        "health": {"overall_health": "healthy", "health_score": 99.8},
        "alerts": {
            "alerts": [
                {
                    "id": "f00d-1",
                    "labels": {"node": "ab" * 32},
                    "silenced_by": [],
                    "inhibited_by": None,
                    "severity": "critical",
                    "since": "2026-11-30T11:59:00Z",
                    "summary": "ab is 7 slots behind",
                    "about": {"kind": "node", "id": "ab" * 32},
                }
            ],
            "counts": {"firing": 1, "by_severity": {"critical": 0, "warning": 1}},
        },
        "implementations": {
            "implementations": [
                {
                    "name": None,
                    "version": None,
                    "nodes": 4,
                    "connected": 3,
                    "levels": levels,
                    "best_lag_max": None,
                    "failures": 5,
                    "errors": 1,
                }
            ]
        },
    }
    return answers | changes


def show(**changes):
    return VIEW.page(Place("network"), answers(**changes), NOW)


def test_figures():
    page = show()
    figures = {figure.label: (figure.text, figure.value, figure.tone) for figure in page.figures}
    assert figures == {
        "Best slot": ("1,000", 1000, ""),
        "Finalized": ("990 (−10)", 990, "warning"),
        "Connected": ("3 of 4", 3, "warning"),
        "States": ("1 bad, 1 warning", 4, "bad"),
        "Events": ("64.7/s", 64.7, ""),
        "Dropped": (f"{2**64 + 7:,}", 2**64 + 7, "warning"),
        "Health": ("healthy (99.8 %)", 99.8, "good"),
        "Alerts": ("1", 1, "warning"),
    }
    assert page.sparks[0].values == (1.0, 2.0, 3.0)


def test_an_alert_opens_its_node():
    (row,) = find_table(show(), "Alerts").rows
    assert row.opens == Place("node", "ab" * 32)
    assert [cell.text for cell in row.cells] == ["critical", "1 min", "ab is 7 slots behind"]


def test_an_implementation_without_a_name_is_unknown():
    (values,) = row_values(find_table(show(), "Implementations"))
    assert values["implementation"] == "unknown"
    assert values["best_lag_max"] is None


def test_a_network_that_has_nothing_yet():
    levels = dict.fromkeys(("well", "warning", "bad", "no_data"), 0)
    nodes = {
        "total": 0,
        "connected": 0,
        "levels": levels,
        "network": {"best_slot": None, "finalized_slot": None},
        "nodes": {"dropped": []},
    }
    realtime = {"rates": {"events_per_second": None}, "data": []}
    page = show(nodes=nodes, realtime=realtime, health=None, alerts=None, implementations=None)
    assert find_figure(page, "Best slot").text == "–"
    assert find_figure(page, "States").tone == "dim"
    assert find_figure(page, "Health").value is None
    assert page.tables == ()


def test_levels_are_words():
    levels = {"well": 2, "warning": 0, "bad": 0, "no_data": 0}
    page = show(nodes=answers()["nodes"] | {"levels": levels, "connected": 4})
    assert (find_figure(page, "States").text, find_figure(page, "States").tone) == (
        "all well",
        "good",
    )
    warned = show(nodes=answers()["nodes"] | {"levels": levels | {"warning": 1}})
    assert find_figure(warned, "States").tone == "warning"
