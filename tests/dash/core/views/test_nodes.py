"""The view of all nodes, from made answers; ``tests/e2e/test_dash.py`` compares with a server."""

from datetime import UTC, datetime

from tart.dash.core.model import Place, row_values
from tart.dash.core.views.nodes import VIEW
from tests.dash.pages import find_figure, find_table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
RULES = [
    {"state": "gone", "level": "no_data", "meaning": ""},
    {"state": "silent", "level": "bad", "meaning": ""},
    {"state": "clock_off", "level": "warning", "meaning": ""},
    {"state": "well", "level": "well", "meaning": ""},
]
IDS = ["aa" * 32, "bb" * 32, "cc" * 32]


def summary(count=3):
    columns = {
        "node_id": IDS,
        "implementation": [0, 1, 0],
        "address": ["127.0.0.1:1", None, "[::1]:2"],
        "state": ["well", "gone", "clock_off"],
        "best_slot": [1000, None, 996],
        "best_lag": [0, None, 4],
        "finalized_slot": [997, None, 990],
        "clock_offset_ms": [1.5, None, -2500.0],
        "peers": [5, None, 3],
        "validator_peers": [4, None, 3],
        "events_per_second": [8.25, None, 1.0],
        "dropped": [0, 7, str(2**64)],
        "undecodable": [0, 1, 0],
        "failures": [0, 0, 12],
        "errors": [0, 0, 1],
        "warnings": [0, 0, 2],
        "last_seen_at": ["2026-11-30T11:59:59Z", None, "2026-11-30T11:58:00Z"],
    }
    return {
        "total": count,
        "connected": min(2, count),
        "levels": {"well": 1, "warning": 1, "bad": 0, "no_data": 1},
        "network": {"best_slot": 1000, "finalized_slot": None},
        "implementations": [
            {"name": "PolkaJam", "version": "0.1\x1b"},
            {"name": None, "version": None},
        ],
        "rules": RULES,
        "nodes": {name: values[:count] for name, values in columns.items()},
    }


def show(count=3):
    return VIEW.page(Place("nodes"), {"nodes": summary(count)}, NOW)


def test_nodes_that_need_attention_are_first_and_those_gone_last():
    rows = find_table(show(), "Nodes").rows
    assert [row.key for row in rows] == [IDS[2], IDS[0], IDS[1]]
    assert rows[0].opens == Place("node", IDS[2])


def test_values_are_those_of_the_answer():
    table = find_table(show(), "Nodes")
    by_id = {row["node_id"]: row for row in row_values(table)}
    for index, node_id in enumerate(IDS):
        for name, values in summary()["nodes"].items():
            if name not in ("implementation", "dropped"):
                assert by_id[node_id][name] == values[index], name
    assert by_id[IDS[2]]["dropped"] == 2**64


def test_what_is_unwell_has_a_tone_and_a_word():
    rows = {row.key: row.cells for row in find_table(show(), "Nodes").rows}
    texts = {cell.text: cell.tone for cell in rows[IDS[2]]}
    assert texts["clock off"] == "warning"
    assert texts["4"] == "warning"
    assert texts["−2.5 s"] == "warning"
    assert "PolkaJam 0.1\ufffd" in texts
    assert texts["2"] == "warning"


def test_figures():
    page = show()
    texts = {figure.label: figure.text for figure in page.figures}
    assert texts == {
        "Connected": "2 of 3",
        "Well": "1",
        "Warning": "1",
        "Bad": "0",
        "No data": "1",
        "Best slot": "1,000",
        "Finalized": "–",
        "Events": "9.25/s",
    }
    assert find_figure(page, "Warning").tone == "warning"
    assert find_figure(page, "Bad").tone == ""


def test_without_nodes_the_table_says_so():
    assert find_table(show(0), "Nodes").note == "No node has ever connected."
