"""``tart/query/topics/conformance.py``: what is shown of what nodes did wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def counted(rule, node=A, count=1, first_at=NOW, last_at=NOW):
    return {"node": node, "rule": rule, "count": count, "first_at": first_at, "last_at": last_at}


def spoken(node=A, version=1, sessions=1, connected_us=SILENT_US // 3, **more):
    return {
        **{"node": node, "protocol_version": version, "params_layout": "gp-0.7"},
        **{"sessions": sessions, "first_at": NOW, "last_at": NOW},
        **{"connected_us": connected_us, "shed": 0},
        **more,
    }


def example(rule, node=A, at=NOW, **more):
    return {
        **{"at": at, "frame": "0a0b", "node": node, "session": 256, "event_id": 3, "type": 11},
        **{"rule": rule, "byte_offset": 9, "field": "slot", "expectation": "4 bytes"},
        **{"size": 2, "id": 512},
        **more,
    }


def material(**more):
    empty = {name: [] for name in ("counted", "spoken", "clocks", "events", "status", "examples")}
    return ConformanceInput(**(empty | more))


def codes(given_material, node=A):
    return [each.code for each in collect_findings(given_material).get(node, [])]


def clock(offset_us, bucket=NOW, node=A):
    return {"bucket": bucket, "node": node, "offset_us": offset_us}


def test_the_most_severe_come_first_then_the_most_frequent():
    rows = [
        counted("events_dropped", count=99),
        counted("trailing_bytes", count=5),
        counted("truncated"),
        counted("unknown_event", count=2),
    ]
    expected = ["unknown_event", "truncated", "trailing_bytes", "events_dropped"]
    assert codes(material(counted=rows)) == expected


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
def test_the_verdict_is_the_worst_there_is_but_what_is_allowed(broken, expected):
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
def test_a_clock_may_be_off_so_much(offset, expected):
    assert codes(material(clocks=[clock(offset)])) == expected


def test_of_clocks_hours_are_counted():
    buckets = [NOW, NOW + HOUR_US, NOW + 5 * HOUR_US]
    rows = [clock(CLOCK_US, each) for each in buckets] + [clock(0, NOW + 2 * HOUR_US)]
    ((found,),) = collect_findings(material(clocks=rows)).values()
    assert (found.count, found.first_at, found.last_at) == (3, buckets[0], buckets[2])


@pytest.mark.parametrize(
    ("epoch", "epoch_us"), [("1970-01-01", 0), ("2025-01-01T12:00", JCE_US)], ids=["Unix", "JCE"]
)
@pytest.mark.parametrize(
    ("unit", "per_second"), [("nano", 10**9), ("micro", 10**6), ("milli", 10**3), ("", 1)]
)
@given(late=st.integers(0, HOUR_US), hour=st.integers(0, 24 * 365 * 20))
def test_what_a_clock_counts_instead_is_told(epoch, epoch_us, unit, per_second, late, hour):
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
def test_what_no_clock_counts_is_not_told(years):
    assert describe_clock(NOW, years * 365 * 24 * HOUR_US) is None


# --- Status and rates ------------------------------------------------------------------


def test_who_never_sends_status_is_found_after_a_while():
    silent = [spoken(connected_us=SILENT_US)]
    assert codes(material(spoken=silent)) == ["status_missing"]
    assert codes(material(spoken=[spoken()])) == []
    heard = [{"node": A, "count": 1}]
    assert codes(material(spoken=silent, status=heard)) == []


def test_the_connections_of_a_node_count_together():
    rows = [spoken(version=0, connected_us=SILENT_US // 2), spoken(connected_us=SILENT_US // 2)]
    ((found,),) = collect_findings(material(spoken=rows)).values()
    assert (found.code, found.count) == ("status_missing", 2)


def test_what_was_shed_is_found():
    rows = [spoken(shed=3), spoken(version=0, shed=4), spoken(B)]
    assert codes(material(spoken=rows)) == ["events_shed"]
    assert codes(material(spoken=rows), B) == []
    assert collect_findings(material(spoken=rows))[A][0].count == 7


def test_a_node_s_figures_are_while_it_was_connected():
    shown = node_conformance(
        node(),
        material(
            spoken=[spoken(connected_us=8_000_000), spoken(version=0, connected_us=2_000_000)],
            events=[{"node": A, "count": 30}],
            status=[{"node": A, "count": 4}],
            clocks=[clock(1, NOW), clock(-1_500, NOW + HOUR_US)],
        ),
    )
    assert shown["sessions"] == 2
    assert (shown["connected_seconds"], shown["events_per_second"]) == (10.0, 3.0)
    assert (shown["status_count"], shown["status_interval_seconds"]) == (4, 2.5)
    assert shown["clock"] == {"offset_ms": -1.5, "is_jce": True, "looks_like": None}


def test_what_cannot_be_known_is_null():
    shown = node_conformance(node(), material())
    assert shown["verdict"] == "conformant"
    assert (shown["events_per_second"], shown["status_interval_seconds"]) == (None, None)
    assert shown["clock"] == {"offset_ms": None, "is_jce": None, "looks_like": None}
    assert (shown["findings"], shown["handshakes"]) == ([], [])


# --- As it is shown --------------------------------------------------------------------


def test_a_finding_explains_itself_and_has_examples():
    shown = node_conformance(
        node(),
        material(
            counted=[counted("truncated", count=9, first_at=NOW - 5)],
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


def test_an_example_without_bytes_has_none():
    row = example("pipeline_unfinished", frame="", size=0)
    shown = node_conformance(
        node(), material(counted=[counted("pipeline_unfinished")], examples=[row])
    )
    (found,) = shown["findings"][0]["examples"]
    assert (found["hex"], found["size"]) == (None, None)


def test_a_rule_of_another_release_is_shown_without_words():
    (found,) = node_conformance(node(), material(counted=[counted("of_old")]))["findings"]
    assert (found["severity"], found["scope"], found["explanation"]) == ("warning", None, "")
    assert (found["counted"], found["docs"]) == ("events", None)


def test_handshakes_are_told_apart_and_the_newest_comes_first():
    rows = [
        spoken(version=0, sessions=2),
        spoken(version=1, first_at=NOW + 1, last_at=NOW + 9),
        spoken(version=0, sessions=3, first_at=NOW - 4),
    ]
    found = node_conformance(node(), material(spoken=rows))["handshakes"]
    assert [(each["protocol_version"], each["sessions"]) for each in found] == [(1, 1), (0, 5)]
    assert found[1]["first_at"] == rfc3339(NOW - 4)


def test_over_all_nodes_rules_are_added_up():
    shown = network_conformance(
        [node(A), node(B), node("cc" * 32)],
        material(
            counted=[
                counted("truncated", count=2, first_at=NOW - 1),
                counted("truncated", B, count=3, last_at=NOW + 1),
                counted("node_information", None, count=4),
                counted("events_dropped", B),
            ],
            spoken=[spoken(A), spoken(B)],
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


def test_who_said_nothing_in_the_window_is_left_out():
    assert network_conformance([node()], material())["nodes"] == []


def test_who_is_worst_comes_first_otherwise_as_given():
    rows = [counted("truncated", B), counted("trailing_bytes", "cc" * 32)]
    every = [node(each * 32) for each in ("dd", "aa", "cc", "bb")]
    known = [spoken(each["node_id"]) for each in every]
    shown = network_conformance(every, material(counted=rows, spoken=known))["nodes"]
    assert [each["node_id"][:2] for each in shown] == ["bb", "cc", "dd", "aa"]


def test_findings_of_equal_weight_come_in_one_order():
    rows = [counted(code) for code in ("unknown_event", "truncated", "bool_out_of_range")]
    assert codes(material(counted=rows)) == codes(material(counted=rows[::-1]))
