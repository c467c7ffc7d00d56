"""Traces in the JSON mapping of OpenTelemetry's protocol, OTLP 1.x. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Digits

_TraceId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
_SpanId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]


class OtlpValue(TypedDict, total=False):
    """A value: exactly one of the members."""

    stringValue: str
    boolValue: bool
    intValue: Annotated[str, Meta(pattern="^-?[0-9]+$")]
    doubleValue: float
    arrayValue: Annotated[
        dict[str, list[Any]], Meta(description="Its member values has the values of a list.")
    ]


class OtlpAttribute(TypedDict):
    """An attribute."""

    key: str
    value: OtlpValue


class OtlpEvent(TypedDict):
    """A moment within a span."""

    timeUnixNano: Digits
    name: str
    attributes: list[OtlpAttribute]


class OtlpLink(TypedDict):
    """A link to the root span of another trace."""

    traceId: _TraceId
    spanId: _SpanId
    attributes: list[OtlpAttribute]


class OtlpStatus(TypedDict, total=False):
    """The status of a span; empty unless it failed."""

    code: Annotated[Literal[2], Meta(description="STATUS_CODE_ERROR.")]
    message: Annotated[str, Meta(description="The reason of the failure.")]


class OtlpSpan(TypedDict):
    """A span; times are Unix nanoseconds by the server's clock."""

    traceId: _TraceId
    spanId: _SpanId
    parentSpanId: NotRequired[_SpanId]
    name: str
    kind: Annotated[Literal[1], Meta(description="SPAN_KIND_INTERNAL.")]
    startTimeUnixNano: Digits
    endTimeUnixNano: Digits
    attributes: list[OtlpAttribute]
    droppedAttributesCount: NotRequired[Count]
    events: list[OtlpEvent]
    droppedEventsCount: NotRequired[Count]
    links: list[OtlpLink]
    droppedLinksCount: NotRequired[Count]
    status: OtlpStatus


class OtlpScope(TypedDict):
    """The instrumentation scope: tart."""

    name: str


class OtlpScopeSpans(TypedDict):
    """Spans of one scope."""

    scope: OtlpScope
    spans: list[OtlpSpan]


class OtlpResource(TypedDict):
    """A node: service.name is its implementation, service.instance.id its id."""

    attributes: list[OtlpAttribute]


class OtlpResourceSpans(TypedDict):
    """Spans of one node, or of the network."""

    resource: OtlpResource
    scopeSpans: list[OtlpScopeSpans]


class OtlpTraces(TypedDict):
    """One trace as an ``ExportTraceServiceRequest``, which receivers of OTLP/HTTP accept."""

    resourceSpans: list[OtlpResourceSpans]
