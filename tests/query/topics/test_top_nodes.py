"""``tart/query/topics/top_nodes.py``: the nodes with the most events."""

from tart.protocol.events import EventKind
from tart.query.topics.top_nodes import top_nodes

A, B = "aa" * 32, "bb" * 32
NODES = [{"node_id": A, "implementation_name": "x", "implementation_version": "1"}]


def test_nodes_are_ordered_by_events_then_by_id():
    rows = [{"node": B, "count": 3}, {"node": A, "count": 3}, {"node": "cc", "count": 4}]
    found = top_nodes(rows, NODES, [EventKind.BLOCK_ANNOUNCED, 250], 2, 10)
    assert [each["node_id"] for each in found["nodes"]] == ["cc", A]
    assert (found["total_events"], found["total_nodes"]) == (10, 3)
    assert [each["share"] for each in found["nodes"]] == [0.4, 0.3]
    assert [each["implementation_name"] for each in found["nodes"]] == [None, "x"]
    assert [each["event_name"] for each in found["event_types"]] == ["BlockAnnounced", None]


def test_without_nodes_the_list_is_empty():
    found = top_nodes([], [], None, 5, 0)
    assert (found["event_types"], found["nodes"], found["total_events"]) == (None, [], 0)
