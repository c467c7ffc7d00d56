"""``tart/query/packages/packages.py``: what shards say of packages as one."""

from __future__ import annotations

from collections import Counter

from tart.query.packages import packages
from tart.query.packages.packages import KEYS, LEAD, MARKS, MEASURES, STATE, TALLY

BIT = {name: 1 << at for at, name in enumerate(MARKS)}


def row(key, *marks, core=0, **measures):
    return [key, core, sum(BIT[each] for each in marks), *(measures.get(m) for m in MEASURES)]


def answer(*rows, below=None, **unidentified):
    counts = {"submissions": 0, "shares": 0, "failed": 0} | unidentified
    return {"rows": list(rows), "below": below, "unidentified": counts}


def state(**changes):
    """A row of ``states``, unfinished at its first step."""
    values = dict.fromkeys(STATE) | {
        "hash": "aa",
        "node": "01",
        "kind": 90,
        "outcome": "unfinished",
        "place": 2,
        "first_at": 10,
        "last_at": 20,
        "nodes": ["01"],
        "submissions": 1,
        "submissions_failed": 0,
        "shares": 0,
        "shares_failed": 0,
    }
    return values | changes


def as_row(values):
    return [values[name] for name in STATE]


def test_a_package_at_guarantors_of_several_shards_is_one():
    found = packages.handled(
        [
            answer(row(1, "submitted", "received"), row(2, "shared"), submissions=1),
            answer(row(1, "shared", "refined", refine_gas=5), submissions=2, failed=1),
        ]
    )
    assert (found.distinct(), found.distinct("submitted"), found.distinct("refined")) == (2, 1, 1)
    assert found.distinct("submitted", "refined") == 1
    assert found.total("refine_gas") == 5
    assert found.unidentified == {"submissions": 3, "shares": 0, "failed": 1}
    assert found.exact


def test_of_a_sample_every_shard_has_the_same_part():
    half = KEYS // 2
    found = packages.handled(
        [answer(row(1, "received"), below=half), answer(row(2, "received"), row(half + 1))]
    )
    assert not found.exact
    assert found.distinct("received") == 4


def test_packages_by_core_leave_out_those_of_none():
    found = packages.handled([answer(row(1, core=3), row(2, core=None), row(4, core=1))])
    assert list(found.by_core()) == [1, 3]


def test_tallies_add_up_by_key():
    zero = dict.fromkeys(TALLY, 0) | {"last_at": None, "cores": None}
    one = [*(zero | {"rows": 2, "last_at": 5, "cores": {"1": 2}}).values()]
    two = [*(zero | {"rows": 1, "last_at": 9, "cores": {"1": 1, "2": 1}}).values()]
    (found,) = packages.tallied([[["a", *one]], [["a", *two]]], ["node"])
    assert (found["node"], found["rows"], found["last_at"]) == ("a", 3, 9)
    assert found["cores"] == {1: 3, 2: 1}


def test_durations_add_up_and_have_percentiles():
    found = packages.durations([[[1, 40, 2]], [[1, 40, 1], [6, 80, 1]]])
    assert found["received_to_authorized"] == Counter({40: 3})
    shown = packages.all_percentiles(found)
    assert shown.keys() == {"received_to_authorized"}
    assert shown["received_to_authorized"]["sample_count"] == 3
    assert packages.percentiles({}) is None


def test_the_guarantor_that_came_furthest_leads_wherever_it_was_heard():
    behind = state(
        node="02", place=3, first_at=5, failed_place=3, failed=7, reason="late", shares=1
    )
    ahead = state(place=9, last_at=30, any_report="bb", submitted_to="01")
    for answers in ([[as_row(behind)], [as_row(ahead)]], [[as_row(ahead)], [as_row(behind)]]):
        (found,) = packages.states(answers, 10)
        assert (found["node"], found["first_at"], found["last_at"]) == ("01", 5, 30)
        assert (found["reason"], found["failed"]) == ("late", 7)
        assert (found["submissions"], found["shares"]) == (2, 1)
        assert (found["any_report"], found["submitted_to"]) == ("bb", "01")


def test_the_newest_come_first_and_no_more_than_asked_for():
    rows = [as_row(state(hash=str(at), first_at=at)) for at in range(5)]
    assert [each["hash"] for each in packages.states([rows], 3)] == ["4", "3", "2"]


def test_what_is_not_there_has_no_share_and_no_mean():
    assert packages.share(0, 0) is packages.mean_ms(0, 0) is packages.ms(None) is None
    assert (packages.share(1, 3), packages.mean_ms(9_000, 2)) == (0.3333, 4.5)


def test_names_of_a_state_are_told_apart():
    assert len(set(STATE)) == len(STATE)
    assert set(LEAD) < set(STATE)
