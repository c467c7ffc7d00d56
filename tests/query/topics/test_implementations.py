"""``tart/query/topics/implementations.py``: versions over time, and their figures."""

from __future__ import annotations

from typing import Any

from tart.query.core import log_histogram
from tart.query.core.version_spans import VersionSpan
from tart.query.topics.implementations import (
    MAX_VERSIONS,
    SERIES_BUCKETS,
    ImplementationInput,
    implementations,
    version_series,
    version_step_us,
)
from tart.query.topics.time_series import Buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.query.topics.test_node_summary import BUCKETS, NOON, A, B, C, breach, node, summary_input

STEP = BUCKETS.step_us


def span(node_id: str, version: str | None, start: int, end: int) -> VersionSpan:
    """A span in minutes after noon."""
    name = None if version is None else "x"
    return VersionSpan(node_id, name, version, NOON + start * MINUTE_US, NOON + end * MINUTE_US)


def rows(*spans: VersionSpan, imports: Any = (), summary: Any = None) -> ImplementationInput:
    return ImplementationInput(spans, summary or summary_input(), imports, BUCKETS)


def test_a_node_counts_in_each_bucket_with_the_version_it_had_last():
    series, connected = version_series([span(A, "1", 0, 6), span(A, "2", 7, 9)], BUCKETS)
    assert series == {("x", "1"): [1, 0], ("x", "2"): [0, 1]}
    assert connected == [1, 1]


def test_a_span_beyond_the_window_counts_only_within_it():
    series, connected = version_series([span(A, "1", -100, 100), span(B, "1", 4, 4)], BUCKETS)
    assert series == {("x", "1"): [2, 1]}
    assert connected == [2, 1]


def test_the_versions_of_a_bucket_add_up_to_its_nodes():
    spans = [span(name, version, 0, 9) for name in (A, B, C) for version in ("1", "2")]
    series, connected = version_series(spans, BUCKETS)
    assert [sum(column) for column in zip(*series.values(), strict=True)] == connected == [3, 3]


def test_without_connections_there_is_no_version():
    found = implementations(rows())
    assert found["implementations"] == []
    assert found["buckets"]["total"] == [0, 0]


def test_a_node_counts_for_the_version_it_had_last_and_is_marked_as_changed():
    summary = summary_input(
        node(A, implementation_version="2"),
        node(B, implementation_version="2", best={"slot": 90, "hash": ""}),
        node(C, is_connected=False),
        failures=[{"node": B, "count": 4}],
        conformance={"counts": [{**breach("events_dropped", NOON), "node": A}]},
    )
    spans = [span(A, "1", 0, 2), span(A, "2", 3, 9), span(B, "2", 0, 9), span(C, "1", 0, 1)]
    one = {"node": A, "bin": 40, "count": 3}
    other = {"node": C, "bin": 80, "count": 1}
    unknown = {"node": "dd" * 32, "bin": 80, "count": 1}
    found = implementations(rows(*spans, imports=[one, other, unknown], summary=summary))
    two, first = found["implementations"]
    assert (two["version"], two["nodes"], two["changed"], two["connected"]) == ("2", 2, 1, 2)
    assert (first["version"], first["nodes"], first["changed"], first["connected"]) == (
        *("1", 1, 0, 0),
    )
    assert (two["best_lag_p50"], two["best_lag_max"]) == (0, 10)
    assert (first["best_lag_p50"], first["best_lag_max"]) == (None, None)
    assert (two["imports"], first["imports"]) == (3, 1)
    assert two["import_p50_ms"] == round(log_histogram.middle_us(40) / 1000, 3)
    assert (two["failures"], two["failing_nodes"]) == (4, 1)
    assert two["errors"] + two["warnings"] + two["infos"] == 1
    assert two["levels"]["bad"] == 1
    assert sum(first["levels"].values()) == 1


def test_a_version_that_no_file_has_is_that_of_the_node_if_it_is_known():
    found = implementations(rows(span(A, None, 0, 9), summary=summary_input(node(A))))
    by_version = {row["version"]: row["nodes"] for row in found["implementations"]}
    assert by_version == {"1": 1, None: 0}


def test_a_window_has_about_sixty_buckets_of_whole_minutes():
    for length in (5 * MINUTE_US, HOUR_US, DAY_US):
        step = version_step_us(length)
        assert step % MINUTE_US == 0
        assert length <= step * SERIES_BUCKETS


def test_buckets_of_the_answer_are_those_of_the_series():
    found = implementations(rows(span(A, "1", 0, 1)))
    assert found["buckets"]["count"] == len(found["implementations"][0]["series"]) == 2
    assert found["buckets"]["seconds"] == STEP // 1_000_000
    assert isinstance(BUCKETS, Buckets)


def test_figures_have_what_the_nodes_use_and_how_steadily_they_are_connected():
    minutes = (BUCKETS.end_us + 1 - BUCKETS.start_us) // MINUTE_US

    def connection(node_id: str, sessions: int, connected: float, version: int = 1) -> Any:
        return {
            "node": node_id,
            "protocol_version": version,
            "params_layout": "gp_0_7" if version else None,
            "sessions": sessions,
            "connected_us": int(connected * minutes * MINUTE_US),
            "first_at": NOON,
            "last_at": NOON,
            "shed": 0,
        }

    connections = [
        connection(A, 3, 0.5),
        # Two connections at once are not twice the time.
        connection(B, 2, 0.8),
        connection(B, 1, 0.8, version=0),
        connection("dd" * 32, 9, 1.0),
    ]
    summary = summary_input(
        node(A),
        node(B),
        dropped=[{"node": B, "count": 4}],
        conformance={"connections": connections},
    )
    events = {(10,): {A: 5, B: 1}, (47,): {B: 2}, (99,): {"dd" * 32: 1}}
    spans = [span(A, "1", 0, 9), span(B, "1", 0, 9)]
    found = implementations(ImplementationInput(spans, summary, [], BUCKETS, events))
    (row,) = found["implementations"]
    assert (row["protocol_versions"], row["params_layouts"]) == ([0, 1], ["gp_0_7"])
    assert row["event_types"] == [10, 47]
    assert row["uptime_share"] == 0.75
    assert (row["restarts"], row["dropped_messages"]) == (4, 4)
    assert (row["spread"]["nodes"], row["spread"]["reached"]) == (2, 2)


def test_a_version_without_nodes_has_no_uptime():
    found = implementations(rows(span(A, "1", 0, 4), span(A, "2", 6, 9)))
    by_version = {row["version"]: row for row in found["implementations"]}
    assert (by_version["1"]["nodes"], by_version["1"]["uptime_share"]) == (0, None)
    assert by_version["1"]["spread"]["reached"] == 1
    assert by_version["2"]["spread"]["first_at"] is not None


def test_nodes_of_many_names_leave_the_versions_of_others():
    many = [span(f"{number:064x}", f"v{number}", 0, 1) for number in range(3 * MAX_VERSIONS)]
    found = implementations(rows(*many, span(A, "1", 0, 9), span(B, "1", 0, 9)))
    versions = [row["version"] for row in found["implementations"]]
    assert len(versions) == MAX_VERSIONS
    assert versions[0] == "1"
    assert found["versions_left_out"] == 2 * MAX_VERSIONS + 1
