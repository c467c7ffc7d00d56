"""Starts and arrivals of guarantees and assurances."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tart.aggregate.keyed.deliveries import (
    DISTRIBUTION_US,
    FOLLOWED_CORES,
    MAX_NODES,
    Deliveries,
    Start,
    decode_bins,
    is_followed,
)
from tart.units import JCE_US
from tests.aggregate.batches import DELAY_US, aggregate, rows, troubled_network
from tests.aggregate.columnar.test_counters import bin_of

REPORT, ANCHOR = b"r" * 32, b"a" * 32


@pytest.fixture(scope="module")
def found():
    return rows(aggregate(troubled_network()), "deliveries")


def received_at(fact):
    return fact["node_us"] + JCE_US + DELAY_US


def check(row, times):
    assert (row["seen_at"], row["last_at"]) == (min(times), max(times))
    assert row["count"] == len(times)
    assert dict(decode_bins(row["bins"])) == Counter(bin_of(each - min(times)) for each in times)


def test_every_start_is_a_row(found):
    facts = troubled_network().facts
    nodes = {fact["node"]: fact["index"] for fact in facts.of("node")}
    for variant, number, name in (
        ("GuaranteeBuilt", 105, "report"),
        ("DistributingAssurance", 126, "anchor"),
    ):
        expected = Counter(
            (received_at(f), nodes[f["node"]], f["about"][name]) for f in facts.events(variant)
        )
        starts = [row for row in found if row["type"] == number]
        assert expected == Counter((r["seen_at"], r["node"], r["hash"].hex()) for r in starts)
    built = {f["about"]["report"]: f["about"] for f in facts.events("GuaranteeBuilt")}
    for row in [row for row in found if row["type"] == 105]:
        about = built[row["hash"].hex()]
        # The package is unknown where what it began with was not sent.
        assert row["core"] in (about["core"], None)
        assert row["package"] in (bytes.fromhex(about["package"]), None)


def test_a_guarantee_arrives_once_at_each_node(found):
    facts = troubled_network().facts
    first: dict[str, dict[str, int]] = defaultdict(dict)
    for fact in facts.events("GuaranteeReceived"):
        times = first[fact["about"]["report"]]
        times[fact["node"]] = min(times.get(fact["node"], 1 << 62), received_at(fact))
    arrivals = {row["hash"].hex(): row for row in found if row["type"] == 112}
    assert arrivals.keys() == first.keys()
    for report, times in first.items():
        check(arrivals[report], list(times.values()))
    assert len(facts.events("GuaranteeReceived")) > sum(map(len, first.values()))


def test_assurances_arrive_from_each_assurer(found):
    facts = troubled_network().facts
    times = defaultdict(list)
    for fact in facts.events("AssuranceReceived"):
        about, at = fact["about"], received_at(fact)
        times[about["anchor"], about["assurer"], at // DISTRIBUTION_US].append(at)
    arrivals = {
        (r["hash"].hex(), r["sender"].hex(), r["seen_at"] // DISTRIBUTION_US): r
        for r in found
        if r["type"] == 131
    }
    assert arrivals.keys() == times.keys()
    for key, some in times.items():
        check(arrivals[key], some)


def test_in_large_networks_a_part_of_the_anchors_is_followed():
    anchors = [number.to_bytes(4, "big") + bytes(28) for number in range(1000)]
    for cores in (None, 1, FOLLOWED_CORES):
        assert all(is_followed(anchor, cores) for anchor in anchors)
    assert sum(is_followed(anchor, 341) for anchor in anchors) == 63


def test_what_is_beyond_the_limits_is_left_out_and_counted():
    deliveries = Deliveries(max_rows=1, max_times=3)
    deliveries.add_start(Start(1, 1, 126, ANCHOR))
    deliveries.add_start(Start(1, 2, 126, ANCHOR))
    deliveries.add_arrivals(131, ANCHOR, b"s" * 32, None, [5, 6])
    deliveries.add_arrivals(131, ANCHOR, b"t" * 32, None, [5, 6])
    deliveries.add_arrivals(131, ANCHOR, b"s" * 32, None, [7, 8])
    assert deliveries.overflowed == 1 + 2 + 2
    assert list(deliveries.rows()["count"]) == [1, 2]
    deliveries.clear()
    deliveries.add_arrivals(131, ANCHOR, b"t" * 32, None, [5, 6, 7])
    assert list(deliveries.rows()["count"]) == [3]


def test_receivers_are_remembered_beyond_a_flush_for_the_newest_reports():
    deliveries = Deliveries(max_reports=2)
    deliveries.add_first_arrivals(112, REPORT, 1, [(5, 3), (4, 3), (6, MAX_NODES), (7, MAX_NODES)])
    # A node whose number is too great is counted each time.
    assert list(deliveries.rows()["count"]) == [3]
    assert list(deliveries.rows()["seen_at"]) == [4]
    deliveries.clear()
    deliveries.add_first_arrivals(112, REPORT, 1, [(9, 3)])
    assert not list(deliveries.rows()["count"])
    for number in range(2):
        deliveries.add_first_arrivals(112, bytes([number]) * 32, 1, [(9, 3)])
    deliveries.add_first_arrivals(112, REPORT, 1, [(9, 3)])
    assert list(deliveries.rows()["count"]) == [1, 1, 1]


@pytest.mark.parametrize(
    ("variant", "number"),
    [("BestBlockChanged", 11), ("FinalizedBlockChanged", 12), ("Importing", 43)],
)
def test_a_block_arrives_once_at_each_node(found, variant, number):
    times = defaultdict(dict)
    for fact in troubled_network().facts.events(variant):
        block, node = fact["about"]["block"], fact["node"]
        times[block][node] = min(received_at(fact), times[block].get(node, received_at(fact)))
    shown = {row["hash"].hex(): row for row in found if row["type"] == number}
    assert shown.keys() == times.keys()
    for block, nodes in times.items():
        check(shown[block], sorted(nodes.values()))
        assert shown[block]["sender"] is None


def test_the_same_hash_of_two_types_is_two_subjects():
    deliveries = Deliveries()
    for number in (11, 12, 11):
        deliveries.add_first_arrivals(number, REPORT, 7, [(5, 1)])
    counts = dict(zip(deliveries.rows()["type"], deliveries.rows()["count"], strict=True))
    assert counts == {11: 1, 12: 1}
