"""``tart/query/topics/realtime.py``: the last seconds over several shards."""

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core import merge
from tart.query.topics.realtime import LIVE_KINDS, NodesBySecond, realtime

NODES = [f"{number:064x}" for number in range(6)]


def answer(seconds, nodes, since=0):
    """A shard's answer: by second, the active nodes; its bits have an order of their own."""
    bits = {node: bit for bit, node in enumerate(nodes)}
    details = [
        [second, [1] * len(LIVE_KINDS), f"{sum(1 << bits[node] for node in active):x}"]
        for second, active in seconds.items()
    ]
    return {
        "since": since,
        "seconds": [[second, 5, ["aa"], [], 2, 0] for second in seconds],
        "active": [],
        "nodes": [[bit, node] for node, bit in bits.items()],
        "details": details,
    }


_ACTIVE = st.dictionaries(st.integers(90, 99), st.sets(st.sampled_from(NODES)))


@given(st.lists(st.tuples(_ACTIVE, st.permutations(NODES)), min_size=1, max_size=4))
def test_a_node_on_several_shards_counts_once(shards):
    nodes_by_second = NodesBySecond([answer(seconds, nodes) for seconds, nodes in shards])
    for second in range(90, 100):
        active = set().union(*(seconds.get(second, set()) for seconds, _ in shards))
        assert nodes_by_second.count([second]) == len(active)
    everyone = set().union(*(some for seconds, _ in shards for some in seconds.values()))
    assert nodes_by_second.count(range(90, 100)) == len(everyone)


def shown(*answers, length=10):
    return realtime(merge.seconds(answers), answers, 100, length, 7)


def test_every_second_has_a_row_newest_first():
    found = shown(answer({95: {NODES[0]}, 99: {NODES[0]}}, NODES), answer({95: {NODES[1]}}, NODES))
    assert [row["events"] for row in found["data"]] == [5, 0, 0, 0, 10, 0, 0, 0, 0, 0]
    assert [row["nodes"] for row in found["data"]][:5] == [1, 0, 0, 0, 2]
    assert found["totals"]["best_blocks"] == 1  # everywhere the same
    assert (found["totals"]["events"], found["totals"]["active_nodes"]) == (15, 2)
    assert (found["totals"]["tickets"], found["totals"]["announcements"]) == (9, 3)
    assert found["rates"] == {"events_per_second": 1.5, "blocks_per_second": 0.1}
    assert found["totals"]["latest_slot"] == 7


def test_seconds_that_a_shard_has_not_counted_are_left_out():
    found = shown(answer({95: set(), 99: set()}, NODES), answer({}, NODES, since=98))
    assert (found["window_seconds"], found["counted_seconds"], len(found["data"])) == (10, 2, 2)
    assert found["totals"]["events"] == 5
    assert found["rates"]["events_per_second"] == 2.5


def test_rates_before_the_first_complete_second_are_null():
    found = shown(answer({}, NODES, since=100))
    assert (found["data"], found["counted_seconds"]) == ([], 0)
    assert set(found["rates"].values()) == {None}
