"""``tart/query/grafana/convergence.py``: delays of deliveries and their percentiles."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tart.query.grafana import convergence
from tart.query.shard_queries.deliveries import (
    Delivery,
    DeliveryArrivals,
    DeliverySet,
    DeliveryStart,
)
from tart.units import SECOND_US

REPORT, NODE = "aa" * 32, "bb" * 32


def delivery(at=0, report=REPORT, node=NODE, slot=4, core=1, package="cc" * 32, arrivals=()):
    """``arrivals`` are (first, last, bins)."""
    return Delivery(
        DeliveryStart(1, report, at, node, slot, core, package),
        [DeliveryArrivals(1, report, None, *each) for each in arrivals],
    )


def deliveries(*some, scale=1):
    return DeliverySet(some, Fraction(scale))


def test_delays_are_from_the_start_to_each_arrival():
    # Bin 40 has 1024 to 1217 µs, in the middle 1117.
    delays = convergence.Delays([delivery(at=1000, arrivals=[(5000, 6300, [0, 1, 40, 2])])])
    assert len(delays) == 3
    assert delays.percentiles() == {
        "p50_ms": 5,
        "p75_ms": 5,
        "p95_ms": 5,
        "p99_ms": 5,
        "p100_ms": 5,
    }
    assert convergence.Delays([]).percentiles() is None


def test_no_delay_is_below_zero_or_beyond_the_last_arrival():
    delays = convergence.Delays([delivery(at=9000, arrivals=[(1000, 9500, [0, 1, 52, 1])])])
    assert delays.percentiles() == {
        "p50_ms": 0,
        "p75_ms": 0,
        "p95_ms": 0,
        "p99_ms": 0,
        "p100_ms": 0,
    }


def test_guarantees_are_grouped_by_slot():
    some = deliveries(
        delivery(at=5000, arrivals=[(7000, 7000, [0, 2])]),
        delivery(at=4000, report="dd" * 32, arrivals=[(9000, 9000, [0, 3])]),
        delivery(at=9000, report="ee" * 32, slot=3),
        scale=2,
    )
    empty, full = convergence.guarantees_by_slot(some, None)
    assert (empty["slot"], empty["node_count"], empty["p50_ms"]) == (3, 0, None)
    assert (full["guarantee_count"], full["node_count"], full["min_node_count"]) == (4, 3, 2)
    assert (full["p50_ms"], full["p100_ms"]) == (5, 5)
    assert full["slot_timestamp"] == "2025-01-01T12:00:24.000000Z"
    assert convergence.slot_time(4, 2) == "2025-01-01T12:00:08.000000Z"


def test_reports_are_selected_by_core_and_package():
    arrivals = [(7000, 7000, [0, 2])]
    some = deliveries(
        delivery(arrivals=arrivals),
        delivery(report="dd" * 32, core=2, package=None, arrivals=arrivals),
        delivery(report="ee" * 32),
    )
    assert len(convergence.reports(some, None, None)) == 2
    assert [row["core"] for row in convergence.reports(some, 2, None)] == [2]
    assert [row["core"] for row in convergence.reports(some, None, "cc" * 32)] == [1]


def test_unknown_slots_of_anchors_are_last():
    arrivals = [(7000, 9000, [0, 2])]
    some = deliveries(
        delivery(at=100, report="aa" * 32, arrivals=arrivals),
        delivery(at=3_100, report="aa" * 32, node="dd" * 32),
        delivery(report="bb" * 32, arrivals=arrivals),
        delivery(report="cc" * 32),
    )
    rows = convergence.anchors(some, {"bb" * 32: 9}, 6)
    assert [(row["anchor"][:2], row["slot"]) for row in rows] == [("bb", 9), ("aa", None)]
    assert (rows[1]["sender_count"], rows[1]["receiver_count"]) == (2, 2)
    assert (rows[1]["dist_start_p50_ms"], rows[1]["dist_start_p100_ms"]) == (0, 3)
    senders = convergence.senders(some, {}, NODE)
    assert [row["anchor"][:2] for row in senders] == ["aa", "bb"]


@pytest.mark.parametrize(("node", "buckets"), [(None, [0, 10]), (NODE, [0])])
def test_buckets_have_what_started_in_them(node, buckets):
    arrivals = [(7000, 7000, [0, 2])]
    some = deliveries(
        delivery(at=3, arrivals=arrivals),
        delivery(at=12 * SECOND_US, node="dd" * 32, arrivals=arrivals),
        delivery(at=30 * SECOND_US),
        scale=3,
    )
    rows = convergence.by_time(some, 10 * SECOND_US, node)
    assert [int(row["ts"][17:19]) for row in rows] == buckets
    assert {row["sample_count"] for row in rows} == {6}
