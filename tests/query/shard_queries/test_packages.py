"""``tart/query/shard_queries/packages.py``: packages of several shards as one."""

from __future__ import annotations

from collections import Counter

from tart.query.core.windows import Window
from tart.query.shard_queries.packages import (
    COUNT_COLUMNS,
    KEYS,
    MARKS,
    MEASURES,
    STATE,
    JourneyEvents,
    PackageCounts,
    PackageRows,
    PackageStages,
    PackageStates,
    StageRows,
    StepDurations,
    StepSamples,
    samples_by_pair,
)

BIT = {name: 1 << at for at, name in enumerate(MARKS)}


def row(key, *marks, core=0, **measures):
    return [key, core, sum(BIT[each] for each in marks), *(measures.get(m) for m in MEASURES), 0]


def answer(*rows, below=None, **unidentified):
    counts = {"submissions": 0, "shares": 0, "failed": 0} | unidentified
    return StageRows(list(rows), below, counts)


def merged(*answers):
    return PackageStages(Window()).merge(list(enumerate(answers)))


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
        "received_by": [],
        "guaranteed_by": [],
        "submissions": 1,
        "submissions_failed": 0,
        "shares": 0,
        "shares_failed": 0,
    }
    return values | changes


def as_row(values):
    return [values[name] for name in STATE]


def test_a_package_at_guarantors_of_several_shards_is_one():
    found = merged(
        answer(row(1, "submitted", "received"), row(2, "shared"), submissions=1),
        answer(row(1, "shared", "refined", refine_gas=5), submissions=2, failed=1),
    )
    assert (found.distinct(), found.distinct("submitted"), found.distinct("refined")) == (2, 1, 1)
    assert found.distinct("submitted", "refined") == 1
    assert found.total("refine_gas") == 5
    assert found.unidentified == {"submissions": 3, "shares": 0, "failed": 1}
    assert found.exact


def test_of_a_sample_every_shard_has_the_same_part():
    half = KEYS // 2
    found = merged(
        answer(row(1, "received"), below=half), answer(row(2, "received"), row(half + 1))
    )
    assert not found.exact
    assert found.distinct("received") == 4


def test_packages_by_core_leave_out_those_of_none():
    found = merged(answer(row(1, core=3), row(2, core=None), row(4, core=1)))
    assert list(found.by_core()) == [1, 3]


def test_tallies_add_up_by_key():
    zero = dict.fromkeys(COUNT_COLUMNS, 0) | {"last_at": None, "cores": None}
    one = [*(zero | {"rows": 2, "last_at": 5, "cores": {"1": 2}}).values()]
    two = [*(zero | {"rows": 1, "last_at": 9, "cores": {"1": 1, "2": 1}}).values()]
    (found,) = PackageCounts(Window(), by=["node"]).merge([(0, [["a", *one]]), (1, [["a", *two]])])
    assert (found["node"], found["rows"], found["last_at"]) == ("a", 3, 9)
    assert found["cores"] == {1: 3, 2: 1}


def test_samples_of_durations_add_up_by_pair():
    rows = StepDurations(Window()).merge(
        [(0, [StepSamples(1, 40, 2)]), (1, [StepSamples(1, 40, 1), StepSamples(6, 80, 1)])]
    )
    assert samples_by_pair(rows)["received_to_authorized"] == Counter({40: 3})


def test_the_guarantor_that_came_furthest_leads_wherever_it_was_heard():
    behind = state(
        node="02", place=3, first_at=5, failed_place=3, failed=7, reason="late", shares=1
    )
    ahead = state(place=9, last_at=30, any_report="bb", submitted_to="01")
    for answers in ([[as_row(behind)], [as_row(ahead)]], [[as_row(ahead)], [as_row(behind)]]):
        (found,) = PackageStates(limit=10).merge(list(enumerate(answers)))
        assert (found["node"], found["first_at"], found["last_at"]) == ("01", 5, 30)
        assert (found["reason"], found["failed"]) == ("late", 7)
        assert (found["submissions"], found["shares"]) == (2, 1)
        assert (found["any_report"], found["submitted_to"]) == ("bb", "01")


def test_the_newest_come_first_and_no_more_than_asked_for():
    rows = [as_row(state(hash=str(at), first_at=at)) for at in range(5)]
    assert [each["hash"] for each in PackageStates(limit=3).merge([(0, rows)])] == ["4", "3", "2"]


def test_guarantors_rows_of_all_shards_come_in_order():
    one, two, three = ({"started_at": at, "session": 1, "root": at} for at in (1, 2, 3))
    assert PackageRows().merge([(0, [one, three]), (1, [two])]) == [one, two, three]


def test_events_of_a_journey_are_united_and_truncated_where_a_list_is_full():
    def part(*erasures, auditors=()):
        return {"pipelines": {}, "reports": [], "erasures": list(erasures), "auditors": auditors}

    first, second = ({"id": number, "received_at": str(number)} for number in (1, 2))
    found = JourneyEvents(limit=2).merge([(0, part(second)), (1, part(first, auditors=["b", "a"]))])
    assert found["erasures"] == [first, second]
    assert (found["auditors"], found["truncated"]) == (["a", "b"], False)
    assert JourneyEvents(limit=1).merge([(0, part(first))])["truncated"]
