"""``tart/query/topics/propagation.py``: how fast blocks spread."""

from hypothesis import given
from hypothesis import strategies as st

from tart.query.topics import propagation as module
from tart.query.topics.propagation import (
    LATE_US,
    Spreading,
    corrected,
    percentile,
    propagation,
    sample,
)
from tart.units import JCE_US, MINUTE_US, SECOND_US

X, Y = "0a" * 32, "0b" * 32


def sight(block, node, at, number=62, offset=0, behind=0):
    """Seen ``at``; its clock, behind ours by ``behind``, said so at once."""
    own = at - behind - JCE_US
    return {
        **{"hash": block, "node": node, "at": at, "timestamp": own, "type": number},
        "offset_us": offset,
    }


START = 2_000_000_000 * SECOND_US
BLOCKS = [{"hash": X, "slot": 5, "nodes": 3}]


def shown(*sights, connected=4, blocks=BLOCKS):
    at = START - START % (10 * MINUTE_US)
    heard = {(at,): {f"n{each}": 1 for each in range(connected)}}
    return propagation(sights, heard, 10 * MINUTE_US, START, blocks)


def test_delays_are_from_the_first_sight_anywhere():
    found = shown(
        sight(X, "a", START, 42), sight(X, "b", START + 10_000), sight(X, "c", START + 30_000)
    )
    assert found["last_hour"] == {
        **{"clock": "received_at", "avg_propagation_ms": 20.0, "p50_propagation_ms": 10.0},
        **{"p95_propagation_ms": 30.0, "p99_propagation_ms": 30.0, "sample_count": 2, "late": 0},
    }
    (block,) = found["recent_blocks"]
    assert (block["slot"], block["first_node"], block["nodes"]) == (5, "a", 3)
    # Half of four nodes are two, the first among them; the fourth never saw it.
    assert (block["until_50_ms"], block["until_90_ms"], block["until_100_ms"]) == (10.0, None, None)
    shares = {each["share"]: each["blocks_reached"] for each in found["coverage"]["received_at"]}
    assert shares == {0.5: 1, 0.9: 0, 0.99: 0, 1.0: 0}


def test_node_clocks_are_corrected_by_their_offset():
    fast = sight(X, "b", START + 10_000, offset=-7 * SECOND_US, behind=-7 * SECOND_US)
    found = shown(sight(X, "a", START), fast)
    assert found["node_clocks"]["avg_propagation_ms"] == 10.0
    assert corrected(fast) == START + 10_000
    unknown = sight(X, "b", START + 10_000, offset=None)
    assert corrected(unknown) is None
    assert shown(sight(X, "a", START), unknown)["node_clocks"]["sample_count"] == 0


def test_who_catches_up_says_nothing_of_how_fast_blocks_spread():
    found = shown(sight(X, "a", START), sight(X, "b", START + LATE_US + 1))
    assert (found["last_hour"]["sample_count"], found["last_hour"]["late"]) == (0, 1)
    assert found["last_hour"]["p50_propagation_ms"] is None


def test_a_block_first_seen_before_the_window_is_none_of_it():
    found = shown(sight(X, "a", START - 1), sight(X, "b", START + 1))
    assert (found["blocks_looked_at"], found["last_hour"]["sample_count"]) == (0, 0)


def test_by_what_nodes_come_to_know_blocks():
    found = shown(
        sight(X, "a", START, 42),
        sight(X, "b", START + 1),
        *(sight(Y, "b", START + 2, number) for number in (43,)),
    )
    rows = {each["node_id"]: each for each in found["by_node"]}
    kinds = ("blocks_originated", "blocks_announced", "blocks_received", "blocks_seen")
    assert [rows["a"][name] for name in kinds] == [1, 0, 0, 1]
    assert [rows["b"][name] for name in kinds] == [0, 1, 1, 2]
    assert (rows["a"]["blocks_first_seen"], rows["b"]["blocks_first_seen"]) == (1, 1)


def test_without_blocks_nothing_is_known():
    found = shown(blocks=[])
    assert found["last_hour"]["avg_propagation_ms"] is None
    assert found["by_node"] == found["recent_blocks"] == []


def test_of_too_many_blocks_some_are_taken_evenly(monkeypatch):
    monkeypatch.setattr(module, "MAX_SIGHTS", 10)
    blocks = [{"hash": str(number), "nodes": 3} for number in range(10)]
    assert sample(blocks) == ["0", "3", "6", "9"]
    assert sample(blocks[:3]) == ["0", "1", "2"]


@given(st.lists(st.integers(0, 100), min_size=1), st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_what_that_share_does_not_exceed(values, share):
    values.sort()
    found = percentile(values, share)
    assert sum(each <= found for each in values) >= share * len(values) - 1e-6
    assert sum(each < found for each in values) < share * len(values)


@given(st.lists(st.integers(0, LATE_US), min_size=1, max_size=20), st.integers(1, 20))
def test_all_have_seen_it_no_earlier_than_half(delays, connected):
    first = [(at, f"{number}") for number, at in enumerate(sorted([0, *delays]))]
    block = Spreading(X, first, connected)
    half, everybody = block.until(0.5), block.until(1.0)
    assert (everybody is not None) == (len(first) >= connected)
    if everybody is not None:
        assert half is not None
        assert half <= everybody
