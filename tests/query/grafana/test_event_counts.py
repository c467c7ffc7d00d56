"""``tart/query/grafana/event_counts.py``: rows in order, with the members of their group."""

from __future__ import annotations

from tart.query.core.aggregate_columns import DISCARD_COLUMNS
from tart.query.core.merge import Page
from tart.query.grafana import event_counts
from tart.units import MINUTE_US
from tests.gateway.fake_shard import event
from tests.query.answers.checking import check

A, B = "aa" * 32, "bb" * 32
AT = [1_795_176_000_000_000 + number * MINUTE_US for number in range(2)]


def test_counts_by_type_are_ordered_by_time_and_type():
    rows = [(AT[1], 42, 3), (AT[0], 43, 2), (AT[0], 42, 1)]
    found = event_counts.counts_by_type(
        {"bucket": bucket, "type": kind, "count": count} for bucket, kind, count in rows
    )
    assert [row["count"] for row in found] == [1, 2, 3]
    assert found[0] == {
        "ts": "2026-11-20T12:00:00.000000Z",
        "count": 1,
        "event_type": 42,
        "event_type_name": "Authored",
    }


def test_counts_by_node_and_core_have_these():
    nodes = [{"bucket": AT[0], "node": node, "count": 1} for node in (B, A)]
    assert [row["node_id"] for row in event_counts.counts_by_node(nodes)] == [A, B]
    cores = [{"bucket": AT[0], "core": core, "count": 1} for core in (7, 0)]
    found = event_counts.counts_by_core(cores)
    assert [(row["core"], row["core_index"]) for row in found] == [(0, 0), (7, 7)]
    assert set(found[0]) == {"ts", "count", "core", "core_index"}


def test_nodes_with_the_most_events_are_first_with_their_share_of_all():
    known = {"node_id": A, "address": "127.0.0.1:1", "is_connected": True}
    found = event_counts.events_by_node({B: 1, A: 3}, [known], 1)
    (row,) = found
    check("GrafanaNodeCount", row)
    assert (row["node_id"], row["count"], row["share"]) == (A, 3, 0.75)
    assert row["address"] == "127.0.0.1:1"
    assert len(event_counts.events_by_node({B: 1, A: 3}, [], None)) == 2


def page(count, has_more):
    return Page(
        [{**event(0, number), "timestamp": None} for number in range(count)], has_more, None
    )


def test_the_total_of_a_page_is_exact_on_the_last_and_never_below_what_is_known():
    for count, has_more, offset, counted, total, exact in (
        (3, False, 10, 99, 13, True),
        (3, True, 10, 99, 99, False),
        (3, True, 10, 0, 14, False),
        (0, False, 0, 99, 0, True),
        # Beyond the last page only the counts know.
        (0, False, 10, 5, 10, False),
    ):
        found = event_counts.event_page(page(count, has_more), offset, 3, counted)
        check("GrafanaEvents", found)
        place = found["pagination"]
        assert (place["total"], place["total_is_exact"]) == (total, exact)
        assert place["has_more"] is has_more


def test_an_event_whose_clock_has_no_time_is_shown_by_the_server_s():
    (row,) = event_counts.event_page(page(1, False), 0, 1, 1)["events"]
    assert row["ts"] == row["created_at"]


def test_discards_are_by_time_and_reason_without_zeros():
    columns = dict.fromkeys(DISCARD_COLUMNS.values(), 0)
    rows = [{"last_at": AT[1], **columns, "other": 2, "replaced": 1}, {"last_at": AT[0], **columns}]
    found = event_counts.discards(rows)
    for row in found:
        check("GrafanaDiscards", row)
    assert [(row["reason"], row["count"]) for row in found] == [
        ("Other", 2),
        ("ReplacedByBetter", 1),
    ]
