"""Traces in the JSON mapping of OTLP 1.x.

Pure. Ids are hex, 64-bit integers decimal text, names lowerCamelCase, enumerations numbers
(https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). The spans of a node are below
its resource: its implementation is the service, the node the instance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from tart import json_encoding
from tart.query.answers import otlp as answers
from tart.tracing.spans import (
    MAX_ATTRIBUTES,
    MAX_EVENTS,
    MAX_LINKS,
    MAX_LIST,
    MAX_TEXT,
    Attributes,
    Link,
    Service,
    Span,
    SpanEvent,
    Trace,
    Value,
)

# The service of spans that concern no single node.
NETWORK_SERVICE = "jam-network"
_SCOPE = "tart"
_INTERNAL: Literal[1] = 1
_ERROR: Literal[2] = 2
_INT64 = range(-(1 << 63), 1 << 63)


def export_request(trace: Trace) -> answers.OtlpTraces:
    """Return a trace as an ``ExportTraceServiceRequest``."""
    by_node: defaultdict[str | None, list[Span]] = defaultdict(list)
    for span in trace.spans:
        by_node[span.node].append(span)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(_resource(node, trace.services))},
                "scopeSpans": [
                    {
                        "scope": {"name": _SCOPE},
                        "spans": [_span(trace.id, span) for span in spans],
                    }
                ],
            }
            for node, spans in sorted(by_node.items(), key=lambda item: item[0] or "")
        ]
    }


def encode(trace: Trace) -> bytes:
    """Return a trace as the body of a request to a receiver."""
    return json_encoding.dumps(export_request(trace))


def _resource(node: str | None, services: Mapping[str, Service]) -> dict[str, Value]:
    if node is None:
        return {"service.name": NETWORK_SERVICE}
    service = services.get(node, Service(None, None))
    resource: dict[str, Value] = {"service.name": service.name or "unknown_service"}
    if service.version:
        resource["service.version"] = service.version
    return {**resource, "service.instance.id": node}


def _span(trace_id: bytes, span: Span) -> answers.OtlpSpan:
    encoded: answers.OtlpSpan = {
        "traceId": trace_id.hex(),
        "spanId": span.id.hex(),
        "name": span.name[:MAX_TEXT],
        "kind": _INTERNAL,
        "startTimeUnixNano": _nano(span.start_us),
        "endTimeUnixNano": _nano(span.end_us),
        "attributes": _attributes(span.attributes),
        "events": [_event(event) for event in span.events[:MAX_EVENTS]],
        "links": [_link(link) for link in span.links[:MAX_LINKS]],
        "status": {} if span.error is None else {"code": _ERROR, "message": _text(span.error)},
    }
    if span.parent is not None:
        encoded["parentSpanId"] = span.parent.hex()
    if len(span.attributes) > MAX_ATTRIBUTES:
        encoded["droppedAttributesCount"] = len(span.attributes) - MAX_ATTRIBUTES
    if len(span.events) > MAX_EVENTS:
        encoded["droppedEventsCount"] = len(span.events) - MAX_EVENTS
    if len(span.links) > MAX_LINKS:
        encoded["droppedLinksCount"] = len(span.links) - MAX_LINKS
    return encoded


def _event(event: SpanEvent) -> answers.OtlpEvent:
    return {
        "timeUnixNano": _nano(event.time_us),
        "name": event.name[:MAX_TEXT],
        "attributes": _attributes(event.attributes),
    }


def _link(link: Link) -> answers.OtlpLink:
    return {
        "traceId": link.trace_id.hex(),
        "spanId": link.span_id.hex(),
        "attributes": _attributes(link.attributes),
    }


def _nano(time_us: int) -> str:
    # fixed64: a time before 1970 cannot be written.
    return str(min(max(0, time_us) * 1_000, (1 << 64) - 1))


def _attributes(attributes: Attributes) -> list[answers.OtlpAttribute]:
    chosen = sorted(attributes.items())[:MAX_ATTRIBUTES]
    return [{"key": name, "value": _value(value)} for name, value in chosen]


def _value(value: Value) -> answers.OtlpValue:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            # Gas may exceed the 63 bits of OTLP's integers.
            return {"intValue": str(value)} if value in _INT64 else {"stringValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": _text(value)}
    return {"arrayValue": {"values": _values(value)}}


def _values(values: Sequence[str] | Sequence[int]) -> list[answers.OtlpValue]:
    return [_value(value) for value in values[:MAX_LIST]]


def _text(text: str) -> str:
    """Return a text of limited length that UTF-8 can encode."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode()
