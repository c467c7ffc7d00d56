"""``tart/query/topics/slots.py``: one slot over several shards."""

from tart.protocol.events import EventKind
from tart.query.topics.slots import events_by_node, slot_activity

A, B = "aa" * 32, "bb" * 32


def answer(events, hashes=(), first=None, last=None):
    return {"events": events, "hashes": list(hashes), "first_at": first, "last_at": last}


def test_shards_add_up_and_blocks_and_nodes_of_two_shards_count_once():
    one = answer(
        [
            [EventKind.BLOCK_ANNOUNCED, A, 3],
            [EventKind.AUTHORING, A, 1],
            [EventKind.AUTHORED, A, 1],
        ],
        [[EventKind.AUTHORED, "01"], [EventKind.BLOCK_ANNOUNCED, "01"]],
        5,
        9,
    )
    two = answer(
        [
            [EventKind.BLOCK_ANNOUNCED, A, 2],
            [EventKind.BLOCK_ANNOUNCED, B, 1],
            [EventKind.AUTHORING_FAILED, B, 1],
        ],
        [[EventKind.BLOCK_ANNOUNCED, "01"], [EventKind.BLOCK_ANNOUNCED, "02"]],
        4,
        7,
    )
    found = slot_activity(7, [one, two, answer([])])
    assert (found["blocks_authored"], found["blocks_announced"], found["announcements"]) == (
        1,
        2,
        6,
    )
    assert (found["nodes_involved"], found["total_events"]) == (2, 9)
    assert (found["authoring_attempts"], found["authoring_failures"]) == (1, 1)
    assert found["blocks"] == ["01", "02"]
    assert (found["first_event"], found["last_event"]) == (
        "1970-01-01T00:00:00.000004Z",
        "1970-01-01T00:00:00.000009Z",
    )


def test_times_of_a_slot_without_events_are_null():
    found = slot_activity(7, [answer([])])
    assert (found["first_event"], found["total_events"], found["blocks"]) == (None, 0, [])


def event(node, number, timestamp):
    return {
        **{
            "node_id": node,
            "id": number,
            "event_id": number,
            "session": 1,
            "event_type": EventKind.BLOCK_ANNOUNCED,
        },
        **{"timestamp": timestamp, "received_at": "r", "data": {}, "node_name": "n"},
    }


def test_events_of_a_node_are_in_the_order_of_its_clock():
    found = events_by_node(
        [event(B, 1, "2"), event(A, 2, "2"), event(A, 3, "1"), event(A, 4, None)]
    )
    assert [each["node_id"] for each in found] == [A, B]
    # A timestamp without a text comes last.
    assert [each["id"] for each in found[0]["events"]] == [3, 2, 4]
    assert "node_name" not in found[0]["events"][0]
