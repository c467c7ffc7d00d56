"""``tart/query/topics/finality.py``: lag, delays, spread, stalls."""

from __future__ import annotations

from dataclasses import replace

from tart.query.core.log_histogram import middle_us
from tart.query.topics.finality import STALL_SLOTS, FinalityRows, finality
from tart.query.topics.protocol_steps import StepRows
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US, SECOND_US

A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
START = 30_000_000 * MINUTE_US
BUCKETS = Buckets(START, START + 3 * MINUTE_US - 1, MINUTE_US)
STARTS = (START, START + MINUTE_US, START + 2 * MINUTE_US)


def node(node_id, finalized, *, best=None):
    return {
        "node_id": node_id,
        "is_connected": True,
        "implementation_name": "x",
        "implementation_version": "1",
        "statements": {},
        "best": best and {"slot": best},
        "finalized": finalized and {"slot": finalized},
    }


def block(digest, slot, seconds):
    return {"hash": digest, "slot": slot, "seen_at": START + round(seconds * SECOND_US)}


def by_bucket(*slots):
    """Each node's slot in each bucket."""
    return {
        (start,): {n: s for n, s in zip((A, B), each, strict=False) if s is not None}
        for start, each in zip(STARTS, slots, strict=True)
    }


NOTHING = FinalityRows(BUCKETS, {}, {}, [], {}, [], [], [], StepRows([], []), [], None)
ROWS = FinalityRows(
    buckets=BUCKETS,
    best=by_bucket((10, 10), (20, 20), (30, 30)),
    finalized=by_bucket((7, 7), (17, 9), (26, 9)),
    blocks=[block("01", 7, 1), block("02", 17, 20), block("03", 26, 170)],
    first_seen={"01": START - 9 * SECOND_US, "02": START + 2 * SECOND_US},
    arrivals=[
        ("02", START + 20 * SECOND_US, START + 20 * SECOND_US, [(0, 1)]),
        ("02", START + 21 * SECOND_US, START + 23 * SECOND_US, [(0, 1), (84, 1)]),
        ("03", START + 170 * SECOND_US, START + 170 * SECOND_US, [(0, 1)]),
    ],
    events=[{"node": A, "count": 5}, {"node": C, "count": 1}],
    durations=[
        {"bucket": STARTS[0], "node": A, "bin": 90, "count": 3},
        {"bucket": STARTS[2], "node": B, "bin": 100, "count": 1},
    ],
    steps=StepRows([], []),
    nodes=[node(A, 26, best=30), node(B, 9, best=30), node(C, None)],
    slot_seconds=6,
)


def test_lag_is_from_the_best_to_the_finalized_slot_of_the_network_and_of_each_node():
    found = finality(ROWS, 10)
    assert found["now"] == {"best_slot": 30, "finalized_slot": 26, "lag_slots": 4}
    assert found["series"]["best_slot"] == [10, 20, 30]
    assert found["series"]["finalized_slot"] == [7, 17, 26]
    assert found["series"]["lag_slots"] == [3, 3, 4]
    assert found["series"]["finalized_blocks"] == [2, 0, 1]
    behind, ahead, silent = found["nodes"]
    assert (behind["node_id"], behind["lag"]) == (B, [3, 11, 21])
    assert (behind["lag_p50"], behind["lag_max"]) == (11, 21)
    assert (ahead["node_id"], ahead["lag"], ahead["finalized_events"]) == (A, [3, 3, 4], 5)
    assert (silent["node_id"], silent["lag_p50"], silent["finalized_slot"]) == (C, None, None)
    assert [line["node_id"] for line in finality(ROWS, 1)["nodes"]] == [B]
    assert finality(ROWS, 1)["nodes_total"] == 3


def test_delays_are_of_nodes_of_blocks_and_of_arrivals():
    found = finality(ROWS, 10)
    assert found["node_delay"]["count"] == 4
    assert found["node_delay"]["p50_ms"] == round(middle_us(90) / 1000, 3)
    assert found["series"]["p50_ms"][1] is None
    # The third block was not seen before.
    assert found["network_delay"] == {
        "count": 2,
        "p50_ms": 10_000,
        "p95_ms": 18_000,
        "max_ms": 18_000,
    }
    assert (found["arrival_delay"]["count"], found["arrival_delay"]["p50_ms"]) == (3, 19_000)
    # The bin of the last arrival ends with it.
    assert found["arrival_delay"]["max_ms"] == 21_000
    # From the first node of either shard to the last; a block of one node has no spread.
    assert found["spread"] == {"count": 1, "p50_ms": 3000, "p95_ms": 3000, "max_ms": 3000}


def test_a_gap_between_rising_finalized_blocks_is_a_stall():
    found = finality(ROWS, 10)
    assert found["stall_after_seconds"] == STALL_SLOTS * 6
    (stall,) = found["stalls"]
    assert (stall["seconds"], stall["finalized_slot"]) == (150, 17)
    assert stall["until"] is not None
    # A block of a lower slot is no progress.
    more = replace(ROWS, blocks=[*ROWS.blocks, block("04", 16, 60)])
    assert finality(more, 10)["stalls"] == found["stalls"]


def test_a_stall_lasts_if_the_window_ends_in_it_and_may_begin_with_it():
    rows = replace(ROWS, blocks=[block("01", 7, 70)])
    last, first = finality(rows, 10)["stalls"]
    assert (last["until"], last["seconds"], last["finalized_slot"]) == (None, 110, 7)
    assert (first["seconds"], first["finalized_slot"]) == (70, None)
    (whole,) = finality(replace(ROWS, blocks=[]), 10)["stalls"]
    assert (whole["until"], whole["seconds"], whole["finalized_slot"]) == (None, 180, None)


def test_without_a_node_that_names_best_blocks_nothing_is_known_of_stalls():
    rows = replace(ROWS, best=by_bucket((10, 10), (None,), (30, 30)))
    # In the middle of the gap no node was heard, but at its end.
    assert len(finality(rows, 10)["stalls"]) == 0
    assert finality(replace(ROWS, best={}), 10)["stalls"] == []


def test_without_rows_every_figure_is_null_or_zero():
    found = finality(NOTHING, 10)
    assert found["series"]["best_slot"] == [None] * 3
    assert found["nodes"] == found["stalls"] == []
    none = {"count": 0, "p50_ms": None, "p95_ms": None, "max_ms": None}
    for name in ("node_delay", "network_delay", "arrival_delay", "spread"):
        assert found[name] == none
    assert set(found["rounds"].values()) == {None}
