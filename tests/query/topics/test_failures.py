"""``tart/query/topics/failures.py``: failure rates, reasons and nodes."""

import pytest

from tart.protocol.events import EventKind
from tart.query.topics.failures import (
    NODES,
    REASONS,
    RECENT,
    failure_rates,
    select_failures,
    worst_nodes,
)

A, B = "aa" * 32, "bb" * 32


def row(node=A, number=EventKind.SHARD_REQUEST_FAILED, reason="no", count=1, last_at=5):
    return {"node": node, "type": number, "reason": reason, "count": count, "last_at": last_at}


def event(number, reason, at="1", id_=1):
    return {
        **{"id": id_, "event_type": number, "node_id": A, "timestamp": "t", "received_at": at},
        "data": {"X": {"reason": reason}},
    }


def test_a_rate_without_attempts_is_null():
    found = failure_rates({}, [], {}, [])
    assert found["overall"]["failure_rate"] is None
    assert found["by_category"] == found["by_node"] == found["by_reason"] == []


def test_a_rate_divides_by_attempts_and_refusals_are_not_failures():
    found = failure_rates(
        {
            EventKind.SENDING_SHARD_REQUEST: 6,
            EventKind.RECEIVING_SHARD_REQUEST: 2,
            EventKind.SHARD_REQUEST_FAILED: 2,
            EventKind.CONNECTION_REFUSED: 7,
            EventKind.PEER_MISBEHAVED: 1,
            EventKind.BEST_BLOCK_CHANGED: 90,
        },
        [row(count=2)],
        {},
        [],
    )
    assert found["overall"] == {
        **{"total_events": 108, "failed_events": 2, "failure_rate": 0.25, "attempts": 8},
        **{"refused": 7, "misbehaved": 1},
    }
    assert found["by_category"] == [
        {"category": "shard_requests", "attempts": 8, "failures": 2, "rate": 0.25}
    ]


def test_discards_have_categories_of_their_own():
    found = failure_rates(
        {EventKind.GUARANTEE_DISCARDED: 10},
        [row(number=EventKind.GUARANTEE_DISCARDED, reason="CannotReportOnChain", count=3)],
        {},
        [],
    )
    assert found["by_category"] == [
        {"category": "guarantee_discards", "attempts": 10, "failures": 3, "rate": 0.3}
    ]
    # Of all there are the same: failures by attempts as they stand there.
    assert found["overall"]["failure_rate"] == 0.3
    assert (found["overall"]["failed_events"], found["overall"]["attempts"]) == (3, 10)


def test_overall_and_node_figures_are_sums_over_the_categories():
    counts = {
        EventKind.SENDING_SHARD_REQUEST: 6,
        EventKind.RECEIVING_SHARD_REQUEST: 2,
        EventKind.SHARD_REQUEST_FAILED: 2,
        EventKind.GUARANTEE_DISCARDED: 5,
        EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN: 4,
        EventKind.AUTHORING: 7,
        EventKind.AUTHORING_FAILED: 1,
        EventKind.BEST_BLOCK_CHANGED: 90,
    }
    rows = [
        row(count=2),
        row(B, EventKind.GUARANTEE_DISCARDED, count=3),
        row(B, EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN, count=1),
        row(number=EventKind.AUTHORING_FAILED),
    ]
    found = failure_rates(
        counts,
        rows,
        {
            A: {
                EventKind.SENDING_SHARD_REQUEST: 6,
                EventKind.SHARD_REQUEST_FAILED: 2,
                EventKind.AUTHORING: 7,
            },
            B: {EventKind.GUARANTEE_DISCARDED: 5, EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN: 4},
        },
        [],
    )
    overall, categories = found["overall"], found["by_category"]
    assert (overall["failed_events"], overall["attempts"]) == (7, 24)
    for name, total in (("failures", "failed_events"), ("attempts", "attempts")):
        assert sum(each[name] for each in categories) == overall[total]
    assert overall["failure_rate"] == round(7 / 24, 4)
    for each in found["by_node"]:
        assert each["failure_rate"] == round(each["failures"] / each["attempts"], 4)


def test_a_failure_without_an_attempt_in_the_window_has_no_rate():
    (found,) = failure_rates({EventKind.SHARD_REQUEST_FAILED: 1}, [row()], {}, [])["by_category"]
    assert (found["attempts"], found["failures"], found["rate"]) == (0, 1, None)


def test_nodes_are_worst_first_with_their_most_frequent_failure():
    rows = [
        row(A, EventKind.AUTHORING_FAILED),
        row(A, EventKind.SHARD_REQUEST_FAILED),
        row(B, EventKind.SHARD_REQUEST_FAILED, count=3),
    ]
    found = failure_rates(
        {}, rows, {B: {EventKind.SENDING_SHARD_REQUEST: 4, EventKind.SHARD_REQUEST_FAILED: 3}}, []
    )["by_node"]
    assert [(each["node_id"], each["failures"]) for each in found] == [(B, 3), (A, 2)]
    assert [each["top_failure_type"] for each in found] == [
        EventKind.SHARD_REQUEST_FAILED,
        EventKind.AUTHORING_FAILED,
    ]
    assert [each["failure_rate"] for each in found] == [0.75, None]


def test_lists_of_failures_are_bounded():
    rows = [row(f"{number:064x}", reason=str(number)) for number in range(300)]
    found = failure_rates({}, rows, {}, [event(EventKind.AUTHORING_FAILED, "x")] * 50)
    assert len(found["by_node"]) == len(worst_nodes(rows)) == NODES
    assert (len(found["by_reason"]), len(found["recent_failures"])) == (REASONS, RECENT)


def test_a_reason_has_its_nodes_and_its_last_time():
    (found,) = failure_rates({}, [row(), row(B, last_at=9), row(count=2)], {}, [])["by_reason"]
    assert (found["count"], found["nodes"]) == (4, 2)
    assert found["last_at"].endswith("00.000009Z")


@pytest.mark.parametrize(("reason", "selected"), [("bad", 2), ("fine", 1)])
def test_discards_are_failures_by_their_reason(reason, selected):
    found = select_failures(
        [event(EventKind.AUTHORING_FAILED, "x", "1")],
        [event(EventKind.GUARANTEE_DISCARDED, reason, "2", 2)],
        {EventKind.GUARANTEE_DISCARDED: frozenset({"bad"})},
    )
    assert len(found) == selected
    assert [each["received_at"] for each in found] == ["2", "1"][-selected:]
