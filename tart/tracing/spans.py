"""Spans and traces, their limits, and the rule of their times.

Pure. A parent lasts from the first beginning to the last end of itself, its events and its
children: the clocks of nodes are corrected by estimates, so that a part could otherwise seem to
begin before the whole. A span never ends before it begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

Value: TypeAlias = str | bool | int | float | Sequence[str] | Sequence[int]
Attributes: TypeAlias = Mapping[str, Value]

MAX_SPANS = 2_000
MAX_EVENTS = 128
MAX_LINKS = 32
MAX_ATTRIBUTES = 64
# Characters of a text, and members of a list.
MAX_TEXT = 256
MAX_LIST = 64


@dataclass(frozen=True)
class SpanEvent:
    """A moment within a span; Unix microseconds."""

    time_us: int
    name: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """A link to the root span of another trace."""

    trace_id: bytes
    span_id: bytes
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """A span.

    Attributes:
        parent: Id of the parent; ``None`` for the root.
        node: The node that it happened at; ``None`` for what concerns the network.
        start_us: Unix microseconds.
        end_us: Likewise.
        error: The reason of a failure; ``None`` if it did not fail.
    """

    id: bytes
    parent: bytes | None
    name: str
    node: str | None
    start_us: int
    end_us: int
    attributes: Attributes = field(default_factory=dict)
    events: Sequence[SpanEvent] = ()
    links: Sequence[Link] = ()
    error: str | None = None


@dataclass(frozen=True)
class Service:
    """The implementation of a node."""

    name: str | None
    version: str | None


@dataclass(frozen=True)
class Trace:
    """A trace.

    Attributes:
        spans: The root first, parents before their children.
        services: The implementations of nodes by id.
        is_failed: What the trace is about failed.
        cut: Spans that are left out because there were too many.
    """

    id: bytes
    spans: Sequence[Span]
    services: Mapping[str, Service]
    is_failed: bool
    cut: int = 0


def assemble(
    trace_id: bytes,
    spans: Iterable[Span],
    services: Mapping[str, Service],
    *,
    is_failed: bool,
    max_spans: int = MAX_SPANS,
) -> Trace:
    """Return a trace of spans in order, with times that nest, and no more spans than allowed.

    Args:
        spans: The root first, parents before their children; a second span with an id is left out.
    """
    unique: dict[bytes, Span] = {}
    for span in spans:
        unique.setdefault(span.id, span)
    ordered = _sort(_nest([*unique.values()]))
    return cut_spans(Trace(trace_id, ordered, services, is_failed), max_spans)


def cut_spans(trace: Trace, most: int) -> Trace:
    """Return a trace with no more spans than that; the root counts those that are left out."""
    chosen = _choose(trace.spans, most)
    cut = trace.cut + len(trace.spans) - len(chosen)
    if cut:
        root = chosen[0]
        chosen[0] = replace(root, attributes={**root.attributes, "jam.trace.cut_spans": cut})
    nodes = {span.node for span in chosen}
    used = {node: service for node, service in trace.services.items() if node in nodes}
    return Trace(trace.id, chosen, used, trace.is_failed, cut)


def _nest(spans: Sequence[Span]) -> list[Span]:
    """Return the spans with parents that cover their events and children."""
    first: dict[bytes, int] = {}
    last: dict[bytes, int] = {}
    for span in reversed(spans):
        times = [event.time_us for event in span.events]
        start = min(span.start_us, first.get(span.id, span.start_us), *times)
        end = max(span.start_us, span.end_us, last.get(span.id, span.end_us), *times)
        first[span.id], last[span.id] = start, end
        if span.parent is not None:
            first[span.parent] = min(start, first.get(span.parent, start))
            last[span.parent] = max(end, last.get(span.parent, end))
    return [replace(span, start_us=first[span.id], end_us=last[span.id]) for span in spans]


def _sort(spans: Sequence[Span]) -> list[Span]:
    """Return the spans by depth and time, in an order that does not depend on the input's."""
    depth = _depths(spans)
    return sorted(
        spans, key=lambda span: (depth[span.id], span.start_us, span.end_us, span.name, span.id)
    )


def _choose(spans: Sequence[Span], most: int) -> list[Span]:
    """Return the spans that stay: failures and their ancestors first, then by depth and time."""
    if len(spans) <= most:
        return list(spans)
    parents = {span.id: span.parent for span in spans}
    failed: set[bytes] = set()
    for span in spans:
        current: bytes | None = span.id if span.error is not None else None
        while current is not None and current not in failed:
            failed.add(current)
            current = parents[current]
    depth = _depths(spans)
    ranked = sorted(spans, key=lambda span: (span.id not in failed, depth[span.id]))
    chosen = {span.id for span in _with_parents(ranked, parents, most)}
    return [span for span in spans if span.id in chosen]


def _with_parents(
    ranked: Iterable[Span], parents: Mapping[bytes, bytes | None], most: int
) -> list[Span]:
    """Return the first spans, each only if its parent is among them.

    The ancestors of a failure may come after it in the ranking only if they are as deep.
    """
    chosen: list[Span] = []
    present: set[bytes | None] = {None}
    for span in ranked:
        if len(chosen) == most:
            break
        if parents[span.id] in present:
            chosen.append(span)
            present.add(span.id)
    return chosen


def _depths(spans: Sequence[Span]) -> dict[bytes, int]:
    depths: defaultdict[bytes | None, int] = defaultdict(int)
    for span in spans:
        depths[span.id] = depths[span.parent] + 1 if span.parent is not None else 0
    return {span.id: depths[span.id] for span in spans}
