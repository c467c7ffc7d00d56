"""``tart/query/topics/failures.py``: failure rates, reasons and nodes."""

import pytest

from tart.query.topics.failures import (
    NODES,
    REASONS,
    RECENT,
    failure_rates,
    select_failures,
    worst_nodes,
)

A, B = "aa" * 32, "bb" * 32


def row(node=A, number=122, reason="no", count=1, last_at=5):
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
    found = failure_rates({120: 6, 121: 2, 122: 2, 20: 7, 28: 1, 11: 90}, [row(count=2)], {}, [])
    assert found["overall"] == {
        **{"total_events": 108, "failed_events": 2, "failure_rate": 0.25, "attempts": 8},
        **{"refused": 7, "misbehaved": 1},
    }
    assert found["by_category"] == [
        {"category": "shard_requests", "attempts": 8, "failures": 2, "rate": 0.25}
    ]


def test_discards_have_categories_of_their_own():
    found = failure_rates(
        {113: 10}, [row(number=113, reason="CannotReportOnChain", count=3)], {}, []
    )
    assert found["by_category"] == [
        {"category": "guarantee_discards", "attempts": 10, "failures": 3, "rate": 0.3}
    ]
    # Of all there are the same: failures by attempts as they stand there.
    assert found["overall"]["failure_rate"] == 0.3
    assert (found["overall"]["failed_events"], found["overall"]["attempts"]) == (3, 10)


def test_overall_and_node_figures_are_sums_over_the_categories():
    counts = {120: 6, 121: 2, 122: 2, 113: 5, 192: 4, 40: 7, 41: 1, 11: 90}
    rows = [row(count=2), row(B, 113, count=3), row(B, 192, count=1), row(number=41)]
    found = failure_rates(counts, rows, {A: {120: 6, 122: 2, 40: 7}, B: {113: 5, 192: 4}}, [])
    overall, categories = found["overall"], found["by_category"]
    assert (overall["failed_events"], overall["attempts"]) == (7, 24)
    for name, total in (("failures", "failed_events"), ("attempts", "attempts")):
        assert sum(each[name] for each in categories) == overall[total]
    assert overall["failure_rate"] == round(7 / 24, 4)
    for each in found["by_node"]:
        assert each["failure_rate"] == round(each["failures"] / each["attempts"], 4)


def test_a_failure_without_an_attempt_in_the_window_has_no_rate():
    (found,) = failure_rates({122: 1}, [row()], {}, [])["by_category"]
    assert (found["attempts"], found["failures"], found["rate"]) == (0, 1, None)


def test_nodes_are_worst_first_with_their_most_frequent_failure():
    rows = [row(A, 41), row(A, 122), row(B, 122, count=3)]
    found = failure_rates({}, rows, {B: {120: 4, 122: 3}}, [])["by_node"]
    assert [(each["node_id"], each["failures"]) for each in found] == [(B, 3), (A, 2)]
    assert [each["top_failure_type"] for each in found] == [122, 41]
    assert [each["failure_rate"] for each in found] == [0.75, None]


def test_lists_of_failures_are_bounded():
    rows = [row(f"{number:064x}", reason=str(number)) for number in range(300)]
    found = failure_rates({}, rows, {}, [event(41, "x")] * 50)
    assert len(found["by_node"]) == len(worst_nodes(rows)) == NODES
    assert (len(found["by_reason"]), len(found["recent_failures"])) == (REASONS, RECENT)


def test_a_reason_has_its_nodes_and_its_last_time():
    (found,) = failure_rates({}, [row(), row(B, last_at=9), row(count=2)], {}, [])["by_reason"]
    assert (found["count"], found["nodes"]) == (4, 2)
    assert found["last_at"].endswith("00.000009Z")


@pytest.mark.parametrize(("reason", "selected"), [("bad", 2), ("fine", 1)])
def test_discards_are_failures_by_their_reason(reason, selected):
    found = select_failures(
        [event(41, "x", "1")], [event(113, reason, "2", 2)], {113: frozenset({"bad"})}
    )
    assert len(found) == selected
    assert [each["received_at"] for each in found] == ["2", "1"][-selected:]
