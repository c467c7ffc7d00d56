"""``tart/query/topics/node_activity.py``: categories, peers, cores and tickets of nodes."""

from tart.protocol.events import EVENTS, EventKind
from tart.query.topics.node_activity import (
    CATEGORIES,
    OTHER,
    category_of,
    node_cores,
    peers,
    timeline,
    types_of,
    validators_cores,
)

A, B = "aa" * 32, "bb" * 32


def test_every_event_type_has_one_category():
    assert sorted(number for each in CATEGORIES for number in types_of([each])) == sorted(EVENTS)
    assert category_of(EventKind.REFINED) == "workPackage"
    assert category_of(EventKind.WORK_REPORT_BUILT) == "guarantee"
    assert category_of(0) == category_of(255) == OTHER


def test_a_timeline_without_events_is_empty():
    found = timeline(A, [], {}, None)
    assert found["time_range"] == {"start": None, "end": None}
    assert (found["event_count"], found["category_counts"]) == (0, [])


def test_counts_of_types_add_up_by_category():
    found = timeline(
        A,
        [],
        {
            EventKind.STATUS: 1,
            EventKind.SYNC_STATUS_CHANGED: 2,
            EventKind.SENDING_SHARD_REQUEST: 3,
            0: 4,
        },
        None,
    )["category_counts"]
    assert [(each["category"], each["count"]) for each in found] == [
        ("other", 4),
        ("shard", 3),
        ("status", 3),
    ]


def test_peer_figures_without_a_status_are_null():
    found = peers(None, [], 0, {EventKind.DISCONNECTED: 2})
    names = ("validator_peers", "non_validator_peers", "total_peers", "sync_peers", "last_update")
    assert [found[name] for name in names] == [None] * 5
    assert found["connections"]["disconnected"] == 2


def test_more_validators_than_peers_give_zero_other_peers():
    said = {"num_peers": 2, "num_val_peers": 3, "num_sync_peers": 1, "seen_at": 0}
    assert peers(said, [], 0, {})["non_validator_peers"] == 0


def core(number, core_index, count, at=1):
    return {"type": number, "core": core_index, "count": count, "last_at": at}


def test_cores_are_ordered_by_work_packages_received():
    rows = [
        core(EventKind.WORK_PACKAGE_RECEIVED, 1, 2),
        core(EventKind.WORK_PACKAGE_RECEIVED, 7, 2),
        core(EventKind.WORK_PACKAGE_RECEIVED, 0, 5),
        core(EventKind.GUARANTEE_BUILT, 7, 1),
    ]
    found = node_cores(
        rows, {EventKind.GUARANTEE_BUILT: 1, EventKind.WORK_REPORT_SIGNATURE_SENT: 2}, []
    )
    assert (found["assigned_core"], found["cores_active"]) == (0, [0, 1, 7])
    assert found["guarantee_activity"]["primary_core"] == 7
    assert found["guarantee_activity"]["guarantees_signed"] == 2


def test_guarantees_and_tickets_of_an_idle_node_are_null():
    found = node_cores([], {}, [])
    assert found["guarantee_activity"] is found["ticket_activity"] is found["assigned_core"] is None
    assert found["cores_active"] == []


def ticket(node, epoch, tickets=2, outcome="generated", at=5):
    return {
        "node": node,
        "epoch": epoch,
        "tickets": tickets,
        "outcome": outcome,
        "started_at": at,
        "ended_at": at + 1,
    }


def test_tickets_of_one_epoch_are_one_row_newest_first():
    rows = [ticket(A, 1), ticket(A, 1, 0, "failed", 9), ticket(B, 2, at=3)]
    found = validators_cores([], rows)["ticket_activity"]
    assert [(each["node_id"], each["epoch"], each["ticket_count"]) for each in found] == [
        (A, "1", 2),
        (B, "2", 2),
    ]
    assert (found[0]["generations"], found[0]["failures"]) == (2, 1)


def test_a_failed_generation_does_not_count_as_last_ticket():
    found = node_cores([], {EventKind.GENERATING_TICKETS: 1}, [ticket(A, 1, 0, "failed")])[
        "ticket_activity"
    ]
    assert found["last_ticket_at"] is None


def test_guarantees_add_up_by_core_and_by_node():
    rows = [
        {"node": A, "core": 0, "count": 3, "last_at": 5},
        {"node": A, "core": 1, "count": 4, "last_at": 6},
        {"node": B, "core": 1, "count": 1, "last_at": 9},
    ]
    found = validators_cores(rows, [])
    assert [each["primary_core"] for each in found["node_core_mapping"]] == [1, 1]
    assert [each["guarantee_count"] for each in found["node_core_mapping"]] == [7, 1]
    assert [
        (each["core_index"], each["active_validators"], each["total_guarantees"])
        for each in found["core_summary"]
    ] == [(0, 1, 3), (1, 2, 5)]
    assert found["core_summary"][1]["last_activity"] == "1970-01-01T00:00:00.000009Z"
