"""``tart/query/grafana/blocks.py``: contents, numbers and convergence of blocks."""

from __future__ import annotations

from tart.query.core.aggregate_columns import OUTLINE
from tart.query.core.log_histogram import middle_us
from tart.query.grafana import blocks
from tart.query.grafana.blocks import Arrivals
from tests.query.answers.checking import check

A, B = "aa" * 32, "bb" * 32
ONE, TWO = "01" * 32, "02" * 32
NOON = 1_795_176_000_000_000


def test_contents_are_those_of_the_outline_in_order_of_slots():
    row = {"slot": 7, "authored": 5, "ended_at": NOON, "node": A, **dict.fromkeys(OUTLINE, 3)}
    rows = [row, {**row, "slot": 2, "authored": None}, {**row, "slot": None}]
    found = blocks.contents(rows)
    for each in found:
        check("GrafanaBlockContents", each)
    assert [each["slot"] for each in found] == [2, 7]
    assert found[1]["timestamp"] == "2025-01-01T12:00:00.000005Z"
    assert found[1]["num_disputes"] == 3


def test_an_authoring_begins_before_its_block_is_authored():
    sample = [{"hash": ONE, "slot": 7, "seen_at": NOON}]
    (row,) = blocks.convergence(sample, [blocks.of_author(ONE, 40, NOON - 2_000_000)])
    check("GrafanaConvergence", row)
    assert (row["event_type_name"], row["node_count"]) == ("Authoring", 1)
    assert row["p50_ms"] == row["p99_ms"] == row["p100_ms"] == -2000


def test_a_summary_counts_blocks_of_authors_by_their_hash():
    authored = [{"hash": ONE, "node": B}, {"hash": TWO, "node": B}, {"hash": ONE, "node": B}]
    authored.append({"hash": TWO, "node": A})
    chain = {"best_block": 5, "finalized_block": None, "ahead": []}
    found = blocks.summary({42: 9, 11: 4}, chain, authored)
    check("GrafanaBlockSummary", found)
    assert found["totals"]["authored"] == 9
    assert found["totals"]["best_block_changes"] == 4
    assert [(row["node_id"], row["blocks_authored"]) for row in found["authoring_by_node"]] == [
        (B, 2),
        (A, 1),
    ]


def test_delays_of_all_shards_and_flushes_count_together():
    authored = [{"hash": ONE, "slot": 7, "seen_at": NOON}]
    arrivals = [
        Arrivals(ONE, 11, NOON + 100_000, NOON + 300_000, [(0, 1), (60, 2)]),
        Arrivals(ONE, 11, NOON + 900_000, NOON + 900_000, [(0, 1)]),
        Arrivals(TWO, 11, NOON, NOON, [(0, 1)]),
        Arrivals(ONE, 43, NOON - 5_500, NOON - 5_500, [(0, 1)]),
    ]
    best, importing = blocks.convergence(authored, arrivals)
    for row in (best, importing):
        check("GrafanaConvergence", row)
    later = int(100 + round(middle_us(60)) / 1000)
    assert (best["node_count"], best["p50_ms"], best["p75_ms"]) == (4, later, 900)
    assert best["p100_ms"] == 900
    assert (importing["event_type"], importing["node_count"]) == (43, 1)
    # A clock is set back, or the author's connection is slower.
    assert (importing["p50_ms"], importing["p100_ms"]) == (-6, -6)


def test_two_blocks_of_a_slot_are_apart():
    authored = [{"hash": block, "slot": 7, "seen_at": NOON} for block in (TWO, ONE)]
    arrivals = [Arrivals(block, 12, NOON, NOON, [(0, 1)]) for block in (TWO, ONE)]
    assert [row["block_hash"] for row in blocks.convergence(authored, arrivals)] == [ONE, TWO]


def test_a_sample_is_even():
    rows = [{"slot": number} for number in range(10)]
    assert blocks.sample_blocks(rows, 10) == rows
    assert [row["slot"] for row in blocks.sample_blocks(rows, 4)] == [0, 3, 6, 9]
