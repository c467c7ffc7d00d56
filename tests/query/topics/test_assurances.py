"""``tart/query/topics/assurances.py``: assurances by anchor."""

from tart.protocol.events import EventKind
from tart.query.topics.assurances import assurances, slot_seconds
from tart.units import SECOND_US

A, B = "aa" * 32, "bb" * 32


def row(anchor, at, number, count=1):
    return {"anchor": anchor, "seen_at": at * SECOND_US, "type": number, "count": count}


ROWS = [
    row(A, 5, EventKind.DISTRIBUTING_ASSURANCE, 2),
    row(A, 6, EventKind.ASSURANCE_RECEIVED, 3),
    row(A, 35, EventKind.ASSURANCE_RECEIVED),
    row(A, 34, EventKind.ASSURANCE_SEND_FAILED),
    row(B, 9, EventKind.ASSURANCE_RECEIVED),
]


def test_assurances_within_five_slots_of_the_first_event_are_counted():
    found = assurances(ROWS, {A: 7}, 6, 10)
    second, first = found["anchors"]
    assert (first["anchor"], first["slot"], second["slot"]) == (A, 7, None)
    assert (first["distributing"], first["received"], first["send_failed"]) == (2, 4, 1)
    assert (first["received_within_5_slots"], first["share_within_5_slots"]) == (3, 0.75)
    assert (first["receivers_per_assurance"], second["receivers_per_assurance"]) == (2.0, None)


def test_without_a_slot_length_the_share_in_time_is_null():
    found = assurances(ROWS, {}, None, 1)
    assert [each["share_within_5_slots"] for each in found["anchors"]] == [None]
    assert (found["total_anchors"], found["totals"]["received"]) == (2, 5)


def test_the_slot_length_is_the_one_most_nodes_report():
    nodes = [{"node_info": {"params": {"slot_period_sec": each}}} for each in (6, 6, 60)]
    assert slot_seconds([*nodes, {"node_info": None}, {"node_info": {"params": None}}]) == 6
    assert slot_seconds([]) is None
