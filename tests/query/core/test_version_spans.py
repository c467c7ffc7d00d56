"""``tart/query/core/version_spans.py``: spans of one version are joined over short gaps."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.version_spans import VersionSpan, join_spans

A = "aa" * 32


def span(start, end, version="1", node=A):
    return VersionSpan(node, "x", version, start, end)


def test_spans_that_overlap_or_nearly_touch_are_one():
    assert join_spans([span(10, 20), span(0, 5), span(15, 30)], 5) == [span(0, 30)]
    assert join_spans([span(0, 5), span(11, 20)], 5) == [span(0, 5), span(11, 20)]


def test_another_node_or_version_has_spans_of_its_own():
    spans = [span(0, 5), span(3, 9, "2"), span(0, 5, node="bb" * 32)]
    assert sorted(join_spans(spans, 100)) == sorted(spans)


def test_a_span_inside_another_changes_nothing():
    assert join_spans([span(0, 100), span(20, 30), span(101, 110)], 1) == [span(0, 110)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=12), st.integers(0, 9))
def test_joining_keeps_every_moment_and_is_the_same_in_groups(pairs, gap):
    spans = [span(start, start + length) for start, length in pairs]
    joined = join_spans(spans, gap)
    moments = {moment for each in spans for moment in range(each.start_us, each.end_us + 1)}
    covered = {moment for each in joined for moment in range(each.start_us, each.end_us + 1)}
    assert moments <= covered
    assert all(two.start_us - one.end_us > gap for one, two in pairwise(joined))
    half = len(spans) // 2
    assert join_spans(join_spans(spans[:half], gap) + join_spans(spans[half:], gap), gap) == joined
