"""``tart/aggregate/columnar/counters.py``: counts and durations are those of the simulator."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tart.aggregate.columnar.counters import REFERENCE_STEPS, STEPS, ClockOffsets, LatencyHistograms
from tart.protocol.events import EVENTS, EventKind
from tart.query.core.log_histogram import BINS, PER_OCTAVE
from tart.units import JCE_US, SECOND_US
from tests.aggregate.batches import (
    DELAY_US,
    aggregate,
    connection_batch,
    rows,
    sum_by,
    troubled_network,
)


def test_events_are_counted_by_node_and_type():
    played = troubled_network()
    found = sum_by(rows(aggregate(played), "counts"), "node", "type")
    for at, node in enumerate(played.facts.of("node")):
        of_node = {number: n for (one, number), n in found.items() if one == at}
        assert of_node == dict(played.facts.counts(node["node"]))


def test_events_are_counted_in_buckets_of_ten_seconds():
    buckets = {row["bucket"] for row in rows(aggregate(troubled_network()), "counts")}
    assert len(buckets) > 10
    assert all(bucket % 10_000_000 == 0 for bucket in buckets)


def test_durations_of_every_step_match_the_simulator():
    facts = troubled_network().facts
    found = sum_by(rows(aggregate(troubled_network()), "latency"), "parent", "type", "bin")
    compared = 0
    for parent, number in REFERENCE_STEPS:
        if parent == 60:
            continue  # a stream's length is no latency
        variant, after = EVENTS[number].variant, EVENTS[parent].variant
        expected = Counter(map(bin_of, facts.latencies(variant, after)))
        of_step = {
            each: n for (one, other, each), n in found.items() if (one, other) == (parent, number)
        }
        assert of_step == dict(expected), (after, variant)
        compared += bool(expected)
    assert compared > 60


def test_negative_and_huge_durations_have_a_bin():
    latencies = LatencyHistograms()
    taken = np.array([-5, 0, 1, 1 << 62])
    latencies.add(np.zeros(4, np.int64), np.zeros(4, np.int64), np.zeros(4, np.int64), taken)
    found = latencies.rows()
    assert dict(zip(found["bin"].tolist(), found["count"].tolist(), strict=True)) == {
        0: 3,
        BINS - 1: 1,
    }


def test_steps_that_occur_later_are_counted_in_every_bucket():
    latencies, expected = LatencyHistograms(), Counter()
    every = np.random.default_rng(5).permutation(len(STEPS))
    for turn, steps in enumerate(np.array_split(every, 9)):
        for minute in range(3):
            length = len(steps)
            received_at = np.full(length, minute * 60_000_000)
            node = np.full(length, turn * 7)
            latencies.add(received_at, node, steps, np.ones(length, np.int64))
            expected.update((minute * 60_000_000, turn * 7, *STEPS[each]) for each in steps)
        found = latencies.rows()
        keys = (found[name].tolist() for name in ("bucket", "node", "parent", "type"))
        assert Counter(zip(*keys, strict=True)) == expected
        assert set(found["count"].tolist()) == {1}


def test_the_minimum_offset_of_a_minute_is_the_delay():
    played = troubled_network()
    for row in rows(aggregate(played), "clocks"):
        # The test hears each event so long after the node's own time.
        assert row["offset_us"] == DELAY_US


def bin_of(duration: int) -> int:
    """As ``query.core.log_histogram`` says: four to the octave."""
    return min(int(np.log2(max(duration, 1)) * PER_OCTAVE), BINS - 1)


def test_clock_offsets_of_nodes_with_high_numbers_are_kept_by_node():
    clocks = ClockOffsets()
    for node, delay in ((0, 7), (20, 5), (70, 3), (20, 9)):
        batch = connection_batch((SECOND_US, EventKind.STATUS, b""))
        batch.columns.node[:] = node
        batch.columns.received_at[:] = JCE_US + SECOND_US + delay
        clocks.add(batch)
    found = clocks.rows()
    offsets = dict(zip(found["node"].tolist(), found["offset_us"].tolist(), strict=True))
    assert offsets == {0: 7, 20: 5, 70: 3}
