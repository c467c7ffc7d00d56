"""Traces of work-packages: every attempt of a guarantor with its steps, and the way on chain.

Pure. The root is the package. Its children are the attempts of guarantors, whose children are
their steps and shares, and what other nodes reported: the guarantee received and reported on
chain, and the requests of assurers for their shards. Audits come later and are left out; JIP-3
does not tell of accumulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tart import json_encoding
from tart.protocol.events import EventKind
from tart.query.core.chain_stats import bare_hex
from tart.query.core.windows import time_us
from tart.query.packages.guarantor_courses import (
    Course,
    Point,
    Share,
    guarantor_course,
    stage_between,
)
from tart.query.packages.journeys import AUDIT_TYPES, ON_CHAIN, Journey
from tart.tracing.node_times import NodeTimes
from tart.tracing.span_ids import attempt_key, root_span_id, span_id, trace_id
from tart.tracing.spans import Link, Service, Span, SpanEvent, Trace, Value, assemble

Json = dict[str, Any]

_REPORT_EVENTS: Mapping[int, str] = {
    EventKind.GUARANTEE_RECEIVED: "guarantee_received",
    EventKind.GUARANTEE_DISCARDED: "guarantee_discarded",
}
_EVENT_ORDER = ("guarantee_discarded", "reported_on_chain", "guarantee_received")
_REQUEST_ENDS = frozenset({EventKind.SHARDS_TRANSFERRED, EventKind.SHARD_REQUEST_FAILED})
# Columns of a guarantor's row that belong to the step that ends with the point.
_STEP_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "received": {"size_bytes": "jam.work_package.size", "items": "jam.work_package.items"},
    "authorized": {"auth_gas": "jam.gas.used", "auth_ns": "jam.execution.elapsed_ns"},
    "refined": {
        "refine_gas": "jam.gas.used",
        "refine_gas_limit": "jam.gas.limit",
        "refine_ns": "jam.execution.elapsed_ns",
    },
    "built": {
        "report": "jam.work_report.hash",
        "erasure_root": "jam.erasure_root",
        "bundle_size": "jam.bundle.size",
    },
    "guaranteed": {"guarantee_slot": "jam.slot", "guarantors": "jam.guarantors"},
    "distributed": {
        "sending": "jam.guarantee.sending",
        "sent": "jam.guarantee.sent",
        "send_failed": "jam.guarantee.send_failed",
    },
}


@dataclass(frozen=True)
class _Moment:
    """An event of a journey.

    Attributes:
        at_us: Corrected time, Unix microseconds.
        key: Session and event id.
    """

    at_us: int
    node: str
    type: int
    key: tuple[int, int]
    fields: Json


def package_reference(journey: Journey) -> bytes:
    """Return what the id of the trace is made of: the hash, or the first attempt's key."""
    if journey.hash is not None:
        return bytes.fromhex(journey.hash)
    row = journey.rows[0]
    return attempt_key(row["node"], row["session"], row["root"])


def package_nodes(journey: Journey) -> list[str]:
    """Return the nodes that events and rows of a journey are from."""
    nodes = {row["node"] for row in journey.rows}
    nodes.update(event["node_id"] for event in _events(journey))
    return sorted(nodes)


def package_start_us(journey: Journey) -> int:
    """Return the arrival of the first event of a guarantor, Unix microseconds."""
    return min(int(row["started_at"]) for row in journey.rows)


def package_trace(
    journey: Journey,
    offsets: Mapping[str, int],
    services: Mapping[str, Service],
    *,
    missing_shards: int = 0,
) -> Trace:
    """Return the trace of a work-package.

    Args:
        journey: The journey.
        offsets: Offsets of the nodes' clocks in ``node_times.clock_window`` of the package.
        services: Implementations by node.
        missing_shards: Shards that did not answer.
    """
    builder = _Builder(journey, NodeTimes.estimate(offsets, _arrivals(journey)))
    spans = [builder.root(missing_shards), *builder.children()]
    return assemble(trace_id(builder.reference), spans, services, is_failed=journey.failed)


def _events(journey: Journey) -> Iterator[Json]:
    for events in journey.events["pipelines"].values():
        yield from events
    yield from journey.events["reports"]
    for event in journey.events["erasures"]:
        if event["event_type"] not in AUDIT_TYPES:
            yield event


def _arrivals(journey: Journey) -> Iterator[tuple[str, int, int]]:
    for row in journey.rows:
        yield row["node"], row["started_at"], row["started"]
    for event in _events(journey):
        fields = next(iter(event["data"].values()))
        yield event["node_id"], time_us(event["received_at"], "received_at"), fields["timestamp"]


class _Builder:
    """The spans of one journey."""

    def __init__(self, journey: Journey, times: NodeTimes) -> None:
        self._journey = journey
        self._times = times
        self.reference = package_reference(journey)
        self._root = root_span_id(self.reference)
        self._courses = sorted(
            (guarantor_course(journey, row, times.offsets[row["node"]]) for row in journey.rows),
            key=lambda course: (course.points[0].at_us, course.row["session"], course.row["root"]),
        )
        self._moments = [self._moment(event) for event in _events(journey)]

    def root(self, missing_shards: int) -> Span:
        """Return the span of the package; its children widen it."""
        journey = self._journey
        state = journey.state.row if journey.state else {}
        start = self._courses[0].points[0].at_us
        attributes = _known(
            {
                "jam.work_package.hash": journey.hash,
                "jam.work_package.stage": journey.stage,
                "jam.work_package.failure_reason": journey.failure_reason,
                "jam.work_package.superseded_attempts": journey.state and journey.state.superseded,
                "jam.work_package.attempts": len(journey.rows),
                "jam.work_package.size": _first(journey.rows, "size_bytes"),
                "jam.work_package.services": _list(_first(journey.rows, "services")),
                "jam.core": journey.core,
                "jam.slot": _first(journey.rows, "guarantee_slot"),
                "jam.work_report.hash": state.get("any_report"),
                "jam.erasure_root": state.get("any_erasure_root"),
                "jam.trace.truncated": journey.events["truncated"] or None,
                "jam.trace.missing_shards": missing_shards or None,
            }
        )
        return Span(
            id=self._root,
            parent=None,
            name="work package",
            node=None,
            start_us=start,
            end_us=start,
            attributes=attributes,
            links=self._links(),
            error=(journey.failure_reason or journey.stage) if journey.failed else None,
        )

    def children(self) -> Iterator[Span]:
        """Yield the other spans, parents before their children."""
        for course in self._courses:
            yield from self._attempt(course)
        yield from self._on_chain()
        yield from self._availability()

    def _moment(self, event: Json) -> _Moment:
        fields = next(iter(event["data"].values()))
        node = event["node_id"]
        return _Moment(
            self._times.unix_us(node, fields["timestamp"]),
            node,
            event["event_type"],
            (event["session"], event["event_id"]),
            fields,
        )

    def _links(self) -> tuple[Link, ...]:
        """Return links to the block of the context and to packages that must come before."""
        outlines = [
            moment.fields["outline"]
            for moment in sorted(self._moments, key=lambda each: (each.at_us, each.node))
            if moment.type == EventKind.WORK_PACKAGE_RECEIVED
        ]
        relations = [("anchor", outline["anchor"]) for outline in outlines]
        relations += [
            ("prerequisite", digest) for outline in outlines for digest in outline["prerequisites"]
        ]
        return tuple(_link(name, bare_hex(digest)) for name, digest in dict.fromkeys(relations))

    # --- Guarantors ---------------------------------------------------------------------

    def _attempt(self, course: Course) -> Iterator[Span]:
        row, node = course.row, course.row["node"]
        key = attempt_key(node, row["session"], row["root"])
        start, end = course.points[0].at_us, course.points[-1].at_us
        is_superseded = row["outcome"] == "failed" and self._journey.superseded
        attempt = Span(
            id=span_id(key),
            parent=self._root,
            name=f"{'primary' if course.is_primary else 'secondary'} guarantor",
            node=node,
            start_us=start,
            end_us=end,
            attributes={
                **self._of_node(node, start, end),
                **_known(
                    {
                        "jam.guarantor.role": "primary" if course.is_primary else "secondary",
                        "jam.attempt.outcome": "superseded" if is_superseded else row["outcome"],
                        "jam.attempt.reason": row["reason"] or None,
                        "jam.session.id": row["session"],
                        "jam.event.id": row["root"],
                        "jam.peer.id": row["peer"],
                        "jam.core": row["core"],
                    }
                ),
            },
            events=[SpanEvent(at_us, name) for name, at_us, _ in course.marks],
            error=_reason(row) if row["outcome"] == "failed" and not is_superseded else None,
        )
        yield attempt
        for first, last in pairwise(course.points):
            yield self._step(attempt, key, course, (first, last))
        for share in course.shares:
            yield self._share(attempt, key, share)

    def _step(self, attempt: Span, key: bytes, course: Course, points: tuple[Point, Point]) -> Span:
        first, last = points
        assert attempt.node is not None
        columns = _STEP_COLUMNS.get(last.name, {})
        events: list[SpanEvent] = []
        if last.name == "distributed":
            events = self._send_failures(course)
        return Span(
            id=span_id(key, last.name),
            parent=attempt.id,
            name=stage_between(course, first, last),
            node=attempt.node,
            start_us=first.at_us,
            end_us=last.at_us,
            attributes={
                **self._of_node(attempt.node, first.at_us, last.at_us),
                **_known({name: _column(course.row, each) for each, name in columns.items()}),
            },
            events=events,
            error=_reason(course.row)
            if last.name == "failed" and attempt.error is not None
            else None,
        )

    def _send_failures(self, course: Course) -> list[SpanEvent]:
        events = self._journey.events["pipelines"].get(
            f"{course.row['session']}/{course.row['root']}", ()
        )
        moments = [self._moment(event) for event in events]
        return [
            SpanEvent(
                moment.at_us, "guarantee_send_failed", {"jam.reason": moment.fields["reason"]}
            )
            for moment in moments
            if moment.type == EventKind.GUARANTEE_SEND_FAILED
        ]

    def _share(self, attempt: Span, key: bytes, share: Share) -> Span:
        assert attempt.node is not None
        return Span(
            id=span_id(key, "share", share.peer),
            parent=attempt.id,
            name="share",
            node=attempt.node,
            start_us=share.at_us,
            end_us=share.end_us,
            attributes={
                **self._of_node(attempt.node, share.at_us, share.end_us),
                "jam.peer.id": share.peer,
                "jam.share.signed": share.signed_us is not None,
            },
            error=(share.reason or "failed") if share.failed else None,
        )

    def _of_node(self, node: str, start_us: int, end_us: int) -> dict[str, Value]:
        return {"jam.node.id": node, **self._times.raw(node, start_us, end_us)}

    # --- Other nodes and the chain --------------------------------------------------------

    def _on_chain(self) -> Iterator[Span]:
        report = (self._journey.state.report if self._journey.state else None) or {}
        events = [_report_event(each) for each in self._moments if each.type in _REPORT_EVENTS]
        times = [event.time_us for event in events] or [
            report[column]
            for column in ("received_at", "included_at", "discarded_at")
            if report.get(column) is not None
        ]
        if not times:
            return
        is_discarded = self._journey.stage == "discarded"
        yield Span(
            id=span_id(self.reference, "on chain"),
            parent=self._root,
            name="on chain",
            node=None,
            start_us=min(times),
            end_us=max(times),
            attributes=_known(
                {
                    "jam.guarantee.received": report.get("received"),
                    "jam.guarantee.reported_on_chain": report.get("reported_on_chain"),
                    "jam.work_report.is_included": report.get("included_at") is not None,
                }
            ),
            events=sorted(events, key=_event_order),
            error="CannotReportOnChain" if is_discarded else None,
        )

    def _availability(self) -> Iterator[Span]:
        erasure = (self._journey.state.erasure if self._journey.state else None) or {}
        requests = [m for m in self._moments if m.type == EventKind.SENDING_SHARD_REQUEST]
        times = [m.at_us for m in requests] or [
            erasure[name] for name in ("first_at",) if erasure.get(name) is not None
        ]
        if not times:
            return
        parent = Span(
            id=span_id(self.reference, "availability"),
            parent=self._root,
            name="availability",
            node=None,
            start_us=min(times),
            end_us=max(times),
            attributes=_known(
                {
                    "jam.shards.requested": erasure.get("requested"),
                    "jam.shards.transferred": erasure.get("transferred"),
                    "jam.shards.failed": erasure.get("failed"),
                }
            ),
        )
        yield parent
        ends = {
            (m.key[0], m.fields["request_id"]): m for m in self._moments if m.type in _REQUEST_ENDS
        }
        for request in requests:
            yield self._request(parent, request, ends.get(request.key))

    def _request(self, parent: Span, request: _Moment, end: _Moment | None) -> Span:
        end_us = request.at_us if end is None else end.at_us
        is_failed = end is not None and end.type == EventKind.SHARD_REQUEST_FAILED
        outcome = "unfinished" if end is None else "failed" if is_failed else "transferred"
        return Span(
            id=span_id(attempt_key(request.node, *request.key), "shard request"),
            parent=parent.id,
            name="request shard",
            node=request.node,
            start_us=request.at_us,
            end_us=end_us,
            attributes={
                **self._of_node(request.node, request.at_us, end_us),
                "jam.peer.id": bare_hex(request.fields["guarantor"]),
                "jam.shard.index": request.fields["shard"],
                "jam.request.outcome": outcome,
            },
            error=str(end.fields["reason"]) if end is not None and is_failed else None,
        )


def _report_event(moment: _Moment) -> SpanEvent:
    attributes: dict[str, Value] = {"jam.node.id": moment.node}
    reason = moment.fields.get("reason")
    if reason == ON_CHAIN:
        return SpanEvent(moment.at_us, "reported_on_chain", attributes)
    if reason:
        attributes["jam.reason"] = reason
    return SpanEvent(moment.at_us, _REPORT_EVENTS[moment.type], attributes)


def _event_order(event: SpanEvent) -> tuple[int, int, str]:
    # The limit of events cuts the end: there are as many guarantees received as nodes.
    rank = _EVENT_ORDER.index(event.name)
    return rank, event.time_us, str(event.attributes.get("jam.node.id"))


def _link(relation: str, digest: str) -> Link:
    reference = bytes.fromhex(digest)
    name = "jam.block.hash" if relation == "anchor" else "jam.work_package.hash"
    return Link(
        trace_id(reference), root_span_id(reference), {"jam.link.relation": relation, name: digest}
    )


def _reason(row: Json) -> str:
    return row["reason"] or "failed"


def _first(rows: Sequence[Json], column: str) -> Any:
    return next((row[column] for row in rows if row[column] is not None), None)


def _column(row: Json, name: str) -> Any:
    return _list(row[name]) if name == "guarantors" else row[name]


def _list(text: str | None) -> Any:
    """Return the numbers of a column that is a JSON array."""
    return None if text is None else json_encoding.unpack(text)


def _known(values: Mapping[str, Any]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}
