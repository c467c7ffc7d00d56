"""``tart/query/packages/work_funnel.py``: stages, losses and failure groups."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.failure_rates import ReasonGroup
from tart.query.packages.work_funnel import (
    FAILURE_KINDS,
    MAX_GROUPS,
    MAX_REASONS,
    failure_groups,
    pick_example,
    work_funnel,
)
from tart.query.shard_queries.package_outcomes import LOST, OUTCOMES, REACHED, PackageColumns

NONE = {"submissions": 1, "shares": 2, "failed": 3}


def columns(*packages, reasons=(), scale=1):
    """Packages of (stage, outcome, last_at, reason)."""
    stage, outcome, last_at, reason = zip(*packages, strict=True) if packages else ((), (), (), ())
    texts = ["", *reasons]
    return PackageColumns(
        first_at=np.zeros(len(stage), np.int64),
        last_at=np.array(last_at, np.int64),
        core=np.zeros(len(stage), np.uint16),
        slot=np.zeros(len(stage), np.int64),
        stage=np.array([REACHED.index(each) for each in stage], np.int64),
        outcome=np.array([OUTCOMES.index(each) for each in outcome], np.uint8),
        reason=np.array([texts.index(each) for each in reason], np.int64),
        reasons=texts,
        scale=Fraction(scale),
        unidentified=NONE,
    )


def funnel(packages, groups=(), examples=None):
    body = work_funnel(packages, groups, examples or {}, 100)
    return body, {each["stage"]: each for each in body["stages"]}


def test_a_package_is_lost_waiting_or_stopped_at_its_furthest_stage():
    body, stages = funnel(
        columns(
            ("refined", "failed", 100, "no memory"),
            ("refined", "refined", 100, ""),
            ("refined", "refined", 99, ""),
            ("available", "available", 100, ""),
            reasons=["no memory"],
        )
    )
    refined = stages["refined"]
    assert [refined[name] for name in ("reached", "lost", "waiting", "stopped")] == [4, 1, 1, 1]
    assert refined["reasons"] == [{"reason": "no memory", "count": 1}]
    assert stages["report_built"]["reached"] == stages["available"]["reached"] == 1
    assert stages["available"]["waiting"] == stages["available"]["stopped"] == 0
    assert body["packages"] == stages["submitted"]["reached"] == 4
    assert body["unidentified"] == NONE


def test_a_discard_has_its_reason_and_many_reasons_are_summed_up():
    names = [f"reason {number:02}" for number in range(MAX_REASONS + 3)]
    packages = [("received", "failed", 0, name) for name in names]
    packages += [("received", "failed", 0, names[5]), ("received", "failed", 0, "")]
    _, stages = funnel(
        columns(*packages, ("guarantee_received", "discarded", 0, ""), reasons=names)
    )
    reasons = stages["received"]["reasons"]
    assert reasons[0] == {"reason": names[5], "count": 2}
    assert reasons[-1] == {"reason": None, "count": 4}
    assert len(reasons) == MAX_REASONS + 1
    assert sum(each["count"] for each in reasons) == stages["received"]["lost"]
    assert stages["guarantee_received"]["reasons"] == [
        {"reason": "CannotReportOnChain", "count": 1}
    ]


@given(
    st.lists(st.tuples(st.sampled_from(REACHED), st.sampled_from(OUTCOMES), st.integers(0, 200))),
    st.integers(1, 3),
)
def test_reached_is_what_ends_or_waits_and_what_goes_on(packages, scale):
    some = [(stage, outcome, last_at, "") for stage, outcome, last_at in packages]
    body, _ = funnel(columns(*some, scale=scale))
    stages = body["stages"]
    for here, following in pairwise(stages):
        ended = here["lost"] + here["waiting"] + here["stopped"]
        assert here["reached"] == ended + following["reached"]
        assert sum(each["count"] for each in here["reasons"]) == here["lost"]
    assert body["packages"] == len(packages) * scale
    lost = sum(each["lost"] for each in stages)
    assert lost == scale * sum(o in LOST and s != "available" for s, o, _ in packages)


def test_groups_are_the_largest_and_have_an_example():
    rows = [
        {"node": node, "type": 92, "reason": f"r{number}", "count": number, "last_at": number}
        for number in range(1, MAX_GROUPS + 3)
        for node in ("a", "b")
    ]
    groups = failure_groups(rows)
    assert [group.failures for group in groups][:2] == [2 * (MAX_GROUPS + 2), 2 * (MAX_GROUPS + 1)]
    assert len(groups) == MAX_GROUPS
    first = groups[0]
    body, _ = funnel(columns(), groups, {(first.type, first.reason): {"id": 7}})
    shown = body["failure_groups"]
    assert (shown[0]["example_event_id"], shown[1]["example_event_id"]) == (7, None)
    assert (shown[0]["nodes"], shown[0]["event_name"]) == (2, "WorkPackageFailed")


def test_the_example_has_the_group_s_type_and_reason():
    group = ReasonGroup(92, "reset", 1, frozenset("a"), 5, "a")
    events = [
        {"id": number, "event_type": kind, "data": {"X": {"reason": reason}}}
        for number, kind, reason in ((1, 99, "reset"), (2, 92, "other"), (3, 92, "reset"))
    ]
    assert pick_example(group, events) == events[2]
    assert pick_example(group, events[:2]) is None


def test_failures_of_work_are_failures():
    assert len(set(FAILURE_KINDS)) == len(FAILURE_KINDS)
