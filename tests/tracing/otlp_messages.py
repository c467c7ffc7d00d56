"""OTLP/HTTP's JSON read by OpenTelemetry's own messages, and the rules that a trace must keep."""

from __future__ import annotations

import base64
import json
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_IDS = ("traceId", "spanId", "parentSpanId")
# Members that are not written if they have the value that a reader assumes.
_UNWRITTEN = ("name", "message", "timeUnixNano", "startTimeUnixNano", "endTimeUnixNano")


def read(body: bytes) -> ExportTraceServiceRequest:
    """Return the request; members that OTLP does not know fail, and nothing may be lost."""
    document = json.loads(body)
    request = ParseDict(_convert(document, _to_base64), ExportTraceServiceRequest())
    again = ExportTraceServiceRequest.FromString(request.SerializeToString())
    assert again == request
    written = MessageToDict(again, use_integers_for_enums=True)
    assert _convert(written, _to_hex) == _without_empty(document)
    return request


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    """Return all spans of a request."""
    return [
        span
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(part: Any) -> dict[str, Any]:
    """Return the attributes of a span, an event, a link or a resource."""
    found: dict[str, Any] = {}
    for each in part.attributes:
        kind = each.value.WhichOneof("value")
        assert kind is not None, each.key
        assert each.key not in found
        value = getattr(each.value, kind)
        if kind == "array_value":
            value = [getattr(item, item.WhichOneof("value")) for item in value.values]
        found[each.key] = value
    return found


def check_tree(request: ExportTraceServiceRequest) -> Span:
    """Check that a request has one tree whose times nest; return its root."""
    spans = spans_of(request)
    by_id = {span.span_id: span for span in spans}
    assert len(by_id) == len(spans)
    assert len({span.trace_id for span in spans}) == 1
    (root,) = [span for span in spans if not span.parent_span_id]
    for span in spans:
        assert (len(span.trace_id), len(span.span_id)) == (16, 8)
        assert any(span.trace_id)
        assert any(span.span_id)
        assert span.start_time_unix_nano <= span.end_time_unix_nano
        for event in span.events:
            times = (span.start_time_unix_nano, event.time_unix_nano, span.end_time_unix_nano)
            assert list(times) == sorted(times)
        above = span
        for _ in spans:
            if not above.parent_span_id:
                break
            below, above = above, by_id[above.parent_span_id]
            assert above.start_time_unix_nano <= below.start_time_unix_nano
            assert below.end_time_unix_nano <= above.end_time_unix_nano
        assert above is root
    return root


def _to_base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def _to_hex(text: str) -> str:
    return base64.b64decode(text).hex()


def _convert(value: Any, change: Any) -> Any:
    match value:
        case dict():
            return {
                name: change(item) if name in _IDS else _convert(item, change)
                for name, item in value.items()
            }
        case list():
            return [_convert(item, change) for item in value]
    return value


def _without_empty(value: Any) -> Any:
    """Leave out what protobuf does not write: empty lists and texts, and times of 0."""
    match value:
        case dict():
            return {
                name: _without_empty(item)
                for name, item in value.items()
                if item != [] and (item not in ("", "0") or name not in _UNWRITTEN)
            }
        case list():
            return [_without_empty(item) for item in value]
    return value
