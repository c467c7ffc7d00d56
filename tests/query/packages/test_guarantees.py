"""``tart/query/packages/guarantees.py``: what became of guarantees, by attempts of one pipeline."""

from __future__ import annotations

from tart.query.packages.guarantees import guarantees, guarantors


def counts(node, **by_type):
    return [{"node": node, "type": int(key[1:]), "count": n} for key, n in by_type.items()]


def test_guarantee_rates_cover_ended_attempts_and_are_null_without_any():
    body = guarantees([*counts("a", t105=2, t108=3, t107=1), *counts("b", t105=5)], [])
    assert body["success_rates"] == {"send_success_rate": "75.00%", "receive_success_rate": None}
    assert body["totals"]["built"] == 7
    assert [each["node_id"] for each in body["by_node"]] == ["b", "a"]


def test_a_guarantor_that_never_failed_has_a_rate_of_one():
    tally = {
        "node": "a",
        "guaranteed": 2,
        "guaranteed_ended": 2,
        "distributions": 2,
        "signed": 1,
    }
    body = guarantors(
        [tally | {"cores": {3: 1, 1: 1}, "last_guaranteed": 0}],
        counts("a", t105=2, t108=10, t110=4),
        counts("a", t105=1),
    )
    (found,) = body["guarantors"]
    assert (found["success_rate"], found["send_success_rate"]) == (1.0, 1.0)
    assert (found["total_guarantees"], found["guarantees_last_hour"]) == (2, 1)
    assert (found["cores_active"], found["primary_core"]) == ([1, 3], 1)


def test_a_guarantor_without_ended_attempts_has_no_rate():
    (found,) = guarantors([], counts("a", t105=1), [])["guarantors"]
    assert found["success_rate"] is found["send_success_rate"] is found["primary_core"] is None


def test_performers_are_ordered_by_guarantees_built():
    every = [row for at in range(7) for row in counts(f"n{at}", t105=at + 1)]
    body = guarantors([], [*every, *counts("silent", t108=1)], [])
    assert body["total_guarantors"] == 7
    assert body["top_performers"] == ["n6", "n5", "n4", "n3", "n2"]
    assert body["bottom_performers"] == ["n4", "n3", "n2", "n1", "n0"]
