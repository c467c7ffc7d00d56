"""``tart/query/topics/top_nodes.py``: who sends the most."""

from tart.query.topics.top_nodes import top

A, B = "aa" * 32, "bb" * 32
NODES = [{"node_id": A, "implementation_name": "x", "implementation_version": "1"}]


def test_the_most_first_and_equals_by_id():
    rows = [{"node": B, "count": 3}, {"node": A, "count": 3}, {"node": "cc", "count": 4}]
    found = top(rows, NODES, [62, 250], 2, 10)
    assert [each["node_id"] for each in found["nodes"]] == ["cc", A]
    assert (found["total_events"], found["total_nodes"]) == (10, 3)
    assert [each["share"] for each in found["nodes"]] == [0.4, 0.3]
    assert [each["implementation_name"] for each in found["nodes"]] == [None, "x"]
    assert [each["event_name"] for each in found["event_types"]] == ["BlockAnnounced", None]


def test_of_all_types_of_nobody():
    found = top([], [], None, 5, 0)
    assert (found["event_types"], found["nodes"], found["total_events"]) == (None, [], 0)
