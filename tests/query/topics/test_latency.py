"""``tart/query/topics/latency.py``: histograms by step."""

from tart.protocol.events import EventKind
from tart.query.core import log_histogram
from tart.query.topics.latency import distribution, latency_by_core, latency_by_step

A, B = "aa" * 32, "bb" * 32


def row(bin_, count, *, parent=EventKind.IMPORTING, number=EventKind.BLOCK_VERIFIED, node=A):
    return {"parent": parent, "type": number, "bin": bin_, "count": count, "node": node}


def test_rows_of_one_step_merge_into_one_histogram():
    (found,) = latency_by_step([row(40, 1), row(40, 2), row(60, 1)])
    assert (found["count"], [each["count"] for each in found["histogram"]]) == (4, [3, 1])
    assert found["p50_ms"] == round(log_histogram.middle_us(40) / 1000, 3)
    assert found["p99_ms"] == round(log_histogram.middle_us(60) / 1000, 3)
    assert found["step"] == "Importing_to_BlockVerified"
    assert "group" not in found


def test_steps_are_listed_by_group_and_an_unknown_group_is_null():
    found = latency_by_step(
        [row(40, 1), row(40, 3, node=B), row(40, 2, node="cc")], {A: "x 1", B: "x 1"}
    )
    assert [(each["group"], each["count"]) for each in found] == [("x 1", 4), (None, 2)]


def test_the_most_frequent_step_comes_first():
    found = latency_by_step(
        [row(1, 1), row(1, 5, parent=EventKind.AUTHORING, number=EventKind.AUTHORED)]
    )
    assert [each["count"] for each in found] == [5, 1]


def test_an_unknown_core_is_a_group_of_null():
    found = latency_by_core([("built", 1, 30, 2), ("built", None, 30, 1), ("built", 1, 31, 1)])
    assert [(each["group"], each["count"]) for each in found] == [(1, 3), (None, 1)]


def test_a_distribution_without_samples_is_null():
    assert distribution({}) == {
        **{"count": 0, "mean_ms": None, "histogram": []},
        **dict.fromkeys(("p50_ms", "p90_ms", "p95_ms", "p99_ms")),
    }
