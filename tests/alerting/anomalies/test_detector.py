"""The detector: minutes in, scores out."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable

import pytest

from tart.alerting.anomalies.detector import AnomalyDetector, Epochs, NodeScore
from tart.alerting.anomalies.node_series import NODE_SERIES, MinuteRows
from tart.protocol.events import EventKind
from tart.units import MINUTE_US
from tests.query.answers.checking import check

NODES = [f"{number:064x}" for number in range(12)]
IMPLEMENTATIONS = {
    node: ("slow" if place < 6 else "fast", "1.0") for place, node in enumerate(NODES)
}


def minute(detector: AnomalyDetector, number: int, **events: float) -> None:
    """A minute in which all nodes send 1,000 events but those of ``events``."""
    counts = {node: events.get(f"n{place}", 1000.0) for place, node in enumerate(NODES)}
    rows = MinuteRows(
        events=[{"node": node, "count": count} for node, count in counts.items() if count]
    )
    detector.add_nodes(number * MINUTE_US, rows, IMPLEMENTATIONS)


def test_before_the_first_minute_there_is_nothing() -> None:
    detector = AnomalyDetector()
    body = detector.answer(10)
    assert (body["minute"], body["nodes"], body["network"]) == (None, [], [])
    assert detector.node_scores() == detector.network_scores() == {}


def test_a_node_that_differs_for_most_minutes_is_named_with_its_cohorts() -> None:
    detector = AnomalyDetector()
    for number in range(5):
        minute(detector, number, n3=200.0)
    body = detector.answer(10)
    check("Anomalies", {**body, "timestamp": body["minute"]})
    (node,) = body["nodes"]
    assert (node["node_id"], node["figure"]) == (NODES[3], "events")
    assert node["implementation_name"] == "slow"
    (figure,) = (each for each in node["figures"] if each["figure"] == "events")
    assert figure["score"] < -10
    assert figure["cohorts"].keys() == {"network", "implementation", "version"}
    assert (figure["value"], figure["median"]) == (200, 1000)
    assert detector.node_scores()[NODES[3]] == pytest.approx(-figure["score"], abs=0.01)
    assert detector.node_scores()[NODES[4]] == 0
    assert detector.answer(10, NODES[4])["nodes"][0]["score"] == 0
    assert detector.answer(0)["nodes_truncated"] == 1


def test_one_minute_is_not_enough_and_a_gap_begins_again() -> None:
    detector = AnomalyDetector()
    for number in range(5):
        minute(detector, number)
    minute(detector, 5, n3=200.0)
    assert detector.answer(10)["nodes"] == []
    minute(detector, 6, n3=200.0)
    minute(detector, 20, n3=200.0)
    assert detector.answer(10)["nodes"] == []


def test_what_happens_to_all_is_no_node_s_anomaly() -> None:
    detector = AnomalyDetector()
    for number in range(5):
        minute(detector, number)
    for number in range(5, 10):
        minute(detector, number, **{f"n{place}": 10.0 for place in range(12)})
    assert detector.answer(10)["nodes"] == []


def test_a_slow_implementation_is_a_group_that_differs() -> None:
    detector = AnomalyDetector()
    for number in range(5):
        minute(detector, number, **{f"n{place}": 500.0 for place in range(4)}, n4=500.0)
    groups = detector.answer(10)["groups"]
    assert groups[0]["name"] in ("slow", "slow 1.0")
    assert (groups[0]["figure"], groups[0]["nodes"]) == ("events", 6)
    assert groups[0]["score"] < -5


def test_the_network_is_held_against_its_past() -> None:
    noise = random.Random(3)
    detector = AnomalyDetector()
    for number in range(300):
        counts = {EventKind.STATUS: 10_000 + int(noise.gauss(0, 50)), EventKind.AUTHORED: 10}
        detector.add_network(number * MINUTE_US, counts, Epochs(600, 6))
    calm = detector.network_scores()
    assert calm["events"] < 5
    assert calm["blocks_authored"] == 0
    detector.add_network(300 * MINUTE_US, {EventKind.STATUS: 3_000}, Epochs(600, 6))
    stalled = detector.network_scores()
    assert stalled["events"] > 8
    assert stalled["blocks_authored"] > 8
    # A minute that was taken already counts once.
    detector.add_network(300 * MINUTE_US, {EventKind.STATUS: 9_999_999}, Epochs())
    assert detector.network_scores() == stalled
    assert {row["figure"] for row in detector.answer(1)["network"]} >= {"events", "tickets"}


@pytest.mark.no_cover
def test_a_thousand_nodes_take_tens_of_milliseconds() -> None:
    nodes = [f"{number:064x}" for number in range(1023)]
    rows = MinuteRows(
        events=[{"node": node, "count": 1000} for node in nodes],
        counts=[
            {"node": node, "type": EventKind.BEST_BLOCK_CHANGED, "count": 10} for node in nodes
        ],
        imports=[{"node": node, "bin": 40, "count": 9} for node in nodes],
        clocks=[{"node": node, "offset_us": 100} for node in nodes],
        statuses=[{"node": node, "samples": 30, "sum_num_peers": 300} for node in nodes],
    )
    implementations = {node: ("one", str(place % 3)) for place, node in enumerate(nodes)}
    floor = min(_spent(lambda: _make_scores(nodes)) for _ in range(5))
    spent = min(
        _spent(lambda: AnomalyDetector().add_nodes(0, rows, implementations)) for _ in range(5)
    )
    assert spent < 30 * floor


def _make_scores(nodes: list[str]) -> dict[str, dict[str, NodeScore]]:
    """Return scores of as many figures, computed from nothing."""
    scores: dict[str, dict[str, NodeScore]] = {}
    for node in nodes:
        mine = scores[node] = {}
        for figure in NODE_SERIES:
            mine[figure.name] = NodeScore(1.0, 1.0, 1.0, 1.0, {"network": 1.0})
    return scores


def _spent(work: Callable[[], object]) -> float:
    # Searches for the garbage of all other tests are not its work.
    gc.disable()
    try:
        start = time.process_time()
        work()
        return time.process_time() - start
    finally:
        gc.enable()
