"""``tart/tracing/spans.py``: times that nest, and no more spans than allowed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tart.tracing.spans import Service, Span, SpanEvent, assemble

TRACE = bytes(16)


def span(number, parent=None, start=0, end=0, **more):
    of = None if parent is None else bytes([parent]) * 8
    return Span(bytes([number]) * 8, of, f"span {number}", None, start, end, **more)


def build(*spans, **more):
    return assemble(TRACE, spans, {}, is_failed=False, **more)


def times(trace):
    return {each.id[0]: (each.start_us, each.end_us) for each in trace.spans}


def test_a_parent_covers_its_children_and_events():
    trace = build(
        span(1, start=50, end=60),
        span(2, 1, start=40, end=55),
        span(3, 2, start=30, end=90, events=[SpanEvent(20, "early"), SpanEvent(95, "late")]),
    )
    assert times(trace) == {1: (20, 95), 2: (20, 95), 3: (20, 95)}


def test_a_span_never_ends_before_it_begins():
    assert times(build(span(1, start=50, end=10))) == {1: (50, 50)}


def test_a_second_span_with_an_id_is_left_out():
    trace = build(span(1, end=9), span(2, 1, end=1), span(2, 1, end=5))
    assert times(trace) == {1: (0, 9), 2: (0, 1)}


def test_of_too_many_spans_failures_and_their_ancestors_stay_and_the_root_counts_the_others():
    trace = build(
        span(1, end=100),
        *(span(number, 1, start=number, end=number) for number in range(2, 8)),
        span(10, 7, start=8, end=8),
        span(11, 7, start=7, end=8, error="broken"),
        max_spans=5,
    )
    assert [each.id[0] for each in trace.spans] == [1, 2, 3, 7, 11]
    assert trace.cut == 4
    assert trace.spans[0].attributes == {"jam.trace.cut_spans": 4}
    # What was left out still counts for the times.
    assert times(trace)[7] == (7, 8)


def test_even_of_too_many_failures_each_has_its_parents():
    spans = [span(1), *(span(n, 1, start=9 - n, error="x") for n in range(2, 6))]
    spans += [span(10 + n, n, start=9 - n, error="x") for n in range(2, 6)]
    for most in range(1, len(spans) + 1):
        trace = build(*spans, max_spans=most)
        present = {each.id for each in trace.spans}
        assert len(present) == most
        assert all(each.parent is None or each.parent in present for each in trace.spans)


def test_only_services_of_nodes_with_spans_are_named():
    services = {"a": Service("x", "1"), "b": Service("y", "2")}
    trace = assemble(TRACE, [replace(span(1), node="a")], services, is_failed=True)
    assert trace.services == {"a": services["a"]}
    assert trace.is_failed


@st.composite
def trees(draw):
    spans = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        parent = draw(st.integers(1, number - 1)) if number > 1 else None
        error = draw(st.sampled_from([None, None, "broken"]))
        start, end = draw(st.integers(0, 50)), draw(st.integers(0, 50))
        spans.append(span(number, parent, start, end, error=error))
    return spans


@given(trees(), st.integers(1, 12), st.randoms(use_true_random=False))
def test_any_tree_nests_and_does_not_depend_on_the_order_of_siblings(spans, most, random):
    trace = build(*spans, max_spans=most)
    present = {each.id: each for each in trace.spans}
    assert len(trace.spans) == min(most, len(spans))
    assert len(trace.spans) + trace.cut == len(spans)
    for each in trace.spans:
        assert each.start_us <= each.end_us
        if each.parent is not None:
            above = present[each.parent]
            assert above.start_us <= each.start_us <= each.end_us <= above.end_us
    shuffled, rest = [], list(spans)
    while rest:
        known = {each.id for each in shuffled}
        ready = [each for each in rest if each.parent is None or each.parent in known]
        chosen = random.choice(ready)
        rest.remove(chosen)
        shuffled.append(chosen)
    if not trace.cut:
        assert build(*shuffled) == trace
