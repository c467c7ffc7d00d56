"""The data of nodes by measure: rows of the aggregates in, values and rates out."""

from __future__ import annotations

import random
from collections import Counter
from math import exp, log, log2

import pytest

from tart.protocol.events import EventKind
from tart.query.comparison.differences import NodeRate
from tart.query.comparison.groups import Group, Membership
from tart.query.comparison.node_data import Durations, NodeData
from tart.query.core.version_spans import VersionSpan
from tart.query.core.windows import Window
from tart.query.shard_queries.deliveries import Delivery, DeliveryArrivals, DeliveryStart
from tart.query.shard_queries.log_moments import NodeMoments
from tart.units import HOUR_US, SECOND_US

ALPHA, BETA = Group("alpha"), Group("beta")
GROUPS = {"a": ALPHA, "b": BETA}
WINDOW = Window(0, HOUR_US - 1)


def group_at(node: str | None, time_us: int) -> Group | None:
    return GROUPS.get(node or "")


def membership() -> Membership:
    spans = {
        "a": [VersionSpan("a", "alpha", "1", 0, HOUR_US // 2)],
        "b": [
            VersionSpan("b", "beta", "1", 0, HOUR_US // 4),
            VersionSpan("b", "beta", "1", HOUR_US // 2, HOUR_US),
        ],
    }
    return Membership(GROUPS, spans=spans)


def histogram(durations: list[float]) -> Durations:
    found = Durations()
    found.bins = Counter(int(4 * log2(each)) for each in durations)
    return found


def test_the_mean_of_a_histogram_is_that_of_its_durations() -> None:
    rng = random.Random(1)
    durations = [rng.lognormvariate(10, 0.4) for _ in range(2_000)]
    value = histogram(durations).value()
    assert value.value == pytest.approx(sum(map(log, durations)) / 2_000, abs=0.004)
    assert value.events == 2_000
    assert value.variance == pytest.approx(0.16 / 2_000, rel=0.1)
    # They scatter over more than two bins, so that the bins make no difference.
    assert value.bias < 1e-6


def test_durations_within_one_bin_may_be_off_by_half_of_it() -> None:
    value = histogram([1_000.0] * 50).value()
    assert value.bias == pytest.approx(log(2) / 8)
    assert value.variance == 0.0


def test_exact_durations_have_no_bias_and_a_histogram() -> None:
    durations = Durations()
    for each in (1_000, 1_000, 4_000, 0):
        durations.add(each)
    value = durations.value()
    assert value.value == pytest.approx((2 * log(1_000) + log(4_000)) / 4)
    assert (value.bias, value.events, durations.bins.total()) == (0.0, 4, 4)


def test_latencies_count_for_the_group_of_the_node() -> None:
    data = NodeData()
    rows = {(EventKind.IMPORTING, EventKind.BLOCK_VERIFIED, 60): {"a": 3, "b": 2, "unknown": 9}}
    data.add_latencies(rows, GROUPS)
    data.add_latencies(rows, {"a": BETA})
    data.finish()
    values = data.values["Importing_to_BlockVerified"]
    assert {member: value.events for member, value in values.items()} == {
        (ALPHA, "a"): 3,
        (BETA, "b"): 2,
        (BETA, "a"): 3,
    }


def test_failures_are_by_attempts_and_events_by_connected_time() -> None:
    data = NodeData()
    rows = {
        (EventKind.IMPORTING,): {"a": 40, "b": 20},
        (EventKind.BLOCK_VERIFICATION_FAILED,): {"a": 4},
        (EventKind.SENDING_BLOCK_REQUEST,): {"b": 10},
        (EventKind.BLOCK_REQUEST_FAILED,): {"b": 30},
        (EventKind.DROPPED,): {"a": 1},
    }
    data.add_counts(rows, GROUPS, membership(), WINDOW)
    data.add_findings(
        [
            {"node": "a", "rule": "events_dropped", "count": 7},
            {"node": "a", "rule": "bad_length", "count": 0},
        ],
        GROUPS,
    )
    data.finish()
    assert data.rates["block_failure_share"] == {
        (ALPHA, "a"): NodeRate(4, 40),
        (BETA, "b"): NodeRate(0, 20),
    }
    # Never more failures than attempts.
    assert data.rates["request_failure_share"][BETA, "b"] == NodeRate(10, 10)
    assert data.rates["dropped_share"][ALPHA, "a"] == NodeRate(1, 45)
    assert data.rates["restarts"][BETA, "b"] == NodeRate(1, pytest.approx(0.75, abs=1e-6))
    assert data.rates["findings"][ALPHA, "a"] == NodeRate(0, 45)
    assert data.values["events_per_second"][ALPHA, "a"].value == pytest.approx(log(45 / 1_800))


def test_the_offset_of_a_clock_is_the_median_of_its_buckets() -> None:
    data = NodeData()
    data.add_clocks({(0,): {"a": -9_000, "b": 1_000}, (1,): {"a": -7_000}}, GROUPS)
    data.add_clocks({(2,): {"a": -90_000, "unknown": 5}, (3,): {"b": None}}, GROUPS)
    data.finish()
    assert data.values["clock_offset"][ALPHA, "a"].value == -9.0
    assert data.values["clock_error"][ALPHA, "a"].value == 9.0
    assert data.values["clock_offset"][BETA, "b"].value == 1.0


def test_gas_is_measured_by_what_the_same_services_take_on_average() -> None:
    data = NodeData()
    data.add_refinements(
        [
            # Service 1 takes twice the time of service 2 everywhere; b is twice as slow as a.
            {"node": "a", "service": 1, "count": 1, "gas": 100, "elapsed_ns": 200},
            {"node": "a", "service": 2, "count": 1, "gas": 100, "elapsed_ns": 100},
            {"node": "b", "service": 1, "count": 1, "gas": 100, "elapsed_ns": 400},
            {"node": "b", "service": 2, "count": 0, "gas": 0, "elapsed_ns": 0},
            {"node": "unknown", "service": 2, "count": 1, "gas": 1, "elapsed_ns": 1},
            {"node": "a", "service": 3, "count": 0, "gas": 0, "elapsed_ns": 0},
        ],
        GROUPS,
    )
    data.finish()
    time = data.values["refine_time_per_gas"]
    assert exp(time[ALPHA, "a"].value) == pytest.approx(300 / (300 + 100))
    assert exp(time[BETA, "b"].value) == pytest.approx(400 / 300)
    assert data.values["refine_gas_per_item"][ALPHA, "a"].value == pytest.approx(0.0)


def test_moments_become_means_with_their_scatter() -> None:
    data = NodeData()
    data.add_moments("report_size", [NodeMoments("a", 2, 6.0, 20.0)], GROUPS)
    data.add_moments("report_size", [NodeMoments("a", 1, 3.0, 9.0)], GROUPS)
    data.add_moments("report_size", [NodeMoments("unknown", 1, 3.0, 9.0)], GROUPS)
    data.add_moments("report_size", [NodeMoments(None, 1, 3.0, 9.0)], GROUPS)
    data.finish()
    ((member, value),) = data.values["report_size"].items()
    assert member == (ALPHA, "a")
    assert (value.value, value.events) == (3.0, 3)
    assert value.variance == pytest.approx(1.0 / 3)


def test_a_block_propagates_from_its_author_to_the_others() -> None:
    data = NodeData()
    rows = [
        {"hash": "x", "node": "b", "at": 1_100_000, "type": EventKind.IMPORTING},
        {"hash": "x", "node": "a", "at": 1_000_000, "type": EventKind.AUTHORED},
        {"hash": "x", "node": "late", "at": 900 * SECOND_US, "type": EventKind.IMPORTING},
        # Nobody that sends telemetry authored this one.
        {"hash": "y", "node": "b", "at": 1_000_000, "type": EventKind.IMPORTING},
        {"hash": "y", "node": "a", "at": 1_000_000, "type": EventKind.IMPORTING},
        {"hash": "z", "node": "a", "at": 1_000_000, "type": EventKind.AUTHORED},
    ]
    data.add_sightings(rows, group_at)
    data.finish()
    received = data.values["propagation_received"]
    assert exp(received[BETA, "b"].value) == pytest.approx(100_000)
    # Not below the millisecond that batches of reads are apart.
    assert exp(received[ALPHA, "a"].value) == pytest.approx(1_000)
    assert set(data.values["propagation_authored"]) == {(ALPHA, "a")}
    assert exp(data.values["propagation_authored"][ALPHA, "a"].value) == pytest.approx(100_000)


def delivery(node: str | None, at_us: int, *arrivals: tuple[int, list[int]]) -> Delivery:
    start = DeliveryStart(1, "aa", at_us, node, None, None, None)
    rows = [DeliveryArrivals(1, "aa", node, first, first, bins) for first, bins in arrivals]
    return Delivery(start, rows)


def test_deliveries_without_arrivals_are_unreceived() -> None:
    data = NodeData()
    deliveries = [
        delivery("a", 1_000_000, (1_050_000, [0, 2])),
        delivery("a", 1_000_000),
        delivery("b", 1_000_000, (1_050_000, [0, 1]), (1_000_000, [60, 1])),
        # These may still be received, or have no node.
        delivery("a", 9_000_000),
        delivery(None, 1_000_000),
        delivery("unknown", 1_000_000),
    ]
    metrics = "assurance_delay", "assurances_unreceived"
    data.add_deliveries(metrics, deliveries, 5_000_000, group_at)
    data.finish()
    assert data.rates["assurances_unreceived"] == {
        (ALPHA, "a"): NodeRate(1, 2),
        (BETA, "b"): NodeRate(0, 1),
    }
    assert exp(data.values["assurance_delay"][ALPHA, "a"].value) == pytest.approx(50_000, rel=1e-3)
