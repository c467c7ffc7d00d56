"""``tart/query/topics/conformance.py``: findings, verdicts and figures of nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.events import EventKind
from tart.protocol.rules import RULES, Rule
from tart.query.core.rfc3339 import rfc3339
from tart.query.topics.conformance import (
    CLOCK_US,
    EXAMPLES,
    NOT_JCE_US,
    SILENT_US,
    ConformanceInput,
    Finding,
    collect_findings,
    describe_clock,
    network_conformance,
    node_conformance,
    verdict,
)
from tart.units import HOUR_US, JCE_US

NOW = 1_795_262_400_000_000
A, B = "aa" * 32, "bb" * 32


def node(node_id=A):
    return {
        **{"node_id": node_id, "implementation_name": "fake", "implementation_version": "1"},
        **{"is_connected": True, "address": "192.0.2.1:4"},
    }


def finding_row(rule, node=A, count=1, first_at=NOW, last_at=NOW):
    return {"node": node, "rule": rule, "count": count, "first_at": first_at, "last_at": last_at}


def connection(node=A, version=1, sessions=1, connected_us=SILENT_US // 3, **more):
    return {
        **{"node": node, "protocol_version": version, "params_layout": "gp-0.7"},
        **{"sessions": sessions, "first_at": NOW, "last_at": NOW},
        **{"connected_us": connected_us, "shed": 0},
        **more,
    }


def example(rule, node=A, at=NOW, **more):
    return {
        **{
            "at": at,
            "frame": "0a0b",
            "node": node,
            "session": 256,
            "event_id": 3,
            "type": EventKind.BEST_BLOCK_CHANGED.number,
        },
        **{"rule": rule, "byte_offset": 9, "field": "slot", "expectation": "4 bytes"},
        **{"size": 2, "id": 512},
        **more,
    }


def conformance_input(**more):
    empty = {
        name: [] for name in ("counts", "connections", "clocks", "events", "status", "examples")
    }
    return ConformanceInput(**(empty | more))


def codes(rows, node=A):
    return [each.code for each in collect_findings(rows).get(node, [])]


def clock(offset_us, bucket=NOW, node=A):
    return {"bucket": bucket, "node": node, "offset_us": offset_us}


def test_findings_are_ordered_by_severity_then_by_count():
    rows = [
        finding_row("events_dropped", count=99),
        finding_row("trailing_bytes", count=5),
        finding_row("truncated"),
        finding_row("unknown_event", count=2),
    ]
    expected = ["unknown_event", "truncated", "trailing_bytes", "events_dropped"]
    assert codes(conformance_input(counts=rows)) == expected


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ([], "conformant"),
        (["events_dropped"], "conformant"),
        (["trailing_bytes", "events_dropped"], "warning"),
        (["events_dropped", "truncated", "trailing_bytes"], "error"),
        (["a rule of another release"], "warning"),
    ],
)
def test_the_verdict_is_the_worst_severity_above_info(broken, expected):
    assert verdict(Finding(code, 1, NOW, NOW) for code in broken) == expected


# --- Clocks ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (0, []),
        (CLOCK_US - 1, []),
        (-CLOCK_US + 1, []),
        (CLOCK_US, ["clock_offset"]),
        (-CLOCK_US, ["clock_offset"]),
        (NOT_JCE_US, ["clock_not_jce"]),
        (-NOT_JCE_US, ["clock_not_jce"]),
    ],
)
def test_a_clock_offset_beyond_its_limit_is_a_finding(offset, expected):
    assert codes(conformance_input(clocks=[clock(offset)])) == expected


def test_a_clock_finding_counts_hours():
    buckets = [NOW, NOW + HOUR_US, NOW + 5 * HOUR_US]
    rows = [clock(CLOCK_US, each) for each in buckets] + [clock(0, NOW + 2 * HOUR_US)]
    ((found,),) = collect_findings(conformance_input(clocks=rows)).values()
    assert (found.count, found.first_at, found.last_at) == (3, buckets[0], buckets[2])


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("epoch", "epoch_us"), [("1970-01-01", 0), ("2025-01-01T12:00", JCE_US)], ids=["Unix", "JCE"]
)
@pytest.mark.parametrize(
    ("unit", "per_second"), [("nano", 10**9), ("micro", 10**6), ("milli", 10**3), ("", 1)]
)
@given(late=st.integers(0, HOUR_US), hour=st.integers(0, 24 * 365 * 20))
def test_the_unit_and_epoch_of_a_wrong_clock_are_inferred(
    epoch, epoch_us, unit, per_second, late, hour
):
    now = NOW + hour * HOUR_US + late
    claimed = (now - epoch_us) * per_second // 10**6
    told = describe_clock(NOW + hour * HOUR_US, now - (claimed + JCE_US))
    if (unit, epoch_us) == ("micro", JCE_US):
        assert told is None
    elif unit == "":
        assert told == "seconds, or nothing"
    else:
        assert told == f"{unit}seconds since {epoch}"


@pytest.mark.parametrize("years", [-3, 1, 4])
def test_a_clock_without_a_matching_unit_and_epoch_is_not_described(years):
    assert describe_clock(NOW, years * 365 * 24 * HOUR_US) is None


# --- Status and rates ------------------------------------------------------------------


def test_a_node_without_status_is_a_finding_after_its_limit():
    silent = [connection(connected_us=SILENT_US)]
    assert codes(conformance_input(connections=silent)) == ["status_missing"]
    assert codes(conformance_input(connections=[connection()])) == []
    heard = [{"node": A, "count": 1}]
    assert codes(conformance_input(connections=silent, status=heard)) == []


def test_connections_of_a_node_add_up_to_one_finding():
    rows = [
        connection(version=0, connected_us=SILENT_US // 2),
        connection(connected_us=SILENT_US // 2),
    ]
    ((found,),) = collect_findings(conformance_input(connections=rows)).values()
    assert (found.code, found.count) == ("status_missing", 2)


def test_shed_events_are_a_finding():
    rows = [connection(shed=3), connection(version=0, shed=4), connection(B)]
    assert codes(conformance_input(connections=rows)) == ["events_shed"]
    assert codes(conformance_input(connections=rows), B) == []
    assert collect_findings(conformance_input(connections=rows))[A][0].count == 7


def test_rates_of_a_node_divide_by_its_connected_time():
    shown = node_conformance(
        node(),
        conformance_input(
            connections=[
                connection(connected_us=8_000_000),
                connection(version=0, connected_us=2_000_000),
            ],
            events=[{"node": A, "count": 30}],
            status=[{"node": A, "count": 4}],
            clocks=[clock(1, NOW), clock(-1_500, NOW + HOUR_US)],
        ),
    )
    assert shown["sessions"] == 2
    assert (shown["connected_seconds"], shown["events_per_second"]) == (10.0, 3.0)
    assert (shown["status_count"], shown["status_interval_seconds"]) == (4, 2.5)
    assert shown["clock"] == {"offset_ms": -1.5, "is_jce": True, "looks_like": None}


def test_figures_of_a_node_without_rows_are_null():
    shown = node_conformance(node(), conformance_input())
    assert shown["verdict"] == "conformant"
    assert (shown["events_per_second"], shown["status_interval_seconds"]) == (None, None)
    assert shown["clock"] == {"offset_ms": None, "is_jce": None, "looks_like": None}
    assert (shown["findings"], shown["handshakes"]) == ([], [])


# --- As it is shown --------------------------------------------------------------------


def test_a_finding_of_one_node_has_explanation_and_examples():
    shown = node_conformance(
        node(),
        conformance_input(
            counts=[finding_row("truncated", count=9, first_at=NOW - 5)],
            examples=[example("truncated", at=NOW + at) for at in range(9)],
        ),
    )
    (found,) = shown["findings"]
    assert {name: found[name] for name in Rule._fields} == RULES["truncated"]._asdict()
    assert found["docs"] == "/api/docs/rules/truncated"
    assert (found["count"], found["first_at"], found["last_at"]) == (
        9,
        rfc3339(NOW - 5),
        rfc3339(NOW),
    )
    assert len(found["examples"]) == EXAMPLES
    assert found["examples"][0] == {
        **{"id": 512, "session": 256, "event_id": 3, "event_type": 11, "at": rfc3339(NOW)},
        **{"field": "slot", "offset": 9, "expectation": "4 bytes", "hex": "0x0a0b", "size": 2},
    }


def test_an_example_without_bytes_has_no_hex_and_size():
    row = example("pipeline_unfinished", frame="", size=0)
    shown = node_conformance(
        node(), conformance_input(counts=[finding_row("pipeline_unfinished")], examples=[row])
    )
    (found,) = shown["findings"][0]["examples"]
    assert (found["hex"], found["size"]) == (None, None)


def test_a_rule_of_another_release_has_no_explanation():
    (found,) = node_conformance(node(), conformance_input(counts=[finding_row("of_old")]))[
        "findings"
    ]
    assert (found["severity"], found["scope"], found["explanation"]) == ("warning", None, "")
    assert (found["counted"], found["docs"]) == ("events", None)


def test_handshakes_are_listed_by_version_and_layout_newest_first():
    rows = [
        connection(version=0, sessions=2),
        connection(version=1, first_at=NOW + 1, last_at=NOW + 9),
        connection(version=0, sessions=3, first_at=NOW - 4),
    ]
    found = node_conformance(node(), conformance_input(connections=rows))["handshakes"]
    assert [(each["protocol_version"], each["sessions"]) for each in found] == [(1, 1), (0, 5)]
    assert found[1]["first_at"] == rfc3339(NOW - 4)


def test_broken_rules_add_up_over_all_nodes():
    shown = network_conformance(
        [node(A), node(B), node("cc" * 32)],
        conformance_input(
            counts=[
                finding_row("truncated", count=2, first_at=NOW - 1),
                finding_row("truncated", B, count=3, last_at=NOW + 1),
                finding_row("node_information", None, count=4),
                finding_row("events_dropped", B),
            ],
            connections=[connection(A), connection(B)],
            examples=[example("truncated", B, at=NOW + 1), example("truncated", A)],
        ),
    )
    assert shown["verdict"] == "error"
    first, second, third = shown["rules"]
    assert (first["code"], first["count"], first["nodes"]) == ("truncated", 5, 2)
    assert (first["first_at"], first["last_at"]) == (rfc3339(NOW - 1), rfc3339(NOW + 1))
    assert [each["node_id"] for each in first["examples"]] == [B, A]
    assert (second["code"], second["nodes"]) == ("node_information", 0)
    assert third["code"] == "events_dropped"
    assert {each["node_id"]: each["verdict"] for each in shown["nodes"]} == {A: "error", B: "error"}
    assert [each["code"] for each in shown["nodes"][1]["findings"]] == [
        "truncated",
        "events_dropped",
    ]
    assert [each["code"] for each in shown["unidentified"]] == ["node_information"]


def test_a_node_without_rows_in_the_window_is_left_out():
    assert network_conformance([node()], conformance_input())["nodes"] == []


def test_nodes_are_ordered_by_verdict_then_as_given():
    rows = [finding_row("truncated", B), finding_row("trailing_bytes", "cc" * 32)]
    every = [node(each * 32) for each in ("dd", "aa", "cc", "bb")]
    known = [connection(each["node_id"]) for each in every]
    shown = network_conformance(every, conformance_input(counts=rows, connections=known))["nodes"]
    assert [each["node_id"][:2] for each in shown] == ["bb", "cc", "dd", "aa"]


def test_findings_of_equal_severity_and_count_have_one_order():
    rows = [finding_row(code) for code in ("unknown_event", "truncated", "bool_out_of_range")]
    assert codes(conformance_input(counts=rows)) == codes(conformance_input(counts=rows[::-1]))
