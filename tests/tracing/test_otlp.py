"""``tart/tracing/otlp.py``: the JSON mapping, within the limits, as OpenTelemetry reads it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.tracing.otlp import encode
from tart.tracing.spans import (
    MAX_ATTRIBUTES,
    MAX_EVENTS,
    MAX_LINKS,
    MAX_LIST,
    MAX_TEXT,
    Link,
    Service,
    Span,
    SpanEvent,
    Trace,
    assemble,
)
from tests.tracing.otlp_messages import attributes, check_tree, read, spans_of

TRACE, ROOT = bytes(range(16)), bytes(range(8))


def build(**more) -> Trace:
    given = {"attributes": {}, "events": (), "links": (), "error": None, "node": None} | more
    span = Span(ROOT, None, "name", start_us=5, end_us=9, **given)
    return assemble(TRACE, [span], {"n": Service("impl", None)}, is_failed=False)


def only_span(trace):
    (span,) = spans_of(read(encode(trace)))
    return span


def test_ids_are_hex_integers_text_and_enumerations_numbers():
    document = json.loads(encode(build(attributes={"a": 7}, error="why")))
    (resource,) = document["resourceSpans"]
    (scope,) = resource["scopeSpans"]
    (span,) = scope["spans"]
    assert scope["scope"] == {"name": "tart"}
    assert span["traceId"] == TRACE.hex()
    assert span["spanId"] == ROOT.hex()
    assert "parentSpanId" not in span
    assert (span["startTimeUnixNano"], span["endTimeUnixNano"]) == ("5000", "9000")
    assert span["attributes"] == [{"key": "a", "value": {"intValue": "7"}}]
    assert (span["kind"], span["status"]) == (1, {"code": 2, "message": "why"})


def test_every_kind_of_value_keeps_its_type():
    values = {
        "text": "ü",
        "yes": True,
        "no": False,
        "least": -(2**63),
        "most": 2**63 - 1,
        "beyond": 2**64,
        "half": 0.5,
        "list": [1, 2],
        "texts": ["a"],
        "empty": [],
    }
    assert attributes(only_span(build(attributes=values))) == values | {"beyond": str(2**64)}


def test_what_is_beyond_a_limit_is_cut_and_counted():
    span = only_span(
        build(
            attributes={f"{number:03}": number for number in range(MAX_ATTRIBUTES + 3)},
            events=[SpanEvent(6, "e")] * (MAX_EVENTS + 2),
            links=[Link(TRACE, ROOT)] * (MAX_LINKS + 1),
        )
    )
    dropped = (
        span.dropped_attributes_count,
        span.dropped_events_count,
        span.dropped_links_count,
    )
    assert dropped == (3, 2, 1)
    assert (len(span.attributes), len(span.events), len(span.links)) == (
        MAX_ATTRIBUTES,
        MAX_EVENTS,
        MAX_LINKS,
    )
    long = only_span(build(attributes={"t": "x" * 999, "l": [0] * 999}, error="y" * 999))
    known = attributes(long)
    assert (len(known["t"]), len(known["l"])) == (MAX_TEXT, MAX_LIST)
    assert len(long.status.message) == MAX_TEXT


def test_text_that_utf_8_cannot_encode_is_replaced():
    assert attributes(only_span(build(attributes={"t": "a\ud800"}))) == {"t": "a?"}


def test_an_implementation_without_a_name_is_an_unknown_service():
    request = read(encode(build(node="m")))
    assert attributes(request.resource_spans[0].resource) == {
        "service.name": "unknown_service",
        "service.instance.id": "m",
    }
    request = read(encode(build(node="n")))
    assert attributes(request.resource_spans[0].resource) == {
        "service.name": "impl",
        "service.instance.id": "n",
    }


values = st.one_of(
    st.text(max_size=400),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(max_size=9), max_size=99),
    st.lists(st.integers(0, 2**40), max_size=99),
)


@pytest.mark.no_cover
@given(
    st.dictionaries(st.text(min_size=1, max_size=20), values, max_size=80),
    st.integers(-(2**62), 2**62),
    st.none() | st.text(max_size=400),
)
def test_anything_can_be_read(attributes, time_us, error):
    events = [SpanEvent(time_us, "moment", attributes)]
    check_tree(read(encode(build(attributes=attributes, events=events, error=error))))
