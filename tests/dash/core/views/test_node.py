"""The view of one node, from made answers; ``tests/e2e/test_dash.py`` compares with a server."""

from datetime import UTC, datetime

from tart.dash.core.model import Place, row_values
from tart.dash.core.views.node import VIEW
from tests.dash.core.views.test_nodes import IDS, summary
from tests.dash.pages import find_figure, find_table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLACE = Place("node", IDS[0])


def answers(**changes):
    node = {
        "node_id": IDS[0],
        "implementation_name": "PolkaJam",
        "implementation_version": "0.1",
        "node_info": {"gp_version": "0.7.2", "params_layout": "gp-0.7"},
        "last_seen_at": "2026-11-30T11:59:58Z",
        "address": "127.0.0.1:1",
        "synced": False,
        "best": {"slot": 1000, "hash": "0x"},
        "finalized": None,
        "event_count": 5000,
        "dropped_count": str(2**64),
        "undecodable": 3,
        "deviations": {"a": 2, "b": 1},
        "connections": [
            {
                "session": 257,
                "address": "127.0.0.1:1",
                "connected_at": "2026-11-30T11:00:00Z",
                "event_count": 5000,
                "bytes": 1 << 20,
                "undecodable": 3,
            }
        ],
    } | changes
    one = summary(1)
    one["nodes"]["series"] = [[1, 2, 3]]
    one["buckets"] = {"start": "", "seconds": 30, "count": 3}
    event = {
        "id": 1025,
        "node_id": IDS[0],
        "event_id": 9,
        "event_type": 10,
        "received_at": "2026-11-30T11:59:58.123Z",
        "data": {"Status": {"timestamp": 1, "num_peers": 5}},
    }
    figures = {"count": 10, "p10_ms": 1.0, "p50_ms": 50.0, "p90_ms": 90.0, "p99_ms": 99.0}
    step = {"step": "A_to_B", "from": "A", "to": "B", "ratio": 2.5}
    return {
        "node": node,
        "summary": one,
        "events": {"events": [event]},
        "peers": {"total_peers": 5, "validator_peers": 4},
        "latencies": {"steps": [step | {"node": figures, "network": figures | {"p50_ms": 20.0}}]},
    }


def figures_of(page):
    return {figure.label: (figure.text, figure.value, figure.tone) for figure in page.figures}


def test_figures():
    page = VIEW.page(PLACE, answers(), NOW)
    assert page.title == "Node aaaaaaaa… PolkaJam 0.1"
    figures = figures_of(page)
    assert figures["State"] == ("well", "well", "good")
    assert figures["Seen"][0] == "2 s ago"
    assert figures["Synced"] == ("no", False, "warning")
    assert figures["Best slot"] == ("1,000", 1000, "")
    assert figures["Finalized"] == ("–", None, "")
    assert figures["Peers"] == ("5, 4 validators", 5, "")
    assert figures["Events"] == ("5,000, 8.25/s", 5000, "")
    assert figures["Dropped"][1] == 2**64
    assert figures["Deviations"] == ("3", 3, "warning")
    assert figures["Clock"] == ("1.5 ms behind", 1.5, "")
    assert page.sparks[0].values == (1.0, 2.0, 3.0)


def test_tables():
    page = VIEW.page(PLACE, answers(), NOW)
    (event,) = find_table(page, "Events").rows
    assert event.opens == Place("event", "1025")
    assert event.cells[1].text == "Status"
    (step,) = row_values(find_table(page, "Latencies"))
    assert step == {
        "step": "A_to_B",
        "count": 10,
        "p50_ms": 50.0,
        "p99_ms": 99.0,
        "network_p50_ms": 20.0,
        "ratio": 2.5,
        "p90_ms": 90.0,
    }
    assert find_table(page, "Latencies").rows[0].cells[5].tone == "warning"
    (connection,) = row_values(find_table(page, "Connections"))
    assert (connection["session"], connection["protocol_version"]) == (257, None)


def test_a_node_that_never_told_anything():
    empty = answers(
        node_info=None,
        implementation_name=None,
        implementation_version=None,
        last_seen_at=None,
        synced=None,
        best=None,
        connections=[],
    )
    empty["summary"]["nodes"] = {name: [] for name in empty["summary"]["nodes"]}
    empty |= {"peers": None, "latencies": None, "events": {"events": []}}
    page = VIEW.page(PLACE, empty, NOW)
    assert page.title == "Node aaaaaaaa…"
    figures = figures_of(page)
    assert figures["State"] == ("–", None, "dim")
    assert figures["Peers"] == ("–", None, "")
    assert figures["Clock"] == ("–", None, "")
    assert figures["Events"] == ("5,000, –", 5000, "")
    assert find_table(page, "Events").note == "none is stored"
    assert find_table(page, "Connections").note == "none is open"
    assert find_figure(page, "Seen").text == "–"


def test_a_node_that_lags_is_marked():
    late = answers()
    late["summary"]["nodes"]["best_lag"] = [4]
    assert figures_of(VIEW.page(PLACE, late, NOW))["Best slot"] == ("1,000 (−4)", 1000, "warning")


def test_a_node_without_peers_is_marked():
    alone = answers() | {"peers": {"total_peers": 0, "validator_peers": None}}
    assert figures_of(VIEW.page(PLACE, alone, NOW))["Peers"] == ("0", 0, "bad")


def test_the_view_asks_about_its_node():
    for request in VIEW.requests(PLACE):
        assert IDS[0] in request.arguments.values()
