"""Groups of nodes over a window in which versions change."""

from __future__ import annotations

from tart.query.comparison.groups import (
    MAX_GROUPS,
    Group,
    Membership,
    assign_groups,
    largest_groups,
    pair_groups,
)
from tart.query.core.version_spans import VersionSpan
from tart.query.core.windows import Window
from tart.query.topics.time_series import Buckets
from tart.units import HOUR_US, MINUTE_US

BUCKETS = Buckets(0, HOUR_US - 1, 5 * MINUTE_US)
OLD, NEW = Group("alpha", "1"), Group("alpha", "2")


def span(node: str, version: str | None, start: float, end: float) -> VersionSpan:
    name = None if version is None else "alpha"
    return VersionSpan(node, name, version, int(start * MINUTE_US), int(end * MINUTE_US))


def test_a_node_with_one_version_counts_with_the_whole_window() -> None:
    spans = [span("a", "1", 0, 20), span("a", "1", 30, 60)]
    found = assign_groups(spans, {}, "version", BUCKETS)
    assert found.whole == {"a": OLD}
    assert (found.changed, found.unknown, list(found.slices)) == (0, 0, [])
    assert found.group_at("a", 25 * MINUTE_US) == OLD
    assert found.parts(BUCKETS.window) == [(BUCKETS.window, {"a": OLD})]


def test_a_node_that_changed_counts_for_both_versions_in_slices() -> None:
    spans = [span("a", "1", 0, 22), span("a", "2", 23, 60)]
    found = assign_groups(spans, {}, "version", BUCKETS)
    assert (found.whole, found.changed) == ({}, 1)
    groups = [nodes.get("a") for _, nodes in found.slices]
    # It changed in the fifth slice, which is left out.
    assert groups == [OLD] * 4 + [None] + [NEW] * 7
    assert found.group_at("a", 2 * MINUTE_US) == OLD
    assert found.group_at("a", 21 * MINUTE_US) is None
    assert found.group_at("a", 40 * MINUTE_US) == NEW
    assert found.group_at("a", 3 * HOUR_US) is None
    assert found.first_seen == {OLD: 0, NEW: 23 * MINUTE_US}
    # Slices without such nodes are not read.
    assert len(found.parts(BUCKETS.window)) == 12
    # By implementation it did not change.
    assert assign_groups(spans, {}, "implementation", BUCKETS).whole == {"a": Group("alpha")}


def test_a_version_that_no_file_has_any_more_is_that_of_the_node() -> None:
    found = assign_groups([span("a", None, 0, 60)], {"a": ("alpha", "2")}, "version", BUCKETS)
    assert found.whole == {"a": NEW}
    found = assign_groups([span("a", None, 0, 60)], {}, "version", BUCKETS)
    assert (found.whole, found.unknown) == ({}, 1)
    assert found.group_at("a", 0) is None
    assert found.group_at(None, 0) is None


def test_connected_time_and_restarts_are_those_of_the_window() -> None:
    spans = [span("a", "1", 0, 10), span("a", "1", 12, 20), span("a", "2", 21, 60)]
    found = Membership({}, spans={"a": spans})
    window = Window(5 * MINUTE_US, 30 * MINUTE_US)
    assert found.connected_us("a", window) == (5 + 8 + 9) * MINUTE_US
    # The start of another version is no restart.
    assert found.restarts("a", window) == 1
    assert found.restarts("b", window) == 0
    assert found.connected_us("b", window) == 0


def test_implementations_are_compared_with_each_other() -> None:
    a, b, c = Group("a"), Group("b"), Group("c")
    assert pair_groups({b, c, a}, {}, None) == [(a, b), (a, c), (b, c)]
    assert pair_groups({a, b, c}, {}, "b") == [(b, a), (b, c)]


def test_versions_are_compared_with_the_one_before_of_their_implementation() -> None:
    other = Group("beta", "1")
    newest = Group("alpha", "0.9-rc")
    first_seen = {OLD: 1, NEW: 2, newest: 3, other: 0}
    assert pair_groups(first_seen, first_seen, None) == [(OLD, NEW), (NEW, newest)]
    assert pair_groups(first_seen, first_seen, "1") == [(OLD, NEW), (OLD, newest)]
    assert pair_groups(first_seen, first_seen, "alpha 2") == [(NEW, OLD), (NEW, newest)]
    assert (OLD.label, Group("a").label) == ("alpha 1", "a")


def test_nodes_that_invent_names_do_not_make_the_comparison_larger() -> None:
    honest = {f"node {number}": Group(f"impl {number % 4}") for number in range(12)}
    invented = {f"liar {number}": Group(f"a{number}") for number in range(10_000)}
    groups = {**honest, **invented}
    found = Membership(groups, first_seen=dict.fromkeys(groups.values(), 0))
    compared = largest_groups(found, "implementation", None)
    assert len(compared) == MAX_GROUPS["implementation"]
    assert set(honest.values()) <= compared
    # A group that is asked for is among them.
    assert Group("a9999") not in compared
    assert Group("a9999") in largest_groups(found, "implementation", "a9999")
