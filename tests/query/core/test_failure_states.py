"""``tart/query/core/failure_states.py``: open, resolved, ignored, regressed."""

from __future__ import annotations

from dataclasses import replace

from tart.query.core.failure_states import (
    FailureGroup,
    FailureState,
    groups_to_evict,
    is_older,
    may_regress,
    new_groups,
    regress,
    set_state,
)
from tests.cases import all_cases

GROUP = FailureGroup("ab" * 8, 92, "timed out", first_seen=100, last_seen=200)


def resolve(version: str | None = None) -> FailureGroup:
    return set_state(
        GROUP, FailureState.RESOLVED, now_us=300, changed_by="k", comment="fixed", version=version
    )


def come_back(group: FailureGroup, seen_at: int, version: str | None = "0.3.2") -> FailureGroup:
    return regress(group, seen_at=seen_at, node="n", version=version, now_us=999)


def test_a_resolved_group_that_is_seen_later_is_regressed() -> None:
    group = come_back(resolve(), 301)
    assert (group.state, group.regressed_at, group.regressed_version, group.regressed_node) == (
        FailureState.REGRESSED,
        301,
        "0.3.2",
        "n",
    )
    assert (group.changed_at, group.changed_by, group.resolved_at) == (999, None, 300)


def test_a_failure_that_arrived_before_the_resolution_changes_nothing() -> None:
    for seen_at in (200, 299, 300):
        assert come_back(resolve(), seen_at) == resolve()
    assert not may_regress(resolve(), 300)
    assert may_regress(resolve(), 301)


def test_open_and_ignored_groups_do_not_regress() -> None:
    assert come_back(GROUP, 500) == GROUP
    ignored = set_state(GROUP, FailureState.IGNORED, now_us=300, changed_by=None, comment="known")
    assert come_back(ignored, 500) == ignored


def test_versions_older_than_the_remedy_do_not_make_it_regressed() -> None:
    group = resolve("0.3.2")
    assert come_back(group, 301, "0.3.1") == group
    for version in ("0.3.2", "0.10.0", None):
        assert come_back(group, 301, version).state is FailureState.REGRESSED


def test_resolving_again_forgets_the_regression() -> None:
    group = set_state(
        come_back(resolve(), 301),
        FailureState.RESOLVED,
        now_us=400,
        changed_by="k",
        comment="again",
    )
    assert (group.state, group.resolved_at, group.regressed_at) == (
        FailureState.RESOLVED,
        400,
        None,
    )
    assert come_back(group, 399) == group


OLDER = [("0.3.1", "0.3.2"), ("0.9.0", "0.10.0"), ("1.0.0-rc1", "1.0.0"), ("1.0", "1.0.1")]


@all_cases("older, newer", [*OLDER, ("1.0.0-rc1", "1.0.0-rc2"), ("v1.2", "1.3")])
def test_versions_compare_by_their_numbers(older: str, newer: str) -> None:
    assert is_older(older, newer)
    assert not is_older(newer, older)
    assert not is_older(older, older)


def test_an_unknown_version_is_not_older() -> None:
    assert not is_older(None, "1.0")
    assert not is_older("1.0", None)
    assert not is_older("1.0.0+build7", "1.0.0")


def group_of(number: int, node: str, **changes: object) -> FailureGroup:
    group = replace(GROUP, fingerprint=f"{number:016x}", first_node=node, last_seen=number)
    return replace(group, **changes)  # type: ignore[arg-type]


def test_a_node_that_invents_reasons_loses_its_own_groups() -> None:
    groups = [group_of(number, "hostile") for number in range(10)]
    groups += [group_of(100 + number, f"node {number}") for number in range(5)]
    by_fingerprint = {group.fingerprint: group for group in groups}
    evicted = groups_to_evict(by_fingerprint, maximum=100, of_node=4)
    assert sorted(evicted) == [f"{number:016x}" for number in range(6)]
    # Few nodes with many groups, and too many in all: those of the largest go.
    evicted = groups_to_evict(by_fingerprint, maximum=8, of_node=100)
    assert sorted(evicted) == [f"{number:016x}" for number in range(7)]
    assert groups_to_evict(by_fingerprint, maximum=15, of_node=10) == []


def test_groups_whose_state_was_set_go_last() -> None:
    groups = [group_of(1, "a", changed_at=1), group_of(2, "a"), group_of(3, "a")]
    assert groups_to_evict({g.fingerprint: g for g in groups}, maximum=1) == [
        f"{2:016x}",
        f"{3:016x}",
    ]


def test_old_ignored_and_resolved_groups_are_not_new() -> None:
    groups = [
        group_of(1, "a", first_seen=50),
        group_of(2, "a", first_seen=10),
        group_of(3, "a", first_seen=60, is_baseline=True),
        group_of(4, "a", first_seen=70, state=FailureState.IGNORED),
        group_of(5, "a", first_seen=80, state=FailureState.RESOLVED),
        group_of(6, "a", first_seen=90, state=FailureState.REGRESSED),
    ]
    assert [int(group.fingerprint, 16) for group in new_groups(groups, 50)] == [6, 1]
