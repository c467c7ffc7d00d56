"""``tart/query/shard_queries/package_outcomes.py``: shards' columns merged by package."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.query import Attached
from tart.query.core.windows import Window
from tart.query.packages.package_progress import STEPS, stage_of
from tart.query.shard_queries.package_outcomes import (
    INCLUDED,
    NO_SLOT,
    OUTCOMES,
    PACKAGE,
    REACHED,
    RECEIVED,
    REFUSED,
    REPORT,
    ROOT,
    OutcomesHead,
    PackageOutcomes,
)
from tart.query.shard_queries.packages import KEYS

NONE = {"submissions": 0, "shares": 0, "failed": 0}


def part(rows=(), reports=(), roots=(), reasons=("",), below=None, unidentified=None):
    """A shard's answer."""
    packages = np.zeros(len(rows), PACKAGE)
    packages["slot"] = NO_SLOT
    for position, row in enumerate(rows):
        for name, value in row.items():
            packages[name][position] = value
    told = np.array(list(reports), REPORT)
    asked = np.array(list(roots), np.uint64)
    head = OutcomesHead(
        len(packages), len(told), len(asked), list(reasons), below, unidentified or NONE
    )
    return Attached(head, packages.tobytes() + told.tobytes() + asked.astype(ROOT).tobytes())


def merge(*parts):
    return PackageOutcomes(Window()).merge(list(enumerate(parts)))


def test_the_leading_guarantor_decides_and_the_others_add_what_it_lacks():
    one = part(
        [{"key": 1, "place": 5, "stage": 5, "core": 2, "slot": 9, "first_at": 20, "last_at": 30}],
        reports=[(8, RECEIVED)],
    )
    two = part(
        [{"key": 1, "place": 4, "stage": 4, "core": 3, "report": 8, "first_at": 10, "last_at": 40}],
        reports=[(8, INCLUDED)],
    )
    for parts in ((one, two), (two, one)):
        found = merge(*parts)
        assert (found.core.tolist(), found.slot.tolist()) == ([2], [9])
        assert (found.first_at.tolist(), found.last_at.tolist()) == ([10], [40])
        assert [OUTCOMES[each] for each in found.outcome] == ["included"]
        assert [REACHED[each] for each in found.stage] == ["included"]


def test_reasons_of_shards_get_one_list():
    failed = {"failed": 1, "reason": 1, "stage": 1}
    found = merge(
        part([{"key": 1, **failed}], reasons=["", "no memory"]),
        part(
            [{"key": 2, **failed}, {"key": 3, **failed, "reason": 2}],
            reasons=["", "reset", "no memory"],
        ),
    )
    assert [found.reasons[each] for each in found.reason] == ["no memory", "reset", "no memory"]


def test_a_sample_is_of_the_hashes_that_all_shards_have():
    rows = [{"key": key} for key in (1, KEYS // 4, KEYS // 2)]
    found = merge(part(rows, below=KEYS // 2 + 1), part(rows, below=KEYS // 4))
    assert len(found.core) == 1
    assert (found.scale, found.exact) == (4, False)
    assert found.estimate(3) == 12


def test_without_answers_there_is_nothing():
    found = merge()
    assert len(found.outcome) == len(found.stage) == 0
    assert found.exact
    assert len(merge(part()).outcome) == 0


STEP = st.sampled_from([None, *range(len(STEPS))])


@given(
    stage=STEP,
    failed=st.booleans(),
    flags=st.integers(0, 7),
    asked=st.booleans(),
    known=st.booleans(),
)
def test_an_outcome_is_the_stage_of_one_package(stage, failed, flags, asked, known):
    columns = list(STEPS.values())
    steps = {
        name: 1 if stage is not None and i <= stage else None for i, name in enumerate(columns)
    }
    steps["outcome"] = "failed" if failed else "unfinished"
    row = {
        "key": 1,
        "stage": 0 if stage is None else stage + 1,
        "failed": failed,
        "report": 6,
        "root": 7 if known else 0,
    }
    (outcome,) = merge(part([row], [(6, flags)], [7] if asked else [])).outcome
    report = {
        "received_at": 1 if flags & RECEIVED else None,
        "included_at": 1 if flags & INCLUDED else None,
        "cannot_report": 1 if flags & REFUSED else 0,
    }
    assert OUTCOMES[outcome] == stage_of(steps, report, {"root": 7} if asked and known else None)
