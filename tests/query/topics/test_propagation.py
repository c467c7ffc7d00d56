"""``tart/query/topics/propagation.py``: propagation of blocks."""

from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.events import EventKind
from tart.query.topics.propagation import (
    LATE_US,
    BlockSightings,
    corrected_time,
    percentile,
    propagation,
    sample_blocks,
)
from tart.units import JCE_US, MINUTE_US, SECOND_US

X, Y = "0a" * 32, "0b" * 32


def sighting(block, node, at, number=EventKind.BLOCK_ANNOUNCED, offset=0, behind=0):
    """A sighting at a time, by a node whose clock is behind the server's by ``behind``."""
    own = at - behind - JCE_US
    return {
        **{"hash": block, "node": node, "at": at, "timestamp": own, "type": number},
        "offset_us": offset,
    }


START = 2_000_000_000 * SECOND_US
BLOCKS = [{"hash": X, "slot": 5, "nodes": 3}]


def shown(*sightings, connected=4, blocks=BLOCKS):
    at = START - START % (10 * MINUTE_US)
    active = {(at,): {f"n{each}": 1 for each in range(connected)}}
    return propagation(sightings, active, 10 * MINUTE_US, START, blocks)


def test_delays_count_from_the_first_sighting_anywhere():
    found = shown(
        sighting(X, "a", START, EventKind.AUTHORED),
        sighting(X, "b", START + 10_000),
        sighting(X, "c", START + 30_000),
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
    fast = sighting(X, "b", START + 10_000, offset=-7 * SECOND_US, behind=-7 * SECOND_US)
    found = shown(sighting(X, "a", START), fast)
    assert found["node_clocks"]["avg_propagation_ms"] == 10.0
    assert corrected_time(fast) == START + 10_000
    unknown = sighting(X, "b", START + 10_000, offset=None)
    assert corrected_time(unknown) is None
    assert shown(sighting(X, "a", START), unknown)["node_clocks"]["sample_count"] == 0


def test_a_late_sighting_is_left_out_of_the_delays():
    found = shown(sighting(X, "a", START), sighting(X, "b", START + LATE_US + 1))
    assert (found["last_hour"]["sample_count"], found["last_hour"]["late"]) == (0, 1)
    assert found["last_hour"]["p50_propagation_ms"] is None


def test_a_block_first_seen_before_the_window_is_left_out():
    found = shown(sighting(X, "a", START - 1), sighting(X, "b", START + 1))
    assert (found["blocks_looked_at"], found["last_hour"]["sample_count"]) == (0, 0)


def test_first_sightings_of_a_node_are_counted_by_kind():
    found = shown(
        sighting(X, "a", START, EventKind.AUTHORED),
        sighting(X, "b", START + 1),
        *(sighting(Y, "b", START + 2, number) for number in (EventKind.IMPORTING,)),
    )
    rows = {each["node_id"]: each for each in found["by_node"]}
    kinds = ("blocks_originated", "blocks_announced", "blocks_received", "blocks_seen")
    assert [rows["a"][name] for name in kinds] == [1, 0, 0, 1]
    assert [rows["b"][name] for name in kinds] == [0, 1, 1, 2]
    assert (rows["a"]["blocks_first_seen"], rows["b"]["blocks_first_seen"]) == (1, 1)


def test_delays_without_blocks_are_null():
    found = shown(blocks=[])
    assert found["last_hour"]["avg_propagation_ms"] is None
    assert found["by_node"] == found["recent_blocks"] == []


def test_too_many_blocks_are_sampled_evenly():
    blocks = [{"hash": str(number), "nodes": 3} for number in range(10)]
    assert sample_blocks(blocks, 10) == ["0", "3", "6", "9"]
    assert sample_blocks(blocks[:3], 10) == ["0", "1", "2"]


@given(st.lists(st.integers(0, 100), min_size=1), st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_the_value_that_a_share_does_not_exceed(values, share):
    values.sort()
    found = percentile(values, share)
    assert sum(each <= found for each in values) >= share * len(values) - 1e-6
    assert sum(each < found for each in values) < share * len(values)


@given(st.lists(st.integers(0, LATE_US), min_size=1, max_size=20), st.integers(1, 20))
def test_all_nodes_have_a_block_no_earlier_than_half_of_them(delays, connected):
    first = [(at, f"{number}") for number, at in enumerate(sorted([0, *delays]))]
    block = BlockSightings(X, first, connected)
    half, everyone = block.time_to_reach(0.5), block.time_to_reach(1.0)
    assert (everyone is not None) == (len(first) >= connected)
    if everyone is not None:
        assert half is not None
        assert half <= everyone
