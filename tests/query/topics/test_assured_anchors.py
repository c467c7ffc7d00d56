"""``tart/query/topics/assured_anchors.py``: who assured an anchor, and whom that reached."""

from __future__ import annotations

from fractions import Fraction

from tart.query.shard_queries.deliveries import (
    Delivery,
    DeliveryArrivals,
    DeliverySet,
    DeliveryStart,
)
from tart.query.topics.assured_anchors import Anchors, anchor_coverage, select_anchors
from tart.units import SECOND_US

A, B, C = ("aa" * 32, "bb" * 32, "cc" * 32)
ONE, TWO = "11" * 32, "22" * 32
SECOND = SECOND_US


def delivery(anchor, node, at, *arrivals):
    """``arrivals`` are (first, last, bins)."""
    return Delivery(
        DeliveryStart(1, anchor, at, node, None, None, None),
        [DeliveryArrivals(1, anchor, node, *each) for each in arrivals],
    )


def coverage(*deliveries, nodes=(A, B, C), first_at=None):
    anchors = Anchors(first_at or {ONE: 0}, 1)
    return anchor_coverage(anchors, [DeliverySet(deliveries, Fraction(1))], nodes, {ONE: 7}, 6)


def test_an_anchor_that_all_assured_and_received():
    body = coverage(
        delivery(ONE, A, 1_000_000, (1_010_000, 1_010_000, [0, 2])),
        delivery(ONE, B, 1_100_000, (1_200_000, 1_200_000, [0, 2])),
        delivery(ONE, C, 3_000_000, (3_000_500, 3_500_000, [0, 1, 75, 1])),
    )
    (row,) = body["anchors"]
    assert (body["nodes"], body["nodes_left_out"]) == ([A, B, C], 0)
    assert (row["anchor"], row["slot"], row["assured"], row["share"]) == (ONE, 7, 3, 1.0)
    assert (row["receipts"], row["expected_receipts"]) == (6, 6)
    # The fourth of six receipts, and the last.
    assert (row["until_two_thirds_ms"], row["until_all_ms"]) == (200, 2500)
    assert row["started_ms"] == [0, 100, 2000]
    assert row["reached"] == [2, 2, 2]
    assert (row["late"], row["missing"], row["elsewhere"]) == ([2], [], [])
    assert body["late_after_ms"] == 2000


def test_nodes_that_did_not_assure_it_are_missing_and_those_of_a_fork_elsewhere():
    body = coverage(
        delivery(ONE, A, 0, (5_000, 5_000, [0, 1])),
        delivery(TWO, B, 2 * SECOND, (2 * SECOND, 2 * SECOND, [0, 1])),
        first_at={ONE: 0, TWO: 2 * SECOND},
    )
    assert [row["anchor"] for row in body["anchors"]] == [TWO, ONE]
    row = body["anchors"][1]
    assert (row["missing"], row["elsewhere"]) == ([1, 2], [1])
    assert (row["started_ms"], row["reached"]) == ([0, None, None], [1, None, None])
    assert row["until_two_thirds_ms"] is row["until_all_ms"] is None
    assert row["last_receipt_ms"] == 5
    assert body["anchors"][0]["slot"] is None
    first, second, third = body["assurers"]
    assert (first["assured"], first["missing"], first["elsewhere"]) == (1, 1, 1)
    assert (second["reached"], second["start_p50_ms"], second["delivery_p95_ms"]) == (1.0, 0.0, 0.0)
    assert (third["assured"], third["missing"], third["reached"]) == (0, 2, None)


def test_the_first_assurance_of_a_node_counts():
    body = coverage(
        delivery(ONE, A, 6 * SECOND, (6 * SECOND, 6 * SECOND, [0, 2])),
        delivery(ONE, A, 0, (100_000, 100_000, [0, 1])),
    )
    (row,) = body["anchors"]
    assert (row["receipts"], row["reached"][0], row["started_ms"][0]) == (1, 1, 0)


def test_a_thousand_nodes_and_no_more():
    nodes = [f"{number:064x}" for number in range(1_030)]
    body = coverage(delivery(ONE, nodes[0], 0), nodes=nodes)
    assert (len(body["nodes"]), body["nodes_left_out"]) == (1_023, 7)
    assert len(body["anchors"][0]["reached"]) == len(body["assurers"]) == 1_023


def test_without_anchors_the_answer_is_empty():
    body = anchor_coverage(Anchors({}, 0), [], [], {}, None)
    assert (body["nodes"], body["anchors"], body["assurers"]) == ([], [], [])
    assert (Anchors({}, 0).start_us, Anchors({}, 0).batches(6)) == (0, [])


def test_an_anchor_belongs_to_the_window_of_its_first_assurance():
    rows = [
        {"anchor": ONE, "seen_at": 90},
        {"anchor": ONE, "seen_at": 110},
        {"anchor": TWO, "seen_at": 120},
        {"anchor": A, "seen_at": 130},
        {"anchor": B, "seen_at": 140},
    ]
    found = select_anchors(rows, 100, 135, lambda anchor: True, 1)
    assert (dict(found.first_at), found.total) == ({A: 130}, 2)
    assert select_anchors(rows, 100, 135, lambda anchor: anchor != A, 9).first_at == {TWO: 120}


def test_what_is_beside_the_oldest_anchor_is_read_and_not_shown():
    rows = [
        {"anchor": ONE, "seen_at": 20 * SECOND},
        {"anchor": TWO, "seen_at": 19 * SECOND},
        {"anchor": A, "seen_at": 13 * SECOND},
    ]
    anchors = select_anchors(rows, 0, 99 * SECOND, lambda anchor: True, 1)
    assert (anchors.beside, anchors.batches(6)) == ((TWO,), [[ONE, TWO]])
    assert anchors.start_us == 14 * SECOND
    some = [delivery(ONE, A, 20 * SECOND), delivery(TWO, B, 19 * SECOND)]
    body = anchor_coverage(anchors, [DeliverySet(some, Fraction(1))], [A, B], {}, 6)
    (row,) = body["anchors"]
    assert (row["missing"], row["elsewhere"], body["assurers"][1]["assured"]) == ([1], [1], 0)


def test_queries_of_large_networks_are_for_a_few_anchors_each():
    anchors = Anchors({f"{number:064x}": number for number in range(20)}, 20)
    assert len(anchors.batches(6)) == 1
    batches = anchors.batches(1_023)
    assert [len(each) for each in batches] == [9, 9, 2]
    assert [anchor for each in batches for anchor in each] == list(anchors.first_at)
