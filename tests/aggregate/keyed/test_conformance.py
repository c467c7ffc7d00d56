"""``tart/aggregate/keyed/conformance.py``: counts of findings, and examples."""

from __future__ import annotations

import pytest

from tart.aggregate.core.event_batch import Finding
from tart.aggregate.keyed.conformance import EXAMPLE_BYTES, EXAMPLES, ConformanceCounters
from tart.units import DAY_US, HOUR_US, JCE_US

NOON = JCE_US


def finding(rule="truncated", at=NOON, node=1, frame=b"frame", seq=7):
    return Finding(rule, at, node, 2, seq, 3, 11, 9, "slot", "4 bytes", frame)


def rows(conformance, table):
    found = conformance.rows(table)
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def count(*findings, **limits):
    conformance = ConformanceCounters(**limits)
    for each in findings:
        conformance.add(each)
    return conformance


def test_findings_are_counted_by_hour_node_and_rule():
    times = (NOON + 1, NOON + 5, NOON + HOUR_US - 1, NOON + HOUR_US)
    found = rows(count(*(finding(at=at) for at in times)), "conformance")
    assert found == [
        {
            **{"bucket": NOON, "node": 1, "rule": "truncated", "count": 3},
            **{"first_at": NOON + 1, "last_at": NOON + HOUR_US - 1},
        },
        {
            **{"bucket": NOON + HOUR_US, "node": 1, "rule": "truncated", "count": 1},
            **{"first_at": NOON + HOUR_US, "last_at": NOON + HOUR_US},
        },
    ]


def test_findings_without_a_node_are_counted_separately():
    conformance = count(finding(), finding(node=None), finding("unknown_event"))
    assert [(row["node"], row["rule"]) for row in rows(conformance, "conformance")] == [
        (1, "truncated"),
        (None, "truncated"),
        (1, "unknown_event"),
    ]


def test_the_first_findings_of_a_day_become_examples():
    found = rows(count(*(finding(seq=seq) for seq in range(9))), "examples")
    assert [row["seq"] for row in found] == list(range(EXAMPLES))
    assert found[0] == {
        **{"seen_at": NOON, "node": 1, "session": 2, "seq": 0, "event_id": 3, "type": 11},
        **{"rule": "truncated", "byte_offset": 9, "field": "slot", "expectation": "4 bytes"},
        **{"frame": b"frame", "size": 5},
    }


def test_a_flush_does_not_renew_the_examples_of_a_day():
    conformance = count(*(finding() for _ in range(5)))
    conformance.clear()
    conformance.add(finding())
    assert rows(conformance, "examples") == []
    conformance.add(finding(at=NOON + DAY_US))
    assert len(rows(conformance, "examples")) == 1
    assert sum(row["count"] for row in rows(conformance, "conformance")) == 2


def test_each_node_and_rule_has_examples_of_its_own():
    many = [finding(rule, node=node) for rule in ("a", "b") for node in (1, 2) for _ in range(9)]
    assert len(rows(count(*many), "examples")) == 4 * EXAMPLES


def test_the_frame_of_an_example_is_cut():
    (found,) = rows(count(finding(frame=bytes(range(256)) * 40)), "examples")
    assert found["size"] == 40 * 256
    assert found["frame"] == (bytes(range(256)) * 40)[:EXAMPLE_BYTES]


@pytest.mark.parametrize("table", ["conformance", "examples"])
def test_findings_beyond_the_key_limit_are_not_stored_but_counted(table):
    conformance = count(*(finding(node=node) for node in (1, 2, 3, 1)), max_keys=2)
    assert {row["node"] for row in rows(conformance, table)} == {1, 2}
    assert conformance.overflowed == 1
